//! Why an upload was refused.

use hivesync_types::Code;

/// A refusal of a whole upload. Paths are shown escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourcesError {
    /// The bytes are no archive, or one that contradicts itself.
    #[error("the archive cannot be read: {0}")]
    Malformed(String),
    /// A name that is not accepted.
    #[error("{path:?} {why}")]
    Path {
        /// The name.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A link, a device, a pipe.
    #[error("{path:?} is a link or a special file")]
    Link {
        /// Its name.
        path: String,
    },
    /// More files than a project may have.
    #[error("there are more than {0} files")]
    TooMany(usize),
    /// One file that is too large.
    #[error("{path:?} has more than {bytes_max} bytes")]
    FileTooLarge {
        /// Its name.
        path: String,
        /// What one file may have.
        bytes_max: u64,
    },
    /// Together they are too large.
    #[error("the files have more than {0} bytes together")]
    TooLarge(u64),
    /// The files cannot be written.
    #[error("the files cannot be written: {0}")]
    Write(std::io::ErrorKind),
}

impl SourcesError {
    /// The stable code.
    pub const fn code(&self) -> Code {
        match self {
            Self::Malformed(_) => Code::UploadMalformed,
            Self::Path { .. } => Code::UploadUnsafePath,
            Self::Link { .. } => Code::UploadLink,
            Self::TooMany(_) | Self::FileTooLarge { .. } | Self::TooLarge(_) => Code::UploadTooLarge,
            Self::Write(_) => Code::HostStorage,
        }
    }

    /// The file that is at fault, where one is.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Path { path, .. } | Self::Link { path } | Self::FileTooLarge { path, .. } => Some(path),
            _ => None,
        }
    }
}
