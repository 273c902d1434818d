//! Mirror of `wit/progress.wit`.

use serde::{Deserialize, Serialize};
#[cfg(feature = "component")]
use wasmtime::component::{ComponentType, Lift, Lower};

/// `progress.stage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(enum))]
#[repr(u8)]
pub enum Stage {
    /// Finding and transforming modules.
    #[cfg_attr(feature = "component", component(name = "bundling"))]
    Bundling,
    /// Writing artifacts.
    #[cfg_attr(feature = "component", component(name = "packaging"))]
    Packaging,
}
