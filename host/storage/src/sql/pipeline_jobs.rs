//! `pipeline_jobs`: the services of a step of a run, who works on them, and how they ended.
//!
//! **Invariant:** a service is worked on by one worker at a time, and what it says counts only
//! while it has the lock.

mod service;

use hivesync_jobs::{Fence, Moment};
use sqlx::Any;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;

use super::{count, integer, maybe_count, maybe_text, maybe_time, moment, number, parsed, text};
use crate::database::{Database, Statement as _, commit};
use crate::error::StorageError;

pub use service::{Service, ServiceStatus};

/// How long a lock is respected, in milliseconds.
pub const LOCK_MS: u64 = 5 * 60_000;
/// How often a service is taken in all.
pub const ATTEMPTS_MAX: u64 = 3;

/// A service of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceJob {
    /// Its id.
    pub id: String,
    /// The run.
    pub run_id: String,
    /// The step.
    pub step_id: u64,
    /// Which service.
    pub service: Service,
    /// Where it stands.
    pub status: ServiceStatus,
    /// How often it was taken.
    pub attempts: u64,
    /// JSON: the ids that it works on.
    pub payload_ref: String,
    /// The artifact with its result.
    pub result_ref: Option<String>,
    /// Since when somebody has the lock.
    pub locked_at: Option<Moment>,
    /// The stable code of what went wrong, and a sentence.
    pub last_error: Option<String>,
    /// How long it took.
    pub processing_time_ms: Option<u64>,
    /// The job of the queue.
    pub queue_job: String,
}

/// A step that is to begin.
#[derive(Debug, Clone)]
pub struct NewStep<'a> {
    /// The run.
    pub run_id: &'a str,
    /// The step.
    pub step_id: u64,
    /// JSON: the ids that it works on.
    pub payload_ref: &'a str,
    /// Each service with an id and its idempotency key.
    pub services: [(Service, String, String); 4],
    /// The job of the queue that will do it.
    pub queue_job: &'a str,
    /// Steps of this user that may be under way at one time.
    pub at_once: u32,
    /// Now.
    pub now: Moment,
}

/// What became of a beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// It begins.
    New,
    /// It was begun and has not ended.
    Running,
    /// The same was done before.
    Known,
    /// It failed as often as it may.
    Exhausted,
    /// The run is blocked, has ended, or is at another step.
    NotNow,
    /// The user has as many steps under way as they may.
    TooMany,
}

/// Begins a step, or begins it again after a failure. Of two that come at one time one begins it.
pub async fn start(db: &Database, new: &NewStep<'_>) -> Result<Started, StorageError> {
    let mut transaction = db.begin().await?;
    // Holds the run's row: what comes at the same time waits here, and finds it begun.
    let held = sqlx::query("UPDATE pipeline_runs SET updated_at = $2 WHERE id = $1")
        .bind(new.run_id)
        .bind(moment(new.now)?)
        .execute(&mut *transaction);
    held.await.map_err(StorageError::database("holding a run"))?;
    let rows = sqlx::query("SELECT * FROM pipeline_jobs WHERE run_id = $1 AND step_id = $2")
        .bind(new.run_id)
        .bind(number(new.step_id, "a step")?)
        .fetch_all(&mut *transaction)
        .await
        .map_err(StorageError::database("looking for a step"))?;
    let there = rows.iter().map(job).collect::<Result<Vec<_>, _>>()?;
    let is_open = |job: &ServiceJob| match job.status {
        ServiceStatus::Pending => true,
        ServiceStatus::Running => !is_stale(job, new.now),
        _ => false,
    };
    if there.iter().any(is_open) {
        return Ok(Started::Running);
    }
    let row = sqlx::query("SELECT status, current_step, user_id, ended_at FROM pipeline_runs WHERE id = $1")
        .bind(new.run_id)
        .fetch_one(&mut *transaction)
        .await
        .map_err(StorageError::database("looking for a run"))?;
    let is_same = |job: &ServiceJob| job.payload_ref == new.payload_ref;
    if there.iter().any(|job| {
        is_same(job) && job.status == ServiceStatus::Completed && job.service == Service::Supervisor
    }) {
        return Ok(Started::Known);
    }
    let is_over = text(&row, "status")? != "open" || maybe_time(&row, "ended_at")?.is_some();
    if is_over || count(&row, "current_step")? != new.step_id {
        return Ok(Started::NotNow);
    }
    let under_way: i64 = sqlx::query_scalar(
        "SELECT COUNT(DISTINCT queue_job) FROM pipeline_jobs JOIN pipeline_runs ON pipeline_runs.id = run_id
         WHERE user_id = $1 AND pipeline_jobs.status IN ('pending', 'running')",
    )
    .bind(text(&row, "user_id")?)
    .fetch_one(&mut *transaction)
    .await
    .map_err(StorageError::database("counting steps"))?;
    if under_way >= i64::from(new.at_once) {
        return Ok(Started::TooMany);
    }
    for (service, id, key) in &new.services {
        let begun = sqlx::query(
            "INSERT INTO pipeline_jobs (id, run_id, step_id, service, status, attempts, max_attempts,
               payload_ref, idempotency_key, queue_job, fence, created_at, updated_at)
             VALUES ($1, $2, $3, $4, 'pending', 0, $5, $6, $7, $8, 0, $9, $9)
             ON CONFLICT (idempotency_key) DO UPDATE SET status = 'pending', queue_job = $8, fence = 0,
               updated_at = $9 WHERE pipeline_jobs.attempts < pipeline_jobs.max_attempts",
        )
        .bind(id)
        .bind(new.run_id)
        .bind(number(new.step_id, "a step")?)
        .bind(service.as_str())
        .bind(number(ATTEMPTS_MAX, "attempts")?)
        .bind(new.payload_ref)
        .bind(key)
        .bind(new.queue_job)
        .bind(moment(new.now)?)
        .execute(&mut *transaction)
        .await
        .map_err(StorageError::database("beginning a step"))?;
        if begun.rows_affected() == 0 {
            return Ok(Started::Exhausted);
        }
    }
    commit(transaction).await?;
    Ok(Started::New)
}

fn is_stale(job: &ServiceJob, now: Moment) -> bool {
    job.locked_at.is_some_and(|at| at.0.saturating_add(LOCK_MS) < now.0)
}

/// Takes a service: one that is pending, or one whose lock is old and that may be tried again.
/// False when somebody else has it, or it is over.
pub async fn lock(
    db: &Database,
    id: &str,
    (worker, fence): (&str, Fence),
    now: Moment,
) -> Result<bool, StorageError> {
    let locked = sqlx::query(
        "UPDATE pipeline_jobs
         SET status = 'running', attempts = attempts + 1, locked_at = $2, locked_by = $3, fence = $4,
           last_error = NULL, last_error_stack = NULL, updated_at = $2
         WHERE id = $1 AND attempts < max_attempts
           AND (status = 'pending' OR (status = 'running' AND locked_at < $5))",
    )
    .bind(id)
    .bind(moment(now)?)
    .bind(worker)
    .bind(i64::from(fence.0))
    .bind(moment(Moment(now.0.saturating_sub(LOCK_MS)))?)
    .write(db, "locking a service")
    .await?;
    Ok(locked.rows_affected() > 0)
}

/// Gives back the locks of earlier claims of a job of the queue: the queue has ended them.
pub async fn release(db: &Database, queue_job: &str, fence: Fence, now: Moment) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE pipeline_jobs SET status = 'pending', updated_at = $3
         WHERE queue_job = $1 AND status = 'running' AND fence < $2",
    )
    .bind(queue_job)
    .bind(i64::from(fence.0))
    .bind(moment(now)?)
    .write(db, "giving locks back")
    .await?;
    Ok(())
}

/// Goes back to a service that this claim has ended.
pub async fn reopen(db: &Database, id: &str, fence: Fence, now: Moment) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE pipeline_jobs SET status = 'running', updated_at = $3
         WHERE id = $1 AND fence = $2 AND status = 'completed'",
    )
    .bind(id)
    .bind(i64::from(fence.0))
    .bind(moment(now)?)
    .write(db, "going back to a service")
    .await?;
    Ok(())
}

/// How a service ends.
#[derive(Debug, Clone, Copy)]
pub enum ServiceEnd<'a> {
    /// It is done.
    Completed,
    /// With a stable code and a sentence, and where.
    Failed(&'a str, &'a str),
    /// With a reason.
    Blocked(&'a str),
}

/// Ends a service that this claim has locked. False when it has not.
pub async fn finish(
    db: &Database,
    id: &str,
    fence: Fence,
    (end, took_ms): (ServiceEnd<'_>, u64),
    now: Moment,
) -> Result<bool, StorageError> {
    let (status, error, stack) = match end {
        ServiceEnd::Completed => (ServiceStatus::Completed, None, None),
        ServiceEnd::Failed(error, stack) => (ServiceStatus::Failed, Some(error), Some(stack)),
        ServiceEnd::Blocked(reason) => (ServiceStatus::Blocked, Some(reason), None),
    };
    let ended = sqlx::query(
        "UPDATE pipeline_jobs
         SET status = $3, last_error = $4, last_error_stack = $5, processing_time_ms = $6, updated_at = $7
         WHERE id = $1 AND fence = $2 AND status = 'running'",
    )
    .bind(id)
    .bind(i64::from(fence.0))
    .bind(status.as_str())
    .bind(error)
    .bind(stack)
    .bind(number(took_ms, "a duration")?)
    .bind(moment(now)?)
    .write(db, "ending a service")
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// Says where the result of a step is.
pub async fn refer(db: &Database, queue_job: &str, artifact: &str) -> Result<(), StorageError> {
    sqlx::query("UPDATE pipeline_jobs SET result_ref = $2 WHERE queue_job = $1")
        .bind(queue_job)
        .bind(artifact)
        .write(db, "keeping where a result is")
        .await?;
    Ok(())
}

/// Stops what a job of the queue has not begun: the run is blocked before it. Only by the newest
/// claim.
pub async fn stop(
    db: &Database,
    queue_job: &str,
    (fence, reason): (Fence, &str),
    now: Moment,
) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE pipeline_jobs SET status = 'blocked', last_error = $3, updated_at = $4
         WHERE queue_job = $1 AND status = 'pending' AND NOT EXISTS (
           SELECT 1 FROM pipeline_jobs AS other WHERE other.queue_job = $1 AND other.fence > $2)",
    )
    .bind(queue_job)
    .bind(i64::from(fence.0))
    .bind(reason)
    .bind(moment(now)?)
    .write(db, "stopping services")
    .await?;
    Ok(())
}

/// Ends what a job of the queue has not ended: nobody works on it any more.
pub async fn give_up(db: &Database, queue_job: &str, error: &str, now: Moment) -> Result<bool, StorageError> {
    let ended = sqlx::query(
        "UPDATE pipeline_jobs SET status = 'failed', last_error = $2, updated_at = $3
         WHERE queue_job = $1 AND status IN ('pending', 'running')",
    )
    .bind(queue_job)
    .bind(error)
    .bind(moment(now)?)
    .write(db, "giving a step up")
    .await?;
    Ok(ended.rows_affected() > 0)
}

/// The services that a job of the queue works on, in their order.
pub async fn of_queue(db: &Database, queue_job: &str) -> Result<Vec<ServiceJob>, StorageError> {
    let sql = "SELECT * FROM pipeline_jobs WHERE queue_job = $1";
    listed(db, sqlx::query(sql).bind(queue_job)).await
}

/// The services of a run, by step.
pub async fn of_run(db: &Database, run_id: &str) -> Result<Vec<ServiceJob>, StorageError> {
    let sql = "SELECT * FROM pipeline_jobs WHERE run_id = $1";
    listed(db, sqlx::query(sql).bind(run_id)).await
}

/// Every step that has not ended, a service of each.
pub async fn open(db: &Database) -> Result<Vec<ServiceJob>, StorageError> {
    let sql = "SELECT * FROM pipeline_jobs WHERE status IN ('pending', 'running')";
    let mut open = listed(db, sqlx::query(sql)).await?;
    open.dedup_by(|one, other| one.queue_job == other.queue_job);
    Ok(open)
}

/// How long the services that ended since then took, so many of the newest: a service and
/// milliseconds.
pub async fn durations(db: &Database, since: Moment, most: u32) -> Result<Vec<(Service, u64)>, StorageError> {
    let rows = sqlx::query(
        "SELECT service, processing_time_ms FROM pipeline_jobs
         WHERE status = 'completed' AND updated_at >= $1 AND processing_time_ms IS NOT NULL
         ORDER BY updated_at DESC LIMIT $2",
    )
    .bind(moment(since)?)
    .bind(i64::from(most))
    .fetch_all(&db.pool)
    .await
    .map_err(StorageError::database("looking at what services took"))?;
    rows.iter().map(|row| Ok((parsed(row, "service")?, count(row, "processing_time_ms")?))).collect()
}

async fn listed(db: &Database, query: Query<'_, Any, AnyArguments>) -> Result<Vec<ServiceJob>, StorageError> {
    let rows = query.fetch_all(&db.pool).await.map_err(StorageError::database("looking for services"))?;
    let mut jobs = rows.iter().map(job).collect::<Result<Vec<_>, _>>()?;
    // Of one beginning of a step in the order in which they are done.
    jobs.sort_by(|one, other| {
        let steps = (one.step_id, &one.queue_job).cmp(&(other.step_id, &other.queue_job));
        steps.then(one.service.cmp(&other.service))
    });
    Ok(jobs)
}

fn job(row: &AnyRow) -> Result<ServiceJob, StorageError> {
    integer(row, "max_attempts")?;
    Ok(ServiceJob {
        id: text(row, "id")?,
        run_id: text(row, "run_id")?,
        step_id: count(row, "step_id")?,
        service: parsed(row, "service")?,
        status: parsed(row, "status")?,
        attempts: count(row, "attempts")?,
        payload_ref: text(row, "payload_ref")?,
        result_ref: maybe_text(row, "result_ref")?,
        locked_at: maybe_time(row, "locked_at")?,
        last_error: maybe_text(row, "last_error")?,
        processing_time_ms: maybe_count(row, "processing_time_ms")?,
        queue_job: text(row, "queue_job")?,
    })
}
