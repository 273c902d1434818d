//! What the parts promise one another.

// Used by every module that holds a golden.
#[allow(dead_code)]
mod cli;
mod golden;
mod pages;
mod parity;
mod policy;
mod wit;
