//! The process that holds one guest for one run.
//!
//! The broker starts it once as a *zygote*: a small process with one thread that makes
//! copies of itself on request. A copy locks itself down, sets up the engine, says that
//! it is ready, takes one run, answers, and ends. Nothing is used twice.
//!
//! What it does not do: compile, open a path, know a secret, or decide what a guest
//! may use; all that comes in the one [`hivesync_protocol::Start`].
//!
//! `hivesync-runner-wasi` shares the modules that are public here: the socket, the
//! clock, the memory ledger, the faults, and the engine with its ticker.
//!
//! **Invariant:** once a guest's code runs, no descriptor but the broker's socket and
//! the sealed module is open, no memory becomes executable, and no second run follows.

mod budget;
pub mod channel;
pub mod clock;
#[cfg(feature = "evil")]
pub mod evil;
mod exports;
pub mod fault;
mod interfaces;
pub mod memory;
mod run;
mod start;
mod state;
pub mod warm;
pub mod zygote;
