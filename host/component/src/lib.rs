//! What a component imports, exports and is made of, told without executing it.
//!
//! [`survey`] counts: a module that would keep a compiler busy for hours is refused
//! in milliseconds, and one that needs a switched-off feature is told which.
//! `check` compares imports and exports with a world of `wit/`, and says in one
//! sentence what to do where they differ.
//! `encode` makes a component out of a core module, for those who build guests.
//!
//! Nothing in here executes, compiles, opens a file or decides what is granted.
//!
//! **Invariant:** whatever the bytes are, the answer is a value and takes time and
//! memory linear in their number.

mod refusal;
mod shape;
mod survey;

#[cfg(feature = "wit")]
mod check;
#[cfg(feature = "wit")]
mod compare;
#[cfg(feature = "wit")]
mod encode;
#[cfg(feature = "wit")]
mod name;
#[cfg(feature = "wit")]
mod offer;
#[cfg(feature = "wit")]
mod render;
#[cfg(feature = "wit")]
mod wasi;
#[cfg(feature = "wit")]
mod world;

#[cfg(feature = "wit")]
pub use check::{ImportedInterface, ModuleInfo, check};
#[cfg(feature = "wit")]
pub use encode::{EncodeError, encode};
pub use refusal::Refusal;
pub use shape::Shape;
pub use survey::{FEATURES, survey};
