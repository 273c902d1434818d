//! `nonces`: signed requests that were admitted, for as long as they could come again.

use hivesync_jobs::Moment;
use hivesync_types::Code;

use super::audit::{self, AuditEvent};
use super::moment;
use crate::database::{Database, Statement as _, commit};
use crate::error::StorageError;

/// Remembers a request and puts on record that it came, in one transaction. False when it was admitted
/// before, which is put on record with the code `replayed`.
pub async fn admit(
    db: &Database,
    (nonce, forget_at): (&str, Moment),
    event: AuditEvent<'_>,
    replayed: Code,
) -> Result<bool, StorageError> {
    let mut transaction = db.begin().await?;
    let admitted =
        sqlx::query("INSERT INTO nonces (nonce, forget_at) VALUES ($1, $2) ON CONFLICT (nonce) DO NOTHING")
            .bind(nonce)
            .bind(moment(forget_at)?)
            .execute(&mut *transaction)
            .await
            .map_err(StorageError::database("remembering a request"))?;
    let is_new = admitted.rows_affected() > 0;
    let code = if is_new { event.code } else { Some(replayed) };
    audit::append(&mut transaction, AuditEvent { code, ..event }).await?;
    commit(transaction).await?;
    Ok(is_new)
}

/// Forgets what would be refused for its age.
pub async fn forget(db: &Database, now: Moment) -> Result<u64, StorageError> {
    let forgotten = sqlx::query("DELETE FROM nonces WHERE forget_at < $1")
        .bind(moment(now)?)
        .write(db, "forgetting requests")
        .await?;
    Ok(forgotten.rows_affected())
}
