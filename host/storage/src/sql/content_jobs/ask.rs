//! Asking for a post: that the request came, and what it asks for, as one; and one statement of each
//! for all who ask at one time, where there is one file to write to.
//!
//! **Invariant:** a post is kept together with the record of the request that asked for it, or not at all.

use std::collections::BTreeSet;

use super::{Asked, ContentJob, NewContentJob, job};
use crate::crowd::Together;
use crate::database::{Database, Transaction, commit, list};
use crate::error::StorageError;
use crate::sql::nonces::{self, Admission, Arrival};
use crate::sql::{NONSENSE, moment, text};

/// A signed request and the post that it asks for.
#[derive(Debug, Clone)]
pub(crate) struct Accept {
    admission: Admission,
    new: NewContentJob,
}

/// What was kept of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// The record that it came before.
    Replay,
    /// The request; there is such a post.
    Request,
    /// The request and the post.
    Post,
}

impl Together for Accept {
    type Answer = Kept;

    async fn write(parts: &[Self], transaction: &mut Transaction) -> Result<Vec<Kept>, StorageError> {
        let admissions: Vec<&Admission> = parts.iter().map(|part| &part.admission).collect();
        let admitted = nonces::remember_all(&admissions, transaction).await?;
        let asking = || parts.iter().zip(&admitted).map(|(part, is_new)| is_new.then_some(&part.new));
        let inserted = insert_all(&asking().flatten().collect::<Vec<_>>(), transaction).await?;
        let kept = |new: &NewContentJob| if inserted.contains(&new.id) { Kept::Post } else { Kept::Request };
        Ok(asking().map(|new| new.map_or(Kept::Replay, kept)).collect())
    }
}

/// Keeps jobs, each once for its key. Says which are new.
async fn insert_all(
    news: &[&NewContentJob],
    transaction: &mut Transaction,
) -> Result<BTreeSet<String>, StorageError> {
    let mut rows = Vec::with_capacity(news.len());
    for new in news {
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
    inserted.iter().map(|row| text(row, "id")).collect()
}

/// Admits a signed request, which is put on record, and keeps the job that it asks for, once for each
/// key; in one transaction.
pub async fn ask(db: &Database, arrival: Arrival<'_>, new: &NewContentJob) -> Result<Asked, StorageError> {
    let kept = if db.is_shared {
        keep(db, arrival, new).await?
    } else {
        let accept = Accept { admission: Admission::of(arrival)?, new: new.clone() };
        db.crowds.posts.join(db, accept).await?
    };
    match kept {
        Kept::Replay => Ok(Asked::Replay),
        Kept::Post => Ok(Asked::New(Box::new(ContentJob::queued(new.clone())))),
        Kept::Request => known(db, new).await,
    }
}

/// What was asked for under the same key.
async fn known(db: &Database, new: &NewContentJob) -> Result<Asked, StorageError> {
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

async fn keep(db: &Database, arrival: Arrival<'_>, new: &NewContentJob) -> Result<Kept, StorageError> {
    let mut transaction = db.begin().await?;
    let is_new = nonces::remember(&mut transaction, arrival).await?;
    let kept = match is_new {
        true if insert(&mut transaction, new).await? => Kept::Post,
        true => Kept::Request,
        false => Kept::Replay,
    };
    commit(transaction).await?;
    Ok(kept)
}

async fn insert(transaction: &mut Transaction, new: &NewContentJob) -> Result<bool, StorageError> {
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
    .execute(&mut **transaction)
    .await
    .map_err(StorageError::database("keeping a content job"))?;
    Ok(inserted.rows_affected() > 0)
}
