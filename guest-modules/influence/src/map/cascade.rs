//! The cascade of one page, as a map tells it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::BuildHasherDefault;

use cssparser::ToCss as _;
use rustc_hash::FxHasher;

use super::Depth;
use super::id::Id;
use super::load::Read;
use super::nodes::{Graph, Named, Node, file_id};
use super::relations::{self, Place, Relations, selector_id};
use crate::cascade::{
    Entry, Lineage, Looking, Page, PageRule, SourceKind, Status, StyleClass, lineage, walk,
};
use crate::css::{Condition, Declaration, Property, SelectorAt, is_inherited};
use crate::html::{Document, NodeId};
use crate::json::Json;
use crate::select::{PseudoElement, Selector};

/// A class of a pseudo-element or of elements themselves, and the elements.
pub(crate) type Class<'p> = ((Option<&'p PseudoElement>, StyleClass), Vec<NodeId>);

type Map<K, V> = HashMap<K, V, BuildHasherDefault<FxHasher>>;

/// Sorts the elements of a page into classes, in order of what they have in common.
pub(crate) fn classes<'p>(page: &Page<'p>) -> Vec<Class<'p>> {
    let mut classes: Map<(Option<&PseudoElement>, StyleClass), Vec<NodeId>> = Map::default();
    // Both are in the order of the document.
    let mut attributes = page.inline.iter().zip(0_usize..).peekable();
    walk(page, Looking::Up, |node, matched| {
        let inline = attributes.next_if(|((own, _, _), _)| *own == node).map(|(_, at)| at);
        if inline.is_some() || !matched.own.is_empty() {
            let class = StyleClass { matches: matched.own, inline };
            classes.entry((None, class)).or_default().push(node);
        }
        for (pseudo, matches) in matched.pseudos {
            let class = StyleClass { matches, inline: None };
            classes.entry((Some(pseudo), class)).or_default().push(node);
        }
    });
    let mut classes: Vec<Class<'_>> = classes.into_iter().collect();
    classes.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    classes
}

/// Follows the cascade of a page; gives its part of the map.
pub(crate) fn page(read: &mut Read, path: &str, depth: Depth, named: &Named, graph: &mut Graph) -> String {
    let Some((page, cut)) = read.assemble(path) else { return "{}".to_owned() };
    let mut writer = Writer::new(read, &page, depth, graph);
    let mut places = vec![0; page.document.nodes.len()];
    for (node, at) in page.document.elements.iter().zip(0_usize..) {
        if let Some(place) = places.get_mut(node.index()) {
            *place = at;
        }
    }
    let mut json = Json::new();
    json.object(|json| {
        json.key("classes").array(|json| {
            for ((pseudo, class), nodes) in classes(&page) {
                let places = nodes.iter().filter_map(|node| places.get(node.index()).copied());
                let first = nodes.first().and_then(|node| named.id(*node));
                let hands_down =
                    pseudo.is_none() && nodes.iter().any(|node| has_elements(page.document, *node));
                writer.class(json, (pseudo, &class), hands_down, first, places);
            }
        });
        json.key("declarations").array(|json| writer.declared(json));
        writer.relate(named);
        json.key("elements").array(|json| {
            for id in page.document.elements.iter().filter_map(|node| named.id(*node)) {
                json.plain(&id.text());
            }
        });
        if depth == Depth::Deep {
            let used = writer.used.values().map(|property| read.properties.name(*property));
            json.key("inherits").strings(used.filter(|name| is_inherited(name)));
        }
        json.key("layers").strings(page.layers.iter().map(String::as_str));
        json.key("path").string(path);
        json.key("quirks").boolean(page.document.quirks == html5ever::interface::QuirksMode::Quirks);
    });
    let text = json.text();
    if cut {
        read.limits.note("import-depth");
    }
    text
}

/// The ids of all rules of a page, by their places.
pub(crate) fn rule_ids(read: &Read, page: &Page<'_>) -> Vec<Id> {
    let id = |rule| name_rule(read, page, rule).map_or(Id::of(&["rule"]), |(id, _)| id);
    page.rules.iter().map(id).collect()
}

/// The id of a rule, and the labels of its conditions.
fn name_rule(read: &Read, page: &Page<'_>, rule: &PageRule<'_>) -> Option<(Id, Vec<String>)> {
    let source = page.sources.get(rule.source)?;
    let conditions = rule.conditions.iter().filter_map(|id| read.conditions.get(*id));
    let labels: Vec<String> = conditions.map(Condition::label).collect();
    let file = match &source.kind {
        SourceKind::File => file_id(source.path),
        SourceKind::Element(_) => file_id(source.path).below(&["style"]),
    };
    let id =
        file.below(&["rule", &rule.rule.text, &labels.join("\u{1f}"), &rule.outline.ordinal.to_string()]);
    Some((id, labels))
}

/// A declaration of a page.
type DeclarationAt = (Option<u32>, Option<usize>, u32);

struct Writer<'a> {
    read: &'a Read,
    page: &'a Page<'a>,
    depth: Depth,
    /// The ids of rules whose node is written.
    rules: Vec<Option<Id>>,
    /// The places of properties when their names are in order.
    ranks: Vec<usize>,
    /// How each condition is called.
    conditions: Vec<String>,
    /// Numbers of the declarations that a lineage names.
    declarations: Map<DeclarationAt, usize>,
    order: Vec<DeclarationAt>,
    /// The properties of those, in order of their names.
    used: BTreeMap<usize, Property>,
    /// The selectors whose node is written.
    selectors: HashSet<SelectorAt, BuildHasherDefault<FxHasher>>,
    relations: Relations,
    graph: &'a mut Graph,
}

/// The rule of a declaration, its line, its value, and itself.
type Declared<'a> = (Option<Id>, u32, &'a str, &'a Declaration);

impl<'a> Writer<'a> {
    fn new(read: &'a Read, page: &'a Page<'a>, depth: Depth, graph: &'a mut Graph) -> Self {
        Self {
            read,
            page,
            depth,
            rules: vec![None; page.rules.len()],
            ranks: read.properties.ranks(),
            conditions: read.conditions.iter().map(Condition::label).collect(),
            declarations: Map::default(),
            order: Vec::new(),
            used: BTreeMap::new(),
            selectors: HashSet::default(),
            relations: Relations::default(),
            graph,
        }
    }

    fn class(
        &mut self,
        json: &mut Json,
        (pseudo, class): (Option<&PseudoElement>, &StyleClass),
        hands_down: bool,
        first: Option<Id>,
        places: impl Iterator<Item = usize>,
    ) {
        let Some(first) = first else { return };
        let name = pseudo.map_or(String::new(), |pseudo| format!("::{}", pseudo.0));
        let id = first.below(&["class", &name]);
        for found in &class.matches {
            let rule = self.rule(found.rule);
            self.selector(rule, SelectorAt { rule: found.rule, selector: found.selector });
            let state = found.at_rest.is_some();
            self.graph.edge("css_applies_to", rule, id, 0, |json| {
                if state {
                    json.key("state").boolean(true);
                }
            });
        }
        json.object(|json| {
            json.key("elements").array(|json| {
                for place in places {
                    json.count(place);
                }
            });
            json.key("id").plain(&id.text());
            json.key("lineage").object(|json| self.lineages(json, class, hands_down));
            json.key("matched").array(|json| {
                for found in &class.matches {
                    json.array(|json| {
                        json.plain(&self.rule(found.rule).text());
                        json.number(found.selector);
                    });
                }
            });
            if let Some(pseudo) = pseudo {
                json.key("pseudo").string(&pseudo.0);
            }
        });
    }

    /// Properties in order of their names.
    fn lineages(&mut self, json: &mut Json, class: &StyleClass, hands_down: bool) {
        let mut found = lineage(self.page, class);
        found.sort_unstable_by_key(|one| self.ranks.get(one.property.index()));
        for one in found {
            let name = self.read.properties.name(one.property);
            json.key(name).object(|json| self.lineage(json, class, &one));
            if self.depth == Depth::Deep {
                self.relations.overriding(class, &one);
                if hands_down && is_inherited(name) {
                    self.relations.inheriting(class, &one);
                }
            }
        }
    }

    /// The node of a selector that means something; its id is that of its rule and its number.
    fn selector(&mut self, rule: Id, at: SelectorAt) {
        // Asked for every class that it means.
        if !self.selectors.insert(at) {
            return;
        }
        let page = self.page;
        let Some(found) = page.rules.get(crate::at(at.rule)) else { return };
        let Some(selector) = found.rule.selectors.slice().get(crate::at(at.selector)) else { return };
        let source = page.sources.get(found.source);
        let line = found.rule.line.saturating_add(source.map_or(0, |source| source.lines_before));
        let path = source.map_or("", |source| source.path);
        let id = selector_id(rule, at.selector);
        let name = selector.to_css_string();
        let node = Node { id, kind: "css_selector", name: &name, path, line, confidence: 1000 };
        self.graph.shared_node(&node, |json| {
            json.key("rule").plain(&rule.text());
            json.key("specificity").array(|json| specificity(json, selector));
        });
    }

    /// What the lineages that were written say of rules and properties, where that was asked for.
    fn relate(&mut self, named: &Named) {
        if self.depth != Depth::Deep {
            return;
        }
        let properties = &self.read.properties;
        for name in self.used.values().map(|property| properties.name(*property)) {
            relations::property(self.graph, name);
        }
        let (page, rules) = (self.page, &self.rules);
        let id = |place| match place {
            Place::Rule(at) => rules.get(crate::at(at)).copied().flatten(),
            Place::Attribute(at) => page.inline.get(at).and_then(|(node, _, _)| named.id(*node)),
        };
        std::mem::take(&mut self.relations).write(self.graph, properties, id);
    }

    fn lineage(&mut self, json: &mut Json, class: &StyleClass, lineage: &Lineage<'_>) {
        let with = |status: Status| lineage.entries.iter().filter(move |entry| entry.status == status);
        if lineage.cut {
            json.key("cut").boolean(true);
        }
        if with(Status::Conditional).next().is_some() {
            json.key("if").array(|json| {
                for entry in with(Status::Conditional) {
                    let at = self.number(class, entry);
                    json.array(|json| {
                        json.count(at);
                        self.labels(json, entry);
                    });
                }
            });
        }
        if with(Status::Overridden).next().is_some() {
            json.key("lost").array(|json| {
                for entry in with(Status::Overridden) {
                    let at = self.number(class, entry);
                    match entry.reason.filter(|_| self.depth == Depth::Deep) {
                        Some(reason) => json.array(|json| {
                            json.count(at);
                            json.string(reason.why);
                            // So that the map alone tells who wins without the winner.
                            if !entry.is_unconditional() {
                                self.labels(json, entry);
                            }
                        }),
                        None => json.count(at),
                    }
                }
            });
        }
        if let Some(entry) = with(Status::Dominant).next() {
            let at = self.number(class, entry);
            json.key("wins").count(at);
        }
    }

    /// What must hold for an entry: its rule's conditions, and the states of its selector.
    fn labels(&self, json: &mut Json, entry: &Entry<'_>) {
        let rule = entry.origin.rule.and_then(|rule| self.page.rules.get(crate::at(rule)));
        let shape = rule.and_then(|rule| rule.outline.shapes.get(crate::at(entry.selector)));
        let states = shape.filter(|_| entry.at_rest.is_some()).map(|shape| shape.states.as_slice());
        json.array(|json| {
            for id in entry.conditions {
                json.string(self.conditions.get(crate::at(id.0)).map_or("", String::as_str));
            }
            let holds = if entry.at_rest == Some(true) { "rest" } else { "state" };
            for state in states.unwrap_or_default() {
                json.string(&format!("{holds}{state}"));
            }
        });
    }

    fn number(&mut self, class: &StyleClass, entry: &Entry<'_>) -> usize {
        let inline = class.inline.filter(|_| entry.origin.rule.is_none());
        let at = (entry.origin.rule, inline, entry.origin.declaration);
        let next = self.order.len();
        let number = *self.declarations.entry(at).or_insert(next);
        if number == next {
            self.order.push(at);
        }
        number
    }

    /// The table of declarations, in the order of their numbers.
    fn declared(&mut self, json: &mut Json) {
        for (rule, inline, at) in std::mem::take(&mut self.order) {
            let found = match (rule, inline) {
                (Some(rule), _) => self.of_rule(rule, at),
                (None, Some(inline)) => self.of_attribute(inline, at),
                (None, None) => None,
            };
            let Some((id, line, value, declaration)) = found else { continue };
            if let Some(rank) = self.ranks.get(declaration.property.index()) {
                self.used.insert(*rank, declaration.property);
            }
            json.object(|json| {
                json.key("column").number(declaration.column);
                if declaration.important {
                    json.key("important").boolean(true);
                }
                json.key("line").number(line);
                json.key("property").string(self.read.properties.name(declaration.property));
                match id {
                    Some(id) => json.key("rule").plain(&id.text()),
                    None => json.key("inline").boolean(true),
                }
                if let Some(shorthand) = declaration.shorthand {
                    json.key("shorthand").string(self.read.properties.name(shorthand));
                }
                json.key("value").string(value);
            });
        }
    }

    fn of_rule(&mut self, at: u32, declaration: u32) -> Option<Declared<'a>> {
        let id = self.rule(at);
        let page = self.page;
        let rule = page.rules.get(crate::at(at))?;
        let declaration = rule.rule.declarations.get(crate::at(declaration))?;
        let before = page.sources.get(rule.source).map_or(0, |source| source.lines_before);
        let value = crate::cascade::value(page, rule, declaration);
        Some((Some(id), declaration.line.saturating_add(before), value, declaration))
    }

    fn of_attribute(&self, at: usize, declaration: u32) -> Option<Declared<'a>> {
        let page = self.page;
        let (node, text, declarations) = page.inline.get(at)?;
        let declaration = declarations.get(crate::at(declaration))?;
        let line = self.page.document.node(*node).map_or(0, |node| node.line);
        let value = text.get(declaration.written())?;
        Some((None, line, value, declaration))
    }

    fn rule(&mut self, at: u32) -> Id {
        if let Some(known) = self.rules.get(crate::at(at)).copied().flatten() {
            return known;
        }
        let id = self.new_rule(at).unwrap_or_else(|| Id::of(&["rule"]));
        if let Some(place) = self.rules.get_mut(crate::at(at)) {
            *place = Some(id);
        }
        id
    }

    /// The node of a rule: its id holds the sheet, the conditions, the selector, and which one
    /// it is among those that are written alike, and no line.
    fn new_rule(&mut self, at: u32) -> Option<Id> {
        let rule = self.page.rules.get(crate::at(at))?;
        let source = self.page.sources.get(rule.source)?;
        let (id, labels) = name_rule(self.read, self.page, rule)?;
        let text = &rule.rule.text;
        let line = rule.rule.line.saturating_add(source.lines_before);
        let node = Node { id, kind: "css_rule", name: text, path: source.path, line, confidence: 1000 };
        let page = self.page;
        let column = rule.rule.column;
        self.graph.node(&node, |json| {
            json.key("column").number(column);
            json.key("conditions").strings(labels.iter().map(String::as_str));
            if let Some(layer) = rule.layer.and_then(|layer| page.layers.get(crate::at(layer))) {
                json.key("layer").string(layer);
            }
            json.key("specificity").array(|json| {
                for selector in rule.rule.selectors.slice() {
                    json.array(|json| specificity(json, selector));
                }
            });
        });
        let conditions = rule.conditions.iter().filter_map(|id| self.read.conditions.get(*id));
        for condition in conditions {
            if let Condition::Media(query) = condition {
                relations::media(self.graph, query, id);
            }
        }
        Some(id)
    }
}

/// The triple.
fn specificity(json: &mut Json, selector: &Selector) {
    let specificity = selector.specificity();
    json.number(specificity >> 20);
    json.number((specificity >> 10) & 0x3ff);
    json.number(specificity & 0x3ff);
}

fn has_elements(document: &Document, node: NodeId) -> bool {
    document.children(node).any(|child| document.element(child).is_some())
}
