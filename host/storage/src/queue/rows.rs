//! What a batch reads and writes, in the words of one database or the other.

use std::collections::BTreeSet;
use std::future::Future;

use hivesync_jobs::{JobId, LaneKey, Moment};

use super::desk::{Desk, KeyName};
use crate::error::StorageError;

/// What a claim looks for: the queue, whether there is a GPU, and when.
pub(super) type Wanted<'a> = (&'a str, bool, Moment);

/// A connection inside a transaction that nobody else writes beside. Whatever is read is laid on
/// the desk.
pub(super) trait Rows: Send {
    /// These jobs, as far as they are there.
    fn jobs(
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

    /// These lanes, as far as they are there.
    fn lanes(
        &mut self,
        desk: &mut Desk,
        keys: &BTreeSet<LaneKey>,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Where the clocks of these queues stand.
    fn clocks(
        &mut self,
        desk: &mut Desk,
        queues: &BTreeSet<&str>,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Which of these requests were made before.
    fn keys(
        &mut self,
        desk: &mut Desk,
        names: &BTreeSet<KeyName>,
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
