//! The modules of a bundle, found in waves: transform all that are new, resolve what they ask
//! for, repeat.
//!
//! **Invariant:** modules are found in an order that depends on the sources alone, and every
//! fault that is met is kept, not only the first.

mod options;

use std::collections::VecDeque;

use hivesync_guest::{debug, info};

use crate::assets;
use crate::context;
use crate::diagnose;
use crate::hash::PathMap;
use crate::image::Image;
use crate::missing::{self, SourceOnDemand};
use crate::paths::{dirname, in_package};
use crate::plugins::{Plugins, Styles};
use crate::project::EntryModule;
use crate::resolve::{Edge, Request, Resolver, Target, is_builtin};
use crate::source::{is_server_only, kind_of};
use crate::virtual_modules;
use crate::wire::{AssetInfo, Dependency, DependencyKind, SourceKind};
use crate::{Diagnostic, Host, Job, Severity, Stage, Transformed, codes};
pub(crate) use options::OptionsByPlace;

/// Jobs that one call may carry.
const JOBS_PER_CALL_MAX: usize = 4096;
/// Errors of resolution that are kept. Without its packages installed a project has thousands,
/// and an answer of the run has its limit.
const MISSING_MAX: usize = 1000;
/// Errors of resolution that get the lines around them; each costs reading a file.
const FRAMES_MAX: usize = 200;
/// Modules that one bundle may have; the host's count of pure runs ends there too.
const MODULES_MAX: usize = 65_000;

/// Modules that one chain of imports may have. Each is a wave of its own here, and some calls on the
/// stack of the engine that runs the bundle; an app of people's making has some dozens.
const CHAIN_MAX: u32 = 2000;
/// Waves that are told one by one; a log has its limit as well.
const WAVES_TOLD: u32 = 50;

/// A module by its place in [`Graph::modules`].
pub(crate) type ModuleIndex = usize;

/// One module of the bundle.
#[derive(Debug)]
pub(crate) struct Module {
    /// Its path, or its `virtual:` name.
    pub(crate) path: String,
    pub(crate) kind: SourceKind,
    pub(crate) asset: Option<AssetInfo>,
    /// The text of a virtual module whose text is not fixed.
    text: Option<String>,
    /// None until it was transformed, and when that failed.
    pub(crate) transformed: Option<Transformed>,
    /// By index into the transformed module's dependencies; none where nothing was found.
    pub(crate) dependencies: Vec<Option<ModuleIndex>>,
    /// The dependencies that an `import()` asks for, as indexes like those above.
    pub(crate) lazy: Vec<usize>,
    /// Dependencies that are named but not loaded: they count only if another edge loads them.
    pub(crate) weak: Vec<(usize, String)>,
}

/// All modules reached from the entry.
#[derive(Default)]
pub(crate) struct Graph {
    pub(crate) modules: Vec<Module>,
    by_path: PathMap<String, ModuleIndex>,
    /// Errors of resolution.
    pub(crate) missing: Vec<Diagnostic>,
    /// How many more there are than are kept.
    pub(crate) missing_more: usize,
    /// Errors of everything else.
    pub(crate) broken: Vec<Diagnostic>,
    /// Warnings and notes.
    pub(crate) remarks: Vec<Diagnostic>,
}

/// What a walk needs and does not change.
pub(crate) struct Walk<'a> {
    pub(crate) host: &'a dyn Host,
    pub(crate) image: &'a Image,
    pub(crate) resolver: &'a Resolver<'a>,
    pub(crate) options: &'a OptionsByPlace,
    pub(crate) environment: &'a str,
    /// The app's own build plugins.
    pub(crate) plugins: Option<&'a Plugins>,
    /// The app's own style sheet that a compiler makes a script of.
    pub(crate) styles: Option<&'a Styles>,
}

impl Graph {
    /// The module called `path`, if something leads to it.
    pub(crate) fn find(&self, path: &str) -> Option<ModuleIndex> {
        self.by_path.get(path).copied()
    }

    fn add(&mut self, module: Module) -> ModuleIndex {
        let index = self.modules.len();
        self.by_path.insert(module.path.clone(), index);
        self.modules.push(module);
        index
    }

    /// Whether something is known to be wrong with the module.
    fn is_broken(&self, index: ModuleIndex) -> bool {
        let path = self.modules.get(index).map(|module| module.path.as_str());
        path.is_some() && self.broken.iter().any(|found| found.path.as_deref() == path)
    }
}

impl Walk<'_> {
    /// Walks everything that `entry` leads to.
    pub(crate) fn run(&self, entry: &EntryModule) -> Graph {
        let mut graph = Graph::default();
        let first = self.add_module(&mut graph, &entry.path);
        if let Some(module) = graph.modules.get_mut(first) {
            module.text.clone_from(&entry.text);
        }
        let mut next = 0;
        let mut wave = 0_u32;
        while next < graph.modules.len() {
            let end = graph.modules.len().min(next + JOBS_PER_CALL_MAX);
            wave = wave.saturating_add(1);
            let jobs = end - next;
            self.transform(&mut graph, next, end);
            next = end;
            self.report(next, graph.modules.len());
            if wave <= WAVES_TOLD || wave.is_multiple_of(WAVES_TOLD) {
                let new = graph.modules.len() - next;
                debug!(self.host, "wave {wave}: {jobs} modules, {new} new ones asked for");
            }
            if wave >= CHAIN_MAX && next < graph.modules.len() {
                graph.broken.push(missing::too_long(graph.modules.get(next), CHAIN_MAX));
                break;
            }
            if graph.modules.len() > MODULES_MAX {
                let message = format!("more than {MODULES_MAX} modules are reached from the entry");
                graph.broken.push(diagnose::error(codes::TOO_MANY_MODULES, message));
                break;
            }
        }
        info!(self.host, "found {} modules in {wave} waves", graph.modules.len());
        graph
    }

    /// Transforms scripts that stand outside of the module system; they ask for nothing.
    pub(crate) fn scripts(&self, names: &[String]) -> Graph {
        self.scripts_of(names.iter().map(|name| (name.as_str(), None)))
    }

    /// One such script that stands in no file.
    pub(crate) fn script(&self, name: &str, text: String) -> Graph {
        self.scripts_of(std::iter::once((name, Some(text))))
    }

    fn scripts_of<'n>(&self, scripts: impl Iterator<Item = (&'n str, Option<String>)>) -> Graph {
        let mut graph = Graph::default();
        for (name, text) in scripts {
            let index = self.add_module(&mut graph, name);
            if let Some(module) = graph.modules.get_mut(index) {
                module.kind = SourceKind::Polyfill;
                module.text = text;
            }
        }
        let end = graph.modules.len();
        self.transform(&mut graph, 0, end);
        graph
    }

    fn report(&self, done: usize, total: usize) {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.host.progress(Stage::Bundling, count(done), count(total));
    }

    fn add_module(&self, graph: &mut Graph, path: &str) -> ModuleIndex {
        if let Some(index) = graph.find(path) {
            return index;
        }
        let settings = self.resolver.settings();
        let is_virtual = virtual_modules::is_virtual(path);
        let compiled = self.styles.and_then(|styles| styles.kind_of(path));
        let kind = match compiled {
            Some(kind) => kind,
            None if is_virtual => SourceKind::Script,
            None => kind_of(path, settings),
        };
        let asset = match kind {
            SourceKind::Asset => assets::describe(self.image, settings, path),
            _ => None,
        };
        graph.add(Module {
            path: path.to_owned(),
            kind,
            asset,
            text: None,
            transformed: None,
            dependencies: Vec::new(),
            lazy: Vec::new(),
            weak: Vec::new(),
        })
    }

    fn transform(&self, graph: &mut Graph, start: usize, end: usize) {
        let wave = graph.modules.get(start..end).unwrap_or_default();
        let jobs: Vec<Job> = wave.iter().map(|module| self.job(module)).collect();
        if let Some(styles) = self.styles {
            graph.broken.extend(styles.compile(self.host, jobs.iter().map(|job| job.path.as_str())));
        }
        self.run_plugins(graph, &jobs);
        let results = self.map(&jobs);
        if results.len() != jobs.len() {
            let message = format!("{} results for {} jobs", results.len(), jobs.len());
            graph.broken.push(diagnose::error(codes::MAPPER_BROKE_CONTRACT, message));
        }
        for (index, result) in (start..end).zip(results) {
            match result {
                Ok(mut transformed) => {
                    graph.remarks.append(&mut transformed.diagnostics);
                    let edges = std::mem::take(&mut transformed.dependencies);
                    if let Some(module) = graph.modules.get_mut(index) {
                        module.transformed = Some(transformed);
                    }
                    self.follow(graph, index, &edges);
                }
                // What a compiler or a plugin could not read is not read as it was written either.
                Err(_) if graph.is_broken(index) => {}
                Err(diagnostics) => {
                    let (errors, remarks): (Vec<_>, Vec<_>) =
                        diagnostics.into_iter().partition(|found| found.severity == Severity::Error);
                    graph.broken.extend(errors);
                    graph.remarks.extend(remarks);
                }
            }
        }
    }

    /// Files that the app's plugins are meant for are transformed as the plugins leave them.
    fn run_plugins(&self, graph: &mut Graph, jobs: &[Job]) {
        let Some(plugins) = self.plugins else { return };
        let own = jobs.iter().filter(|job| job.text.is_none() && job.kind != SourceKind::Polyfill);
        let paths = || own.clone().map(|job| job.path.as_str());
        graph.broken.extend(plugins.rewrite(self.host, self.resolver, paths()));
        graph.broken.extend(paths().flat_map(|path| plugins.take_faults(path)));
    }

    /// The answers in the order of the jobs, those of the app and those of packages each in one call.
    fn map(&self, jobs: &[Job]) -> Vec<Result<Transformed, Vec<Diagnostic>>> {
        if self.options.app == self.options.packages {
            return self.host.transform(jobs, &self.options.app);
        }
        let (of_packages, of_app): (Vec<Job>, Vec<Job>) =
            jobs.iter().cloned().partition(|job| job.in_package);
        let call = |jobs: &[Job], options| match jobs {
            [] => Vec::new().into_iter(),
            jobs => self.host.transform(jobs, options).into_iter(),
        };
        let mut app_answers = call(&of_app, &self.options.app);
        let mut package_answers = call(&of_packages, &self.options.packages);
        let answers = jobs.iter().map_while(|job| match job.in_package {
            true => package_answers.next(),
            false => app_answers.next(),
        });
        answers.collect()
    }

    fn job(&self, module: &Module) -> Job {
        let fixed = || {
            if module.path == virtual_modules::ENVIRONMENT {
                return Some(self.environment);
            }
            virtual_modules::text(&module.path, self.resolver.settings().platform == crate::Platform::Web)
        };
        Job {
            path: module.path.clone(),
            kind: module.kind,
            asset: module.asset.clone(),
            in_package: in_package(&module.path),
            text: module.text.clone().or_else(|| fixed().map(str::to_owned)),
        }
    }

    fn follow(&self, graph: &mut Graph, index: ModuleIndex, edges: &[Dependency]) {
        let Some(origin) = graph.modules.get(index).map(|module| module.path.clone()) else { return };
        let source = SourceOnDemand::new(self.host, &origin);
        let mut found = Vec::with_capacity(edges.len());
        let mut weak = Vec::new();
        for (place, edge) in edges.iter().enumerate() {
            let target = self.target(graph, &origin, edge, &source);
            match (target, edge.kind) {
                (Some(path), DependencyKind::Weak) => {
                    weak.push((place, path));
                    found.push(None);
                }
                (Some(path), _) => found.push(Some(self.add_module(graph, &path))),
                (None, _) => found.push(None),
            }
        }
        if let Some(module) = graph.modules.get_mut(index) {
            let lazy =
                edges.iter().enumerate().filter(|(_, edge)| edge.kind == DependencyKind::DynamicImport);
            module.lazy = lazy.map(|(place, _)| place).collect();
            module.dependencies = found;
            module.weak = weak;
        }
    }

    /// The name of the module that `edge` leads to. A failure is kept, unless the edge is optional.
    fn target(
        &self,
        graph: &mut Graph,
        origin: &str,
        edge: &Dependency,
        source: &SourceOnDemand<'_>,
    ) -> Option<String> {
        if let Some(request) = &edge.context {
            return match context::build(self.image, dirname(origin), request) {
                Ok(module) => {
                    let index = self.add_module(graph, &module.name);
                    if let Some(added) = graph.modules.get_mut(index) {
                        added.text = Some(module.text);
                    }
                    Some(module.name)
                }
                Err(message) => {
                    let fault = source.fault(codes::INVALID_CONTEXT, message, edge, true);
                    let hint = "name a folder of the project and a regular expression that is sound";
                    graph.broken.push(diagnose::hint(fault, hint));
                    None
                }
            };
        }
        let request = Request { origin, specifier: &edge.specifier, edge: edge_of(edge.kind) };
        match self.resolver.resolve(request) {
            Ok(Target::File(path)) => {
                let platform = assets::platform_name(self.resolver.settings().platform);
                let expo = self.resolver.settings().flavour == crate::wire::Flavour::Expo;
                if expo && !in_package(&path) && is_server_only(&path, self.image.app(), platform) {
                    return Some(format!("{}{path}", virtual_modules::SERVER_ONLY_PREFIX));
                }
                Some(path.to_string())
            }
            Ok(Target::Empty) => {
                if let Some(name) = is_builtin(&edge.specifier) {
                    graph.remarks.push(missing::emptied(name, edge, source));
                }
                Some(self.resolver.empty_module())
            }
            Ok(Target::Virtual(name)) => Some(name.to_owned()),
            Err(_) if edge.optional => None,
            Err(error) => {
                if graph.missing.len() < MISSING_MAX {
                    let with_frame = graph.missing.len() < FRAMES_MAX;
                    let refusal = with_frame.then(|| self.resolver.refusal(request)).flatten();
                    let fault = missing::explain(&error, edge, source, with_frame, refusal.as_ref());
                    let twin = with_frame.then(|| missing::twin(&error, self.image)).flatten();
                    graph.missing.push(match twin {
                        Some(hint) => diagnose::hint(fault, hint),
                        None => fault,
                    });
                } else {
                    graph.missing_more = graph.missing_more.saturating_add(1);
                }
                None
            }
        }
    }
}

fn edge_of(kind: DependencyKind) -> Edge {
    match kind {
        DependencyKind::Require | DependencyKind::Weak => Edge::Require,
        DependencyKind::Import | DependencyKind::DynamicImport => Edge::Import,
    }
}

/// The modules in the order of Metro's serializer: depth first from the entry, a module before
/// what it asks for. The place in the list is the id.
pub(crate) fn depth_first(graph: &Graph) -> Vec<ModuleIndex> {
    let mut seen = vec![false; graph.modules.len()];
    let mut order = Vec::with_capacity(graph.modules.len());
    let mut stack = VecDeque::from([0]);
    while let Some(index) = stack.pop_back() {
        let Some(seen) = seen.get_mut(index).filter(|seen| !**seen) else { continue };
        *seen = true;
        order.push(index);
        if let Some(module) = graph.modules.get(index) {
            stack.extend(module.dependencies.iter().rev().flatten());
        }
    }
    order
}
