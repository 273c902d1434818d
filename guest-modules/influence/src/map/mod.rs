//! The map: nodes, what leads from one to another, and the answers of the cascade.
//!
//! **Invariant:** the same files and question give the same bytes; an id does not depend on
//! what stands above its node in a file.

mod address;
mod cascade;
mod code;
mod compare;
mod files;
mod find;
#[cfg(test)]
mod hostile;
mod id;
#[cfg(test)]
mod laws;
mod limits;
mod load;
mod nodes;
mod resolve;
mod simulate;
#[cfg(test)]
mod tests;
mod why;
mod write;

pub(crate) use compare::compare;
pub(crate) use files::Project;
pub(crate) use load::Read;
pub(crate) use why::NoAnswer;

use crate::json::Json;

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
    map_of(project, Read::new(project), depth)
}

fn map_of(project: &Project, mut read: Read, depth: Depth) -> Vec<u8> {
    let mut graph = nodes::Graph::default();
    nodes::files(project, &read, &mut graph);
    let mut pages = Vec::new();
    for path in read.page_paths() {
        let elements = nodes::elements(&read, &path, &mut graph);
        if depth > Depth::Off {
            pages.push(cascade::page(&mut read, &path, depth, &elements, &mut graph));
        }
    }
    if read.budget.is_spent() {
        read.limits.note("matching");
    }
    nodes::links(project, &mut read, &mut graph);
    code::code(project, &mut read, &mut graph);
    read.diagnostics.sort();
    let mut json = Json::new();
    write::map(&mut json, project, &mut read, depth, &graph, &pages);
    // The module ends with its answer; there, giving back a hundred thousand pieces of memory
    // one by one is work for nobody.
    #[cfg(target_arch = "wasm32")]
    std::mem::forget((read, graph, pages));
    json.finish()
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
