//! What is kept of a run: uploads, and what its steps made of them.

use hivesync_jobs::Moment;
use sqlx::any::AnyRow;

use crate::database::{Database, Statement as _, Transaction, commit};
use crate::error::StorageError;
use crate::sql::{NONSENSE, count, maybe_count, maybe_text, maybe_time, moment, number, parsed, text, time};

/// What an artifact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArtifactKind {
    /// A picture that can be handed on.
    Preview,
    /// A picture as it came.
    Original,
    /// The result of a step.
    Json,
    /// What is known of a picture.
    Metadata,
}

impl ArtifactKind {
    /// The name used in JSON and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Preview => "preview",
            Self::Original => "original",
            Self::Json => "json",
            Self::Metadata => "metadata",
        }
    }
}

impl std::str::FromStr for ArtifactKind {
    type Err = StorageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Preview, Self::Original, Self::Json, Self::Metadata];
        all.into_iter().find(|kind| kind.as_str() == text).ok_or(NONSENSE)
    }
}

/// Something that is kept of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelineArtifact {
    /// Its id.
    pub id: String,
    /// The run.
    pub run_id: String,
    /// The step that made it.
    pub step_id: Option<u64>,
    /// What it is.
    pub kind: ArtifactKind,
    /// The name of its object.
    pub storage_path: String,
    /// JSON.
    pub metadata_json: String,
    /// Of the object.
    pub bytes: u64,
    /// Of the object.
    pub digest: String,
    /// A link that was made before, and until when it is good.
    pub signed_url: Option<(String, Moment)>,
    /// When it was kept.
    pub created_at: Moment,
}

/// Keeps an upload of a run, so many at most. False when there are as many, or the run has ended.
pub async fn keep_upload(
    db: &Database,
    upload: &PipelineArtifact,
    (bucket, uploads_max): (&str, u32),
) -> Result<bool, StorageError> {
    let mut transaction = db.begin().await?;
    // Holds the run's row: of uploads that come at one time each counts those before it.
    let held = sqlx::query(
        "UPDATE pipeline_runs SET payload_size_estimate = payload_size_estimate + $2, updated_at = $3
         WHERE id = $1 AND ended_at IS NULL",
    )
    .bind(&upload.run_id)
    .bind(number(upload.bytes, "an upload")?)
    .bind(moment(upload.created_at)?)
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("counting uploads one at a time"))?;
    if held.rows_affected() == 0 {
        return Ok(false);
    }
    let there: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM pipeline_artifacts WHERE run_id = $1 AND kind = 'original'")
            .bind(&upload.run_id)
            .fetch_one(&mut *transaction)
            .await
            .map_err(StorageError::database("counting uploads"))?;
    if there >= i64::from(uploads_max) {
        return Ok(false);
    }
    insert_artifact(&mut transaction, upload, bucket).await?;
    commit(transaction).await?;
    Ok(true)
}

/// Keeps what a step made. What is kept already stays.
pub async fn keep_artifact(
    db: &Database,
    artifact: &PipelineArtifact,
    bucket: &str,
) -> Result<(), StorageError> {
    let mut transaction = db.begin().await?;
    insert_artifact(&mut transaction, artifact, bucket).await?;
    commit(transaction).await
}

async fn insert_artifact(
    transaction: &mut Transaction,
    artifact: &PipelineArtifact,
    bucket: &str,
) -> Result<(), StorageError> {
    let step = artifact.step_id.map(|step| number(step, "a step")).transpose()?;
    sqlx::query(
        "INSERT INTO pipeline_artifacts (id, run_id, step_id, kind, storage_bucket, storage_path, metadata_json,
           bytes, digest, created_at)
         VALUES ($1, $2, CASE WHEN $3 < 0 THEN NULL ELSE $3 END, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
    )
    .bind(&artifact.id)
    .bind(&artifact.run_id)
    // PostgreSQL keeps the types of the first time for the statement, and nothing has another.
    .bind(step.unwrap_or(-1))
    .bind(artifact.kind.as_str())
    .bind(bucket)
    .bind(&artifact.storage_path)
    .bind(&artifact.metadata_json)
    .bind(number(artifact.bytes, "an artifact")?)
    .bind(&artifact.digest)
    .bind(moment(artifact.created_at)?)
    .execute(&mut **transaction)
    .await
    .map_err(StorageError::database("keeping an artifact"))?;
    Ok(())
}

/// Remembers a link to an artifact.
pub async fn cache_link(db: &Database, id: &str, (url, until): (&str, Moment)) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE pipeline_artifacts SET signed_url_cached = $2, signed_url_expires_at = $3 WHERE id = $1",
    )
    .bind(id)
    .bind(url)
    .bind(moment(until)?)
    .write(db, "keeping a link")
    .await?;
    Ok(())
}

/// Everything that is kept of a run, the oldest first.
pub async fn artifacts(db: &Database, run_id: &str) -> Result<Vec<PipelineArtifact>, StorageError> {
    let rows = sqlx::query("SELECT * FROM pipeline_artifacts WHERE run_id = $1 ORDER BY created_at, id")
        .bind(run_id)
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for artifacts"))?;
    rows.iter().map(artifact).collect()
}

/// Whether something that is kept has this object.
pub async fn keeps(db: &Database, storage_path: &str) -> Result<bool, StorageError> {
    let row = sqlx::query("SELECT 1 AS kept FROM pipeline_artifacts WHERE storage_path = $1")
        .bind(storage_path)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for an artifact"))?;
    Ok(row.is_some())
}

/// Forgets what was kept of a run whose objects are gone.
pub async fn forget_artifacts(db: &Database, run_id: &str) -> Result<u64, StorageError> {
    let forgotten = sqlx::query("DELETE FROM pipeline_artifacts WHERE run_id = $1")
        .bind(run_id)
        .write(db, "forgetting artifacts")
        .await?;
    Ok(forgotten.rows_affected())
}

fn artifact(row: &AnyRow) -> Result<PipelineArtifact, StorageError> {
    let link = (maybe_text(row, "signed_url_cached")?, maybe_time(row, "signed_url_expires_at")?);
    Ok(PipelineArtifact {
        id: text(row, "id")?,
        run_id: text(row, "run_id")?,
        step_id: maybe_count(row, "step_id")?,
        kind: parsed(row, "kind")?,
        storage_path: text(row, "storage_path")?,
        metadata_json: text(row, "metadata_json")?,
        bytes: count(row, "bytes")?,
        digest: text(row, "digest")?,
        signed_url: link.0.zip(link.1),
        created_at: time(row, "created_at")?,
    })
}
