//! Code in the map: what imports what, what is declared, shown, called and answered where.

use std::collections::{BTreeMap, BTreeSet};

use super::diagnostics::Diagnostic;
use super::files::Project;
use super::id::Id;
use super::kept::Kept;
use super::load::Read;
use super::nodes::{Graph, Node, file_id};
use super::resolve::{Meant, Paths, join};
use crate::code::{Declared, Import, ImportKind, Language, Outline, read_lines};

mod angular;
#[cfg(test)]
mod tests;

/// Bytes of a file without a line break of some kind, which nobody wrote by hand; it is only
/// asked what it imports.
const LINE_BYTES_MAX: usize = 20_000;
/// Files that are asked for a name, one after the other that passes it on.
const PASSED_ON_MAX: usize = 64;

/// A file of code.
struct File {
    language: Language,
    outline: Outline,
    /// What each import means.
    meant: Vec<Meant>,
    /// The places of declarations by their names, by the names that others know, and of bindings.
    declared: BTreeMap<String, usize>,
    exported: BTreeMap<String, usize>,
    bindings: BTreeMap<String, usize>,
}

impl File {
    fn new(language: Language, outline: Outline, meant: Vec<Meant>) -> Self {
        let by_name = |names: &mut dyn Iterator<Item = (usize, String)>| {
            let mut places = BTreeMap::new();
            for (at, name) in names {
                places.entry(name).or_insert(at);
            }
            places
        };
        let declared = outline.declared.iter().enumerate();
        let exported = declared.clone().filter_map(|(at, one)| Some((at, one.exported.clone()?)));
        let bindings = outline.bindings.iter().enumerate().map(|(at, one)| (at, one.local.clone()));
        Self {
            declared: by_name(&mut declared.clone().map(|(at, one)| (at, one.name.clone()))),
            exported: by_name(&mut exported.clone()),
            bindings: by_name(&mut bindings.clone()),
            language,
            meant,
            outline,
        }
    }

    fn declared(&self, name: &str) -> Option<&Declared> {
        self.outline.declared.get(*self.declared.get(name)?)
    }

    fn exported(&self, name: &str) -> Option<&Declared> {
        self.outline.declared.get(*self.exported.get(name)?)
    }
}

/// Adds the code of a project to its map. Gives what it read, by the paths of files.
pub(super) fn code(
    project: &Project,
    read: &mut Read,
    kept: &mut Kept<'_>,
    graph: &mut Graph,
) -> BTreeMap<String, Outline> {
    let paths = Paths::new(project);
    let mut files: BTreeMap<&str, File> = BTreeMap::new();
    let mut fresh: Vec<&str> = Vec::new();
    for (path, bytes) in &project.files {
        let Some(language) = Language::of(path) else { continue };
        let outline = kept.take_outline(path).unwrap_or_else(|| {
            fresh.push(path);
            outline(language, bytes)
        });
        if outline.cut {
            read.limits.note("code-findings");
        }
        let meant = outline.imports.iter().map(|one| paths.resolve(path, &one.specifier, language)).collect();
        files.insert(path, File::new(language, outline, meant));
    }
    let happens = angular::templates(&files, (project, kept), read, graph);
    let code = Code { files: &files, happens };
    for (path, file) in &files {
        code.imports(path, file, read, graph);
        code.declared(path, file, graph);
        code.uses(path, file, graph);
        code.events(path, file, graph);
        code.routes(path, file, graph);
        for (url, line) in &file.outline.urls {
            let domain = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
            let to = graph.external("external_resource", url, &domain.unwrap_or_default());
            graph.edge("data_flow", file_id(path), to, *line, |_| {});
        }
    }
    let outlines = fresh.into_iter().filter_map(|path| Some((path.to_owned(), files.remove(path)?.outline)));
    outlines.collect()
}

/// What a file says, which depends on its text and its name alone.
fn outline(language: Language, bytes: &[u8]) -> Outline {
    let text = String::from_utf8_lossy(bytes);
    let mut outline = read_lines(language, &text);
    if text.lines().any(|line| line.len() > LINE_BYTES_MAX) {
        outline.declared.clear();
        outline.uses.clear();
        outline.events.clear();
        outline.bindings.clear();
    }
    outline
}

struct Code<'a> {
    files: &'a BTreeMap<&'a str, File>,
    /// The events in templates of classes that have one of their own.
    happens: BTreeMap<Id, BTreeSet<String>>,
}

impl Code<'_> {
    fn imports(&self, path: &str, file: &File, read: &mut Read, graph: &mut Graph) {
        for (import, meant) in file.outline.imports.iter().zip(&file.meant) {
            let css = std::path::Path::new(&import.specifier).extension().is_some_and(|one| one == "css");
            let kind = match () {
                // What is named there is read by some program, and is no part of this file.
                () if import.kind == ImportKind::Reference => "data_flow",
                () if css || file.language == Language::Sass => "css_import",
                () => "import",
            };
            for to in targets(meant, import, path, read, graph) {
                graph.edge(kind, file_id(path), to, import.line, |json| {
                    json.key("confidence").number(file.language.confidence());
                    json.key("kind").string(import.kind.name());
                    json.key("specifier").string(import.specifier.trim_end_matches('?'));
                });
            }
        }
    }

    fn declared(&self, path: &str, file: &File, graph: &mut Graph) {
        let mut happens: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        for event in &file.outline.events {
            if let Some(within) = event.within {
                happens.entry(within).or_default().insert(&event.name);
            }
        }
        for (at, declared) in file.outline.declared.iter().enumerate() {
            let id = symbol(path, declared);
            let kind = declared.kind.node_type();
            let (name, line) = (declared.name.as_str(), declared.line);
            let confidence = file.language.confidence();
            let mut events = happens.remove(&at).unwrap_or_default();
            events.extend(self.happens.get(&id).into_iter().flatten().map(String::as_str));
            graph.node(&Node { id, kind, name, path, line, confidence }, |json| {
                if !events.is_empty() {
                    json.key("events").strings(events);
                }
                if let Some(exported) = &declared.exported {
                    json.key("exported").string(exported);
                }
                json.key("language").string(file.language.name());
            });
            if declared.exported.is_some() {
                graph.edge("export", file_id(path), id, line, |_| {});
            }
        }
    }

    fn uses(&self, path: &str, file: &File, graph: &mut Graph) {
        for one in &file.outline.uses {
            let within = one.within.and_then(|at| file.outline.declared.get(at));
            let Some(to) = self.meant_by(path, file, &one.name) else { continue };
            let from = within.map_or_else(|| file_id(path), |declared| symbol(path, declared));
            if from == to {
                continue;
            }
            let kind = if one.element { "component_contains" } else { "calls" };
            graph.edge(kind, from, to, one.line, |_| {});
        }
    }

    /// What names an event leads to what handles it; one edge for all events between the two.
    fn events(&self, path: &str, file: &File, graph: &mut Graph) {
        let mut led: BTreeMap<(Id, Id), (u32, BTreeSet<&str>)> = BTreeMap::new();
        for event in &file.outline.events {
            let within = event.within.and_then(|at| file.outline.declared.get(at));
            let Some(to) = self.meant_by(path, file, &event.handler) else { continue };
            let from = within.map_or_else(|| file_id(path), |declared| symbol(path, declared));
            if from == to {
                continue;
            }
            led.entry((from, to)).or_insert((event.line, BTreeSet::new())).1.insert(&event.name);
        }
        for ((from, to), (line, names)) in led {
            graph.edge("data_flow", from, to, line, |json| {
                json.key("events").strings(names);
            });
        }
    }

    /// The node that a name of a file stands for.
    fn meant_by(&self, path: &str, file: &File, name: &str) -> Option<Id> {
        if let Some(declared) = file.declared(name) {
            return Some(symbol(path, declared));
        }
        let binding = file.outline.bindings.get(*file.bindings.get(name)?)?;
        let Meant::File(over) = file.meant.get(binding.import)? else { return None };
        self.exported(over, &binding.imported).or_else(|| {
            let known = self.files.contains_key(over.as_str());
            known.then(|| file_id(over))
        })
    }

    /// What a file calls `name` to others, by itself or by passing it on.
    fn exported(&self, path: &str, name: &str) -> Option<Id> {
        let mut asked: Vec<&str> = vec![path];
        let mut at = 0;
        while let Some(path) = asked.get(at).copied() {
            at += 1;
            let Some(file) = self.files.get(path) else { continue };
            if let Some(declared) = file.exported(name) {
                return Some(symbol(path, declared));
            }
            for (import, meant) in file.outline.imports.iter().zip(&file.meant) {
                if let (ImportKind::Reexport, Meant::File(over)) = (import.kind, meant)
                    && asked.len() < PASSED_ON_MAX
                    && !asked.contains(&over.as_str())
                {
                    asked.push(over);
                }
            }
        }
        None
    }

    fn routes(&self, path: &str, file: &File, graph: &mut Graph) {
        for route in &file.outline.routes {
            let method = route.method.as_deref().unwrap_or_default();
            let shows = route.shows.as_deref().and_then(|name| self.meant_by(path, file, name));
            self.route(path, (&route.path, method, route.line), shows, graph);
        }
        if let Some(address) = by_place(path) {
            let shown = file.exported("default");
            let shows = shown.map_or_else(|| file_id(path), |declared| symbol(path, declared));
            self.route(path, (&address, "", 1), Some(shows), graph);
        }
    }

    fn route(
        &self,
        path: &str,
        (address, method, line): (&str, &str, u32),
        shows: Option<Id>,
        graph: &mut Graph,
    ) {
        let id = file_id(path).below(&["route", method, address]);
        let node = Node { id, kind: "route", name: address, path, line, confidence: 800 };
        graph.node(&node, |json| {
            if !method.is_empty() {
                json.key("method").string(method);
            }
        });
        match shows {
            Some(shows) => graph.edge("route_to_component", id, shows, line, |_| {}),
            None => graph.edge("route_to_component", id, file_id(path), line, |_| {}),
        }
    }
}

/// The id of something that a file declares.
fn symbol(path: &str, declared: &Declared) -> Id {
    file_id(path).below(&["symbol", &declared.name])
}

/// The nodes that an import leads to. What is missing is said.
fn targets(meant: &Meant, import: &Import, path: &str, read: &mut Read, graph: &mut Graph) -> Vec<Id> {
    match meant {
        Meant::File(to) => vec![file(to, graph)],
        Meant::Files(all) => all.iter().map(|to| file(to, graph)).collect(),
        Meant::Package(name) => {
            let id = Id::of(&["package", name]);
            let node = Node { id, kind: "external_resource", name, path: "", line: 0, confidence: 1000 };
            graph.node(&node, |json| json.key("package").string(name));
            vec![id]
        }
        Meant::Missing => {
            let message = format!("`{}` is not in the project.", import.specifier);
            read.note(Diagnostic::new(path, import.line, "map.import", message));
            Vec::new()
        }
        Meant::Nothing => Vec::new(),
    }
}

/// The node of a file, which may not have been read.
fn file(path: &str, graph: &mut Graph) -> Id {
    let name = path.rsplit('/').next().unwrap_or(path);
    let id = file_id(path);
    if !graph.nodes.has(id) {
        graph.node(&Node { id, kind: "file", name, path, line: 0, confidence: 1000 }, |_| {});
    }
    id
}

/// The address of a file that is a screen by where it stands: `pages/` and `app/`.
fn by_place(path: &str) -> Option<String> {
    let (stem, extension) = path.rsplit_once('.')?;
    if !["js", "jsx", "ts", "tsx"].contains(&extension) {
        return None;
    }
    let below = |folder: &str| {
        let (_, rest) = stem.strip_prefix(folder).map(|rest| ("", rest)).or_else(|| {
            let at = format!("/{folder}");
            stem.split_once(at.as_str())
        })?;
        Some(rest.to_owned())
    };
    if let Some(rest) = below("app/").or_else(|| (stem == "app/page").then(String::new)) {
        let page = rest.strip_suffix("page").filter(|rest| rest.is_empty() || rest.ends_with('/'))?;
        // Folders in brackets group files and are no part of the address.
        let named = page.split('/').filter(|part| !part.starts_with('('));
        return Some(format!("/{}", join("", &named.collect::<Vec<_>>().join("/"))));
    }
    let rest = below("pages/")?;
    if rest.starts_with('_') || rest.starts_with("api/") {
        return None;
    }
    let address = rest.strip_suffix("index").filter(|rest| rest.is_empty() || rest.ends_with('/'));
    Some(format!("/{}", address.unwrap_or(&rest).trim_end_matches('/')))
}
