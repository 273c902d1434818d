//! Mirror of `wit/artifacts.wit`.

use serde::{Deserialize, Serialize};

/// `artifacts.write-error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WriteError {
    /// Not a plain relative name.
    BadName,
    /// Written before.
    Duplicate,
    /// A piece this run does not have.
    UnknownPiece,
}
