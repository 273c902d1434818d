//! Which declaration wins, for every element of a page and in every viewport at once.
//!
//! Elements that the same rules mean share one answer: a page of ten thousand elements has a
//! few hundred such classes. A declaration that counts only sometimes does not end the search
//! for a winner; it stands in front of the next one with its conditions.
//!
//! **Invariant:** the order of two declarations depends on importance, layer, inline, weight,
//! scope and place, in this order, and on nothing else.

mod budget;
mod class;
mod order;
mod page;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use budget::Budget;
pub(crate) use class::{Entry, Lineage, Status, StyleClass, lineage};
pub(crate) use page::{Layers, Loaded, Page, PageRule, Source, SourceKind, value};
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use walk::Matched;
pub(crate) use walk::{Looking, walk};
