//! One page with its style sheets, in the order in which they count.

use std::collections::HashMap;

use super::budget::Budget;
use crate::css::{Condition, ConditionId, Conditions, Declaration, Item, Outline, Outlines, Scope, Sheet};
use crate::html::{Document, NodeId};

/// Where a sheet came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SourceKind {
    /// A file of the project.
    File,
    /// A `style` element; the lines are those of the page.
    Element(NodeId),
}

/// A sheet of a page, once it is found.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) path: &'a str,
    pub(crate) sheet: &'a Sheet,
    pub(crate) kind: SourceKind,
    /// The text in which the declarations' values stand.
    pub(crate) text: &'a str,
    /// Lines before the sheet's first.
    pub(crate) lines_before: u32,
}

/// A sheet that a page loads, with what is asked of the viewer.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The index into [`Page::sources`].
    pub(crate) source: usize,
    pub(crate) conditions: Vec<ConditionId>,
    /// The layer that an import puts it into.
    pub(crate) layer: Option<u32>,
}

/// A rule of a page.
#[derive(Debug)]
pub(crate) struct PageRule<'a> {
    pub(crate) source: usize,
    pub(crate) rule: &'a crate::css::Rule,
    pub(crate) conditions: Vec<ConditionId>,
    /// By rank: a later layer is greater.
    pub(crate) layer: Option<u32>,
    pub(crate) outline: &'a Outline,
    /// It can never hold.
    pub(crate) never: bool,
}

/// A page.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    pub(crate) document: &'a Document,
    pub(crate) sources: Vec<Source<'a>>,
    pub(crate) rules: Vec<PageRule<'a>>,
    /// The outlines of each loaded sheet, behind the number of its first rule.
    pub(crate) outlines: Vec<(u32, &'a Outlines)>,
    /// `style` attributes, in order of the document, with their text.
    pub(crate) inline: &'a [(NodeId, String, Vec<Declaration>)],
    /// Names of layers by rank.
    pub(crate) layers: Vec<String>,
    /// What matching may still cost.
    pub(crate) budget: &'a Budget,
}

impl<'a> Page<'a> {
    /// Puts the sheets together. `loaded` names them in the order in which they count.
    pub(crate) fn new(
        document: &'a Document,
        sources: Vec<Source<'a>>,
        loaded: &[Loaded],
        layers: Layers,
        (conditions, budget): (&Conditions, &'a Budget),
    ) -> Self {
        let mut page = Self {
            document,
            sources,
            rules: Vec::new(),
            outlines: Vec::new(),
            inline: &[],
            layers: Vec::new(),
            budget,
        };
        let mut layers = layers;
        let quirks = document.quirks == html5ever::interface::QuirksMode::Quirks;
        let mut rules = Vec::new();
        for one in loaded {
            let Some(source) = page.sources.get(one.source) else { continue };
            let sheet = source.sheet;
            let outlines = sheet.outlines(quirks);
            page.outlines.push((u32::try_from(rules.len()).unwrap_or(u32::MAX), outlines));
            let mut outline = outlines.rules.iter();
            for item in &sheet.items {
                match item {
                    Item::Layer(layer) => {
                        layers.enter(one.layer, sheet.layers.get(crate::at(*layer)), one.source);
                    }
                    Item::Rule(rule) => {
                        let path = rule.layer.and_then(|layer| sheet.layers.get(crate::at(layer)));
                        let layer = match path {
                            Some(path) => layers.enter(one.layer, Some(path), one.source),
                            None => one.layer,
                        };
                        let mut all = one.conditions.clone();
                        all.extend(rule.conditions.iter().filter(|id| !one.conditions.contains(id)));
                        let never =
                            all.iter().any(|id| matches!(conditions.get(*id), Some(Condition::Never(_))));
                        let Some(outline) = outline.next() else { continue };
                        let (source, rule) = (one.source, &**rule);
                        rules.push(PageRule { source, rule, conditions: all, layer, outline, never });
                    }
                    Item::Import(_) => {}
                }
            }
        }
        let ranks = layers.ranks();
        for rule in &mut rules {
            rule.layer = rule.layer.and_then(|layer| ranks.get(crate::at(layer)).copied());
        }
        page.rules = rules;
        page.layers = layers.names(&ranks);
        page
    }

    /// The scopes of a rule's sheet.
    pub(crate) fn scopes(&self, rule: &PageRule<'_>) -> &'a [Scope] {
        self.sources.get(rule.source).map_or(&[], |source| source.sheet.scopes.as_slice())
    }
}

/// The layers of a page, as a tree in order of first mention.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    /// Parent and name.
    nodes: Vec<(Option<u32>, String)>,
    known: HashMap<(Option<u32>, String), u32>,
}

impl Layers {
    /// The layer of a path below the layer that an import names.
    pub(crate) fn enter(
        &mut self,
        outer: Option<u32>,
        path: Option<&Vec<String>>,
        source: usize,
    ) -> Option<u32> {
        let mut at = outer;
        for name in path? {
            at = Some(self.child(at, name, source));
        }
        at
    }

    /// The layer of `name` in `outer`; one without a name is never the same as another.
    fn child(&mut self, outer: Option<u32>, name: &str, source: usize) -> u32 {
        let name = if name.starts_with(' ') { format!("{name} {source}") } else { name.to_owned() };
        if let Some(known) = self.known.get(&(outer, name.clone())) {
            return *known;
        }
        let id = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push((outer, name.clone()));
        self.known.insert((outer, name), id);
        id
    }

    /// The rank of each layer: those inside of a layer come before what stands in it directly.
    fn ranks(&self) -> Vec<u32> {
        let mut ranks = vec![0; self.nodes.len()];
        let mut next = 0;
        self.rank(None, &mut ranks, &mut next, 0);
        ranks
    }

    fn rank(&self, outer: Option<u32>, ranks: &mut [u32], next: &mut u32, depth: u32) {
        // Names nest as deeply as a sheet does, and that is bounded.
        if depth > 256 {
            return;
        }
        for id in 0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX) {
            if self.nodes.get(crate::at(id)).is_some_and(|(parent, _)| *parent == outer) {
                self.rank(Some(id), ranks, next, depth.saturating_add(1));
                if let Some(rank) = ranks.get_mut(crate::at(id)) {
                    *rank = *next;
                }
                *next = next.saturating_add(1);
            }
        }
    }

    fn names(&self, ranks: &[u32]) -> Vec<String> {
        let mut named: Vec<(u32, String)> = Vec::new();
        for (id, rank) in ranks.iter().enumerate() {
            let mut parts = Vec::new();
            let mut at = u32::try_from(id).ok();
            while let Some((outer, name)) = at.and_then(|at| self.nodes.get(crate::at(at))) {
                parts.push(if name.starts_with(' ') { "(anonymous)" } else { name });
                at = *outer;
            }
            parts.reverse();
            named.push((*rank, parts.join(".")));
        }
        named.sort();
        named.into_iter().map(|(_, name)| name).collect()
    }
}

/// Where values and names are looked up.
pub(crate) fn value<'t>(page: &Page<'t>, rule: &PageRule<'_>, declaration: &Declaration) -> &'t str {
    let text = page.sources.get(rule.source).map_or("", |source| source.text);
    text.get(declaration.written()).unwrap_or_default()
}
