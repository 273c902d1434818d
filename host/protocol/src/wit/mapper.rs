//! Mirror of `wit/mapper.wit`.

use serde::{Deserialize, Serialize};
#[cfg(feature = "component")]
use wasmtime::component::{ComponentType, Lift, Lower};

use super::modules::{AssetInfo, Dependency, SourceKind};
use super::types::{Blob, Diagnostic};

/// `mapper.job`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct Job {
    /// Path in the image.
    pub path: String,
    /// What it is.
    pub kind: SourceKind,
    /// For an asset.
    pub asset: Option<AssetInfo>,
    /// Belongs to an installed package.
    #[cfg_attr(feature = "component", component(name = "in-package"))]
    pub in_package: bool,
    /// The source of a `virtual:` module.
    pub text: Option<String>,
}

/// `mapper.transformed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct Transformed {
    /// The code, kept by the host.
    pub code: Blob,
    /// Its bytes.
    #[cfg_attr(feature = "component", component(name = "code-bytes"))]
    pub code_bytes: u32,
    /// Its line breaks.
    #[cfg_attr(feature = "component", component(name = "code-lines"))]
    pub code_lines: u32,
    /// Its map.
    pub map: Blob,
    /// Edges.
    pub dependencies: Vec<Dependency>,
    /// An ES module.
    #[cfg_attr(feature = "component", component(name = "is-esm"))]
    pub is_esm: bool,
    /// Warnings.
    pub diagnostics: Vec<Diagnostic>,
}
