//! `idempotent_calls`: requests that are done once, and what was answered.
//!
//! **Invariant:** of all requests with one key, one at a time is being done, and none after
//! an answer was kept.

use std::collections::BTreeSet;

use hivesync_jobs::Moment;
use sqlx::Row as _;

use super::{maybe_text, moment, text};
use crate::crowd::Together;
use crate::database::{Database, Statement as _, Transaction, list};
use crate::error::StorageError;

/// A request under a name of its caller's.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// Who asks.
    pub asker: &'a str,
    /// Their name for it.
    pub key: &'a str,
}

/// A request that wants to be done.
#[derive(Debug, Clone, Copy)]
pub struct NewClaim<'a> {
    /// SHA-256 of method, path and query, in hex.
    pub request: &'a str,
    /// The id of this very request.
    pub claim: &'a str,
    /// Now.
    pub now: Moment,
    /// A claim from before this is one that nobody will answer.
    pub stale_before: Moment,
    /// Until when the key is known.
    pub forget_at: Moment,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// This request does it.
    Mine,
    /// Another one does it now.
    Running,
    /// It was done.
    Done {
        /// SHA-256 of method, path and query, in hex.
        request: String,
        /// SHA-256 of the body, in hex; none when nobody read it.
        body: Option<String>,
        /// What was answered.
        answer: Vec<u8>,
    },
}

/// A claim that is written with others.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    asker: String,
    key: String,
    request: String,
    claim: String,
    claimed_at: i64,
    forget_at: i64,
    stale_before: i64,
}

impl Call {
    fn of(named: Named<'_>, new: NewClaim<'_>) -> Result<Self, StorageError> {
        Ok(Self {
            asker: named.asker.to_owned(),
            key: named.key.to_owned(),
            request: new.request.to_owned(),
            claim: new.claim.to_owned(),
            claimed_at: moment(new.now)?,
            forget_at: moment(new.forget_at)?,
            stale_before: moment(new.stale_before)?,
        })
    }
}

impl Together for Call {
    type Answer = bool;

    async fn write(parts: &[Self], transaction: &mut Transaction) -> Result<Vec<bool>, StorageError> {
        // They came at one time: what is stale for the first of them is so for all.
        let stale_before = parts.iter().map(|part| part.stale_before).min();
        let row = |part: &'_ Self| {
            let Self { asker, key, request, claim, claimed_at, forget_at, .. } = part.clone();
            (asker, key, request, claim, claimed_at, forget_at)
        };
        // Without WHERE, ON would be read as that of a join.
        let claimed = sqlx::query(
            "INSERT INTO idempotent_calls (asker, key, request, claim, claimed_at, forget_at)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
             FROM json_each($1) WHERE true
             ON CONFLICT (asker, key) DO UPDATE
             SET request = excluded.request, claim = excluded.claim, claimed_at = excluded.claimed_at,
               body = NULL, answer = NULL, forget_at = excluded.forget_at
             WHERE idempotent_calls.forget_at <= excluded.claimed_at
               OR (idempotent_calls.answer IS NULL AND idempotent_calls.claimed_at < $2)
             RETURNING claim",
        )
        .bind(list(&parts.iter().map(row).collect::<Vec<_>>())?)
        .bind(stale_before)
        .fetch_all(&mut **transaction)
        .await
        .map_err(StorageError::database("claiming requests"))?;
        let claimed: Result<BTreeSet<String>, _> = claimed.iter().map(|row| text(row, "claim")).collect();
        let claimed = claimed?;
        Ok(parts.iter().map(|part| claimed.contains(&part.claim)).collect())
    }
}

/// Claims a request.
pub async fn claim(db: &Database, named: Named<'_>, new: NewClaim<'_>) -> Result<Claim, StorageError> {
    // Looked at first: of many equal requests at one time, one writes.
    if let Some(known) = known(db, named, new).await? {
        return Ok(known);
    }
    let is_mine = if db.is_shared {
        take(db, named, new).await?
    } else {
        db.crowds.calls.join(db, Call::of(named, new)?).await?
    };
    Ok(if is_mine { Claim::Mine } else { Claim::Running })
}

async fn take(db: &Database, named: Named<'_>, new: NewClaim<'_>) -> Result<bool, StorageError> {
    let claimed = sqlx::query(
        "INSERT INTO idempotent_calls (asker, key, request, claim, claimed_at, forget_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (asker, key) DO UPDATE
         SET request = excluded.request, claim = excluded.claim, claimed_at = excluded.claimed_at,
           body = NULL, answer = NULL, forget_at = excluded.forget_at
         WHERE idempotent_calls.forget_at <= excluded.claimed_at
           OR (idempotent_calls.answer IS NULL AND idempotent_calls.claimed_at < $7)",
    )
    .bind(named.asker)
    .bind(named.key)
    .bind(new.request)
    .bind(new.claim)
    .bind(moment(new.now)?)
    .bind(moment(new.forget_at)?)
    .bind(moment(new.stale_before)?)
    .write(db, "claiming a request")
    .await?;
    Ok(claimed.rows_affected() > 0)
}

/// What is known of a key; none when it may be claimed.
async fn known(db: &Database, named: Named<'_>, new: NewClaim<'_>) -> Result<Option<Claim>, StorageError> {
    let row = sqlx::query(
        "SELECT request, body, answer FROM idempotent_calls
         WHERE asker = $1 AND key = $2 AND forget_at > $3 AND (answer IS NOT NULL OR claimed_at >= $4)",
    )
    .bind(named.asker)
    .bind(named.key)
    .bind(moment(new.now)?)
    .bind(moment(new.stale_before)?)
    .fetch_optional(&db.pool)
    .await
    .map_err(StorageError::database("looking for an answer"))?;
    let Some(row) = row else { return Ok(None) };
    let answer: Option<Vec<u8>> = row.try_get("answer").map_err(StorageError::database("reading a row"))?;
    let Some(answer) = answer else { return Ok(Some(Claim::Running)) };
    Ok(Some(Claim::Done { request: text(&row, "request")?, body: maybe_text(&row, "body")?, answer }))
}

/// Keeps the answer of a claim. False when another request has taken over.
pub async fn answer(
    db: &Database,
    named: Named<'_>,
    claim: &str,
    body: Option<&str>,
    answer: &[u8],
) -> Result<bool, StorageError> {
    let kept = sqlx::query(
        "UPDATE idempotent_calls SET body = $1, answer = $2 WHERE asker = $3 AND key = $4 AND claim = $5",
    )
    .bind(body)
    .bind(answer)
    .bind(named.asker)
    .bind(named.key)
    .bind(claim)
    .write(db, "keeping an answer")
    .await?;
    Ok(kept.rows_affected() > 0)
}

/// Gives a claim up: nothing was done.
pub async fn release(db: &Database, named: Named<'_>, claim: &str) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM idempotent_calls WHERE asker = $1 AND key = $2 AND claim = $3")
        .bind(named.asker)
        .bind(named.key)
        .bind(claim)
        .write(db, "giving a claim up")
        .await
        .map(drop)
}

/// Forgets keys whose time is over.
pub async fn forget(db: &Database, now: Moment) -> Result<u64, StorageError> {
    let forgotten = sqlx::query("DELETE FROM idempotent_calls WHERE forget_at < $1")
        .bind(moment(now)?)
        .write(db, "forgetting keys")
        .await?;
    Ok(forgotten.rows_affected())
}
