//! `preview_jobs`: what a preview is about, how far it is and what came of it.
//!
//! **Invariant:** a job that is over stays as it ended, and a worker changes only what it
//! began with the newest fence.

mod artifacts;
mod ask;
mod events;
mod progress;

use std::fmt;
use std::str::FromStr;

use hivesync_jobs::{Fence, Moment};
use hivesync_types::{Platform, Tier};
use sqlx::any::AnyRow;

use super::slice::Slice;
use super::{count, is_set, maybe_text, maybe_time, moment, parsed, small, text, time};
use crate::database::Database;
use crate::error::StorageError;

pub use artifacts::{PreviewArtifact, artifact, artifacts, expired, forget_artifact, keeps};
pub(crate) use ask::Ask;
pub use ask::ask;
pub use events::{PreviewEvent, append_event, events_after, forget_events};
pub use progress::{Outcome, Word, begin, cancel, end, give_up, report};

/// Where a preview stands, as its users see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PreviewState {
    /// It waits.
    Queued,
    /// Its files and packages are brought together.
    Building,
    /// It is in the sandbox.
    Bundling,
    /// Its artifacts are being stored.
    Uploading,
    /// It has artifacts.
    Success,
    /// It has an error.
    Failed,
    /// Whoever asked withdrew it.
    Canceled,
}

impl PreviewState {
    const ALL: [Self; 7] = [
        Self::Queued,
        Self::Building,
        Self::Bundling,
        Self::Uploading,
        Self::Success,
        Self::Failed,
        Self::Canceled,
    ];

    /// The name used in JSON and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Building => "building",
            Self::Bundling => "bundling",
            Self::Uploading => "uploading",
            Self::Success => "success",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// Nothing happens to it any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Success | Self::Failed | Self::Canceled)
    }
}

impl fmt::Display for PreviewState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for PreviewState {
    type Err = StorageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(super::NONSENSE)
    }
}

/// A preview that somebody asks for.
#[derive(Debug, Clone)]
pub struct NewPreview {
    /// The number of its job in the queue, as a ULID.
    pub id: String,
    /// Of which project.
    pub project_id: String,
    /// Whose.
    pub user_id: String,
    /// What they paid for when they asked.
    pub tier: Tier,
    /// For what.
    pub platform: Platform,
    /// The digest of the project's files.
    pub image: String,
    /// JSON.
    pub options: String,
    /// JSON: an array.
    pub devices: String,
    /// Taps and tilts are recorded.
    pub eventflow_enabled: bool,
    /// The version of the token that asked; 0 for none.
    pub token_version: u32,
    /// The caller's name for the request.
    pub idempotency_key: Option<String>,
    /// Of the request's body, in hex.
    pub body_digest: String,
    /// When it was asked for.
    pub created_at: Moment,
}

/// A preview.
#[derive(Debug, Clone)]
pub struct PreviewJob {
    /// What was asked for.
    pub asked: NewPreview,
    /// Where it stands.
    pub state: PreviewState,
    /// The stage that its worker is in.
    pub stage: String,
    /// How far it is, in thousandths.
    pub progress: u64,
    /// The newest claim that has begun.
    pub fence: Fence,
    /// The worker that began it.
    pub worker_id: Option<String>,
    /// It ran out of time.
    pub timeout: bool,
    /// The stable code of what went wrong.
    pub error_code: Option<String>,
    /// JSON: what went wrong.
    pub error: Option<String>,
    /// When a worker began.
    pub started_at: Option<Moment>,
    /// When it was over.
    pub finished_at: Option<Moment>,
    /// Until when its artifacts are kept.
    pub expires_at: Option<Moment>,
}

/// What became of a request for a preview.
#[derive(Debug, Clone)]
pub enum Asked {
    /// It is kept.
    New,
    /// It was asked for before, with the same key and body.
    Known(Box<PreviewJob>),
    /// The key was used for another body.
    KeyReused,
    /// The user has asked for as many as they may since then.
    Full,
}

/// How many previews a user may ask for, and since when they count.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    /// Most of them.
    pub previews: u32,
    /// Those after this moment count.
    pub since: Moment,
}

/// What a user asked for with this key.
pub async fn by_key(db: &Database, user_id: &str, key: &str) -> Result<Option<PreviewJob>, StorageError> {
    let row = sqlx::query("SELECT * FROM preview_jobs WHERE user_id = $1 AND idempotency_key = $2")
        .bind(user_id)
        .bind(key)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a preview"))?;
    row.as_ref().map(preview).transpose()
}

/// A preview by its id.
pub async fn by_id(db: &Database, id: &str) -> Result<Option<PreviewJob>, StorageError> {
    let row = sqlx::query("SELECT * FROM preview_jobs WHERE id = $1")
        .bind(id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a preview"))?;
    row.as_ref().map(preview).transpose()
}

/// The previews of a project, the newest first, of the `newest` ones only where that says how
/// many.
pub async fn of_project(
    db: &Database,
    project_id: &str,
    newest: Option<u32>,
    slice: &Slice,
) -> Result<Vec<PreviewJob>, StorageError> {
    slice.of_project(db, ("preview_jobs", "looking for previews"), project_id, newest, preview).await
}

/// Every preview that is not over: what a start of the program compares with the queue.
pub async fn open(db: &Database) -> Result<Vec<PreviewJob>, StorageError> {
    let rows = sqlx::query(
        "SELECT * FROM preview_jobs
         WHERE state IN ('queued', 'building', 'bundling', 'uploading') ORDER BY id",
    )
    .fetch_all(&db.pool)
    .await
    .map_err(StorageError::database("looking for previews"))?;
    rows.iter().map(preview).collect()
}

/// When this user asked for previews since then, the oldest first.
pub async fn asked_since(db: &Database, user_id: &str, since: Moment) -> Result<Vec<Moment>, StorageError> {
    let rows = sqlx::query(
        "SELECT created_at FROM preview_jobs WHERE user_id = $1 AND created_at > $2 ORDER BY created_at",
    )
    .bind(user_id)
    .bind(moment(since)?)
    .fetch_all(&db.pool)
    .await
    .map_err(StorageError::database("counting previews"))?;
    rows.iter().map(|row| time(row, "created_at")).collect()
}

impl PreviewJob {
    /// As it is when it was asked for and nothing has happened to it.
    pub fn queued(asked: NewPreview) -> Self {
        Self {
            asked,
            state: PreviewState::Queued,
            stage: "queued".to_owned(),
            progress: 0,
            fence: Fence(0),
            worker_id: None,
            timeout: false,
            error_code: None,
            error: None,
            started_at: None,
            finished_at: None,
            expires_at: None,
        }
    }
}

fn preview(row: &AnyRow) -> Result<PreviewJob, StorageError> {
    Ok(PreviewJob {
        asked: NewPreview {
            id: text(row, "id")?,
            project_id: text(row, "project_id")?,
            user_id: text(row, "user_id")?,
            tier: parsed(row, "tier")?,
            platform: parsed(row, "platform")?,
            image: text(row, "image")?,
            options: text(row, "options")?,
            devices: text(row, "devices")?,
            eventflow_enabled: is_set(row, "eventflow_enabled")?,
            token_version: small(row, "token_version")?,
            idempotency_key: maybe_text(row, "idempotency_key")?,
            body_digest: text(row, "body_digest")?,
            created_at: time(row, "created_at")?,
        },
        state: parsed(row, "state")?,
        stage: text(row, "stage")?,
        progress: count(row, "progress")?,
        fence: Fence(small(row, "fence")?),
        worker_id: maybe_text(row, "worker_id")?,
        timeout: is_set(row, "timeout")?,
        error_code: maybe_text(row, "error_code")?,
        error: maybe_text(row, "error")?,
        started_at: maybe_time(row, "started_at")?,
        finished_at: maybe_time(row, "finished_at")?,
        expires_at: maybe_time(row, "expires_at")?,
    })
}
