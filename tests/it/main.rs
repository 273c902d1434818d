//! What the parts promise one another.

mod cli;
// Used by every module that holds a golden.
#[allow(dead_code)]
mod golden;
mod pages;
mod parity;
mod policy;
mod wit;
