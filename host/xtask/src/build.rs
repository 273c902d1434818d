//! `cargo xtask build`: everything a user gets, into `target/hivesync`.
//!
//! ```text
//! bin/hivesync          the command
//! libexec/hivesync-*    the processes it starts: runner, compiler, runner-wasi
//! guests/*.wasm         the components
//! policies/*.toml       what each may do
//! ```
//!
//! **Invariant:** runner, compiler and runner-wasi are each built by a cargo call of
//! their own. One call for all would give each the features of the others, and so the
//! runner a compiler.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::command;
use crate::guests;
use crate::house::House;

/// An executable: its package, its file, and where it goes.
const EXECUTABLES: [(&str, &str, &str); 4] = [
    ("hivesync-runner", "hivesync-runner", "libexec"),
    ("hivesync-compiler", "hivesync-compiler", "libexec"),
    ("hivesync-runner-wasi", "hivesync-runner-wasi", "libexec"),
    ("hivesync-server", "hivesync", "bin"),
];

/// Builds guests, then executables, then lays them out.
pub(crate) fn run(house: &House) -> Result<()> {
    guests::run(house)?;
    for (package, file, folder) in EXECUTABLES {
        command::run(command::cargo().current_dir(house.root("")).args([
            "build",
            "--locked",
            "--package",
            package,
        ]))?;
        let target = house.product(folder);
        fs::create_dir_all(&target).with_context(|| format!("cannot create {}", target.display()))?;
        replace(&house.target("debug").join(file), &target.join(file))?;
    }
    policies(house)?;
    eprintln!("built: {}", house.product("bin/hivesync").display());
    Ok(())
}

/// The runner that makes raw system calls, for the tests of the walls. It is no part of
/// `build`: nobody ships it.
pub(crate) fn evil_runner(house: &House) -> Result<()> {
    let name = "hivesync-runner-evil";
    let mut build = command::cargo();
    build.current_dir(house.root("")).args(["build", "--locked", "--package", "hivesync-runner"]);
    command::run(build.args(["--features", "evil", "--bin", name]))?;
    replace(&house.target("debug").join(name), &house.product("libexec").join(name))
}

/// The object store that tests talk to. A call of its own: its features stay its own.
pub(crate) fn s3_server(house: &House) -> Result<()> {
    let mut build = command::cargo();
    command::run(build.current_dir(house.root("")).args(["build", "--locked", "--package", "hivesync-s3"]))
}

fn policies(house: &House) -> Result<()> {
    let target = house.product("policies");
    fs::create_dir_all(&target).with_context(|| format!("cannot create {}", target.display()))?;
    let source = house.root("sandbox-policies");
    for entry in fs::read_dir(&source).with_context(|| format!("cannot read {}", source.display()))? {
        let path = entry.with_context(|| format!("cannot read {}", source.display()))?.path();
        if let (Some(name), true) =
            (path.file_name(), path.extension().is_some_and(|ending| ending == "toml"))
        {
            replace(&path, &target.join(name))?;
        }
    }
    Ok(())
}

/// Puts a copy beside its place and renames it: a program that runs keeps its old file.
fn replace(from: &Path, to: &Path) -> Result<()> {
    let same = fs::metadata(from).ok().zip(fs::metadata(to).ok());
    if same.is_some_and(|(new, old)| new.len() == old.len() && new.modified().ok() == old.modified().ok()) {
        return Ok(());
    }
    let beside = to.with_extension("new");
    fs::copy(from, &beside).with_context(|| format!("cannot copy {}", from.display()))?;
    let stamp = fs::metadata(from).and_then(|meta| meta.modified());
    let kept = stamp.and_then(|time| fs::File::options().append(true).open(&beside)?.set_modified(time));
    kept.with_context(|| format!("cannot date {}", beside.display()))?;
    fs::rename(&beside, to).with_context(|| format!("cannot rename {}", beside.display()))
}
