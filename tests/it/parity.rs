//! Real apps, bundled in the sandbox, beside what Metro and a browser make of them.
//!
//! The apps are installed by `cargo xtask setup` and the parts built by `cargo xtask
//! build`; the goldens come from Metro itself (`cargo xtask bless metro`).

pub(crate) mod app;
mod graphs;
mod influence;
mod native;
mod repeat;
mod web;
mod workspace;
