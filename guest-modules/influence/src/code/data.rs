//! Files that name other files in their values: JSON, YAML and TOML.
//!
//! Only keys that are known to name a file are asked, and a name counts when there is such a
//! file; nothing is said of values that merely look like a path.

use super::lines::urls_of;
use super::outline::{ImportKind, Outline};
use super::token::{Kind, tokens};

/// Keys whose values name files, in manifests and configurations that are widely used.
const KEYS: [&str; 40] = [
    "$ref",
    "$schema",
    "assets",
    "backgroundImage",
    "bin",
    "browser",
    "build",
    "dockerfile",
    "entry",
    "env_file",
    "exports",
    "extends",
    "favicon",
    "file",
    "files",
    "foregroundImage",
    "icon",
    "icons",
    "image",
    "import",
    "include",
    "index",
    "input",
    "license-file",
    "logo",
    "main",
    "module",
    "path",
    "polyfills",
    "readme",
    "schema",
    "source",
    "src",
    "start_url",
    "styles",
    "template",
    "tsConfig",
    "types",
    "typings",
    "web",
];

/// Pieces of one value. Stops values in values from being read again and again.
const VALUE_MAX: usize = 200;

/// JSON, with comments or without.
pub(super) fn json(text: &str) -> Outline {
    let mut outline = Outline::default();
    let tokens = tokens(text);
    for (at, token) in tokens.iter().enumerate() {
        let Kind::Text(key) = token.kind else { continue };
        outline.url(key, token.line);
        let kind = |ahead: usize| tokens.get(at + ahead).map(|token| token.kind);
        if kind(1) != Some(Kind::Mark(b':')) || !KEYS.contains(&key) {
            continue;
        }
        if let Some(Kind::Text(value)) = kind(2) {
            outline.import(value, ImportKind::Reference, token.line);
            continue;
        }
        let inside = tokens.get(at + 3..).unwrap_or_default().iter().take(VALUE_MAX);
        for (place, one) in inside.take_while(|one| one.depth > token.depth).enumerate() {
            let behind = tokens.get(at + 4 + place).map(|token| token.kind);
            if let (Kind::Text(value), true) = (one.kind, behind != Some(Kind::Mark(b':'))) {
                outline.import(value, ImportKind::Reference, one.line);
            }
        }
    }
    outline
}

/// YAML and TOML, as far as their lines tell.
pub(super) fn plain(text: &str) -> Outline {
    let mut outline = Outline::default();
    // A list of files goes on below its key.
    let mut listed = false;
    for (line, number) in text.lines().zip(1_u32..) {
        for url in urls_of(line) {
            outline.url(url, number);
        }
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let item = line.strip_prefix("- ").unwrap_or(line);
        let Some((key, value)) = pair(item) else {
            if listed {
                values(item, number, &mut outline);
                listed = !item.ends_with(']');
            }
            continue;
        };
        listed = KEYS.contains(&key);
        if listed {
            values(value, number, &mut outline);
            listed = value.is_empty() || value.starts_with('[') && !value.ends_with(']');
        }
    }
    outline
}

/// `key: value`, `key:` or `key = value`.
fn pair(item: &str) -> Option<(&str, &str)> {
    let (key, value) = item
        .split_once(": ")
        .or_else(|| Some((item.strip_suffix(':')?, "")))
        .or_else(|| item.split_once(" = "))?;
    Some((bare(key), value.trim()))
}

/// One value, or those of a list or a table on one line.
fn values(text: &str, line: u32, outline: &mut Outline) {
    let many = text.trim_matches(['[', ']', '{', '}']).split(',');
    for one in many.take(VALUE_MAX) {
        let value = bare(pair(one.trim()).map_or(one, |(_, value)| value));
        if !value.is_empty() {
            outline.import(value, ImportKind::Reference, line);
        }
    }
}

fn bare(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}
