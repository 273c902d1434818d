//! `pipeline_runs`, `pipeline_artifacts`, `pipeline_decisions`: what a run is about, what its
//! steps made, and what was decided after each.
//!
//! **Invariant:** a decision and what follows from it for the run are written in one transaction.

mod artifact;
mod ends;

use hivesync_jobs::{Fence, Moment};
use hivesync_types::Tier;
use sqlx::any::AnyRow;

use super::slice::Slice;
use super::{count, is_set, maybe_text, maybe_time, moment, number, parsed, text, time};
use crate::database::{Database, Statement as _, commit};
use crate::error::StorageError;

pub use artifact::{
    ArtifactKind, PipelineArtifact, artifacts, cache_link, forget_artifacts, keep_artifact, keep_upload,
    keeps,
};
pub use ends::{Unblocking, WordOf, close, end, idle, unblock};

/// Retries of a run, of all its steps together.
pub const RETRIES_MAX: u32 = 10;

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelineRun {
    /// Its id.
    pub id: String,
    /// Of which project.
    pub project_id: String,
    /// Whose.
    pub user_id: String,
    /// What they paid for when it was made.
    pub tier: Tier,
    /// A decision stopped it.
    pub is_blocked: bool,
    /// Since when nothing can be done with it any more.
    pub ended_at: Option<Moment>,
    /// What the user wants.
    pub request: String,
    /// `residential` or `other`.
    pub plan: String,
    /// Such as `16:9`.
    pub ratio: String,
    /// It may not change any more.
    pub ratio_locked: bool,
    /// `1K`, `2K` or `4K`.
    pub quality_post_step4: String,
    /// Bytes of everything that was uploaded.
    pub payload_size_estimate: u64,
    /// The next step.
    pub current_step: u64,
    /// Of all steps together.
    pub retries_left: u64,
    /// Why it is blocked, or what went wrong last.
    pub last_error: Option<String>,
    /// When it was made.
    pub created_at: Moment,
}

/// What was decided after a supervision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelineDecision {
    /// Its id.
    pub id: String,
    /// The run.
    pub run_id: String,
    /// The step.
    pub step_id: u64,
    /// Which supervision of it, from 1.
    pub attempt: u64,
    /// `proceed`, `retry` or `block`.
    pub decision: String,
    /// JSON.
    pub schema_validations: String,
    /// JSON.
    pub rule_checks: String,
    /// JSON.
    pub llm_audit: String,
    /// Of the run, after it.
    pub retry_budget_remaining: u64,
    /// Why a person must look.
    pub block_reason: Option<String>,
    /// The person who decided; none where it was the supervisor.
    pub decided_by: Option<String>,
    /// What they said about it.
    pub note: Option<String>,
    /// When.
    pub created_at: Moment,
}

/// Keeps a new run.
pub async fn keep(db: &Database, run: &PipelineRun) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO pipeline_runs (id, project_id, user_id, tier, status, request, plan, ratio, ratio_locked,
           quality_post_step4, payload_size_estimate, current_step, retries_left, created_at, updated_at)
         VALUES ($1, $2, $3, $4, 'open', $5, $6, $7, $8, $9, 0, 0, $10, $11, $11)",
    )
    .bind(&run.id)
    .bind(&run.project_id)
    .bind(&run.user_id)
    .bind(run.tier.as_str())
    .bind(&run.request)
    .bind(&run.plan)
    .bind(&run.ratio)
    .bind(i64::from(run.ratio_locked))
    .bind(&run.quality_post_step4)
    .bind(number(run.retries_left, "retries")?)
    .bind(moment(run.created_at)?)
    .write(db, "keeping a run")
    .await?;
    Ok(())
}

/// A run by its id.
pub async fn by_id(db: &Database, id: &str) -> Result<Option<PipelineRun>, StorageError> {
    let row = sqlx::query("SELECT * FROM pipeline_runs WHERE id = $1")
        .bind(id)
        .fetch_optional(&db.pool)
        .await
        .map_err(StorageError::database("looking for a run"))?;
    row.as_ref().map(run).transpose()
}

/// The runs of a project, the newest first.
pub async fn of_project(
    db: &Database,
    project_id: &str,
    slice: &Slice,
) -> Result<Vec<PipelineRun>, StorageError> {
    let sql = format!("SELECT * FROM pipeline_runs WHERE project_id = $1 AND {}", slice.condition("id", 2));
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(project_id)
        .bind(slice.bound())
        .bind(slice.count())
        .fetch_all(&db.pool)
        .await
        .map_err(StorageError::database("looking for runs"))?;
    slice.in_order(rows.iter().map(run).collect())
}

/// The decisions of a run, the oldest first.
pub async fn decisions(db: &Database, run_id: &str) -> Result<Vec<PipelineDecision>, StorageError> {
    let rows = sqlx::query(
        "SELECT * FROM pipeline_decisions WHERE run_id = $1 ORDER BY created_at, step_id, attempt",
    )
    .bind(run_id)
    .fetch_all(&db.pool)
    .await
    .map_err(StorageError::database("looking for decisions"))?;
    rows.iter().map(decision).collect()
}

/// What follows from the last decision of a step.
#[derive(Debug, Clone, Copy)]
pub enum Follows<'a> {
    /// The run goes on with the next step.
    Next,
    /// It is blocked, for this reason.
    Block(&'a str),
    /// It stays where it is: the step failed, with this.
    Failed(&'a str),
}

/// Ends a step: its decisions, what they cost, and what follows. Once: false where a newer claim
/// of the queue has taken the step, or the decisions are kept already.
pub async fn conclude(
    db: &Database,
    (run_id, queue_job, fence): (&str, &str, Fence),
    decided: &[PipelineDecision],
    (follows, retries): (Follows<'_>, u64),
    now: Moment,
) -> Result<bool, StorageError> {
    let mut transaction = db.begin().await?;
    let (status, steps, error) = match follows {
        Follows::Next => ("open", 1, None),
        Follows::Block(reason) => ("blocked", 0, Some(reason)),
        Follows::Failed(error) => ("open", 0, Some(error)),
    };
    let held = sqlx::query(
        "UPDATE pipeline_runs
         SET status = $2, current_step = current_step + $3, last_error = $4, updated_at = $5,
           retries_left = CASE WHEN retries_left < $6 THEN 0 ELSE retries_left - $6 END
         WHERE id = $1 AND status = 'open'
           AND NOT EXISTS (SELECT 1 FROM pipeline_jobs WHERE queue_job = $7 AND fence > $8)",
    )
    .bind(run_id)
    .bind(status)
    .bind(i64::from(steps))
    .bind(error)
    .bind(moment(now)?)
    .bind(number(retries, "retries")?)
    .bind(queue_job)
    .bind(i64::from(fence.0))
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("concluding a step"))?;
    if held.rows_affected() == 0 {
        return Ok(false);
    }
    for one in decided {
        let kept = sqlx::query(
            "INSERT INTO pipeline_decisions (id, run_id, step_id, attempt, decision, schema_validations,
               rule_checks, llm_audit, retry_budget_remaining, block_reason, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
        )
        .bind(&one.id)
        .bind(&one.run_id)
        .bind(number(one.step_id, "a step")?)
        .bind(number(one.attempt, "an attempt")?)
        .bind(&one.decision)
        .bind(&one.schema_validations)
        .bind(&one.rule_checks)
        .bind(&one.llm_audit)
        .bind(number(one.retry_budget_remaining, "retries")?)
        .bind(&one.block_reason)
        .bind(moment(one.created_at)?)
        .execute(&mut *transaction)
        .await
        .map_err(StorageError::database("keeping a decision"))?;
        if kept.rows_affected() == 0 {
            return Ok(false);
        }
    }
    commit(transaction).await?;
    Ok(true)
}

fn run(row: &AnyRow) -> Result<PipelineRun, StorageError> {
    Ok(PipelineRun {
        id: text(row, "id")?,
        project_id: text(row, "project_id")?,
        user_id: text(row, "user_id")?,
        tier: parsed(row, "tier")?,
        is_blocked: text(row, "status")? == "blocked",
        ended_at: maybe_time(row, "ended_at")?,
        request: text(row, "request")?,
        plan: text(row, "plan")?,
        ratio: text(row, "ratio")?,
        ratio_locked: is_set(row, "ratio_locked")?,
        quality_post_step4: text(row, "quality_post_step4")?,
        payload_size_estimate: count(row, "payload_size_estimate")?,
        current_step: count(row, "current_step")?,
        retries_left: count(row, "retries_left")?,
        last_error: maybe_text(row, "last_error")?,
        created_at: time(row, "created_at")?,
    })
}

fn decision(row: &AnyRow) -> Result<PipelineDecision, StorageError> {
    Ok(PipelineDecision {
        id: text(row, "id")?,
        run_id: text(row, "run_id")?,
        step_id: count(row, "step_id")?,
        attempt: count(row, "attempt")?,
        decision: text(row, "decision")?,
        schema_validations: text(row, "schema_validations")?,
        rule_checks: text(row, "rule_checks")?,
        llm_audit: text(row, "llm_audit")?,
        retry_budget_remaining: count(row, "retry_budget_remaining")?,
        block_reason: maybe_text(row, "block_reason")?,
        decided_by: maybe_text(row, "decided_by")?,
        note: maybe_text(row, "note")?,
        created_at: time(row, "created_at")?,
    })
}
