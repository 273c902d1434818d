//! Why something could not be kept or read.

use hivesync_types::Code;

use crate::objects::ObjectKey;

/// A failure of the store. Its text is for the host's log.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StorageError {
    /// The database said no.
    #[error("the database failed while {what}: {detail}")]
    Database {
        /// What was tried.
        what: &'static str,
        /// What the database says.
        detail: String,
    },
    /// What the database holds is not what we write.
    #[error("the database holds something that makes no sense: {0}")]
    Nonsense(&'static str),
    /// A number does not fit into the database.
    #[error("{0} is too large to be kept")]
    TooLarge(&'static str),
    /// The object store said no.
    #[error("the object store failed while {what}: {detail}")]
    Objects {
        /// What was tried.
        what: &'static str,
        /// What it says.
        detail: String,
    },
    /// The object store gave no answer, or said that it cannot answer now.
    #[error("the object store is away while {what}: {detail}")]
    ObjectsAway {
        /// What was tried.
        what: &'static str,
        /// What went wrong.
        detail: String,
    },
    /// The bytes are not those that were announced.
    #[error("the bytes of {0} are not those of its digest")]
    Checksum(ObjectKey),
    /// The name belongs to other bytes, and an object of this kind never changes.
    #[error("{0} is stored with other bytes")]
    Taken(ObjectKey),
    /// Redis said no, or nothing.
    #[error("Redis failed while {what}: {detail}")]
    Redis {
        /// What was tried.
        what: &'static str,
        /// What went wrong.
        detail: String,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl StorageError {
    /// The stable code.
    pub const fn code(&self) -> Code {
        match self {
            Self::Database { .. } | Self::Redis { .. } | Self::Closed => Code::HostStorage,
            Self::Objects { .. } | Self::ObjectsAway { .. } | Self::Checksum(_) | Self::Taken(_) => {
                Code::StorageUploadFailed
            }
            Self::Nonsense(_) | Self::TooLarge(_) => Code::HostInternal,
        }
    }

    /// Whether the object store may well answer the same request a little later.
    pub const fn is_away(&self) -> bool {
        matches!(self, Self::ObjectsAway { .. })
    }

    pub(crate) fn objects(what: &'static str, error: &dyn std::error::Error) -> Self {
        Self::Objects { what, detail: error.to_string() }
    }

    pub(crate) fn database(what: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |error| Self::Database { what, detail: error.to_string() }
    }
}
