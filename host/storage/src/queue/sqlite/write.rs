//! What lies changed on the desk, written back: one statement a table, and one for all jobs that are
//! alike.

use hivesync_jobs::Job;
use sqlx::SqliteConnection;

use super::json;
use crate::database::list;
use crate::error::StorageError;
use crate::queue::desk::{Desk, Row};
use crate::queue::row::{self, Moved};

/// Writes all of it.
pub(super) async fn all(db: &mut SqliteConnection, desk: &mut Desk) -> Result<(), StorageError> {
    keys(db, desk).await?;
    lanes(db, desk).await?;
    clocks(db, desk).await?;
    let new = desk.jobs.values().filter(|(_, row)| *row == Row::New).map(|(job, _)| job);
    new_jobs(db, new).await?;
    moved_jobs(db, desk).await?;
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

/// All jobs of these ids are alike now. A guarded one is written where it still stands as remembered: who
/// has a worker is leased, and to ask for that leads to no other index than that of the ids.
const MOVE: &str = "
    UPDATE jobs SET tries = ?, fence = ?, withdrawn = ?, state = ?, run_at = ?, worker = ?,
      leased_until = ?, code = ?
    WHERE id IN (SELECT unhex(value) FROM json_each(?))";
const MOVE_GUARDED: &str = "
    UPDATE jobs SET tries = ?, fence = ?, withdrawn = ?, state = ?, run_at = ?, worker = ?,
      leased_until = ?, code = ?
    WHERE id IN (SELECT unhex(value) FROM json_each(?)) AND worker IS NOT NULL AND fence = ? AND withdrawn = ?";

async fn moved_jobs(db: &mut SqliteConnection, desk: &Desk) -> Result<(), StorageError> {
    for (moved, ids) in desk.moved()? {
        let Moved { tries, fence, withdrawn, columns, is_guarded } = moved;
        let names: Vec<String> = ids.iter().map(|id| json::id(*id)).collect();
        let statement = sqlx::query(if is_guarded { MOVE_GUARDED } else { MOVE })
            .bind(tries)
            .bind(fence)
            .bind(withdrawn)
            .bind(columns.state)
            .bind(columns.run_at)
            .bind(columns.worker)
            .bind(columns.leased_until)
            .bind(columns.code)
            .bind(list(&names)?);
        let statement = if is_guarded { statement.bind(fence).bind(withdrawn) } else { statement };
        let written = statement.execute(&mut *db).await.map_err(StorageError::database("keeping jobs"))?;
        row::all_stood(written.rows_affected(), ids.len())?;
    }
    Ok(())
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
    let written = sqlx::query(statement).bind(list(&rows)?).execute(db).await;
    written.map(drop).map_err(StorageError::database(what))
}
