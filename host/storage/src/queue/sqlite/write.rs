//! What lies changed on the desk, written back: one statement a table.

use hivesync_jobs::{Job, State};
use sqlx::SqliteConnection;

use super::json;
use crate::error::StorageError;
use crate::queue::desk::{Desk, Row};
use crate::queue::row;

/// Writes all of it.
pub(super) async fn all(db: &mut SqliteConnection, desk: &mut Desk) -> Result<(), StorageError> {
    keys(db, desk).await?;
    lanes(db, desk).await?;
    clocks(db, desk).await?;
    let of = |wanted: Row| desk.jobs.values().filter(move |(_, row)| *row == wanted).map(|(job, _)| job);
    new_jobs(db, of(Row::New)).await?;
    changed_jobs(db, of(Row::Changed)).await?;
    desk.is_written();
    Ok(())
}

async fn keys(db: &mut SqliteConnection, desk: &Desk) -> Result<(), StorageError> {
    let mut rows = Vec::with_capacity(desk.new_keys.len());
    for name in &desk.new_keys {
        let Some((body, job)) = desk.keys.get(name) else { continue };
        rows.push((row::number(name.0, "a tenant")?, &name.1, hex::encode(body), json::id(*job)));
    }
    const KEEP: &str = "
        INSERT INTO idempotency_keys (tenant, name, body, job)
        SELECT value ->> 0, value ->> 1, unhex(value ->> 2), unhex(value ->> 3) FROM json_each(?)";
    write(db, KEEP, &rows, "keeping keys").await
}

async fn lanes(db: &mut SqliteConnection, desk: &Desk) -> Result<(), StorageError> {
    let mut rows = Vec::new();
    for (key, lane) in desk.lanes.iter().filter(|(_, lane)| lane.row != Row::Unchanged) {
        rows.push((
            &key.queue,
            row::number(key.tenant, "a tenant")?,
            lane.lane.terms.weight,
            lane.lane.terms.cap,
            row::number(lane.waiting, "a lane")?,
            lane.lane.running,
            row::number(lane.lane.virtual_time, "a virtual time")?,
        ));
    }
    // Without WHERE, ON would be read as that of a join.
    const KEEP: &str = "
        INSERT INTO lanes (queue, tenant, weight, cap, waiting, running, virtual_time)
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
        FROM json_each(?) WHERE true
        ON CONFLICT (queue, tenant) DO UPDATE SET
          weight = excluded.weight, cap = excluded.cap, waiting = excluded.waiting,
          running = excluded.running, virtual_time = excluded.virtual_time";
    write(db, KEEP, &rows, "keeping lanes").await
}

async fn clocks(db: &mut SqliteConnection, desk: &Desk) -> Result<(), StorageError> {
    let mut rows = Vec::new();
    for name in &desk.moved_clocks {
        let Some(time) = desk.clocks.get(name) else { continue };
        rows.push((name, row::number(*time, "a virtual time")?));
    }
    const KEEP: &str = "
        INSERT INTO queues (name, virtual_time)
        SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true
        ON CONFLICT (name) DO UPDATE SET virtual_time = excluded.virtual_time";
    write(db, KEEP, &rows, "keeping queues").await
}

async fn new_jobs(db: &mut SqliteConnection, jobs: impl Iterator<Item = &Job>) -> Result<(), StorageError> {
    let mut rows = Vec::new();
    for job in jobs {
        rows.push((
            json::id(job.id),
            &job.lane.queue,
            row::number(job.lane.tenant, "a tenant")?,
            job.tries_max,
            job.gpu_until.map(row::moment).transpose()?,
            row::columns(&job.state)?.run_at,
        ));
    }
    const KEEP: &str = "
        INSERT INTO jobs (id, queue, tenant, tries_max, gpu_until, run_at, tries, fence, withdrawn, state)
        SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5,
          0, 0, 0, 'waiting' FROM json_each(?)";
    write(db, KEEP, &rows, "keeping jobs").await
}

async fn changed_jobs(
    db: &mut SqliteConnection,
    jobs: impl Iterator<Item = &Job>,
) -> Result<(), StorageError> {
    let mut rows = Vec::new();
    for job in jobs {
        let columns = row::columns(&job.state)?;
        let worker = match job.state {
            State::Leased { worker, .. } => Some(format!("{:032x}", worker.0)),
            _ => None,
        };
        rows.push((
            json::id(job.id),
            job.tries,
            job.fence.0,
            i64::from(job.withdrawn),
            columns.state,
            columns.run_at,
            worker,
            columns.leased_until,
            columns.code,
        ));
    }
    const KEEP: &str = "
        UPDATE jobs SET tries = value ->> 1, fence = value ->> 2, withdrawn = value ->> 3,
          state = value ->> 4, run_at = value ->> 5, worker = unhex(value ->> 6),
          leased_until = value ->> 7, code = value ->> 8
        FROM json_each(?) AS given WHERE jobs.id = unhex(given.value ->> 0)";
    write(db, KEEP, &rows, "keeping jobs").await
}

async fn write<T: serde::Serialize>(
    db: &mut SqliteConnection,
    statement: &'static str,
    rows: &[T],
    what: &'static str,
) -> Result<(), StorageError> {
    if rows.is_empty() {
        return Ok(());
    }
    let written = sqlx::query(statement).bind(json::text(&rows)?).execute(db).await;
    written.map(drop).map_err(StorageError::database(what))
}
