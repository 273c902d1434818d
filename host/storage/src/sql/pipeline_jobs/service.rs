//! What does the parts of a step, and where it stands.

use std::fmt;
use std::str::FromStr;

use crate::error::StorageError;
use crate::sql::NONSENSE;

/// What does a part of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Measures pictures and makes previews.
    ImageIo,
    /// Describes what they show.
    InfoWorker,
    /// Compares it with rules and the request.
    Comparison,
    /// Decides what follows.
    Supervisor,
}

impl Service {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::ImageIo, Self::InfoWorker, Self::Comparison, Self::Supervisor];

    /// The name used in JSON and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ImageIo => "image_io",
            Self::InfoWorker => "info_worker",
            Self::Comparison => "comparison",
            Self::Supervisor => "supervisor",
        }
    }
}

impl FromStr for Service {
    type Err = StorageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|service| service.as_str() == text).ok_or(NONSENSE)
    }
}

/// Where a service stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceStatus {
    /// Nobody works on it.
    Pending,
    /// Somebody has the lock.
    Running,
    /// It has a result.
    Completed,
    /// It has an error.
    Failed,
    /// A person must look.
    Blocked,
}

impl ServiceStatus {
    const ALL: [Self; 5] = [Self::Pending, Self::Running, Self::Completed, Self::Failed, Self::Blocked];

    /// The name used in JSON and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
        }
    }
}

impl fmt::Display for ServiceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ServiceStatus {
    type Err = StorageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(NONSENSE)
    }
}
