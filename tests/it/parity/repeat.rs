//! The same input makes the same bundle, and costs the same.

use std::collections::BTreeMap;

use super::app::{Built, build, build_command};

/// Everything but the record, which names the keys of its own data folder.
fn content(built: &Built) -> BTreeMap<&str, &[u8]> {
    let files = built.files.iter().filter(|(name, _)| name.as_str() != "metadata.json");
    files.map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect()
}

#[track_caller]
fn assert_same(first: &Built, second: &Built) {
    let (first_files, second_files) = (content(first), content(second));
    let differ: Vec<_> = first_files
        .iter()
        .filter(|(name, bytes)| second_files.get(*name) != Some(*bytes))
        .map(|(name, _)| name)
        .collect();
    assert!(differ.is_empty(), "these files differ: {differ:?}");
    assert_eq!(first_files.len(), second_files.len());
    assert!(first.result["fuel_used"].as_u64().unwrap() > 0);
    assert_eq!(first.result["fuel_used"], second.result["fuel_used"], "the fuel differs");
}

#[test]
fn a_build_alone_and_builds_under_load_give_the_same_bytes_for_the_same_fuel() {
    let alone = build("expo-blank", "ios", &[]);
    let crowd: Vec<_> = (0..3).map(|_| build_command("expo-blank", "ios", &[])).collect();
    for building in crowd {
        assert_same(&alone, &building.finish());
    }
}

#[test]
fn a_web_bundle_is_the_same_twice() {
    assert_same(&build("web-mui", "web", &["--minify"]), &build("web-mui", "web", &["--minify"]));
}
