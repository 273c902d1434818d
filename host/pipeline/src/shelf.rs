//! Pipelines at hand by their names, for a program that runs many.
//!
//! A pipeline is looked up and its modules are loaded when it is first asked for, in the sandbox
//! of previews; those that come after it wait for nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use hivesync_sandbox::Sandbox;
use hivesync_steps::{Answers, Definition, Ledger, RunInput, RunReport};
use hivesync_types::Code;
use tokio::sync::OnceCell;

use crate::error::BuildError;
use crate::pipelines::{Pipelines, check_pipelines};
use crate::preview::{Preview, PreviewOptions};

type Loaded = Arc<OnceCell<(Definition, Pipelines)>>;

/// The pipelines of an installation.
pub struct Shelf {
    sandbox: Sandbox,
    options: PreviewOptions,
    folder: Option<PathBuf>,
    loaded: Mutex<BTreeMap<String, Loaded>>,
}

impl Shelf {
    /// Those that come with the program, and those of `folder`, which go over them. They run in
    /// the sandbox of previews, and end with it.
    pub fn beside(preview: &Preview, folder: Option<PathBuf>) -> Self {
        let (sandbox, options) = (preview.sandbox.clone(), preview.options.clone());
        Self { sandbox, options, folder, loaded: Mutex::default() }
    }

    /// Runs a pipeline to its end. Dropping the future stops it; with the same ledger, the same
    /// run goes on where it was.
    ///
    /// # Errors
    ///
    /// There is no pipeline of this name, it has a problem, or its modules cannot be loaded.
    pub async fn run<L: Ledger>(
        &self,
        name: &str,
        input: RunInput,
        answers: &Answers<'_, L>,
    ) -> Result<RunReport, BuildError> {
        let loaded = Arc::clone(
            self.loaded.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default(),
        );
        let (definition, pipelines) = loaded.get_or_try_init(|| self.load(name)).await?;
        Ok(pipelines.run(definition, input, answers).await)
    }

    async fn load(&self, name: &str) -> Result<(Definition, Pipelines), BuildError> {
        let invalid = |message: String| BuildError::Policy { code: Code::PipelineInvalid, message };
        let all = check_pipelines(&self.options, self.folder.as_deref())?;
        let found = all.into_iter().find(|pipeline| pipeline.name == name);
        let found = found.ok_or_else(|| invalid(format!("there is no pipeline `{name}`")))?;
        if let Some(problem) = found.problems.first() {
            return Err(invalid(format!("`{name}` has a problem: {problem}")));
        }
        let definition = found.definition.ok_or_else(|| invalid(format!("`{name}` cannot be read")))?;
        let pipelines = Pipelines::load(self.sandbox.clone(), &self.options, &[&definition]).await?;
        Ok((definition, pipelines))
    }
}
