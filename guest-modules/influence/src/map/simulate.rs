//! What would change without some selectors, rules or sheets. Nothing is written.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::cascade::{Class, classes, rule_ids};
use super::id::Id;
use super::load::Read;
use super::nodes::{Named, named};
use super::relations::selector_id;
use super::why::NoAnswer;
use crate::cascade::{Entry, Lineage, Page, Status, StyleClass, lineage};
use crate::css::{Property, SelectorAt};
use crate::json::Json;

/// A declaration of a page.
type At = (Option<u32>, u32);
/// Conditional winners in order, and the one without conditions.
type Winners = (Vec<At>, Option<At>);

/// Answers; each of `muted` is a selector as it was written, the id of a rule or a selector, or
/// the path of a sheet.
pub(super) fn simulate(read: &Read, muted: &[String]) -> Result<Vec<u8>, NoAnswer> {
    let pages = read.pages.keys().filter_map(|path| Mutable::new(read, path));
    let pages: Vec<Mutable<'_>> = if muted.is_empty() { Vec::new() } else { pages.collect() };
    without(&pages, muted)
}

/// The same for pages that are at hand.
pub(super) fn without(pages: &[Mutable<'_>], muted: &[String]) -> Result<Vec<u8>, NoAnswer> {
    let mut muted: Vec<&str> = muted.iter().map(String::as_str).collect();
    muted.sort_unstable();
    muted.dedup();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    let mut changed = Json::new();
    let (mut dead, mut restored) = (BTreeSet::new(), BTreeSet::new());
    changed.array(|json| {
        for page in pages {
            let off = page.off(&muted, &mut known);
            page.changes(&off, json, &mut dead, &mut restored);
        }
    });
    if let Some(unknown) = muted.iter().find(|name| !known.contains(*name)) {
        return Err(NoAnswer::NothingToMute((*unknown).to_owned()));
    }
    let mut json = Json::new();
    json.object(|json| {
        json.key("changed").raw(&changed.text());
        json.key("muted").strings(muted.iter().copied());
        json.key("newly_dead").array(|json| places(json, &dead));
        json.key("restored").array(|json| places(json, &restored));
        json.key("sentences").array(|json| {
            json.string(&format!(
                "Without {}: {} declarations no longer win, {} win instead.",
                if muted.is_empty() { "nothing".to_owned() } else { muted.join(", ") },
                dead.len(),
                restored.len()
            ));
        });
    });
    Ok(json.finish())
}

/// Path, line, property and value of a declaration.
type Place = (String, u32, String, String);

fn places(json: &mut Json, places: &BTreeSet<Place>) {
    for (path, line, property, value) in places {
        json.object(|json| {
            json.key("line").number(*line);
            json.key("path").string(path);
            json.key("property").string(property);
            json.key("value").string(value);
        });
    }
}

/// A page whose rules can be switched off. What every switch needs is looked up once.
pub(super) struct Mutable<'a> {
    read: &'a Read,
    page: Page<'a>,
    path: &'a str,
    /// What a name switches off: selectors of rules.
    names: HashMap<String, Vec<SelectorAt>>,
    /// Made when the first switch means something of this page.
    effects: OnceCell<Effects<'a>>,
}

/// What rules do on a page.
struct Effects<'a> {
    classes: Vec<Class<'a>>,
    /// The classes that a rule is a part of.
    of_rules: HashMap<u32, Vec<usize>>,
    elements: Named,
}

impl<'a> Effects<'a> {
    fn new(read: &Read, path: &str, page: &Page<'a>) -> Self {
        let classes = classes(page);
        let mut of_rules: HashMap<u32, Vec<usize>> = HashMap::new();
        for (at, ((_, class), _)) in classes.iter().enumerate() {
            for found in &class.matches {
                of_rules.entry(found.rule).or_default().push(at);
            }
        }
        Self { classes, of_rules, elements: named(read, path) }
    }
}

impl<'a> Mutable<'a> {
    /// The page of a path; none where there is no such page.
    pub(super) fn new(read: &'a Read, path: &'a str) -> Option<Self> {
        let (page, _) = read.assemble(path)?;
        let mut names: HashMap<String, Vec<SelectorAt>> = HashMap::new();
        let mut name = |name: &str, at: SelectorAt| match names.get_mut(name) {
            Some(known) => known.push(at),
            None => drop(names.insert(name.to_owned(), vec![at])),
        };
        for ((rule, at), id) in page.rules.iter().zip(0_u32..).zip(rule_ids(read, &page)) {
            let path = page.sources.get(rule.source).map_or("", |source| source.path);
            let (whole, selectors) = (id.text(), rule.rule.selectors.slice());
            for (one, selector) in selectors.iter().zip(0_u32..) {
                let at = SelectorAt { rule: at, selector };
                for own in [path, &whole, &selector_id(id, selector).text(), &rule.rule.text] {
                    name(own, at);
                }
                if selectors.len() > 1 {
                    name(&written(one), at);
                }
            }
        }
        Some(Self { read, page, path, names, effects: OnceCell::new() })
    }

    /// The ids of its rules.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn rules(&self) -> Vec<String> {
        rule_ids(self.read, &self.page).into_iter().map(|id| id.text().to_string()).collect()
    }

    /// What these names switch off here.
    fn off<'n>(&self, muted: &[&'n str], known: &mut BTreeSet<&'n str>) -> BTreeSet<(u32, u32)> {
        let mut off = BTreeSet::new();
        for name in muted {
            if let Some(meant) = self.names.get(*name) {
                known.insert(name);
                off.extend(meant.iter().map(|at| (at.rule, at.selector)));
            }
        }
        off
    }

    fn changes(
        &self,
        off: &BTreeSet<(u32, u32)>,
        json: &mut Json,
        dead: &mut BTreeSet<Place>,
        restored: &mut BTreeSet<Place>,
    ) {
        if off.is_empty() {
            return;
        }
        let effects = self.effects.get_or_init(|| Effects::new(self.read, self.path, &self.page));
        let rules: BTreeSet<u32> = off.iter().map(|(rule, _)| *rule).collect();
        let touched: BTreeSet<usize> =
            rules.iter().filter_map(|rule| effects.of_rules.get(rule)).flatten().copied().collect();
        for ((pseudo, class), nodes) in touched.into_iter().filter_map(|at| effects.classes.get(at)) {
            let without = StyleClass {
                matches: class
                    .matches
                    .iter()
                    .filter(|one| !off.contains(&(one.rule, one.selector)))
                    .cloned()
                    .collect(),
                inline: class.inline,
            };
            if without == *class {
                continue;
            }
            let before = winners(&lineage(&self.page, class));
            let after = winners(&lineage(&self.page, &without));
            let elements: Vec<Id> = nodes.iter().filter_map(|node| effects.elements.id(*node)).collect();
            let nothing = (Vec::new(), None);
            for (property, was) in &before {
                let is = after.get(property).unwrap_or(&nothing);
                if was == is {
                    continue;
                }
                json.object(|json| {
                    json.key("after").array(|json| self.declarations(json, class, is));
                    json.key("before").array(|json| self.declarations(json, class, was));
                    json.key("elements").array(|json| {
                        for element in &elements {
                            json.plain(&element.text());
                        }
                    });
                    json.key("property").string(self.read.properties.name(*property));
                    if let Some(pseudo) = pseudo {
                        json.key("pseudo").string(&pseudo.0);
                    }
                });
                dead.extend(
                    all(was)
                        .filter(|at| !all(is).any(|other| other == *at))
                        .filter_map(|at| self.place(class, at)),
                );
                restored.extend(
                    all(is)
                        .filter(|at| !all(was).any(|other| other == *at))
                        .filter_map(|at| self.place(class, at)),
                );
            }
        }
    }

    fn declarations(&self, json: &mut Json, class: &StyleClass, winners: &Winners) {
        for at in all(winners) {
            if let Some((path, line, _, value)) = self.place(class, at) {
                json.object(|json| {
                    json.key("line").number(line);
                    json.key("path").string(&path);
                    json.key("value").string(&value);
                });
            }
        }
    }

    fn place(&self, class: &StyleClass, (rule, at): At) -> Option<Place> {
        let Some(rule) = rule else {
            let (node, text, declarations) = self.page.inline.get(class.inline?)?;
            let declaration = declarations.get(crate::at(at))?;
            let line = self.page.document.node(*node)?.line;
            let value = text.get(declaration.written())?;
            let name = self.read.properties.name(declaration.property).to_owned();
            return Some((String::new(), line, name, value.to_owned()));
        };
        let rule = self.page.rules.get(crate::at(rule))?;
        let source = self.page.sources.get(rule.source)?;
        let declaration = rule.rule.declarations.get(crate::at(at))?;
        let line = declaration.line.saturating_add(source.lines_before);
        let name = self.read.properties.name(declaration.property).to_owned();
        let value = crate::cascade::value(&self.page, rule, declaration).to_owned();
        Some((source.path.to_owned(), line, name, value))
    }
}

fn all(winners: &Winners) -> impl Iterator<Item = At> + '_ {
    winners.0.iter().copied().chain(winners.1)
}

fn winners(lineages: &[Lineage<'_>]) -> BTreeMap<Property, Winners> {
    let at = |entry: &Entry<'_>| (entry.origin.rule, entry.origin.declaration);
    let one = |lineage: &Lineage<'_>| {
        let with = |status: Status| lineage.entries.iter().filter(move |entry| entry.status == status);
        let conditional = with(Status::Conditional).map(at).collect();
        (lineage.property, (conditional, with(Status::Dominant).map(at).next()))
    };
    lineages.iter().map(one).collect()
}

/// A selector as a browser would print it.
fn written(selector: &crate::select::Selector) -> String {
    use cssparser::ToCss as _;
    selector.to_css_string()
}
