//! Mirror of `wit/mapper.wit`.

use serde::{Deserialize, Serialize};

use super::modules::{AssetInfo, Dependency, SourceKind};
use super::types::{Blob, Diagnostic};

/// `mapper.job`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Path in the image.
    pub path: String,
    /// What it is.
    pub kind: SourceKind,
    /// For an asset.
    pub asset: Option<AssetInfo>,
    /// Belongs to an installed package.
    pub in_package: bool,
    /// The source of a `virtual:` module.
    pub text: Option<String>,
}

/// `mapper.transformed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transformed {
    /// The code, kept by the host.
    pub code: Blob,
    /// Its bytes.
    pub code_bytes: u32,
    /// Its line breaks.
    pub code_lines: u32,
    /// Its map.
    pub map: Blob,
    /// Edges.
    pub dependencies: Vec<Dependency>,
    /// An ES module.
    pub is_esm: bool,
    /// Warnings.
    pub diagnostics: Vec<Diagnostic>,
}
