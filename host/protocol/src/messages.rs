//! The messages, in the order of one run.

use serde::{Deserialize, Serialize};

use hivesync_types::{Code, CompileLimits, Digest, Limits};

use crate::wit::{bundler, influence, log, mapper, modules, progress, steps, types};

/// The world whose exports a run may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum World {
    /// `preview-bundler`: the coordinator.
    PreviewBundler,
    /// `transform`: pure, no imports.
    Transform,
    /// `plugin-host`: pure, no imports.
    PluginHost,
    /// `influence-map`: pure, no imports.
    InfluenceMap,
    /// `pipeline-step`: pure, no imports.
    PipelineStep,
    /// `wasi:cli/command`: a module of a stock toolchain, run by `hivesync-runner-wasi` only.
    WasiCommand,
}

/// The broker's first frame. With it come the descriptors, in this order: the
/// compiled module (a sealed memory file), then one a layer of the project image,
/// the lowest layer first. A [`World::WasiCommand`] gets a directory instead of layers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// Names the run in both directions; a reply with another id is a protocol fault.
    pub run_id: Digest,
    /// What the module is.
    pub world: World,
    /// The interfaces the effective policy grants, by WIT name (`project`, `log`, …).
    pub grants: Vec<String>,
    /// What this one process may use.
    pub limits: Limits,
    /// How many image layers follow the compiled module.
    pub image_layers: u32,
    /// What to run.
    pub call: Call,
}

/// The export to call, with its arguments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Call {
    /// `bundler.bundle`.
    Bundle(bundler::Request),
    /// `modules.transform`, once an input, each in a fresh instance with
    /// `limits.fuel` of its own.
    Transform {
        /// The sources.
        inputs: Vec<modules::TransformInput>,
        /// The same for all.
        options: modules::TransformOptions,
        /// The process does not end with the last source but waits for [`ToRunner::Inputs`].
        stays: bool,
    },
    /// `modules.link`.
    Link(modules::BundleGraph),
    /// `plugins.rewrite`, all sources in one instance.
    Rewrite {
        /// The sources.
        sources: Vec<modules::SourceFile>,
        /// The bytes of `options.programs`.
        #[serde(with = "crate::octets::list")]
        programs: Vec<Vec<u8>>,
        /// The plugins.
        options: modules::PluginOptions,
    },
    /// `influence.ask`.
    Ask {
        /// What is read.
        project: influence::ProjectFiles,
        /// What is asked.
        question: influence::Question,
    },
    /// `influence.remap`.
    Remap {
        /// What is read.
        project: influence::ProjectFiles,
        /// How far the cascade is followed.
        depth: influence::Depth,
        /// What an earlier map left.
        #[serde(with = "crate::octets")]
        left: Vec<u8>,
    },
    /// `influence.compare`.
    Compare {
        /// A map.
        #[serde(with = "crate::octets")]
        before: Vec<u8>,
        /// A later one.
        #[serde(with = "crate::octets")]
        after: Vec<u8>,
    },
    /// `steps.begin`.
    Begin(steps::Input),
    /// `steps.resume`.
    Resume {
        /// That of the beginning.
        input: steps::Input,
        /// What stood beside the question.
        #[serde(with = "crate::octets")]
        state: Vec<u8>,
        /// What came of it.
        answer: steps::Answer,
    },
    /// `wasi:cli/run`: no arguments, no environment, `/project` and `/out`. What it may
    /// leave in `/out` is bounded by `limits.artifacts` and `limits.artifact_bytes`.
    Command,
}

/// Broker to runner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToRunner {
    /// Run this. Sent once, first.
    Start(Box<Start>),
    /// The answer to [`FromRunner::Write`].
    Written(ArtifactReply),
    /// The answer to [`FromRunner::Map`].
    Mapped(Vec<Result<mapper::Transformed, Vec<types::Diagnostic>>>),
    /// The answer to [`FromRunner::Rewrite`].
    Rewritten(RewriteAnswer),
    /// The answer to [`FromRunner::Link`].
    Linked(Result<modules::LinkedBundle, Vec<types::Diagnostic>>),
    /// More sources for a [`Call::Transform`] that stays; sent when all before are answered.
    Inputs(Vec<modules::TransformInput>),
    /// The run must end with this code: a limit that only the broker can see.
    Stop(Code),
}

/// What `plugins.rewrite` returns.
pub type RewriteResult =
    Result<Vec<Result<Option<modules::Rewritten>, Vec<types::Diagnostic>>>, Vec<types::Diagnostic>>;

/// What the functions of `influence` return.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum InfluenceAnswer {
    /// Canonical JSON.
    Json(#[serde(with = "crate::octets")] Vec<u8>),
    /// What the question asks for and the project does not have.
    Refused(Vec<types::Diagnostic>),
}

impl From<Result<Vec<u8>, Vec<types::Diagnostic>>> for InfluenceAnswer {
    fn from(result: Result<Vec<u8>, Vec<types::Diagnostic>>) -> Self {
        match result {
            Ok(json) => Self::Json(json),
            Err(diagnostics) => Self::Refused(diagnostics),
        }
    }
}

/// What the functions of `steps` return.
pub type StepAnswer = Result<steps::Outcome, Vec<types::Diagnostic>>;

/// What `mapper.rewrite` returns.
pub type RewriteAnswer = Result<Vec<Result<bool, Vec<types::Diagnostic>>>, Vec<types::Diagnostic>>;

/// What became of an artifact.
pub type ArtifactReply = Result<(), crate::wit::artifacts::WriteError>;

/// Runner to broker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FromRunner {
    /// The process stands behind its walls and waits. Sent once, before anything is read.
    Ready(Layer2),
    /// A line of the run's log, raw: the broker escapes it.
    Log {
        /// How much it matters.
        level: log::Level,
        /// The line.
        message: String,
    },
    /// How far the run is.
    Progress {
        /// The part of the work.
        stage: progress::Stage,
        /// Units done.
        done: u32,
        /// Units known.
        total: u32,
    },
    /// An artifact; the guest waits for [`ToRunner::Written`].
    Write {
        /// The guest's label, unchecked.
        name: String,
        /// The parts, unchecked.
        pieces: Vec<types::Piece>,
    },
    /// Pure runs; the guest waits for [`ToRunner::Mapped`].
    Map {
        /// The sources by path.
        jobs: Vec<mapper::Job>,
        /// The same for all.
        options: modules::TransformOptions,
    },
    /// The project's plugins; the guest waits for [`ToRunner::Rewritten`].
    Rewrite {
        /// The files.
        paths: Vec<String>,
        /// The plugins.
        options: modules::PluginOptions,
    },
    /// A pure link; the guest waits for [`ToRunner::Linked`].
    Link(modules::BundleGraph),
    /// A part of a file that [`Call::Command`] left in `/out`. Sent after the guest has
    /// ended, by ascending path, the parts of a file in order.
    OutFile {
        /// Relative to `/out`, unchecked.
        path: String,
        /// The next bytes of it.
        #[serde(with = "crate::octets")]
        bytes: Vec<u8>,
        /// Nothing of this file follows.
        last: bool,
    },
    /// One input of [`Call::Transform`] or [`ToRunner::Inputs`] is done. Sent in order of inputs.
    Transformed(Box<TransformResult>),
    /// The end. Nothing follows; the process exits.
    End(Box<End>),
}

/// One transformed input.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransformResult {
    /// Position in the inputs that came in one message.
    pub index: u32,
    /// What the pure function returned, or why it did not return.
    pub result: Result<Result<modules::TransformOutput, Vec<types::Diagnostic>>, RunFault>,
    /// Fuel of this input alone.
    pub fuel: u64,
    /// Microseconds of guest code for this input alone.
    pub cpu_us: u64,
    /// Most memory of this input's instance, in bytes.
    pub memory_peak: u64,
}

/// How a run ended, with its ledgers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// The same id as in [`Start`].
    pub run_id: Digest,
    /// The value or the fault.
    pub result: Result<Return, RunFault>,
    /// The ledgers.
    pub usage: Usage,
}

/// What an export returned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Return {
    /// `bundler.bundle`.
    Bundle(Result<bundler::Report, bundler::Failure>),
    /// All inputs were answered by [`FromRunner::Transformed`].
    Transform,
    /// `plugins.rewrite`.
    Rewrite(RewriteResult),
    /// `modules.link`.
    Link(Result<modules::LinkedBundle, Vec<types::Diagnostic>>),
    /// `influence.ask` or `influence.compare`.
    Influence(InfluenceAnswer),
    /// `influence.remap`.
    Mapped(influence::Mapped),
    /// `steps.begin` or `steps.resume`.
    Step(StepAnswer),
    /// `wasi:cli/run`, with the status it ended with; 0 is success.
    Command(u8),
}

/// Why a run ended without a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunFault {
    /// The stable code.
    pub code: Code,
    /// Evidence: a counter and its limit, a trap's name, a panic's message. Guest
    /// text in here is raw: the broker escapes it.
    pub detail: String,
    /// Demangled guest frames, innermost first.
    pub backtrace: Vec<String>,
}

/// The clocks and ledgers of one process.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Fuel used, counted from after instantiation.
    pub fuel: u64,
    /// Microseconds in guest code.
    pub cpu_us: u64,
    /// Microseconds of them until there was an instance.
    pub instantiate_us: u64,
    /// Microseconds of work on the guest's behalf.
    pub host_us: u64,
    /// Most bytes of linear memory at one time.
    pub memory_peak: u64,
    /// The first growth that was refused.
    pub first_refusal: Option<Refusal>,
    /// One entry a function that was called, in order of name.
    pub host_calls: Vec<HostCallUse>,
}

/// A refused growth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// `limit.memory` or `limit.tables`.
    pub code: Code,
    /// What was asked for, in bytes or elements, summed.
    pub wanted: u64,
    /// What may be had.
    pub limit: u64,
}

/// The ledger of one host function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostCallUse {
    /// `interface.function`.
    pub function: String,
    /// Calls.
    pub calls: u64,
    /// Bytes both ways.
    pub bytes: u64,
    /// Microseconds.
    pub us: u64,
}

/// Which walls of the operating system stand around a process. `None` and `false`
/// mean that one is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer2 {
    /// Namespaces that were entered, such as `user`, `net`, `pid`.
    pub namespaces: Vec<String>,
    /// The Landlock ABI in force.
    pub landlock_abi: Option<u32>,
    /// SHA-256 of the seccomp program.
    pub seccomp: Option<Digest>,
    /// Resource limits were lowered.
    pub rlimits: bool,
    /// `no_new_privs` is set and the process cannot be dumped.
    pub no_new_privs: bool,
}

/// Broker to compiler, the only frame on the compiler's standard input, which is a
/// `SOCK_STREAM` socket. On its first byte come two descriptors: a sealed memory file
/// with the module's bytes, and an empty memory file for the machine code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompileRequest {
    /// Of the WebAssembly bytes.
    pub digest: Digest,
    /// What compiling may take.
    pub limits: CompileLimits,
}

/// Compiler to broker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum CompileAnswer {
    /// The output's size; the bytes stand in the second descriptor.
    Compiled {
        /// Bytes written.
        bytes: u64,
        /// The engine's own compatibility hash: another engine refuses the output.
        engine: Digest,
        /// The walls the compiler stood behind.
        layer2: Layer2,
    },
    /// Why not.
    Refused(RunFault),
}
