//! Mirror of `wit/types.wit`.

use serde::{Deserialize, Serialize};

/// `types.platform`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Platform {
    /// iOS and iPadOS.
    Ios,
    /// Android.
    Android,
    /// A browser.
    Web,
}

/// `types.severity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Severity {
    /// Keeps a bundle from being made.
    Error,
    /// Worth knowing.
    Warning,
    /// Said once, for completeness.
    Note,
}

/// `types.diagnostic`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
pub enum Piece {
    /// Characters.
    Text(String),
    /// Bytes the host holds.
    Blob(Blob),
    /// A file of the project image.
    File(String),
}
