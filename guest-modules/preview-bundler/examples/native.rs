//! Bundles a folder with both guests linked natively, without a sandbox: for comparing with
//! Metro while working on the bundler.
//!
//! `cargo run -p preview-bundler --example native -- DIR ios|android|web dev|prod [OUT [APP]]`
//!
//! The bundle goes to standard output; with OUT every artifact goes into that folder, and the
//! list of modules into `modules.txt` beside them. APP is the app's folder in a workspace.

#[path = "native/convert.rs"]
mod convert;
#[path = "native/folder.rs"]
mod folder;

use std::io::Write;
use std::path::{Path, PathBuf};

use preview_bundler::api::{Failure, Request};
use preview_bundler::{Diagnostic, Platform, Severity, bundle};

use folder::Folder;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(directory), Some(platform), Some(mode)) =
        (arguments.first(), arguments.get(1), arguments.get(2))
    else {
        eprintln!("usage: native DIR ios|android|web dev|prod [OUT [APP]]");
        std::process::exit(2);
    };
    let platform = match platform.as_str() {
        "ios" => Platform::Ios,
        "android" => Platform::Android,
        _ => Platform::Web,
    };
    let folder = Folder::open(Path::new(directory));
    let request = Request {
        platform,
        dev: mode == "dev",
        minify: false,
        app: arguments.get(4).cloned().unwrap_or_default(),
        entry: None,
        env: Vec::new(),
    };
    let started = std::time::Instant::now();
    let outcome = bundle(&folder, &request);
    let transforming = folder.transforming.get();
    eprintln!("transform {transforming:.0?}, everything else {:.0?}", started.elapsed() - transforming);
    match outcome {
        Ok(report) => {
            print_all(&report.diagnostics);
            eprintln!("{} modules, entry {}", report.modules.len(), report.entry);
            match arguments.get(3) {
                Some(out) => write_all(&folder, Path::new(out), &report),
                None => {
                    let bytes = folder.artifact("main.jsbundle");
                    std::io::stdout().write_all(&bytes).ok();
                }
            }
        }
        Err(failure) => {
            let (Failure::InvalidProject(found)
            | Failure::MissingDependencies(found)
            | Failure::BuildFailed(found)) = failure;
            print_all(&found);
            std::process::exit(1);
        }
    }
}

fn write_all(folder: &Folder, out: &Path, report: &preview_bundler::api::Report) {
    for name in folder.artifact_names() {
        let path: PathBuf = out.join(&name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).ok();
        }
        if let Err(error) = std::fs::write(&path, folder.artifact(&name)) {
            eprintln!("{}: {error}", path.display());
        }
    }
    let list: String = report.modules.iter().map(|module| format!("{}\n", module.path)).collect();
    std::fs::write(out.join("modules.txt"), list).ok();
}

fn print_all(found: &[Diagnostic]) {
    for diagnostic in found.iter().filter(|found| found.severity != Severity::Note) {
        let path = diagnostic.path.as_deref().unwrap_or("");
        eprintln!(
            "{} {path}:{}:{} {}",
            diagnostic.code, diagnostic.line, diagnostic.column, diagnostic.message
        );
        if let Some(frame) = &diagnostic.frame {
            eprintln!("{frame}");
        }
        if let Some(hint) = &diagnostic.hint {
            eprintln!("  {hint}");
        }
    }
}
