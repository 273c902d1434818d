//! From elements to the rules that mean them.

use std::collections::HashMap;

use precomputed_hash::PrecomputedHash as _;
use selectors::Element as _;
use selectors::bloom::{BLOOM_HASH_MASK, BloomFilter};

use super::page::{Page, PageRule};
use crate::css::{Outline, Scope, ScopeId, SelectorAt};
use crate::html::{Element, NodeId};
use crate::select::{Assume, ElementRef, Looks, Matcher, PseudoElement, Selector, Shape};

/// A rule that means an element.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Match {
    pub(crate) rule: u32,
    /// Which of its selectors.
    pub(crate) selector: u32,
    pub(crate) specificity: u32,
    pub(crate) proximity: Option<u32>,
    /// It depends on a state, and holds in a page at rest or not.
    pub(crate) at_rest: Option<bool>,
}

/// What means an element, and what means each of its pseudo-elements.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Matched<'p> {
    pub(crate) own: Vec<Match>,
    /// Each pseudo-element once.
    pub(crate) pseudos: Vec<(&'p PseudoElement, Vec<Match>)>,
}

/// How the selectors that can mean an element are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looking {
    /// By what an element is called, and what the elements around it are called.
    Up,
    /// Not at all: every selector is tried on every element. What the other is held against.
    #[cfg(not(target_arch = "wasm32"))]
    Everywhere,
}

/// Matches every element of the page, in document order.
pub(crate) fn walk<'p>(page: &Page<'p>, looking: Looking, mut each: impl FnMut(NodeId, Matched<'p>)) {
    let mut walker = Walker {
        page,
        looking,
        matchers: [Assume::AtRest, Assume::Likely, Assume::Unlikely]
            .map(|assume| Matcher::new(page.document, assume)),
        filter: BloomFilter::new(),
        ancestors: Vec::new(),
        hashes: Vec::new(),
        entered: vec![false; page.document.nodes.len()],
        missing: Vec::new(),
        candidates: Vec::new(),
        sizes: HashMap::new(),
    };
    for id in &page.document.elements {
        let Some(element) = ElementRef::new(page.document, *id) else { continue };
        if looking == Looking::Up {
            walker.stand_at(*id);
        }
        each(*id, walker.matched(element));
    }
}

struct Walker<'a, 'p> {
    page: &'a Page<'p>,
    looking: Looking,
    /// One for each assumption, because what it learns holds under its own alone.
    matchers: [Matcher; 3],
    /// The names of all elements around the current one.
    filter: BloomFilter,
    /// These elements, outermost first, and how many hashes there are without theirs.
    ancestors: Vec<(NodeId, usize)>,
    hashes: Vec<u32>,
    /// By the place of a node: it is one of them.
    entered: Vec<bool>,
    missing: Vec<NodeId>,
    candidates: Vec<SelectorAt>,
    /// Elements in an element and itself; empty until somebody looks through one.
    sizes: HashMap<NodeId, u64>,
}

impl<'p> Walker<'_, 'p> {
    /// Brings the filter to the elements around `id`.
    fn stand_at(&mut self, id: NodeId) {
        let mut missing = std::mem::take(&mut self.missing);
        let mut at = self.page.document.parent_element(id);
        while let Some(above) = at.filter(|above| self.entered.get(above.index()) == Some(&false)) {
            missing.push(above);
            at = self.page.document.parent_element(above);
        }
        while let Some((last, begin)) = self.ancestors.pop_if(|(last, _)| Some(*last) != at) {
            for hash in self.hashes.drain(begin..) {
                self.filter.remove_hash(hash);
            }
            self.mark(last, false);
        }
        for id in missing.drain(..).rev() {
            self.enter(id);
        }
        self.missing = missing;
    }

    fn enter(&mut self, id: NodeId) {
        let Some(element) = self.page.document.element(id) else { return };
        let begin = self.hashes.len();
        names(element, |hash| self.hashes.push(hash & BLOOM_HASH_MASK));
        for hash in self.hashes.get(begin..).unwrap_or_default() {
            self.filter.insert_hash(*hash);
        }
        self.ancestors.push((id, begin));
        self.mark(id, true);
    }

    fn mark(&mut self, id: NodeId, entered: bool) {
        if let Some(place) = self.entered.get_mut(id.index()) {
            *place = entered;
        }
    }

    fn matched(&mut self, element: ElementRef<'_>) -> Matched<'p> {
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.clear();
        self.candidates_of(element.element(), &mut candidates);
        let mut matched = Matched::default();
        for at in &candidates {
            let Some(rule) = self.page.rules.get(crate::at(at.rule)).filter(|rule| !rule.never) else {
                continue;
            };
            let outline: &'p Outline = rule.outline;
            let Some(shape) = outline.shapes.get(crate::at(at.selector)) else { continue };
            let Some(found) = self.try_one(rule, *at, element) else { continue };
            let Some(pseudo) = &shape.pseudo else {
                matched.own.push(found);
                continue;
            };
            match matched.pseudos.iter_mut().find(|(known, _)| *known == pseudo) {
                Some((_, list)) => list.push(found),
                None => matched.pseudos.push((pseudo, vec![found])),
            }
        }
        self.candidates = candidates;
        matched.own.sort_unstable();
        matched.own.dedup();
        for (_, list) in &mut matched.pseudos {
            list.sort_unstable();
            list.dedup();
        }
        matched
    }

    fn candidates_of(&self, element: &Element, candidates: &mut Vec<SelectorAt>) {
        match self.looking {
            Looking::Up => {
                for (first, outlines) in &self.page.outlines {
                    outlines.candidates(element, &self.filter, |at| {
                        candidates.push(SelectorAt { rule: at.rule.saturating_add(*first), ..at });
                    });
                }
            }
            #[cfg(not(target_arch = "wasm32"))]
            Looking::Everywhere => {
                for (rule, at) in self.page.rules.iter().zip(0_u32..) {
                    let shapes = rule.outline.shapes.iter().zip(0_u32..);
                    let reachable = shapes.filter(|(shape, _)| !shape.unreachable);
                    candidates.extend(reachable.map(|(_, selector)| SelectorAt { rule: at, selector }));
                }
            }
        }
    }

    fn try_one(&mut self, rule: &PageRule<'_>, at: SelectorAt, element: ElementRef<'_>) -> Option<Match> {
        let shape = rule.outline.shapes.get(crate::at(at.selector))?;
        let selector = rule.rule.selectors.slice().get(crate::at(at.selector))?;
        if self.looking == Looking::Up && !self.affords(shape, element.id) {
            return None;
        }
        let states = !shape.states.is_empty();
        let assume = if states { Assume::Likely } else { Assume::AtRest };
        let proximity = self.reach(rule, at, element, assume)?;
        let mut at_rest = None;
        if states && self.reach(rule, at, element, Assume::Unlikely).is_none() {
            at_rest = Some(self.reach(rule, at, element, Assume::AtRest).is_some());
        }
        let specificity = if rule.rule.weightless { 0 } else { selector.specificity() };
        Some(Match { rule: at.rule, selector: at.selector, specificity, proximity, at_rest })
    }

    /// Whether a selector may still be tried on this element.
    fn affords(&mut self, shape: &Shape, id: NodeId) -> bool {
        let cost = shape.weight.saturating_mul(self.looked_through(shape, id));
        self.page.budget.spend(cost)
    }

    /// How many elements a selector looks through to tell whether it means this one.
    fn looked_through(&mut self, shape: &Shape, id: NodeId) -> u64 {
        let document = self.page.document;
        let top = match shape.looks {
            None => return 1,
            Some(Looks::Inside) => id,
            Some(Looks::Beside) => document.parent_element(id).unwrap_or(id),
        };
        if self.sizes.is_empty() {
            // What is inside comes after what it is in.
            for id in document.elements.iter().rev() {
                let size = self.sizes.get(id).copied().unwrap_or_default() + 1;
                self.sizes.insert(*id, size);
                if let Some(parent) = document.parent_element(*id) {
                    *self.sizes.entry(parent).or_default() += size;
                }
            }
        }
        self.sizes.get(&top).copied().unwrap_or(1)
    }

    /// How the selector reaches the element: not at all, without a scope, or in so many steps.
    fn reach(
        &mut self,
        rule: &PageRule<'_>,
        at: SelectorAt,
        element: ElementRef<'_>,
        assume: Assume,
    ) -> Option<Option<u32>> {
        let selector = rule.rule.selectors.slice().get(crate::at(at.selector))?;
        let Some(scope) = rule.rule.scope else {
            return self.matches(selector, (element, None), assume).then_some(None);
        };
        let scopes = self.page.scopes(rule);
        let mut root = Some(element);
        let mut steps = 0_u32;
        while let Some(candidate) = root {
            if self.is_root(scopes, scope, candidate, rule, assume)
                && !self.is_beyond(scopes, scope, candidate, element, assume)
                && self.matches(selector, (element, Some(candidate)), assume)
            {
                return Some(Some(steps));
            }
            steps = steps.saturating_add(1);
            root = candidate.parent_element();
        }
        None
    }

    /// Whether a selector means an element, perhaps from a scope's root.
    fn matches(
        &mut self,
        selector: &Selector,
        (element, scope): (ElementRef<'_>, Option<ElementRef<'_>>),
        assume: Assume,
    ) -> bool {
        let [at_rest, likely, unlikely] = &mut self.matchers;
        let matcher = match assume {
            Assume::AtRest => at_rest,
            Assume::Likely => likely,
            Assume::Unlikely => unlikely,
        };
        matcher.matches(selector, element, scope)
    }

    /// Whether a scope begins at the element.
    fn is_root(
        &mut self,
        scopes: &[Scope],
        id: ScopeId,
        element: ElementRef<'_>,
        rule: &PageRule<'_>,
        assume: Assume,
    ) -> bool {
        let Some(scope) = scopes.get(crate::at(id.0)) else { return false };
        let starts = match &scope.start {
            Some(start) => start.slice().iter().any(|start| self.matches(start, (element, None), assume)),
            None => match self.page.sources.get(rule.source).map(|source| &source.kind) {
                Some(super::page::SourceKind::Element(style)) => {
                    self.page.document.parent_element(*style) == Some(element.id)
                }
                _ => element.is_root(),
            },
        };
        if !starts {
            return false;
        }
        let Some(outer) = scope.outer else { return true };
        let mut around = Some(element);
        while let Some(candidate) = around {
            if self.is_root(scopes, outer, candidate, rule, assume)
                && !self.is_beyond(scopes, outer, candidate, element, assume)
            {
                return true;
            }
            around = candidate.parent_element();
        }
        false
    }

    /// Whether a scope that begins at `root` ends before the element.
    fn is_beyond(
        &mut self,
        scopes: &[Scope],
        id: ScopeId,
        root: ElementRef<'_>,
        element: ElementRef<'_>,
        assume: Assume,
    ) -> bool {
        let Some(end) = scopes.get(crate::at(id.0)).and_then(|scope| scope.end.as_ref()) else {
            return false;
        };
        let mut at = Some(element);
        while let Some(candidate) = at {
            let ends = end.slice().iter();
            let mut ends = ends.map(|end| self.matches(end, (candidate, Some(root)), assume));
            if ends.any(|ends| ends) {
                return true;
            }
            if candidate == root {
                return false;
            }
            at = candidate.parent_element();
        }
        false
    }
}

/// What tells elements apart in the filter.
fn names(element: &Element, mut each: impl FnMut(u32)) {
    each(element.name.local.precomputed_hash());
    each(element.name.ns.precomputed_hash());
    if let Some(id) = &element.id {
        each(id.precomputed_hash());
    }
    for class in &element.classes {
        each(class.precomputed_hash());
    }
}
