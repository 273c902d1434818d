//! `map_jobs`: what is asked about the map of a project, and what came of it.
//!
//! **Invariant:** a job that is over stays as it ended, and it ends together with the version
//! that it made, by the worker that began it with the newest fence.

mod versions;

use std::fmt;
use std::str::FromStr;

use hivesync_jobs::{Fence, Moment};
use hivesync_types::{Code, Tier};
use sqlx::any::AnyRow;

use super::webhooks::{Event, announce};
use super::{is_set, maybe_text, maybe_time, moment, parsed, projects, small, text, time};
use crate::database::{Database, Statement as _, commit};
use crate::error::StorageError;

pub use versions::{MapVersion, keeps, latest, version, versions};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapKind {
    /// A map of the project's files.
    Map,
    /// What leads from one version to another.
    Diff,
    /// What would change without some selectors, rules or sheets.
    Simulate,
    /// Why an element has its value of a property.
    Why,
}

impl MapKind {
    /// The name used in JSON and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Map => "map",
            Self::Diff => "diff",
            Self::Simulate => "simulate",
            Self::Why => "why",
        }
    }
}

impl FromStr for MapKind {
    type Err = StorageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Map, Self::Diff, Self::Simulate, Self::Why];
        all.into_iter().find(|kind| kind.as_str() == text).ok_or(super::NONSENSE)
    }
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapState {
    /// It waits.
    Queued,
    /// A worker has it.
    Running,
    /// There is an answer.
    Success,
    /// There is an error.
    Failed,
    /// Whoever asked withdrew it.
    Canceled,
}

impl MapState {
    const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Success, Self::Failed, Self::Canceled];

    /// The name used in JSON and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
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

impl fmt::Display for MapState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MapState {
    type Err = StorageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(super::NONSENSE)
    }
}

/// Something that is asked about the map of a project.
#[derive(Debug, Clone)]
pub struct NewMap {
    /// The number of its job in the queue, as a ULID.
    pub id: String,
    /// Of which project.
    pub project_id: String,
    /// Who asks.
    pub user_id: String,
    /// What they paid for when they asked.
    pub tier: Tier,
    /// What is asked.
    pub kind: MapKind,
    /// The same in full: JSON.
    pub question: String,
    /// Versions that are kept when this one is done.
    pub versions_max: u32,
    /// When it was asked.
    pub created_at: Moment,
}

/// A job about a map.
#[derive(Debug, Clone)]
pub struct MapJob {
    /// What was asked.
    pub asked: NewMap,
    /// Where it stands.
    pub state: MapState,
    /// The newest claim that has begun.
    pub fence: Fence,
    /// Its answer is there.
    pub is_kept: bool,
    /// JSON: what went wrong.
    pub error: Option<String>,
    /// When a worker began.
    pub started_at: Option<Moment>,
    /// When it was over.
    pub finished_at: Option<Moment>,
}

/// How many maps of a project may be made, and since when they count.
#[derive(Debug, Clone, Copy)]
pub struct MapQuota {
    /// Most of them.
    pub maps: u32,
    /// Those after this moment count.
    pub since: Moment,
}

/// How a job ends.
#[derive(Debug, Clone)]
pub enum MapOutcome {
    /// With an answer, which is stored; a map is a new version besides.
    Success(Option<MapVersion>),
    /// With an error.
    Failed {
        /// Its stable code.
        code: Code,
        /// JSON: the error as the user sees it.
        error: String,
    },
}

/// Keeps what is asked, within the quota. False when that is used up.
pub async fn ask(db: &Database, new: &NewMap, quota: Option<MapQuota>) -> Result<bool, StorageError> {
    let mut transaction = db.begin().await?;
    // Of requests that come at one time each counts those before it.
    projects::hold(&mut transaction, &new.project_id).await?;
    let inserted = sqlx::query(
        "INSERT INTO map_jobs (id, project_id, user_id, tier, kind, question, versions_max, state, fence,
           is_kept, created_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, 'queued', 0, 0, $8
         WHERE $9 < 0
           OR (SELECT COUNT(*) FROM map_jobs WHERE project_id = $2 AND kind = 'map' AND created_at > $10
             AND state <> 'canceled') < $9",
    )
    .bind(&new.id)
    .bind(&new.project_id)
    .bind(&new.user_id)
    .bind(new.tier.as_str())
    .bind(new.kind.as_str())
    .bind(&new.question)
    .bind(i64::from(new.versions_max))
    .bind(moment(new.created_at)?)
    .bind(quota.map_or(-1, |quota| i64::from(quota.maps)))
    .bind(moment(quota.map_or(new.created_at, |quota| quota.since))?)
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("keeping a question about a map"))?;
    commit(transaction).await?;
    Ok(inserted.rows_affected() > 0)
}

/// When the first map of a project since then was asked for.
pub async fn first_since(
    db: &Database,
    project_id: &str,
    since: Moment,
) -> Result<Option<Moment>, StorageError> {
    let row = sqlx::query(
        "SELECT created_at FROM map_jobs WHERE project_id = $1 AND kind = 'map' AND created_at > $2
           AND state <> 'canceled' ORDER BY created_at LIMIT 1",
    )
    .bind(project_id)
    .bind(moment(since)?)
    .fetch_optional(&db.pool)
    .await
    .map_err(StorageError::database("counting maps"))?;
    row.map(|row| time(&row, "created_at")).transpose()
}

/// A job by its id.
pub async fn by_id(db: &Database, id: &str) -> Result<Option<MapJob>, StorageError> {
    let row = sqlx::query("SELECT * FROM map_jobs WHERE id = $1")
        .bind(id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a question about a map"))?;
    row.as_ref().map(read).transpose()
}

/// Every job that is not over: what a start of the program compares with the queue.
pub async fn open(db: &Database) -> Result<Vec<MapJob>, StorageError> {
    let rows = sqlx::query("SELECT * FROM map_jobs WHERE state IN ('queued', 'running') ORDER BY id")
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for questions about maps"))?;
    rows.iter().map(read).collect()
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
        "UPDATE map_jobs SET state = 'running', fence = $1, worker_id = $2,
           started_at = COALESCE(started_at, $3)
         WHERE id = $4 AND fence < $1 AND state IN ('queued', 'running')",
    )
    .bind(i64::from(fence.0))
    .bind(worker_id)
    .bind(moment(now)?)
    .bind(id)
    .write(db, "beginning a question about a map")
    .await?;
    Ok(begun.rows_affected() > 0)
}

/// Ends a job, and lets the oldest answers go that are more than are kept: gives the names of
/// their objects. None when the worker is not the one that has the job, or the job is over.
pub async fn end(
    db: &Database,
    job: &MapJob,
    fence: Fence,
    outcome: &MapOutcome,
    now: Moment,
) -> Result<Option<Vec<String>>, StorageError> {
    let (state, code, error) = match outcome {
        MapOutcome::Success(_) => (MapState::Success, None, None),
        MapOutcome::Failed { code, error } => (MapState::Failed, Some(code.as_str()), Some(error)),
    };
    let mut transaction = db.begin().await?;
    let ended = sqlx::query(
        "UPDATE map_jobs SET state = $1, is_kept = $2, error_code = $3, error = $4, finished_at = $5
         WHERE id = $6 AND fence = $7 AND state = 'running'",
    )
    .bind(state.as_str())
    .bind(i64::from(state == MapState::Success))
    .bind(code)
    .bind(error)
    .bind(moment(now)?)
    .bind(&job.asked.id)
    .bind(i64::from(fence.0))
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("ending a question about a map"))?;
    if ended.rows_affected() == 0 {
        return Ok(None);
    }
    let gone = match outcome {
        MapOutcome::Success(Some(version)) => {
            versions::keep(&mut transaction, version).await?;
            versions::thin_out(&mut transaction, &job.asked.project_id, job.asked.versions_max).await?
        }
        MapOutcome::Success(None) => {
            versions::thin_out_answers(&mut transaction, &job.asked.project_id).await?
        }
        MapOutcome::Failed { .. } => Vec::new(),
    };
    let event = if state == MapState::Success { Event::MapReady } else { Event::MapFailed };
    announce(&mut transaction, (event, &job.asked.id), code, now).await?;
    commit(transaction).await?;
    Ok(Some(gone))
}

/// Ends a job that the queue has ended, whoever had it: with an error, or as withdrawn when
/// there is none. False when it is over.
pub async fn give_up(
    db: &Database,
    id: &str,
    error: Option<(Code, &str)>,
    now: Moment,
) -> Result<bool, StorageError> {
    let state = if error.is_some() { MapState::Failed } else { MapState::Canceled };
    let (code, error) = error.map(|(code, error)| (code.as_str(), error)).unzip();
    let mut transaction = db.begin().await?;
    let ended = sqlx::query(
        "UPDATE map_jobs SET state = $1, error_code = $2, error = $3, finished_at = $4
         WHERE id = $5 AND state IN ('queued', 'running')",
    )
    .bind(state.as_str())
    .bind(code)
    .bind(error)
    .bind(moment(now)?)
    .bind(id)
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("giving a question about a map up"))?;
    if ended.rows_affected() == 0 {
        return Ok(false);
    }
    if state == MapState::Failed {
        announce(&mut transaction, (Event::MapFailed, id), code, now).await?;
    }
    commit(transaction).await?;
    Ok(true)
}

fn read(row: &AnyRow) -> Result<MapJob, StorageError> {
    Ok(MapJob {
        asked: NewMap {
            id: text(row, "id")?,
            project_id: text(row, "project_id")?,
            user_id: text(row, "user_id")?,
            tier: parsed(row, "tier")?,
            kind: parsed(row, "kind")?,
            question: text(row, "question")?,
            versions_max: small(row, "versions_max")?,
            created_at: time(row, "created_at")?,
        },
        state: parsed(row, "state")?,
        fence: Fence(small(row, "fence")?),
        is_kept: is_set(row, "is_kept")?,
        error: maybe_text(row, "error")?,
        started_at: maybe_time(row, "started_at")?,
        finished_at: maybe_time(row, "finished_at")?,
    })
}
