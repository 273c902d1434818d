//! The walls of the operating system around a process that runs a guest.
//!
//! They assume that the engine is lost: a process behind them that executes whatever
//! it likes finds no network, no file, no neighbour and no way to make new code.
//!
//! The order is the one that works. [`clone_behind_namespaces`] (or [`unshare`] in a
//! process of its own) while there is one thread; [`enter`] for the process attributes,
//! descriptors, Landlock and resource limits; then the engine and its thread, *which
//! must be running*; then [`Standing::filter`] for all threads; and once nothing new is
//! opened any more, a narrower filter on top.
//!
//! It does not start an executable, know a guest, or decide whether a missing wall can
//! be lived with: that is [`Degraded`], and comes from a policy.
//!
//! **Invariant:** a wall that cannot be built is an error or is missing from the
//! [`hivesync_protocol::Layer2`] that is returned; it is never skipped in silence.

mod capabilities;
mod clone;
mod descriptors;
mod files;
mod process;
mod resources;
mod seccomp;
mod standing;

pub use clone::{Cloned, clone_behind_namespaces, unshare};
pub use descriptors::{close_above, close_between, keep_as};
pub use files::{Access, Beneath};
pub use resources::Resources;
pub use seccomp::{Condition, Filter, Rule, lists};
pub use standing::{Degraded, LockdownError, Plan, Standing, Wall, enter, enter_beside};
