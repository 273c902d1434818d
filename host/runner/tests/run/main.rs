//! The runner, from the broker's side: a zygote, one run, and what is left of it.
//!
//! Machine code comes from `hivesync-compiler`, which is built in a call of its own
//! (`cargo build -p hivesync-compiler`) so that the runner does not get its code
//! generator; `HIVESYNC_COMPILER` names another one.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that is surprised should stop at once"
)]

mod broker;
mod compiler;
mod coordinator;
#[cfg(feature = "evil")]
mod evil;
mod figures;
mod guests;
mod limits;
mod pure;
mod walls;
