//! `webhook_messages`: what is to be said to whom, until it was said or given up.
//!
//! **Invariant:** an attempt is counted before it is made, and its end counts once.

use std::fmt;
use std::str::FromStr;

use hivesync_jobs::Moment;
use serde::Serialize;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::super::slice::Slice;
use super::super::{NONSENSE, maybe_count, maybe_text, maybe_time, moment, small, text, time};
use crate::database::{Database, Statement as _, Transaction, commit};
use crate::error::StorageError;

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageState {
    /// It is to be sent, or sent again.
    Pending,
    /// It arrived.
    Delivered,
    /// It is not sent any more.
    Dead,
}

impl MessageState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Dead];

    /// The name used in JSON and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

impl fmt::Display for MessageState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MessageState {
    type Err = StorageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(NONSENSE)
    }
}

/// A message as the project's owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The same at each attempt.
    pub id: String,
    /// The event's name; `ping` for a test.
    pub event: String,
    /// How far it is.
    pub state: MessageState,
    /// Attempts that were begun.
    pub attempts: u32,
    /// When the next one may be made.
    pub due_at: Moment,
    /// The status of the last answer.
    pub status_code: Option<u64>,
    /// Why there was none, or why the message is dead.
    pub error: Option<String>,
    /// When it happened.
    pub created_at: Moment,
    /// When it arrived or was given up.
    pub finished_at: Option<Moment>,
}

/// A message that is to be sent now.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// To which address.
    pub webhook_id: String,
    /// The same at each attempt.
    pub message_id: String,
    /// Of which project.
    pub project_id: String,
    /// Where.
    pub url: String,
    /// Sealed.
    pub secret: Vec<u8>,
    /// The event's name.
    pub event: String,
    /// JSON.
    pub data: String,
    /// Which attempt it is, from 1.
    pub number: u32,
    /// When it happened.
    pub created_at: Moment,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It arrived. An address at which nothing arrived is told of what happens again.
    Delivered,
    /// It is tried again then.
    Later(Moment),
    /// It is given up, which says nothing of the address.
    Lost,
    /// It is given up. Where nothing else arrived since it happened, nothing more is sent there.
    Dead,
    /// Nobody wants it any more: nothing more is sent there.
    Unwanted,
}

/// Addresses that something is due for, those that wait longest first.
pub async fn due(db: &Database, now: Moment, most: u32) -> Result<Vec<String>, StorageError> {
    let rows = sqlx::query(
        "SELECT webhook_id FROM webhook_messages WHERE state = 'pending' AND due_at <= $1
         GROUP BY webhook_id ORDER BY MIN(due_at), webhook_id LIMIT $2",
    )
    .bind(moment(now)?)
    .bind(i64::from(most))
    .fetch_all(&db.pool)
    .await
    .map_err(StorageError::database("looking for messages"))?;
    rows.iter().map(|row| text(row, "webhook_id")).collect()
}

/// Takes the message that waits longest for an address, until `until`: then others may. None when
/// nothing is due, or another took it.
pub async fn claim(
    db: &Database,
    webhook_id: &str,
    now: Moment,
    until: Moment,
) -> Result<Option<Attempt>, StorageError> {
    let failed = StorageError::database;
    let mut transaction = db.begin().await?;
    let row = sqlx::query(
        "UPDATE webhook_messages SET attempts = attempts + 1, due_at = $3
         WHERE webhook_id = $1 AND state = 'pending' AND due_at <= $2 AND message_id =
           (SELECT message_id FROM webhook_messages WHERE webhook_id = $1 AND state = 'pending'
              AND due_at <= $2 ORDER BY due_at, message_id LIMIT 1)
         RETURNING message_id, event, data, attempts, created_at",
    )
    .bind(webhook_id)
    .bind(moment(now)?)
    .bind(moment(until)?)
    .fetch_optional(&mut *transaction)
    .await
    .map_err(failed("taking a message"))?;
    let Some(row) = row else { return Ok(None) };
    let hook = sqlx::query("SELECT project_id, url, secret FROM webhooks WHERE id = $1")
        .bind(webhook_id)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed("taking a message"))?;
    let Some(hook) = hook else {
        // What was announced while the address was removed.
        sqlx::query("DELETE FROM webhook_messages WHERE webhook_id = $1")
            .bind(webhook_id)
            .execute(&mut *transaction)
            .await
            .map_err(failed("removing messages"))?;
        commit(transaction).await?;
        return Ok(None);
    };
    commit(transaction).await?;
    Ok(Some(Attempt {
        webhook_id: webhook_id.to_owned(),
        message_id: text(&row, "message_id")?,
        project_id: text(&hook, "project_id")?,
        url: text(&hook, "url")?,
        secret: hook.try_get("secret").map_err(failed("reading a row"))?,
        event: text(&row, "event")?,
        data: text(&row, "data")?,
        number: small(&row, "attempts")?,
        created_at: time(&row, "created_at")?,
    }))
}

/// Says what came of an attempt. False when a later one was begun, or the address is gone.
pub async fn settle(
    db: &Database,
    attempt: &Attempt,
    settled: Settled,
    (status_code, error): (Option<u16>, Option<&str>),
    now: Moment,
) -> Result<bool, StorageError> {
    let (state, due_at) = match settled {
        Settled::Delivered => (MessageState::Delivered, now),
        Settled::Later(at) => (MessageState::Pending, at),
        Settled::Lost | Settled::Dead | Settled::Unwanted => (MessageState::Dead, now),
    };
    let mut transaction = db.begin().await?;
    let updated = sqlx::query(
        "UPDATE webhook_messages SET state = $1, due_at = $2, status_code = NULLIF($3, -1),
           error = NULLIF($4, ''), finished_at = CASE WHEN $1 = 'pending' THEN NULL ELSE $5 END
         WHERE webhook_id = $6 AND message_id = $7 AND attempts = $8 AND state = 'pending'",
    )
    .bind(state.as_str())
    .bind(moment(due_at)?)
    .bind(status_code.map_or(-1, i64::from))
    .bind(error.unwrap_or_default())
    .bind(moment(now)?)
    .bind(&attempt.webhook_id)
    .bind(&attempt.message_id)
    .bind(i64::from(attempt.number))
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("keeping what came of a message"))?;
    if updated.rows_affected() == 0 {
        return Ok(false);
    }
    match settled {
        Settled::Later(_) | Settled::Lost => {}
        Settled::Delivered => enable(&mut transaction, &attempt.webhook_id).await?,
        Settled::Dead => disable(&mut transaction, attempt, Some(attempt.created_at), now).await?,
        Settled::Unwanted => disable(&mut transaction, attempt, None, now).await?,
    }
    commit(transaction).await?;
    Ok(true)
}

async fn enable(transaction: &mut Transaction, webhook_id: &str) -> Result<(), StorageError> {
    sqlx::query("UPDATE webhooks SET disabled_at = NULL WHERE id = $1 AND disabled_at IS NOT NULL")
        .bind(webhook_id)
        .execute(&mut **transaction)
        .await
        .map(drop)
        .map_err(StorageError::database("telling an address again"))
}

/// Sends nothing more to an address, unless something arrived there since a moment.
async fn disable(
    transaction: &mut Transaction,
    attempt: &Attempt,
    since: Option<Moment>,
    now: Moment,
) -> Result<(), StorageError> {
    let failed = || StorageError::database("telling an address no more");
    let disabled = sqlx::query(
        "UPDATE webhooks SET disabled_at = $3 WHERE id = $1 AND disabled_at IS NULL AND NOT EXISTS
           (SELECT 1 FROM webhook_messages WHERE webhook_id = $1 AND state = 'delivered' AND finished_at >= $2)",
    )
    .bind(&attempt.webhook_id)
    .bind(since.map_or(Ok(i64::MAX), moment)?)
    .bind(moment(now)?)
    .execute(&mut **transaction)
    .await
    .map_err(failed())?;
    if disabled.rows_affected() == 0 {
        return Ok(());
    }
    sqlx::query(
        "UPDATE webhook_messages SET state = 'dead', finished_at = $2, error = 'disabled'
         WHERE webhook_id = $1 AND state = 'pending'",
    )
    .bind(&attempt.webhook_id)
    .bind(moment(now)?)
    .execute(&mut **transaction)
    .await
    .map(drop)
    .map_err(failed())
}

/// Keeps a test message for an address. False while one waits.
pub async fn ping(
    db: &Database,
    webhook_id: &str,
    message_id: &str,
    now: Moment,
) -> Result<bool, StorageError> {
    let kept = sqlx::query(
        "INSERT INTO webhook_messages (webhook_id, message_id, event, data, state, attempts, due_at, created_at)
         SELECT id, $2, 'ping', '{}', 'pending', 0, $3, $3 FROM webhooks WHERE id = $1 AND NOT EXISTS
           (SELECT 1 FROM webhook_messages WHERE webhook_id = $1 AND event = 'ping' AND state = 'pending')",
    )
    .bind(webhook_id)
    .bind(message_id)
    .bind(moment(now)?)
    .write(db, "keeping a test message")
    .await?;
    Ok(kept.rows_affected() > 0)
}

/// What an address was told, the newest first.
pub async fn of_webhook(
    db: &Database,
    webhook_id: &str,
    slice: &Slice,
) -> Result<Vec<Message>, StorageError> {
    let sql = format!(
        "SELECT * FROM webhook_messages WHERE webhook_id = $1 AND {}",
        slice.condition("message_id", 2)
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(webhook_id)
        .bind(slice.bound())
        .bind(slice.count())
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for messages"))?;
    slice.in_order(rows.iter().map(read).collect())
}

/// Forgets messages that were over before a moment.
pub async fn forget(db: &Database, before: Moment) -> Result<u64, StorageError> {
    let forgotten = sqlx::query("DELETE FROM webhook_messages WHERE finished_at < $1")
        .bind(moment(before)?)
        .write(db, "forgetting messages")
        .await?;
    Ok(forgotten.rows_affected())
}

fn read(row: &AnyRow) -> Result<Message, StorageError> {
    Ok(Message {
        id: text(row, "message_id")?,
        event: text(row, "event")?,
        state: text(row, "state")?.parse()?,
        attempts: small(row, "attempts")?,
        due_at: time(row, "due_at")?,
        status_code: maybe_count(row, "status_code")?,
        error: maybe_text(row, "error")?,
        created_at: time(row, "created_at")?,
        finished_at: maybe_time(row, "finished_at")?,
    })
}
