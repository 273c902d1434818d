//! `audit_logs`: who did what, and who was refused why.

use hivesync_jobs::Moment;
use hivesync_types::Code;

use super::moment;
use crate::database::Database;
use crate::error::StorageError;

/// One thing that was done or refused.
#[derive(Debug, Clone, Copy)]
pub struct AuditEvent<'a> {
    /// A ULID.
    pub id: &'a str,
    /// When.
    pub at: Moment,
    /// A user, a worker or a key's name.
    pub actor: Option<&'a str>,
    /// What, such as `signature.verify`.
    pub action: &'a str,
    /// To what.
    pub subject: Option<&'a str>,
    /// Why it was refused.
    pub code: Option<Code>,
    /// The request it came with.
    pub request_id: &'a str,
}

/// Keeps an event.
pub async fn keep(db: &Database, event: AuditEvent<'_>) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO audit_logs (id, at, actor, action, subject, code, request_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(event.id)
    .bind(moment(event.at)?)
    .bind(event.actor)
    .bind(event.action)
    .bind(event.subject)
    .bind(event.code.map(Code::as_str))
    .bind(event.request_id)
    .execute(&db.pool)
    .await
    .map(drop)
    .map_err(StorageError::database("keeping an audit event"))
}
