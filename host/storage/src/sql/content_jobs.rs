//! `content_jobs`: posts that are asked for, how far they are and what came of them.
//!
//! **Invariant:** a job that is over stays as it ended, and a worker changes only what it began
//! with the newest fence.

mod ask;

use std::fmt;
use std::str::FromStr;

use hivesync_jobs::{Fence, Moment};
use sqlx::any::AnyRow;

use super::slice::Slice;
use super::{count, maybe_text, maybe_time, moment, parsed, small, text, time};
use crate::database::{Database, Statement as _};
use crate::error::StorageError;

pub(crate) use ask::Accept;
pub use ask::ask;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStatus {
    /// It waits.
    Queued,
    /// A worker has it.
    Processing,
    /// It has a result.
    Completed,
    /// It has an error.
    Failed,
}

impl JobStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Queued, Self::Processing, Self::Completed, Self::Failed];

    /// The name used in JSON and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// Nothing happens to it any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

impl fmt::Display for JobStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for JobStatus {
    type Err = StorageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.as_str() == text).ok_or(super::NONSENSE)
    }
}

/// A job that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewContentJob {
    /// The number of its job in the queue, as a ULID.
    pub id: String,
    /// The key that signed the request.
    pub key_id: String,
    /// The caller's name for it.
    pub idempotency_key: Option<String>,
    /// Of what is asked for, in hex.
    pub request_digest: String,
    /// JSON: what is asked for.
    pub request: String,
    /// Steps that it will take.
    pub step_total: u32,
    /// When it was asked for.
    pub created_at: Moment,
    /// Until when it is kept.
    pub expires_at: Moment,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentJob {
    /// What was asked for.
    pub asked: NewContentJob,
    /// Where it stands.
    pub status: JobStatus,
    /// The step that it is in.
    pub step: String,
    /// Steps that are done.
    pub step_current: u64,
    /// The newest claim that has begun.
    pub fence: Fence,
    /// JSON: what came of it.
    pub result: Option<String>,
    /// The stable code of what went wrong.
    pub error_code: Option<String>,
    /// What went wrong, in a sentence.
    pub error: Option<String>,
    /// When a worker began.
    pub started_at: Option<Moment>,
    /// When it was over.
    pub finished_at: Option<Moment>,
}

impl ContentJob {
    /// As it is when it was asked for and nothing has happened to it.
    fn queued(asked: NewContentJob) -> Self {
        Self {
            asked,
            status: JobStatus::Queued,
            step: "queued".to_owned(),
            step_current: 0,
            fence: Fence(0),
            result: None,
            error_code: None,
            error: None,
            started_at: None,
            finished_at: None,
        }
    }
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It is kept.
    New(Box<ContentJob>),
    /// The same was asked for before, with the same key.
    Known(Box<ContentJob>),
    /// The key was used for another request.
    KeyReused,
    /// The request came before.
    Replay,
}

/// A job by its id.
pub async fn by_id(db: &Database, id: &str) -> Result<Option<ContentJob>, StorageError> {
    let row = sqlx::query("SELECT * FROM content_jobs WHERE id = $1")
        .bind(id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a content job"))?;
    row.as_ref().map(job).transpose()
}

/// The jobs of a key, the newest first; those that stand so, where that says how.
pub async fn of_key(
    db: &Database,
    key_id: &str,
    status: Option<JobStatus>,
    slice: &Slice,
) -> Result<Vec<ContentJob>, StorageError> {
    let sql = format!(
        "SELECT * FROM content_jobs WHERE key_id = $1 AND ($2 = '' OR status = $2) AND {}",
        slice.condition("id", 3)
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(key_id)
        .bind(status.map_or("", JobStatus::as_str))
        .bind(slice.bound())
        .bind(slice.count())
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for content jobs"))?;
    slice.in_order(rows.iter().map(job).collect())
}

/// How many jobs of a key stand where, and how long those that are over took together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobCounts {
    /// Where.
    pub status: JobStatus,
    /// How many.
    pub jobs: u64,
    /// Milliseconds between the request and the end.
    pub milliseconds: u64,
}

/// Counts the jobs of a key.
pub async fn counts(db: &Database, key_id: &str) -> Result<Vec<JobCounts>, StorageError> {
    let rows = sqlx::query(
        "SELECT status, COUNT(*) AS jobs,
           CAST(COALESCE(SUM(finished_at - created_at), 0) AS BIGINT) AS milliseconds
         FROM content_jobs WHERE key_id = $1 GROUP BY status ORDER BY status",
    )
    .bind(key_id)
    .fetch_all(&db.pool)
    .await
    .map_err(StorageError::database("counting content jobs"))?;
    rows.iter()
        .map(|row| {
            let (jobs, milliseconds) = (count(row, "jobs")?, count(row, "milliseconds")?);
            Ok(JobCounts { status: parsed(row, "status")?, jobs, milliseconds })
        })
        .collect()
}

/// Every job that is not over.
pub async fn open(db: &Database) -> Result<Vec<ContentJob>, StorageError> {
    let rows = sqlx::query("SELECT * FROM content_jobs WHERE status IN ('queued', 'processing') ORDER BY id")
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for content jobs"))?;
    rows.iter().map(job).collect()
}

/// A worker begins. False when it is over, or a newer claim has begun.
pub async fn begin(
    db: &Database,
    id: &str,
    fence: Fence,
    worker_id: &str,
    now: Moment,
) -> Result<bool, StorageError> {
    let begun = sqlx::query(
        "UPDATE content_jobs
         SET status = 'processing', step = 'begun', step_current = 0, fence = $2, worker_id = $3,
           started_at = COALESCE(started_at, $4)
         WHERE id = $1 AND status IN ('queued', 'processing') AND fence < $2",
    )
    .bind(id)
    .bind(i64::from(fence.0))
    .bind(worker_id)
    .bind(moment(now)?)
    .write(db, "beginning a content job")
    .await?;
    Ok(begun.rows_affected() > 0)
}

/// A worker has come to a step. False when the job is its no longer.
pub async fn report(
    db: &Database,
    id: &str,
    fence: Fence,
    (step, step_current): (&str, u32),
) -> Result<bool, StorageError> {
    let told = sqlx::query(
        "UPDATE content_jobs SET step = $3, step_current = $4
         WHERE id = $1 AND fence = $2 AND status = 'processing'",
    )
    .bind(id)
    .bind(i64::from(fence.0))
    .bind(step)
    .bind(i64::from(step_current))
    .write(db, "keeping the progress of a content job")
    .await?;
    Ok(told.rows_affected() > 0)
}

/// How a job ends.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'a> {
    /// With this JSON.
    Completed(&'a str),
    /// With a stable code and a sentence, and this JSON where there is some.
    Failed {
        /// The code.
        code: &'a str,
        /// The sentence.
        message: &'a str,
        /// JSON.
        result: Option<&'a str>,
    },
}

/// Ends a job that this claim has begun; without one, a job that nobody has any more. False when
/// it is over, or another's.
pub async fn end(
    db: &Database,
    id: &str,
    fence: Option<Fence>,
    outcome: Outcome<'_>,
    now: Moment,
) -> Result<bool, StorageError> {
    let (status, code, error, result) = match outcome {
        Outcome::Completed(result) => (JobStatus::Completed, None, None, Some(result)),
        Outcome::Failed { code, message, result } => (JobStatus::Failed, Some(code), Some(message), result),
    };
    let ended = sqlx::query(
        "UPDATE content_jobs
         SET status = $3, result = $4, error_code = $5, error = $6, finished_at = $7,
           step = CASE WHEN $3 = 'completed' THEN 'completed' ELSE step END,
           step_current = CASE WHEN $3 = 'completed' THEN step_total ELSE step_current END
         WHERE id = $1 AND status IN ('queued', 'processing') AND ($2 < 0 OR fence = $2)",
    )
    .bind(id)
    .bind(fence.map_or(-1, |fence| i64::from(fence.0)))
    .bind(status.as_str())
    .bind(result)
    .bind(code)
    .bind(error)
    .bind(moment(now)?)
    .write(db, "ending a content job")
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// Jobs whose time is over, whether or not they are, so many at most.
pub async fn expired(db: &Database, now: Moment, most: u32) -> Result<Vec<String>, StorageError> {
    let rows = sqlx::query(
        "SELECT id FROM content_jobs
         WHERE expires_at < $1 ORDER BY expires_at, id LIMIT $2",
    )
    .bind(moment(now)?)
    .bind(i64::from(most))
    .fetch_all(&db.pool)
    .await
    .map_err(StorageError::database("looking for content jobs that have ended"))?;
    rows.iter().map(|row| text(row, "id")).collect()
}

/// Forgets a job whose time is over.
pub async fn forget(db: &Database, id: &str, now: Moment) -> Result<bool, StorageError> {
    let forgotten = sqlx::query(
        "DELETE FROM content_jobs
         WHERE id = $1 AND expires_at < $2",
    )
    .bind(id)
    .bind(moment(now)?)
    .write(db, "forgetting a content job")
    .await?;
    Ok(forgotten.rows_affected() > 0)
}

fn job(row: &AnyRow) -> Result<ContentJob, StorageError> {
    Ok(ContentJob {
        asked: NewContentJob {
            id: text(row, "id")?,
            key_id: text(row, "key_id")?,
            idempotency_key: maybe_text(row, "idempotency_key")?,
            request_digest: text(row, "request_digest")?,
            request: text(row, "request")?,
            step_total: small(row, "step_total")?,
            created_at: time(row, "created_at")?,
            expires_at: time(row, "expires_at")?,
        },
        status: parsed(row, "status")?,
        step: text(row, "step")?,
        step_current: count(row, "step_current")?,
        fence: Fence(small(row, "fence")?),
        result: maybe_text(row, "result")?,
        error_code: maybe_text(row, "error_code")?,
        error: maybe_text(row, "error")?,
        started_at: maybe_time(row, "started_at")?,
        finished_at: maybe_time(row, "finished_at")?,
    })
}
