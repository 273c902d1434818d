//! Templates of Angular: which component has which, by the selectors that their decorators say,
//! and what happens in them.
//!
//! A selector is compared by tag, attributes and classes; what it excludes is not looked at.
//! Attributes count without the brackets of a binding.

use std::collections::{BTreeMap, BTreeSet};

use super::super::diagnostics::Diagnostic;
use super::super::files::Project;
use super::super::id::Id;
use super::super::kept::Kept;
use super::super::load::Read;
use super::super::nodes::{Graph, file_id};
use super::super::resolve::join;
use super::{File, symbol};
use crate::code::Decorated;
use crate::html::{self, Document, Element};

/// What an element must have.
#[derive(Debug, Default)]
struct Wanted {
    tag: Option<String>,
    attributes: Vec<String>,
    classes: Vec<String>,
    component: usize,
}

/// Alternatives of one selector.
const ALTERNATIVES_MAX: usize = 64;

/// Adds what templates hold. Gives the events that are named in them, by their components.
pub(super) fn templates(
    files: &BTreeMap<&str, File>,
    (project, kept): (&Project, &Kept<'_>),
    read: &mut Read,
    graph: &mut Graph,
) -> BTreeMap<Id, BTreeSet<String>> {
    let mut components: Vec<(&str, &Decorated, Id)> = Vec::new();
    for (path, file) in files {
        for one in &file.outline.decorated {
            if let Some(class) = file.outline.declared.get(one.class) {
                components.push((path, one, symbol(path, class)));
            }
        }
    }
    // By the most telling thing that is wanted, so that few are tried on an element.
    let mut index: BTreeMap<String, Vec<Wanted>> = BTreeMap::new();
    for (at, (_, one, _)) in components.iter().enumerate() {
        for wanted in one.selector.split(',').take(ALTERNATIVES_MAX).map(|text| wanted(text, at)) {
            if let Some(key) = wanted.key() {
                index.entry(key).or_default().push(wanted);
            }
        }
    }
    let mut happens: BTreeMap<Id, BTreeSet<String>> = BTreeMap::new();
    let mut missing = Vec::new();
    let unread = unread(&components, project, kept);
    for (path, one, id) in &components {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let named = one.template_url.iter().map(|url| ("html_includes", url));
        for (kind, url) in named.chain(one.style_urls.iter().map(|url| ("css_import", url))) {
            let target = join(folder, url);
            if project.has(&target) {
                graph.edge(kind, *id, file_id(&target), one.line, |_| {});
            } else {
                let message = format!("`{target}` is not in the project.");
                missing.push(Diagnostic::new(path, one.line, "map.missing", message));
            }
        }
        let url = one.template_url.as_ref().map(|url| join(folder, url));
        let page = url.as_ref().and_then(|url| read.pages.get(url));
        let own = one.template.as_ref().map(|(text, line)| (html::parse(text), line.saturating_sub(1)));
        let page = page.map(|page| &page.document).or_else(|| unread.get(url.as_ref()?));
        let document = match (&own, page) {
            (Some((document, before)), _) => Some((document, *before)),
            (None, Some(document)) => Some((document, 0)),
            (None, None) => None,
        };
        let Some((document, before)) = document else { continue };
        happens.entry(*id).or_default().extend(events(document));
        for (held, line) in held(document, &index) {
            if let Some((_, _, other)) = components.get(held).filter(|(_, _, other)| other != id) {
                graph.edge("component_contains", *id, *other, line.saturating_add(before), |_| {});
            }
        }
    }
    for diagnostic in missing {
        read.note(diagnostic);
    }
    happens
}

/// The names that stand in round brackets, without the key or the like that is asked for: `(keyup.enter)`.
fn events(document: &Document) -> impl Iterator<Item = String> {
    let elements = document.elements.iter().filter_map(|node| document.element(*node));
    let names = elements.flat_map(|element| &element.attributes).map(|attribute| &*attribute.name.local);
    let events = names.filter_map(|name| name.strip_prefix('(')?.strip_suffix(')')?.split('.').next());
    events.map(str::to_owned)
}

/// The templates that were not read, because their parts of the map are kept.
fn unread(
    components: &[(&str, &Decorated, Id)],
    project: &Project,
    kept: &Kept<'_>,
) -> BTreeMap<String, Document> {
    let mut documents = BTreeMap::new();
    for (path, one, _) in components {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let Some(url) = one.template_url.as_ref().map(|url| join(folder, url)) else { continue };
        let Some(bytes) = project.files.get(&url).filter(|_| kept.page(&url).is_some()) else { continue };
        documents.entry(url).or_insert_with(|| {
            let decoded = html::decode(bytes);
            html::parse(if decoded.binary { "" } else { &decoded.text })
        });
    }
    documents
}

/// The components of a document, each with the line where it stands first.
fn held(document: &Document, index: &BTreeMap<String, Vec<Wanted>>) -> BTreeMap<usize, u32> {
    let mut found = BTreeMap::new();
    for node in &document.elements {
        let Some(element) = document.element(*node) else { continue };
        let names = attributes(element);
        let keys = std::iter::once(element.tag().to_string())
            .chain(names.iter().map(|name| format!("[{name}]")))
            .chain(element.classes.iter().map(|class| format!(".{class}")));
        for wanted in keys.filter_map(|key| index.get(&key)).flatten() {
            if wanted.is_met(element, &names) {
                let line = document.node(*node).map_or(0, |node| node.line);
                found.entry(wanted.component).or_insert(line);
            }
        }
    }
    found
}

/// Names of attributes and bindings.
fn attributes(element: &Element) -> Vec<String> {
    let names = element.attributes.iter().map(|attribute| &*attribute.name.local);
    names.map(|name| name.trim_matches(['[', ']', '(', ')', '*']).to_ascii_lowercase()).collect()
}

/// One alternative, such as `button[appSave].wide:not(.x)`.
fn wanted(text: &str, component: usize) -> Wanted {
    let mut wanted = Wanted { component, ..Wanted::default() };
    let text = text.split(':').next().unwrap_or_default().trim();
    let tag_ends = text.find(['[', '.']).unwrap_or(text.len());
    let (tag, mut rest) = text.split_at_checked(tag_ends).unwrap_or((text, ""));
    wanted.tag = (!tag.is_empty() && tag != "*").then(|| tag.to_ascii_lowercase());
    while let Some(part) = rest.get(1..).filter(|part| !part.is_empty()) {
        let ends = part.find(['[', '.']).unwrap_or(part.len());
        let (own, behind) = part.split_at_checked(ends).unwrap_or((part, ""));
        if rest.starts_with('[') {
            let name = own.split([']', '=']).next().unwrap_or_default();
            wanted.attributes.push(name.trim().to_ascii_lowercase());
        } else {
            wanted.classes.push(own.trim().to_owned());
        }
        rest = behind;
    }
    wanted
}

impl Wanted {
    fn key(&self) -> Option<String> {
        let attribute = self.attributes.first().map(|name| format!("[{name}]"));
        let class = self.classes.first().map(|class| format!(".{class}"));
        attribute.or(class).or_else(|| self.tag.clone())
    }

    fn is_met(&self, element: &Element, names: &[String]) -> bool {
        self.tag.as_ref().is_none_or(|tag| **tag == **element.tag())
            && self.attributes.iter().all(|wanted| names.contains(wanted))
            && self.classes.iter().all(|wanted| element.classes.iter().any(|class| **class == **wanted))
    }
}
