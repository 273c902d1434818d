//! `step_runs`: what each try of each step of a pipeline took.
//!
//! What this does not do: hold a word of what a step was told, asked or made.
//!
//! **Invariant:** a try is counted once, by whichever claim of its job has ended it first.

use hivesync_jobs::Moment;
use sqlx::any::AnyRow;

use super::{count, moment, number, text};
use crate::database::{Database, Statement as _, commit};
use crate::error::StorageError;

/// Whose tries they are.
#[derive(Debug, Clone, Copy)]
pub struct StepsOf<'a> {
    /// The run, in hex.
    pub run: &'a str,
    /// The pipeline.
    pub pipeline: &'a str,
    /// The job whose run it is.
    pub job_id: &'a str,
}

/// One try of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRun {
    /// The step.
    pub step: String,
    /// Counts from 1.
    pub attempt: u32,
    /// It made a result.
    pub is_done: bool,
    /// Guest instructions.
    pub fuel: u64,
    /// Microseconds in the sandbox.
    pub sandbox_us: u64,
    /// Microseconds that models took.
    pub models_us: u64,
    /// Questions.
    pub asks: u32,
}

/// How long a try took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepTime {
    /// The pipeline.
    pub pipeline: String,
    /// The step.
    pub step: String,
    /// Microseconds in the sandbox.
    pub sandbox_us: u64,
    /// Microseconds in all.
    pub whole_us: u64,
}

/// Keeps the tries of a run that is over.
pub async fn keep(
    db: &Database,
    of: StepsOf<'_>,
    steps: &[StepRun],
    now: Moment,
) -> Result<(), StorageError> {
    let mut transaction = db.begin().await?;
    for step in steps {
        sqlx::query(
            "INSERT INTO step_runs (run, step, attempt, pipeline, job_id, outcome, fuel, sandbox_us, models_us,
               asks, ended_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
        )
        .bind(of.run)
        .bind(&step.step)
        .bind(i64::from(step.attempt))
        .bind(of.pipeline)
        .bind(of.job_id)
        .bind(if step.is_done { "done" } else { "failed" })
        .bind(number(step.fuel, "fuel")?)
        .bind(number(step.sandbox_us, "a duration")?)
        .bind(number(step.models_us, "a duration")?)
        .bind(i64::from(step.asks))
        .bind(moment(now)?)
        .execute(&mut *transaction)
        .await
        .map_err(StorageError::database("keeping what steps took"))?;
    }
    commit(transaction).await
}

/// How long the tries took that ended since then, so many of the newest.
pub async fn times(db: &Database, since: Moment, most: u32) -> Result<Vec<StepTime>, StorageError> {
    let rows = sqlx::query(
        "SELECT pipeline, step, sandbox_us, sandbox_us + models_us AS whole_us FROM step_runs
         WHERE ended_at >= $1 ORDER BY ended_at DESC LIMIT $2",
    )
    .bind(moment(since)?)
    .bind(i64::from(most))
    .fetch_all(&db.pool)
    .await
    .map_err(StorageError::database("looking at what steps took"))?;
    rows.iter().map(time).collect()
}

fn time(row: &AnyRow) -> Result<StepTime, StorageError> {
    Ok(StepTime {
        pipeline: text(row, "pipeline")?,
        step: text(row, "step")?,
        sandbox_us: count(row, "sandbox_us")?,
        whole_us: count(row, "whole_us")?,
    })
}

/// Forgets the tries that ended before this moment.
pub async fn forget_before(db: &Database, before: Moment) -> Result<u64, StorageError> {
    let forgotten = sqlx::query("DELETE FROM step_runs WHERE ended_at < $1")
        .bind(moment(before)?)
        .write(db, "forgetting what steps took")
        .await?;
    Ok(forgotten.rows_affected())
}
