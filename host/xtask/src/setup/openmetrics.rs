//! What reads numbers as a scraper does.

use std::path::PathBuf;

use super::pip;
use crate::house::House;

const PACKAGES: [&str; 1] = ["prometheus-client==0.26.0"];

/// Looks for it, then has pip bring it into a folder of the checkout. It may be missing: one check
/// is left out then.
pub(super) fn provide(house: &House) -> String {
    if find(house).is_none() && pip::install(&folder(house), &["--no-deps"], &PACKAGES).is_err() {
        eprintln!("  pip could not bring it");
    }
    let found = if find(house).is_some() { PACKAGES[0] } else { "not here; its check is left out" };
    found.to_owned()
}

/// Where its modules are.
pub(crate) fn find(house: &House) -> Option<PathBuf> {
    let folder = folder(house);
    folder.join("prometheus_client").is_dir().then_some(folder)
}

fn folder(house: &House) -> PathBuf {
    house.target("tools/openmetrics")
}
