//! What is said of an import that leads nowhere.

use std::cell::OnceCell;

use crate::graph::Module;
use crate::image::Image;
use crate::paths::{dirname, in_package};
use crate::resolve::{Refusal, Unresolved};
use crate::wire::Dependency;
use crate::{Diagnostic, Host, Severity, codes, diagnose, virtual_modules};

/// A source that is read when a fault needs a frame, and not before.
pub(crate) struct SourceOnDemand<'a> {
    host: &'a dyn Host,
    path: &'a str,
    text: OnceCell<String>,
}

impl<'a> SourceOnDemand<'a> {
    pub(crate) fn new(host: &'a dyn Host, path: &'a str) -> Self {
        Self { host, path, text: OnceCell::new() }
    }

    /// A fault at the place of `edge`.
    pub(crate) fn fault(
        &self,
        code: &str,
        message: String,
        edge: &Dependency,
        with_frame: bool,
    ) -> Diagnostic {
        let place = (edge.line, edge.column);
        if edge.line == 0 || virtual_modules::is_virtual(self.path) {
            return diagnose::about(code, message, self.path);
        }
        if !with_frame {
            let (line, column) = place;
            return Diagnostic { line, column, ..diagnose::about(code, message, self.path) };
        }
        let read = || String::from_utf8_lossy(&self.host.read(self.path).unwrap_or_default()).into_owned();
        diagnose::at(code, message, self.path, place, self.text.get_or_init(read))
    }
}

/// The remark on a module of Node.js that is empty in a browser. What packages import for a
/// server is not the app's business.
pub(crate) fn emptied(name: &str, edge: &Dependency, source: &SourceOnDemand<'_>) -> Diagnostic {
    let app = !in_package(source.path);
    let message = format!("the module {name} of Node.js is empty in a browser");
    let fault = source.fault(codes::NODE_BUILTIN, message, edge, app);
    let severity = if app { Severity::Warning } else { Severity::Note };
    diagnose::hint(Diagnostic { severity, ..fault }, "do not use it in code that runs in a browser")
}

/// A better hint, when a file has the name in other letters.
pub(crate) fn twin(error: &Unresolved, image: &Image) -> Option<String> {
    let Unresolved::NoFile(tried) = error else { return None };
    let folder = dirname(tried.first()?);
    let mut near = image.files_below(folder).filter(|file| dirname(file) == folder);
    let twin = near.find(|file| tried.iter().any(|name| name.eq_ignore_ascii_case(file)))?;
    Some(format!("there is {twin}: upper and lower case are told apart"))
}

/// Names shown of what was tried; a list of extensions is long.
const TRIED_MAX: usize = 24;

/// Why `edge` leads nowhere, as a person wants to know it.
pub(crate) fn explain(
    error: &Unresolved,
    edge: &Dependency,
    source: &SourceOnDemand<'_>,
    with_frame: bool,
    refusal: Option<&Refusal>,
) -> Diagnostic {
    let specifier = &edge.specifier;
    let origin = source.path;
    if let Some(Refusal { manifest, reason }) = refusal {
        let message = format!("\"{specifier}\" from {origin} leads nowhere: {reason} ({manifest})");
        let hint = "import what that file lists, or install a version of the package that lists this";
        return diagnose::hint(source.fault(codes::UNRESOLVED, message, edge, with_frame), hint);
    }
    let (code, message, hint) = match error {
        Unresolved::NoFile(tried) => (
            codes::UNRESOLVED,
            format!("\"{specifier}\" from {origin} is no file; tried in order: {}", listed(tried)),
            "check the name, its case and its extension".to_owned(),
        ),
        Unresolved::NoPackage(folders) => (
            codes::UNRESOLVED,
            format!("\"{specifier}\" from {origin} was not found; looked in: {}", listed(folders)),
            format!("install the package, or write a path that begins with \"./\" if {specifier} is a file"),
        ),
        Unresolved::InvalidPackage { manifest, main } => (
            codes::INVALID_PACKAGE,
            format!(
                "\"{specifier}\" leads to a package whose main file \"{main}\" is not there ({manifest})"
            ),
            "reinstall the package; it may have to be built first".to_owned(),
        ),
        Unresolved::Escapes => (
            codes::ESCAPES_PROJECT,
            format!("\"{specifier}\" from {origin} leads out of the project folder"),
            "move the file into the project, or build the folder that holds both".to_owned(),
        ),
        Unresolved::Scheme(scheme) => (
            codes::UNSUPPORTED_SCHEME,
            format!(
                "\"{specifier}\" from {origin} is a {scheme}: address, and nothing is fetched while bundling"
            ),
            "install the module as a package".to_owned(),
        ),
        Unresolved::Builtin(name) => (
            codes::NODE_BUILTIN,
            format!(
                "\"{specifier}\" from {origin} is the module {name} of Node.js, which does not exist here"
            ),
            format!(
                "install a package that replaces it and is named {name}, or do not import it in app code"
            ),
        ),
        Unresolved::NativeOnly => (
            codes::UNRESOLVED,
            format!("\"{specifier}\" from {origin} exists on devices only, not on the web"),
            "give the file that imports it a .web variant".to_owned(),
        ),
    };
    diagnose::hint(source.fault(code, message, edge, with_frame), hint)
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing, because there is no node_modules folder above it".to_owned();
    }
    let shown: Vec<&str> = names.iter().take(TRIED_MAX).map(String::as_str).collect();
    let more = names.len().saturating_sub(TRIED_MAX);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

/// What is said where a chain of imports goes on at `module` beyond `most`.
pub(crate) fn too_long(module: Option<&Module>, most: u32) -> Diagnostic {
    let message = format!("a chain of imports that begins at the entry is more than {most} modules long");
    let path = module.map(|module| module.path.as_str()).unwrap_or_default();
    let hint = "import some of its modules from one that is nearer to the entry";
    diagnose::hint(diagnose::about(codes::TOO_MANY_MODULES, message, path), hint)
}
