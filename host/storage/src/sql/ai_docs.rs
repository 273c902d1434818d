//! `ai_doc_jobs` and `ai_doc_history`: files that are to be documented, and what came of them.
//!
//! **Invariant:** a job that is over stays as it ended, and holds nothing of the file any more.

mod history;

use std::fmt;
use std::str::FromStr;

use hivesync_jobs::{Fence, Moment};
use hivesync_types::{Code, Tier};
use sqlx::any::AnyRow;

use super::slice::Slice;
use super::webhooks::{Event, announce};
use super::{accounts, count, maybe_text, maybe_time, moment, number, parsed, small, text, time};
use crate::database::{Database, Statement as _, commit};
use crate::error::StorageError;

pub use history::{AiDoc, history, keeps};

/// What is wanted of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AiDocKind {
    /// What it is for.
    Summary,
    /// Comments for some lines.
    Comments,
    /// Better names.
    Rename,
    /// All of its comments.
    Full,
}

impl AiDocKind {
    /// The name used in JSON and rows, and by the pipeline.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Comments => "comments",
            Self::Rename => "rename",
            Self::Full => "full",
        }
    }
}

impl FromStr for AiDocKind {
    type Err = StorageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Summary, Self::Comments, Self::Rename, Self::Full];
        all.into_iter().find(|kind| kind.as_str() == text).ok_or(super::NONSENSE)
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AiDocState {
    /// It waits.
    Queued,
    /// A worker has it.
    Running,
    /// There is documentation.
    Success,
    /// There is an error.
    Failed,
}

impl AiDocState {
    const ALL: [Self; 4] = [Self::Queued, Self::Running, Self::Success, Self::Failed];

    /// The name used in JSON and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failed => "failed",
        }
    }

    /// Nothing happens to it any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Success | Self::Failed)
    }
}

impl fmt::Display for AiDocState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for AiDocState {
    type Err = StorageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(super::NONSENSE)
    }
}

/// A file that is to be documented. What can be printed of it has no word of the file.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAiDoc {
    /// The number of its job in the queue, as a ULID.
    pub id: String,
    /// Who asks.
    pub user_id: String,
    /// Of which project; empty for a file of none.
    pub project_id: String,
    /// What they paid for when they asked.
    pub tier: Tier,
    /// What is wanted.
    pub kind: AiDocKind,
    /// The file's name.
    pub path: String,
    /// JSON with the file's text: what the pipeline works on. Empty once the job is over.
    pub request: String,
    /// When it was asked for.
    pub created_at: Moment,
}

impl fmt::Debug for NewAiDoc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAiDoc").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AiDocJob {
    /// What was asked for.
    pub asked: NewAiDoc,
    /// Where it stands.
    pub state: AiDocState,
    /// The newest claim that has begun.
    pub fence: Fence,
    /// JSON: what went wrong.
    pub error: Option<String>,
    /// When a worker began.
    pub started_at: Option<Moment>,
    /// When it was over.
    pub finished_at: Option<Moment>,
}

/// How many a user may have, and since when a minute counts.
#[derive(Debug, Clone, Copy)]
pub struct AiDocQuota {
    /// Jobs that are not over.
    pub open: u32,
    /// Jobs since then.
    pub recent: u32,
    /// Those after this moment count.
    pub since: Moment,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It is kept.
    Kept,
    /// So many are not over yet.
    TooManyOpen,
    /// So many were asked for lately, the first of them then.
    TooMany(Moment),
}

/// Keeps a job, within the quota.
pub async fn ask(db: &Database, new: &NewAiDoc, quota: AiDocQuota) -> Result<Asked, StorageError> {
    let failed = || StorageError::database("keeping a file to document");
    let mut transaction = db.begin().await?;
    // Of requests that come at one time each counts those before it.
    accounts::hold(&mut transaction, &new.user_id).await?;
    let row = sqlx::query(
        "SELECT COUNT(CASE WHEN state IN ('queued', 'running') THEN 1 END) AS open,
           COUNT(CASE WHEN created_at > $2 THEN 1 END) AS recent,
           COALESCE(MIN(CASE WHEN created_at > $2 THEN created_at END), 0) AS first
         FROM ai_doc_jobs WHERE user_id = $1 AND (created_at > $2 OR state IN ('queued', 'running'))",
    )
    .bind(&new.user_id)
    .bind(moment(quota.since)?)
    .fetch_one(&mut *transaction)
    .await
    .map_err(failed())?;
    if count(&row, "recent")? >= u64::from(quota.recent) {
        return Ok(Asked::TooMany(time(&row, "first")?));
    }
    if count(&row, "open")? >= u64::from(quota.open) {
        return Ok(Asked::TooManyOpen);
    }
    sqlx::query(
        "INSERT INTO ai_doc_jobs (id, user_id, project_id, tier, kind, path, request, state, fence, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', 0, $8)",
    )
    .bind(&new.id)
    .bind(&new.user_id)
    .bind(&new.project_id)
    .bind(new.tier.as_str())
    .bind(new.kind.as_str())
    .bind(&new.path)
    .bind(&new.request)
    .bind(moment(new.created_at)?)
    .execute(&mut *transaction)
    .await
    .map_err(failed())?;
    commit(transaction).await?;
    Ok(Asked::Kept)
}

/// A job by its id.
pub async fn by_id(db: &Database, id: &str) -> Result<Option<AiDocJob>, StorageError> {
    let row = sqlx::query("SELECT * FROM ai_doc_jobs WHERE id = $1")
        .bind(id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a file to document"))?;
    row.as_ref().map(job).transpose()
}

/// The jobs of a project, the newest first; so many of the newest are shown.
pub async fn of_project(
    db: &Database,
    project_id: &str,
    newest: Option<u32>,
    slice: &Slice,
) -> Result<Vec<AiDocJob>, StorageError> {
    slice.of_project(db, ("ai_doc_jobs", "looking for files to document"), project_id, newest, job).await
}

/// Every job that is not over: what a start of the program compares with the queue.
pub async fn open(db: &Database) -> Result<Vec<AiDocJob>, StorageError> {
    let rows = sqlx::query("SELECT * FROM ai_doc_jobs WHERE state IN ('queued', 'running') ORDER BY id")
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for files to document"))?;
    rows.iter().map(job).collect()
}

/// A worker begins. False when the job is over, or a newer claim of it has begun.
pub async fn begin(
    db: &Database,
    id: &str,
    fence: Fence,
    worker_id: &str,
    now: Moment,
) -> Result<bool, StorageError> {
    let begun = sqlx::query(
        "UPDATE ai_doc_jobs SET state = 'running', fence = $1, worker_id = $2,
           started_at = COALESCE(started_at, $3)
         WHERE id = $4 AND fence < $1 AND state IN ('queued', 'running')",
    )
    .bind(i64::from(fence.0))
    .bind(worker_id)
    .bind(moment(now)?)
    .bind(id)
    .write(db, "beginning a file to document")
    .await?;
    Ok(begun.rows_affected() > 0)
}

/// Whether this claim still has the job.
pub async fn has(db: &Database, id: &str, fence: Fence) -> Result<bool, StorageError> {
    let row = sqlx::query("SELECT id FROM ai_doc_jobs WHERE id = $1 AND fence = $2 AND state = 'running'")
        .bind(id)
        .bind(i64::from(fence.0))
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a file to document"))?;
    Ok(row.is_some())
}

/// How a job ends.
#[derive(Debug, Clone, Copy)]
pub enum Outcome<'a> {
    /// With documentation, which is stored.
    Success {
        /// SHA-256 of the object, in hex.
        digest: &'a str,
        /// How long the object is.
        bytes: u64,
    },
    /// With an error.
    Failed {
        /// Its stable code.
        code: Code,
        /// JSON: the error as the user sees it.
        error: &'a str,
    },
}

/// Ends a job that this claim has begun; without one, a job that nobody has any more. What went
/// well is part of the history. False when it is over, or another's.
pub async fn end(
    db: &Database,
    job: &AiDocJob,
    fence: Option<Fence>,
    outcome: Outcome<'_>,
    now: Moment,
) -> Result<bool, StorageError> {
    let failed = || StorageError::database("ending a file to document");
    let (state, code, error) = match outcome {
        Outcome::Success { .. } => (AiDocState::Success, "", ""),
        Outcome::Failed { code, error } => (AiDocState::Failed, code.as_str(), error),
    };
    let mut transaction = db.begin().await?;
    let ended = sqlx::query(
        "UPDATE ai_doc_jobs SET state = $1, error_code = NULLIF($2, ''), error = NULLIF($3, ''),
           finished_at = $4, request = ''
         WHERE id = $5 AND state IN ('queued', 'running') AND ($6 < 0 OR fence = $6)",
    )
    .bind(state.as_str())
    .bind(code)
    .bind(error)
    .bind(moment(now)?)
    .bind(&job.asked.id)
    .bind(fence.map_or(-1, |fence| i64::from(fence.0)))
    .execute(&mut *transaction)
    .await
    .map_err(failed())?;
    if ended.rows_affected() == 0 {
        return Ok(false);
    }
    if let Outcome::Success { digest, bytes } = outcome {
        sqlx::query(
            "INSERT INTO ai_doc_history (id, user_id, project_id, kind, path, digest, bytes, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&job.asked.id)
        .bind(&job.asked.user_id)
        .bind(&job.asked.project_id)
        .bind(job.asked.kind.as_str())
        .bind(&job.asked.path)
        .bind(digest)
        .bind(number(bytes, "an object")?)
        .bind(moment(now)?)
        .execute(&mut *transaction)
        .await
        .map_err(failed())?;
    }
    let (event, code) = match outcome {
        Outcome::Success { .. } => (Event::DocsReady, None),
        Outcome::Failed { code, .. } => (Event::DocsFailed, Some(code.as_str())),
    };
    announce(&mut transaction, (event, &job.asked.id), code, now).await?;
    // The file's text is in there too.
    sqlx::query("DELETE FROM pipeline_inputs WHERE job_id = $1")
        .bind(&job.asked.id)
        .execute(&mut *transaction)
        .await
        .map_err(failed())?;
    commit(transaction).await?;
    Ok(true)
}

fn job(row: &AnyRow) -> Result<AiDocJob, StorageError> {
    Ok(AiDocJob {
        asked: NewAiDoc {
            id: text(row, "id")?,
            user_id: text(row, "user_id")?,
            project_id: text(row, "project_id")?,
            tier: parsed(row, "tier")?,
            kind: parsed(row, "kind")?,
            path: text(row, "path")?,
            request: text(row, "request")?,
            created_at: time(row, "created_at")?,
        },
        state: parsed(row, "state")?,
        fence: Fence(small(row, "fence")?),
        error: maybe_text(row, "error")?,
        started_at: maybe_time(row, "started_at")?,
        finished_at: maybe_time(row, "finished_at")?,
    })
}
