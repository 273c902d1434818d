//! What an entry says. The order of the fields is the order in the file.

use hivesync_protocol::Layer2;
use hivesync_types::{Code, Digest, Fault, Limits};
use serde::{Deserialize, Serialize};

use crate::compiled::Origin;
use crate::process::ProcessEnd;

/// One line's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// Counts from 0.
    pub sequence: u64,
    /// The digest of the entry before; all zeroes for the first.
    pub previous: Digest,
    /// Bytes of an unfinished line that a crash had left, and that were cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub torn_bytes: Option<u64>,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A run, whatever came of it.
    Run(Box<RunRecord>),
    /// A command of a stock toolchain, whatever came of it.
    Command(Box<CommandRecord>),
    /// A question about a project, whatever came of it.
    Influence(Box<PureRecord>),
    /// A pipeline's step began or went on, whatever came of it.
    Step(Box<PureRecord>),
    /// A module was refused before anything of it ran.
    Refused(Refused),
}

/// A module that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Refused {
    /// Milliseconds since 1970.
    pub at_ms: u64,
    /// Of the bytes that were handed in.
    pub module: Digest,
    /// What it was to be.
    pub world: String,
    /// The name in the policy file.
    pub policy: String,
    /// Why.
    pub error: Failure,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunRecord {
    /// The hash of everything in `input`: equal ids give equal outputs, log and fuel.
    pub run: Digest,
    /// Whoever asked, in the words of the backend, escaped.
    pub who: String,
    /// What the run is a function of.
    pub input: Input,
    /// When.
    pub times: Times,
    /// The four clocks.
    pub clocks: Clocks,
    /// Linear memory.
    pub memory: Memory,
    /// One entry a host function that was called.
    pub host_calls: Vec<HostCall>,
    /// Pure runs on the module's behalf.
    pub pure_runs: PureRunsUse,
    /// What was made.
    pub outputs: Vec<Output>,
    /// What was said.
    pub log: LogSummary,
    /// What stood around the process.
    pub walls: Walls,
    /// How the process ended.
    pub process: ProcessUse,
    /// Limits that held.
    pub limits: Limits,
    /// The same run id gives the same again: no clock and no accident ended it.
    pub reproducible: bool,
    /// Why there is no result.
    pub error: Option<Failure>,
}

/// One run of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CommandRecord {
    /// The hash of module, policy, image, engine and fuel schedule.
    pub run: Digest,
    /// Whoever asked, in the words of the backend, escaped.
    pub who: String,
    /// The command.
    pub module: ModuleUse,
    /// The effective policy.
    pub policy: Digest,
    /// The project image.
    pub image: Digest,
    /// The engine machine code was made for.
    pub engine: Digest,
    /// What decides what instructions cost.
    pub fuel_schedule: Digest,
    /// Milliseconds since 1970.
    pub ended_ms: u64,
    /// Guest instructions.
    pub fuel: Used,
    /// Microseconds in guest code, files included.
    pub cpu_us: Used,
    /// Bytes of linear memory.
    pub memory: Used,
    /// What was left in `/out`.
    pub outputs: Vec<Output>,
    /// What was printed.
    pub log: LogSummary,
    /// What stood around the process.
    pub walls: Walls,
    /// How the process ended; none when it had not ended when the record was written.
    pub process: Option<ProcessEnd>,
    /// Limits that held.
    pub limits: Limits,
    /// The status it ended with.
    pub status: Option<u8>,
    /// Why it did not end by itself.
    pub error: Option<Failure>,
}

/// One call of a pure module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PureRecord {
    /// The hash of module, policy, input, engine and fuel schedule.
    pub run: Digest,
    /// Whoever asked, in the words of the backend, escaped.
    pub who: String,
    /// The module.
    pub module: ModuleUse,
    /// The effective policy.
    pub policy: Digest,
    /// All that the function was given.
    pub input: Digest,
    /// Milliseconds since 1970.
    pub started_ms: u64,
    /// Guest instructions.
    pub fuel: Used,
    /// Microseconds in guest code.
    pub cpu_us: Used,
    /// Microseconds from start to end.
    pub wall_us: Used,
    /// Bytes of linear memory.
    pub memory: Used,
    /// The answer; none when there is none.
    pub output: Option<Digest>,
    /// Limits that held.
    pub limits: Limits,
    /// Why there is no answer.
    pub error: Option<Failure>,
}

/// What a run is a function of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Input {
    /// The coordinating module.
    pub module: ModuleUse,
    /// The pure module.
    pub transform: ModuleUse,
    /// The effective policy.
    pub policy: Digest,
    /// The effective policy of the pure module.
    pub transform_policy: Digest,
    /// The project image.
    pub image: Digest,
    /// The request.
    pub options: Digest,
    /// The WIT package and its version.
    pub wit: String,
    /// The engine machine code was made for.
    pub engine: Digest,
    /// What decides what instructions cost.
    pub fuel_schedule: Digest,
}

/// One module of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ModuleUse {
    /// Of its WebAssembly bytes.
    pub digest: Digest,
    /// Where its machine code came from.
    pub code: Origin,
}

/// Milliseconds since 1970, by the clock the backend passed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Times {
    /// The run was asked for.
    pub queued_ms: u64,
    /// Its clocks began.
    pub started_ms: u64,
    /// It was over.
    pub ended_ms: u64,
}

/// Used, of what there was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Used {
    /// What was used.
    pub used: u64,
    /// What could be.
    pub limit: u64,
}

/// The four clocks; pure runs are in the first two.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Clocks {
    /// Guest instructions.
    pub fuel: Used,
    /// Microseconds in guest code.
    pub cpu_us: Used,
    /// Microseconds of the host's work on the guest's behalf.
    pub host_us: Used,
    /// Microseconds from start to end.
    pub wall_us: Used,
}

/// Linear memory, in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Memory {
    /// Most at one time, of the coordinating process.
    pub peak: u64,
    /// Most at one time, of any pure run.
    pub pure_peak: u64,
    /// What one process could have.
    pub limit: u64,
    /// The first growth that was refused.
    pub first_refusal: Option<Used>,
}

/// One host function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct HostCall {
    /// `interface.function`.
    pub function: String,
    /// Calls.
    pub calls: u64,
    /// Bytes both ways.
    pub bytes: u64,
    /// Microseconds.
    pub us: u64,
}

/// Pure runs on a module's behalf.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PureRunsUse {
    /// Jobs that were asked for.
    pub jobs: u64,
    /// Answered from the memo.
    pub hits: u64,
    /// Run now.
    pub misses: u64,
    /// Processes for them.
    pub children: u64,
    /// Fuel of all of them, hits included.
    pub fuel: u64,
}

/// One artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Output {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its content.
    pub digest: Digest,
}

/// The log, as it was handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LogSummary {
    /// Lines.
    pub lines: u64,
    /// Of all lines.
    pub digest: Digest,
}

/// What stood around the process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Walls {
    /// As the process reported.
    pub standing: Layer2,
    /// Required walls that were missing and that the policy excuses.
    pub excused: Vec<String>,
}

/// How the process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ProcessUse {
    /// How; none when it had not ended when the record was written.
    pub end: Option<ProcessEnd>,
    /// Most resident memory in bytes, as the kernel counted.
    pub resident_max: u64,
}

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Failure {
    /// The stable code.
    pub code: Code,
    /// Whose doing.
    pub fault: Fault,
    /// A counter and its limit, a signal, a message.
    pub evidence: String,
}

impl From<&crate::Error> for Failure {
    fn from(error: &crate::Error) -> Self {
        Self { code: error.code(), fault: error.fault(), evidence: error.evidence() }
    }
}
