//! What lies changed on the desk, written back: one statement a table, and one for all jobs that are
//! alike.

use hivesync_jobs::Job;
use sqlx::PgConnection;

use crate::error::StorageError;
use crate::queue::desk::{Desk, Row};
use crate::queue::row::{self, Moved};

/// Writes all of it.
pub(super) async fn all(db: &mut PgConnection, desk: &mut Desk) -> Result<(), StorageError> {
    keys(db, desk).await?;
    lanes(db, desk).await?;
    clocks(db, desk).await?;
    let new = desk.jobs.values().filter(|(_, row)| *row == Row::New).map(|(job, _)| job);
    new_jobs(db, new).await?;
    moved_jobs(db, desk).await?;
    desk.is_written();
    Ok(())
}

async fn keys(db: &mut PgConnection, desk: &Desk) -> Result<(), StorageError> {
    if desk.new_keys.is_empty() {
        return Ok(());
    }
    let (mut tenants, mut names) = (Vec::new(), Vec::new());
    let (mut bodies, mut jobs) = (Vec::new(), Vec::new());
    for name in &desk.new_keys {
        let Some((body, job)) = desk.keys.get(name) else { continue };
        tenants.push(row::number(name.0, "a tenant")?);
        names.push(name.1.as_str());
        bodies.push(body.to_vec());
        jobs.push(row::id(*job));
    }
    sqlx::query(
        "INSERT INTO idempotency_keys (tenant, name, body, job)
         SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bytea[])",
    )
    .bind(tenants)
    .bind(names)
    .bind(bodies)
    .bind(jobs)
    .execute(db)
    .await
    .map_err(StorageError::database("keeping keys"))?;
    Ok(())
}

async fn lanes(db: &mut PgConnection, desk: &Desk) -> Result<(), StorageError> {
    let (mut queues, mut numbers) = (Vec::new(), [const { Vec::<i64>::new() }; 7]);
    for (key, lane) in desk.lanes.iter().filter(|(_, lane)| lane.row != Row::Unchanged) {
        queues.push(key.queue.as_str());
        let columns = [
            row::number(key.tenant, "a tenant")?,
            i64::from(lane.lane.terms.weight),
            i64::from(lane.lane.terms.cap),
            row::number(lane.waiting, "a lane")?,
            i64::from(lane.lane.running),
            row::number(lane.lane.virtual_time, "a virtual time")?,
            row::moment(lane.low)?,
        ];
        for (column, value) in numbers.iter_mut().zip(columns) {
            column.push(value);
        }
    }
    if queues.is_empty() {
        return Ok(());
    }
    let statement = sqlx::query(
        "INSERT INTO lanes (queue, tenant, weight, cap, waiting, running, virtual_time, low)
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
                              $6::bigint[], $7::bigint[], $8::bigint[])
         ON CONFLICT (queue, tenant) DO UPDATE SET
           weight = excluded.weight, cap = excluded.cap, waiting = excluded.waiting,
           running = excluded.running, virtual_time = excluded.virtual_time, low = excluded.low",
    )
    .bind(queues);
    let statement = numbers.into_iter().fold(statement, sqlx::query::Query::bind);
    statement.execute(db).await.map_err(StorageError::database("keeping lanes"))?;
    Ok(())
}

async fn clocks(db: &mut PgConnection, desk: &Desk) -> Result<(), StorageError> {
    if desk.moved_clocks.is_empty() {
        return Ok(());
    }
    let (mut names, mut times) = (Vec::new(), Vec::new());
    for name in &desk.moved_clocks {
        let Some(time) = desk.clocks.get(name) else { continue };
        names.push(name.as_str());
        times.push(row::number(*time, "a virtual time")?);
    }
    sqlx::query(
        "INSERT INTO queues (name, virtual_time) SELECT * FROM unnest($1::text[], $2::bigint[])
         ON CONFLICT (name) DO UPDATE SET virtual_time = excluded.virtual_time",
    )
    .bind(names)
    .bind(times)
    .execute(db)
    .await
    .map_err(StorageError::database("keeping queues"))?;
    Ok(())
}

async fn new_jobs(db: &mut PgConnection, jobs: impl Iterator<Item = &Job>) -> Result<(), StorageError> {
    let (mut ids, mut queues, mut tenants) = (Vec::new(), Vec::new(), Vec::new());
    let (mut tries, mut gpus, mut moments) = (Vec::new(), Vec::new(), Vec::new());
    for job in jobs {
        ids.push(row::id(job.id));
        queues.push(job.lane.queue.as_str());
        tenants.push(row::number(job.lane.tenant, "a tenant")?);
        tries.push(i64::from(job.tries_max));
        gpus.push(job.gpu_until.map(row::moment).transpose()?);
        moments.push(row::columns(&job.state)?.run_at);
    }
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO jobs (id, queue, tenant, tries_max, gpu_until, run_at, tries, fence, withdrawn, state)
         SELECT given.*, 0, 0, 0, 'waiting'
         FROM unnest($1::bytea[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
           AS given",
    )
    .bind(ids)
    .bind(queues)
    .bind(tenants)
    .bind(tries)
    .bind(gpus)
    .bind(moments)
    .execute(db)
    .await
    .map_err(StorageError::database("keeping jobs"))?;
    Ok(())
}

/// All jobs of these ids are alike now. A guarded one is written where it still stands as remembered: who
/// has a worker is leased, and to ask for that leads to no other index than that of the ids.
macro_rules! guard {
    () => {
        " AND worker IS NOT NULL AND fence = $3 AND withdrawn = $4"
    };
}

macro_rules! move_jobs {
    ($guard:expr) => {
        concat!(
            "UPDATE jobs SET tries = $2, fence = $3, withdrawn = $4, state = $5, run_at = $6, worker = $7,
               leased_until = $8, code = $9
             WHERE id = ANY($1)",
            $guard
        )
    };
}

/// What ends leaves the queue.
macro_rules! end_jobs {
    ($guard:expr) => {
        concat!(
            "WITH over AS (
               DELETE FROM jobs WHERE id = ANY($1)",
            $guard,
            "  RETURNING id, queue, tenant, tries_max, gpu_until)
             INSERT INTO ended_jobs (id, queue, tenant, tries_max, gpu_until, tries, fence, withdrawn, state,
               code, ended_at)
             SELECT over.*, $2, $3, $4, $5, $6, $7 FROM over"
        )
    };
}

async fn moved_jobs(db: &mut PgConnection, desk: &Desk) -> Result<(), StorageError> {
    for (moved, ids) in desk.moved()? {
        let Moved { tries, fence, withdrawn, columns, is_guarded, is_over } = moved;
        let statement = match (is_over, is_guarded) {
            (true, true) => end_jobs!(guard!()),
            (true, false) => end_jobs!(""),
            (false, true) => move_jobs!(guard!()),
            (false, false) => move_jobs!(""),
        };
        let names: Vec<Vec<u8>> = ids.iter().map(|id| row::id(*id)).collect();
        let statement =
            sqlx::query(statement).bind(names).bind(tries).bind(fence).bind(withdrawn).bind(columns.state);
        let statement = if is_over {
            statement.bind(columns.code).bind(row::moment(desk.now)?)
        } else {
            statement.bind(columns.run_at).bind(columns.worker).bind(columns.leased_until).bind(columns.code)
        };
        let written = statement.execute(&mut *db).await.map_err(StorageError::database("keeping jobs"))?;
        row::all_stood(written.rows_affected(), ids.len())?;
    }
    Ok(())
}
