//! The answer that elements with the same rules share.

use super::order::Weight;
use super::page::{Page, PageRule};
use super::walk::Match;
use crate::css::{ConditionId, Declaration, Property};

/// Declarations of one property that are kept in a lineage. Stops a sheet of endless repetition.
const CHAIN_MAX: usize = 256;

/// What elements of one class have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct StyleClass {
    pub(crate) matches: Vec<Match>,
    /// The index into [`Page::inline`]; elements that share nothing but that are rare.
    pub(crate) inline: Option<usize>,
}

/// Where a declaration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Origin {
    /// The index into [`Page::rules`]; none for a `style` attribute.
    pub(crate) rule: Option<u32>,
    /// The index into the rule's or the attribute's declarations.
    pub(crate) declaration: u32,
}

/// What became of a declaration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// It wins wherever nothing conditional in front of it does.
    Dominant,
    /// It wins where its conditions hold.
    Conditional,
    /// It never wins.
    Overridden,
}

/// Why a declaration lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reason {
    /// The index of the winner in the lineage.
    pub(crate) by: usize,
    pub(crate) why: &'static str,
}

/// One declaration in a lineage.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'p> {
    pub(crate) origin: Origin,
    pub(crate) weight: Weight,
    pub(crate) conditions: &'p [ConditionId],
    /// It depends on a state, and holds in a page at rest or not.
    pub(crate) at_rest: Option<bool>,
    /// Which selector of the rule.
    pub(crate) selector: u32,
    pub(crate) status: Status,
    pub(crate) reason: Option<Reason>,
}

/// Every declaration of one property, the strongest first.
#[derive(Debug)]
pub(crate) struct Lineage<'p> {
    pub(crate) property: Property,
    pub(crate) entries: Vec<Entry<'p>>,
    /// There were more than are kept.
    pub(crate) cut: bool,
}

impl Entry<'_> {
    /// Nothing has to hold for it.
    pub(crate) fn is_unconditional(&self) -> bool {
        self.conditions.is_empty() && self.at_rest.is_none()
    }
}

/// Every property that the class sets, in order of the properties' numbers.
pub(crate) fn lineage<'p>(page: &'p Page<'_>, class: &StyleClass) -> Vec<Lineage<'p>> {
    let mut all: Vec<(Property, Entry<'p>)> = Vec::new();
    for found in &class.matches {
        let Some(rule) = page.rules.get(crate::at(found.rule)) else { continue };
        for (declaration, at) in rule.rule.declarations.iter().zip(0_u32..) {
            all.push((declaration.property, of_rule(rule, found, declaration, at)));
        }
    }
    let inline = class.inline.and_then(|inline| page.inline.get(inline));
    for (declaration, at) in inline.into_iter().flat_map(|(_, _, list)| list).zip(0_u32..) {
        all.push((declaration.property, inline_entry(declaration, at)));
    }
    all.sort_by_key(|(property, entry)| (*property, std::cmp::Reverse(entry.weight)));
    let mut lineages = Vec::new();
    let mut rest = all.into_iter().peekable();
    while let Some((property, first)) = rest.next() {
        let mut entries = vec![first];
        while let Some((_, entry)) = rest.next_if(|(next, _)| *next == property) {
            entries.push(entry);
        }
        lineages.push(settle(property, entries));
    }
    lineages
}

fn of_rule<'p>(rule: &'p PageRule<'_>, found: &Match, declaration: &Declaration, at: u32) -> Entry<'p> {
    let order = (u64::from(found.rule) << 32) | u64::from(at);
    let weight =
        Weight::of_rule(declaration.important, rule.layer, found.specificity, found.proximity, order);
    Entry {
        origin: Origin { rule: Some(found.rule), declaration: at },
        weight,
        conditions: &rule.conditions,
        at_rest: found.at_rest,
        selector: found.selector,
        status: Status::Overridden,
        reason: None,
    }
}

fn inline_entry(declaration: &Declaration, at: u32) -> Entry<'static> {
    Entry {
        origin: Origin { rule: None, declaration: at },
        weight: Weight::inline(declaration.important, u64::from(at)),
        conditions: &[],
        at_rest: None,
        selector: 0,
        status: Status::Overridden,
        reason: None,
    }
}

/// Says of each what became of it; the strongest comes first.
fn settle(property: Property, mut entries: Vec<Entry<'_>>) -> Lineage<'_> {
    // Two selectors of a rule can mean an element; only the stronger counts.
    let mut seen: Vec<Origin> = Vec::new();
    entries.retain(|entry| {
        let again = seen.contains(&entry.origin);
        if entry.is_unconditional() || entry.at_rest.is_none() {
            seen.push(entry.origin);
        }
        !again
    });
    let cut = entries.len() > CHAIN_MAX;
    entries.truncate(CHAIN_MAX);
    let dominant = entries.iter().position(Entry::is_unconditional);
    let strongest = dominant.and_then(|at| entries.get(at)).map(|entry| entry.weight);
    for (at, entry) in entries.iter_mut().enumerate() {
        match dominant {
            Some(winner) if at > winner => {
                let why = strongest.map_or("order", |weight| weight.why(&entry.weight));
                entry.reason = Some(Reason { by: winner, why });
            }
            Some(winner) if at == winner => entry.status = Status::Dominant,
            _ => entry.status = Status::Conditional,
        }
    }
    Lineage { property, entries, cut }
}
