//! What happens to a preview between its request and its end.

use hivesync_jobs::{Fence, Moment};
use hivesync_types::Code;

use super::super::notifications::{self, Notification};
use super::super::webhooks::{Event, announce};
use super::artifacts::{self, PreviewArtifact};
use super::{PreviewState, events, moment};
use crate::database::{Database, Statement as _, Transaction, commit};
use crate::error::StorageError;

/// What is said when a preview ends: kept in one transaction with the end, so that whoever
/// sees the end finds it said.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    /// JSON of the `state` event.
    pub event: &'a str,
    /// To whoever asked for the preview.
    pub notification: &'a Notification,
}

impl Word<'_> {
    async fn keep(self, transaction: &mut Transaction, id: &str, now: Moment) -> Result<(), StorageError> {
        events::append(transaction, id, "state", self.event, now).await?;
        notifications::insert(transaction, self.notification).await
    }
}

/// How a preview ends.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// With an artifact a device.
    Success {
        /// The artifacts.
        artifacts: Vec<PreviewArtifact>,
        /// Until when they are kept.
        expires_at: Moment,
    },
    /// With an error.
    Failed {
        /// Its stable code.
        code: Code,
        /// JSON: the error as the user sees it.
        error: String,
    },
    /// Withdrawn.
    Canceled,
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
        "UPDATE preview_jobs SET state = 'building', stage = 'checkout', progress = 0, fence = $1,
           worker_id = $2, started_at = COALESCE(started_at, $3)
         WHERE id = $4 AND fence < $1 AND state IN ('queued', 'building', 'bundling', 'uploading')",
    )
    .bind(i64::from(fence.0))
    .bind(worker_id)
    .bind(moment(now)?)
    .bind(id)
    .write(db, "beginning a preview")
    .await?;
    Ok(begun.rows_affected() > 0)
}

/// A worker says how far it is. False when it is not the one that has the job.
pub async fn report(
    db: &Database,
    id: &str,
    fence: Fence,
    (state, stage): (PreviewState, &str),
    permille: u16,
) -> Result<bool, StorageError> {
    let reported = sqlx::query(
        "UPDATE preview_jobs SET state = $1, stage = $2, progress = $3
         WHERE id = $4 AND fence = $5 AND state IN ('building', 'bundling', 'uploading')",
    )
    .bind(state.as_str())
    .bind(stage)
    .bind(i64::from(permille))
    .bind(id)
    .bind(i64::from(fence.0))
    .write(db, "keeping a preview's progress")
    .await?;
    Ok(reported.rows_affected() > 0)
}

/// Ends a preview with its artifacts, in one transaction. False when the worker is not the
/// one that has the job, or the job is over.
pub async fn end(
    db: &Database,
    id: &str,
    fence: Fence,
    outcome: &Outcome,
    word: Word<'_>,
    now: Moment,
) -> Result<bool, StorageError> {
    let columns = Columns::of(outcome)?;
    let mut transaction = db.begin().await?;
    let ended = sqlx::query(
        "UPDATE preview_jobs SET state = $1, stage = $1, progress = CASE WHEN $2 = 1 THEN 1000 ELSE progress END,
           timeout = $3, error_code = $4, error = $5, finished_at = $6, expires_at = $7
         WHERE id = $8 AND fence = $9 AND state IN ('queued', 'building', 'bundling', 'uploading')",
    )
    .bind(columns.state.as_str())
    .bind(i64::from(columns.state == PreviewState::Success))
    .bind(i64::from(columns.timeout))
    .bind(columns.code)
    .bind(columns.error)
    .bind(moment(now)?)
    .bind(columns.expires_at)
    .bind(id)
    .bind(i64::from(fence.0))
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("ending a preview"))?;
    if ended.rows_affected() == 0 {
        return Ok(false);
    }
    if let Outcome::Success { artifacts, .. } = outcome {
        for artifact in artifacts {
            artifacts::keep(&mut transaction, id, artifact, now).await?;
        }
    }
    word.keep(&mut transaction, id, now).await?;
    announce(&mut transaction, (told(columns.state), id), columns.code, now).await?;
    commit(transaction).await?;
    Ok(true)
}

/// Withdraws a preview that no worker has, and says so in its events. False when one has it, or it is over.
pub async fn cancel(db: &Database, id: &str, now: Moment) -> Result<bool, StorageError> {
    let mut transaction = db.begin().await?;
    let canceled = sqlx::query(
        "UPDATE preview_jobs SET state = 'canceled', stage = 'canceled', finished_at = $1
         WHERE id = $2 AND state = 'queued'",
    )
    .bind(moment(now)?)
    .bind(id)
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("withdrawing a preview"))?;
    if canceled.rows_affected() == 0 {
        return Ok(false);
    }
    events::append(&mut transaction, id, "state", r#"{"state":"canceled"}"#, now).await?;
    announce(&mut transaction, (Event::PreviewCanceled, id), None, now).await?;
    commit(transaction).await?;
    Ok(true)
}

/// Ends a preview whose job the queue has ended, whoever had it: with an error, or as
/// withdrawn when there is none. False when it is over.
pub async fn give_up(
    db: &Database,
    id: &str,
    error: Option<(Code, &str)>,
    word: Word<'_>,
    now: Moment,
) -> Result<bool, StorageError> {
    let state = if error.is_some() { PreviewState::Failed } else { PreviewState::Canceled };
    let (code, error) = error.map(|(code, error)| (code.as_str(), error)).unzip();
    let mut transaction = db.begin().await?;
    let ended = sqlx::query(
        "UPDATE preview_jobs SET state = $1, stage = $1, error_code = $2, error = $3, finished_at = $4
         WHERE id = $5 AND state IN ('queued', 'building', 'bundling', 'uploading')",
    )
    .bind(state.as_str())
    .bind(code)
    .bind(error)
    .bind(moment(now)?)
    .bind(id)
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("giving a preview up"))?;
    if ended.rows_affected() == 0 {
        return Ok(false);
    }
    word.keep(&mut transaction, id, now).await?;
    announce(&mut transaction, (told(state), id), code, now).await?;
    commit(transaction).await?;
    Ok(true)
}

/// What addresses are told of this end.
const fn told(state: PreviewState) -> Event {
    match state {
        PreviewState::Success => Event::PreviewFinished,
        PreviewState::Failed => Event::PreviewFailed,
        _ => Event::PreviewCanceled,
    }
}

struct Columns<'a> {
    state: PreviewState,
    timeout: bool,
    code: Option<&'static str>,
    error: Option<&'a str>,
    expires_at: Option<i64>,
}

impl<'a> Columns<'a> {
    fn of(outcome: &'a Outcome) -> Result<Self, StorageError> {
        let none =
            Self { state: PreviewState::Canceled, timeout: false, code: None, error: None, expires_at: None };
        Ok(match outcome {
            Outcome::Success { expires_at, .. } => {
                Self { state: PreviewState::Success, expires_at: Some(moment(*expires_at)?), ..none }
            }
            Outcome::Failed { code, error } => Self {
                state: PreviewState::Failed,
                timeout: *code == Code::PreviewTimeout,
                code: Some(code.as_str()),
                error: Some(error),
                ..none
            },
            Outcome::Canceled => none,
        })
    }
}
