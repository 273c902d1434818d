//! Maps of other people's pages, beside the winners that Chromium chose when the goldens were
//! made (`cargo xtask bless influence`). No browser takes part here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::app::{app, node, printed};
use crate::cli::project::{copy_warm_data, hivesync, home};
use crate::golden::repository;

/// Pages of one map, so that one run is short on a busy machine too.
const PAGES: usize = 12;

/// Pages and sheets below a folder, by their paths in it.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|one| one == "html" || one == "css") {
                found.push(path.strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Fails unless every winner of the folder's pages is the golden's; gives how many pairs of a
/// page and a world there are.
#[track_caller]
fn agreeing(folder: &Path, golden: &str) -> usize {
    let work = tempfile::tempdir().unwrap();
    copy_warm_data(&work.path().join("data"));
    let golden = repository("tests/golden/influence").join(golden);
    let (pages, sheets): (Vec<_>, Vec<_>) =
        documents(folder).into_iter().partition(|path| path.extension().is_some_and(|one| one == "html"));
    let mut pairs = 0;
    for (at, pages) in pages.chunks(PAGES).enumerate() {
        let part = work.path().join(at.to_string());
        for path in pages.iter().chain(&sheets) {
            fs::create_dir_all(part.join(path).parent().unwrap()).unwrap();
            fs::copy(folder.join(path), part.join(path)).unwrap();
        }
        let map = work.path().join("map.json");
        let mut ask = Command::new(hivesync());
        ask.arg("map").arg(&part).args(["--cia", "deep", "--out"]).arg(&map);
        printed(ask.env("HIVESYNC_HOME", home()).env("DATA_DIR", work.path().join("data")));
        let said = printed(node("influence/check.mjs").arg(&map).arg(&golden));
        let (_, count) = said.split_once(" winners of ").unwrap_or_else(|| panic!("{said}"));
        pairs += count.split(' ').next().unwrap().parse::<usize>().unwrap();
    }
    pairs
}

fn package(name: &str) -> PathBuf {
    app("influence-pages").join("node_modules").join(name)
}

#[test]
fn layers_scopes_nesting_and_states_are_decided_as_chromium_does() {
    assert_eq!(agreeing(&repository("tests/parity/influence"), "own.json"), 16);
}

#[test]
fn pages_of_bootstrap_5_have_chromiums_winners() {
    assert_eq!(agreeing(&package("startbootstrap-sb-admin"), "startbootstrap-sb-admin.json"), 11 * 16);
}

#[test]
fn pages_of_bootstrap_4_have_chromiums_winners() {
    assert_eq!(agreeing(&package("startbootstrap-sb-admin-2"), "startbootstrap-sb-admin-2.json"), 14 * 16);
}

#[test]
fn seventy_pages_of_adminlte_have_chromiums_winners() {
    assert_eq!(agreeing(&package("admin-lte"), "admin-lte.json"), 70 * 16);
}
