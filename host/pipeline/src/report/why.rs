//! Why a module is in a bundle: the shortest way to it, and everybody who asks for it.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use super::ModulesReport;

/// Why one module is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why<'a> {
    /// Its path.
    pub module: &'a str,
    /// Bytes of its code.
    pub bytes: u32,
    /// The shortest way of imports from the entry to it, both included; empty for what
    /// runs before the entry and is asked for by nobody.
    pub way: Vec<&'a str>,
    /// Everybody who asks for it, in ascending order of id.
    pub importers: Vec<&'a str>,
}

/// How many names a wrong one is answered with.
const NEAR_MAX: usize = 8;

/// Why the module called `wanted` is in: a path, the end of one, or the name of a
/// package, whose first module it then is. The error names what is nearest to it.
pub(crate) fn why<'a>(report: &ModulesReport<'a>, wanted: &str) -> Result<Why<'a>, Vec<&'a str>> {
    let wanted = wanted.strip_prefix("./").unwrap_or(wanted).trim_end_matches('/');
    let modules = &report.modules;
    let tail = format!("/{wanted}");
    let found = modules
        .iter()
        .find(|module| module.path == wanted)
        .or_else(|| modules.iter().find(|module| module.path.ends_with(&tail)))
        .or_else(|| modules.iter().find(|module| !wanted.is_empty() && module.package == wanted));
    let Some(found) = found else { return Err(nearest(report, wanted)) };
    let path = |id: &u32| modules.iter().find(|module| module.id == *id).map(|module| module.path);
    Ok(Why {
        module: found.path,
        bytes: found.bytes,
        way: way(report, found.id).iter().filter_map(path).collect(),
        importers: found.required_by.iter().filter_map(path).collect(),
    })
}

/// Breadth first from the entry, ids in ascending order, so that equal bundles are
/// explained equally.
fn way(report: &ModulesReport<'_>, to: u32) -> Vec<u32> {
    let Some(entry) = report.modules.iter().find(|module| module.path == report.entry) else {
        return Vec::new();
    };
    let dependencies: BTreeMap<u32, &[u32]> =
        report.modules.iter().map(|module| (module.id, module.dependencies)).collect();
    let mut from = BTreeMap::from([(entry.id, entry.id)]);
    let mut next = VecDeque::from([entry.id]);
    while let Some(id) = next.pop_front() {
        let mut asked = dependencies.get(&id).copied().unwrap_or_default().to_vec();
        asked.sort_unstable();
        for dependency in asked {
            from.entry(dependency).or_insert_with(|| {
                next.push_back(dependency);
                id
            });
        }
    }
    let mut way = Vec::new();
    let mut at = to;
    while let Some(before) = from.get(&at) {
        way.push(at);
        if *before == at {
            way.reverse();
            return way;
        }
        at = *before;
    }
    Vec::new()
}

/// Modules whose path holds the last part of what was asked for.
fn nearest<'a>(report: &ModulesReport<'a>, wanted: &str) -> Vec<&'a str> {
    let last = wanted.rsplit('/').next().unwrap_or(wanted);
    let stem = last.split('.').next().unwrap_or(last).to_ascii_lowercase();
    let is_near = |path: &&str| stem.len() >= 3 && path.to_ascii_lowercase().contains(&stem);
    report.modules.iter().map(|module| module.path).filter(is_near).take(NEAR_MAX).collect()
}

#[cfg(test)]
mod tests {
    use hivesync_protocol::wit::bundler::ModuleReport;

    use super::*;
    use crate::report::modules_report;

    fn modules() -> Vec<ModuleReport> {
        let module = |id, path: &str, dependencies: &[u32]| ModuleReport {
            path: path.to_owned(),
            id,
            bytes: 10,
            dependencies: dependencies.to_vec(),
        };
        vec![
            module(0, "index.js", &[2, 1]),
            module(1, "src/a.js", &[3]),
            module(2, "src/b.js", &[4]),
            module(3, "node_modules/left/pad.js", &[]),
            module(4, "src/c.js", &[3, 0]),
            module(5, "node_modules/setup/index.js", &[]),
        ]
    }

    #[test]
    fn the_shortest_way_is_told_with_all_importers() {
        let modules = modules();
        let report = modules_report(("web", "index.js"), &modules);
        for wanted in ["node_modules/left/pad.js", "left/pad.js", "left"] {
            let why = why(&report, wanted).unwrap();
            assert_eq!(why.way, ["index.js", "src/a.js", "node_modules/left/pad.js"]);
            assert_eq!(why.importers, ["src/a.js", "src/c.js"]);
        }
        assert_eq!(why(&report, "./index.js").unwrap().way, ["index.js"]);
    }

    #[test]
    fn what_runs_before_the_entry_has_no_way() {
        let modules = modules();
        let report = modules_report(("web", "index.js"), &modules);
        let why = why(&report, "setup").unwrap();
        assert!(why.way.is_empty() && why.importers.is_empty());
    }

    #[test]
    fn a_module_that_is_not_in_is_answered_with_its_nearest() {
        let modules = modules();
        let report = modules_report(("web", "index.js"), &modules);
        assert_eq!(why(&report, "lib/Pad.tsx").unwrap_err(), ["node_modules/left/pad.js"]);
        assert!(why(&report, "").is_err());
        assert!(why(&report, "x").unwrap_err().is_empty());
    }
}
