//! Selectors: parsed as Chromium parses them, matched by the `selectors` crate.
//!
//! A selector that Chromium refuses takes its whole rule with it, so what is known here
//! decides which rules exist at all. What depends on a state that a document does not have
//! (`:hover`, `:checked` after a click) is not decided: see [`Assume`].
//!
//! **Invariant:** matching reads the tree and nothing else.

mod element;
mod name;
mod parser;
mod pseudo;
mod shape;

pub(crate) use element::{Assume, ElementRef, Matcher};
pub(crate) use name::Name;
pub(crate) use parser::{Context, is_supported, parse_list, parse_one};
pub(crate) use pseudo::{PseudoClass, PseudoElement};
pub(crate) use shape::{Bucket, Looks, Shape, fits, shape};

use selectors::parser::SelectorImpl;

/// The types of our selectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinds;

/// What a match is told beside the element.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Extra {
    pub(crate) assume: Assume,
}

impl SelectorImpl for Kinds {
    type ExtraMatchingData<'a> = Extra;
    type AttrValue = Name;
    type Identifier = Name;
    type LocalName = Name;
    type NamespaceUrl = html5ever::Namespace;
    type NamespacePrefix = Name;
    type BorrowedNamespaceUrl = html5ever::Namespace;
    type BorrowedLocalName = Name;
    type NonTSPseudoClass = PseudoClass;
    type PseudoElement = PseudoElement;
}

/// A selector.
pub(crate) type Selector = selectors::parser::Selector<Kinds>;
/// A list of selectors.
pub(crate) type SelectorList = selectors::SelectorList<Kinds>;
