//! What a person decides about a run that is blocked, and how runs end.
//!
//! **Invariant:** a run does not end under a step, and nothing begins in one that has ended.

use hivesync_jobs::Moment;

use crate::database::{Database, Statement as _, commit};
use crate::error::StorageError;
use crate::sql::audit::{self, AuditEvent};
use crate::sql::{moment, text};

/// What a person decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unblocking {
    /// What was found is good enough: the run goes on with the next step.
    Proceed,
    /// The step may be begun again.
    Retry,
}

impl Unblocking {
    /// The name used in JSON and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proceed => "proceed",
            Self::Retry => "retry",
        }
    }
}

/// A person's word on a run.
#[derive(Debug, Clone, Copy)]
pub struct WordOf<'a> {
    /// The decision's id.
    pub id: &'a str,
    /// The run.
    pub run_id: &'a str,
    /// The person.
    pub user_id: &'a str,
    /// What they decide.
    pub word: Unblocking,
    /// Why.
    pub note: &'a str,
    /// What the record of the installation says about it.
    pub audit: AuditEvent<'a>,
}

/// Opens a blocked run again, with the decision and its record. False where it is not blocked.
pub async fn unblock(db: &Database, word: WordOf<'_>, now: Moment) -> Result<bool, StorageError> {
    let mut transaction = db.begin().await?;
    let steps = i64::from(word.word == Unblocking::Proceed);
    let opened = sqlx::query(
        "UPDATE pipeline_runs SET status = 'open', current_step = current_step + $2, last_error = NULL,
           updated_at = $3
         WHERE id = $1 AND status = 'blocked' AND ended_at IS NULL",
    )
    .bind(word.run_id)
    .bind(steps)
    .bind(moment(now)?)
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("opening a run again"))?;
    if opened.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO pipeline_decisions (id, run_id, step_id, attempt, decision, schema_validations, rule_checks,
           llm_audit, retry_budget_remaining, decided_by, note, created_at)
         SELECT $1, id, current_step - $2,
           1 + (SELECT COALESCE(MAX(attempt), 0) FROM pipeline_decisions
                WHERE run_id = $3 AND step_id = pipeline_runs.current_step - $2),
           $4, '[]', 'null', 'null', retries_left, $5, $6, $7
         FROM pipeline_runs WHERE id = $3",
    )
    .bind(word.id)
    .bind(steps)
    .bind(word.run_id)
    .bind(word.word.as_str())
    .bind(word.user_id)
    .bind(word.note)
    .bind(moment(now)?)
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("keeping a person's decision"))?;
    audit::append(&mut transaction, word.audit).await?;
    commit(transaction).await?;
    Ok(true)
}

/// Ends a run. False where a step of it is under way; one that has ended stays as it is.
pub async fn end(db: &Database, run_id: &str, now: Moment) -> Result<bool, StorageError> {
    let ended = sqlx::query(
        "UPDATE pipeline_runs SET ended_at = COALESCE(ended_at, $2)
         WHERE id = $1 AND NOT EXISTS (
           SELECT 1 FROM pipeline_jobs WHERE run_id = $1 AND status IN ('pending', 'running'))",
    )
    .bind(run_id)
    .bind(moment(now)?)
    .write(db, "ending a run")
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// Runs that nothing was done with since `before` and of which something is kept, so many at most.
pub async fn idle(db: &Database, before: Moment, most: u32) -> Result<Vec<String>, StorageError> {
    let rows = sqlx::query(
        "SELECT id FROM pipeline_runs
         WHERE updated_at < $1
           AND (ended_at IS NULL
             OR EXISTS (SELECT 1 FROM pipeline_artifacts WHERE run_id = pipeline_runs.id))
           AND NOT EXISTS (
             SELECT 1 FROM pipeline_jobs
             WHERE run_id = pipeline_runs.id AND status IN ('pending', 'running'))
         ORDER BY updated_at LIMIT $2",
    )
    .bind(moment(before)?)
    .bind(i64::from(most))
    .fetch_all(&db.pool)
    .await
    .map_err(StorageError::database("looking for runs whose time is over"))?;
    rows.iter().map(|row| text(row, "id")).collect()
}

/// Ends one of them, unless something was done with it meanwhile.
pub async fn close(
    db: &Database,
    run_id: &str,
    (before, now): (Moment, Moment),
) -> Result<bool, StorageError> {
    let closed = sqlx::query(
        "UPDATE pipeline_runs SET ended_at = COALESCE(ended_at, $3)
         WHERE id = $1 AND updated_at < $2 AND NOT EXISTS (
           SELECT 1 FROM pipeline_jobs WHERE run_id = $1 AND status IN ('pending', 'running'))",
    )
    .bind(run_id)
    .bind(moment(before)?)
    .bind(moment(now)?)
    .write(db, "ending a run whose time is over")
    .await?;
    Ok(closed.rows_affected() > 0)
}
