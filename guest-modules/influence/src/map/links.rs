//! Addresses in pages and sheets, and the edges that they become.
//!
//! Where an address leads depends on its file alone; whether anything is there depends on the
//! project. So the two are asked one after the other, and only the first is kept.

use std::collections::BTreeMap;

use super::address::{Target, resolve};
use super::diagnostics::Diagnostic;
use super::files::{Kind, Project};
use super::kept::Kept;
use super::load::{PageFile, Read, SheetContent};
use super::nodes::{Graph, Node, file_id};
use crate::css::{Item, Sheet};
use crate::html::Element;

/// What kinds of edges there are; a link names one by its place.
const KINDS: [&str; 3] = ["css_import", "html_includes", "html_references_asset"];
const CSS_IMPORT: u32 = 0;
const INCLUDES: u32 = 1;
const ASSET: u32 = 2;

/// An address of a file, and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) line: u32,
    /// The index into [`KINDS`].
    pub(crate) kind: u32,
    /// A style sheet is wanted.
    pub(crate) css: bool,
    pub(crate) target: Target,
}

/// What a page names: by its elements, and in its `style` elements.
pub(crate) fn of_page(path: &str, page: &PageFile) -> Vec<Link> {
    let mut links = Vec::new();
    let mut add = |line, kind, css, target| {
        if target != Target::Nothing {
            links.push(Link { line, kind, css, target });
        }
    };
    for id in &page.document.elements {
        let Some(element) = page.document.element(*id) else { continue };
        let line = page.document.node(*id).map_or(0, |node| node.line);
        for (address, kind) in addresses(element) {
            let css = kind == INCLUDES && &**element.tag() == "link";
            add(line, kind, css, resolve(path, page.base.as_deref(), &address));
        }
    }
    for sheet in &page.sheets {
        let SheetContent::Text(content) = &sheet.content else { continue };
        let before = page.document.node(sheet.element).map_or(0, |node| node.line).saturating_sub(1);
        for item in &content.1.items {
            if let Item::Import(import) = item {
                let target = resolve(path, page.base.as_deref(), &import.url);
                add(import.line.saturating_add(before), CSS_IMPORT, true, target);
            }
        }
    }
    links
}

/// What a sheet imports.
pub(crate) fn of_sheet(path: &str, sheet: &Sheet) -> Vec<Link> {
    let imports = sheet.items.iter().filter_map(|item| match item {
        Item::Import(import) => Some((import.line, resolve(path, None, &import.url))),
        Item::Rule(_) | Item::Layer(_) => None,
    });
    let some = imports.filter(|(_, target)| *target != Target::Nothing);
    some.map(|(line, target)| Link { line, kind: CSS_IMPORT, css: true, target }).collect()
}

/// An edge for every address in pages and sheets.
pub(crate) fn links(project: &Project, read: &mut Read, kept: &Kept<'_>, graph: &mut Graph) {
    let mut missing: Vec<Diagnostic> = Vec::new();
    for wanted in [Kind::Html, Kind::Css] {
        for path in project.files.keys().filter(|path| Kind::of(path) == wanted) {
            let known = match wanted {
                Kind::Html => kept.page(path).map(|part| part.links.as_slice()),
                _ => kept.sheet(path).map(|part| part.links.as_slice()),
            };
            let found = known.is_none().then(|| match wanted {
                Kind::Html => read.pages.get(path).map(|page| of_page(path, page)),
                _ => read.sheets.get(&(path.clone(), false)).map(|(_, sheet)| of_sheet(path, sheet)),
            });
            let found = found.flatten().unwrap_or_default();
            for one in known.unwrap_or(&found) {
                link(project, graph, path, one, &mut missing);
            }
        }
    }
    for diagnostic in once(missing) {
        read.note(diagnostic);
    }
}

/// What many places lack is said once, at the first of them.
fn once(all: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut told: Vec<(Diagnostic, usize)> = Vec::new();
    for one in all {
        if let Some(at) = places.get(&one.message) {
            if let Some((_, times)) = told.get_mut(*at) {
                *times += 1;
            }
        } else {
            places.insert(one.message.clone(), told.len());
            told.push((one, 1));
        }
    }
    let words = |(mut one, times): (Diagnostic, usize)| {
        if times > 1 {
            one.message = format!("{} It is asked for {times} times, here first.", one.message);
        }
        one
    };
    told.into_iter().map(words).collect()
}

fn link(project: &Project, graph: &mut Graph, path: &str, link: &Link, missing: &mut Vec<Diagnostic>) {
    let (line, css) = (link.line, link.css);
    let kind = KINDS.get(crate::at(link.kind)).copied().unwrap_or_default();
    let from = file_id(path);
    match &link.target {
        Target::Nothing => {}
        Target::External { url, domain } => {
            let node = if css { "css_external" } else { "external_resource" };
            let to = graph.external(node, url, domain);
            graph.edge(kind, from, to, line, |_| {});
        }
        Target::Path(target) if project.has(target) => {
            let to = file_id(target);
            if !project.files.contains_key(target) {
                let name = target.rsplit('/').next().unwrap_or(target);
                let node = Node { id: to, kind: "file", name, path: target, line: 0, confidence: 1000 };
                graph.node(&node, |_| {});
            }
            graph.edge(kind, from, to, line, |_| {});
        }
        Target::Path(target) if css && sources(target).any(|source| project.has(&source)) => {
            let found = sources(target).find(|source| project.has(source)).unwrap_or_default();
            graph.edge(kind, from, file_id(&found), line, |json| json.key("compiled").boolean(true));
            let message =
                format!("`{target}` is compiled from `{found}`; the rules in it are not a part of the map.");
            missing.push(Diagnostic::new(path, line, "map.compiled", message));
        }
        Target::Path(target) => {
            // A page that is served under another name is no fault of the one that links to it.
            if link.kind != ASSET || css {
                let message = format!("`{target}` is not in the project.");
                missing.push(Diagnostic::new(path, line, "map.missing", message));
            }
        }
    }
}

/// What a sheet may be compiled from.
fn sources(sheet: &str) -> impl Iterator<Item = String> {
    let stem = sheet.strip_suffix(".css").map(|stem| stem.strip_suffix(".min").unwrap_or(stem));
    let endings = ["scss", "sass", "less"].into_iter();
    stem.into_iter().flat_map(move |stem| endings.clone().map(move |ending| format!("{stem}.{ending}")))
}

/// Addresses in an element's attributes, and what kind of edge each is.
fn addresses(element: &Element) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    let mut take = |name: &str, kind: u32| {
        if let Some(value) = element.attribute(name) {
            found.push((value.to_owned(), kind));
        }
    };
    match &**element.tag() {
        "link" => take("href", INCLUDES),
        "script" => take("src", INCLUDES),
        "iframe" | "embed" | "frame" => take("src", INCLUDES),
        "object" => take("data", INCLUDES),
        "a" | "area" => take("href", ASSET),
        "img" | "source" | "audio" | "video" | "track" | "input" => {
            take("src", ASSET);
            take("poster", ASSET);
        }
        "form" => take("action", ASSET),
        "use" | "image" => take("href", ASSET),
        _ => {}
    }
    for candidate in element.attribute("srcset").into_iter().flat_map(|set| set.split(',')) {
        if let Some(address) = candidate.split_ascii_whitespace().next() {
            found.push((address.to_owned(), ASSET));
        }
    }
    found
}
