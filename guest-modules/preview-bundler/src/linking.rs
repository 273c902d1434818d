//! The files of a bundle: which modules each has, under which ids.

use std::collections::BTreeMap;

use crate::api::ModuleReport;
use crate::graph::{Graph, Module, ModuleIndex, depth_first};
use crate::parts::{Part, Parts};
use crate::wire::{BundleGraph, LinkedModule};
use crate::{prelude, virtual_modules};

/// The name of every bundle; its map has `.map` behind.
pub(crate) const BUNDLE: &str = "main.jsbundle";

/// Ids, in the order of Metro's serializer, and files.
pub(crate) struct Linking<'a> {
    graph: &'a Graph,
    pub(crate) order: Vec<ModuleIndex>,
    ids: Vec<Option<u32>>,
    /// Numbers of what is named but in no file, as Metro gives them: code compares them.
    absent: BTreeMap<&'a str, u32>,
    run: Vec<ModuleIndex>,
    parts: Parts,
}

impl<'a> Linking<'a> {
    /// Numbers the modules and decides their files. `before_main` run before the entry when
    /// something leads to them.
    pub(crate) fn new(graph: &'a Graph, before_main: &[String], splits: bool) -> Self {
        let order = depth_first(graph);
        let mut ids = vec![None; graph.modules.len()];
        for (id, index) in (0_u32..).zip(&order) {
            if let Some(slot) = ids.get_mut(*index) {
                *slot = Some(id);
            }
        }
        let mut run: Vec<ModuleIndex> = before_main.iter().filter_map(|path| graph.find(path)).collect();
        run.retain(|index| *index != 0 && ids.get(*index).copied().flatten().is_some());
        run.push(0);
        let parts = if splits { Parts::cut(graph, &order, &run) } else { Parts::whole(&order) };
        let mut linking = Self { graph, order, ids, absent: BTreeMap::new(), run, parts };
        linking.number_absent();
        linking
    }

    fn number_absent(&mut self) {
        let mut next = u32::try_from(self.order.len()).unwrap_or(u32::MAX);
        let graph = self.graph;
        let modules = self.order.iter().filter_map(|index| graph.modules.get(*index));
        let weak: Vec<&str> =
            modules.flat_map(|module| &module.weak).map(|(_, path)| path.as_str()).collect();
        for path in weak {
            if self.id_of(path).is_none() && !self.absent.contains_key(path) {
                self.absent.insert(path, next);
                next = next.saturating_add(1);
            }
        }
    }

    fn id(&self, index: ModuleIndex) -> Option<u32> {
        self.ids.get(index).copied().flatten()
    }

    fn id_of(&self, path: &str) -> Option<u32> {
        self.id(self.graph.find(path)?)
    }

    /// The files that are loaded later.
    pub(crate) fn later(&self) -> &[Part] {
        &self.parts.later
    }

    /// The script that tells the loader which files each `import()` needs; none where there are none.
    pub(crate) fn table(&self) -> Option<String> {
        if self.parts.later.is_empty() {
            return None;
        }
        let needs = self.parts.needs.iter().filter_map(|(root, places)| {
            let names: Vec<&str> =
                places.iter().filter_map(|place| Some(self.parts.later.get(*place)?.name.as_str())).collect();
            Some((self.id(*root)?.to_string(), serde_json::Value::from(names)))
        });
        Some(virtual_modules::parts_table(&serde_json::Value::Object(needs.collect())))
    }

    /// The file that is loaded first.
    pub(crate) fn first(&self, scripts: &[&Graph], dev: bool) -> BundleGraph {
        let script = |module: &Module| linked(module, 0, Vec::new());
        let scripts = scripts.iter().flat_map(|graph| &graph.modules);
        BundleGraph {
            prelude: prelude::first_line(dev),
            scripts: scripts.filter_map(script).collect(),
            run: self.run.iter().filter_map(|index| self.id(*index)).collect(),
            ..self.file(BUNDLE, &self.parts.first, dev)
        }
    }

    /// A file that is loaded later.
    pub(crate) fn part(&self, part: &Part, dev: bool) -> BundleGraph {
        self.file(&part.name, &part.modules, dev)
    }

    fn file(&self, name: &str, members: &[ModuleIndex], dev: bool) -> BundleGraph {
        let modules: Vec<LinkedModule> = members
            .iter()
            .filter_map(|index| {
                let module = self.graph.modules.get(*index)?;
                linked(module, self.id(*index)?, self.dependency_ids(module))
            })
            .collect();
        let own = |id: &u32| modules.binary_search_by_key(id, |module| module.id).is_ok();
        let mut elsewhere: Vec<u32> =
            modules.iter().flat_map(|module| module.dependencies.iter().copied().flatten()).collect();
        elsewhere.retain(|id| !own(id));
        elsewhere.sort_unstable();
        elsewhere.dedup();
        BundleGraph {
            name: name.to_owned(),
            dev,
            prelude: String::new(),
            scripts: Vec::new(),
            modules,
            elsewhere,
            run: Vec::new(),
        }
    }

    fn dependency_ids(&self, module: &Module) -> Vec<Option<u32>> {
        let strong = module.dependencies.iter().map(|target| target.and_then(|index| self.id(index)));
        let mut ids: Vec<_> = strong.collect();
        for (place, path) in &module.weak {
            if let Some(slot) = ids.get_mut(*place) {
                *slot = self.id_of(path).or_else(|| self.absent.get(path.as_str()).copied());
            }
        }
        ids
    }

    /// Every module of every file, in ascending order of id.
    pub(crate) fn report(&self) -> Vec<ModuleReport> {
        let reports = self.order.iter().filter_map(|index| {
            let module = self.graph.modules.get(*index)?;
            Some(ModuleReport {
                path: module.path.clone(),
                id: self.id(*index)?,
                bytes: module.transformed.as_ref()?.code_bytes,
                dependencies: module
                    .dependencies
                    .iter()
                    .flatten()
                    .filter_map(|target| self.id(*target))
                    .collect(),
            })
        });
        reports.collect()
    }
}

fn linked(module: &Module, id: u32, dependencies: Vec<Option<u32>>) -> Option<LinkedModule> {
    let transformed = module.transformed.as_ref()?;
    let in_map = !virtual_modules::is_virtual(&module.path);
    Some(LinkedModule {
        path: module.path.clone(),
        id,
        code: transformed.code,
        code_lines: transformed.code_lines,
        map: in_map.then_some(transformed.map),
        dependencies,
    })
}
