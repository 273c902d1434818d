//! Nodes and edges.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::ops::Range;

use rustc_hash::FxHasher;

use super::files::{Kind, Project};
use super::id::{Id, IdText};
use super::kept::Kept;
use super::load::Read;
use crate::html::{Element, NodeId};
use crate::json::Json;

/// What was found, each under its id.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// What is said last of a node counts.
    pub(crate) nodes: Pieces,
    /// What is said first of an edge counts.
    pub(crate) edges: Pieces,
}

/// Texts under ids, one behind the other in one text: a map has ten thousands of them.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    json: Json,
    of: Vec<(Id, Range<usize>)>,
    /// The last one with an id, by its place among all.
    known: HashMap<Id, usize, BuildHasherDefault<FxHasher>>,
    /// The places of those that were said, one after the other: what pages have in common is
    /// said by each of them, and written once.
    said: Vec<usize>,
}

impl Pieces {
    pub(crate) fn has(&self, id: Id) -> bool {
        self.known.contains_key(&id)
    }

    fn add(&mut self, id: Id, write: impl FnOnce(&mut Json)) {
        let text = self.json.piece(write);
        let place = self.of.len();
        self.known.insert(id, place);
        self.of.push((id, text));
        self.said.push(place);
    }

    /// Says something whose text depends on its id alone.
    fn share(&mut self, id: Id, write: impl FnOnce(&mut Json)) {
        match self.known.get(&id) {
            Some(place) => self.said.push(*place),
            None => self.add(id, write),
        }
    }

    /// How much was said; what [`Self::since`] counts from.
    pub(crate) fn mark(&self) -> usize {
        self.said.len()
    }

    /// What was said since, in this order.
    pub(crate) fn since(&self, mark: usize) -> impl Iterator<Item = (Id, &str)> {
        let later = self.said.get(mark..).unwrap_or_default().iter().filter_map(|place| self.of.get(*place));
        later.map(|(id, text)| (*id, self.json.at(text.clone())))
    }

    /// Adds what was added to another map.
    pub(crate) fn take(&mut self, pieces: &[(Id, &str)]) {
        for (id, text) in pieces {
            self.add(*id, |json| json.raw(text));
        }
    }

    /// Each in order of the ids; of those with the same id, the last.
    pub(crate) fn sorted(&self) -> Vec<&str> {
        let mut places: Vec<(Id, &Range<usize>)> = self.of.iter().map(|(id, place)| (*id, place)).collect();
        places.sort_unstable_by_key(|(id, place)| (*id, std::cmp::Reverse(place.start)));
        places.dedup_by_key(|(id, _)| *id);
        places.into_iter().map(|(_, place)| self.json.at(place.clone())).collect()
    }
}

/// A node before it is written.
pub(crate) struct Node<'a> {
    pub(crate) id: Id,
    pub(crate) kind: &'a str,
    pub(crate) name: &'a str,
    pub(crate) path: &'a str,
    pub(crate) line: u32,
    /// In thousandths.
    pub(crate) confidence: u32,
}

impl Node<'_> {
    fn write(&self, json: &mut Json, metadata: impl FnOnce(&mut Json)) {
        json.object(|json| {
            json.key("confidence").number(self.confidence);
            json.key("id").plain(&self.id.text());
            json.key("line").number(self.line);
            json.key("metadata").object(metadata);
            json.key("name").string(self.name);
            json.key("path").string(self.path);
            json.key("type").plain(self.kind);
        });
    }
}

/// An edge before it is written.
struct Edge<'a> {
    id: Id,
    kind: &'a str,
    from: IdText,
    to: IdText,
}

impl<'a> Edge<'a> {
    fn new(kind: &'a str, from: Id, to: Id) -> Self {
        let (from, to) = (from.text(), to.text());
        Self { id: Id::of(&["edge", kind, &from, &to]), kind, from, to }
    }

    fn write(&self, json: &mut Json, line: u32, metadata: impl FnOnce(&mut Json)) {
        json.object(|json| {
            json.key("from").plain(&self.from);
            json.key("id").plain(&self.id.text());
            json.key("line").number(line);
            json.key("metadata").object(metadata);
            json.key("to").plain(&self.to);
            json.key("type").plain(self.kind);
        });
    }
}

impl Graph {
    /// Adds a node; `metadata` writes the keys of its own, in ascending order.
    pub(crate) fn node(&mut self, node: &Node<'_>, metadata: impl FnOnce(&mut Json)) {
        self.nodes.add(node.id, |json| node.write(json, metadata));
    }

    /// Adds a node that every page which says it says in the same words.
    pub(crate) fn shared_node(&mut self, node: &Node<'_>, metadata: impl FnOnce(&mut Json)) {
        self.nodes.share(node.id, |json| node.write(json, metadata));
    }

    /// Adds an edge.
    pub(crate) fn edge(&mut self, kind: &str, from: Id, to: Id, line: u32, metadata: impl FnOnce(&mut Json)) {
        let edge = Edge::new(kind, from, to);
        if !self.edges.has(edge.id) {
            self.edges.add(edge.id, |json| edge.write(json, line, metadata));
        }
    }

    /// Adds an edge that says nothing but where it leads, and that several pages may say.
    pub(crate) fn shared_edge(&mut self, kind: &str, from: Id, to: Id) {
        let edge = Edge::new(kind, from, to);
        self.edges.share(edge.id, |json| edge.write(json, 0, |_| {}));
    }

    /// A node for what lies outside of the project.
    pub(crate) fn external(&mut self, kind: &str, url: &str, domain: &str) -> Id {
        let id = Id::of(&["external", url]);
        let name = url.split(['?', '#']).next().unwrap_or(url);
        let name = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name);
        let node = Node { id, kind, name, path: "", line: 0, confidence: 1000 };
        self.node(&node, |json| {
            json.key("domain").string(domain);
            json.key("url").string(url);
        });
        id
    }
}

/// The id of a file.
pub(crate) fn file_id(path: &str) -> Id {
    Id::of(&["file", path])
}

/// A node for every file.
pub(crate) fn files(project: &Project, read: &Read, kept: &Kept<'_>, graph: &mut Graph) {
    for (path, bytes) in &project.files {
        let kind = Kind::of(path);
        let name = path.rsplit('/').next().unwrap_or(path);
        let node = Node { id: file_id(path), kind: kind.node_type(), name, path, line: 1, confidence: 1000 };
        graph.node(&node, |json| {
            json.key("bytes").count(bytes.len());
            let sheet = read.sheets.get(&(path.clone(), false));
            let counts = sheet.map(|(_, sheet)| (sheet.declarations, sheet.selectors));
            let known = || kept.sheet(path).map(|part| (part.declarations, part.selectors));
            if let Some((declarations, selectors)) = counts.or_else(known) {
                json.key("declarations").count(declarations);
                json.key("selectors").count(selectors);
            }
            let elements = read.pages.get(path).map(|page| page.document.elements.len());
            if let Some(elements) = elements.or_else(|| kept.page(path).map(|part| part.elements)) {
                json.key("elements").count(elements);
            }
        });
    }
}

/// What a page's elements are called.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// By the places of their nodes.
    ids: Vec<Option<Id>>,
    /// In the order of the document.
    labels: Vec<String>,
}

impl Named {
    pub(crate) fn id(&self, node: NodeId) -> Option<Id> {
        self.ids.get(node.index()).copied().flatten()
    }
}

/// Ids of a page's elements: by `id` where that is the only one of its name, otherwise by
/// the element around, the name and classes, and the place among those that are alike.
pub(crate) fn named(read: &Read, path: &str) -> Named {
    let Some(page) = read.pages.get(path) else { return Named::default() };
    let document = &page.document;
    let mut alike: HashMap<&str, u32, BuildHasherDefault<FxHasher>> = HashMap::default();
    let elements = || document.elements.iter().filter_map(|id| Some((*id, document.element(*id)?)));
    for id in elements().filter_map(|(_, element)| element.id.as_deref()) {
        *alike.entry(id).or_default() += 1;
    }
    let labels: Vec<String> = elements().map(|(_, element)| label(element)).collect();
    let mut ids = vec![None; document.nodes.len()];
    let mut seen: HashMap<(Id, &str), u32, BuildHasherDefault<FxHasher>> = HashMap::default();
    let top = file_id(path);
    for ((node, element), label) in elements().zip(&labels) {
        let own = element.id.as_deref().filter(|id| alike.get(id) == Some(&1));
        let id = match own {
            Some(own) => top.below(&["element", "#", own]),
            None => {
                let around = document.parent_element(node);
                let around = around.and_then(|parent| ids.get(parent.index()).copied().flatten());
                let around = around.unwrap_or(top);
                let at = seen.entry((around, label)).or_default();
                *at += 1;
                around.below(&["element", label, &at.to_string()])
            }
        };
        if let Some(place) = ids.get_mut(node.index()) {
            *place = Some(id);
        }
    }
    Named { ids, labels }
}

/// `a.btn#go`: how people call an element.
pub(crate) fn label(element: &Element) -> String {
    let classes: usize = element.classes.iter().map(|class| class.len() + 1).sum();
    let id = element.id.as_deref();
    let length = element.tag().len() + classes + id.map_or(0, |id| id.len() + 1);
    let mut label = String::with_capacity(length);
    label.push_str(element.tag());
    for class in &element.classes {
        label.push('.');
        label.push_str(class);
    }
    if let Some(id) = id {
        label.push('#');
        label.push_str(id);
    }
    label
}

/// A node for every element of a page.
pub(crate) fn elements(read: &Read, path: &str, graph: &mut Graph) -> Named {
    let named = named(read, path);
    let Some(page) = read.pages.get(path) else { return named };
    let document = &page.document;
    let elements = document.elements.iter().filter_map(|id| Some((*id, document.element(*id)?)));
    for ((node, element), name) in elements.zip(&named.labels) {
        let Some(id) = named.id(node) else { continue };
        let line = document.node(node).map_or(0, |node| node.line);
        let parent = document.parent_element(node).and_then(|parent| named.id(parent));
        let node = Node { id, kind: "html_element", name, path, line, confidence: 1000 };
        graph.node(&node, |json| {
            json.key("attrs").object(|json| attributes(element, json));
            if let Some(parent) = parent {
                json.key("parent").plain(&parent.text());
            }
            json.key("tag").string(element.tag());
        });
    }
    named
}

/// Attributes of one element in a map.
const ATTRIBUTES_MAX: usize = 256;

fn attributes(element: &Element, json: &mut Json) {
    let mut sorted: Vec<(Cow<'_, str>, &str)> = element
        .attributes
        .iter()
        .take(ATTRIBUTES_MAX)
        .map(|attribute| {
            let prefix = attribute.name.prefix.as_ref().filter(|prefix| !prefix.is_empty());
            let name = match prefix {
                Some(prefix) => Cow::Owned(format!("{prefix}:{}", attribute.name.local)),
                None => Cow::Borrowed(&*attribute.name.local),
            };
            (name, attribute.value.as_str())
        })
        .collect();
    sorted.sort();
    sorted.dedup_by(|one, other| one.0 == other.0);
    for (name, value) in sorted {
        json.key(&name).string(value);
    }
}
