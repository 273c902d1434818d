//! Transforms files natively: one to look at its code, many to count errors and time.
//!
//! `transform_file [--prod] [--minify] [--web|--android] [--expo|--plain] [--eager] [--worklets] [--v0] [--decorators=CONVENTION] [--map] [--json] FILE…`;
//! `-` reads the names of the files from standard input.

use std::io::{BufRead, Write};
use std::time::Instant;

use transform::api::{
    Decorators, Engine, Flavour, SourceKind, TransformInput, TransformOptions, TransformOutput,
};
use transform::{Diagnostic, Platform};

struct Arguments {
    options: TransformOptions,
    map: bool,
    json: bool,
    files: Vec<String>,
}

fn main() -> std::io::Result<()> {
    let arguments = read_arguments()?;
    let many = arguments.files.len() > 1;
    let (mut bytes, mut made, mut failed) = (0, 0, 0);
    let mut out = std::io::stdout().lock();
    let start = Instant::now();
    for path in &arguments.files {
        let source = std::fs::read(path)?;
        bytes += source.len();
        match transform::transform(&input(path, source), &arguments.options) {
            Ok(output) if arguments.json => writeln!(out, "{}", as_json(path, &output))?,
            Ok(output) if !many => show(&output, arguments.map, &mut out)?,
            Ok(output) => made += output.code.len(),
            Err(diagnostics) => {
                failed += 1;
                complain(&diagnostics);
            }
        }
    }
    if many && !arguments.json {
        let count = arguments.files.len();
        let time = start.elapsed().as_millis();
        writeln!(out, "{count} files, {failed} failed, {bytes} bytes in, {made} bytes out, {time} ms")?;
    }
    Ok(())
}

fn read_arguments() -> std::io::Result<Arguments> {
    let mut arguments = Arguments { options: default_options(), map: false, json: false, files: Vec::new() };
    for argument in std::env::args().skip(1) {
        let options = &mut arguments.options;
        match argument.as_str() {
            "--prod" => options.dev = false,
            "--minify" => options.minify = true,
            "--web" => options.platform = Platform::Web,
            "--android" => options.platform = Platform::Android,
            "--expo" => (options.flavour, options.inline_requires) = (Flavour::Expo, false),
            "--plain" => (options.flavour, options.inline_requires) = (Flavour::Web, false),
            "--worklets" => options.worklets = Some("0.0.0".to_owned()),
            "--v0" => options.engine = Engine::HermesV0,
            "--decorators=legacy" => options.decorators = Some(Decorators::Legacy),
            "--decorators=typescript" => options.decorators = Some(Decorators::Typescript),
            "--decorators=standard" => options.decorators = Some(Decorators::Standard),
            "--eager" => options.inline_requires = false,
            "--map" => arguments.map = true,
            "--json" => arguments.json = true,
            "-" => {
                for line in std::io::stdin().lock().lines() {
                    arguments.files.push(line?);
                }
            }
            file => arguments.files.push(file.to_owned()),
        }
    }
    Ok(arguments)
}

fn default_options() -> TransformOptions {
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

fn input(path: &str, source: Vec<u8>) -> TransformInput {
    let kind = match path.rsplit('.').next() {
        Some("ts" | "mts" | "cts") => SourceKind::Typescript,
        Some("tsx") => SourceKind::Tsx,
        Some("json") => SourceKind::Json,
        Some("css" | "scss") => SourceKind::Css,
        _ => SourceKind::Script,
    };
    let in_package = path.contains("node_modules/");
    TransformInput { path: path.to_owned(), kind, sources: vec![source], asset: None, in_package }
}

fn show(output: &TransformOutput, map: bool, out: &mut impl Write) -> std::io::Result<()> {
    out.write_all(if map { &output.map } else { &output.code })?;
    writeln!(out)?;
    for (index, dependency) in output.dependencies.iter().enumerate() {
        eprintln!(
            "{index}: {} ({:?}{}) {}:{}",
            dependency.specifier,
            dependency.kind,
            if dependency.optional { ", optional" } else { "" },
            dependency.line,
            dependency.column
        );
    }
    complain(&output.diagnostics);
    Ok(())
}

/// What the comparison with Babel reads.
fn as_json(path: &str, output: &TransformOutput) -> serde_json::Value {
    let dependencies: Vec<_> =
        output.dependencies.iter().map(|dependency| dependency.specifier.clone()).collect();
    serde_json::json!({
        "path": path,
        "code": String::from_utf8_lossy(&output.code),
        "dependencies": dependencies,
    })
}

fn complain(diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        let path = diagnostic.path.as_deref().unwrap_or_default();
        let (line, column) = (diagnostic.line, diagnostic.column);
        eprintln!("{path}:{line}:{column}: {}: {}", diagnostic.code, diagnostic.message);
        if let Some(frame) = &diagnostic.frame {
            eprintln!("{frame}");
        }
    }
}
