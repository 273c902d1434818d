//! The queue's rules, without a database, a clock or a die.
//!
//! A [`Job`] is a value with transitions; a [`Lane`] is one tenant's place in one queue;
//! [`Ledger`] is what a store must do, and [`MemoryLedger`] does it in memory, as the
//! reference that stores on disk are compared with. [`WorkerCore`] decides what a worker
//! does next, and leaves the doing to whoever drives it.
//!
//! What this crate does not do: I/O of any kind, or know what a job is about.
//!
//! **Invariant:** a job's end is accepted once, from the worker that holds its newest
//! lease, and every accepted job ends.

mod backoff;
mod id;
mod job;
mod lane;
mod ledger;
mod memory;
mod worker;

pub use backoff::backoff;
pub use id::{Fence, JobId, Moment, WorkerId};
pub use job::{Ending, Job, LEASE, Rejected, State, Verdict};
pub use lane::{Lane, LaneKey, LaneTerms, VIRTUAL_STRIDE};
pub use ledger::{Claimed, Enqueued, Event, Ledger, NewJob, Order, Taken, WorkerClass};
pub use memory::MemoryLedger;
pub use worker::{Action, HEARTBEAT, WorkerCore};
