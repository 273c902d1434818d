//! `api_keys`: what programs show. Of a key its digest is kept, never itself.

use hivesync_jobs::Moment;
use sqlx::any::AnyRow;

use super::slice::Slice;
use super::{count, maybe_time, moment, text, time};
use crate::database::{Database, Statement as _};
use crate::error::StorageError;

/// A key as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// A ULID.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// Since when.
    pub created_at: Moment,
    /// Since when it is good no longer.
    pub revoked_at: Option<Moment>,
}

/// Keeps a new key.
pub async fn keep(db: &Database, key: &ApiKey, user_id: &str, digest: &str) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO api_keys (id, digest, user_id, name, prefix, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(&key.id)
    .bind(digest)
    .bind(user_id)
    .bind(&key.name)
    .bind(&key.prefix)
    .bind(moment(key.created_at)?)
    .write(db, "keeping a key")
    .await
    .map(drop)
}

/// The keys of a user, the newest first.
pub async fn of_user(db: &Database, user_id: &str, slice: &Slice) -> Result<Vec<ApiKey>, StorageError> {
    let sql = format!(
        "SELECT id, name, prefix, created_at, revoked_at FROM api_keys WHERE user_id = $1 AND {}",
        slice.condition("id", 2)
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(user_id)
        .bind(slice.bound())
        .bind(slice.count())
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for keys"))?;
    slice.in_order(rows.iter().map(api_key).collect())
}

/// How many keys of a user are good.
pub async fn good(db: &Database, user_id: &str) -> Result<u64, StorageError> {
    let row = sqlx::query("SELECT COUNT(*) AS good FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL")
        .bind(user_id)
        .fetch_one(&db.pool)
        .await
        .map_err(StorageError::database("counting keys"))?;
    count(&row, "good")
}

/// Whose key this is; none when it is not, or no longer, one of ours.
pub async fn owner(db: &Database, digest: &str) -> Result<Option<String>, StorageError> {
    let row = sqlx::query("SELECT user_id FROM api_keys WHERE digest = $1 AND revoked_at IS NULL")
        .bind(digest)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a key"))?;
    row.map(|row| text(&row, "user_id")).transpose()
}

/// Withdraws a key of this user. False when there is none that is good.
pub async fn revoke(db: &Database, user_id: &str, id: &str, now: Moment) -> Result<bool, StorageError> {
    let revoked = sqlx::query(
        "UPDATE api_keys SET revoked_at = $1 WHERE id = $2 AND user_id = $3 AND revoked_at IS NULL",
    )
    .bind(moment(now)?)
    .bind(id)
    .bind(user_id)
    .write(db, "withdrawing a key")
    .await?;
    Ok(revoked.rows_affected() > 0)
}

fn api_key(row: &AnyRow) -> Result<ApiKey, StorageError> {
    Ok(ApiKey {
        id: text(row, "id")?,
        name: text(row, "name")?,
        prefix: text(row, "prefix")?,
        created_at: time(row, "created_at")?,
        revoked_at: maybe_time(row, "revoked_at")?,
    })
}
