//! `cargo xtask bless influence`: the winners of whole pages, chosen by Chromium itself.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::house::House;
use crate::setup::{self, Node};

/// Rules of each page that are switched off one by one.
const MUTES: &str = "24";

/// Maps each folder of pages, and puts the maps before the browser.
pub(super) fn run(house: &House) -> Result<()> {
    let node = Node::find(house).context("no Node; run `cargo xtask setup`")?;
    let browser = setup::find_browser().context("no Chromium; run `cargo xtask setup`")?;
    setup::install_app(house, &node, setup::PAGES)?;
    let golden = house.root("tests/golden/influence");
    let work = house.target("influence");
    fs::create_dir_all(&golden).with_context(|| format!("cannot create {}", golden.display()))?;
    fs::create_dir_all(&work).with_context(|| format!("cannot create {}", work.display()))?;
    for (name, source, folder) in corpora(house)? {
        let map = work.join(format!("{name}.json"));
        let mut ask = Command::new(house.product("bin/hivesync"));
        ask.arg("map").arg(&folder).args(["--cia", "deep", "--out"]).arg(&map);
        ask.env("HIVESYNC_HOME", house.product("")).env("DATA_DIR", work.join("data"));
        command::run(&mut ask)?;
        let mut compare = node.command();
        compare.arg(house.root("tests/parity/influence.mjs")).arg(&folder).arg(&map);
        compare.arg("--browser").arg(&browser).args(["--mutes", MUTES, "--source", &source]);
        compare.arg("--golden").arg(golden.join(format!("{name}.json")));
        command::run(&mut compare)?;
    }
    let mut report = node.command();
    command::run(report.arg(house.root("tests/parity/influence/report.mjs")).arg(&golden))
}

/// The name of each golden, what it is made from, and where that lies.
fn corpora(house: &House) -> Result<Vec<(String, String, PathBuf)>> {
    let mut all = vec![(
        "own".to_owned(),
        "the page beside the comparison".to_owned(),
        house.root("tests/parity/influence"),
    )];
    let packages = house.app(setup::PAGES).join("node_modules");
    for name in ["startbootstrap-sb-admin", "startbootstrap-sb-admin-2", "admin-lte"] {
        let folder = packages.join(name);
        let manifest = fs::read_to_string(folder.join("package.json"))
            .with_context(|| format!("{} is not installed", folder.display()))?;
        let manifest: serde_json::Value = serde_json::from_str(&manifest)?;
        let version = manifest.get("version").and_then(serde_json::Value::as_str).unwrap_or_default();
        all.push((name.to_owned(), format!("npm {name} {version}"), folder));
    }
    Ok(all)
}
