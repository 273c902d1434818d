//! `preview_events`: what happened to a job, in order.

use hivesync_jobs::Moment;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::super::{count, moment, text, time};
use crate::database::{Database, Statement as _, commit};
use crate::error::StorageError;

/// Tries to take the next number while others do the same.
const TRIES: usize = 8;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewEvent {
    /// Its place, from 1 on without a gap.
    pub seq: u64,
    /// When.
    pub at: Moment,
    /// What kind: `state`, `progress`, `log`, `note`, `device`.
    pub kind: String,
    /// JSON.
    pub data: String,
}

/// Adds an event to a job's.
pub async fn append_event(
    db: &Database,
    job_id: &str,
    kind: &str,
    data: &str,
    now: Moment,
) -> Result<(), StorageError> {
    let mut transaction = db.begin().await?;
    append(&mut transaction, job_id, kind, data, now).await?;
    commit(transaction).await
}

/// Adds an event to a job's with whatever else its transaction does.
pub(super) async fn append(
    connection: &mut AnyConnection,
    job_id: &str,
    kind: &str,
    data: &str,
    now: Moment,
) -> Result<(), StorageError> {
    for _ in 0..TRIES {
        let added = sqlx::query(
            "INSERT INTO preview_events (job_id, seq, at, kind, data)
             SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4 FROM preview_events WHERE job_id = $1
             ON CONFLICT (job_id, seq) DO NOTHING",
        )
        .bind(job_id)
        .bind(moment(now)?)
        .bind(kind)
        .bind(data)
        .execute(&mut *connection)
        .await
        .map_err(StorageError::database("keeping an event"))?;
        if added.rows_affected() > 0 {
            return Ok(());
        }
    }
    Err(StorageError::Database { what: "keeping an event", detail: "its number was always taken".to_owned() })
}

/// The events of a job after this one, in order.
pub async fn events_after(
    db: &Database,
    job_id: &str,
    after: u64,
    limit: u32,
) -> Result<Vec<PreviewEvent>, StorageError> {
    let rows = sqlx::query(
        "SELECT seq, at, kind, data FROM preview_events WHERE job_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
    )
    .bind(job_id)
    // No event has a greater one.
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    .bind(i64::from(limit))
    .fetch_all(&db.pool)
    .await
    .map_err(StorageError::database("looking for events"))?;
    let event = |row: &AnyRow| {
        Ok(PreviewEvent {
            seq: count(row, "seq")?,
            at: time(row, "at")?,
            kind: text(row, "kind")?,
            data: text(row, "data")?,
        })
    };
    rows.iter().map(event).collect()
}

/// Forgets what happened to previews that were over before a moment.
pub async fn forget_events(db: &Database, before: Moment) -> Result<u64, StorageError> {
    let forgotten = sqlx::query(
        "DELETE FROM preview_events WHERE at < $1
           AND job_id IN (SELECT id FROM preview_jobs WHERE finished_at < $1)",
    )
    .bind(moment(before)?)
    .write(db, "forgetting events")
    .await?;
    Ok(forgotten.rows_affected())
}
