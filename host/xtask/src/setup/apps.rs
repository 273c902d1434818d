//! The sample apps with their packages, below `target/apps`, so that the sources in
//! `tests/apps` stay as they are in the repository.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::Node;
use crate::command;
use crate::fingerprint::{self, Fingerprint};
use crate::house::House;

/// Never copied and never compared: what a build or a package manager left behind.
const NOT_SOURCES: [&str; 4] = ["node_modules", "dist", ".expo", ".yarn"];

/// The package managers that lay out the sample workspace, and the files that are for each alone.
const MANAGERS: [(&str, &[&str]); 3] = [
    ("npm", &["package-lock.json"]),
    ("pnpm", &["pnpm-workspace.yaml", "pnpm-lock.yaml"]),
    ("yarn", &[".yarnrc.yml", "yarn.lock"]),
];

/// Copies the sources of `name` and installs exactly what its lock file names.
pub(crate) fn install(house: &House, node: &Node, name: &str) -> Result<String> {
    let sources = house.root("tests/apps").join(name);
    install_once(&sources, &house.app(name), &NOT_SOURCES, || node.npm_ci())
}

/// The sample workspace, installed by the package manager whose name ends `name`: their ways of
/// laying packages out are what it is for.
pub(crate) fn install_workspace(house: &House, node: &Node, name: &str) -> Result<String> {
    let sources = house.root("tests/apps/workspace");
    let manager = name.rsplit('-').next().unwrap_or_default();
    let others = MANAGERS.iter().filter(|(other, _)| *other != manager).flat_map(|(_, files)| *files);
    let skipped: Vec<&str> = NOT_SOURCES.iter().chain(others).copied().collect();
    install_once(&sources, &house.app(name), &skipped, || match manager {
        "pnpm" => node.pnpm(house),
        "yarn" => node.yarn(house),
        _ => node.npm_ci(),
    })
}

/// Copies sources and runs the package manager, unless it did so for these manifests before.
fn install_once(
    sources: &Path,
    app: &Path,
    skipped: &[&str],
    install: impl FnOnce() -> Result<Command>,
) -> Result<String> {
    mirror(sources, app, skipped)?;
    let mut wanted = Fingerprint::default();
    for file in fingerprint::files_below(sources, skipped)? {
        if file.file_name().and_then(OsStr::to_str).is_some_and(is_manifest) {
            wanted
                .text(&fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?);
        }
    }
    let wanted = wanted.finish();
    let stamp = app.join("node_modules/.hivesync-installed");
    if fingerprint::is_current(&stamp, &wanted, &[]) {
        return Ok("installed".to_owned());
    }
    command::run(install()?.current_dir(app))?;
    fingerprint::keep(&stamp, &wanted)?;
    Ok("installed now".to_owned())
}

/// Whether a file of this name decides which packages are installed.
fn is_manifest(name: &str) -> bool {
    name == "package.json" || MANAGERS.iter().any(|(_, files)| files.contains(&name))
}

/// Makes the files of `to` those of `from`, leaving packages alone and unchanged files untouched.
fn mirror(from: &Path, to: &Path, skipped: &[&str]) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    for stale in fingerprint::files_below(to, skipped)? {
        let relative = stale.strip_prefix(to).context("a file outside of its folder")?;
        if !from.join(relative).is_file() {
            fs::remove_file(&stale).with_context(|| format!("cannot remove {}", stale.display()))?;
        }
    }
    for source in fingerprint::files_below(from, skipped)? {
        let target = to.join(source.strip_prefix(from).context("a file outside of its folder")?);
        let bytes = fs::read(&source).with_context(|| format!("cannot read {}", source.display()))?;
        if fs::read(&target).is_ok_and(|old| old == bytes) {
            continue;
        }
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        fs::write(&target, bytes).with_context(|| format!("cannot write {}", target.display()))?;
    }
    Ok(())
}
