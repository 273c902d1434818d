//! What the parts promise one another.
// All of it is tests; the exemption in `clippy.toml` does not reach the functions beside them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod cli;
// Used by every module that holds a golden.
#[allow(dead_code)]
mod golden;
mod pages;
mod parity;
mod patience;
mod policy;
mod serve;
mod wit;
