//! Mirror of `wit/log.wit`.

use serde::{Deserialize, Serialize};
#[cfg(feature = "component")]
use wasmtime::component::{ComponentType, Lift, Lower};

/// `log.level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(enum))]
#[repr(u8)]
pub enum Level {
    /// For the module's author.
    #[cfg_attr(feature = "component", component(name = "debug"))]
    Debug,
    /// What happened.
    #[cfg_attr(feature = "component", component(name = "info"))]
    Info,
    /// What may surprise.
    #[cfg_attr(feature = "component", component(name = "warn"))]
    Warn,
    /// What went wrong.
    #[cfg_attr(feature = "component", component(name = "error"))]
    Error,
}
