//! One command of a stock toolchain, in a process of its own.
//!
//! A command gets a directory where a coordinating module gets an image: the image is
//! unpacked for the run and thrown away after it. What the command leaves in `/out`
//! comes back as artifacts, under the same rules as everybody's.
//!
//! There is no pool: the process is started when it is needed.
//!
//! **Invariant:** what comes back is checked as if the runner had made it up.

mod unpack;

use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hivesync_policy::{EffectivePolicy, Interface, Keyed as _, Wall};
use hivesync_protocol::{Call, End, FromRunner, Layer2, Return, Start, ToRunner, Usage, World};
use hivesync_types::{Code, Digest, Limits};
use rustix::net::SocketType;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use crate::audit::{CommandRecord, Event, Failure, ModuleUse, Used, Walls};
use crate::budget::Budget;
use crate::compile::end_of;
use crate::error::{Error, ProtocolFault};
use crate::escape::escape_line;
use crate::image::Image;
use crate::journal::{Journal, LogLine};
use crate::module::{Module, denied};
use crate::outputs::{Artifact, Artifacts, check};
use crate::process::ProcessEnd;
use crate::sandbox::{Inner, Sandbox};
use crate::session::Frames;
use crate::socket;
use crate::summary::{log_summary, output};

/// One command to run.
#[derive(Debug, Clone)]
pub struct CommandRun {
    /// Registered for the world `wasi:cli/command`.
    pub module: Module,
    /// What it finds in `/project`.
    pub image: Image,
    /// Lower limits for this run; higher values change nothing.
    pub limits: Option<Limits>,
    /// Whoever asked, for the audit record.
    pub who: String,
}

/// What came of a command.
#[derive(Debug)]
pub struct CommandOutcome {
    /// The status it ended with (0 is success), or why it did not end by itself.
    pub result: Result<u8, Error>,
    /// What it left in `/out`; empty when there is no result.
    pub artifacts: Vec<Artifact>,
    /// What it printed, escaped.
    pub log: Vec<LogLine>,
    /// The audit record.
    pub record: Box<CommandRecord>,
}

/// Bytes that a runner may say beyond log and artifacts.
const FRAMING_BYTES_MAX: u64 = 16 << 20;
/// How long a runner may take to stand behind its walls.
const READY_PATIENCE: Duration = Duration::from_secs(5);
/// How long a process that has said its last word may take to be gone.
const EXIT_GRACE: Duration = Duration::from_millis(500);
/// Bytes of the name of whoever asked.
const WHO_BYTES_MAX: usize = 256;

impl Sandbox {
    /// Runs one command over a project.
    ///
    /// Fails with `policy.denied` for a module of another world, and with `host.storage`
    /// where no process or directory can be had; everything else is in the outcome.
    /// Dropping the future kills the process.
    pub async fn command(&self, wanted: CommandRun) -> Result<CommandOutcome, Error> {
        if wanted.module.policy().world != hivesync_policy::World::WasiCommand {
            let evidence = format!("{} is registered for another world", wanted.module.digest());
            return Err(Error::Denied { code: Code::PolicyDenied, evidence });
        }
        let inner = self.inner();
        let _turn = inner.turn().await?;
        let mut policy = wanted.module.policy().clone();
        if let Some(limits) = &wanted.limits {
            policy.limits = policy.limits.lowered(limits);
        }
        let mut talk = Talk::new(&wanted, policy);
        let result = talk.run(inner, &wanted).await;
        talk.outcome(inner, &wanted, result)
    }
}

/// One run as it goes on.
struct Talk {
    run_id: Digest,
    policy: EffectivePolicy,
    budget: Budget,
    journal: Journal,
    artifacts: Artifacts,
    /// The file whose parts are coming.
    open: Option<(String, Vec<Bytes>, u64)>,
    usage: Usage,
    layer2: Layer2,
    excused: Vec<Wall>,
    end: Option<ProcessEnd>,
}

impl Talk {
    fn new(wanted: &CommandRun, policy: EffectivePolicy) -> Self {
        let identity = wanted.module.identity();
        let run_id = Digest::of_fields(&[
            b"hivesync-command/1",
            wanted.module.digest().as_bytes(),
            policy.digest().as_bytes(),
            wanted.image.digest().as_bytes(),
            identity.engine.as_bytes(),
            identity.fuel_schedule.as_bytes(),
        ]);
        Self {
            run_id,
            budget: Budget::new(policy.limits, Instant::now()),
            policy,
            journal: Journal::default(),
            artifacts: Artifacts::default(),
            open: None,
            usage: Usage::default(),
            layer2: Layer2::default(),
            excused: Vec::new(),
            end: None,
        }
    }

    async fn run(&mut self, inner: &Inner, wanted: &CommandRun) -> Result<u8, Error> {
        let image = wanted.image.clone();
        let granted = self.policy.grants(Interface::Project);
        let beside = inner.config.cache.clone();
        let project = tokio::task::spawn_blocking(move || unpack::unpack(&image, granted, &beside)).await;
        let project = project.map_err(|_| Error::Internal("unpacking an image failed"))??;
        let (ours, theirs) = socket::pair(SocketType::STREAM).map_err(starting)?;
        let mut child = command(inner)?.stdin(theirs).spawn().map_err(starting)?;
        self.budget = Budget::new(self.policy.limits, Instant::now());
        let stream = UnixStream::from_std(std::os::unix::net::UnixStream::from(ours)).map_err(starting)?;
        let received_max = FRAMING_BYTES_MAX
            .saturating_add(self.policy.limits.log_bytes.saturating_mul(2))
            .saturating_add(self.policy.limits.artifact_bytes);
        let mut frames = Frames::new(stream, received_max);
        let deadline = self.budget.deadline();
        let result = tokio::select! {
            biased;
            () = tokio::time::sleep_until(deadline.into()) => Err(self.budget.wall_error()),
            result = self.hold(&mut frames, wanted, project.descriptor()) => result,
        };
        let grace = if result.is_ok() { EXIT_GRACE } else { Duration::ZERO };
        let status = ended(&mut child, grace).await;
        self.end = status.map(end_of);
        match (result, self.end) {
            (Err(Error::Lost { code, .. }), Some(end)) => Err(Error::Lost { code, end }),
            (result, _) => result,
        }
    }

    async fn hold(
        &mut self,
        frames: &mut Frames,
        wanted: &CommandRun,
        project: std::os::fd::BorrowedFd<'_>,
    ) -> Result<u8, Error> {
        let start = Start {
            run_id: self.run_id,
            world: World::WasiCommand,
            grants: self.policy.granted_names(),
            limits: self.policy.limits,
            image_layers: 0,
            call: Call::Command,
        };
        let compiled = wanted.module.compiled().await?;
        frames.send(&ToRunner::Start(Box::new(start)), &[compiled.code.as_fd(), project]).await?;
        let ready = tokio::time::timeout(READY_PATIENCE, next(frames)).await;
        match ready.unwrap_or(Err(LOST))? {
            FromRunner::Ready(layer2) => self.layer2 = layer2,
            FromRunner::End(end) => return self.finish(*end),
            _ => return Err(unexpected("a command's runner speaks before it is ready")),
        }
        // The walls stand already: a runner that lacks one is killed before its module is loaded.
        self.excused = self.policy.layer2.judge(&Wall::standing(&self.layer2)).map_err(denied)?;
        loop {
            match next(frames).await? {
                FromRunner::Log { level, message } => {
                    self.journal.take(level, &message, &self.policy.limits)?;
                }
                FromRunner::OutFile { path, bytes, last } => self.take_part(path, bytes, last)?,
                FromRunner::End(end) => return self.finish(*end),
                _ => return Err(unexpected("a message that has no place in a command's run")),
            }
        }
    }

    /// The next part of a file. Parts of one file come one after another.
    fn take_part(&mut self, path: String, bytes: Vec<u8>, last: bool) -> Result<(), Error> {
        let (name, mut pieces, mut length) = self.open.take().unwrap_or((path.clone(), Vec::new(), 0));
        if name != path {
            return Err(unexpected("a file began before the one before it ended"));
        }
        length = length.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        check(Code::LimitArtifactBytes, length, self.policy.limits.artifact_bytes)?;
        pieces.push(Bytes::from(bytes));
        if !last {
            self.open = Some((name, pieces, length));
            return Ok(());
        }
        let allows = |name: &str| self.policy.allows_artifact(name);
        match self.artifacts.keep(Artifact { name, pieces }, &self.policy.limits, &allows)? {
            Ok(()) => Ok(()),
            Err(refused) => Err(Error::Denied {
                code: Code::PolicyDenied,
                evidence: format!("`/out/{}`: {refused:?}", escape_line(&path, 300)),
            }),
        }
    }

    fn finish(&mut self, end: End) -> Result<u8, Error> {
        if end.run_id != self.run_id {
            return Err(unexpected("the end of another run"));
        }
        self.usage = end.usage;
        match end.result.map_err(Error::from_fault)? {
            _ if self.open.is_some() => Err(unexpected("a file that did not end")),
            Return::Command(status) => Ok(status),
            _ => Err(unexpected("a command returned something else than a status")),
        }
    }

    fn outcome(
        self,
        inner: &Inner,
        wanted: &CommandRun,
        result: Result<u8, Error>,
    ) -> Result<CommandOutcome, Error> {
        let artifacts = if result.is_ok() { self.artifacts.into_kept() } else { Vec::new() };
        let log = self.journal.into_lines();
        let limits = self.policy.limits;
        let identity = wanted.module.identity();
        let record = CommandRecord {
            run: self.run_id,
            who: escape_line(&wanted.who, WHO_BYTES_MAX),
            module: ModuleUse { digest: wanted.module.digest(), code: wanted.module.origin() },
            policy: self.policy.digest(),
            image: wanted.image.digest(),
            engine: identity.engine,
            fuel_schedule: identity.fuel_schedule,
            ended_ms: inner.config.now_ms(),
            fuel: Used { used: self.usage.fuel, limit: limits.fuel },
            cpu_us: Used { used: self.usage.cpu_us, limit: limits.cpu_ms.saturating_mul(1000) },
            memory: Used { used: self.usage.memory_peak, limit: limits.memory_bytes },
            outputs: artifacts.iter().map(output).collect(),
            log: log_summary(&log),
            walls: Walls {
                standing: self.layer2,
                excused: self.excused.iter().map(ToString::to_string).collect(),
            },
            process: self.end,
            limits,
            status: result.as_ref().ok().copied(),
            error: result.as_ref().err().map(Failure::from),
        };
        // A run that cannot be accounted for has no result.
        inner.counter.used(&self.usage);
        inner.record(Event::Command(Box::new(record.clone())))?;
        Ok(CommandOutcome { result, artifacts, log, record: Box::new(record) })
    }
}

const LOST: Error = Error::Lost { code: Code::HostRunnerLost, end: ProcessEnd::Unknown };

async fn next(frames: &mut Frames) -> Result<FromRunner, Error> {
    frames.next().await?.ok_or(LOST)
}

fn command(inner: &Inner) -> Result<Command, Error> {
    let program: PathBuf = crate::sandbox::executable(&inner.config.executables, "hivesync-runner-wasi")?;
    let mut command = Command::new(program);
    if inner.config.allow_degraded {
        command.arg("--allow-degraded");
    }
    command.env_clear().current_dir("/").stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    Ok(command)
}

/// Waits for the process, and kills it when it takes longer than `grace`.
async fn ended(child: &mut Child, grace: Duration) -> Option<ExitStatus> {
    if let Ok(Ok(status)) = tokio::time::timeout(grace, child.wait()).await {
        return Some(status);
    }
    // It fails only for a process that is gone already.
    let _ = child.start_kill();
    tokio::time::timeout(EXIT_GRACE, child.wait()).await.ok()?.ok()
}

fn starting(source: std::io::Error) -> Error {
    Error::Storage { what: "starting a runner for commands", source }
}

const fn unexpected(what: &'static str) -> Error {
    Error::Protocol(ProtocolFault::Unexpected(what))
}
