//! `eventflow_events`: what people did in a preview.

use hivesync_jobs::Moment;

use super::{count, moment, text};
use crate::database::{Database, Statement as _};
use crate::error::StorageError;

/// Events of a job among which an equal one is not kept again.
const RECENT: i64 = 20;
/// Previews of a project whose events are counted together: the newest.
const PREVIEWS_MAX: i64 = 20;
/// Kinds of events and routes that are told apart: the most frequent.
const COUNTS_MAX: i64 = 200;
/// Tries to take the next number while others do the same.
const TRIES: usize = 8;

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowEvent {
    /// On which device.
    pub device_id: String,
    /// `tap`, `swipe`, `tilt`, `shake` or `nav`.
    pub kind: String,
    /// JSON.
    pub payload: String,
    /// Of device, kind and payload, in hex.
    pub digest: String,
}

/// Keeps an event. False when an equal one is among the newest of the job.
pub async fn keep(db: &Database, job_id: &str, event: &FlowEvent, now: Moment) -> Result<bool, StorageError> {
    for _ in 0..TRIES {
        let recent =
            sqlx::query("SELECT digest FROM eventflow_events WHERE job_id = $1 ORDER BY seq DESC LIMIT $2")
                .bind(job_id)
                .bind(RECENT)
                .fetch_all(&db.pool)
                .await
                .map_err(StorageError::database("looking for events"))?;
        for row in &recent {
            if text(row, "digest")? == event.digest {
                return Ok(false);
            }
        }
        let kept = sqlx::query(
            "INSERT INTO eventflow_events (job_id, seq, at, device_id, kind, payload, digest)
             SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4, $5, $6 FROM eventflow_events WHERE job_id = $1
             ON CONFLICT (job_id, seq) DO NOTHING",
        )
        .bind(job_id)
        .bind(moment(now)?)
        .bind(&event.device_id)
        .bind(&event.kind)
        .bind(&event.payload)
        .bind(&event.digest)
        .write(db, "keeping an event")
        .await?;
        if kept.rows_affected() > 0 {
            return Ok(true);
        }
    }
    Err(StorageError::Database { what: "keeping an event", detail: "its number was always taken".to_owned() })
}

/// How often something was done in the previews of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowCount {
    /// `tap`, `swipe`, `tilt`, `shake` or `nav`.
    pub kind: String,
    /// JSON; of `nav` alone.
    pub payload: Option<String>,
    /// How often.
    pub times: u64,
}

/// What was done in the newest previews of a project, the most frequent first.
pub async fn counts(db: &Database, project_id: &str) -> Result<Vec<FlowCount>, StorageError> {
    let rows = sqlx::query(
        "SELECT kind, CASE kind WHEN 'nav' THEN payload ELSE '' END AS told, COUNT(*) AS times
         FROM eventflow_events
         WHERE job_id IN (SELECT id FROM preview_jobs WHERE project_id = $1 AND eventflow_enabled = 1
           ORDER BY id DESC LIMIT $2)
         GROUP BY kind, CASE kind WHEN 'nav' THEN payload ELSE '' END
         ORDER BY times DESC, kind, told LIMIT $3",
    )
    .bind(project_id)
    .bind(PREVIEWS_MAX)
    .bind(COUNTS_MAX)
    .fetch_all(&db.pool)
    .await
    .map_err(StorageError::database("counting events"))?;
    let read = |row| {
        let told = text(row, "told")?;
        let payload = (!told.is_empty()).then_some(told);
        Ok(FlowCount { kind: text(row, "kind")?, payload, times: count(row, "times")? })
    };
    rows.iter().map(read).collect()
}
