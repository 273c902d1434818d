//! What a batch reads and writes, in the words of one database or the other.

use std::collections::BTreeSet;
use std::future::Future;

use hivesync_jobs::{JobId, LaneKey, Moment};

use super::desk::{Desk, KeyName};
use crate::error::StorageError;

/// What a claim looks for: the queue, whether there is a GPU, and when.
pub(super) type Wanted<'a> = (&'a str, bool, Moment);

/// What jobs have around them.
pub(super) struct Places<'a> {
    pub(super) lanes: BTreeSet<LaneKey>,
    /// Whose clocks are asked for.
    pub(super) queues: BTreeSet<&'a str>,
    /// Requests that may have been made before.
    pub(super) keys: BTreeSet<KeyName>,
}

/// A connection inside a transaction that nobody else writes beside. Whatever is read is laid on
/// the desk.
pub(super) trait Rows: Send {
    /// These jobs, as far as they are there.
    fn jobs(
        &mut self,
        desk: &mut Desk,
        ids: &BTreeSet<JobId>,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// These of those that have left the queue, as far as they are there.
    fn over(
        &mut self,
        desk: &mut Desk,
        ids: &BTreeSet<JobId>,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Jobs whose lease is over, oldest first.
    fn late(
        &mut self,
        desk: &mut Desk,
        now: Moment,
    ) -> impl Future<Output = Result<Vec<JobId>, StorageError>> + Send;

    /// What jobs have around them, as far as it is there.
    fn places(
        &mut self,
        desk: &mut Desk,
        places: &Places<'_>,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// At most `count` jobs of a queue that are due, with their lanes, in the order in which the
    /// rules would give them out one by one.
    fn due(
        &mut self,
        desk: &mut Desk,
        wanted: Wanted<'_>,
        count: usize,
    ) -> impl Future<Output = Result<Vec<JobId>, StorageError>> + Send;

    /// Writes what is new or changed on the desk.
    fn write(&mut self, desk: &mut Desk) -> impl Future<Output = Result<(), StorageError>> + Send;
}
