//! Mirror of `wit/bundler.wit`.

use serde::{Deserialize, Serialize};
#[cfg(feature = "component")]
use wasmtime::component::{ComponentType, Lift, Lower};

use super::modules::Flavour;
use super::types::{Diagnostic, Platform};

/// `bundler.request`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct Request {
    /// Target.
    pub platform: Platform,
    /// Development.
    pub dev: bool,
    /// Shrink.
    pub minify: bool,
    /// Folder of the app within the image.
    pub app: String,
    /// Entry file.
    pub entry: Option<String>,
    /// Declared by the project.
    pub env: Vec<(String, String)>,
}

/// `bundler.module-report`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct ModuleReport {
    /// Path in the image, or `virtual:`.
    pub path: String,
    /// Module id.
    pub id: u32,
    /// Bytes of code.
    pub bytes: u32,
    /// Ids it asks for.
    pub dependencies: Vec<u32>,
}

/// `bundler.report`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct Report {
    /// Conventions.
    pub flavour: Flavour,
    /// Entry file.
    pub entry: String,
    /// Modules.
    pub modules: Vec<ModuleReport>,
    /// Warnings and notes.
    pub diagnostics: Vec<Diagnostic>,
}

/// `bundler.failure`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(variant))]
pub enum Failure {
    /// Not a project.
    #[cfg_attr(feature = "component", component(name = "invalid-project"))]
    InvalidProject(Vec<Diagnostic>),
    /// Modules that cannot be found.
    #[cfg_attr(feature = "component", component(name = "missing-dependencies"))]
    MissingDependencies(Vec<Diagnostic>),
    /// Everything else.
    #[cfg_attr(feature = "component", component(name = "build-failed"))]
    BuildFailed(Vec<Diagnostic>),
}
