//! Mirror of `wit/module-types.wit`, whose values `wit/modules.wit` exchanges.

use serde::{Deserialize, Serialize};
#[cfg(feature = "component")]
use wasmtime::component::{ComponentType, Lift, Lower};

use super::types::{Blob, Diagnostic, Piece, Platform};

/// `modules.transform-options`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct TransformOptions {
    /// Target.
    pub platform: Platform,
    /// Development.
    pub dev: bool,
    /// Shrink.
    pub minify: bool,
    /// Conventions.
    pub flavour: Flavour,
    /// Imports are evaluated at first use.
    #[cfg_attr(feature = "component", component(name = "inline-requires"))]
    pub inline_requires: bool,
    /// The module that registers assets.
    #[cfg_attr(feature = "component", component(name = "asset-registry"))]
    pub asset_registry: String,
    /// `process.env` values by name.
    pub env: Vec<(String, String)>,
    /// JSX runtime package.
    #[cfg_attr(feature = "component", component(name = "jsx-import-source"))]
    pub jsx_import_source: String,
    /// What runs a native bundle.
    pub engine: Engine,
    /// The version of the installed worklets plugin.
    pub worklets: Option<String>,
    /// How decorators are compiled.
    pub decorators: Option<Decorators>,
}

/// `modules.decorators`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(enum))]
#[repr(u8)]
pub enum Decorators {
    /// Babel's, with `legacy`.
    #[cfg_attr(feature = "component", component(name = "legacy"))]
    Legacy,
    /// TypeScript's, with `experimentalDecorators`.
    #[cfg_attr(feature = "component", component(name = "typescript"))]
    Typescript,
    /// The proposal's.
    #[cfg_attr(feature = "component", component(name = "standard"))]
    Standard,
}

/// `modules.engine`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(enum))]
#[repr(u8)]
pub enum Engine {
    /// Hermes with classes.
    #[cfg_attr(feature = "component", component(name = "hermes-v1"))]
    HermesV1,
    /// Hermes without classes.
    #[cfg_attr(feature = "component", component(name = "hermes-v0"))]
    HermesV0,
}

/// `modules.flavour`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(enum))]
#[repr(u8)]
pub enum Flavour {
    /// React Native's own.
    #[cfg_attr(feature = "component", component(name = "react-native"))]
    ReactNative,
    /// Expo's.
    #[cfg_attr(feature = "component", component(name = "expo"))]
    Expo,
    /// A plain web app.
    #[cfg_attr(feature = "component", component(name = "web"))]
    Web,
}

/// `modules.source-kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(enum))]
#[repr(u8)]
pub enum SourceKind {
    /// JavaScript, Flow, JSX.
    #[cfg_attr(feature = "component", component(name = "script"))]
    Script,
    /// TypeScript.
    #[cfg_attr(feature = "component", component(name = "typescript"))]
    Typescript,
    /// TypeScript with JSX.
    #[cfg_attr(feature = "component", component(name = "tsx"))]
    Tsx,
    /// JSON.
    #[cfg_attr(feature = "component", component(name = "json"))]
    Json,
    /// CSS.
    #[cfg_attr(feature = "component", component(name = "css"))]
    Css,
    /// Shipped as it is.
    #[cfg_attr(feature = "component", component(name = "asset"))]
    Asset,
    /// Runs bare, before the module system.
    #[cfg_attr(feature = "component", component(name = "polyfill"))]
    Polyfill,
}

/// `modules.asset-file`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct AssetFile {
    /// Scale in thousandths.
    #[cfg_attr(feature = "component", component(name = "scale-milli"))]
    pub scale_milli: u32,
    /// Path in the image.
    pub path: String,
}

/// `modules.asset-info`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct AssetInfo {
    /// Where a dev server would serve it.
    #[cfg_attr(feature = "component", component(name = "http-location"))]
    pub http_location: String,
    /// Without scale and extension.
    pub name: String,
    /// Without its dot.
    pub extension: String,
    /// Ascending scale.
    pub files: Vec<AssetFile>,
}

/// `modules.transform-input`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct TransformInput {
    /// Path in the image.
    pub path: String,
    /// What it is.
    pub kind: SourceKind,
    /// The bytes, one a file.
    #[serde(with = "crate::octets::list")]
    pub sources: Vec<Vec<u8>>,
    /// For an asset.
    pub asset: Option<AssetInfo>,
    /// Belongs to an installed package.
    #[cfg_attr(feature = "component", component(name = "in-package"))]
    pub in_package: bool,
}

/// `modules.dependency-kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(enum))]
#[repr(u8)]
pub enum DependencyKind {
    /// `require`.
    #[cfg_attr(feature = "component", component(name = "require"))]
    Require,
    /// `import`.
    #[cfg_attr(feature = "component", component(name = "import"))]
    Import,
    /// `import()`.
    #[cfg_attr(feature = "component", component(name = "dynamic-import"))]
    DynamicImport,
    /// `require.resolveWeak`.
    #[cfg_attr(feature = "component", component(name = "weak"))]
    Weak,
}

/// `modules.context-request`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct ContextRequest {
    /// As written.
    pub directory: String,
    /// Subfolders too.
    pub recursive: bool,
    /// Regular expression.
    pub pattern: String,
    /// Its flags.
    pub flags: String,
    /// `sync`, `eager`, `lazy`, `lazy-once`.
    pub mode: String,
}

/// `modules.dependency`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct Dependency {
    /// As written.
    pub specifier: String,
    /// How it is asked for.
    pub kind: DependencyKind,
    /// May be missing.
    pub optional: bool,
    /// One-based.
    pub line: u32,
    /// One-based.
    pub column: u32,
    /// For `require.context`.
    pub context: Option<ContextRequest>,
}

/// `modules.transform-output`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct TransformOutput {
    /// The wrapped module.
    #[serde(with = "crate::octets")]
    pub code: Vec<u8>,
    /// Its source map.
    #[serde(with = "crate::octets")]
    pub map: Vec<u8>,
    /// Edges.
    pub dependencies: Vec<Dependency>,
    /// An ES module.
    #[cfg_attr(feature = "component", component(name = "is-esm"))]
    pub is_esm: bool,
    /// Warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// `modules.linked-module`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct LinkedModule {
    /// Path in the image, or `virtual:`.
    pub path: String,
    /// Module id.
    pub id: u32,
    /// Its code.
    pub code: Blob,
    /// Line breaks.
    #[cfg_attr(feature = "component", component(name = "code-lines"))]
    pub code_lines: u32,
    /// Its map.
    pub map: Option<Blob>,
    /// Ids by dependency index.
    pub dependencies: Vec<Option<u32>>,
}

/// `modules.bundle-graph`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct BundleGraph {
    /// File name of the bundle.
    pub name: String,
    /// Development.
    pub dev: bool,
    /// First lines.
    pub prelude: String,
    /// Bare scripts.
    pub scripts: Vec<LinkedModule>,
    /// Ascending id.
    pub modules: Vec<LinkedModule>,
    /// Not defined by this file.
    pub elsewhere: Vec<u32>,
    /// Required at the end.
    pub run: Vec<u32>,
}

/// `modules.linked-bundle`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct LinkedBundle {
    /// The bundle.
    pub bundle: Vec<Piece>,
    /// Its indexed source map.
    pub map: Vec<Piece>,
}

/// `modules.program`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct Program {
    /// Path in the image.
    pub path: String,
    /// Specifiers and the programs they lead to.
    pub requires: Vec<(String, u32)>,
}

/// `modules.plugin-options`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct PluginOptions {
    /// The first is the configuration.
    pub programs: Vec<Program>,
    /// Which of them runs the plugins.
    pub compiler: u32,
    /// Target.
    pub platform: Platform,
    /// Development.
    pub dev: bool,
    /// `process.env` by name.
    pub env: Vec<(String, String)>,
    /// Left out.
    pub known: Vec<String>,
}

/// `modules.source-file`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct SourceFile {
    /// Path in the image.
    pub path: String,
    /// What it holds.
    #[serde(with = "crate::octets")]
    pub bytes: Vec<u8>,
}

/// `modules.rewritten`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "component", derive(ComponentType, Lift, Lower), component(record))]
pub struct Rewritten {
    /// What plugins made.
    #[serde(with = "crate::octets")]
    pub code: Vec<u8>,
    /// Its map to the file.
    #[serde(with = "crate::octets")]
    pub map: Vec<u8>,
}
