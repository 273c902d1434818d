//! `notifications`: what is told to whom, until they have read it.

use std::fmt;
use std::str::FromStr;

use hivesync_jobs::Moment;
use serde::Serialize;
use sqlx::AnyConnection;
use sqlx::any::AnyRow;

use super::slice::Slice;
use super::{count, maybe_time, moment, parsed, text, time};
use crate::database::{Database, Statement as _, commit};
use crate::error::StorageError;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// A preview that the user asked for is over.
    PreviewFinished,
    /// Somebody said something of a task of theirs.
    Comment,
    /// A task was given to them.
    Assignment,
}

impl Happened {
    const ALL: [Self; 3] = [Self::PreviewFinished, Self::Comment, Self::Assignment];

    /// The name used in JSON and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreviewFinished => "preview_finished",
            Self::Comment => "comment",
            Self::Assignment => "assignment",
        }
    }
}

impl fmt::Display for Happened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Happened {
    type Err = StorageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|happened| happened.as_str() == text).ok_or(super::NONSENSE)
    }
}

/// Something that a user is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// A ULID.
    pub id: String,
    /// Who is told.
    pub user_id: String,
    /// What.
    pub kind: Happened,
    /// JSON: the ids of what it is about.
    pub data: String,
    /// When it happened.
    pub created_at: Moment,
    /// When they read it.
    pub read_at: Option<Moment>,
}

/// Keeps a notification.
pub async fn keep(db: &Database, notification: &Notification) -> Result<(), StorageError> {
    let mut transaction = db.begin().await?;
    insert(&mut transaction, notification).await?;
    commit(transaction).await
}

/// Keeps a notification with whatever else its transaction does.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    notification: &Notification,
) -> Result<(), StorageError> {
    sqlx::query("INSERT INTO notifications (id, user_id, kind, data, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(&notification.id)
        .bind(&notification.user_id)
        .bind(notification.kind.as_str())
        .bind(&notification.data)
        .bind(moment(notification.created_at)?)
        .execute(connection)
        .await
        .map(drop)
        .map_err(StorageError::database("keeping a notification"))
}

/// What a user was told, the newest first; only what they have not read where `is_unread`.
pub async fn of_user(
    db: &Database,
    user_id: &str,
    is_unread: bool,
    slice: &Slice,
) -> Result<Vec<Notification>, StorageError> {
    let unread = if is_unread { " AND read_at IS NULL" } else { "" };
    let sql =
        format!("SELECT * FROM notifications WHERE user_id = $1{unread} AND {}", slice.condition("id", 2));
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(user_id)
        .bind(slice.bound())
        .bind(slice.count())
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for notifications"))?;
    slice.in_order(rows.iter().map(notification).collect())
}

/// How much a user has not read.
pub async fn unread(db: &Database, user_id: &str) -> Result<u64, StorageError> {
    let row =
        sqlx::query("SELECT COUNT(*) AS unread FROM notifications WHERE user_id = $1 AND read_at IS NULL")
            .bind(user_id)
            .fetch_one(&db.pool)
            .await
            .map_err(StorageError::database("counting notifications"))?;
    count(&row, "unread")
}

/// The user has read one; the first time counts. False when it is not theirs.
pub async fn read(db: &Database, user_id: &str, id: &str, now: Moment) -> Result<bool, StorageError> {
    let read = sqlx::query(
        "UPDATE notifications SET read_at = COALESCE(read_at, $1) WHERE id = $2 AND user_id = $3",
    )
    .bind(moment(now)?)
    .bind(id)
    .bind(user_id)
    .write(db, "reading a notification")
    .await?;
    Ok(read.rows_affected() > 0)
}

/// The user has read all of them. Says how many they had not.
pub async fn read_all(db: &Database, user_id: &str, now: Moment) -> Result<u64, StorageError> {
    let read = sqlx::query("UPDATE notifications SET read_at = $1 WHERE user_id = $2 AND read_at IS NULL")
        .bind(moment(now)?)
        .bind(user_id)
        .write(db, "reading notifications")
        .await?;
    Ok(read.rows_affected())
}

fn notification(row: &AnyRow) -> Result<Notification, StorageError> {
    Ok(Notification {
        id: text(row, "id")?,
        user_id: text(row, "user_id")?,
        kind: parsed(row, "kind")?,
        data: text(row, "data")?,
        created_at: time(row, "created_at")?,
        read_at: maybe_time(row, "read_at")?,
    })
}
