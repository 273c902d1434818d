//! Style sheets: rules, declarations and the conditions around them.
//!
//! The values of declarations are read by `stylo`, which knows what is valid and which
//! longhands a shorthand sets. Selectors are ours, because what Chromium takes for one
//! differs. Nothing is computed here: a declaration is kept as it was written.
//!
//! **Invariant:** a rule is kept if and only if a browser would keep it, as far as the
//! tables of this module know.

mod chromium;
#[cfg(test)]
mod conformance;
mod declaration;
mod outline;
mod parser;
mod prelude;
mod property;
mod sheet;
mod supports;
#[cfg(test)]
mod tests;

pub(crate) use chromium::is_inherited;
pub(crate) use declaration::{Declaration, Reader, nowhere};
pub(crate) use outline::{Outline, Outlines, SelectorAt};
pub(crate) use parser::{parse, parse_attribute};
pub(crate) use property::{Properties, Property};
pub(crate) use sheet::{Condition, ConditionId, Conditions, Item, Rule, Scope, ScopeId, Sheet};
