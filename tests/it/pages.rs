//! Every code that anybody reports has a page, and every page is of a code that is reported.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use hivesync_types::{codes_with_pages, page};

use crate::golden::repository;

/// The beginnings of codes that guests make up.
const FAMILIES: [&str; 4] = ["ai.", "bundle.", "css.", "map."];

/// Where they do: the guests, and the broker on their behalf.
const SOURCES: [&str; 7] = [
    "guest-modules/ai-docs/src",
    "guest-modules/influence/src",
    "guest-modules/preview-bundler/src",
    "guest-modules/transform/src",
    "guest-modules/sdk/src",
    "host/sandbox/src",
    "guest-modules/plugin-host/src",
];

/// The codes in the string literals of a folder's sources, each with the file it stands in.
fn reported() -> BTreeMap<String, String> {
    let mut codes = BTreeMap::new();
    for folder in SOURCES {
        collect(&repository(folder), &mut codes);
    }
    codes
}

fn collect(folder: &Path, codes: &mut BTreeMap<String, String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect(&path, codes);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            for code in literals(&text) {
                codes.insert(code.to_owned(), path.display().to_string());
            }
        }
    }
}

/// Whole string literals that are a code of a guest.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    let starts = FAMILIES.iter().flat_map(move |family| {
        text.match_indices(family)
            .filter(move |(at, _)| text[..*at].ends_with('"'))
            .map(move |(at, _)| &text[at..])
    });
    let literals = starts.filter_map(|rest| rest.split_once('"')).map(|(code, _)| code);
    literals.filter(|code| {
        let name = code.split_once('.').map_or("", |(_, name)| name);
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    })
}

#[test]
fn every_code_of_a_guest_has_a_page() {
    let reported = reported();
    assert!(reported.len() >= 30, "{reported:?}");
    for (code, file) in reported {
        assert!(page(&code).is_some(), "{code} of {file} has no page in host/types/errors");
    }
}

#[test]
fn every_page_of_a_guest_is_of_a_code_that_is_reported() {
    let reported: BTreeSet<String> = reported().into_keys().collect();
    for code in codes_with_pages().filter(|code| FAMILIES.iter().any(|family| code.starts_with(family))) {
        assert!(reported.contains(code), "nothing reports {code}");
    }
}
