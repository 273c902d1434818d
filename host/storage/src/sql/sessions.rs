//! `refresh_tokens` and `session_tokens`. Of a token its digest is kept, never itself.

use hivesync_jobs::Moment;
use sqlx::AnyConnection;

use super::{maybe_time, moment, text};
use crate::database::{Database, Statement as _, commit};
use crate::error::StorageError;

/// A refresh token to keep.
#[derive(Debug, Clone, Copy)]
pub struct NewRefresh<'a> {
    /// SHA-256 of the token, in hex.
    pub digest: &'a str,
    /// The login that it descends from.
    pub family: &'a str,
    /// Whose.
    pub user_id: &'a str,
    /// When it ends.
    pub expires_at: Moment,
}

/// What became of a refresh token that was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotated {
    /// It was good, and the new one has its place.
    Done {
        /// Whose it is.
        user_id: String,
    },
    /// It is not, or no longer, one of ours.
    Unknown,
    /// It was used before: its whole login is ended.
    Reused,
}

/// Keeps the first refresh token of a login.
pub async fn begin(db: &Database, token: NewRefresh<'_>, now: Moment) -> Result<(), StorageError> {
    let mut transaction = db.begin().await?;
    insert(&mut transaction, token, now).await?;
    commit(transaction).await
}

/// Takes a refresh token and puts `next` in its place; `next` gets its user and login.
pub async fn rotate(
    db: &Database,
    shown: &str,
    next: &str,
    expires_at: Moment,
    now: Moment,
) -> Result<Rotated, StorageError> {
    let mut transaction = db.begin().await?;
    let used = sqlx::query(
        "UPDATE refresh_tokens SET used_at = $1
         WHERE digest = $2 AND used_at IS NULL AND revoked_at IS NULL AND expires_at > $1
         RETURNING family, user_id",
    )
    .bind(moment(now)?)
    .bind(shown)
    .fetch_optional(&mut *transaction)
    .await
    .map_err(StorageError::database("using a refresh token"))?;
    if let Some(row) = used {
        let (family, user_id) = (text(&row, "family")?, text(&row, "user_id")?);
        let token = NewRefresh { digest: next, family: &family, user_id: &user_id, expires_at };
        insert(&mut transaction, token, now).await?;
        commit(transaction).await?;
        return Ok(Rotated::Done { user_id });
    }
    let known = sqlx::query("SELECT family, used_at FROM refresh_tokens WHERE digest = $1")
        .bind(shown)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(StorageError::database("looking for a refresh token"))?;
    let Some(row) = known else { return Ok(Rotated::Unknown) };
    if maybe_time(&row, "used_at")?.is_none() {
        return Ok(Rotated::Unknown);
    }
    revoke_family(&mut transaction, &text(&row, "family")?, now).await?;
    commit(transaction).await?;
    Ok(Rotated::Reused)
}

/// Ends the login that a refresh token descends from. What is not known ends nothing.
pub async fn end(db: &Database, shown: &str, now: Moment) -> Result<(), StorageError> {
    let row = sqlx::query("SELECT family FROM refresh_tokens WHERE digest = $1")
        .bind(shown)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a refresh token"))?;
    let Some(row) = row else { return Ok(()) };
    let mut transaction = db.begin().await?;
    revoke_family(&mut transaction, &text(&row, "family")?, now).await?;
    commit(transaction).await
}

/// Keeps a session token for one use.
pub async fn keep_session_token(
    db: &Database,
    digest: &str,
    user_id: &str,
    expires_at: Moment,
    now: Moment,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO session_tokens (token, user_id, expires_at, used, created_at)
         VALUES ($1, $2, $3, 0, $4)",
    )
    .bind(digest)
    .bind(user_id)
    .bind(moment(expires_at)?)
    .bind(moment(now)?)
    .write(db, "keeping a session token")
    .await
    .map(drop)
}

/// Uses a session token up; none when it was used, has ended or was never given.
pub async fn use_session_token(
    db: &Database,
    digest: &str,
    now: Moment,
) -> Result<Option<String>, StorageError> {
    let mut transaction = db.begin().await?;
    let row = sqlx::query(
        "UPDATE session_tokens SET used = 1 WHERE token = $1 AND used = 0 AND expires_at > $2
         RETURNING user_id",
    )
    .bind(digest)
    .bind(moment(now)?)
    .fetch_optional(&mut *transaction)
    .await
    .map_err(StorageError::database("using a session token"))?;
    commit(transaction).await?;
    row.map(|row| text(&row, "user_id")).transpose()
}

/// Removes what can be used no longer. Says how many rows that were.
pub async fn sweep(db: &Database, now: Moment) -> Result<u64, StorageError> {
    let sessions = sqlx::query("DELETE FROM session_tokens WHERE used = 1 OR expires_at <= $1")
        .bind(moment(now)?)
        .write(db, "sweeping session tokens")
        .await?;
    let refresh = sqlx::query("DELETE FROM refresh_tokens WHERE expires_at <= $1")
        .bind(moment(now)?)
        .write(db, "sweeping refresh tokens")
        .await?;
    Ok(sessions.rows_affected() + refresh.rows_affected())
}

async fn insert(
    connection: &mut AnyConnection,
    token: NewRefresh<'_>,
    now: Moment,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO refresh_tokens (digest, family, user_id, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(token.digest)
    .bind(token.family)
    .bind(token.user_id)
    .bind(moment(now)?)
    .bind(moment(token.expires_at)?)
    .execute(connection)
    .await
    .map(drop)
    .map_err(StorageError::database("keeping a refresh token"))
}

async fn revoke_family(
    connection: &mut AnyConnection,
    family: &str,
    now: Moment,
) -> Result<(), StorageError> {
    sqlx::query("UPDATE refresh_tokens SET revoked_at = $1 WHERE family = $2 AND revoked_at IS NULL")
        .bind(moment(now)?)
        .bind(family)
        .execute(connection)
        .await
        .map(drop)
        .map_err(StorageError::database("ending a login"))
}
