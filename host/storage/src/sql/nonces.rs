//! `nonces`: signed requests that were admitted, for as long as they could come again.

use hivesync_jobs::Moment;

use super::moment;
use crate::database::{Database, Statement as _};
use crate::error::StorageError;

/// Remembers a request. False when it was admitted before.
pub async fn admit(db: &Database, nonce: &str, forget_at: Moment) -> Result<bool, StorageError> {
    let admitted =
        sqlx::query("INSERT INTO nonces (nonce, forget_at) VALUES ($1, $2) ON CONFLICT (nonce) DO NOTHING")
            .bind(nonce)
            .bind(moment(forget_at)?)
            .write(db, "remembering a request")
            .await?;
    Ok(admitted.rows_affected() > 0)
}

/// Forgets what would be refused for its age.
pub async fn forget(db: &Database, now: Moment) -> Result<u64, StorageError> {
    let forgotten = sqlx::query("DELETE FROM nonces WHERE forget_at < $1")
        .bind(moment(now)?)
        .write(db, "forgetting requests")
        .await?;
    Ok(forgotten.rows_affected())
}
