//! Why a run has no result.

use std::io;

use hivesync_protocol::RunFault;
use hivesync_protocol::wit::types::Diagnostic;
use hivesync_types::{Code, Fault};

use crate::escape::escape_line;
use crate::process::ProcessEnd;

/// Why a run has no result. Every variant has one stable code; text of a guest in
/// here is already escaped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The runner or the compiler says that it stopped the guest, or refused it.
    #[error("{}", code.sentence())]
    Stopped {
        /// The code it gave.
        code: Code,
        /// A counter and its limit, a trap's name, a panic's message.
        evidence: String,
        /// Guest frames, innermost first.
        backtrace: Vec<String>,
    },
    /// The guest worked and says that the project cannot be built.
    #[error("{}", code.sentence())]
    Build {
        /// Which of the guest's three failures.
        code: Code,
        /// What is wrong, each with its place.
        diagnostics: Vec<Diagnostic>,
    },
    /// A limit that the broker keeps was passed.
    #[error("{}", code.sentence())]
    Limit {
        /// Which limit.
        code: Code,
        /// What was used or asked for.
        used: u64,
        /// What may be used.
        limit: u64,
    },
    /// The policy does not allow this module or this run.
    #[error("{}", code.sentence())]
    Denied {
        /// Why.
        code: Code,
        /// What was found, and what the policy says.
        evidence: String,
    },
    /// A process ended without an answer.
    #[error("{}", code.sentence())]
    Lost {
        /// `host.runner-lost` or `compile.crashed`.
        code: Code,
        /// How it ended.
        end: ProcessEnd,
    },
    /// A process said something that makes no sense, and was killed for it.
    #[error("{}", Code::HostProtocol.sentence())]
    Protocol(#[source] ProtocolFault),
    /// Too many runs wait already.
    #[error("{}", Code::HostOverloaded.sentence())]
    Overloaded {
        /// Runs that wait.
        waiting: usize,
    },
    /// Whoever asked has withdrawn.
    #[error("{}", Code::HostCanceled.sentence())]
    Canceled,
    /// A file, a descriptor or a process of the host could not be had.
    #[error("{}", Code::HostStorage.sentence())]
    Storage {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The host contradicts itself.
    #[error("{}", Code::HostInternal.sentence())]
    Internal(&'static str),
}

/// What was wrong with the words of a process.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolFault {
    /// The frame is too long, or is no message.
    #[error(transparent)]
    Frame(#[from] hivesync_protocol::FrameError),
    /// The process said more in all than a run may.
    #[error("{received} bytes were received where {limit} is the most")]
    TooMuch {
        /// Bytes.
        received: u64,
        /// Bytes.
        limit: u64,
    },
    /// A message that has no place here.
    #[error("{0}")]
    Unexpected(&'static str),
    /// A code that a runner cannot know about.
    #[error("a runner cannot say {0}")]
    Code(Code),
}

impl Error {
    /// The stable code.
    pub const fn code(&self) -> Code {
        match self {
            Self::Stopped { code, .. }
            | Self::Build { code, .. }
            | Self::Limit { code, .. }
            | Self::Denied { code, .. }
            | Self::Lost { code, .. } => *code,
            Self::Protocol(_) => Code::HostProtocol,
            Self::Overloaded { .. } => Code::HostOverloaded,
            Self::Canceled => Code::HostCanceled,
            Self::Storage { .. } => Code::HostStorage,
            Self::Internal(_) => Code::HostInternal,
        }
    }

    /// Whose doing it is.
    pub const fn fault(&self) -> Fault {
        self.code().fault()
    }

    /// The same request may succeed later.
    pub const fn is_retryable(&self) -> bool {
        self.code().is_retryable()
    }

    /// Counters, limits, signals: what a person needs to believe the code. Escaped.
    pub fn evidence(&self) -> String {
        match self {
            Self::Stopped { evidence, .. } | Self::Denied { evidence, .. } => evidence.clone(),
            Self::Build { diagnostics, .. } => {
                diagnostics.first().map(|first| first.message.clone()).unwrap_or_default()
            }
            Self::Limit { used, limit, .. } => format!("{used} of {limit}"),
            Self::Lost { end, .. } => end.to_string(),
            Self::Protocol(fault) => fault.to_string(),
            Self::Overloaded { waiting } => format!("{waiting} runs wait"),
            Self::Canceled => String::new(),
            Self::Storage { what, source } => format!("{what}: {source}"),
            Self::Internal(what) => (*what).to_owned(),
        }
    }

    /// Guest frames, innermost first; empty where there are none.
    pub fn backtrace(&self) -> &[String] {
        match self {
            Self::Stopped { backtrace, .. } => backtrace,
            _ => &[],
        }
    }

    /// What the guest found wrong with the project; empty where it did not get so far.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Build { diagnostics, .. } => diagnostics,
            _ => &[],
        }
    }

    /// The fault a runner or the compiler reports. The process is not trusted: it may
    /// only speak of what it can know, and its text is escaped here.
    pub(crate) fn from_fault(fault: RunFault) -> Self {
        if !is_sayable(fault.code) {
            return Self::Protocol(ProtocolFault::Code(fault.code));
        }
        Self::Stopped {
            code: fault.code,
            evidence: escape_line(&fault.detail, EVIDENCE_BYTES_MAX),
            backtrace: fault
                .backtrace
                .iter()
                .take(BACKTRACE_FRAMES_MAX)
                .map(|frame| escape_line(frame, FRAME_TEXT_BYTES_MAX))
                .collect(),
        }
    }
}

/// Bytes of a fault's evidence that are kept; stops a panic message of megabytes.
const EVIDENCE_BYTES_MAX: usize = 4096;
/// Frames of a backtrace that are kept; stops a recursion of a million frames.
const BACKTRACE_FRAMES_MAX: usize = 64;
/// Bytes of a frame's name that are kept.
const FRAME_TEXT_BYTES_MAX: usize = 512;

/// What a runner may say about itself: never that the host is overloaded, that a
/// caller withdrew, or that the broker's own clock ran out.
const fn is_sayable(code: Code) -> bool {
    !matches!(
        code,
        Code::LimitWall
            | Code::LimitJobs
            | Code::LimitArtifacts
            | Code::LimitArtifactBytes
            | Code::LimitAsk
            | Code::LimitAsks
            | Code::CompileCrashed
            | Code::HostRunnerLost
            | Code::HostProtocol
            | Code::HostOverloaded
            | Code::HostStorage
            | Code::HostCanceled
            | Code::PreviewBuildFailed
            | Code::MissingDependencies
            | Code::InvalidProjectStructure
            | Code::PreviewTimeout
            | Code::SandboxLimitExceeded
            | Code::SandboxDenied
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(code: Code, detail: &str) -> RunFault {
        RunFault { code, detail: detail.to_owned(), backtrace: vec!["\u{1b}[31mf".to_owned()] }
    }

    #[test]
    fn a_runner_cannot_claim_a_code_that_only_the_broker_knows() {
        for code in [Code::LimitWall, Code::HostOverloaded, Code::HostCanceled, Code::PreviewTimeout] {
            assert_eq!(Error::from_fault(fault(code, "")).code(), Code::HostProtocol);
        }
        assert_eq!(Error::from_fault(fault(Code::LimitFuel, "")).code(), Code::LimitFuel);
    }

    #[test]
    fn guest_text_in_a_fault_is_escaped() {
        let error = Error::from_fault(fault(Code::GuestPanic, "a\u{202e}b\nc"));
        assert_eq!(error.evidence(), "a\\u{202e}b\\nc");
        assert_eq!(error.backtrace(), ["\\u{1b}[31mf"]);
    }
}
