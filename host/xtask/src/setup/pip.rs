//! Packages of Python, each kind in a folder of its own.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::packages;
use crate::command;

/// Has pip bring `packages` into `folder`; with what they ask for, unless `options` say otherwise.
pub(super) fn install(folder: &Path, options: &[&str], packages: &[&str]) -> Result<()> {
    let has_pip = command::succeeds(Command::new("python3").args(["-m", "pip", "--version"]));
    if !has_pip && packages::install(&["python3-pip"]).is_err() {
        eprintln!("  there is no pip here");
    }
    let mut install = Command::new("python3");
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    install.args(["--root-user-action", "ignore"]).args(options).arg("--target").arg(folder);
    command::run(install.args(packages))
}
