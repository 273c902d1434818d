//! Why a tree cannot be packed.

use std::io;

use hivesync_types::Code;

use crate::layout::{ENTRIES_MAX, FILE_BYTES_MAX};
use crate::path::PATH_BYTES_MAX;

/// A tree that cannot become an image. Paths are relative to the tree and escaped.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The project is no folder.
    #[error("{path} is not a folder")]
    NotADirectory {
        /// As it was given.
        path: String,
    },
    /// A file or folder cannot be read.
    #[error("{path} cannot be read: {reason}", reason = source.kind())]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A name is not UTF-8, or has a backslash or a control character.
    #[error(
        "{path} has a name that cannot be imported: it is not UTF-8, or has a backslash or a control character"
    )]
    BadName {
        /// Which, with the odd bytes escaped.
        path: String,
    },
    /// A path is too long.
    #[error("{path}… is longer than {PATH_BYTES_MAX} bytes")]
    PathTooLong {
        /// Its beginning.
        path: String,
    },
    /// A pipe, socket or device has a name that could be imported.
    #[error("{path} is a {kind} and no file")]
    SpecialFile {
        /// Which.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// A link leads out of the tree.
    #[error("{path} is a link to {target}, which is outside of the project")]
    LinkOutside {
        /// Which.
        path: String,
        /// Its text.
        target: String,
    },
    /// A file is too large.
    #[error("{path} has {bytes} bytes; the most is {FILE_BYTES_MAX}")]
    FileTooLarge {
        /// Which.
        path: String,
        /// How large.
        bytes: u64,
    },
    /// There are too many files.
    #[error("the project has more than {ENTRIES_MAX} files that could be imported")]
    TooManyFiles,
    /// The files together are too large.
    #[error("the {layer} have {bytes} bytes together; the most is {limit}")]
    TooLarge {
        /// `packages` or `sources`.
        layer: &'static str,
        /// How large.
        bytes: u64,
        /// How large they may be.
        limit: u64,
    },
    /// A file was not the same when it was read as when it was listed.
    #[error("{path} changed while it was read")]
    Changed {
        /// Which.
        path: String,
    },
    /// The image cannot be written: a full disk, a cache that is no folder.
    #[error("the project image cannot be written: {reason}", reason = source.kind())]
    Write {
        /// Why.
        source: io::Error,
    },
    /// Whoever asked has withdrawn.
    #[error("packing was canceled")]
    Canceled,
}

impl PackError {
    /// The stable code.
    pub const fn code(&self) -> Code {
        match self {
            Self::NotADirectory { .. }
            | Self::Unreadable { .. }
            | Self::BadName { .. }
            | Self::PathTooLong { .. }
            | Self::SpecialFile { .. }
            | Self::LinkOutside { .. }
            | Self::Changed { .. } => Code::InvalidProjectStructure,
            Self::FileTooLarge { .. } | Self::TooManyFiles | Self::TooLarge { .. } => {
                Code::SandboxLimitExceeded
            }
            Self::Write { .. } => Code::HostStorage,
            Self::Canceled => Code::HostCanceled,
        }
    }

    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NotADirectory { .. } => "Name the folder that holds the project's package.json.",
            Self::Unreadable { .. } => "Give yourself read permission for it, or remove it.",
            Self::BadName { .. } => "Rename it with UTF-8 letters, or move it out of the project.",
            Self::PathTooLong { .. } => "Nest it less deeply, or move it out of the project.",
            Self::SpecialFile { .. } => "Remove it, or move it out of the project.",
            Self::LinkOutside { .. } => {
                "Replace the link by what it leads to, or build from a folder that contains both, such as the workspace root."
            }
            Self::FileTooLarge { .. } | Self::TooLarge { .. } => {
                "Remove it from the project, or load it at run time instead of bundling it."
            }
            Self::TooManyFiles => "Build from the app's own folder, and move generated files out of it.",
            Self::Changed { .. } => "Build again when nothing is writing into the project.",
            Self::Write { .. } => {
                "Make room on the disk of the cache folder, and see that you may write there."
            }
            Self::Canceled => "Start the build again.",
        }
    }
}

/// A path for a message: printable, and at most 200 characters.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let escaped: String = match std::str::from_utf8(bytes) {
        Ok(text) => text
            .chars()
            .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
            .collect(),
        Err(_) => bytes.escape_ascii().to_string(),
    };
    escaped.chars().take(200).collect()
}
