//! Mirror of `wit/types.wit`.

use serde::{Deserialize, Serialize};
#[cfg(feature = "component")]
use wasmtime::component::{ComponentType, Lift, Lower};

/// `types.platform`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(enum))]
#[repr(u8)]
pub enum Platform {
    /// iOS and iPadOS.
    #[cfg_attr(feature = "component", component(name = "ios"))]
    Ios,
    /// Android.
    #[cfg_attr(feature = "component", component(name = "android"))]
    Android,
    /// A browser.
    #[cfg_attr(feature = "component", component(name = "web"))]
    Web,
}

/// `types.severity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(enum))]
#[repr(u8)]
pub enum Severity {
    /// Keeps a bundle from being made.
    #[cfg_attr(feature = "component", component(name = "error"))]
    Error,
    /// Worth knowing.
    #[cfg_attr(feature = "component", component(name = "warning"))]
    Warning,
    /// Said once, for completeness.
    #[cfg_attr(feature = "component", component(name = "note"))]
    Note,
}

/// `types.diagnostic`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct Diagnostic {
    /// How serious it is.
    pub severity: Severity,
    /// A stable code of the guest.
    pub code: String,
    /// One plain sentence.
    pub message: String,
    /// A project path.
    pub path: Option<String>,
    /// One-based; 0 when unknown.
    pub line: u32,
    /// One-based, UTF-16; 0 when unknown.
    pub column: u32,
    /// The lines around the place.
    pub frame: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// `types.blob`.
pub type Blob = u32;

/// `types.piece`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(variant))]
pub enum Piece {
    /// Characters.
    #[cfg_attr(feature = "component", component(name = "text"))]
    Text(String),
    /// Bytes the host holds.
    #[cfg_attr(feature = "component", component(name = "blob"))]
    Blob(Blob),
    /// A file of the project image.
    #[cfg_attr(feature = "component", component(name = "file"))]
    File(String),
}
