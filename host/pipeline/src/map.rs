//! Architecture maps: a project folder to what decides what in it.
//!
//! The host reads the files, because the module has no import to do it with, and hands them
//! over. What is secret by its name is never read; packages are not looked into.
//!
//! **Invariant:** the project folder is never written, and no link of it is followed.

mod files;
mod page;

use std::path::PathBuf;

use hivesync_policy::World;
use hivesync_protocol::wit::influence::{Depth, ElementProperty, ProjectFiles, Question};
use hivesync_sandbox::{InfluenceRequest, InfluenceRun, Module, Sandbox};

use crate::blocking::blocking;
use crate::error::BuildError;
use crate::preview::{PreviewOptions, register, sandbox};

pub use page::map_page;

/// What is wanted of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MapQuestion {
    /// The map.
    Map(Cascade),
    /// Why an element has its value of a property.
    Why {
        /// A selector, or a node's id.
        element: String,
        /// A longhand.
        property: String,
    },
    /// What would change without these selectors, rules or sheets.
    Simulate(Vec<String>),
}

/// How far the cascade of style sheets is followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cascade {
    /// Not at all.
    Off,
    /// Who wins.
    #[default]
    Basic,
    /// Also why, and what is inherited.
    Deep,
}

/// An answer.
#[derive(Debug)]
pub struct MapAnswer {
    /// Canonical JSON.
    pub json: Vec<u8>,
    /// Instructions of the guest.
    pub fuel: u64,
    /// Microseconds in the guest.
    pub cpu_us: u64,
    /// The most memory of the guest, in bytes.
    pub memory_peak: u64,
}

/// Makes maps. Keeps a runner and the machine code warm between them.
pub struct Maps {
    sandbox: Sandbox,
    module: Module,
}

impl Maps {
    /// Starts the sandbox and loads the module.
    pub async fn start(options: PreviewOptions) -> Result<Self, BuildError> {
        let sandbox = sandbox(&options)?;
        let (module, ()) =
            tokio::try_join!(register(&sandbox, &options, World::InfluenceMap, "influence.wasm"), async {
                Ok(sandbox.ready().await?)
            },)?;
        Ok(Self { sandbox, module })
    }

    /// Reads a project and answers. Dropping the future cancels it.
    pub async fn ask(&self, folder: PathBuf, question: MapQuestion) -> Result<MapAnswer, BuildError> {
        let project = blocking(move |canceled| files::read(&folder, canceled)).await?;
        self.ask_about(project, question).await
    }

    /// Answers about files that are at hand already.
    pub async fn ask_about(
        &self,
        project: ProjectFiles,
        question: MapQuestion,
    ) -> Result<MapAnswer, BuildError> {
        let question = match question {
            MapQuestion::Map(Cascade::Off) => Question::Map(Depth::Off),
            MapQuestion::Map(Cascade::Basic) => Question::Map(Depth::Basic),
            MapQuestion::Map(Cascade::Deep) => Question::Map(Depth::Deep),
            MapQuestion::Why { element, property } => Question::Why(ElementProperty { element, property }),
            MapQuestion::Simulate(muted) => Question::Simulate(muted),
        };
        self.run(InfluenceRequest::Ask { project, question }).await
    }

    /// What leads from one map to another.
    pub async fn compare(&self, before: Vec<u8>, after: Vec<u8>) -> Result<MapAnswer, BuildError> {
        self.run(InfluenceRequest::Compare { before, after }).await
    }

    async fn run(&self, request: InfluenceRequest) -> Result<MapAnswer, BuildError> {
        let (module, who) = (self.module.clone(), "hivesync map".to_owned());
        let outcome = self.sandbox.influence(InfluenceRun { module, request, limits: None, who }).await?;
        let json = outcome.result?.map_err(|diagnostics| BuildError::NotInMap { diagnostics })?;
        let record = outcome.record;
        Ok(MapAnswer {
            json,
            fuel: record.fuel.used,
            cpu_us: record.cpu_us.used,
            memory_peak: record.memory.used,
        })
    }

    /// Waits for what is still to be kept, and ends every process.
    pub async fn shutdown(self) {
        self.sandbox.shutdown().await;
    }
}
