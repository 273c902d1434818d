//! Bundles of one app, made by the `hivesync` command that was just built.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::house::House;
use crate::setup::{self, Node};

/// One finished build.
pub(crate) struct Preview {
    pub(crate) platform: &'static str,
    /// The zip as it was written.
    pub(crate) zip: Vec<u8>,
    /// What is in it, by name.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// The result of what the command printed with `--json`.
    pub(crate) summary: Value,
    /// The modules, their sizes and who asks for them.
    pub(crate) report: Value,
    /// Wall time of the whole command, start and end of the process included.
    pub(crate) wall_ms: u128,
}

/// Builds for a phone and for the browser.
pub(crate) fn build_all(house: &House, app: &str, folder: &Path) -> Result<Vec<Preview>> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let node = Node::find(house).context("no Node; run `cargo xtask setup`")?;
    setup::install_app(house, &node, app)?;
    let mut previews = Vec::new();
    for (platform, more) in [("ios", [].as_slice()), ("web", &["--minify"])] {
        previews.push(build(house, app, folder, platform, more)?);
    }
    Ok(previews)
}

fn build(house: &House, app: &str, folder: &Path, platform: &'static str, more: &[&str]) -> Result<Preview> {
    let zip: PathBuf = folder.join(format!("{app}-{platform}.zip"));
    let report = folder.join(format!("{app}-{platform}.report.json"));
    let start = Instant::now();
    let mut command = Command::new(house.product("bin/hivesync"));
    command
        .arg("build")
        .arg(house.app(app))
        .args(["--platform", platform, "--json", "--no-restore"])
        .args(more)
        .arg("--out")
        .arg(&zip)
        .arg("--report")
        .arg(&report)
        // Keys and cache of the demo are the demo's own.
        .env("DATA_DIR", folder.join("data"))
        .stderr(Stdio::inherit());
    eprintln!("  $ hivesync build {app} --platform {platform}");
    let output = command.output().context("cannot start hivesync; run `cargo xtask build`")?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("`hivesync build` ended with {}: {text}", output.status);
    }
    let wall_ms = start.elapsed().as_millis();
    let answer: Value = serde_json::from_str(&text).context("`hivesync build --json` did not print JSON")?;
    let report = fs::read(&report).with_context(|| format!("cannot read {}", report.display()))?;
    let bytes = fs::read(&zip).with_context(|| format!("cannot read {}", zip.display()))?;
    Ok(Preview {
        platform,
        files: unpack(&zip)?,
        zip: bytes,
        summary: answer.get("result").cloned().unwrap_or_default(),
        report: serde_json::from_slice(&report).context("the report is no JSON")?,
        wall_ms,
    })
}

fn unpack(path: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut archive = zip::ZipArchive::new(file).with_context(|| format!("{} is no zip", path.display()))?;
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).context("the zip is broken")?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).context("the zip is broken")?;
        let name = entry.name().context("the zip is broken")?.into_owned();
        files.insert(name, bytes);
    }
    Ok(files)
}
