//! The audit record: what ran, for whom, with what, and what came of it.
//!
//! Entries stand in one file, a line each. Every entry names the digest of the one
//! before, and is signed; so nobody without the key can change, drop, add or reorder
//! one unseen. Cutting off the end cannot be seen in the file alone: compare the head
//! that [`verify_chain`] returns with one that was noted elsewhere.
//!
//! **Invariant:** an entry is appended whole, and after the entry it names.

mod chain;
mod record;
mod verify;

pub use chain::AuditLog;
pub use record::{
    Clocks, CommandRecord, Entry, Event, Failure, HostCall, Input, LogSummary, Memory, ModuleUse, Output,
    ProcessUse, PureRecord, PureRunsUse, Refused, RunRecord, Times, Used, Walls,
};
pub use verify::{Broken, Flaw, Verified, verify_chain};

use hivesync_types::Digest;

/// Put in front of what is digested and signed, so that neither means anything elsewhere.
const LABEL: &[u8] = b"hivesync-audit/1";

/// Names an entry by the exact bytes of its JSON.
fn digest_of(entry: &str) -> Digest {
    Digest::of_fields(&[LABEL, entry.as_bytes()])
}

/// What is signed for an entry of this digest.
fn signed_bytes(digest: &Digest) -> Vec<u8> {
    [LABEL, b"\n", digest.as_bytes().as_slice()].concat()
}
