//! `preview_artifacts`: where a finished job's bundles are.

use hivesync_jobs::Moment;
use sqlx::any::AnyRow;

use super::super::{count, moment, number, text};
use crate::database::{Database, Statement as _, Transaction};
use crate::error::StorageError;

/// The bundle of one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewArtifact {
    /// The device's id, or `default`.
    pub device_id: String,
    /// Where the zip is in the object store.
    pub bundle_key: String,
    /// Where its `metadata.json` is.
    pub metadata_key: String,
    /// SHA-256 of the zip, in hex.
    pub digest: String,
    /// Bytes of the zip.
    pub bytes: u64,
}

/// The artifacts of a job, by device.
pub async fn artifacts(db: &Database, job_id: &str) -> Result<Vec<PreviewArtifact>, StorageError> {
    let rows = sqlx::query("SELECT * FROM preview_artifacts WHERE job_id = $1 ORDER BY device_id")
        .bind(job_id)
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for artifacts"))?;
    rows.iter().map(read).collect()
}

/// The artifact of one device of a job.
pub async fn artifact(
    db: &Database,
    job_id: &str,
    device_id: &str,
) -> Result<Option<PreviewArtifact>, StorageError> {
    let row = sqlx::query("SELECT * FROM preview_artifacts WHERE job_id = $1 AND device_id = $2")
        .bind(job_id)
        .bind(device_id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for an artifact"))?;
    row.as_ref().map(read).transpose()
}

/// Artifacts whose time is over, with their jobs; some of them, when there are many.
pub async fn expired(
    db: &Database,
    now: Moment,
    limit: u32,
) -> Result<Vec<(String, PreviewArtifact)>, StorageError> {
    let rows = sqlx::query(
        "SELECT preview_artifacts.* FROM preview_artifacts
         JOIN preview_jobs ON preview_jobs.id = preview_artifacts.job_id
         WHERE preview_jobs.expires_at <= $1 ORDER BY preview_jobs.expires_at LIMIT $2",
    )
    .bind(moment(now)?)
    .bind(i64::from(limit))
    .fetch_all(&db.pool)
    .await
    .map_err(StorageError::database("looking for artifacts"))?;
    rows.iter().map(|row| Ok((text(row, "job_id")?, read(row)?))).collect()
}

/// Forgets an artifact whose objects are gone.
pub async fn forget_artifact(db: &Database, job_id: &str, device_id: &str) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM preview_artifacts WHERE job_id = $1 AND device_id = $2")
        .bind(job_id)
        .bind(device_id)
        .write(db, "forgetting an artifact")
        .await
        .map(drop)
}

/// Whether an object of a preview is one that a row points to, or may be soon.
pub async fn keeps(db: &Database, job_id: &str, key: &str) -> Result<bool, StorageError> {
    let row = sqlx::query(
        "SELECT 1 AS kept FROM preview_jobs WHERE id = $1
           AND (state IN ('queued', 'building', 'bundling', 'uploading') OR EXISTS (
             SELECT 1 FROM preview_artifacts WHERE job_id = $1 AND (bundle_key = $2 OR metadata_key = $2)))",
    )
    .bind(job_id)
    .bind(key)
    .fetch_optional(&db.pool)
    .await
    .map_err(StorageError::database("looking for an artifact"))?;
    Ok(row.is_some())
}

pub(super) async fn keep(
    transaction: &mut Transaction,
    job_id: &str,
    artifact: &PreviewArtifact,
    now: Moment,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO preview_artifacts (job_id, device_id, bundle_key, metadata_key, digest, bytes, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(job_id)
    .bind(&artifact.device_id)
    .bind(&artifact.bundle_key)
    .bind(&artifact.metadata_key)
    .bind(&artifact.digest)
    .bind(number(artifact.bytes, "a size")?)
    .bind(moment(now)?)
    .execute(&mut **transaction)
    .await
    .map(drop)
    .map_err(StorageError::database("keeping an artifact"))
}

fn read(row: &AnyRow) -> Result<PreviewArtifact, StorageError> {
    Ok(PreviewArtifact {
        device_id: text(row, "device_id")?,
        bundle_key: text(row, "bundle_key")?,
        metadata_key: text(row, "metadata_key")?,
        digest: text(row, "digest")?,
        bytes: count(row, "bytes")?,
    })
}
