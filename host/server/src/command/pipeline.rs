//! `hivesync pipeline`, and what `hivesync docs` shares with it.

mod replay;
mod told;

use std::path::{Path, PathBuf};
use std::time::Duration;

use hivesync_models::{Models, Recorded};
use hivesync_pipeline::{CheckedPipeline, Pipelines, check_pipelines};
use hivesync_protocol::wit::steps::Attachment;
use hivesync_steps::{
    Answers, Definition, Drawing, End, Journal, Kept, RunInput, RunRecord, RunReport, draw,
};
use hivesync_types::Code;
use serde_json::{Value, json};

use crate::cli::{GraphFormat, PipelineCommand, RunArguments};
use crate::command::build::{options, runtime};
use crate::config::Config;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::progress::print_quietly;
use crate::report::{self, Problem};

/// How long processes and threads may take to be gone after the run.
const GOODBYE: Duration = Duration::from_secs(2);
/// Bytes of a file that a run reads: what a step may be given, and more is refused there.
const FILE_BYTES_MAX: u64 = 64 << 20;

pub(crate) fn run(command: &PipelineCommand) -> Exit {
    match command {
        PipelineCommand::Check { config, json } => match checked(config.as_deref()) {
            Ok((pipelines, _)) => told::checked(&pipelines, *json),
            Err(problem) => tell("pipeline", *json, &problem),
        },
        PipelineCommand::Graph { name, format, config } => {
            let found = checked(config.as_deref()).and_then(|(pipelines, _)| definition(pipelines, name));
            match found {
                Ok(definition) => {
                    print_quietly(&draw(&definition, (*format).into()));
                    Exit::Done
                }
                Err(problem) => tell("pipeline", false, &problem),
            }
        }
        PipelineCommand::Run { name, input, attach, replay, out, run } => {
            let wanted = match (replay, name, input) {
                (Some(record), _, input) => replay::replayed(record, input.as_deref(), attach),
                (None, Some(name), Some(input)) => wanted(name, input, attach, run.tokens),
                // The command line asks for both.
                (None, ..) => Err(Problem::with_code(Code::RequestInvalid, "a name and --input are missing")),
            };
            match wanted.and_then(|wanted| take(wanted, run)) {
                Ok(report) => ended(&report, run.json, out.as_deref()),
                Err(problem) => tell("pipeline", run.json, &problem),
            }
        }
    }
}

/// A run that somebody asks for.
pub(crate) struct Wanted {
    pub(crate) pipeline: String,
    pub(crate) input: RunInput,
    /// The run that it is to be once more.
    pub(crate) record: Option<RunRecord>,
}

impl Wanted {
    /// A new run.
    pub(crate) fn new(pipeline: &str, input: Value, attachments: Vec<Attachment>, tokens_max: u32) -> Self {
        let who = format!("hivesync pipeline {pipeline}");
        let input = RunInput { input, attachments, tokens_max, who, name: String::new() };
        Self { pipeline: pipeline.to_owned(), input, record: None }
    }
}

fn wanted(name: &str, input: &Path, attach: &[PathBuf], tokens_max: u32) -> Result<Wanted, Problem> {
    Ok(Wanted::new(name, read_input(input)?, attachments(attach)?, tokens_max))
}

/// Runs a pipeline once, and keeps its answers where that is wanted.
pub(crate) fn take(wanted: Wanted, arguments: &RunArguments) -> Result<RunReport, Problem> {
    let runtime =
        runtime().map_err(|error| Problem::host(&format!("threads cannot be started: {}", error.kind())))?;
    let report = runtime.block_on(interruptible(wanted, arguments));
    runtime.shutdown_timeout(GOODBYE);
    let report = report?;
    if let Some(file) = &arguments.record {
        let text = report.recorded.to_json().map_err(|error| Problem::host(&error.to_string()))?;
        std::fs::write(file, text).map_err(|error| unwritten(file, &error))?;
    }
    Ok(report)
}

async fn interruptible(wanted: Wanted, arguments: &RunArguments) -> Result<RunReport, Problem> {
    let mut interrupt = Interrupt::listen()
        .map_err(|error| Problem::host(&format!("signals cannot be heard: {}", error.kind())))?;
    tokio::select! {
        biased;
        () = interrupt.heard() => Err(Problem::interrupted()),
        report = work(wanted, arguments) => report,
    }
}

async fn work(wanted: Wanted, arguments: &RunArguments) -> Result<RunReport, Problem> {
    let (pipelines, config) = checked(arguments.config.as_deref())?;
    let definition = definition(pipelines, &wanted.pipeline)?;
    let Wanted { input, record, .. } = wanted;
    let (ledger, is_answered) = match (&record, &arguments.answers) {
        (Some(record), _) => (Kept::replaying(record.answers.clone()), true),
        (None, Some(file)) => (Kept::replaying(recorded(file)?), true),
        (None, None) => (Kept::new(), false),
    };
    let journal = arguments.journal.as_deref().map(Journal::open).transpose();
    let journal = journal.map_err(|error| Problem::host(&error.to_string()))?;
    let models = match is_answered {
        true => Models::default(),
        false => config.models.models().map_err(|error| misconfigured(&error))?,
    };
    let running =
        Pipelines::start(options()?, &[&definition]).await.map_err(|error| Problem::from(&error))?;
    if let Some(record) = record
        && record.run != running.run_id(&definition, &input)
    {
        let message = "the run was of another definition, or of another version of a module";
        return Err(Problem::with_code(Code::AnswerNotRecorded, message));
    }
    let models = &models;
    let report = match &journal {
        Some(ledger) => running.run(&definition, input, &Answers { models, ledger }).await,
        None => running.run(&definition, input, &Answers { models, ledger: &ledger }).await,
    };
    let _ = tokio::time::timeout(GOODBYE, running.shutdown()).await;
    Ok(report)
}

/// Prints what came of a run.
fn ended(report: &RunReport, json: bool, out: Option<&Path>) -> Exit {
    if let Some(problem) = problem_of(report) {
        let code = problem.code;
        told::failed(report, &problem, json);
        return code.into();
    }
    if let Some(folder) = out {
        for made in &report.attachments {
            // The names were checked: none of them leads anywhere.
            let file = folder.join(&made.name);
            let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, &made.bytes));
            if let Err(error) = written {
                return tell("pipeline", json, &unwritten(&file, &error));
            }
        }
    }
    told::completed(report, json);
    Exit::Done
}

/// Why a run has no result; none when it has one.
pub(crate) fn problem_of(report: &RunReport) -> Option<Problem> {
    let (code, message) = report.problem()?;
    let diagnostics = match &report.end {
        End::Failed { diagnostics, .. } => diagnostics.clone(),
        End::Completed | End::Blocked { .. } => Vec::new(),
    };
    Some(Problem { diagnostics, ..Problem::with_code(code, message) })
}

/// Every pipeline of this installation, and the configuration.
fn checked(config: Option<&Path>) -> Result<(Vec<CheckedPipeline>, Config), Problem> {
    let config =
        Config::load(config, |name| std::env::var_os(name)).map_err(|error| misconfigured(&error))?;
    let pipelines =
        check_pipelines(&options()?, config.models.pipelines()).map_err(|error| Problem::from(&error))?;
    Ok((pipelines, config))
}

fn definition(pipelines: Vec<CheckedPipeline>, name: &str) -> Result<Definition, Problem> {
    let names: Vec<String> = pipelines.iter().map(|pipeline| pipeline.name.clone()).collect();
    let invalid = |message: String| Problem::with_code(Code::PipelineInvalid, &message);
    let Some(found) = pipelines.into_iter().find(|pipeline| pipeline.name == name) else {
        return Err(invalid(format!("there is no pipeline `{name}`; there are {}", names.join(", "))));
    };
    match (found.definition, found.problems.first()) {
        (Some(definition), None) => Ok(definition),
        (_, Some(problem)) => Err(invalid(format!("`{name}` has a problem: {problem}"))),
        (None, None) => Err(invalid(format!("`{name}` cannot be read"))),
    }
}

fn recorded(file: &Path) -> Result<Recorded, Problem> {
    Recorded::from_json(&text(file)?)
        .map_err(|error| Problem::with_code(Code::AnswerNotRecorded, &format!("{}: {error}", file.display())))
}

fn read_input(file: &Path) -> Result<Value, Problem> {
    serde_json::from_str(&text(file)?)
        .map_err(|error| Problem::with_code(Code::RequestInvalid, &format!("{}: {error}", file.display())))
}

/// A file that somebody named.
pub(crate) fn text(file: &Path) -> Result<String, Problem> {
    let bytes = bytes(file)?;
    String::from_utf8(bytes).map_err(|_| {
        Problem::with_code(Code::RequestInvalid, &format!("{} is not text in UTF-8", file.display()))
    })
}

fn bytes(file: &Path) -> Result<Vec<u8>, Problem> {
    let refused = |why: &str| Problem::with_code(Code::RequestInvalid, &format!("{} {why}", file.display()));
    let unread = |error: std::io::Error| refused(&format!("cannot be read: {}", error.kind()));
    let metadata = std::fs::metadata(file).map_err(unread)?;
    if !metadata.is_file() {
        return Err(refused("is not a file"));
    }
    if metadata.len() > FILE_BYTES_MAX {
        return Err(refused("is larger than a step may be given"));
    }
    std::fs::read(file).map_err(unread)
}

fn attachments(files: &[PathBuf]) -> Result<Vec<Attachment>, Problem> {
    let one = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Attachment { name, bytes: bytes(file)? })
    };
    files.iter().map(one).collect()
}

fn misconfigured(error: &crate::config::ConfigError) -> Problem {
    Problem::with_code(Code::RequestInvalid, &error.to_string())
}

fn unwritten(file: &Path, error: &std::io::Error) -> Problem {
    Problem::host(&format!("{} cannot be written: {}", file.display(), error.kind()))
}

/// Prints a problem.
pub(crate) fn tell(command: &str, json: bool, problem: &Problem) -> Exit {
    if json {
        print_quietly(&report::line(&problem.to_json(command)));
    } else {
        problem.print();
    }
    problem.code.into()
}

impl From<GraphFormat> for Drawing {
    fn from(format: GraphFormat) -> Self {
        match format {
            GraphFormat::Text => Self::Text,
            GraphFormat::Dot => Self::Dot,
            GraphFormat::Mermaid => Self::Mermaid,
        }
    }
}

/// A run for a program: what every `--json` of it has.
pub(crate) fn run_json(report: &RunReport) -> Value {
    json!({
        "run": report.run,
        "status": told::status(&report.end),
        "result": report.result,
        "steps": report.steps.iter().map(told::step_json).collect::<Vec<_>>(),
        "attachments": report.attachments.iter().map(told::attachment_json).collect::<Vec<_>>(),
    })
}
