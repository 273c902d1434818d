//! Code: what a file imports, declares and uses, as far as its words tell.
//!
//! Nothing is parsed to a tree. A lexer that keeps no call stack reads words, strings and
//! brackets, so no nesting of a hostile source can end a run; what the words do not tell (a
//! path that is put together, an import behind a macro) is not in the map. The languages that
//! are only looked at line by line have a lower confidence.
//!
//! **Invariant:** reading costs time and memory in proportion to the text, whatever it says.

mod angular;
mod data;
mod events;
mod lines;
mod names;
mod outline;
mod sass;
mod script;
mod template;
#[cfg(test)]
mod tests;
mod token;

pub(crate) use angular::Decorated;
pub(crate) use events::Event;
pub(crate) use lines::{Language, read_lines};
pub(crate) use outline::{Binding, Declared, DeclaredKind, Import, ImportKind, Outline, Route, Use};
