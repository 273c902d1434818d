//! Mirror of `wit/log.wit`.

use serde::{Deserialize, Serialize};

/// `log.level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// For the module's author.
    Debug,
    /// What happened.
    Info,
    /// What may surprise.
    Warn,
    /// What went wrong.
    Error,
}
