//! Which copy of a native package the app is linked with, where several are installed.
//!
//! A native module exists once in an app, so its JavaScript must, too: Expo searches the
//! dependencies from the app downwards, links the copy nearest to the app, and lets every
//! import lead there. The search is only made for a package that has more than one folder
//! and is native: for all others it could not change the answer.
//!
//! What it does not do: evaluate a `react-native.config.js`, which is read as far as it is
//! literals, or look into the app's own `modules` folder, whose modules are imported by path.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use serde_json::Value;

use super::Resolver;
use super::native_config::{Linking, NativeConfig};
use crate::Platform;
use crate::image::Found;
use crate::packages::Package;
use crate::paths::{basename, child, dirname};

/// How deep dependencies are searched for native modules.
const DEPTH_MAX: usize = 9;
/// Scopes whose packages lead to no native module.
const TOOL_SCOPES: [&str; 7] = [
    "@babel/",
    "@types/",
    "@eslint/",
    "@typescript-eslint/",
    "@testing-library/",
    "@aws-crypto/",
    "@aws-sdk/",
];
/// Packages that lead to no native module.
const TOOLS: [&str; 19] = [
    "@expo/cli",
    "@expo/config",
    "@expo/metro-config",
    "@expo/package-manager",
    "@expo/prebuild-config",
    "@expo/webpack-config",
    "@expo/env",
    "@react-native/codegen",
    "@react-native/community-cli-plugin",
    "eslint",
    "eslint-config-expo",
    "eslint-plugin-expo",
    "eslint-plugin-import",
    "jest-expo",
    "jest",
    "metro",
    "ts-node",
    "typescript",
    "webpack",
];
/// What makes a package one that Gradle can build.
const GRADLE_FILES: [&str; 3] =
    ["android/build.gradle", "android/build.gradle.kts", "android/src/main/AndroidManifest.xml"];

/// What is installed, searched when something asks for it.
#[derive(Default)]
pub(super) struct Installed {
    /// Every folder of a package, by its name.
    copies: OnceCell<BTreeMap<String, Vec<Rc<str>>>>,
    /// The copy nearest to the app, by name.
    nearest: OnceCell<BTreeMap<String, Rc<str>>>,
    /// The app's own word on linking.
    config: OnceCell<NativeConfig>,
}

/// One package that the search has found.
struct Dependency {
    name: String,
    /// The path by which it was found, which a link may be in.
    origin: String,
    folder: Rc<str>,
}

impl Resolver<'_> {
    /// The folder of the copy that the app is linked with, when `package` has several and is native.
    pub(super) fn linked_folder(&self, package: &str) -> Option<Rc<str>> {
        let copies = self.installed.copies.get_or_init(|| self.find_copies());
        let copies = copies.get(package).filter(|copies| copies.len() > 1)?;
        if !copies.iter().any(|folder| self.is_linked(package, folder)) {
            return None;
        }
        let nearest = self.installed.nearest.get_or_init(|| self.search_dependencies());
        nearest.get(package).filter(|folder| self.is_linked(package, folder)).map(Rc::clone)
    }

    /// Whether the app's manifest has `package` in the list `field` of `expo.autolinking`.
    pub(super) fn autolinking_names(&self, field: &str, package: &str) -> bool {
        let Some(app) = self.packages.at(self.image.app()) else { return false };
        let Some(options) = app.fields.get("expo").and_then(|expo| expo.get("autolinking")) else {
            return false;
        };
        let platform = if self.settings.platform == Platform::Android { "android" } else { "ios" };
        [options.get(platform).and_then(|own| own.get(field)), options.get(field)]
            .into_iter()
            .flatten()
            .filter_map(Value::as_array)
            .any(|names| names.iter().any(|name| name.as_str() == Some(package)))
    }

    /// Whether the package in `folder` has a native part for the platform that is linked.
    fn is_linked(&self, package: &str, folder: &str) -> bool {
        let platform = self.settings.platform;
        package != "react-native"
            && (self.is_expo_module(folder, platform == Platform::Android)
                || (self.has_native_part(folder) && !self.is_linking_off(package, folder)))
    }

    fn has_native_part(&self, folder: &str) -> bool {
        if self.settings.platform == Platform::Android {
            return GRADLE_FILES.iter().any(|file| self.image.has_file(&child(folder, file)));
        }
        let own = |path: &&Rc<str>| dirname(path) == folder && path.ends_with(".podspec");
        self.image.files_below(folder).any(|path| own(&path))
    }

    /// Whether the app, or else the package itself, says that it is not linked.
    fn is_linking_off(&self, package: &str, folder: &str) -> bool {
        let platform = self.settings.platform;
        let app = self.installed.config.get_or_init(|| NativeConfig::of(self.packages, self.image.app()));
        let own = NativeConfig::of(self.packages, folder);
        let said = app.of_dependency(package, platform).or_else(|| own.of_itself(platform));
        own.is_platform() || said == Some(Linking::Off)
    }

    fn is_expo_module(&self, folder: &str, android: bool) -> bool {
        let platforms = self.packages.json(&child(folder, "expo-module.config.json"));
        let platforms =
            platforms.as_ref().and_then(|config| config.get("platforms")).and_then(Value::as_array);
        let wanted: &[&str] = if android { &["android"] } else { &["ios", "apple"] };
        platforms
            .is_some_and(|names| names.iter().filter_map(Value::as_str).any(|name| wanted.contains(&name)))
    }

    fn find_copies(&self) -> BTreeMap<String, Vec<Rc<str>>> {
        let mut copies: BTreeMap<String, Vec<Rc<str>>> = BTreeMap::new();
        let manifests = self.image.files_below("").filter(|path| basename(path) == "package.json");
        for folder in manifests.map(|path| dirname(path)) {
            let Some((_, name)) = folder.rsplit_once("node_modules/") else { continue };
            let parts = name.matches('/').count();
            if parts == usize::from(name.starts_with('@')) {
                copies.entry(name.to_owned()).or_default().push(Rc::from(folder));
            }
        }
        copies
    }

    /// The copy nearest to the app of everything it depends on, level by level.
    fn search_dependencies(&self) -> BTreeMap<String, Rc<str>> {
        let mut nearest = BTreeMap::new();
        let mut seen = BTreeSet::from([Rc::from(self.image.app())]);
        let mut level: VecDeque<Rc<str>> = seen.iter().cloned().collect();
        for depth in 0..=DEPTH_MAX {
            let mut found: Vec<Dependency> =
                level.iter().flat_map(|folder| self.dependencies(folder, depth == 0)).collect();
            // Of copies on one level the one in the fewest folders of packages wins.
            found.sort_by_cached_key(|one| (one.origin.matches("node_modules/").count(), one.origin.clone()));
            level.clear();
            for Dependency { name, folder, .. } in found {
                nearest.entry(name).or_insert_with(|| Rc::clone(&folder));
                if seen.insert(Rc::clone(&folder)) {
                    level.push_back(folder);
                }
            }
        }
        nearest
    }

    fn dependencies(&self, folder: &str, is_app: bool) -> Vec<Dependency> {
        let Some(package) = self.packages.at(folder) else { return Vec::new() };
        names_of(&package, is_app).into_iter().filter_map(|name| self.find_dependency(folder, name)).collect()
    }

    fn find_dependency(&self, folder: &str, name: String) -> Option<Dependency> {
        let mut above = folder;
        loop {
            let origin = child(&child(above, "node_modules"), &name);
            if let Some(Found::Directory(folder)) = self.image.lookup(&origin) {
                return Some(Dependency { name, origin, folder });
            }
            if above.is_empty() {
                return None;
            }
            above = dirname(above);
        }
    }
}

/// What a package needs to have installed. Of the app also what only its developers use.
fn names_of(package: &Package, is_app: bool) -> BTreeSet<String> {
    let field = |name: &str| package.fields.get(name).and_then(Value::as_object);
    let names = |name: &str| field(name).into_iter().flat_map(|names| names.keys().cloned());
    let optional = |name: &String| {
        let meta = field("peerDependenciesMeta").and_then(|meta| meta.get(name));
        meta.and_then(|meta| meta.get("optional")).is_some_and(|optional| *optional != Value::Bool(false))
    };
    let mut all: BTreeSet<String> = names("dependencies").collect();
    all.extend(names("peerDependencies").filter(|name| !optional(name)));
    if is_app {
        all.extend(names("devDependencies"));
    }
    all.retain(|name| {
        !TOOLS.contains(&name.as_str()) && !TOOL_SCOPES.iter().any(|scope| name.starts_with(scope))
    });
    all
}
