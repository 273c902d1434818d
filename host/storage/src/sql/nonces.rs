//! `nonces`: signed requests that were admitted, for as long as they could come again.

use std::collections::BTreeSet;

use hivesync_jobs::Moment;
use hivesync_types::Code;

use super::audit::{self, AuditEvent, AuditRow};
use super::{moment, text};
use crate::crowd::Together;
use crate::database::{Database, Statement as _, Transaction, commit, list};
use crate::error::StorageError;

/// A signed request that came.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// What its signer calls it by.
    pub nonce: &'a str,
    /// Until when it could come again.
    pub forget_at: Moment,
    /// How it is put on record.
    pub event: AuditEvent<'a>,
    /// The code on record where it came before.
    pub replayed: Code,
}

/// The same as a row, to be written with others.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    nonce: String,
    forget_at: i64,
    row: AuditRow,
    replayed: Code,
}

impl Together for Admission {
    type Answer = bool;

    async fn write(parts: &[Self], transaction: &mut Transaction) -> Result<Vec<bool>, StorageError> {
        remember_all(&parts.iter().collect::<Vec<_>>(), transaction).await
    }
}

impl Admission {
    pub(super) fn of(arrival: Arrival<'_>) -> Result<Self, StorageError> {
        Ok(Self {
            nonce: arrival.nonce.to_owned(),
            forget_at: moment(arrival.forget_at)?,
            row: AuditRow::of(arrival.event)?,
            replayed: arrival.replayed,
        })
    }

    fn row(&self, is_new: bool) -> AuditRow {
        if is_new { self.row.clone() } else { self.row.clone().with_code(self.replayed) }
    }
}

/// Remembers a request and puts on record that it came, in one transaction. False when it was admitted
/// before, which is put on record with the code for that.
pub async fn admit(db: &Database, arrival: Arrival<'_>) -> Result<bool, StorageError> {
    if !db.is_shared {
        return db.crowds.admissions.join(db, Admission::of(arrival)?).await;
    }
    let mut transaction = db.begin().await?;
    let is_new = remember(&mut transaction, arrival).await?;
    commit(transaction).await?;
    Ok(is_new)
}

/// The same with whatever else its transaction does.
pub(super) async fn remember(
    transaction: &mut Transaction,
    arrival: Arrival<'_>,
) -> Result<bool, StorageError> {
    let Arrival { nonce, forget_at, event, replayed } = arrival;
    let admitted =
        sqlx::query("INSERT INTO nonces (nonce, forget_at) VALUES ($1, $2) ON CONFLICT (nonce) DO NOTHING")
            .bind(nonce)
            .bind(moment(forget_at)?)
            .execute(&mut **transaction)
            .await
            .map_err(StorageError::database("remembering a request"))?;
    let is_new = admitted.rows_affected() > 0;
    let code = if is_new { event.code } else { Some(replayed) };
    audit::append(transaction, AuditEvent { code, ..event }).await?;
    Ok(is_new)
}

/// Remembers requests with whatever else their transaction does: for each, whether it is new; in a file
/// alone.
pub(super) async fn remember_all(
    parts: &[&Admission],
    transaction: &mut Transaction,
) -> Result<Vec<bool>, StorageError> {
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

/// Forgets what would be refused for its age.
pub async fn forget(db: &Database, now: Moment) -> Result<u64, StorageError> {
    let forgotten = sqlx::query("DELETE FROM nonces WHERE forget_at < $1")
        .bind(moment(now)?)
        .write(db, "forgetting requests")
        .await?;
    Ok(forgotten.rows_affected())
}
