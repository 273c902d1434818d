//! A map that is made of what an earlier one left is the whole map. Projects are edited by a
//! fixed sequence of numbers.

use std::collections::BTreeMap;

use super::super::laws::Numbers;
use super::*;
use crate::map::{Project, map, remap};

type Files = BTreeMap<String, String>;

/// What stands in files of each kind. Whatever is left out of a map by its content is here.
const PAGES: [&str; 7] = [
    "<!doctype html><link rel=stylesheet href=/css/a.css><body class=a><p id=x class=b style='top:1px'>1<a href=other.html>2</a>",
    "<!doctype html><link rel=stylesheet href=css/b.css media=print><style>@import 'css/c.css' layer(x); p{color:teal}</style><p class=b><q>3</q>",
    "<link rel=stylesheet href=css/a.css><p class=B>quirks<img src=logo.png srcset='a.png 1x, gone.png 2x'>",
    "<style>@import '/css/c.css'; .b{colour:1;color:f00}</style><p class=b>quirks<script src=src/one.ts></script>",
    "<!doctype html><base href=/css/><link rel=stylesheet href=d.css><p class=a><app-hive></app-hive>",
    "<!doctype html><link rel=stylesheet href=css/gone.css><iframe src=https://cdn.example/x></iframe><p>\u{fffd}",
    "\0\0binary",
];
const SHEETS: [&str; 7] = [
    "@import 'c.css'; p{color:red} .b:hover{color:blue}",
    "@import url(b.css) layer(low); .a .b{top:2px;margin:1px 2px} .broken{colour:x}",
    "@layer low, high; @layer high{p{color:green !important}} @media (min-width:1px){.b{color:navy}}",
    "@import 'https://cdn.example/far.css'; .b::before{content:'x'} .a{color:f00}",
    "@import 'gone.css'; p{width:10}",
    "",
    "\0 no text",
];
const SCRIPTS: [&str; 6] = [
    "import { two } from './two';\nexport default function One() { return two('https://api.example/v1') }",
    "export const two = () => <Three a={1} onPress={two} onBlur={Three} />;\nimport Three from './three'; import './gone';",
    "export * from './one'; export default class Three {}\napp.get('/x', two)",
    "import { Component } from '@angular/core';\n@Component({ selector: 'app-hive', templateUrl: '../p1.html', styleUrls: ['../css/a.css'] })\nexport class Hive {}",
    "@Component({ selector: 'app-root', template: `<app-hive></app-hive>` })\nexport class Root {}",
    "const a = require('kit'); const routes = [{ path: 'x', component: Hive }]",
];
const PATHS: [(&str, &[&str]); 12] = [
    ("p1.html", &PAGES),
    ("p2.html", &PAGES),
    ("sub/p3.html", &PAGES),
    ("other.html", &PAGES),
    ("css/a.css", &SHEETS),
    ("css/b.css", &SHEETS),
    ("css/c.css", &SHEETS),
    ("css/d.css", &SHEETS),
    ("src/one.ts", &SCRIPTS),
    ("src/two.tsx", &SCRIPTS),
    ("src/three.js", &SCRIPTS),
    ("logo.png", &["x"]),
];

fn project(files: &Files) -> Project {
    let files = files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
    Project::new(files, Vec::new())
}

fn edit(files: &mut Files, numbers: &mut Numbers) {
    let (path, texts) = PATHS[numbers.next(PATHS.len())];
    match numbers.next(4) {
        0 => drop(files.remove(path)),
        1 => drop(files.entry(path.to_owned()).and_modify(|text| text.insert(0, '\n'))),
        _ => drop(files.insert(path.to_owned(), texts[numbers.next(texts.len())].to_owned())),
    }
}

#[test]
fn a_map_of_what_was_left_is_the_whole_map_whatever_was_edited() {
    let mut numbers = Numbers(0x2545_F491_4F6C_DD1D);
    for depth in [Depth::Off, Depth::Basic, Depth::Deep] {
        let (mut files, mut left) = (Files::new(), Vec::new());
        for step in 0..400 {
            // Several at once now and then, and none as well.
            for _ in 0..[1, 1, 1, 5, 0][numbers.next(5)] {
                edit(&mut files, &mut numbers);
            }
            let project = project(&files);
            let (json, leaves) = remap(&project, depth, &left);
            assert_eq!(text(&json), text(&map(&project, depth)), "step {step} of {depth:?}: {files:#?}");
            assert!(
                leaves == remap(&project, depth, &[]).1,
                "step {step} of {depth:?} leaves something else"
            );
            left = leaves;
        }
    }
}

fn text(json: &[u8]) -> &str {
    std::str::from_utf8(json).unwrap()
}

fn site() -> Files {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    Files::from([
        file("a.html", "<!doctype html><link rel=stylesheet href=s.css><p class=b>1</p>"),
        file("b.html", "<!doctype html><link rel=stylesheet href=t.css><p class=b>2</p>"),
        file("s.css", ".b{color:blue}"),
        file("t.css", ".b{color:gray}"),
        file("u.js", "import './v.js'; export function plum() {}"),
        file("v.js", "export default 1"),
    ])
}

/// The bytes with a word of the same length for another.
fn with(left: &[u8], word: &str, other: &str) -> Vec<u8> {
    let (word, other) = (word.as_bytes(), other.as_bytes());
    let mut bytes = left.to_vec();
    let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(word)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + word.len()].copy_from_slice(other);
    }
    bytes
}

#[test]
fn what_did_not_change_is_taken_and_what_changed_is_made_anew() {
    let files = site();
    let (_, left) = remap(&project(&files), Depth::Deep, &[]);
    // What was left says something else than the files, which tells who was asked.
    let left = with(&with(&with(&left, "blue", "teal"), "gray", "pink"), "plum", "pear");
    let words = |files: &Files| {
        let map = remap(&project(files), Depth::Deep, &left).0;
        ["teal", "pink", "pear"].map(|word| text(&map).contains(word))
    };
    assert_eq!(words(&files), [true, true, true]);
    let edited = |path: &str| {
        let mut files = site();
        files.get_mut(path).unwrap().push(' ');
        words(&files)
    };
    assert_eq!(edited("s.css"), [false, true, true], "a sheet is a part of the pages that load it");
    assert_eq!(edited("b.html"), [true, false, true]);
    assert_eq!(edited("u.js"), [true, true, false]);
    assert_eq!(edited("v.js"), [true, true, true]);
}

#[test]
fn a_sheet_that_was_not_there_is_a_part_of_the_page_that_asked_for_it() {
    let mut files = site();
    files.remove("s.css");
    let (_, left) = remap(&project(&files), Depth::Deep, &[]);
    let whole = project(&site());
    assert_eq!(text(&remap(&whole, Depth::Deep, &left).0), text(&map(&whole, Depth::Deep)));
}

#[test]
fn what_another_depth_or_another_form_left_is_nothing() {
    let project = project(&site());
    let (_, left) = remap(&project, Depth::Deep, &[]);
    let strange = with(&left, "blue", "teal");
    assert!(!text(&remap(&project, Depth::Basic, &strange).0).contains("teal"));
    let older = with(&strange, FORM, "archmap-kept/0");
    assert!(!text(&remap(&project, Depth::Deep, &older).0).contains("teal"));
}

#[test]
fn what_is_cut_counts_as_far_as_it_goes_and_what_is_spoiled_ends_nothing() {
    let project = project(&site());
    let whole = map(&project, Depth::Deep);
    let (_, left) = remap(&project, Depth::Deep, &[]);
    for cut in 0..left.len() {
        assert_eq!(text(&remap(&project, Depth::Deep, &left[..cut]).0), text(&whole), "{cut}");
    }
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for _ in 0..2_000 {
        let mut spoiled = left.clone();
        for _ in 0..=numbers.next(4) {
            let at = numbers.next(spoiled.len());
            spoiled[at] ^= 1 << numbers.next(8);
        }
        // That it is not spoiled, its tag tells before it comes here; it must not end the run.
        assert!(!remap(&project, Depth::Deep, &spoiled).0.is_empty());
    }
}

#[test]
fn a_map_that_meets_a_threshold_is_made_as_a_whole_and_leaves_nothing() {
    let mut files = site();
    let (_, left) = remap(&project(&files), Depth::Deep, &[]);
    assert!(!left.is_empty());
    files.insert("b.html".to_owned(), faulty(limits::NOTED_MAX));
    let project = project(&files);
    let (json, leaves) = remap(&project, Depth::Deep, &left);
    assert!(text(&json).contains("\"hit\":[\"diagnostics\"]"));
    assert_eq!(text(&json), text(&map(&project, Depth::Deep)));
    assert!(leaves.is_empty());
}

/// A page with more faults than these.
fn faulty(faults: usize) -> String {
    (0..=faults).map(|at| format!("<script src={at}.js></script>")).collect()
}

#[test]
fn more_diagnostics_than_are_shown_keep_nothing_from_the_next_map() {
    let mut files = site();
    files.insert("b.html".to_owned(), faulty(limits::DIAGNOSTICS_MAX));
    let page = site()["b.html"].clone() + "<script src=own.js></script>";
    files.insert("c.html".to_owned(), page);
    let before = project(&files);
    let (json, left) = remap(&before, Depth::Deep, &[]);
    assert!(text(&json).contains("\"hit\":[\"diagnostics\"]"));
    assert_eq!(text(&json).matches("map.missing").count(), limits::DIAGNOSTICS_MAX);
    assert!(text(&json).contains("\"path\":\"c.html\""), "a file behind the full one is heard as well");
    files.get_mut("a.html").unwrap().push_str("<p>3</p>");
    let after = project(&files);
    let strange = with(&left, "gray", "pink");
    assert!(text(&remap(&after, Depth::Deep, &strange).0).contains("pink"), "made of what was left");
    assert_eq!(text(&remap(&after, Depth::Deep, &left).0), text(&map(&after, Depth::Deep)));
    // What was hidden is shown as soon as there is room.
    files.insert("b.html".to_owned(), site()["b.html"].clone());
    let after = project(&files);
    assert_eq!(text(&remap(&after, Depth::Deep, &left).0), text(&map(&after, Depth::Deep)));
}

#[test]
fn what_does_not_fit_beside_the_map_is_not_left() {
    let project = project(&site());
    let digests = project.digests();
    let (_, left) = remap(&project, Depth::Deep, &[]);
    let (_, leaves) = Kept::of(&left, Depth::Deep, &digests);
    assert_eq!(leaves.whole(Depth::Deep, 0), left);
    let less = leaves.whole(Depth::Deep, limits::ANSWER_BYTES_MAX - left.len() + 1);
    assert!(!less.is_empty() && left.starts_with(&less));
    assert!(leaves.whole(Depth::Deep, limits::ANSWER_BYTES_MAX).len() < 32);
}
