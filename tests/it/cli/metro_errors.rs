//! What Metro refuses to bundle, class by class, through the whole sandbox: each has its code, its
//! file and line, the lines around it and something to do.
//!
//! The classes are those of `metro`, `metro-resolver`, `metro-config` and the parser in front of
//! them. Not here, because they cannot happen: what Metro says of its own server, watcher, workers
//! and caches, of haste names, which React Native turned off, and of files that change while it
//! looks at them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::project::Project;
use crate::golden::repository;

/// A mistake beside an app that is sound.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mistake {
    metro: String,
    files: Vec<(String, String)>,
    code: String,
    path: String,
    line: u64,
    says: String,
}

fn mistakes(group: &str) -> Vec<Mistake> {
    let table = std::fs::read_to_string(repository("tests/it/cli/metro_errors.toml")).unwrap();
    let mut groups: BTreeMap<String, Vec<Mistake>> = toml::from_str(&table).unwrap();
    groups.remove(group).unwrap()
}

fn check(group: &str) {
    let small = Project::small(&[]);
    for mistake in mistakes(group) {
        let Mistake { metro, code, path, line, says, .. } = &mistake;
        let files: Vec<_> = mistake.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let project = small.again(&files);
        let ended = project.build(&[]);
        assert_eq!(ended.code, Some(1), "{metro}: {}\n{}", ended.stdout, ended.stderr);
        let error = ended.json()["error"].clone();
        let found = &error["diagnostics"][0];
        let place = (found["code"].as_str(), found["path"].as_str(), found["line"].as_u64().unwrap_or(0));
        assert_eq!(place, (Some(code.as_str()), Some(path.as_str()), *line), "{metro}: {error:#}");
        let hint = found["hint"].as_str().unwrap_or_default();
        let said = format!("{} {hint}", found["message"].as_str().unwrap_or_default());
        assert!(!hint.is_empty() && said.contains(says), "{metro}: {error:#}");
        let is_framed =
            |frame: &Value| frame.as_str().is_some_and(|frame| frame.contains(&format!("> {line} |")));
        assert!(*line == 0 || is_framed(&found["frame"]), "{metro}: {error:#}");
        assert!(!project.out().exists(), "{metro}");
    }
}

#[test]
fn an_import_that_metro_cannot_resolve_is_shown_with_what_was_tried() {
    check("resolution");
}

#[test]
fn a_call_that_metro_cannot_read_is_shown_with_the_argument_that_is_wrong() {
    check("calls");
}

#[test]
fn what_is_no_program_is_shown_at_its_place() {
    check("syntax");
}

#[test]
fn a_file_or_a_configuration_that_metro_does_not_take_is_shown_at_its_place() {
    check("files");
}

#[test]
fn what_metro_takes_is_no_mistake() {
    let project = Project::small(&[
        (".babelrc", "// ours\n{ presets: [], plugins: [] }"),
        ("metro.config.ts", "const a: number = 1;\nexport default { a };"),
        (
            "greet.js",
            "import './sloppy';\nexport { greet as default, greet } from './a.ts';\nlet a = <b>{1} > 2 }</b>;\nimport './empty.txt';",
        ),
        (
            "sloppy.js",
            "function f(a, a) { delete a; }\nclass A extends Object { #a = 1; get #b() { return 1; } set #b(c) {} constructor() { super(); } }",
        ),
        (
            "a.ts",
            "interface A {}\nexport type { A };\nexport const greet = () => 1;\nnamespace N { export const a = 1; }\nnamespace N { export const b = 1; }\nexport { N };",
        ),
        ("node_modules/react/package.json", r#"{"name":"react"}"#),
        ("node_modules/react/jsx-runtime.js", "exports.jsx = exports.jsxs = (...all) => all;"),
        ("node_modules/react/jsx-dev-runtime.js", "exports.jsxDEV = (...all) => all;"),
        ("empty.txt.js", ""),
    ]);
    project.build(&[]).done();
}
