//! Which element somebody means.

use std::collections::BTreeMap;

use super::id::Id;
use super::load::Read;
use super::nodes::{element_ids, label};
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
        let ids = element_ids(read, path);
        by_id(read, path, &ids, wanted).or_else(|| by_selector(read, path, &ids, wanted))
    })
}

fn by_id(read: &Read, path: &str, ids: &BTreeMap<NodeId, Id>, wanted: &str) -> Option<Found> {
    let (node, _) = ids.iter().find(|(_, id)| id.text() == wanted)?;
    found(read, path, ids, *node)
}

fn by_selector(read: &Read, path: &str, ids: &BTreeMap<NodeId, Id>, wanted: &str) -> Option<Found> {
    let list = parse_one(wanted)?;
    let document = &read.pages.get(path)?.document;
    let mut matcher = Matcher::new(document);
    let node = document.elements.iter().find(|node| {
        ElementRef::new(document, **node).is_some_and(|element| {
            list.slice().iter().any(|selector| matcher.matches(selector, element, None, None, Assume::AtRest))
        })
    })?;
    found(read, path, ids, *node)
}

/// What is to be said of an element.
pub(super) fn found(read: &Read, path: &str, ids: &BTreeMap<NodeId, Id>, node: NodeId) -> Option<Found> {
    let document = &read.pages.get(path)?.document;
    let element = document.element(node)?;
    let line = document.node(node)?.line;
    Some(Found { path: path.to_owned(), node, id: *ids.get(&node)?, label: label(element), line })
}
