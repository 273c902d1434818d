//! Maps: how far they agree with Chromium, what a large page and an edit cost, and imports.
//!
//! The large page has the bodies of AdminLTE's own pages, with the style sheet of three
//! frameworks in turn. Its figures are processor time of the guest alone; native and naive
//! ones come from the same source in the same run.

mod edits;
mod imports;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::row::Row;
use super::{figures, median};
use crate::command;
use crate::fingerprint::files_below;
use crate::house::House;
use crate::setup::{self, Node};

/// Elements of the page, at least.
const ELEMENTS: usize = 10_000;

/// A framework: the npm package that has its sheet, and the most milliseconds that a map may take.
struct Sheet {
    name: &'static str,
    package: &'static str,
    path: &'static str,
    most_ms: f64,
}

const SHEETS: [Sheet; 3] = [
    Sheet { name: "bootstrap", package: "bootstrap@5.3.8", path: "dist/css/bootstrap.css", most_ms: 80.0 },
    Sheet { name: "admin-lte", package: "", path: "dist/css/adminlte.css", most_ms: 200.0 },
    Sheet { name: "tailwindcss", package: "tailwindcss@2.2.19", path: "dist/tailwind.css", most_ms: 300.0 },
];

/// The lines of the table.
pub(crate) fn rows(house: &House, runs: usize) -> Result<Vec<Row>> {
    let node = Node::find(house).context("no Node; run `cargo xtask setup`")?;
    setup::install_app(house, &node, setup::PAGES)?;
    let bench = Bench { house, node, runs, work: house.target("bench/influence") };
    let mut rows = agreement(house)?;
    rows.extend(bench.large_pages()?);
    rows.extend(bench.edits()?);
    rows.extend(bench.imports()?);
    Ok(rows)
}

/// What the committed goldens say of the last comparison with the browser.
fn agreement(house: &House) -> Result<Vec<Row>> {
    let mut counts = [0.0_f64; 6];
    for file in files_below(&house.root("tests/golden/influence"), &[])? {
        if file.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let golden: Value = serde_json::from_str(&fs::read_to_string(&file)?)?;
        let keys = ["pairs", "compared", "equal"].map(|key| format!("/compared/{key}"));
        let muted = ["mutes", "compared", "equal"].map(|key| format!("/muted/{key}"));
        for (count, key) in counts.iter_mut().zip(keys.iter().chain(&muted)) {
            *count += golden.pointer(key).and_then(Value::as_f64).with_context(|| format!("no {key}"))?;
        }
    }
    let [pairs, compared, equal, mutes, muted, muted_equal] = counts;
    let share = |equal: f64, all: f64| (all > 0.0).then(|| 100.0 * equal / all);
    Ok(vec![
        Row::at_least("winners that agree with Chromium", share(equal, compared), "%", 99.99),
        Row::at_least("pairs of a page and a world", Some(pairs), "pairs", 500.0),
        Row::at_least("mutes against Chromium", Some(mutes), "mutes", 2_000.0),
        Row::at_least("winners after a mute that agree with Chromium", share(muted_equal, muted), "%", 100.0),
    ])
}

/// What a map may be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The files alone.
    Nothing,
    /// What the last map of the same folder left as well.
    LastMap,
}

struct Bench<'a> {
    house: &'a House,
    node: Node,
    runs: usize,
    work: PathBuf,
}

impl Bench<'_> {
    fn large_pages(&self) -> Result<Vec<Row>> {
        let pages = self.house.app(setup::PAGES).join("node_modules/admin-lte");
        let body = bodies(&pages.join("pages"))?;
        let mut rows = Vec::new();
        for sheet in &SHEETS {
            eprintln!("bench: {ELEMENTS} elements with {}", sheet.name);
            let package = match sheet.package {
                "" => pages.clone(),
                package => self.package(sheet.name, package)?,
            };
            let folder = self.work.join(sheet.name);
            fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
            fs::copy(package.join(sheet.path), folder.join("sheet.css"))?;
            let page = format!("<!doctype html><link rel=stylesheet href=sheet.css><body>{body}");
            fs::write(folder.join("index.html"), page)?;
            rows.extend(self.large_page(sheet, &folder)?);
        }
        Ok(rows)
    }

    /// A map in the sandbox, the same without one, and without looking anything up.
    fn large_page(&self, sheet: &Sheet, folder: &Path) -> Result<Vec<Row>> {
        let mut taken = Vec::new();
        for _ in 0..self.runs {
            taken.push(self.map(folder, "deep", Before::Nothing)?.1 * 1_000.0);
        }
        let sandboxed = median(taken);
        let mut native = command::cargo();
        native.current_dir(self.house.root("")).args(["run", "--quiet", "--release", "--locked"]);
        native.arg("--manifest-path").arg(self.house.root("guest-modules/Cargo.toml"));
        native.arg("--target-dir").arg(self.house.target("guests"));
        native.args(["--package", "influence", "--example", "figures", "--"]).arg(folder);
        let native = figures(&command::read(native.arg(self.runs.to_string()))?);
        let native = |name: &str| native.get(name).copied();
        let name = |line: &str| format!("{line}: {}", sheet.name);
        let times = sandboxed.zip(native("map")).map(|(sandboxed, native)| sandboxed / native);
        Ok(vec![
            Row::at_most(name("10k elements, deep, JSON included"), sandboxed, "ms", sheet.most_ms),
            Row::at_most(name("the same against native"), times, "x", 2.2),
            Row::less_than(
                name("matching, native"),
                native("match"),
                "ms",
                "naive",
                native("match naively"),
                50.0,
            ),
            Row::at_most(name("one mute, native, mean"), native("mute mean"), "ms", 1.0),
        ])
    }

    /// A map, and the seconds of its guest.
    fn map(&self, folder: &Path, depth: &str, before: Before) -> Result<(Value, f64)> {
        let kept = self.work.join("data/cache/maps");
        if before == Before::Nothing && kept.exists() {
            fs::remove_dir_all(&kept).with_context(|| format!("cannot remove {}", kept.display()))?;
        }
        let mut ask = Command::new(self.house.product("bin/hivesync"));
        ask.arg("map").arg(folder).args(["--json", "--cia", depth]);
        ask.env("HIVESYNC_HOME", self.house.product("")).env("DATA_DIR", self.work.join("data"));
        let mut answer: Value = serde_json::from_str(&command::read(ask.env("LOG_LEVEL", "error"))?)?;
        let cpu = answer.pointer("/usage/cpu_us").and_then(Value::as_f64).context("no time was told")?;
        Ok((answer.get_mut("result").map(Value::take).unwrap_or_default(), cpu / 1e6))
    }

    /// Where an npm package lies.
    fn package(&self, name: &str, package: &str) -> Result<PathBuf> {
        Ok(self.node.tool(self.house, name, package)?.join("node_modules").join(name))
    }
}

/// Copies what a package consists of out of `node_modules`, where the other tools do not look.
fn copy(from: &Path, to: &Path, endings: &[&str]) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to).with_context(|| format!("cannot remove {}", to.display()))?;
    }
    for file in files_below(from, &["node_modules"])? {
        let wanted = file.extension().is_some_and(|one| endings.iter().any(|ending| one == *ending));
        let Ok(below) = file.strip_prefix(from) else { continue };
        if wanted {
            let copy = to.join(below);
            fs::create_dir_all(copy.parent().unwrap_or(to))?;
            fs::copy(&file, &copy).with_context(|| format!("cannot copy {}", file.display()))?;
        }
    }
    Ok(())
}

/// The bodies of pages, in the order of their paths, until there are elements enough.
fn bodies(folder: &Path) -> Result<String> {
    let mut files = files_below(folder, &[])?;
    files.sort();
    let (mut body, mut elements) = (String::new(), 0);
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "html")) {
        let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let begun = text.split_once("<body").and_then(|(_, rest)| rest.split_once('>'));
        let Some((own, _)) = begun.and_then(|(_, rest)| rest.split_once("</body>")) else { continue };
        body.push_str(own);
        elements += tags(own);
        if elements >= ELEMENTS {
            return Ok(body);
        }
    }
    anyhow::bail!("the pages have {elements} elements")
}

/// Start tags.
fn tags(text: &str) -> usize {
    let begins = |rest: &str| rest.starts_with(|first: char| first.is_ascii_alphabetic());
    text.split('<').skip(1).filter(|rest| begins(rest)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_tags_are_counted_and_ends_and_comments_are_not() {
        assert_eq!(tags("<p>1 < 2<!-- b --></p><br/>"), 2);
    }

    #[test]
    fn a_package_is_copied_without_what_is_installed_in_it_and_without_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for path in ["from/a/b.js", "from/a/b.map", "from/node_modules/c/c.js", "to/old.js"] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        copy(&from, &to, &["js"]).unwrap();
        assert_eq!(files_below(&to, &[]).unwrap(), [to.join("a/b.js")]);
    }

    #[test]
    fn pages_without_elements_enough_are_said_to_have_too_few() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.html"), "<body class=x><p><p></body>").unwrap();
        assert_eq!(bodies(folder.path()).unwrap_err().to_string(), "the pages have 2 elements");
    }
}
