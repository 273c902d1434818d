//! Components that can be replaced while an app runs, compared with `react-refresh/babel`.
//!
//! The goldens are remade by `node tests/parity/babel/refresh.mjs --root APP`.

use std::collections::BTreeSet;
use std::path::PathBuf;

use transform::Platform;
use transform::api::{Flavour, SourceKind, TransformOptions};

use crate::sources::{app, file, made, options, package};

/// Babel registers the function inside of `forwardRef` apart; React's runtime does that by itself
/// as soon as what `forwardRef` returns is registered.
const BABELS_ALONE: &str = "registers Inner$forwardRef";

fn facts(code: &str) -> BTreeSet<String> {
    let registered = code.split("$RefreshReg$(").skip(1).filter_map(|call| call.split('"').nth(1));
    let signed = code.split('"').filter(|text| text.len() == 28 && text.ends_with('='));
    registered
        .map(|name| format!("registers {name}"))
        .chain(signed.map(|key| {
            let reset = code.contains(&format!("\"{key}\", true"));
            format!("signs {key}{}", if reset { " and resets" } else { "" })
        }))
        .collect()
}

#[track_caller]
fn is_babels(name: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/parity/babel/refresh");
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let golden = std::fs::read_to_string(folder.join(name).with_extension("out")).unwrap();
    let kind = if name.ends_with(".tsx") { SourceKind::Tsx } else { SourceKind::Script };
    let expo = TransformOptions { flavour: Flavour::Expo, inline_requires: false, ..options() };
    let ours = facts(&made(&file(name, kind, &text), &expo).code);
    let theirs: BTreeSet<String> =
        golden.lines().filter(|line| *line != BABELS_ALONE).map(str::to_owned).collect();
    assert_eq!(ours, theirs);
    assert!(ours.len() > 1);
}

#[test]
fn components_and_hooks_are_registered_and_signed_as_babel_does() {
    is_babels("components.tsx");
}

#[test]
fn a_comment_resets_the_state_of_a_file_as_with_babel() {
    is_babels("reset.jsx");
}

#[test]
fn only_the_apps_own_files_are_refreshed_and_only_in_development() {
    let source = "export function Screen() { useState(0); return null; }";
    let has = |code: &str| code.contains("$RefreshReg$");
    assert!(has(&made(&app("a.js", source), &options()).code));
    assert!(!has(&made(&app("a.js", source), &TransformOptions { dev: false, ..options() }).code));
    assert!(!has(&made(&package("node_modules/p/a.js", source), &options()).code));
    let web = TransformOptions { platform: Platform::Web, ..options() };
    assert!(!has(&made(&app("a.js", source), &web).code), "the web's runtime knows nothing of it");
}
