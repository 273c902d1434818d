//! What a finished build says about itself.

mod treemap;
mod why;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use hivesync_protocol::wit::bundler::{ModuleReport, Report};
use hivesync_protocol::wit::modules::Flavour;
use hivesync_protocol::wit::types::{Diagnostic, Platform};
use hivesync_sandbox::LogLine;
use hivesync_sandbox::audit::RunRecord;
use hivesync_types::Digest;
use serde::Serialize;

use crate::metadata::Metadata;

pub use why::Why;

/// A finished preview.
#[derive(Debug)]
pub struct BuildReport {
    /// Where the bundle is.
    pub out: PathBuf,
    /// Bytes of the zip.
    pub zip_bytes: u64,
    /// What stands in its `metadata.json`, without the signature.
    pub metadata: Metadata,
    /// The modules.
    pub modules: Vec<ModuleReport>,
    /// Warnings and notes.
    pub diagnostics: Vec<Diagnostic>,
    /// The step's log.
    pub log: Vec<LogLine>,
    /// The audit record of the step.
    pub record: Box<RunRecord>,
    /// The record's place in the audit chain.
    pub audit_entry: Option<Digest>,
    /// What went in.
    pub image: ImageReport,
    /// How long each stage took.
    pub timings: Timings,
}

/// What went into a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ImageReport {
    /// Files and links.
    pub entries: usize,
    /// Bytes of all layers.
    pub bytes: u64,
    /// No package was read, because their layer was in the cache.
    pub packages_from_cache: bool,
    /// The packages are ones that were restored beside the project.
    pub packages_restored: bool,
}

/// How long each stage took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Timings {
    /// Looking at the project, in milliseconds.
    #[serde(rename = "checkout_ms", serialize_with = "millis")]
    pub checkout: Duration,
    /// Restoring packages, in milliseconds.
    #[serde(rename = "restore_ms", serialize_with = "millis")]
    pub restore: Duration,
    /// Packing the image, in milliseconds.
    #[serde(rename = "pack_ms", serialize_with = "millis")]
    pub pack: Duration,
    /// The sandboxed step, in milliseconds.
    #[serde(rename = "bundling_ms", serialize_with = "millis")]
    pub bundling: Duration,
    /// Zip and signature, in milliseconds.
    #[serde(rename = "packaging_ms", serialize_with = "millis")]
    pub packaging: Duration,
    /// From the request to the renamed zip, in milliseconds.
    #[serde(rename = "total_ms", serialize_with = "millis")]
    pub total: Duration,
}

fn millis<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}

/// The modules of a bundle, their sizes, and who asks for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModulesReport<'a> {
    /// The conventions that were followed.
    pub flavour: &'a str,
    /// The entry file.
    pub entry: &'a str,
    /// Bytes of all modules.
    pub bytes: u64,
    /// One a package and one for the app itself, the largest first.
    pub packages: Vec<PackageUse<'a>>,
    /// Packages that are in the bundle from more than one folder, by name.
    pub duplicates: Vec<Duplicate<'a>>,
    /// In ascending order of id.
    pub modules: Vec<ModuleUse<'a>>,
}

/// A package that is there more than once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Duplicate<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where each copy lies, in ascending order.
    pub folders: Vec<&'a str>,
}

/// All modules of one package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackageUse<'a> {
    /// Its name; empty for the app itself.
    pub name: &'a str,
    /// How many modules.
    pub modules: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// One module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModuleUse<'a> {
    /// Its id in the bundle.
    pub id: u32,
    /// Its path in the project, or a name in `virtual:`.
    pub path: &'a str,
    /// The package it belongs to; empty for the app itself.
    pub package: &'a str,
    /// Bytes of its code.
    pub bytes: u32,
    /// The ids it asks for.
    pub dependencies: &'a [u32],
    /// The ids that ask for it.
    pub required_by: Vec<u32>,
}

impl BuildReport {
    /// The modules, their sizes, and who asks for them.
    pub fn modules_report(&self) -> ModulesReport<'_> {
        modules_report((&self.metadata.flavour, &self.metadata.entry), &self.modules)
    }

    /// The same as a page to look at: one file of HTML.
    pub fn modules_page(&self) -> String {
        treemap::page(&self.modules_report())
    }

    /// Why a module is in: a path, the end of one, or the name of a package. The error
    /// names modules that may have been meant.
    pub fn why(&self, module: &str) -> Result<Why<'_>, Vec<&str>> {
        why::why(&self.modules_report(), module)
    }
}

fn modules_report<'a>(
    (flavour, entry): (&'a str, &'a str),
    modules: &'a [ModuleReport],
) -> ModulesReport<'a> {
    let mut required_by: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut packages: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    for module in modules {
        for dependency in &module.dependencies {
            required_by.entry(*dependency).or_default().push(module.id);
        }
        let package = packages.entry(package_of(&module.path)).or_default();
        package.0 += 1;
        package.1 += u64::from(module.bytes);
    }
    let duplicates = duplicates(modules);
    let use_of = |module: &'a ModuleReport| {
        let mut by = required_by.remove(&module.id).unwrap_or_default();
        by.sort_unstable();
        by.dedup();
        ModuleUse {
            id: module.id,
            path: &module.path,
            package: package_of(&module.path),
            bytes: module.bytes,
            dependencies: &module.dependencies,
            required_by: by,
        }
    };
    let mut modules: Vec<_> = modules.iter().map(use_of).collect();
    modules.sort_unstable_by_key(|module| module.id);
    let mut packages: Vec<_> =
        packages.into_iter().map(|(name, (modules, bytes))| PackageUse { name, modules, bytes }).collect();
    packages.sort_by_key(|package| std::cmp::Reverse(package.bytes));
    ModulesReport {
        flavour,
        entry,
        bytes: packages.iter().map(|package| package.bytes).sum(),
        packages,
        duplicates,
        modules,
    }
}

fn duplicates(modules: &[ModuleReport]) -> Vec<Duplicate<'_>> {
    let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for module in modules {
        let name = package_of(&module.path);
        let before = module.path.rsplit_once("node_modules/").map_or(0, |(before, _)| before.len());
        let folder = module.path.get(..before + "node_modules/".len() + name.len());
        if let Some(folder) = folder.filter(|_| !name.is_empty()) {
            folders.entry(name).or_default().insert(folder);
        }
    }
    let many = folders.into_iter().filter(|(_, folders)| folders.len() > 1);
    many.map(|(name, folders)| Duplicate { name, folders: folders.into_iter().collect() }).collect()
}

/// The package that a path belongs to: what stands behind the last `node_modules`.
fn package_of(path: &str) -> &str {
    let Some((_, inside)) = path.rsplit_once("node_modules/") else { return "" };
    let names = if inside.starts_with('@') { 2 } else { 1 };
    let end = inside.match_indices('/').nth(names - 1).map_or(inside.len(), |(at, _)| at);
    inside.get(..end).unwrap_or_default()
}

/// The word for a flavour in reports.
pub(crate) const fn flavour_name(flavour: Flavour) -> &'static str {
    match flavour {
        Flavour::ReactNative => "react-native",
        Flavour::Expo => "expo",
        Flavour::Web => "web",
    }
}

/// An iPad gets the bundle for iOS.
pub(crate) const fn guest_platform(platform: hivesync_types::Platform) -> Platform {
    match platform {
        hivesync_types::Platform::Ios | hivesync_types::Platform::Ipad => Platform::Ios,
        hivesync_types::Platform::Android => Platform::Android,
        hivesync_types::Platform::Web => Platform::Web,
    }
}

/// `logs.txt`: what was said and what was found, without times, so that equal runs
/// have equal logs.
pub(crate) fn log_text(log: &[LogLine], report: &Report) -> String {
    use hivesync_protocol::wit::log::Level;
    let mut text = String::new();
    for line in log {
        let level = match line.level {
            Level::Debug => "debug",
            Level::Info => "info ",
            Level::Warn => "warn ",
            Level::Error => "error",
        };
        text.push_str(&format!("{level} {}\n", line.message));
    }
    for diagnostic in &report.diagnostics {
        text.push_str(&format!("found {}: {}", diagnostic.code, diagnostic.message));
        if let Some(path) = &diagnostic.path {
            text.push_str(&format!(" ({path}:{}:{})", diagnostic.line, diagnostic.column));
        }
        text.push('\n');
    }
    let bytes: u64 = report.modules.iter().map(|module| u64::from(module.bytes)).sum();
    text.push_str(&format!(
        "done  {} modules, {bytes} bytes, entry {}\n",
        report.modules.len(),
        report.entry
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_belongs_to_the_innermost_package() {
        for (path, package) in [
            ("src/App.tsx", ""),
            ("virtual:env", ""),
            ("node_modules/react/index.js", "react"),
            ("node_modules/@a/b/c.js", "@a/b"),
            ("node_modules/a/node_modules/b/c.js", "b"),
            ("node_modules/.pnpm/r@1/node_modules/r/i.js", "r"),
        ] {
            assert_eq!(package_of(path), package, "{path}");
        }
    }

    #[test]
    fn an_ipad_gets_the_bundle_for_ios() {
        use hivesync_types::Platform as Wanted;
        for (wanted, built) in [
            (Wanted::Ios, Platform::Ios),
            (Wanted::Ipad, Platform::Ios),
            (Wanted::Android, Platform::Android),
            (Wanted::Web, Platform::Web),
        ] {
            assert_eq!(guest_platform(wanted), built);
        }
    }

    #[test]
    fn modules_know_who_asks_for_them() {
        let module = |id, path: &str, dependencies: &[u32]| ModuleReport {
            path: path.to_owned(),
            id,
            bytes: 10 * (id + 1),
            dependencies: dependencies.to_vec(),
        };
        let modules = [
            module(2, "node_modules/b/i.js", &[]),
            module(0, "index.js", &[1, 2, 2]),
            module(1, "node_modules/a/i.js", &[2]),
        ];
        let report = modules_report(("web", "index.js"), &modules);
        assert_eq!(report.bytes, 60);
        assert_eq!(report.modules.iter().map(|module| module.id).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(report.modules[2].required_by, [0, 1]);
        assert_eq!(report.packages.iter().map(|package| package.name).collect::<Vec<_>>(), ["b", "a", ""]);
    }

    #[test]
    fn a_package_in_two_folders_is_a_duplicate_and_two_of_its_modules_are_not() {
        let module =
            |id, path: &str| ModuleReport { path: path.to_owned(), id, bytes: 1, dependencies: Vec::new() };
        let modules = [
            module(0, "node_modules/@a/b/i.js"),
            module(1, "node_modules/@a/b/j.js"),
            module(2, "node_modules/c/node_modules/@a/b/i.js"),
            module(3, "src/i.js"),
            module(4, "src/j.js"),
        ];
        let duplicates = modules_report(("web", "src/i.js"), &modules).duplicates;
        let folders = vec!["node_modules/@a/b", "node_modules/c/node_modules/@a/b"];
        assert_eq!(duplicates, [Duplicate { name: "@a/b", folders }]);
    }
}
