//! Whether anything that was asked for is not over: one question for all that the queue does.

use super::is_set;
use crate::database::Database;
use crate::error::StorageError;

/// In the words of the tables' own indexes of what is open.
const ANY: &str = "
    SELECT CAST(CASE WHEN
         EXISTS (SELECT 1 FROM preview_jobs WHERE state IN ('queued', 'building', 'bundling', 'uploading'))
      OR EXISTS (SELECT 1 FROM map_jobs WHERE state IN ('queued', 'running'))
      OR EXISTS (SELECT 1 FROM ai_doc_jobs WHERE state IN ('queued', 'running'))
      OR EXISTS (SELECT 1 FROM content_jobs WHERE status IN ('queued', 'processing'))
      OR EXISTS (SELECT 1 FROM pipeline_jobs WHERE status IN ('pending', 'running'))
    THEN 1 ELSE 0 END AS BIGINT) AS is_open";

/// Whether a preview, a question about a map, a file to document, a post or a step of a run is
/// not over.
pub async fn is_any(db: &Database) -> Result<bool, StorageError> {
    let row = sqlx::query(ANY).fetch_one(&db.pool).await;
    is_set(&row.map_err(StorageError::database("looking for what is open"))?, "is_open")
}
