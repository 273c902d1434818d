//! How full the queues are: read beside the queue's own writer, from what it keeps.
//!
//! What this does not do: change anything of the queue.

use hivesync_jobs::Moment;

use super::{count, maybe_time, text};
use crate::database::Database;
use crate::error::StorageError;

/// How a queue stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDepth {
    /// Its name.
    pub queue: String,
    /// Jobs that wait.
    pub waiting: u64,
    /// Jobs that run.
    pub running: u64,
    /// Since when the oldest of those that wait could run.
    pub oldest: Option<Moment>,
}

/// Every queue that was ever used.
pub async fn depths(db: &Database) -> Result<Vec<QueueDepth>, StorageError> {
    let rows = sqlx::query(
        "SELECT queue, CAST(SUM(waiting) AS BIGINT) AS waiting, CAST(SUM(running) AS BIGINT) AS running,
           (SELECT MIN(run_at) FROM jobs WHERE state = 'waiting' AND jobs.queue = lanes.queue) AS oldest
         FROM lanes GROUP BY queue ORDER BY queue",
    )
    .fetch_all(&db.pool)
    .await
    .map_err(StorageError::database("looking at the queues"))?;
    rows.iter()
        .map(|row| {
            Ok(QueueDepth {
                queue: text(row, "queue")?,
                waiting: count(row, "waiting")?,
                running: count(row, "running")?,
                oldest: maybe_time(row, "oldest")?,
            })
        })
        .collect()
}
