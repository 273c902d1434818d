//! `webhooks`: addresses that the owners of projects want told of what happens in them.
//!
//! **Invariant:** what an address is to be told is kept in one transaction with what happened.

mod messages;

use std::fmt;
use std::str::FromStr;

use hivesync_jobs::Moment;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::slice::Slice;
use super::{maybe_time, moment, projects, text, time};
use crate::database::{Database, commit};
use crate::error::StorageError;

pub use messages::{Attempt, Message, MessageState, Settled, claim, due, forget, of_webhook, ping, settle};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Event {
    /// A preview has its artifacts.
    #[serde(rename = "preview.finished")]
    PreviewFinished,
    /// A preview has an error.
    #[serde(rename = "preview.failed")]
    PreviewFailed,
    /// A preview was withdrawn.
    #[serde(rename = "preview.canceled")]
    PreviewCanceled,
    /// A question about a map has its answer.
    #[serde(rename = "map.ready")]
    MapReady,
    /// It has none.
    #[serde(rename = "map.failed")]
    MapFailed,
    /// A file is documented.
    #[serde(rename = "docs.ready")]
    DocsReady,
    /// It is not.
    #[serde(rename = "docs.failed")]
    DocsFailed,
}

impl Event {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::PreviewFinished,
        Self::PreviewFailed,
        Self::PreviewCanceled,
        Self::MapReady,
        Self::MapFailed,
        Self::DocsReady,
        Self::DocsFailed,
    ];

    /// The name used in JSON and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreviewFinished => "preview.finished",
            Self::PreviewFailed => "preview.failed",
            Self::PreviewCanceled => "preview.canceled",
            Self::MapReady => "map.ready",
            Self::MapFailed => "map.failed",
            Self::DocsReady => "docs.ready",
            Self::DocsFailed => "docs.failed",
        }
    }

    /// Where the job is that it happened to.
    const fn table(self) -> &'static str {
        match self {
            Self::PreviewFinished | Self::PreviewFailed | Self::PreviewCanceled => "preview_jobs",
            Self::MapReady | Self::MapFailed => "map_jobs",
            Self::DocsReady | Self::DocsFailed => "ai_doc_jobs",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Event {
    type Err = StorageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|event| event.as_str() == text).ok_or(super::NONSENSE)
    }
}

/// An address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// A ULID.
    pub id: String,
    /// Of which project.
    pub project_id: String,
    /// Where.
    pub url: String,
    /// What it is told of.
    pub events: Vec<Event>,
    /// Sealed.
    pub secret: Vec<u8>,
    /// Since when.
    pub created_at: Moment,
    /// Since when nothing is sent there.
    pub disabled_at: Option<Moment>,
}

/// Keeps an address. False when the project has as many as it may have.
pub async fn keep(db: &Database, new: &Webhook, user_id: &str, most: u32) -> Result<bool, StorageError> {
    let failed = StorageError::database;
    let mut transaction = db.begin().await?;
    // Of addresses that come at one time each counts those before it.
    projects::hold(&mut transaction, &new.project_id).await?;
    let kept = sqlx::query(
        "INSERT INTO webhooks (id, project_id, created_by, url, events, secret, created_at)
         SELECT $1, $2, $3, $4, $5, $6, $7
         WHERE (SELECT COUNT(*) FROM webhooks WHERE project_id = $2) < $8",
    )
    .bind(&new.id)
    .bind(&new.project_id)
    .bind(user_id)
    .bind(&new.url)
    .bind(names(&new.events))
    .bind(new.secret.as_slice())
    .bind(moment(new.created_at)?)
    .bind(i64::from(most))
    .execute(&mut *transaction)
    .await
    .map_err(failed("keeping a webhook"))?;
    commit(transaction).await?;
    Ok(kept.rows_affected() > 0)
}

/// The addresses of a project, the newest first.
pub async fn of_project(
    db: &Database,
    project_id: &str,
    slice: &Slice,
) -> Result<Vec<Webhook>, StorageError> {
    slice.of_project(db, ("webhooks", "looking for webhooks"), project_id, None, read).await
}

/// An address of a project.
pub async fn by_id(db: &Database, project_id: &str, id: &str) -> Result<Option<Webhook>, StorageError> {
    let row = sqlx::query("SELECT * FROM webhooks WHERE project_id = $1 AND id = $2")
        .bind(project_id)
        .bind(id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a webhook"))?;
    row.as_ref().map(read).transpose()
}

/// Forgets an address and whatever was to be said there. False when the project has none such.
pub async fn remove(db: &Database, project_id: &str, id: &str) -> Result<bool, StorageError> {
    let failed = StorageError::database;
    let mut transaction = db.begin().await?;
    // Whoever announces something to it meanwhile waits.
    let held = sqlx::query("UPDATE webhooks SET url = url WHERE project_id = $1 AND id = $2")
        .bind(project_id)
        .bind(id)
        .execute(&mut *transaction)
        .await
        .map_err(failed("removing a webhook"))?;
    if held.rows_affected() == 0 {
        return Ok(false);
    }
    for statement in
        ["DELETE FROM webhook_messages WHERE webhook_id = $1", "DELETE FROM webhooks WHERE id = $1"]
    {
        sqlx::query(statement)
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(failed("removing a webhook"))?;
    }
    commit(transaction).await?;
    Ok(true)
}

/// Writes down what the addresses of a job's project are told of its end, with whatever else the
/// transaction does. A job ends once, so that nothing is told twice.
pub(super) async fn announce(
    connection: &mut AnyConnection,
    (event, job_id): (Event, &str),
    code: Option<&str>,
    now: Moment,
) -> Result<(), StorageError> {
    let sql = format!(
        "INSERT INTO webhook_messages (webhook_id, message_id, event, data, state, attempts, due_at, created_at)
         SELECT id, $1, $2, $3, 'pending', 0, $4, $4 FROM webhooks
         WHERE project_id = (SELECT project_id FROM {} WHERE id = $1)
           AND disabled_at IS NULL AND events LIKE $5
         ON CONFLICT (webhook_id, message_id) DO NOTHING",
        event.table()
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(job_id)
        .bind(event.as_str())
        .bind(json!({ "job_id": job_id, "code": code }).to_string())
        .bind(moment(now)?)
        .bind(format!("%,{event},%"))
        .execute(connection)
        .await
        .map(drop)
        .map_err(StorageError::database("announcing an event"))
}

fn names(events: &[Event]) -> String {
    let names: Vec<&str> = events.iter().map(|event| event.as_str()).collect();
    format!(",{},", names.join(","))
}

fn read(row: &AnyRow) -> Result<Webhook, StorageError> {
    let names = text(row, "events")?;
    Ok(Webhook {
        id: text(row, "id")?,
        project_id: text(row, "project_id")?,
        url: text(row, "url")?,
        events: names.split(',').filter(|name| !name.is_empty()).map(str::parse).collect::<Result<_, _>>()?,
        secret: row.try_get("secret").map_err(StorageError::database("reading a row"))?,
        created_at: time(row, "created_at")?,
        disabled_at: maybe_time(row, "disabled_at")?,
    })
}
