//! Random module graphs: what an import leads to and when it is evaluated, as Metro has it.
//!
//! The graphs and Metro's answers stand in `tests/golden/metro/random`, a file a seed, made by
//! `cargo xtask bless metro`; a project is written from one and bundled, and the bundle run.

use std::fs;

use serde_json::Value;

use super::app::{app, build, node, printed};
use crate::golden::repository;

/// The steps of each graph, by its name.
fn by_graph(steps: &Value) -> Vec<(String, Vec<Value>)> {
    let mut graphs: Vec<(String, Vec<Value>)> = Vec::new();
    for step in steps.as_array().unwrap() {
        match step.as_str().filter(|text| text.starts_with("graph ")) {
            Some(name) => graphs.push((name.to_owned(), Vec::new())),
            None => graphs.last_mut().unwrap().1.push(step.clone()),
        }
    }
    graphs
}

/// One build of every seed: its name in the golden, the app whose framework it has, the platform,
/// and what else is asked for. React Native evaluates a module when it is first used, Expo where
/// it is imported.
type Build = (&'static str, &'static str, &'static str, &'static [&'static str]);

const REACT_NATIVE: [Build; 3] = [
    ("ios", "rn-bare", "ios", &[]),
    ("android", "rn-bare", "android", &[]),
    ("ios-dev", "rn-bare", "ios", &["--dev"]),
];
const EXPO: [Build; 3] = [
    ("expo-ios", "expo-default", "ios", &[]),
    ("expo-ios-dev", "expo-default", "ios", &["--dev"]),
    ("expo-web", "expo-default", "web", &[]),
];

#[test]
fn random_graphs_resolve_and_evaluate_as_in_metro() {
    check(&REACT_NATIVE);
}

#[test]
fn random_graphs_resolve_and_evaluate_as_in_expo_and_on_the_web() {
    check(&EXPO);
}

fn check(builds: &[Build]) {
    let mut seeds: Vec<_> = fs::read_dir(repository("tests/golden/metro/random"))
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    seeds.sort();
    assert!(seeds.len() >= 3, "{seeds:?}");
    for golden in seeds {
        let orders: Value = serde_json::from_slice(&fs::read(&golden).unwrap()).unwrap();
        for (name, framework, platform, more) in builds {
            let project = tempfile::tempdir().unwrap();
            let mut write = node("random-graphs.mjs");
            write.args(["write", "--golden"]).arg(&golden).arg("--app").arg(app(framework));
            printed(write.args(["--platform", platform, "--to"]).arg(project.path()));
            let built = build(project.path().to_str().unwrap(), platform, more);
            let said = printed(node("random-graphs.mjs").arg("order").arg(built.path("main.jsbundle")));
            let ours = by_graph(&serde_json::from_str(&said).unwrap());
            let metro = by_graph(&orders["orders"][name]);
            assert!(metro.iter().map(|(_, steps)| steps.len()).sum::<usize>() > 300, "too little to tell");
            for (ours, metro) in ours.iter().zip(&metro) {
                assert_eq!(ours, metro, "{name} of {}", golden.display());
            }
            assert_eq!(ours.len(), metro.len());
        }
    }
}
