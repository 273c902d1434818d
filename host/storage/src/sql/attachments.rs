//! `attachments`: files that belong to a task. Their bytes are objects under their ids.

use hivesync_jobs::Moment;
use sqlx::any::AnyRow;

use super::slice::Slice;
use super::{count, moment, number, text, time};
use crate::database::{Database, Statement as _};
use crate::error::StorageError;

/// A file that belongs to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// A ULID, and the name of the object.
    pub id: String,
    /// Of which task.
    pub task_id: String,
    /// Who brought it.
    pub uploaded_by: String,
    /// What they call it.
    pub name: String,
    /// How long it is.
    pub bytes: u64,
    /// SHA-256, in hex.
    pub digest: String,
    /// When it was brought.
    pub created_at: Moment,
}

/// Keeps a new attachment while the task has fewer than `most`. False when it has not.
pub async fn keep(db: &Database, attachment: &Attachment, most: u32) -> Result<bool, StorageError> {
    let kept = sqlx::query(
        "INSERT INTO attachments (id, task_id, uploaded_by, name, bytes, digest, created_at)
         SELECT $1, $2, $3, $4, $5, $6, $7
         WHERE (SELECT COUNT(*) FROM attachments WHERE task_id = $2) < $8",
    )
    .bind(&attachment.id)
    .bind(&attachment.task_id)
    .bind(&attachment.uploaded_by)
    .bind(&attachment.name)
    .bind(number(attachment.bytes, "a size")?)
    .bind(&attachment.digest)
    .bind(moment(attachment.created_at)?)
    .bind(i64::from(most))
    .write(db, "keeping an attachment")
    .await?;
    Ok(kept.rows_affected() > 0)
}

/// The attachments of a task, the newest first.
pub async fn of_task(db: &Database, task_id: &str, slice: &Slice) -> Result<Vec<Attachment>, StorageError> {
    let sql = format!("SELECT * FROM attachments WHERE task_id = $1 AND {}", slice.condition("id", 2));
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(task_id)
        .bind(slice.bound())
        .bind(slice.count())
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for attachments"))?;
    slice.in_order(rows.iter().map(attachment).collect())
}

/// An attachment of this task.
pub async fn of_id(db: &Database, task_id: &str, id: &str) -> Result<Option<Attachment>, StorageError> {
    let row = sqlx::query("SELECT * FROM attachments WHERE id = $1 AND task_id = $2")
        .bind(id)
        .bind(task_id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for an attachment"))?;
    row.as_ref().map(attachment).transpose()
}

/// Removes the row of an attachment. False when it was gone.
pub async fn remove(db: &Database, id: &str) -> Result<bool, StorageError> {
    let removed = sqlx::query("DELETE FROM attachments WHERE id = $1")
        .bind(id)
        .write(db, "removing an attachment")
        .await?;
    Ok(removed.rows_affected() > 0)
}

fn attachment(row: &AnyRow) -> Result<Attachment, StorageError> {
    Ok(Attachment {
        id: text(row, "id")?,
        task_id: text(row, "task_id")?,
        uploaded_by: text(row, "uploaded_by")?,
        name: text(row, "name")?,
        bytes: count(row, "bytes")?,
        digest: text(row, "digest")?,
        created_at: time(row, "created_at")?,
    })
}
