//! Mirror of `wit/progress.wit`.

use serde::{Deserialize, Serialize};

/// `progress.stage`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Finding and transforming modules.
    Bundling,
    /// Writing artifacts.
    Packaging,
}
