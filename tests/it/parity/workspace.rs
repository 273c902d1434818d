//! An app below the root of a workspace, as npm, pnpm and Yarn lay it out: the modules are Metro's.

use std::fs;

use super::app::{app, build, node, printed};
use crate::golden::repository;

/// Builds the member and compares with the golden of the whole workspace.
fn has_the_modules_of_metro(workspace: &str, platform: &str) {
    let built = build(&format!("{workspace}/apps/mobile"), platform, &[]);
    let mut list = node("module-set.mjs");
    list.arg(built.path("main.jsbundle.map")).arg(app(workspace)).arg(built.report());
    let ours = printed(&mut list);
    let name = format!("tests/golden/metro/{workspace}/{platform}-prod.modules.txt");
    let metro = fs::read_to_string(repository(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let ours: Vec<&str> = ours.lines().collect();
    let metro: Vec<&str> = metro.lines().collect();
    assert_eq!(ours, metro);
    let versions = ours.iter().filter(|name| name.ends_with("/ms/index.js")).count();
    assert_eq!(versions, 3, "each member has the version that it asked for");
}

#[test]
fn a_member_of_a_workspace_of_npm_has_the_modules_of_metro() {
    for platform in ["ios", "android"] {
        has_the_modules_of_metro("workspace-npm", platform);
    }
}

#[test]
fn a_member_of_a_workspace_of_pnpm_has_the_modules_of_metro() {
    for platform in ["ios", "android"] {
        has_the_modules_of_metro("workspace-pnpm", platform);
    }
}

#[test]
fn a_member_of_a_workspace_of_yarn_has_the_modules_of_metro() {
    for platform in ["ios", "android"] {
        has_the_modules_of_metro("workspace-yarn", platform);
    }
}
