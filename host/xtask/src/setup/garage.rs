//! A second object store for tests: one that keeps lifecycle rules, and acts on them.
//!
//! It is a program of its own under the AGPL. Nothing that is built here is linked with it or
//! contains it, so it is installed beside the tests and stands in no lock file.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::packages;
use crate::command;
use crate::house::House;

const VERSION: &str = "2.5.0";
const PROGRAM: &str = "bin/garage";

/// Looks for it, then has cargo build it once, into a folder beside those of the tests.
pub(super) fn provide(house: &House) -> Result<String> {
    let root = house.target("tools/garage");
    if !is_installed(&root) {
        eprintln!("  garage is built now, once: about six minutes of processor time");
        install(house, &root)?;
    }
    Ok(format!("{} {VERSION}", root.join(PROGRAM).display()))
}

/// Whether the program is there, and is by cargo's own record the one that the tests were written for.
fn is_installed(root: &Path) -> bool {
    let record = fs::read_to_string(root.join(".crates.toml")).unwrap_or_default();
    record.contains(&format!("\"garage {VERSION} ")) && root.join(PROGRAM).is_file()
}

fn install(house: &House, root: &Path) -> Result<()> {
    // A part of it in C is built by its own makefile.
    packages::provide("make", || command::find(&["make"]))?;
    // What the program is made of is many times its size, and needed once.
    let build = house.target("tools/garage-build");
    let mut install = command::cargo();
    install.current_dir(house.root("")).env("CARGO_INCREMENTAL", "0").env("CARGO_PROFILE_DEV_DEBUG", "0");
    install.args(["install", "--locked", "--force", "--debug", "--no-default-features"]);
    install.args(["--features", "bundled-libs,sqlite", "--version", &format!("={VERSION}")]);
    install.arg("--root").arg(root).arg("--target-dir").arg(&build).arg("garage");
    command::run(&mut install)?;
    fs::remove_dir_all(&build).with_context(|| format!("cannot remove {}", build.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_another_version_or_a_record_without_one_is_not_what_is_wanted() {
        let root = tempfile::tempdir().unwrap();
        let record = |version: &str| {
            let line = format!("[v1]\n\"garage {version} (registry+https://example.org)\" = [\"garage\"]\n");
            fs::write(root.path().join(".crates.toml"), line).unwrap();
        };
        record(VERSION);
        assert!(!is_installed(root.path()));
        fs::create_dir(root.path().join("bin")).unwrap();
        fs::write(root.path().join(PROGRAM), "").unwrap();
        assert!(is_installed(root.path()));
        record(&format!("{VERSION}-beta"));
        assert!(!is_installed(root.path()));
    }
}
