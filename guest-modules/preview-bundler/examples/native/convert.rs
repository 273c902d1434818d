//! The same records as the two guests' bindings name them. In the sandbox the host does this.

use preview_bundler::wire as ours;
use preview_bundler::{Diagnostic, Job, Piece, Platform, Severity};
use transform::api as theirs;

fn platform(platform: Platform) -> transform::Platform {
    match platform {
        Platform::Ios => transform::Platform::Ios,
        Platform::Android => transform::Platform::Android,
        Platform::Web => transform::Platform::Web,
    }
}

pub(crate) fn options(options: &ours::TransformOptions) -> theirs::TransformOptions {
    theirs::TransformOptions {
        platform: platform(options.platform),
        dev: options.dev,
        minify: options.minify,
        flavour: match options.flavour {
            ours::Flavour::ReactNative => theirs::Flavour::ReactNative,
            ours::Flavour::Expo => theirs::Flavour::Expo,
            ours::Flavour::Web => theirs::Flavour::Web,
        },
        inline_requires: options.inline_requires,
        asset_registry: options.asset_registry.clone(),
        env: options.env.clone(),
        jsx_import_source: options.jsx_import_source.clone(),
        engine: match options.engine {
            ours::Engine::HermesV1 => theirs::Engine::HermesV1,
            ours::Engine::HermesV0 => theirs::Engine::HermesV0,
        },
        worklets: options.worklets.clone(),
        decorators: options.decorators.map(|convention| match convention {
            ours::Decorators::Legacy => theirs::Decorators::Legacy,
            ours::Decorators::Typescript => theirs::Decorators::Typescript,
            ours::Decorators::Standard => theirs::Decorators::Standard,
        }),
    }
}

fn kind(kind: ours::SourceKind) -> theirs::SourceKind {
    match kind {
        ours::SourceKind::Script => theirs::SourceKind::Script,
        ours::SourceKind::Typescript => theirs::SourceKind::Typescript,
        ours::SourceKind::Tsx => theirs::SourceKind::Tsx,
        ours::SourceKind::Json => theirs::SourceKind::Json,
        ours::SourceKind::Css => theirs::SourceKind::Css,
        ours::SourceKind::Asset => theirs::SourceKind::Asset,
        ours::SourceKind::Polyfill => theirs::SourceKind::Polyfill,
    }
}

pub(crate) fn input(job: &Job, sources: Vec<Vec<u8>>) -> theirs::TransformInput {
    let asset = job.asset.as_ref().map(|asset| theirs::AssetInfo {
        http_location: asset.http_location.clone(),
        name: asset.name.clone(),
        extension: asset.extension.clone(),
        files: asset
            .files
            .iter()
            .map(|file| theirs::AssetFile { scale_milli: file.scale_milli, path: file.path.clone() })
            .collect(),
    });
    theirs::TransformInput {
        path: job.path.clone(),
        kind: kind(job.kind),
        sources,
        asset,
        in_package: job.in_package,
    }
}

pub(crate) fn dependency(found: theirs::Dependency) -> ours::Dependency {
    ours::Dependency {
        specifier: found.specifier,
        kind: match found.kind {
            theirs::DependencyKind::Require => ours::DependencyKind::Require,
            theirs::DependencyKind::Import => ours::DependencyKind::Import,
            theirs::DependencyKind::DynamicImport => ours::DependencyKind::DynamicImport,
            theirs::DependencyKind::Weak => ours::DependencyKind::Weak,
        },
        optional: found.optional,
        line: found.line,
        column: found.column,
        context: found.context.map(|context| ours::ContextRequest {
            directory: context.directory,
            recursive: context.recursive,
            pattern: context.pattern,
            flags: context.flags,
            mode: context.mode,
        }),
    }
}

pub(crate) fn diagnostic(found: transform::Diagnostic) -> Diagnostic {
    Diagnostic {
        severity: match found.severity {
            transform::Severity::Error => Severity::Error,
            transform::Severity::Warning => Severity::Warning,
            transform::Severity::Note => Severity::Note,
        },
        code: found.code,
        message: found.message,
        path: found.path,
        line: found.line,
        column: found.column,
        frame: found.frame,
        hint: found.hint,
    }
}

pub(crate) fn piece(piece: transform::Piece) -> Piece {
    match piece {
        transform::Piece::Text(text) => Piece::Text(text),
        transform::Piece::Blob(blob) => Piece::Blob(blob),
        transform::Piece::File(path) => Piece::File(path),
    }
}

fn module(module: &ours::LinkedModule) -> theirs::LinkedModule {
    theirs::LinkedModule {
        path: module.path.clone(),
        id: module.id,
        code: module.code,
        code_lines: module.code_lines,
        map: module.map,
        dependencies: module.dependencies.clone(),
    }
}

pub(crate) fn graph(graph: &ours::BundleGraph) -> theirs::BundleGraph {
    theirs::BundleGraph {
        name: graph.name.clone(),
        dev: graph.dev,
        prelude: graph.prelude.clone(),
        scripts: graph.scripts.iter().map(module).collect(),
        modules: graph.modules.iter().map(module).collect(),
        elsewhere: graph.elsewhere.clone(),
        run: graph.run.clone(),
    }
}
