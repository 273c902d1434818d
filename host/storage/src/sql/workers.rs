//! `worker_nodes` and `worker_heartbeats`: who works, and how they are.

use hivesync_jobs::Moment;
use sqlx::any::AnyRow;

use super::{count, integer, maybe_time, moment, number, text, time};
use crate::database::{Database, Statement as _};
use crate::error::StorageError;

/// A worker as it introduces itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerNode {
    /// A ULID, another one at every start.
    pub id: String,
    /// The machine.
    pub name: String,
    /// `cpu`, `gpu` or `cleanup`.
    pub kind: String,
    /// The queues it serves, with a comma between them.
    pub queues: String,
    /// Jobs at one time.
    pub concurrency: u64,
    /// Of the program.
    pub version: String,
    /// When it started.
    pub started_at: Moment,
}

/// A sign of life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkerBeat {
    /// When.
    pub at: Moment,
    /// Thousandths of the machine's processors.
    pub cpu_load: u64,
    /// The same of its GPU, where it has one.
    pub gpu_load: Option<u64>,
    /// Of the process.
    pub memory_bytes: u64,
    /// Jobs that wait in its queues.
    pub queue_depth: u64,
    /// Jobs that it does.
    pub active_jobs: u64,
    /// Jobs that ended well since the sign before.
    pub done: u64,
    /// Jobs that did not.
    pub failed: u64,
}

/// A worker, its newest sign of life, and what it did lately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownWorker {
    /// As it introduced itself.
    pub node: WorkerNode,
    /// When it was last heard of.
    pub last_seen_at: Moment,
    /// When it left by itself.
    pub stopped_at: Option<Moment>,
    /// The newest sign; none before the first.
    pub beat: Option<WorkerBeat>,
    /// Jobs that ended well in the window that was asked for.
    pub done: u64,
    /// Jobs that did not.
    pub failed: u64,
}

/// A worker begins.
pub async fn introduce(db: &Database, node: &WorkerNode) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO worker_nodes (id, name, kind, queues, concurrency, version, started_at, last_seen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
    )
    .bind(&node.id)
    .bind(&node.name)
    .bind(&node.kind)
    .bind(&node.queues)
    .bind(number(node.concurrency, "a number of jobs")?)
    .bind(&node.version)
    .bind(moment(node.started_at)?)
    .write(db, "introducing a worker")
    .await
    .map(drop)
}

/// A worker lives.
pub async fn beat(db: &Database, id: &str, beat: WorkerBeat) -> Result<(), StorageError> {
    let mut transaction = db.begin().await?;
    sqlx::query("UPDATE worker_nodes SET last_seen_at = $1 WHERE id = $2")
        .bind(moment(beat.at)?)
        .bind(id)
        .execute(&mut *transaction)
        .await
        .map_err(StorageError::database("hearing of a worker"))?;
    sqlx::query(
        "INSERT INTO worker_heartbeats
           (worker_id, at, cpu_load, gpu_load, memory_bytes, queue_depth, active_jobs, done, failed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (worker_id, at) DO NOTHING",
    )
    .bind(id)
    .bind(moment(beat.at)?)
    .bind(number(beat.cpu_load, "a load")?)
    .bind(beat.gpu_load.map(|load| number(load, "a load")).transpose()?)
    .bind(number(beat.memory_bytes, "a size")?)
    .bind(number(beat.queue_depth, "a depth")?)
    .bind(number(beat.active_jobs, "a number of jobs")?)
    .bind(number(beat.done, "a number of jobs")?)
    .bind(number(beat.failed, "a number of jobs")?)
    .execute(&mut *transaction)
    .await
    .map_err(StorageError::database("hearing of a worker"))?;
    crate::database::commit(transaction).await
}

/// A worker leaves by itself.
pub async fn leave(db: &Database, id: &str, now: Moment) -> Result<(), StorageError> {
    sqlx::query("UPDATE worker_nodes SET last_seen_at = $1, stopped_at = $1 WHERE id = $2")
        .bind(moment(now)?)
        .bind(id)
        .write(db, "seeing a worker off")
        .await
        .map(drop)
}

/// Workers that were heard of since a moment, newest first, and what they did since another.
pub async fn seen_since(
    db: &Database,
    since: Moment,
    did_since: Moment,
) -> Result<Vec<KnownWorker>, StorageError> {
    let rows = sqlx::query(
        "SELECT n.*, b.at, b.cpu_load, b.gpu_load, b.memory_bytes, b.queue_depth, b.active_jobs,
           CAST((SELECT COALESCE(SUM(done), 0) FROM worker_heartbeats
                 WHERE worker_id = n.id AND at >= $2) AS BIGINT) AS done,
           CAST((SELECT COALESCE(SUM(failed), 0) FROM worker_heartbeats
                 WHERE worker_id = n.id AND at >= $2) AS BIGINT) AS failed
         FROM worker_nodes n LEFT JOIN worker_heartbeats b ON b.worker_id = n.id
           AND b.at = (SELECT MAX(at) FROM worker_heartbeats WHERE worker_id = n.id)
         WHERE n.last_seen_at >= $1 ORDER BY n.id DESC",
    )
    .bind(moment(since)?)
    .bind(moment(did_since)?)
    .fetch_all(&db.pool)
    .await
    .map_err(StorageError::database("looking for workers"))?;
    rows.iter().map(known).collect()
}

/// Forgets signs of life before a moment, and workers that gave none since.
pub async fn forget(db: &Database, before: Moment) -> Result<u64, StorageError> {
    let mut transaction = db.begin().await?;
    let mut rows = 0;
    for sql in [
        "DELETE FROM worker_heartbeats WHERE at < $1",
        "DELETE FROM worker_nodes WHERE last_seen_at < $1
           AND NOT EXISTS (SELECT 1 FROM worker_heartbeats WHERE worker_id = worker_nodes.id)",
    ] {
        let forgotten = sqlx::query(sql).bind(moment(before)?).execute(&mut *transaction).await;
        rows += forgotten.map_err(StorageError::database("forgetting workers"))?.rows_affected();
    }
    crate::database::commit(transaction).await?;
    Ok(rows)
}

fn known(row: &AnyRow) -> Result<KnownWorker, StorageError> {
    let beat = match maybe_time(row, "at")? {
        None => None,
        Some(at) => Some(WorkerBeat {
            at,
            cpu_load: count(row, "cpu_load")?,
            gpu_load: maybe_time(row, "gpu_load")?.map(|load| load.0),
            memory_bytes: count(row, "memory_bytes")?,
            queue_depth: count(row, "queue_depth")?,
            active_jobs: count(row, "active_jobs")?,
            done: 0,
            failed: 0,
        }),
    };
    Ok(KnownWorker {
        node: WorkerNode {
            id: text(row, "id")?,
            name: text(row, "name")?,
            kind: text(row, "kind")?,
            queues: text(row, "queues")?,
            concurrency: count(row, "concurrency")?,
            version: text(row, "version")?,
            started_at: time(row, "started_at")?,
        },
        last_seen_at: time(row, "last_seen_at")?,
        stopped_at: maybe_time(row, "stopped_at")?,
        beat,
        done: u64::try_from(integer(row, "done")?).unwrap_or_default(),
        failed: u64::try_from(integer(row, "failed")?).unwrap_or_default(),
    })
}
