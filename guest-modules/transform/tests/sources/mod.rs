//! Inputs and answers, without ceremony.

use transform::api::{
    AssetFile, AssetInfo, Dependency, Engine, Flavour, SourceKind, TransformInput, TransformOptions,
};
use transform::{Diagnostic, Platform};

/// A made module with its bytes as text.
#[derive(Debug)]
pub struct Made {
    pub code: String,
    pub map: String,
    pub dependencies: Vec<Dependency>,
    pub is_esm: bool,
    pub diagnostics: Vec<Diagnostic>,
}

impl PartialEq for Made {
    fn eq(&self, other: &Self) -> bool {
        (&self.code, &self.map, self.specifiers()) == (&other.code, &other.map, other.specifiers())
    }
}

impl Made {
    pub fn specifiers(&self) -> Vec<&str> {
        self.dependencies.iter().map(|found| found.specifier.as_str()).collect()
    }
}

pub fn made(input: &TransformInput, options: &TransformOptions) -> Made {
    let output = transform::transform(input, options).unwrap();
    Made {
        code: String::from_utf8(output.code).unwrap(),
        map: String::from_utf8(output.map).unwrap(),
        dependencies: output.dependencies,
        is_esm: output.is_esm,
        diagnostics: output.diagnostics,
    }
}

pub fn failing(input: &TransformInput, options: &TransformOptions) -> Vec<Diagnostic> {
    transform::transform(input, options).unwrap_err()
}

/// Development for React Native.
pub fn options() -> TransformOptions {
    TransformOptions {
        platform: Platform::Ios,
        dev: true,
        minify: false,
        flavour: Flavour::ReactNative,
        inline_requires: true,
        asset_registry: "react-native/asset-registry".to_owned(),
        env: Vec::new(),
        jsx_import_source: "react".to_owned(),
        engine: Engine::HermesV1,
        worklets: None,
        decorators: None,
    }
}

/// Development for a web app.
pub fn web() -> TransformOptions {
    TransformOptions { platform: Platform::Web, flavour: Flavour::Web, inline_requires: false, ..options() }
}

pub fn file(path: &str, kind: SourceKind, text: &str) -> TransformInput {
    TransformInput {
        path: path.to_owned(),
        kind,
        sources: vec![text.as_bytes().to_vec()],
        asset: None,
        in_package: false,
    }
}

pub fn app(path: &str, text: &str) -> TransformInput {
    let kind = if path.ends_with(".ts") { SourceKind::Typescript } else { SourceKind::Script };
    file(path, kind, text)
}

pub fn package(path: &str, text: &str) -> TransformInput {
    TransformInput { in_package: true, ..app(path, text) }
}

/// A picture of 16 × 32 at twice the size, and one at three times.
pub fn asset() -> TransformInput {
    let png = |side: u8| {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend([0, 0, 0, side, 0, 0, 0, side * 2]);
        bytes
    };
    let at = |scale_milli: u32| AssetFile { scale_milli, path: format!("images/bee@{scale_milli}.png") };
    TransformInput {
        path: "images/bee.png".to_owned(),
        kind: SourceKind::Asset,
        sources: vec![png(16), png(24)],
        asset: Some(AssetInfo {
            http_location: "/assets/images".to_owned(),
            name: "bee".to_owned(),
            extension: "png".to_owned(),
            files: vec![at(2000), at(3000)],
        }),
        in_package: false,
    }
}
