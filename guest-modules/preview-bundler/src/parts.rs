//! Which file of a web bundle each module goes into.
//!
//! The first file has what the app needs to start: everything that the modules to run reach
//! without an `import()`. The rest is cut along the `import()`s that lead to it: modules that
//! the same ones lead to stand in one file, so that nothing is loaded twice and nothing that
//! was not asked for.
//!
//! **Invariant:** a module is in exactly one file, and the files that an `import()` loads have
//! with the first one all that its module needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::artifact_names::{checksum, safe_name};
use crate::graph::{Graph, ModuleIndex};
use crate::paths::{basename, extension};

/// Distinct sets of `import()`s that get a file of their own; what more of them share goes into
/// one common file, because an artifact each would soon be thousands.
const SHARED_MAX: usize = 64;

/// A file that is loaded when an `import()` asks for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The name of the artifact.
    pub(crate) name: String,
    /// Its modules, in the order of the bundle.
    pub(crate) modules: Vec<ModuleIndex>,
}

/// A bundle, cut.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    /// What the first file holds, in the order of the bundle.
    pub(crate) first: Vec<ModuleIndex>,
    pub(crate) later: Vec<Part>,
    /// By the module of an `import()`: the places in `later` of the files it needs.
    pub(crate) needs: BTreeMap<ModuleIndex, Vec<usize>>,
}

impl Parts {
    /// Everything in one file.
    pub(crate) fn whole(order: &[ModuleIndex]) -> Self {
        Self { first: order.to_vec(), ..Self::default() }
    }

    /// Cuts a graph whose modules stand in `order` and of which `run` are run at the start.
    pub(crate) fn cut(graph: &Graph, order: &[ModuleIndex], run: &[ModuleIndex]) -> Self {
        let first = reached(graph, run, &BTreeSet::new());
        let roots: Vec<ModuleIndex> = order
            .iter()
            .filter_map(|index| graph.modules.get(*index))
            .flat_map(|module| module.lazy.iter().filter_map(|place| *module.dependencies.get(*place)?))
            .filter(|target| !first.contains(target))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let mut reaching: BTreeMap<ModuleIndex, Vec<ModuleIndex>> = BTreeMap::new();
        for root in &roots {
            for module in reached(graph, &[*root], &first) {
                reaching.entry(module).or_default().push(*root);
            }
        }
        let mut parts = Self::default();
        let mut by_roots: BTreeMap<Vec<ModuleIndex>, usize> = BTreeMap::new();
        let common = roots.clone();
        let distinct: BTreeSet<&Vec<ModuleIndex>> =
            reaching.values().filter(|roots| roots.len() > 1).collect();
        let crowded = distinct.len() > SHARED_MAX;
        for index in order {
            let Some(roots) = reaching.get(index) else {
                parts.first.push(*index);
                continue;
            };
            let key = if crowded && roots.len() > 1 { &common } else { roots };
            let place = *by_roots.entry(key.clone()).or_insert_with(|| {
                parts.later.push(Part { name: name(graph, key), modules: Vec::new() });
                parts.later.len() - 1
            });
            if let Some(part) = parts.later.get_mut(place) {
                part.modules.push(*index);
            }
        }
        for root in roots {
            let places = by_roots.iter().filter(|(key, _)| key.contains(&root)).map(|(_, place)| *place);
            let mut places: Vec<usize> = places.collect();
            places.sort_unstable();
            parts.needs.insert(root, places);
        }
        parts
    }
}

/// What `from` reach without an `import()` and without entering `known`.
fn reached(graph: &Graph, from: &[ModuleIndex], known: &BTreeSet<ModuleIndex>) -> BTreeSet<ModuleIndex> {
    let mut found = BTreeSet::new();
    let mut open = from.to_vec();
    while let Some(index) = open.pop() {
        if known.contains(&index) || !found.insert(index) {
            continue;
        }
        let Some(module) = graph.modules.get(index) else { continue };
        let eager = module.dependencies.iter().enumerate().filter(|(place, _)| !module.lazy.contains(place));
        open.extend(eager.filter_map(|(_, target)| *target));
    }
    found
}

/// A name below `assets`, which a policy lets every bundle write, that depends on paths alone: the module of the only `import()`, or a word for several.
fn name(graph: &Graph, roots: &[ModuleIndex]) -> String {
    let paths: Vec<&str> =
        roots.iter().filter_map(|root| graph.modules.get(*root)).map(|module| module.path.as_str()).collect();
    let stem = match paths.as_slice() {
        [only] => {
            let file = basename(only);
            file.strip_suffix(extension(file)).unwrap_or(file).trim_end_matches('.')
        }
        _ => "shared",
    };
    format!("assets/chunks/{}-{:08x}.js", safe_name(stem), checksum(&paths.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Project;

    /// The files of a build, by the paths of their modules.
    fn files(project: &Project) -> (Vec<String>, Vec<(String, Vec<String>)>) {
        let (graph, order) = crate::testing::web_graph(project);
        let parts = Parts::cut(&graph, &order, &[0]);
        let paths = |modules: &[ModuleIndex]| -> Vec<String> {
            modules.iter().map(|index| graph.modules[*index].path.clone()).collect()
        };
        let later = parts.later.iter().map(|part| (part.name.clone(), paths(&part.modules))).collect();
        (paths(&parts.first), later)
    }

    #[test]
    fn what_is_imported_later_stands_in_files_of_its_own_and_what_two_share_in_a_third() {
        let project = Project::new()
            .file("package.json", "{}")
            .file("index.js", "require ./a\nlazy ./x\nlazy ./y")
            .file("a.js", "")
            .file("x.js", "require ./both\nrequire ./a\nlazy ./deep")
            .file("y.js", "require ./both")
            .file("both.js", "")
            .file("deep.js", "require ./x");
        let (first, later) = files(&project);
        assert_eq!(first, ["index.js", "a.js"]);
        let found: Vec<_> = later.iter().map(|(_, modules)| modules.join(" ")).collect();
        assert_eq!(found, ["x.js", "both.js", "deep.js", "y.js"]);
        assert!(later.iter().all(|(name, _)| name.starts_with("assets/chunks/") && name.ends_with(".js")));
        assert_eq!(files(&project).1, later, "equal graphs have equal names");
    }

    #[test]
    fn what_the_start_needs_anyway_is_not_loaded_later() {
        let project = Project::new()
            .file("package.json", "{}")
            .file("index.js", "lazy ./a\nrequire ./b")
            .file("b.js", "require ./a")
            .file("a.js", "");
        let (first, later) = files(&project);
        assert_eq!((first.len(), later.len()), (3, 0));
    }
}
