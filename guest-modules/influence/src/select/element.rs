//! Elements as the matcher sees them.

use std::ptr;

use html5ever::interface::QuirksMode;
use html5ever::{local_name, ns};
use selectors::attr::{AttrSelectorOperation, CaseSensitivity, NamespaceConstraint};
use selectors::bloom::BloomFilter;
use selectors::context::{
    MatchingContext, MatchingForInvalidation, MatchingMode, NeedsSelectorFlags, SelectorCaches,
};
use selectors::matching::{ElementSelectorFlags, matches_selector};
use selectors::{Element as _, OpaqueElement};

use super::pseudo::Direction;
use super::{Extra, Kinds, Name, PseudoClass, PseudoElement, Selector};
use crate::html::{Document, Element, NodeData, NodeId};

/// What is taken for true of states that no document has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Assume {
    /// Nothing is hovered, focused, or otherwise in a state: a page as it was loaded.
    #[default]
    AtRest,
    /// Whatever makes the selector match.
    Likely,
    /// Whatever keeps the selector from matching.
    Unlikely,
}

/// An element of a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ElementRef<'a> {
    pub(crate) document: &'a Document,
    pub(crate) id: NodeId,
    element: &'a Element,
}

impl<'a> ElementRef<'a> {
    /// The element at `id`; none for another kind of node.
    pub(crate) fn new(document: &'a Document, id: NodeId) -> Option<Self> {
        document.element(id).map(|element| Self { document, id, element })
    }

    pub(crate) fn element(&self) -> &'a Element {
        self.element
    }

    fn sibling(self, step: impl Fn(&crate::html::Node) -> Option<NodeId>) -> Option<Self> {
        let mut at = step(self.document.node(self.id)?);
        while let Some(id) = at {
            if let Some(found) = Self::new(self.document, id) {
                return Some(found);
            }
            at = step(self.document.node(id)?);
        }
        None
    }

    /// The nearest of the element and those around it that has the attribute.
    fn nearest(self, attribute: &str) -> Option<&'a str> {
        let mut at = Some(self);
        while let Some(element) = at {
            if let Some(value) = element.element.attribute(attribute) {
                return Some(value);
            }
            at = element.parent_element();
        }
        None
    }

    fn is_in_language(self, ranges: &[String]) -> bool {
        let Some(language) = self.nearest("lang") else { return false };
        ranges.iter().any(|range| {
            let range = range.strip_prefix("*-").unwrap_or(range);
            range == "*" && !language.is_empty()
                || language.eq_ignore_ascii_case(range)
                || language.get(..range.len()).is_some_and(|start| start.eq_ignore_ascii_case(range))
                    && language.as_bytes().get(range.len()) == Some(&b'-')
        })
    }

    fn has_direction(self, direction: Direction) -> bool {
        let rtl = self.nearest("dir").is_some_and(|dir| dir.eq_ignore_ascii_case("rtl"));
        match direction {
            Direction::LeftToRight => !rtl,
            Direction::RightToLeft => rtl,
            Direction::Other => false,
        }
    }
}

/// Matches selectors against elements of one document, under one assumption.
pub(crate) struct Matcher {
    caches: SelectorCaches,
    quirks: selectors::context::QuirksMode,
    assume: Assume,
}

impl Matcher {
    pub(crate) fn new(document: &Document, assume: Assume) -> Self {
        let quirks = match document.quirks {
            QuirksMode::Quirks => selectors::context::QuirksMode::Quirks,
            QuirksMode::LimitedQuirks => selectors::context::QuirksMode::LimitedQuirks,
            QuirksMode::NoQuirks => selectors::context::QuirksMode::NoQuirks,
        };
        Self { caches: SelectorCaches::default(), quirks, assume }
    }

    /// Whether `selector` means `element`, or its pseudo-element when it names one.
    pub(crate) fn matches(
        &mut self,
        selector: &Selector,
        element: ElementRef<'_>,
        scope: Option<ElementRef<'_>>,
    ) -> bool {
        let mode = match selector.has_pseudo_element() {
            true => MatchingMode::ForStatelessPseudoElement,
            false => MatchingMode::Normal,
        };
        let mut context: MatchingContext<'_, Kinds> = MatchingContext::new(
            mode,
            None,
            &mut self.caches,
            self.quirks,
            NeedsSelectorFlags::No,
            MatchingForInvalidation::No,
        );
        context.extra_data = Extra { assume: self.assume };
        context.scope_element = scope.map(|scope| scope.opaque());
        matches_selector(selector, 0, None, element, &mut context)
    }
}

impl selectors::Element for ElementRef<'_> {
    type Impl = Kinds;

    fn opaque(&self) -> OpaqueElement {
        OpaqueElement::new(self.element)
    }

    fn parent_element(&self) -> Option<Self> {
        let parent = self.document.parent_element(self.id)?;
        Self::new(self.document, parent)
    }

    fn parent_node_is_shadow_root(&self) -> bool {
        false
    }

    fn containing_shadow_host(&self) -> Option<Self> {
        None
    }

    fn is_pseudo_element(&self) -> bool {
        false
    }

    fn prev_sibling_element(&self) -> Option<Self> {
        self.sibling(|node| node.previous)
    }

    fn next_sibling_element(&self) -> Option<Self> {
        self.sibling(|node| node.next)
    }

    fn first_element_child(&self) -> Option<Self> {
        self.document.children(self.id).find_map(|child| Self::new(self.document, child))
    }

    fn is_html_element_in_html_document(&self) -> bool {
        // Chromium does not tell `PATH` from `path` in SVG either, but `linearGradient` it does.
        self.element.is_html() || !self.element.tag().bytes().any(|byte| byte.is_ascii_uppercase())
    }

    fn has_local_name(&self, name: &Name) -> bool {
        *self.element.tag() == name.0
    }

    fn has_namespace(&self, namespace: &html5ever::Namespace) -> bool {
        self.element.namespace() == namespace
    }

    fn is_same_type(&self, other: &Self) -> bool {
        self.element.name.local == other.element.name.local && self.element.name.ns == other.element.name.ns
    }

    fn attr_matches(
        &self,
        namespace: &NamespaceConstraint<&html5ever::Namespace>,
        name: &Name,
        operation: &AttrSelectorOperation<&Name>,
    ) -> bool {
        self.element.attributes.iter().any(|attribute| {
            let in_namespace = match namespace {
                NamespaceConstraint::Any => true,
                NamespaceConstraint::Specific(wanted) => attribute.name.ns == **wanted,
            };
            in_namespace && attribute.name.local == name.0 && operation.eval_str(&attribute.value)
        })
    }

    fn match_non_ts_pseudo_class(
        &self,
        class: &PseudoClass,
        context: &mut MatchingContext<'_, Kinds>,
    ) -> bool {
        match class {
            PseudoClass::State(_) => match context.extra_data.assume {
                Assume::AtRest => false,
                Assume::Likely => !context.in_negation(),
                Assume::Unlikely => context.in_negation(),
            },
            PseudoClass::Static(kind) => crate::select::element::state::holds(*self, *kind),
            PseudoClass::Lang(ranges) => self.is_in_language(ranges),
            PseudoClass::Dir(direction) => self.has_direction(*direction),
            PseudoClass::Never(_) => false,
        }
    }

    fn match_pseudo_element(&self, _: &PseudoElement, _: &mut MatchingContext<'_, Kinds>) -> bool {
        false
    }

    fn apply_selector_flags(&self, _: ElementSelectorFlags) {}

    fn is_link(&self) -> bool {
        let links =
            self.element.is_html() && matches!(*self.element.tag(), local_name!("a") | local_name!("area"));
        links && self.element.attribute("href").is_some()
            || self.element.name.ns == ns!(svg)
                && *self.element.tag() == local_name!("a")
                && self.element.attributes.iter().any(|attribute| &*attribute.name.local == "href")
    }

    fn is_html_slot_element(&self) -> bool {
        false
    }

    fn has_id(&self, id: &Name, case: CaseSensitivity) -> bool {
        self.element.id.as_ref().is_some_and(|own| same(own, &id.0, case))
    }

    fn has_class(&self, name: &Name, case: CaseSensitivity) -> bool {
        self.element.classes.iter().any(|class| same(class, &name.0, case))
    }

    fn has_custom_state(&self, _: &Name) -> bool {
        false
    }

    fn imported_part(&self, _: &Name) -> Option<Name> {
        None
    }

    fn is_part(&self, _: &Name) -> bool {
        false
    }

    fn is_empty(&self) -> bool {
        !self.document.children(self.id).any(|child| match self.document.node(child).map(|node| &node.data) {
            Some(NodeData::Element(_)) => true,
            Some(NodeData::Text(text)) => !text.is_empty(),
            _ => false,
        })
    }

    fn is_root(&self) -> bool {
        self.document.node(self.id).is_some_and(|node| node.parent == Some(NodeId::DOCUMENT))
    }

    fn add_element_unique_hashes(&self, filter: &mut BloomFilter) -> bool {
        // The filter is kept by whoever walks the tree.
        let _ = filter;
        false
    }
}

fn same(one: &html5ever::LocalName, other: &html5ever::LocalName, case: CaseSensitivity) -> bool {
    match case {
        CaseSensitivity::CaseSensitive => one == other,
        CaseSensitivity::AsciiCaseInsensitive => one.eq_ignore_ascii_case(other),
    }
}

impl PartialEq for ElementRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        ptr::eq(self.document, other.document) && self.id == other.id
    }
}

mod state;
