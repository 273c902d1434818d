//! `repository_events` and `webhook_deliveries`: what happened in repositories, as a forge tells it.
//!
//! **Invariant:** a delivery counts once, and what happened is kept once however often it is told.

use hivesync_jobs::Moment;
use sqlx::any::AnyRow;

use super::{count, maybe_text, moment, text, time};
use crate::database::{Database, Statement as _, commit};
use crate::error::StorageError;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryEvent {
    /// Made of what happened.
    pub event_id: String,
    /// `pull_request`, `commit` or `issue`.
    pub kind: &'static str,
    /// As its maker wrote it.
    pub title: String,
    /// Where it can be seen.
    pub url: Option<String>,
    /// When it happened.
    pub occurred_at: Moment,
}

/// A word of the forge.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// No other has it.
    pub id: &'a str,
    /// What it is about.
    pub name: &'a str,
    /// Owner and name, in lower case.
    pub repository: &'a str,
    /// When it came.
    pub received_at: Moment,
}

/// Takes a delivery in. None when it was taken in before, else how many events were new.
pub async fn take(
    db: &Database,
    delivery: Delivery<'_>,
    events: &[RepositoryEvent],
) -> Result<Option<u64>, StorageError> {
    let mut transaction = db.begin().await?;
    let new = sqlx::query(
        "INSERT INTO webhook_deliveries (delivery_id, name, received_at) VALUES ($1, $2, $3)
         ON CONFLICT (delivery_id) DO NOTHING",
    )
    .bind(delivery.id)
    .bind(delivery.name)
    .bind(moment(delivery.received_at)?)
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("keeping a delivery"))?;
    if new.rows_affected() == 0 {
        return Ok(None);
    }
    let mut kept = 0;
    for event in events {
        let inserted = sqlx::query(
            "INSERT INTO repository_events
               (repository, event_id, kind, title, url, occurred_at, received_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (repository, event_id) DO NOTHING",
        )
        .bind(delivery.repository)
        .bind(&event.event_id)
        .bind(event.kind)
        .bind(&event.title)
        .bind(&event.url)
        .bind(moment(event.occurred_at)?)
        .bind(moment(delivery.received_at)?)
        .execute(&mut *transaction)
        .await
        .map_err(StorageError::database("keeping an event of a repository"))?;
        kept += inserted.rows_affected();
    }
    commit(transaction).await?;
    Ok(Some(kept))
}

/// What happened in a repository in this time, the earliest first, so many at most.
pub async fn between(
    db: &Database,
    repository: &str,
    (from, until): (Moment, Moment),
    most: u32,
) -> Result<Vec<RepositoryEvent>, StorageError> {
    let rows = sqlx::query(
        "SELECT * FROM repository_events
         WHERE repository = $1 AND occurred_at >= $2 AND occurred_at < $3
         ORDER BY occurred_at, event_id LIMIT $4",
    )
    .bind(repository)
    .bind(moment(from)?)
    .bind(moment(until)?)
    .bind(i64::from(most))
    .fetch_all(&db.pool)
    .await
    .map_err(StorageError::database("looking for events of a repository"))?;
    rows.iter().map(event).collect()
}

/// Forgets what happened before this moment, and deliveries that came before it: the forge tells
/// none of them again.
pub async fn forget_before(db: &Database, before: Moment) -> Result<u64, StorageError> {
    let mut forgotten = 0;
    for sql in [
        "DELETE FROM repository_events WHERE occurred_at < $1 AND received_at < $1",
        "DELETE FROM webhook_deliveries WHERE received_at < $1",
    ] {
        let gone = sqlx::query(sql)
            .bind(moment(before)?)
            .write(db, "forgetting what happened in repositories")
            .await?;
        forgotten += gone.rows_affected();
    }
    Ok(forgotten)
}

/// How much of what happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EventCounts {
    /// Pull requests.
    pub pull_requests: u64,
    /// Commits.
    pub commits: u64,
    /// Issues.
    pub issues: u64,
}

/// Counts what happened in a repository in this time.
pub async fn how_many(
    db: &Database,
    repository: &str,
    (from, until): (Moment, Moment),
) -> Result<EventCounts, StorageError> {
    let row = sqlx::query(
        "SELECT COUNT(CASE WHEN kind = 'pull_request' THEN 1 END) AS pull_requests,
           COUNT(CASE WHEN kind = 'commit' THEN 1 END) AS commits,
           COUNT(CASE WHEN kind = 'issue' THEN 1 END) AS issues
         FROM repository_events WHERE repository = $1 AND occurred_at >= $2 AND occurred_at < $3",
    )
    .bind(repository)
    .bind(moment(from)?)
    .bind(moment(until)?)
    .fetch_one(&db.pool)
    .await
    .map_err(StorageError::database("counting events of a repository"))?;
    Ok(EventCounts {
        pull_requests: count(&row, "pull_requests")?,
        commits: count(&row, "commits")?,
        issues: count(&row, "issues")?,
    })
}

fn event(row: &AnyRow) -> Result<RepositoryEvent, StorageError> {
    let kind = match text(row, "kind")?.as_str() {
        "pull_request" => "pull_request",
        "commit" => "commit",
        "issue" => "issue",
        _ => return Err(super::NONSENSE),
    };
    Ok(RepositoryEvent {
        event_id: text(row, "event_id")?,
        kind,
        title: text(row, "title")?,
        url: maybe_text(row, "url")?,
        occurred_at: time(row, "occurred_at")?,
    })
}
