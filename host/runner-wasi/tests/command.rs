//! A stock command behind the walls: what it can reach, and what it can use.

// Tests may stop at the first surprise; the exemption for tests does not reach the
// functions they share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "command/broker.rs"]
mod broker;
#[path = "command/limits.rs"]
mod limits;
#[path = "command/paths.rs"]
mod paths;
#[path = "command/sameness.rs"]
mod sameness;
