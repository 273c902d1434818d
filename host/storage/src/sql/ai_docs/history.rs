//! What was documented, the newest first.

use hivesync_jobs::Moment;
use sqlx::any::AnyRow;

use super::AiDocKind;
use crate::database::Database;
use crate::error::StorageError;
use crate::sql::slice::Slice;
use crate::sql::{count, parsed, text, time};

/// Documentation of a file that a model wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AiDoc {
    /// The job.
    pub id: String,
    /// Who asked.
    pub user_id: String,
    /// What was wanted.
    pub kind: AiDocKind,
    /// The file's name.
    pub path: String,
    /// SHA-256 of the object, in hex.
    pub digest: String,
    /// How long it is.
    pub bytes: u64,
    /// When it was written.
    pub created_at: Moment,
}

/// What was documented of a project; so many of the newest are shown.
pub async fn history(
    db: &Database,
    project_id: &str,
    newest: Option<u32>,
    slice: &Slice,
) -> Result<Vec<AiDoc>, StorageError> {
    slice.of_project(db, ("ai_doc_history", "looking for documentation"), project_id, newest, read).await
}

/// Whether the documentation that a job wrote is kept, or may be soon.
pub async fn keeps(db: &Database, job_id: &str) -> Result<bool, StorageError> {
    let row = sqlx::query(
        "SELECT 1 AS kept FROM ai_doc_jobs WHERE id = $1
           AND (state IN ('queued', 'running') OR EXISTS (SELECT 1 FROM ai_doc_history WHERE id = $1))",
    )
    .bind(job_id)
    .fetch_optional(&db.pool)
    .await
    .map_err(StorageError::database("looking for documentation"))?;
    Ok(row.is_some())
}

fn read(row: &AnyRow) -> Result<AiDoc, StorageError> {
    Ok(AiDoc {
        id: text(row, "id")?,
        user_id: text(row, "user_id")?,
        kind: parsed(row, "kind")?,
        path: text(row, "path")?,
        digest: text(row, "digest")?,
        bytes: count(row, "bytes")?,
        created_at: time(row, "created_at")?,
    })
}
