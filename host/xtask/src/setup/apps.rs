//! The sample apps with their packages, below `target/apps`, so that the sources in
//! `tests/apps` stay as they are in the repository.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::Node;
use crate::command;
use crate::fingerprint::{self, Fingerprint};
use crate::house::House;

/// Never copied and never compared: what a build or npm left behind.
const NOT_SOURCES: [&str; 3] = ["node_modules", "dist", ".expo"];

/// Copies the sources of `name` and installs exactly what its lock file names.
pub(crate) fn install(house: &House, node: &Node, name: &str) -> Result<String> {
    let sources = house.root("tests/apps").join(name);
    let app = house.app(name);
    mirror(&sources, &app)?;

    let mut wanted = Fingerprint::default();
    for file in fingerprint::files_below(&sources, &NOT_SOURCES)? {
        let manifest =
            file.file_name().is_some_and(|file| file == "package.json" || file == "package-lock.json");
        if manifest {
            wanted
                .text(&fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?);
        }
    }
    let wanted = wanted.finish();
    let modules = app.join("node_modules");
    let stamp = modules.join(".hivesync-installed");
    if fingerprint::is_current(&stamp, &wanted, &[]) {
        return Ok("installed".to_owned());
    }
    command::run(node.npm()?.current_dir(&app).args([
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefer-offline",
    ]))?;
    fingerprint::keep(&stamp, &wanted)?;
    Ok("installed now".to_owned())
}

/// Makes the files of `to` those of `from`, leaving packages alone and unchanged files untouched.
fn mirror(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("cannot create {}", to.display()))?;
    for stale in fingerprint::files_below(to, &NOT_SOURCES)? {
        let relative = stale.strip_prefix(to).context("a file outside of its folder")?;
        if !from.join(relative).is_file() {
            fs::remove_file(&stale).with_context(|| format!("cannot remove {}", stale.display()))?;
        }
    }
    for source in fingerprint::files_below(from, &NOT_SOURCES)? {
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
