//! Signs of life of workers, for health checks and the admin page.

use std::time::Duration;

use hivesync_jobs::{Moment, WorkerId};

use super::{Fleet, failed};
use crate::error::StorageError;
use crate::objects::ServerId;

/// A worker that was silent for so long does not respond.
pub const SILENT_AFTER: Duration = Duration::from_secs(120);

/// A worker's sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heartbeat {
    /// What the worker is: `cpu`, `gpu` or `cleanup`.
    pub kind: String,
    /// When it was given.
    pub at: Moment,
}

impl Fleet {
    /// Gives one: `worker:{id}:heartbeat` and `worker:{id}:type`. They go when the worker does.
    pub async fn beat(&self, worker: WorkerId, beat: &Heartbeat) -> Result<(), StorageError> {
        let (at, kind) = keys(worker);
        let mut connection = self.connection.clone();
        let sent: Result<(), _> = redis::pipe()
            .set_ex(at, beat.at.0, SILENT_AFTER.as_secs())
            .set_ex(kind, &beat.kind, SILENT_AFTER.as_secs())
            .query_async(&mut connection)
            .await;
        sent.map_err(|error| failed("giving a sign of life", &error))
    }

    /// The last one of a worker; none when it does not respond.
    pub async fn last_beat(&self, worker: WorkerId) -> Result<Option<Heartbeat>, StorageError> {
        let (at, kind) = keys(worker);
        let mut connection = self.connection.clone();
        let found: Result<(Option<u64>, Option<String>), _> =
            redis::cmd("MGET").arg(at).arg(kind).query_async(&mut connection).await;
        let (at, kind) = found.map_err(|error| failed("looking for a sign of life", &error))?;
        Ok(at.zip(kind).map(|(at, kind)| Heartbeat { kind, at: Moment(at) }))
    }
}

fn keys(worker: WorkerId) -> (String, String) {
    let id = ServerId(worker.0);
    (format!("worker:{id}:heartbeat"), format!("worker:{id}:type"))
}
