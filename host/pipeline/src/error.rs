//! Why there is no preview.

use std::io;

use hivesync_image::pack::PackError;
use hivesync_protocol::wit::types::Diagnostic;
use hivesync_types::{Code, Digest};

use crate::signing::KeyError;

/// Why there is no preview. Every variant has one stable code; texts of the project
/// and of guests in here are already escaped.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The project is no folder.
    #[error("{path} is not a folder")]
    NotADirectory {
        /// As it was given.
        path: String,
    },
    /// There is no `package.json`.
    #[error("{path} has no package.json")]
    NoManifest {
        /// The folder.
        path: String,
    },
    /// `package.json` is not a JSON object.
    #[error("package.json is not a JSON object")]
    BadManifest,
    /// A file of the project cannot be read by the host.
    #[error("{path} cannot be read: {reason}", reason = source.kind())]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A folder, pipe or device where a file should be.
    #[error("{path} is not a file")]
    NotAFile {
        /// Which.
        path: String,
    },
    /// A file that the host reads is too large.
    #[error("{path} has {bytes} bytes; the most is {limit}")]
    FileTooLarge {
        /// Which.
        path: String,
        /// How large.
        bytes: u64,
        /// How large it may be.
        limit: u64,
    },
    /// The image that changes are for is not kept.
    #[error("the project image {base} is not kept here")]
    BaseUnknown {
        /// Its digest.
        base: Digest,
    },
    /// A change cannot be made.
    #[error("{path} cannot be changed: it is {reason}")]
    Delta {
        /// Which file, escaped.
        path: String,
        /// Why.
        reason: String,
    },
    /// The tree cannot be packed.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// Packages are missing and may not, or cannot, be restored.
    #[error("{reason}")]
    Packages {
        /// Why.
        reason: String,
        /// What to do.
        hint: &'static str,
    },
    /// The package manager failed.
    #[error("npm could not restore the packages ({status})")]
    Npm {
        /// How it ended.
        status: String,
        /// The end of what it said, escaped.
        tail: String,
    },
    /// The package manager took too long.
    #[error("npm did not restore the packages within {seconds} s")]
    NpmTimeout {
        /// Its deadline.
        seconds: u64,
    },
    /// The sandboxed step ended without a bundle.
    #[error(transparent)]
    Step(#[from] hivesync_sandbox::Error),
    /// The policy is wrong, or does not allow the step.
    #[error("{message}")]
    Policy {
        /// `policy.…`
        code: Code,
        /// What is wrong, with the key and the line.
        message: String,
    },
    /// The guest made an artifact under a name that is the host's.
    #[error("the bundler wrote {name}, which only the host may")]
    ReservedName {
        /// The name.
        name: String,
    },
    /// The step succeeded without a bundle.
    #[error("the bundler ended without main.jsbundle")]
    NoBundle,
    /// The map does not have what was asked about.
    #[error("the map does not have what was asked about")]
    NotInMap {
        /// What is missing, in the module's words.
        diagnostics: Vec<Diagnostic>,
    },
    /// The signing key cannot be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A part of the installation is missing.
    #[error("{path} cannot be read: {reason}", reason = source.kind())]
    Installation {
        /// Which file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The output or the cache cannot be written.
    #[error("{path} cannot be written: {reason}", reason = source.kind())]
    Write {
        /// Which file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A task of the host ended early.
    #[error("a task of the host ended early")]
    TaskLost,
}

impl BuildError {
    /// The stable code a user of previews knows.
    pub fn code(&self) -> Code {
        match self {
            Self::NotADirectory { .. }
            | Self::NoManifest { .. }
            | Self::BadManifest
            | Self::Unreadable { .. }
            | Self::NotAFile { .. } => Code::InvalidProjectStructure,
            Self::FileTooLarge { .. } => Code::SandboxLimitExceeded,
            Self::BaseUnknown { .. } => Code::BaseUnknown,
            Self::Delta { .. } => Code::DeltaInvalid,
            Self::Pack(error) => error.code(),
            Self::Packages { .. } | Self::Npm { .. } => Code::MissingDependencies,
            Self::NpmTimeout { .. } => Code::PreviewTimeout,
            Self::Step(error) => preview_code(error.code()),
            Self::Policy { code, .. } => *code,
            Self::ReservedName { .. } => Code::SandboxDenied,
            Self::NotInMap { .. } => Code::NotInMap,
            Self::NoBundle => Code::PreviewBuildFailed,
            Self::Key(_) | Self::Installation { .. } | Self::Write { .. } => Code::HostStorage,
            Self::TaskLost => Code::HostInternal,
        }
    }

    /// The sandbox's own code, where the step ended with one: it says which limit.
    pub fn cause(&self) -> Option<Code> {
        match self {
            Self::Step(error) => Some(error.code()).filter(|cause| *cause != self.code()),
            _ => None,
        }
    }

    /// Counters and their limits, the end of npm's output, a panic's message.
    pub fn evidence(&self) -> String {
        match self {
            Self::Step(error) => error.evidence(),
            Self::Npm { tail, .. } => tail.clone(),
            _ => String::new(),
        }
    }

    /// What the bundler found, with places and code frames.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Step(error) => error.diagnostics(),
            Self::NotInMap { diagnostics } => diagnostics,
            _ => &[],
        }
    }

    /// What to do about it, where one sentence can say.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotADirectory { .. } | Self::NoManifest { .. } => {
                "Name the folder that holds the project's package.json."
            }
            Self::BadManifest => "Correct package.json; `npm pkg get name` says whether it can be read.",
            Self::Unreadable { .. } => "Make it a readable file inside the project, or remove it.",
            Self::NotAFile { .. } => "Replace it by a regular file, or remove it.",
            Self::FileTooLarge { .. } => "Make it smaller, or move it out of the project.",
            Self::BaseUnknown { .. } => "Build the whole project once, then send changes to its new image.",
            Self::Delta { .. } => "Name files as they stand in the project, or build the whole project once.",
            Self::Pack(error) => error.hint(),
            Self::Packages { hint, .. } => hint,
            Self::Npm { .. } => {
                "Run `npm install` in the project and correct what it names; then build again."
            }
            Self::NpmTimeout { .. } => {
                "Run `npm install` in the project, or give it longer with --restore-timeout."
            }
            Self::Step(error) => return step_hint(error.code()),
            Self::Policy { .. } => "Run `hivesync policy lint` on the policy.",
            Self::ReservedName { .. } | Self::NoBundle => {
                "This is a fault of the bundler module: reinstall it, and report it."
            }
            Self::NotInMap { .. } => "Look at the ids and selectors of the map itself.",
            Self::Key(_) => return None,
            Self::Installation { .. } => {
                "Build the parts with `cargo xtask build`, or name their folder in HIVESYNC_HOME."
            }
            Self::Write { .. } => "Make room on the disk, and see that you may write there.",
            Self::TaskLost => return None,
        })
    }
}

/// What a user of previews is told for a code of the sandbox.
fn preview_code(code: Code) -> Code {
    let class = code.as_str().split('.').next().unwrap_or_default();
    match (code, class) {
        (Code::LimitWall, _) => Code::PreviewTimeout,
        (_, "limit") => Code::SandboxLimitExceeded,
        (_, "policy") | (Code::WitImportNotGranted, _) => Code::SandboxDenied,
        (_, "guest") => Code::PreviewBuildFailed,
        _ => code,
    }
}

fn step_hint(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::LimitWall | Code::LimitCpu | Code::LimitFuel => {
            "Build again when the machine is less busy; if it stays, the project is larger than one preview may be."
        }
        Code::LimitMemory | Code::LimitTables | Code::LimitStack => {
            "Look for one very large or deeply nested source, such as generated data, and load it at run time instead."
        }
        Code::LimitArtifacts | Code::LimitArtifactBytes => "Bundle fewer or smaller assets.",
        Code::GuestTrap | Code::GuestPanic | Code::GuestBadValue => {
            "This is a fault of the bundler and not of your project: report it with the evidence."
        }
        Code::PolicyDegradedLayer2 => "Run on a kernel with user namespaces, Landlock and seccomp.",
        Code::HostRunnerLost | Code::HostOverloaded | Code::CompileCrashed => "Build again.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_sandbox_become_codes_of_previews_and_keep_their_cause() {
        for (inner, outer) in [
            (Code::LimitWall, Code::PreviewTimeout),
            (Code::LimitFuel, Code::SandboxLimitExceeded),
            (Code::LimitArtifactBytes, Code::SandboxLimitExceeded),
            (Code::PolicyDenied, Code::SandboxDenied),
            (Code::WitImportNotGranted, Code::SandboxDenied),
            (Code::GuestPanic, Code::PreviewBuildFailed),
            (Code::MissingDependencies, Code::MissingDependencies),
            (Code::HostRunnerLost, Code::HostRunnerLost),
        ] {
            let error =
                BuildError::Step(hivesync_sandbox::Error::Denied { code: inner, evidence: String::new() });
            assert_eq!(error.code(), outer);
            assert_eq!(error.cause(), (inner != outer).then_some(inner));
        }
    }
}
