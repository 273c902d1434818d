//! `nonces`: signed requests that were admitted, for as long as they could come again.

use std::collections::BTreeSet;

use hivesync_jobs::Moment;
use hivesync_types::Code;

use super::audit::{self, AuditEvent, AuditRow};
use super::{moment, text};
use crate::crowd::Together;
use crate::database::{Database, Statement as _, Transaction, commit, list};
use crate::error::StorageError;

/// A signed request that came, and how that is put on record.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    nonce: String,
    forget_at: i64,
    row: AuditRow,
    replayed: Code,
}

impl Together for Admission {
    async fn write(parts: &[Self], transaction: &mut Transaction) -> Result<Vec<bool>, StorageError> {
        let rows: Vec<_> = parts.iter().map(|part| (&part.nonce, part.forget_at)).collect();
        // Without WHERE, ON would be read as that of a join.
        let admitted = sqlx::query(
            "INSERT INTO nonces (nonce, forget_at) SELECT value ->> 0, value ->> 1 FROM json_each($1)
             WHERE true ON CONFLICT (nonce) DO NOTHING RETURNING nonce",
        )
        .bind(list(&rows)?)
        .fetch_all(&mut **transaction)
        .await
        .map_err(StorageError::database("remembering requests"))?;
        let admitted: Result<BTreeSet<String>, _> = admitted.iter().map(|row| text(row, "nonce")).collect();
        let mut admitted = admitted?;
        // Of equal ones at one time the first is new.
        let news: Vec<bool> = parts.iter().map(|part| admitted.remove(&part.nonce)).collect();
        let rows: Vec<AuditRow> = parts.iter().zip(&news).map(|(part, is_new)| part.row(*is_new)).collect();
        audit::append_all(transaction, &rows).await?;
        Ok(news)
    }
}

impl Admission {
    fn row(&self, is_new: bool) -> AuditRow {
        if is_new { self.row.clone() } else { self.row.clone().with_code(self.replayed) }
    }
}

/// Remembers a request and puts on record that it came, in one transaction. False when it was admitted
/// before, which is put on record with the code `replayed`.
pub async fn admit(
    db: &Database,
    (nonce, forget_at): (&str, Moment),
    event: AuditEvent<'_>,
    replayed: Code,
) -> Result<bool, StorageError> {
    if !db.is_shared {
        let (nonce, forget_at) = (nonce.to_owned(), moment(forget_at)?);
        let admission = Admission { nonce, forget_at, row: AuditRow::of(event)?, replayed };
        return db.crowds.admissions.join(db, admission).await;
    }
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
