//! The `hivesync` command from outside: what it prints, how it ends, what it leaves.
//!
//! Every refused build is looked at from four sides: the code in its JSON, the exit
//! status, an output that existed before, and what is left in the folder and the cache.

mod bad_input;
mod bundles;
mod cache;
mod deltas;
mod hostile_sources;
mod interrupt;
mod map;
mod map_hostile;
mod map_page;
mod metro_errors;
pub(crate) mod models;
mod other_commands;
mod pipelines;
mod plugins;
pub(crate) mod project;
pub(crate) mod real_model;
mod reports;
pub(crate) mod spaces;
mod watch;
