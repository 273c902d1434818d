//! Mirror of `wit/artifacts.wit`.

use serde::{Deserialize, Serialize};
#[cfg(feature = "component")]
use wasmtime::component::{ComponentType, Lift, Lower};

/// `artifacts.write-error`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(enum))]
#[repr(u8)]
pub enum WriteError {
    /// Not a plain relative name.
    #[cfg_attr(feature = "component", component(name = "bad-name"))]
    BadName,
    /// Written before.
    #[cfg_attr(feature = "component", component(name = "duplicate"))]
    Duplicate,
    /// A piece this run does not have.
    #[cfg_attr(feature = "component", component(name = "unknown-piece"))]
    UnknownPiece,
}
