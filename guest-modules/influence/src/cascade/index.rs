//! Rules by what their elements must have.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use html5ever::LocalName;
use rustc_hash::FxHasher;

use super::page::Page;
use crate::html::Element;
use crate::select::Bucket;

/// A selector of a rule of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SelectorAt {
    pub(crate) rule: u32,
    pub(crate) selector: u32,
}

type ByName = HashMap<LocalName, Vec<SelectorAt>, BuildHasherDefault<FxHasher>>;

/// The selectors of a page.
#[derive(Debug, Default)]
pub(super) struct Index {
    ids: ByName,
    classes: ByName,
    tags: ByName,
    other: Vec<SelectorAt>,
    /// Names of ids and classes do not tell upper from lower case.
    folds: bool,
}

impl Index {
    pub(super) fn new(page: &Page<'_>) -> Self {
        let folds = page.document.quirks == html5ever::interface::QuirksMode::Quirks;
        let mut index = Self { folds, ..Self::default() };
        for (rule, at) in page.rules.iter().zip(0_u32..) {
            if rule.never {
                continue;
            }
            for (shape, selector) in rule.shapes.iter().zip(0_u32..) {
                if shape.unreachable {
                    continue;
                }
                for bucket in &shape.buckets {
                    index.add(bucket, SelectorAt { rule: at, selector });
                }
            }
        }
        index
    }

    fn add(&mut self, bucket: &Bucket, at: SelectorAt) {
        let list = match bucket {
            Bucket::Id(name) => self.ids.entry(fold(name, self.folds)).or_default(),
            Bucket::Class(name) => self.classes.entry(fold(name, self.folds)).or_default(),
            Bucket::Tag(name) => self.tags.entry(name.clone()).or_default(),
            Bucket::Other => &mut self.other,
        };
        if list.last() != Some(&at) {
            list.push(at);
        }
    }

    /// Every selector that can mean the element.
    pub(super) fn candidates(&self, element: &Element, mut each: impl FnMut(SelectorAt)) {
        let mut all = |list: Option<&Vec<SelectorAt>>| {
            for at in list.into_iter().flatten() {
                each(*at);
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
