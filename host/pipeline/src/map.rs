//! Architecture maps: a project folder to what decides what in it.
//!
//! The host reads the files, because the module has no import to do it with, and hands them
//! over. What is secret by its name is never read; packages are not looked into.
//!
//! **Invariant:** the project folder is never written, and no link of it is followed.

mod files;
mod page;

use std::path::PathBuf;
use std::time::Duration;

use hivesync_policy::World;
use hivesync_protocol::wit::influence::{Depth, ElementProperty, ProjectFiles, Question};
use hivesync_sandbox::{InfluenceRequest, InfluenceRun, Module, Sandbox};
use tokio::sync::OnceCell;

use crate::blocking::blocking;
use crate::error::BuildError;
use crate::preview::{Preview, PreviewOptions, lowered, register, sandbox};

pub use page::map_page;

/// Files of the smallest project whose map leaves something for the next one: a smaller one is
/// mapped anew in less time than it takes to look at what was kept.
const REMAPPED_FILES_MIN: usize = 32;

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
    options: PreviewOptions,
    module: OnceCell<Module>,
    deadline: Option<Duration>,
    who: &'static str,
}

impl Maps {
    /// Starts the sandbox and loads the module.
    pub async fn start(options: PreviewOptions) -> Result<Self, BuildError> {
        let sandbox = sandbox(&options)?;
        let maps = Self { sandbox, options, module: OnceCell::new(), deadline: None, who: "hivesync map" };
        tokio::try_join!(maps.module(), async { Ok(maps.sandbox.ready().await?) })?;
        Ok(maps)
    }

    /// Makes them in the sandbox of previews; the module is loaded for the first one. A map may
    /// take `deadline` and never more than the policy says.
    pub fn beside(preview: &Preview, deadline: Duration) -> Self {
        let (sandbox, options) = (preview.sandbox.clone(), preview.options.clone());
        Self { sandbox, options, module: OnceCell::new(), deadline: Some(deadline), who: "hivesync worker" }
    }

    async fn module(&self) -> Result<&Module, BuildError> {
        let load = || register(&self.sandbox, &self.options, World::InfluenceMap, "influence.wasm");
        self.module.get_or_try_init(load).await
    }

    /// Reads a project and answers. `whose` names the project: a map is made of what the last one
    /// of the same name left, as far as its files are the same. Dropping the future cancels it.
    pub async fn ask(
        &self,
        whose: String,
        folder: PathBuf,
        question: MapQuestion,
    ) -> Result<MapAnswer, BuildError> {
        let project = blocking(move |canceled| files::read(&folder, canceled)).await?;
        self.run(request(whose, project, question)).await
    }

    /// What leads from one map to another.
    pub async fn compare(&self, before: Vec<u8>, after: Vec<u8>) -> Result<MapAnswer, BuildError> {
        self.run(InfluenceRequest::Compare { before, after }).await
    }

    async fn run(&self, request: InfluenceRequest) -> Result<MapAnswer, BuildError> {
        let (module, who) = (self.module().await?.clone(), self.who.to_owned());
        let limits = self.deadline.map(|deadline| lowered(&module, deadline));
        let outcome = self.sandbox.influence(InfluenceRun { module, request, limits, who }).await?;
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

/// What the module is asked. A map of more than a few files is made of what the last one left.
fn request(whose: String, project: ProjectFiles, question: MapQuestion) -> InfluenceRequest {
    let question = match question {
        MapQuestion::Map(cascade) if project.files.len() >= REMAPPED_FILES_MIN => {
            return InfluenceRequest::Remap { project, depth: depth(cascade), whose };
        }
        MapQuestion::Map(cascade) => Question::Map(depth(cascade)),
        MapQuestion::Why { element, property } => Question::Why(ElementProperty { element, property }),
        MapQuestion::Simulate(muted) => Question::Simulate(muted),
    };
    InfluenceRequest::Ask { project, question }
}

const fn depth(cascade: Cascade) -> Depth {
    match cascade {
        Cascade::Off => Depth::Off,
        Cascade::Basic => Depth::Basic,
        Cascade::Deep => Depth::Deep,
    }
}
