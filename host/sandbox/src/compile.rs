//! The compiler's process, from outside: one module in, machine code out.
//!
//! **Invariant:** nothing of what the compiler wrote is looked at before it is sealed.

use std::os::fd::AsFd as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use hivesync_protocol::{CompileAnswer, CompileRequest, CompilerIdentity};
use hivesync_types::{Code, CompileLimits, Digest};
use rustix::net::SocketType;
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use crate::error::{Error, ProtocolFault};
use crate::process::ProcessEnd;
use crate::session::Frames;
use crate::{memfd, socket};

/// The compiler's executable.
#[derive(Debug, Clone)]
pub(crate) struct Compiler {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
}

/// Machine code, sealed and read.
#[derive(Debug)]
pub(crate) struct MachineCode {
    pub(crate) engine: Digest,
    pub(crate) bytes: Vec<u8>,
}

/// Bytes of an answer: a refusal with its evidence is the largest.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
/// How long the compiler may take to say for which engine it writes.
const IDENTIFY_PATIENCE: Duration = Duration::from_secs(20);
/// Wall seconds a second of the processor time that compiling may take: a loaded
/// machine gives a process a part of a core. The process's own clock comes first.
const WALL_PER_CPU: u32 = 8;

impl Compiler {
    /// Asks which engine this compiler writes for.
    pub(crate) async fn identify(&self) -> Result<CompilerIdentity, Error> {
        let child =
            self.command(&["identify".to_owned()]).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let child = child.map_err(starting)?;
        let output = tokio::time::timeout(IDENTIFY_PATIENCE, child.wait_with_output()).await;
        let output = output.map_err(|_| late())?.map_err(starting)?;
        let frame = output.stdout.split_first_chunk::<4>().map(|(_, body)| body).unwrap_or_default();
        match hivesync_protocol::decode(frame) {
            Ok(identity) if output.status.success() => Ok(identity),
            _ => Err(Error::Lost { code: Code::CompileCrashed, end: end_of(output.status) }),
        }
    }

    /// Compiles one module in a process of its own. Dropping the future kills it.
    pub(crate) async fn compile(
        &self,
        digest: Digest,
        module: &[u8],
        limits: CompileLimits,
    ) -> Result<MachineCode, Error> {
        let (ours, theirs) = socket::pair(SocketType::STREAM).map_err(starting)?;
        let mut child =
            self.command(&self.arguments).stdin(theirs).stdout(Stdio::null()).spawn().map_err(starting)?;
        let stream = UnixStream::from_std(std::os::unix::net::UnixStream::from(ours)).map_err(starting)?;
        let mut frames = Frames::new(stream, ANSWER_BYTES_MAX);
        let output = memfd::empty()?;
        let module = memfd::sealed(module)?;
        let seconds = u32::try_from(limits.cpu_seconds).unwrap_or(u32::MAX);
        let patience = Duration::from_secs(5)
            + Duration::from_secs(1).saturating_mul(seconds.saturating_mul(WALL_PER_CPU));
        let conversation = async {
            // A compiler that is gone is noticed by the read.
            frames.send(&CompileRequest { digest, limits }, &[module.as_fd(), output.as_fd()]).await?;
            frames.next::<CompileAnswer>().await
        };
        let answer = match tokio::time::timeout(patience, conversation).await {
            Ok(answer) => answer?,
            Err(_) => {
                let limit = limits.cpu_seconds;
                return Err(Error::Limit { code: Code::CompileLimit, used: patience.as_secs(), limit });
            }
        };
        match answer {
            Some(CompileAnswer::Compiled { bytes, engine, .. }) if bytes <= limits.output_bytes => {
                let bytes = memfd::seal_and_read(&output, bytes)?;
                Ok(MachineCode { engine, bytes })
            }
            Some(CompileAnswer::Compiled { .. }) => {
                Err(Error::Protocol(ProtocolFault::Unexpected("more machine code than was allowed")))
            }
            Some(CompileAnswer::Refused(fault)) => Err(Error::from_fault(fault)),
            None => Err(lost(&mut child).await),
        }
    }

    fn command(&self, arguments: &[String]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env_clear()
            .current_dir(Path::new("/"))
            .stderr(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

fn starting(source: std::io::Error) -> Error {
    Error::Storage { what: "starting the compiler", source }
}

fn late() -> Error {
    Error::Lost { code: Code::CompileCrashed, end: ProcessEnd::Unknown }
}

/// Why the compiler closed its socket without an answer.
async fn lost(child: &mut Child) -> Error {
    let status = tokio::time::timeout(Duration::from_secs(2), child.wait()).await;
    let end = match status {
        Ok(Ok(status)) => end_of(status),
        _ => ProcessEnd::Unknown,
    };
    // The kernel's own limit on processor time: the module took it, not an accident.
    let code = match end {
        ProcessEnd::Signaled(libc::SIGXCPU) => Code::CompileLimit,
        _ => Code::CompileCrashed,
    };
    Error::Lost { code, end }
}

pub(crate) fn end_of(status: ExitStatus) -> ProcessEnd {
    match (status.code(), status.signal()) {
        (Some(code), _) => ProcessEnd::Exited(code),
        (None, Some(signal)) => ProcessEnd::Signaled(signal),
        (None, None) => ProcessEnd::Unknown,
    }
}
