//! The imports of a module built by a stock toolchain.
//!
//! The runner of profile `wasi` links a fixed list of interfaces, and nothing of
//! sockets or http. What each linked one can do is decided there; here is only said
//! which may be imported at all.

use hivesync_types::Code;
use semver::Version;

use crate::Refusal;
use crate::check::{Component, ImportedInterface, functions, refuse};
use crate::name::{InterfaceName, Skew, skew};

/// The version of WASI that the pinned engine serves.
const VERSION: Version = Version::new(0, 2, 12);

/// The interfaces that are linked, by package.
const LINKED: &[(&str, &[&str])] = &[
    (
        "wasi:cli",
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("wasi:clocks", &["monotonic-clock", "wall-clock"]),
    ("wasi:filesystem", &["types", "preopens"]),
    ("wasi:io", &["error", "poll", "streams"]),
    ("wasi:random", &["random", "insecure", "insecure-seed"]),
];

/// Checks the imports and the one export `wasi:cli/run`.
pub(crate) fn check(component: &Component<'_>) -> Result<Vec<ImportedInterface>, Refusal> {
    let mut imports = Vec::new();
    for name in &component.names.imports {
        let instance = component.instance(component.types.component_item_for_import(name));
        let (Some(parsed), Some(instance)) = (InterfaceName::parse(name), instance) else {
            return Err(unknown(name));
        };
        let functions: Vec<_> = functions(instance).map(|(name, _)| name.to_owned()).collect();
        linked(&parsed, &functions, name)?;
        imports.push(ImportedInterface {
            name: parsed.to_string(),
            version: parsed.version_text(),
            functions,
        });
    }
    exported(component)?;
    Ok(imports)
}

fn linked(name: &InterfaceName<'_>, functions: &[String], text: &str) -> Result<(), Refusal> {
    if !name.package.starts_with("wasi:") {
        return Err(unknown(text));
    }
    let known = LINKED
        .iter()
        .any(|(package, interfaces)| *package == name.package && interfaces.contains(&name.interface));
    if !known {
        let used =
            functions.first().map_or_else(|| "it".to_owned(), |first| format!("`{}`", first.escape_debug()));
        return Err(refuse(
            Code::WitImportNotGranted,
            format!(
                "the module imports {used} of interface `{name}` ({}), which profile `wasi` never links: there is no \
                 network, and no interface outside of cli, clocks, filesystem, io and random; build the module without it",
                name.version_text(),
            ),
        ));
    }
    version(name)
}

fn version(name: &InterfaceName<'_>) -> Result<(), Refusal> {
    let Some(module) = &name.version else { return Err(unknown(&name.to_string())) };
    let (code, fix) = match skew(module, &VERSION) {
        Skew::Served => return Ok(()),
        Skew::TooNew => (Code::WitVersionTooNew, "build the module with a toolchain of WASI 0.2"),
        Skew::Unsupported => (Code::WitVersionUnsupported, "build the module for `wasm32-wasip2`"),
    };
    Err(refuse(
        code,
        format!("the module uses interface `{name}` in version {module}, and this host has {VERSION}; {fix}"),
    ))
}

fn unknown(name: &str) -> Refusal {
    refuse(
        Code::WitUnknownImport,
        format!(
            "the module imports `{}`, and profile `wasi` offers only interfaces of WASI {VERSION}; remove the import",
            name.escape_debug()
        ),
    )
}

fn exported(component: &Component<'_>) -> Result<(), Refusal> {
    let run = component
        .names
        .exports
        .iter()
        .filter_map(|name| InterfaceName::parse(name))
        .find(|name| name.package == "wasi:cli" && name.interface == "run");
    match run {
        Some(name) => version(&name),
        None => Err(refuse(
            Code::WitMissingExport,
            format!(
                "the module does not export interface `wasi:cli/run` ({VERSION}) with `run`, which a command has; \
                 build it as a binary for `wasm32-wasip2`"
            ),
        )),
    }
}
