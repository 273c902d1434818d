//! Pipelines of steps: which there are, whether they can run here, and running one.
//!
//! A definition comes with the program or stands as a file in a folder; what it names is looked
//! for in the installation. What a step does is the module's, who is asked is the caller's.
//!
//! **Invariant:** a definition with a problem never runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hivesync_policy::{Policy, World};
use hivesync_sandbox::{InstalledModule, Sandbox};
use hivesync_steps::{Answers, Definition, Engine, Ledger, Problem, RunInput, RunReport, SHIPPED, Step};
use hivesync_types::Digest;

use crate::error::BuildError;
use crate::preview::{PreviewOptions, sandbox};

/// Bytes of a definition; what is longer was not written by a person.
const DEFINITION_BYTES_MAX: u64 = 262_144;

/// One definition, and what is wrong with it.
#[derive(Debug)]
pub struct CheckedPipeline {
    /// Its name, or that of its file where it has none.
    pub name: String,
    /// The definition, where it can be read.
    pub definition: Option<Definition>,
    /// What is wrong; it runs where there is nothing.
    pub problems: Vec<Problem>,
}

/// Reads the definitions that come with the program and those of `folder` (`*.toml`), in the
/// order of their names. One of the folder goes over a shipped one of its name.
///
/// # Errors
///
/// The folder or a file of it cannot be read.
pub fn check_pipelines(
    options: &PreviewOptions,
    folder: Option<&Path>,
) -> Result<Vec<CheckedPipeline>, BuildError> {
    let mut texts: BTreeMap<String, String> =
        SHIPPED.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    for file in folder.map(files).transpose()?.unwrap_or_default() {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        texts.insert(name, read(&file)?);
    }
    Ok(texts.iter().map(|(name, text)| check(options, name, text)).collect())
}

fn check(options: &PreviewOptions, file: &str, text: &str) -> CheckedPipeline {
    let definition = match Definition::parse(text) {
        Ok(definition) => definition,
        Err(problems) => return CheckedPipeline { name: file.to_owned(), definition: None, problems },
    };
    let mut problems = Vec::new();
    if definition.name != file {
        let message = format!("is not `{file}`, as its file is called");
        problems.push(Problem { key: "name".to_owned(), message });
    }
    for step in &definition.steps {
        let at = |key: &str, message: String| Problem { key: format!("steps.{}.{key}", step.name), message };
        if !options.guests.join(step.file()).is_file() {
            problems.push(at("module", format!("there is no {} in this installation", step.file())));
        }
        if let Err(why) = policy(options, step) {
            problems.push(at("policy", why));
        }
    }
    CheckedPipeline { name: definition.name.clone(), definition: Some(definition), problems }
}

/// The policy of a step, which has to be one for steps.
fn policy(options: &PreviewOptions, step: &Step) -> Result<Policy, String> {
    let file = format!("{}.toml", step.policy);
    let text = std::fs::read_to_string(options.policies.join(&file))
        .map_err(|_| format!("there is no {file} in this installation"))?;
    let policy = Policy::parse(&text).map_err(|invalid| format!("{file}: {invalid}"))?;
    if policy.module.worlds.contains(&World::PipelineStep) {
        Ok(policy)
    } else {
        Err(format!("{file} is not for modules of the world {}", World::PipelineStep))
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, BuildError> {
    let unreadable = |source| BuildError::Unreadable { path: folder.display().to_string(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    Ok(files)
}

fn read(file: &Path) -> Result<String, BuildError> {
    let path = || file.display().to_string();
    let unreadable = |source| BuildError::Unreadable { path: path(), source };
    let bytes = std::fs::metadata(file).map_err(unreadable)?.len();
    if bytes > DEFINITION_BYTES_MAX {
        return Err(BuildError::FileTooLarge { path: path(), bytes, limit: DEFINITION_BYTES_MAX });
    }
    std::fs::read_to_string(file).map_err(unreadable)
}

/// Runs pipelines. Keeps a runner and the machine code warm between them.
pub struct Pipelines {
    sandbox: Sandbox,
    engine: Engine,
}

impl Pipelines {
    /// Starts the sandbox and loads the modules of these definitions.
    ///
    /// # Errors
    ///
    /// A part of the installation is missing, or this machine has no sandbox.
    pub async fn start(options: PreviewOptions, definitions: &[&Definition]) -> Result<Self, BuildError> {
        let pipelines = Self::load(sandbox(&options)?, &options, definitions).await?;
        pipelines.sandbox.ready().await?;
        Ok(pipelines)
    }

    pub(crate) async fn load(
        sandbox: Sandbox,
        options: &PreviewOptions,
        definitions: &[&Definition],
    ) -> Result<Self, BuildError> {
        let mut modules = BTreeMap::new();
        for step in definitions.iter().flat_map(|definition| &definition.steps) {
            let key = (step.module.clone(), step.policy.clone());
            if modules.contains_key(&key) {
                continue;
            }
            let path = options.guests.join(step.file());
            if !path.is_file() {
                let source = std::io::ErrorKind::NotFound.into();
                return Err(BuildError::Installation { path: path.display().to_string(), source });
            }
            let policy = policy(options, step).map_err(|message| BuildError::Policy {
                code: hivesync_types::Code::PolicyInvalid,
                message,
            })?;
            let installed = InstalledModule { path: &path, world: World::PipelineStep, policy: &policy };
            modules.insert(key, sandbox.register_installed(installed).await?);
        }
        let engine = Engine::new(sandbox.clone(), modules);
        Ok(Self { sandbox, engine })
    }

    /// Names a run: everything but the answers that it is a function of.
    pub fn run_id(&self, definition: &Definition, input: &RunInput) -> Digest {
        self.engine.run_id(definition, input)
    }

    /// Runs a pipeline to its end. Dropping the future stops it.
    pub async fn run<L: Ledger>(
        &self,
        definition: &Definition,
        input: RunInput,
        answers: &Answers<'_, L>,
    ) -> RunReport {
        self.engine.run(definition, input, answers).await
    }

    /// Waits for what is still to be kept, and ends every process.
    pub async fn shutdown(self) {
        drop(self.engine);
        self.sandbox.shutdown().await;
    }
}
