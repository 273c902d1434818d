//! Which element somebody means.

use super::id::Id;
use super::load::Read;
use super::nodes::{Named, label, named};
use crate::html::NodeId;
use crate::select::{Assume, ElementRef, Matcher, parse_one};

/// An element that was found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) path: String,
    pub(super) node: NodeId,
    pub(super) id: Id,
    pub(super) label: String,
    pub(super) line: u32,
}

/// The first element that `wanted` names: the id of a node, or a selector.
pub(super) fn element(read: &Read, wanted: &str) -> Option<Found> {
    read.pages.keys().find_map(|path| {
        let ids = named(read, path);
        by_id(read, path, &ids, wanted).or_else(|| by_selector(read, path, &ids, wanted))
    })
}

fn by_id(read: &Read, path: &str, ids: &Named, wanted: &str) -> Option<Found> {
    let elements = &read.pages.get(path)?.document.elements;
    let node = elements.iter().find(|node| ids.id(**node).is_some_and(|id| *id.text() == *wanted))?;
    found(read, path, ids, *node)
}

fn by_selector(read: &Read, path: &str, ids: &Named, wanted: &str) -> Option<Found> {
    let list = parse_one(wanted)?;
    let document = &read.pages.get(path)?.document;
    let mut matcher = Matcher::new(document, Assume::AtRest);
    let node = document.elements.iter().find(|node| {
        ElementRef::new(document, **node).is_some_and(|element| {
            list.slice().iter().any(|selector| matcher.matches(selector, element, None))
        })
    })?;
    found(read, path, ids, *node)
}

/// What is to be said of an element.
pub(super) fn found(read: &Read, path: &str, ids: &Named, node: NodeId) -> Option<Found> {
    let document = &read.pages.get(path)?.document;
    let element = document.element(node)?;
    let line = document.node(node)?.line;
    Some(Found { path: path.to_owned(), node, id: ids.id(node)?, label: label(element), line })
}
