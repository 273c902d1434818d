//! Native bundles: the modules Metro takes, the tree React asks for, and a compiler
//! that accepts them.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use super::app::{Built, app, build, node, printed};
use crate::golden::repository;

/// React Native declares two Flow enums in `VirtualView.js`. Metro's Babel preset drops the
/// declarations and keeps their uses, which then throw; we lower them, and that needs the package.
const OURS_ALONE: [&str; 1] = ["node_modules/flow-enums-runtime/index.js"];

/// Expo's Metro leaves `Platform.select` to run time in development. We decide it while
/// bundling, as React Native's Metro does, so the branch for iOS is not in a bundle for Android.
const METRO_ALONE_ON_ANDROID: [&str; 1] =
    ["node_modules/react-native/Libraries/Components/SafeAreaView/RCTSafeAreaViewNativeComponent.js"];

/// The template turns the React Compiler on, which keeps values between renders and changes no
/// screen. We do not run it, so nothing asks for its runtime.
const METRO_ALONE_WITH_THE_COMPILER: [&str; 3] = [
    "node_modules/react/cjs/react-compiler-runtime.development.js",
    "node_modules/react/cjs/react-compiler-runtime.production.js",
    "node_modules/react/compiler-runtime.js",
];

/// What stands in a golden and in ours.
struct Case {
    app: &'static str,
    /// The name the app registers.
    registers: &'static str,
    platform: &'static str,
    dev: bool,
}

impl Case {
    fn check(&self) {
        let more: &[&str] = if self.dev { &["--dev"] } else { &[] };
        let built = build(self.app, self.platform, more);
        self.has_the_modules_of_metro(&built);
        self.draws_the_tree_of_metro(&built);
        self.is_accepted_by_hermes(&built);
    }

    fn golden(&self, what: &str) -> String {
        let mode = if self.dev { "dev" } else { "prod" };
        let name = format!("tests/golden/metro/{}/{}-{mode}.{what}", self.app, self.platform);
        fs::read_to_string(repository(&name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn has_the_modules_of_metro(&self, built: &Built) {
        let mut list = node("module-set.mjs");
        list.arg(built.path("main.jsbundle.map")).arg(app(self.app)).arg(built.report());
        let ours = printed(&mut list);
        let metro = self.golden("modules.txt");
        let (ours_set, metro_set): (BTreeSet<_>, BTreeSet<_>) =
            (ours.lines().collect(), metro.lines().collect());
        let missing: Vec<_> =
            metro_set.difference(&ours_set).filter(|name| !self.is_metros_alone(name)).collect();
        let more: Vec<_> =
            ours_set.difference(&metro_set).filter(|name| !OURS_ALONE.contains(name)).collect();
        assert!(
            missing.is_empty() && more.is_empty(),
            "Metro alone has {missing:#?}\nwe alone have {more:#?}"
        );
        assert!(ours.lines().count() > 400, "a bundle of this size cannot be right");
    }

    fn is_metros_alone(&self, name: &str) -> bool {
        let is_expo = self.app.starts_with("expo-");
        let (compiles, android) = (self.app == "expo-default", is_expo && self.platform == "android");
        (compiles && METRO_ALONE_WITH_THE_COMPILER.contains(&name))
            || (android && self.dev && METRO_ALONE_ON_ANDROID.contains(&name))
    }

    fn draws_the_tree_of_metro(&self, built: &Built) {
        let tree = built.beside("tree.json");
        let mut harness = node("fabric.mjs");
        harness.arg(built.path("main.jsbundle")).args(["--app", self.registers, "--platform", self.platform]);
        harness.arg("--root").arg(app(self.app)).arg("--tree").arg(&tree);
        if self.dev {
            harness.arg("--dev");
        }
        let said = printed(&mut harness);
        let (ours, metro) = (fs::read_to_string(tree).unwrap(), self.golden("tree.json"));
        let diff = similar::TextDiff::from_lines(metro.as_str(), ours.as_str());
        assert!(
            ours == metro,
            "the trees differ; the app said {said}\n{}",
            diff.unified_diff().header("Metro", "ours")
        );
    }

    fn is_accepted_by_hermes(&self, built: &Built) {
        let hermesc = app(self.app).join("node_modules/hermes-compiler/hermesc/linux64-bin/hermesc");
        let bytecode = built.beside("main.hbc");
        let mut compile = Command::new(hermesc);
        compile.args(["-emit-binary", "-O0", "-w", "-out"]).arg(&bytecode).arg(built.path("main.jsbundle"));
        printed(&mut compile);
        assert!(fs::metadata(bytecode).unwrap().len() > 100_000);
    }
}

const fn rn_bare(platform: &'static str, dev: bool) -> Case {
    Case { app: "rn-bare", registers: "HelloWorld", platform, dev }
}

const fn expo_blank(platform: &'static str, dev: bool) -> Case {
    Case { app: "expo-blank", registers: "main", platform, dev }
}

const fn expo_default(platform: &'static str, dev: bool) -> Case {
    Case { app: "expo-default", registers: "main", platform, dev }
}

/// The other templates, and popular libraries on one screen.
const fn expo(app: &'static str, platform: &'static str) -> Case {
    Case { app, registers: "main", platform, dev: false }
}

const fn hive_notes(platform: &'static str) -> Case {
    Case { app: "hive-notes", registers: "main", platform, dev: false }
}

#[test]
fn the_bare_template_for_ios_in_production_is_what_metro_makes() {
    rn_bare("ios", false).check();
}

#[test]
fn the_bare_template_for_ios_in_development_is_what_metro_makes() {
    rn_bare("ios", true).check();
}

#[test]
fn the_bare_template_for_android_in_production_is_what_metro_makes() {
    rn_bare("android", false).check();
}

#[test]
fn the_bare_template_for_android_in_development_is_what_metro_makes() {
    rn_bare("android", true).check();
}

#[test]
fn the_blank_expo_template_for_ios_in_production_is_what_metro_makes() {
    expo_blank("ios", false).check();
}

#[test]
fn the_blank_expo_template_for_ios_in_development_is_what_metro_makes() {
    expo_blank("ios", true).check();
}

#[test]
fn the_blank_expo_template_for_android_in_production_is_what_metro_makes() {
    expo_blank("android", false).check();
}

#[test]
fn the_blank_expo_template_for_android_in_development_is_what_metro_makes() {
    expo_blank("android", true).check();
}

#[test]
fn the_default_expo_template_for_ios_in_production_is_what_metro_makes() {
    expo_default("ios", false).check();
}

#[test]
fn the_default_expo_template_for_ios_in_development_is_what_metro_makes() {
    expo_default("ios", true).check();
}

#[test]
fn the_default_expo_template_for_android_in_production_is_what_metro_makes() {
    expo_default("android", false).check();
}

#[test]
fn the_default_expo_template_for_android_in_development_is_what_metro_makes() {
    expo_default("android", true).check();
}

#[test]
fn the_bare_minimum_template_is_what_metro_makes() {
    expo("expo-bare-minimum", "ios").check();
    expo("expo-bare-minimum", "android").check();
}

#[test]
fn the_tabs_template_for_ios_is_what_metro_makes() {
    expo("expo-tabs", "ios").check();
}

#[test]
fn the_tabs_template_for_android_is_what_metro_makes() {
    expo("expo-tabs", "android").check();
}

#[test]
fn popular_libraries_for_ios_are_what_metro_makes() {
    expo("expo-libraries", "ios").check();
}

#[test]
fn popular_libraries_for_android_are_what_metro_makes() {
    expo("expo-libraries", "android").check();
}

#[test]
fn styles_of_nativewind_for_ios_are_what_metro_makes() {
    expo("expo-nativewind", "ios").check();
}

#[test]
fn styles_of_nativewind_for_android_are_what_metro_makes() {
    expo("expo-nativewind", "android").check();
}

#[test]
fn the_showcase_for_ios_is_what_metro_makes() {
    hive_notes("ios").check();
}

#[test]
fn the_showcase_for_android_is_what_metro_makes() {
    hive_notes("android").check();
}
