//! `audit_logs`: who did what, and who was refused why.

use hivesync_jobs::Moment;
use hivesync_types::Code;
use serde::Serialize;
use sqlx::Any;
use sqlx::any::AnyArguments;
use sqlx::query::Query;

use super::{maybe_text, moment, text, time};
use crate::database::{Database, Statement as _, Transaction, list};
use crate::error::StorageError;

const KEEPING: &str = "keeping an audit event";

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

/// An event as a row, to be written with others.
#[derive(Debug, Clone, Serialize)]
pub(super) struct AuditRow(String, i64, Option<String>, String, Option<String>, Option<&'static str>, String);

impl AuditRow {
    pub(super) fn of(event: AuditEvent<'_>) -> Result<Self, StorageError> {
        Ok(Self(
            event.id.to_owned(),
            moment(event.at)?,
            event.actor.map(str::to_owned),
            event.action.to_owned(),
            event.subject.map(str::to_owned),
            event.code.map(Code::as_str),
            event.request_id.to_owned(),
        ))
    }

    pub(super) fn with_code(self, code: Code) -> Self {
        Self(self.0, self.1, self.2, self.3, self.4, Some(code.as_str()), self.6)
    }
}

/// Keeps events together with what they are about; in a file alone.
pub(super) async fn append_all(transaction: &mut Transaction, rows: &[AuditRow]) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO audit_logs (id, at, actor, action, subject, code, request_id)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
         FROM json_each($1)",
    )
    .bind(list(&rows)?)
    .execute(&mut **transaction)
    .await
    .map(drop)
    .map_err(StorageError::database(KEEPING))
}

/// Keeps an event.
pub async fn keep(db: &Database, event: AuditEvent<'_>) -> Result<(), StorageError> {
    statement(&event)?.write(db, KEEPING).await.map(drop)
}

/// Keeps an event together with what it is about.
pub(super) async fn append(transaction: &mut Transaction, event: AuditEvent<'_>) -> Result<(), StorageError> {
    let kept = statement(&event)?.execute(&mut **transaction).await;
    kept.map(drop).map_err(StorageError::database(KEEPING))
}

fn statement<'q>(event: &AuditEvent<'q>) -> Result<Query<'q, Any, AnyArguments>, StorageError> {
    let insert = sqlx::query(
        "INSERT INTO audit_logs (id, at, actor, action, subject, code, request_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    Ok(insert
        .bind(event.id)
        .bind(moment(event.at)?)
        .bind(event.actor)
        .bind(event.action)
        .bind(event.subject)
        .bind(event.code.map(Code::as_str))
        .bind(event.request_id))
}

/// An event as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEvent {
    /// A ULID.
    pub id: String,
    /// When.
    pub at: Moment,
    /// Who.
    pub actor: Option<String>,
    /// What.
    pub action: String,
    /// To what.
    pub subject: Option<String>,
    /// Why it was refused.
    pub code: Option<String>,
    /// The request it came with.
    pub request_id: String,
}

/// The newest events, newest first.
pub async fn newest(db: &Database, count: u32) -> Result<Vec<KeptEvent>, StorageError> {
    let rows = sqlx::query("SELECT * FROM audit_logs ORDER BY at DESC, id DESC LIMIT $1")
        .bind(i64::from(count))
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("reading audit events"))?;
    rows.iter()
        .map(|row| {
            Ok(KeptEvent {
                id: text(row, "id")?,
                at: time(row, "at")?,
                actor: maybe_text(row, "actor")?,
                action: text(row, "action")?,
                subject: maybe_text(row, "subject")?,
                code: maybe_text(row, "code")?,
                request_id: text(row, "request_id")?,
            })
        })
        .collect()
}
