//! What is said of a sheet's rules once, however many pages load it: the outlines of their
//! selectors, where to look for the elements that they can mean, and which rules are written
//! alike.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use html5ever::LocalName;
use rustc_hash::FxHasher;
use selectors::bloom::BloomFilter;
use selectors::matching::selector_may_match;
use selectors::parser::AncestorHashes;

use super::sheet::{ConditionId, Item, Sheet};
use crate::html::Element;
use crate::select::{Bucket, Shape, shape};

/// A selector of a rule; rules are counted from the first of their sheet, or of their page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SelectorAt {
    pub(crate) rule: u32,
    pub(crate) selector: u32,
}

/// What is said of one rule.
#[derive(Debug)]
pub(crate) struct Outline {
    /// One for each of the rule's selectors.
    pub(crate) shapes: Vec<Shape>,
    /// Which one it is among those of its sheet that are written alike.
    pub(crate) ordinal: u32,
}

/// A selector, with what tells that the elements around one cannot be those that it wants. It
/// stands here because it is asked of many selectors for every element.
#[derive(Debug)]
struct Candidate {
    at: SelectorAt,
    hashes: AncestorHashes,
}

type ByName = HashMap<LocalName, Vec<Candidate>, BuildHasherDefault<FxHasher>>;

/// What is said of the rules of a sheet.
#[derive(Debug, Default)]
pub(crate) struct Outlines {
    /// In the order of the rules.
    pub(crate) rules: Vec<Outline>,
    ids: ByName,
    classes: ByName,
    tags: ByName,
    other: Vec<Candidate>,
    /// Names of ids and classes do not tell upper from lower case.
    folds: bool,
}

impl Outlines {
    pub(super) fn new(sheet: &Sheet, quirks: bool) -> Self {
        let mut outlines = Self { folds: quirks, ..Self::default() };
        let mut alike: HashMap<(&str, &[ConditionId]), u32, BuildHasherDefault<FxHasher>> =
            HashMap::default();
        let rules = sheet.items.iter().filter_map(|item| match item {
            Item::Rule(rule) => Some(&**rule),
            Item::Import(_) | Item::Layer(_) => None,
        });
        for (rule, at) in rules.zip(0_u32..) {
            let next = alike.entry((&rule.text, &rule.conditions)).or_default();
            let ordinal = *next;
            *next = next.saturating_add(1);
            let shapes: Vec<Shape> =
                rule.selectors.slice().iter().map(|selector| shape(selector, quirks)).collect();
            for (shape, selector) in shapes.iter().zip(0_u32..) {
                for bucket in shape.buckets.iter().filter(|_| !shape.unreachable) {
                    outlines.add(bucket, SelectorAt { rule: at, selector }, &shape.hashes);
                }
            }
            outlines.rules.push(Outline { shapes, ordinal });
        }
        outlines
    }

    fn add(&mut self, bucket: &Bucket, at: SelectorAt, hashes: &AncestorHashes) {
        let list = match bucket {
            Bucket::Id(name) => self.ids.entry(fold(name, self.folds)).or_default(),
            Bucket::Class(name) => self.classes.entry(fold(name, self.folds)).or_default(),
            Bucket::Tag(name) => self.tags.entry(name.clone()).or_default(),
            Bucket::Other => &mut self.other,
        };
        if list.last().is_none_or(|last| last.at != at) {
            list.push(Candidate { at, hashes: hashes.clone() });
        }
    }

    /// Every selector of the sheet that can mean the element, `around` which these are.
    pub(crate) fn candidates(
        &self,
        element: &Element,
        around: &BloomFilter,
        mut each: impl FnMut(SelectorAt),
    ) {
        let mut all = |list: Option<&Vec<Candidate>>| {
            for one in list.into_iter().flatten() {
                if selector_may_match(&one.hashes, around) {
                    each(one.at);
                }
            }
        };
        if let Some(id) = &element.id {
            all(self.ids.get(&fold(id, self.folds)));
        }
        for class in &element.classes {
            all(self.classes.get(&fold(class, self.folds)));
        }
        let tag = element.tag();
        all(self.tags.get(tag));
        if tag.bytes().any(|byte| byte.is_ascii_uppercase()) {
            all(self.tags.get(&LocalName::from(tag.to_ascii_lowercase())));
        }
        all(Some(&self.other));
    }
}

fn fold(name: &LocalName, folds: bool) -> LocalName {
    match folds && name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => LocalName::from(name.to_ascii_lowercase()),
        false => name.clone(),
    }
}
