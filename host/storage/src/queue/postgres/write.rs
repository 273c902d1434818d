//! What lies changed on the desk, written back: one statement a table.

use hivesync_jobs::Job;
use sqlx::PgConnection;

use crate::error::StorageError;
use crate::queue::desk::{Desk, Row};
use crate::queue::row;

/// Writes all of it.
pub(super) async fn all(db: &mut PgConnection, desk: &mut Desk) -> Result<(), StorageError> {
    keys(db, desk).await?;
    lanes(db, desk).await?;
    clocks(db, desk).await?;
    let of = |wanted: Row| desk.jobs.values().filter(move |(_, row)| *row == wanted).map(|(job, _)| job);
    new_jobs(db, of(Row::New)).await?;
    changed_jobs(db, of(Row::Changed)).await?;
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
    let (mut queues, mut numbers) = (Vec::new(), [const { Vec::<i64>::new() }; 6]);
    for (key, lane) in desk.lanes.iter().filter(|(_, lane)| lane.row != Row::Unchanged) {
        queues.push(key.queue.as_str());
        let columns = [
            row::number(key.tenant, "a tenant")?,
            i64::from(lane.lane.terms.weight),
            i64::from(lane.lane.terms.cap),
            row::number(lane.waiting, "a lane")?,
            i64::from(lane.lane.running),
            row::number(lane.lane.virtual_time, "a virtual time")?,
        ];
        for (column, value) in numbers.iter_mut().zip(columns) {
            column.push(value);
        }
    }
    if queues.is_empty() {
        return Ok(());
    }
    let statement = sqlx::query(
        "INSERT INTO lanes (queue, tenant, weight, cap, waiting, running, virtual_time)
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
                              $6::bigint[], $7::bigint[])
         ON CONFLICT (queue, tenant) DO UPDATE SET
           weight = excluded.weight, cap = excluded.cap, waiting = excluded.waiting,
           running = excluded.running, virtual_time = excluded.virtual_time",
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

async fn changed_jobs(db: &mut PgConnection, jobs: impl Iterator<Item = &Job>) -> Result<(), StorageError> {
    let (mut ids, mut tries, mut fences, mut withdrawn) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut states, mut moments, mut workers) = (Vec::new(), Vec::new(), Vec::new());
    let (mut leases, mut codes) = (Vec::new(), Vec::new());
    for job in jobs {
        let columns = row::columns(&job.state)?;
        ids.push(row::id(job.id));
        tries.push(i64::from(job.tries));
        fences.push(i64::from(job.fence.0));
        withdrawn.push(i64::from(job.withdrawn));
        states.push(columns.state);
        moments.push(columns.run_at);
        workers.push(columns.worker);
        leases.push(columns.leased_until);
        codes.push(columns.code);
    }
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE jobs SET tries = given.tries, fence = given.fence, withdrawn = given.withdrawn,
           state = given.state, run_at = given.run_at, worker = given.worker,
           leased_until = given.leased_until, code = given.code
         FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[],
                     $7::bytea[], $8::bigint[], $9::text[])
           AS given(id, tries, fence, withdrawn, state, run_at, worker, leased_until, code)
         WHERE jobs.id = given.id",
    )
    .bind(ids)
    .bind(tries)
    .bind(fences)
    .bind(withdrawn)
    .bind(states)
    .bind(moments)
    .bind(workers)
    .bind(leases)
    .bind(codes)
    .execute(db)
    .await
    .map_err(StorageError::database("keeping jobs"))?;
    Ok(())
}
