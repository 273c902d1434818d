//! Each threshold of a map is met by a project that is just too large, and not by one that just fits.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::limits::{ELEMENTS_MAX, OUTPUT_BYTES_MAX};
use super::{Depth, Project, Read, map, nodes, write};
use crate::json::Json;

fn project(files: impl IntoIterator<Item = (String, String)>) -> Project {
    Project::new(files.into_iter().map(|(path, text)| (path, text.into_bytes())), Vec::new())
}

/// What reading meets.
fn met(files: impl IntoIterator<Item = (String, String)>) -> Vec<&'static str> {
    Read::new(&project(files)).limits.hit.into_iter().collect()
}

/// A page of so many elements.
fn page(elements: usize) -> String {
    let own = "<!doctype html><html><head></head><body>";
    format!("{own}{}", "<i></i>".repeat(elements - 3))
}

#[test]
fn elements_of_a_page_and_of_all_pages_are_counted() {
    let most = crate::html::ELEMENTS_MAX;
    assert_eq!(met([("a.html".to_owned(), page(most))]), [""; 0]);
    assert_eq!(met([("a.html".to_owned(), page(most + 1))]), ["page-elements"]);
    let half = most / 2;
    let pages = |last: usize| {
        let sizes = vec![half; ELEMENTS_MAX / half - 1].into_iter().chain([last, 3]);
        sizes.enumerate().map(|(at, size)| (format!("{at:02}.html"), page(size))).collect::<Vec<_>>()
    };
    assert_eq!(met(pages(half - 1)), [""; 0]);
    assert_eq!(met(pages(half)), ["elements"]);
}

#[test]
fn bytes_of_all_files_are_counted() {
    let files = |more: usize| {
        (0..10)
            .map(move |at| (format!("{at}.txt"), "x".repeat(5_000_000)))
            .chain([("a.txt".to_owned(), "x".repeat(more))])
    };
    assert_eq!(project(files(0)).limits.hit, BTreeSet::new());
    let over = project(files(1));
    assert_eq!(over.limits.hit, BTreeSet::from(["project-bytes"]));
    assert!(over.has("a.txt") && !over.files.contains_key("a.txt"), "that it is there, is known");
}

#[test]
fn longhands_that_the_declarations_of_a_sheet_set_are_counted() {
    // `top` is one longhand; `border` sets seventeen.
    let sheet = |more: &str| {
        let rules = "a{border:0}".repeat(500_000 / 17);
        let rest = "a{top:0}".repeat(500_000 % 17);
        [("a.css".to_owned(), format!("{rules}{rest}{more}"))]
    };
    assert_eq!(met(sheet("")), [""; 0]);
    assert_eq!(met(sheet("a{top:0}")), ["declarations"]);
}

#[test]
fn findings_in_a_file_of_code_are_counted() {
    let hit = |imports: usize| {
        let project = project([("a.js".to_owned(), "import 'a'\n".repeat(imports))]);
        let map: serde_json::Value = serde_json::from_slice(&map(&project, Depth::Off)).unwrap();
        map["limits"].clone()
    };
    assert_eq!(hit(10_000), serde_json::json!({ "hit": [], "partial": false }));
    assert_eq!(hit(10_001), serde_json::json!({ "hit": ["code-findings"], "partial": true }));
}

#[test]
fn what_does_not_fit_into_a_map_is_left_out_and_said_so() {
    let written = |bytes: usize| {
        let (project, mut json) = (Project::default(), Json::new());
        let (mut read, graph) = (Read::new(&project), nodes::Graph::default());
        let page = format!("\"{}\"", "x".repeat(bytes - 2));
        write::map(&mut json, &project.digests(), &mut read, Depth::Basic, &graph, &[Cow::Owned(page)]);
        (json.finish().len() > bytes, read.limits.hit)
    };
    // Each text has its comma.
    assert_eq!(written(OUTPUT_BYTES_MAX - 1), (true, BTreeSet::new()));
    assert_eq!(written(OUTPUT_BYTES_MAX), (false, BTreeSet::from(["output-bytes"])));
}
