//! What the rules of a page do to each other, as edges: which one overrides which, where that
//! is for the selector alone, and what they hand down to the elements within.
//!
//! Why, for which property and under which conditions stands in the lineages of the page; an
//! edge says that there is such a lineage.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use rustc_hash::FxHasher;

use super::id::Id;
use super::nodes::{Graph, Node};
use crate::cascade::{Entry, Lineage, Status, StyleClass};
use crate::css::{Properties, Property, SelectorAt, is_inherited};

/// Where a declaration stands: in a rule, or in the `style` attribute with this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Place {
    Rule(u32),
    Attribute(usize),
}

type Set<T> = HashSet<T, BuildHasherDefault<FxHasher>>;

/// What was seen so far, each once.
#[derive(Debug, Default)]
pub(super) struct Relations {
    overrides: Set<(Place, Place)>,
    more_specific: Set<(SelectorAt, SelectorAt)>,
    /// Where a property is set that is inherited.
    handed_down: Set<(Place, Property)>,
}

impl Relations {
    /// What a lineage says of overriding.
    pub(super) fn overriding(&mut self, class: &StyleClass, lineage: &Lineage<'_>) {
        for entry in &lineage.entries {
            let Some(reason) = entry.reason else { continue };
            let Some(winner) = lineage.entries.get(reason.by) else { continue };
            let (Some(strong), Some(weak)) = (place(class, winner), place(class, entry)) else { continue };
            // What a rule says twice is no other rule's doing.
            if strong == weak {
                continue;
            }
            self.overrides.insert((strong, weak));
            if let (Place::Rule(rule), Place::Rule(other), "specificity") = (strong, weak, reason.why) {
                let strong = SelectorAt { rule, selector: winner.selector };
                let weak = SelectorAt { rule: other, selector: entry.selector };
                self.more_specific.insert((strong, weak));
            }
        }
    }

    /// What a lineage of an inherited property leaves to the elements within.
    pub(super) fn inheriting(&mut self, class: &StyleClass, lineage: &Lineage<'_>) {
        let winning = lineage.entries.iter().filter(|entry| entry.status != Status::Overridden);
        let places = winning.filter_map(|entry| place(class, entry));
        self.handed_down.extend(places.map(|place| (place, lineage.property)));
    }

    /// Writes the edges: all in one order, whatever was seen first.
    pub(super) fn write(self, graph: &mut Graph, properties: &Properties, id: impl Fn(Place) -> Option<Id>) {
        for (strong, weak) in in_order(self.overrides) {
            if let (Some(strong), Some(weak)) = (id(strong), id(weak)) {
                graph.shared_edge("css_override", strong, weak);
            }
        }
        let of = |at: SelectorAt| Some(selector_id(id(Place::Rule(at.rule))?, at.selector));
        for (strong, weak) in in_order(self.more_specific) {
            if let (Some(strong), Some(weak)) = (of(strong), of(weak)) {
                graph.shared_edge("css_specificity", strong, weak);
            }
        }
        for (place, property) in in_order(self.handed_down) {
            if let Some(place) = id(place) {
                graph.shared_edge("css_inherit", place, property_id(properties.name(property)));
            }
        }
    }
}

fn place(class: &StyleClass, entry: &Entry<'_>) -> Option<Place> {
    entry.origin.rule.map(Place::Rule).or_else(|| class.inline.map(Place::Attribute))
}

fn in_order<T: Ord>(all: Set<T>) -> Vec<T> {
    let mut all: Vec<T> = all.into_iter().collect();
    all.sort_unstable();
    all
}

/// The id of a rule's selector, by its number.
pub(super) fn selector_id(rule: Id, selector: u32) -> Id {
    rule.below(&["selector", &selector.to_string()])
}

fn property_id(name: &str) -> Id {
    Id::of(&["property", name])
}

/// The node of a property, which is one for the whole project.
pub(super) fn property(graph: &mut Graph, name: &str) {
    let id = property_id(name);
    let node = Node { id, kind: "css_property", name, path: "", line: 0, confidence: 1000 };
    graph.shared_node(&node, |json| json.key("inherited").boolean(is_inherited(name)));
}

/// The node of a media query, which is one for the whole project, and the edge to a rule in it.
pub(super) fn media(graph: &mut Graph, query: &str, rule: Id) {
    let id = Id::of(&["media", query]);
    let node = Node { id, kind: "css_media", name: query, path: "", line: 0, confidence: 1000 };
    graph.shared_node(&node, |_| {});
    graph.shared_edge("css_applies_to", id, rule);
}
