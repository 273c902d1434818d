//! The map: nodes, what leads from one to another, and the answers of the cascade.
//!
//! **Invariant:** the same files and question give the same bytes; an id does not depend on
//! what stands above its node in a file.

mod address;
mod assembly;
mod cascade;
mod code;
mod compare;
mod diagnostics;
mod files;
mod find;
#[cfg(test)]
mod hostile;
mod id;
mod kept;
#[cfg(test)]
mod laws;
mod limits;
mod links;
mod load;
mod nodes;
mod relations;
mod resolve;
mod simulate;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod thresholds;
mod why;
mod write;

pub(crate) use compare::compare;
pub(crate) use files::Project;
pub(crate) use load::Read;
pub(crate) use why::NoAnswer;

use std::borrow::Cow;

use crate::json::Json;
use files::Digests;
use kept::{Kept, Leaves};

/// The version of the map's form.
pub(crate) const SCHEMA: &str = "archmap/1";

/// How far the cascade is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Not at all.
    Off,
    /// Who wins.
    Basic,
    /// Also why.
    Deep,
}

/// Makes the whole map.
pub(crate) fn map(project: &Project, depth: Depth) -> Vec<u8> {
    whole(project, Read::new(project), depth)
}

/// Makes it of a project that was read.
fn whole(project: &Project, read: Read, depth: Depth) -> Vec<u8> {
    make(project, read, depth, &project.digests(), Kept::default(), None).json
}

/// Makes the same of what an earlier one left, as far as that still holds. Gives the map, and
/// what it leaves itself.
pub(crate) fn remap(project: &Project, depth: Depth, left: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let digests = project.digests();
    let (kept, leaves) = Kept::of(left, depth, &digests);
    let partly = !kept.is_empty();
    let mut made = make(project, Read::without(project, &kept), depth, &digests, kept, Some(leaves));
    if made.met_limit && partly {
        // Which file meets a threshold depends on all that were read before it.
        made = make(project, Read::new(project), depth, &digests, Kept::default(), None);
    }
    let left = made.leaves.map_or(Vec::new(), |leaves| leaves.whole(depth, made.json.len()));
    (made.json, left)
}

/// A map that was made.
struct Made<'k> {
    json: Vec<u8>,
    /// A threshold was met that decides what the map is made of, beside those that the number
    /// and size of files are.
    met_limit: bool,
    /// Nothing after a threshold.
    leaves: Option<Leaves<'k>>,
}

fn make<'k>(
    project: &Project,
    mut read: Read,
    depth: Depth,
    digests: &Digests<'_>,
    mut kept: Kept<'k>,
    mut leaves: Option<Leaves<'k>>,
) -> Made<'k> {
    // What met a threshold while it was read leaves nothing, so nothing is collected.
    leaves = leaves.filter(|_| read.limits.hit == project.limits.hit);
    let mut graph = nodes::Graph::default();
    nodes::files(project, &read, &kept, &mut graph);
    if let Some(leaves) = &mut leaves {
        leaves.sheets(&read, digests, &kept);
    }
    let mut pages: Vec<Cow<'_, str>> = Vec::new();
    for path in project.files.keys() {
        if let Some(part) = kept.page(path) {
            read.budget.spend(part.tests);
            graph.nodes.take(&part.nodes);
            graph.edges.take(&part.edges);
            pages.extend((depth > Depth::Off).then_some(Cow::Borrowed(part.text)));
        } else if read.pages.contains_key(path) {
            let (nodes, edges, before) = (graph.nodes.mark(), graph.edges.mark(), read.budget.left());
            let elements = nodes::elements(&read, path, &mut graph);
            let page =
                (depth > Depth::Off).then(|| cascade::page(&mut read, path, depth, &elements, &mut graph));
            if let Some(leaves) = &mut leaves {
                let cost = before.saturating_sub(read.budget.left());
                let text = page.as_deref().unwrap_or_default();
                leaves.page(path, (&read, digests), (&graph, nodes, edges), (cost, text));
            }
            pages.extend(page.map(Cow::Owned));
        }
    }
    if read.budget.is_spent() {
        read.limits.note("matching");
    }
    links::links(project, &mut read, &kept, &mut graph);
    let outlines = code::code(project, &mut read, &mut kept, &mut graph);
    if let Some(leaves) = &mut leaves {
        for (path, outline) in &outlines {
            leaves.outline(path, outline, digests);
        }
    }
    let before = read.limits.hit.clone();
    if diagnostics::cut(&mut read.diagnostics, limits::DIAGNOSTICS_MAX) {
        read.limits.note("diagnostics");
    }
    let mut json = Json::new();
    let fits = write::map(&mut json, digests, &mut read, depth, &graph, &pages);
    let met_limit = before != project.limits.hit || !fits;
    // The module ends with its answer; there, giving back a hundred thousand pieces of memory
    // one by one is work for nobody.
    #[cfg(target_arch = "wasm32")]
    std::mem::forget((read, graph, pages, outlines));
    Made { json: json.finish(), met_limit, leaves: leaves.filter(|_| !met_limit) }
}

/// The pages of a project, whose rules can be switched off one after the other.
#[cfg(not(target_arch = "wasm32"))]
pub struct Mutes<'a>(Vec<simulate::Mutable<'a>>);

#[cfg(not(target_arch = "wasm32"))]
impl<'a> Mutes<'a> {
    pub(crate) fn new(read: &'a Read) -> Self {
        Self(read.pages.keys().filter_map(|path| simulate::Mutable::new(read, path)).collect())
    }

    /// The ids of all rules.
    #[must_use]
    pub fn rules(&self) -> Vec<String> {
        self.0.iter().flat_map(simulate::Mutable::rules).collect()
    }

    /// What would change without one of them, in JSON; nothing where there is no such rule.
    #[must_use]
    pub fn without(&self, rule: &str) -> Vec<u8> {
        simulate::without(&self.0, &[rule.to_owned()]).unwrap_or_default()
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl std::fmt::Debug for Mutes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mutes({} pages)", self.0.len())
    }
}

/// Says why an element has its value of a property.
pub(crate) fn why(project: &Project, element: &str, property: &str) -> Result<Vec<u8>, NoAnswer> {
    why::why(&Read::new(project), element, property)
}

/// Says what would change without some selectors, rules or sheets.
pub(crate) fn simulate(project: &Project, muted: &[String]) -> Result<Vec<u8>, NoAnswer> {
    simulate::simulate(&Read::new(project), muted)
}
