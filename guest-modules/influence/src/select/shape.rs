//! What can be said of a selector before it is matched: where to look for its elements, and
//! which states it depends on.

use cssparser::ToCss as _;
use html5ever::LocalName;
use selectors::parser::{AncestorHashes, Component, RelativeSelectorMatchHint};

use super::{Kinds, PseudoClass, PseudoElement, Selector};

/// Elements that a selector can mean have one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bucket {
    Id(LocalName),
    Class(LocalName),
    Tag(LocalName),
    /// Any element.
    Other,
}

/// A selector's outline.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) buckets: Vec<Bucket>,
    /// States such as `hover`, each once, in order of the selector.
    pub(crate) states: Vec<String>,
    /// `None` for the element itself.
    pub(crate) pseudo: Option<PseudoElement>,
    /// A pseudo-element in a state, or a part of one: no element of a page at rest.
    pub(crate) unreachable: bool,
    pub(crate) hashes: AncestorHashes,
    /// How long it is.
    pub(crate) weight: u64,
    /// What a `:has()` in it looks through.
    pub(crate) looks: Option<Looks>,
}

/// Where a `:has()` looks for an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Looks {
    /// In the element.
    Inside,
    /// In what follows it, too.
    Beside,
}

/// Parts of a selector that weigh as much as trying it does.
const COMPONENTS_OF_ONE: u64 = 8;

/// Alternatives of an `:is()` that are looked up one by one.
const ALTERNATIVES_MAX: usize = 64;

/// Looks at a selector.
pub(crate) fn shape(selector: &Selector, quirks: bool) -> Shape {
    let mut seen = Seen::default();
    for component in selector.iter_raw_match_order() {
        seen.note(component);
    }
    let Seen { states, components, looks } = seen;
    let pseudos = selector.pseudo_elements();
    // In quirks mode, ids and classes are told apart without regard to case, and not by hash.
    let quirks = match quirks {
        true => selectors::context::QuirksMode::Quirks,
        false => selectors::context::QuirksMode::NoQuirks,
    };
    Shape {
        buckets: buckets(selector),
        states,
        pseudo: pseudos.first().map(|pseudo| (*pseudo).clone()),
        unreachable: pseudos.len() > 1
            || has_state_behind_pseudo(selector)
            || selector.is_slotted()
            || selector.is_part(),
        hashes: AncestorHashes::new(selector, quirks),
        weight: 1 + components / COMPONENTS_OF_ONE,
        looks,
    }
}

fn has_state_behind_pseudo(selector: &Selector) -> bool {
    // The last compound comes first, up to the combinator before the pseudo-element.
    let mut components = selector.iter_raw_match_order();
    selector.has_pseudo_element()
        && components
            .by_ref()
            .take_while(|component| !component.is_combinator())
            .any(|component| !matches!(component, Component::PseudoElement(_)))
}

/// What is found in a selector.
#[derive(Default)]
struct Seen {
    states: Vec<String>,
    components: u64,
    looks: Option<Looks>,
}

impl Seen {
    fn note(&mut self, component: &Component<Kinds>) {
        self.components = self.components.saturating_add(1);
        match component {
            Component::NonTSPseudoClass(class @ PseudoClass::State(_)) => {
                let mut name = String::new();
                let _ = class.to_css(&mut name);
                if !self.states.contains(&name) {
                    self.states.push(name);
                }
            }
            Component::Is(list) | Component::Where(list) | Component::Negation(list) => {
                self.all(list.slice());
            }
            Component::NthOf(data) => self.all(data.selectors()),
            Component::Has(relative) => {
                for one in relative.iter() {
                    let beside = matches!(
                        one.match_hint,
                        RelativeSelectorMatchHint::InSibling | RelativeSelectorMatchHint::InSiblingSubtree
                    );
                    self.looks = self.looks.max(Some(if beside { Looks::Beside } else { Looks::Inside }));
                    for component in one.selector.iter_raw_match_order() {
                        self.note(component);
                    }
                }
            }
            _ => {}
        }
    }

    fn all(&mut self, selectors: &[Selector]) {
        for component in selectors.iter().flat_map(Selector::iter_raw_match_order) {
            self.note(component);
        }
    }
}

/// Whether selectors with everything that they hold have no more parts than `left`, from which
/// they are taken. Nesting multiplies what a selector means without making it longer.
pub(crate) fn fits(selectors: &[Selector], left: &mut u32) -> bool {
    selectors.iter().flat_map(Selector::iter_raw_match_order).all(|component| {
        let Some(rest) = left.checked_sub(1) else { return false };
        *left = rest;
        match component {
            Component::Is(list) | Component::Where(list) | Component::Negation(list) => {
                fits(list.slice(), left)
            }
            Component::NthOf(data) => fits(data.selectors(), left),
            Component::Has(relative) => {
                relative.iter().all(|one| fits(std::slice::from_ref(&one.selector), left))
            }
            _ => true,
        }
    })
}

/// The most telling of the last compound's simple selectors.
fn buckets(selector: &Selector) -> Vec<Bucket> {
    let mut best = vec![Bucket::Other];
    let mut iter = selector.iter();
    if selector.has_pseudo_element() {
        // The compound of the pseudo-element stands in front of that of its element.
        for _ in iter.by_ref() {}
        if iter.next_sequence().is_none() {
            return best;
        }
    }
    for component in iter {
        let found = match component {
            Component::ID(id) => vec![Bucket::Id(id.0.clone())],
            Component::Class(class) => vec![Bucket::Class(class.0.clone())],
            Component::LocalName(name) => vec![Bucket::Tag(name.lower_name.0.clone())],
            Component::Is(list) | Component::Where(list) if list.len() <= ALTERNATIVES_MAX => {
                list.slice().iter().flat_map(buckets).collect()
            }
            _ => continue,
        };
        if rank(&found) > rank(&best) {
            best = found;
        }
    }
    best
}

/// The least telling alternative counts.
fn rank(buckets: &[Bucket]) -> u8 {
    let one = |bucket: &Bucket| match bucket {
        Bucket::Id(_) => 3,
        Bucket::Class(_) => 2,
        Bucket::Tag(_) => 1,
        Bucket::Other => 0,
    };
    buckets.iter().map(one).min().unwrap_or(0)
}
