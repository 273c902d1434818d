//! `pipeline_inputs`: what the run of a job works on, as long as the job is under way.
//!
//! **Invariant:** a job has one input: who comes later gets the one that was kept.

use hivesync_jobs::Moment;

use super::{moment, text};
use crate::database::{Database, Statement as _};
use crate::error::StorageError;

/// Keeps an input, unless the job has one; gives the one that is kept.
pub async fn keep(db: &Database, job_id: &str, input: &str, now: Moment) -> Result<String, StorageError> {
    sqlx::query(
        "INSERT INTO pipeline_inputs (job_id, input, created_at) VALUES ($1, $2, $3)
         ON CONFLICT (job_id) DO NOTHING",
    )
    .bind(job_id)
    .bind(input)
    .bind(moment(now)?)
    .write(db, "keeping what a run works on")
    .await?;
    of(db, job_id).await?.ok_or(super::NONSENSE)
}

/// The input of a job, where one is kept.
pub async fn of(db: &Database, job_id: &str) -> Result<Option<String>, StorageError> {
    let row = sqlx::query("SELECT input FROM pipeline_inputs WHERE job_id = $1")
        .bind(job_id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for what a run works on"))?;
    row.map(|row| text(&row, "input")).transpose()
}

/// Forgets the input of a job that is over.
pub async fn forget(db: &Database, job_id: &str) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM pipeline_inputs WHERE job_id = $1")
        .bind(job_id)
        .write(db, "forgetting what a run worked on")
        .await
        .map(drop)
}
