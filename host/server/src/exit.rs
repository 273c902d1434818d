//! The exit codes, which scripts rely on.

use std::process::ExitCode;

use hivesync_types::{Code, Fault};

/// How the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// The project, or the file that was checked, is at fault.
    Project = 1,
    /// The arguments are wrong.
    Usage = 2,
    /// A limit of the sandbox was reached, or it denied something.
    Sandbox = 3,
    /// This host is at fault.
    Host = 4,
    /// Ctrl-C.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        let number: u8 = match exit {
            Exit::Done => 0,
            Exit::Project => 1,
            Exit::Usage => 2,
            Exit::Sandbox => 3,
            Exit::Host => 4,
            Exit::Interrupted => 130,
        };
        Self::from(number)
    }
}

impl From<Code> for Exit {
    fn from(code: Code) -> Self {
        match code {
            Code::PreviewBuildFailed
            | Code::MissingDependencies
            | Code::InvalidProjectStructure
            | Code::BaseUnknown
            | Code::DeltaInvalid
            | Code::ModuleNotInBundle
            | Code::NotInMap
            | Code::RequestInvalid
            | Code::PipelineInvalid
            | Code::PipelineBlocked
            | Code::AnswerNotRecorded => Self::Project,
            Code::PreviewTimeout | Code::SandboxLimitExceeded | Code::SandboxDenied => Self::Sandbox,
            Code::HostCanceled => Self::Interrupted,
            _ if code.fault() == Fault::Host => Self::Host,
            _ if code.as_str().starts_with("limit.") => Self::Sandbox,
            _ if code.as_str().starts_with("policy.") => Self::Sandbox,
            // A module that is wrong was installed with this host.
            _ => Self::Host,
        }
    }
}

/// Wrong arguments, or a page of help.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // A closed stdout is no reason to fail.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_ends_with_the_exit_code_of_whose_fault_it_is() {
        for (code, exit) in [
            (Code::PreviewBuildFailed, Exit::Project),
            (Code::MissingDependencies, Exit::Project),
            (Code::InvalidProjectStructure, Exit::Project),
            (Code::BaseUnknown, Exit::Project),
            (Code::DeltaInvalid, Exit::Project),
            (Code::PreviewTimeout, Exit::Sandbox),
            (Code::SandboxLimitExceeded, Exit::Sandbox),
            (Code::SandboxDenied, Exit::Sandbox),
            (Code::LimitFuel, Exit::Sandbox),
            (Code::PolicyInvalid, Exit::Sandbox),
            (Code::PolicyDegradedLayer2, Exit::Host),
            (Code::HostStorage, Exit::Host),
            (Code::ModuleInvalid, Exit::Host),
            (Code::HostCanceled, Exit::Interrupted),
        ] {
            assert_eq!(Exit::from(code), exit, "{code}");
        }
    }
}
