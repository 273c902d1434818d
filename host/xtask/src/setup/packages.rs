//! Packages of the operating system, where it is Debian or a child of it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;

/// The program that `find` looks for; where it is missing, `package` is installed first.
pub(crate) fn provide(package: &str, find: impl Fn() -> Option<PathBuf>) -> Result<String> {
    if find().is_none() {
        install(&[package])?;
    }
    let found = find()
        .with_context(|| format!("the package {package} is installed, but its program is not there"))?;
    Ok(found.display().to_string())
}

/// Installs `packages` with apt, as root or through a sudo that asks nothing.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    if command::find(&["apt-get"]).is_none() {
        bail!("there is no apt-get here; install {} by hand", packages.join(" "));
    }
    let root = command::read(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !root && !command::succeeds(Command::new("sudo").args(["-n", "true"])) {
        bail!("run `sudo apt-get install {}` once", packages.join(" "));
    }
    let apt = |args: &[&str]| {
        let mut command = if root { Command::new("apt-get") } else { Command::new("sudo") };
        if !root {
            command.args(["-n", "apt-get"]);
        }
        // Another installation may be under way: wait for it.
        command.args(["-o", "DPkg::Lock::Timeout=900"]).args(args).env("DEBIAN_FRONTEND", "noninteractive");
        command::run(&mut command)
    };
    apt(&["update", "-q"])?;
    let mut install = vec!["install", "-y", "-q", "--no-install-recommends"];
    install.extend(packages);
    apt(&install)
}
