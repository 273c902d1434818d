//! The runner, from the broker's side: a zygote, one run, and what is left of it.
//!
//! Machine code comes from `hivesync-compiler`, which is built in a call of its own
//! (`cargo build -p hivesync-compiler`) so that the runner does not get its code
//! generator; `HIVESYNC_COMPILER` names another one.

mod broker;
mod compiler;
#[cfg(feature = "evil")]
mod evil;
mod figures;
mod guests;
mod limits;
mod pure;
mod walls;
