//! Asking for a post: one statement for all who ask at one time, where there is one file to write to.

use std::collections::BTreeSet;

use super::{Asked, ContentJob, NewContentJob, job};
use crate::crowd::Together;
use crate::database::{Database, Statement as _, Transaction, list};
use crate::error::StorageError;
use crate::sql::{NONSENSE, moment, text};

impl Together for NewContentJob {
    async fn write(parts: &[Self], transaction: &mut Transaction) -> Result<Vec<bool>, StorageError> {
        let mut rows = Vec::with_capacity(parts.len());
        for new in parts {
            rows.push((
                (&new.id, &new.key_id, &new.idempotency_key, &new.request_digest),
                (&new.request, new.step_total, moment(new.created_at)?, moment(new.expires_at)?),
            ));
        }
        let inserted = sqlx::query(
            "INSERT INTO content_jobs (id, key_id, idempotency_key, request_digest, status, request, step,
               step_current, step_total, fence, created_at, expires_at)
             SELECT value ->> '$[0][0]', value ->> '$[0][1]', value ->> '$[0][2]', value ->> '$[0][3]',
               'queued', value ->> '$[1][0]', 'queued', 0, value ->> '$[1][1]', 0, value ->> '$[1][2]',
               value ->> '$[1][3]'
             FROM json_each($1) WHERE true ON CONFLICT DO NOTHING RETURNING id",
        )
        .bind(list(&rows)?)
        .fetch_all(&mut **transaction)
        .await
        .map_err(StorageError::database("keeping content jobs"))?;
        let inserted: Result<BTreeSet<String>, _> = inserted.iter().map(|row| text(row, "id")).collect();
        let inserted = inserted?;
        Ok(parts.iter().map(|new| inserted.contains(&new.id)).collect())
    }
}

/// Keeps a new job, once for each key.
pub async fn ask(db: &Database, new: &NewContentJob) -> Result<Asked, StorageError> {
    let is_new =
        if db.is_shared { insert(db, new).await? } else { db.crowds.posts.join(db, new.clone()).await? };
    if is_new {
        return Ok(Asked::New(Box::new(ContentJob::queued(new.clone()))));
    }
    let row = sqlx::query("SELECT * FROM content_jobs WHERE key_id = $1 AND idempotency_key = $2")
        .bind(&new.key_id)
        .bind(&new.idempotency_key)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a content job"))?;
    let known = job(&row.ok_or(NONSENSE)?)?;
    let is_same = known.asked.request_digest == new.request_digest;
    Ok(if is_same { Asked::Known(Box::new(known)) } else { Asked::KeyReused })
}

async fn insert(db: &Database, new: &NewContentJob) -> Result<bool, StorageError> {
    let inserted = sqlx::query(
        "INSERT INTO content_jobs (id, key_id, idempotency_key, request_digest, status, request, step,
           step_current, step_total, fence, created_at, expires_at)
         VALUES ($1, $2, $3, $4, 'queued', $5, 'queued', 0, $6, 0, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(&new.id)
    .bind(&new.key_id)
    .bind(&new.idempotency_key)
    .bind(&new.request_digest)
    .bind(&new.request)
    .bind(i64::from(new.step_total))
    .bind(moment(new.created_at)?)
    .bind(moment(new.expires_at)?)
    .write(db, "keeping a content job")
    .await?;
    Ok(inserted.rows_affected() > 0)
}
