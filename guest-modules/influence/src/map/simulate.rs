//! What would change without some selectors, rules or sheets. Nothing is written.

use std::collections::{BTreeMap, BTreeSet};

use super::cascade::{classes, rule_ids};
use super::id::Id;
use super::load::Read;
use super::nodes::element_ids;
use super::why::NoAnswer;
use crate::cascade::{Entry, Lineage, Page, Status, StyleClass, lineage};
use crate::css::Property;
use crate::json::Json;

/// A declaration of a page.
type At = (Option<u32>, u32);
/// Conditional winners in order, and the one without conditions.
type Winners = (Vec<At>, Option<At>);

/// Answers; each of `muted` is a selector as it was written, the id of a rule, or the path of
/// a sheet.
pub(super) fn simulate(read: &Read, muted: &[String]) -> Result<Vec<u8>, NoAnswer> {
    let mut muted: Vec<&str> = muted.iter().map(String::as_str).collect();
    muted.sort_unstable();
    muted.dedup();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    let mut changed = Json::new();
    let (mut dead, mut restored) = (BTreeSet::new(), BTreeSet::new());
    changed.array(|json| {
        for path in read.pages.keys() {
            let Some((page, _)) = read.assemble(path) else { continue };
            let mut one = PageMute { read, page: &page, ids: rule_ids(read, &page), off: BTreeSet::new() };
            one.mute(&muted, &mut known);
            one.changes(path, json, &mut dead, &mut restored);
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

struct PageMute<'a> {
    read: &'a Read,
    page: &'a Page<'a>,
    ids: Vec<Id>,
    /// Rules that are off, or selectors of them.
    off: BTreeSet<(u32, u32)>,
}

impl PageMute<'_> {
    fn mute<'n>(&mut self, muted: &[&'n str], known: &mut BTreeSet<&'n str>) {
        for (at, rule) in (0_u32..).zip(&self.page.rules) {
            let path = self.page.sources.get(rule.source).map_or("", |source| source.path);
            let id = self.ids.get(crate::at(at)).map(|id| id.text()).unwrap_or_default();
            let selectors = rule.rule.selectors.slice();
            for name in muted {
                let whole = *name == path || *name == id || *name == rule.rule.text;
                for (index, selector) in (0_u32..).zip(selectors) {
                    if whole || selectors.len() > 1 && written(selector) == *name {
                        known.insert(name);
                        self.off.insert((at, index));
                    }
                }
            }
        }
    }

    fn changes(
        &self,
        path: &str,
        json: &mut Json,
        dead: &mut BTreeSet<Place>,
        restored: &mut BTreeSet<Place>,
    ) {
        if self.off.is_empty() {
            return;
        }
        let element_ids = element_ids(self.read, path);
        for ((pseudo, class), nodes) in classes(self.page) {
            let without = StyleClass {
                matches: class
                    .matches
                    .iter()
                    .filter(|one| !self.off.contains(&(one.rule, one.selector)))
                    .cloned()
                    .collect(),
                inline: class.inline,
            };
            if without == class {
                continue;
            }
            let before = winners(&lineage(self.page, &class));
            let after = winners(&lineage(self.page, &without));
            let elements: Vec<Id> = nodes.iter().filter_map(|node| element_ids.get(node).copied()).collect();
            let nothing = (Vec::new(), None);
            for (property, was) in &before {
                let is = after.get(property).unwrap_or(&nothing);
                if was == is {
                    continue;
                }
                json.object(|json| {
                    json.key("after").array(|json| self.declarations(json, &class, is));
                    json.key("before").array(|json| self.declarations(json, &class, was));
                    json.key("elements").array(|json| {
                        for element in &elements {
                            json.string(&element.text());
                        }
                    });
                    json.key("property").string(self.read.properties.name(*property));
                    if let Some(pseudo) = &pseudo {
                        json.key("pseudo").string(&pseudo.0);
                    }
                });
                dead.extend(
                    all(was)
                        .filter(|at| !all(is).any(|other| other == *at))
                        .filter_map(|at| self.place(&class, at)),
                );
                restored.extend(
                    all(is)
                        .filter(|at| !all(was).any(|other| other == *at))
                        .filter_map(|at| self.place(&class, at)),
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
        let value = crate::cascade::value(self.page, rule, declaration).to_owned();
        Some((source.path.to_owned(), line, name, value))
    }
}

fn all(winners: &Winners) -> impl Iterator<Item = At> + '_ {
    winners.0.iter().copied().chain(winners.1)
}

fn winners(lineages: &[Lineage]) -> BTreeMap<Property, Winners> {
    let at = |entry: &Entry| (entry.origin.rule, entry.origin.declaration);
    let one = |lineage: &Lineage| {
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
