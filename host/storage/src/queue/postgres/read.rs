//! Rows for the desk.

use std::collections::BTreeSet;

use hivesync_jobs::{JobId, LaneKey, Moment, VIRTUAL_STRIDE};
use sqlx::PgConnection;
use sqlx::postgres::PgRow;

use crate::error::StorageError;
use crate::queue::calm::Calm;
use crate::queue::desk::{Desk, KeyName};
use crate::queue::row::{self, Fields as _};
use crate::queue::rows::Wanted;

pub(super) async fn jobs(
    db: &mut PgConnection,
    desk: &mut Desk,
    ids: &BTreeSet<JobId>,
) -> Result<(), StorageError> {
    if ids.is_empty() {
        return Ok(());
    }
    let found = sqlx::query("SELECT * FROM jobs WHERE id = ANY($1)").bind(names(ids)).fetch_all(db).await;
    for found in found.map_err(StorageError::database("looking for jobs"))? {
        desk.lay_out_job(&found)?;
    }
    Ok(())
}

pub(super) async fn over(
    db: &mut PgConnection,
    desk: &mut Desk,
    ids: &BTreeSet<JobId>,
) -> Result<(), StorageError> {
    if ids.is_empty() {
        return Ok(());
    }
    let found =
        sqlx::query("SELECT * FROM ended_jobs WHERE id = ANY($1)").bind(names(ids)).fetch_all(db).await;
    let found = found.map_err(StorageError::database("looking for jobs that are over"))?;
    found.iter().try_for_each(|found| desk.lay_out_over(found))
}

fn names(ids: &BTreeSet<JobId>) -> Vec<Vec<u8>> {
    ids.iter().map(|id| row::id(*id)).collect()
}

pub(super) async fn late(
    db: &mut PgConnection,
    desk: &mut Desk,
    now: Moment,
) -> Result<Vec<JobId>, StorageError> {
    let found = sqlx::query("SELECT * FROM jobs WHERE state = 'leased' AND leased_until < $1 ORDER BY id")
        .bind(row::moment(now)?)
        .fetch_all(db)
        .await;
    let found = found.map_err(StorageError::database("looking for lost workers"))?;
    found.iter().map(|found| desk.lay_out_job(found)).collect()
}

pub(super) async fn lanes(
    db: &mut PgConnection,
    desk: &mut Desk,
    keys: &BTreeSet<LaneKey>,
) -> Result<(), StorageError> {
    if keys.is_empty() {
        return Ok(());
    }
    let queues: Vec<&str> = keys.iter().map(|key| key.queue.as_str()).collect();
    let tenants: Result<Vec<i64>, _> = keys.iter().map(|key| row::number(key.tenant, "a tenant")).collect();
    let found = sqlx::query(
        "SELECT lanes.* FROM lanes
         JOIN unnest($1::text[], $2::bigint[]) AS wanted(queue, tenant) USING (queue, tenant)",
    )
    .bind(queues)
    .bind(tenants?)
    .fetch_all(db)
    .await;
    for found in found.map_err(StorageError::database("looking for lanes"))? {
        desk.lay_out_lane(&found, "waiting", low(&found, "low")?)?;
    }
    Ok(())
}

/// A moment before which no job of a lane is due.
fn low(found: &PgRow, column: &str) -> Result<Moment, StorageError> {
    row::count(found, column).map(Moment)
}

pub(super) async fn clocks(
    db: &mut PgConnection,
    desk: &mut Desk,
    queues: &BTreeSet<&str>,
) -> Result<(), StorageError> {
    if queues.is_empty() {
        return Ok(());
    }
    let queues: Vec<&str> = queues.iter().copied().collect();
    let found = sqlx::query("SELECT name, virtual_time FROM queues WHERE name = ANY($1)")
        .bind(queues)
        .fetch_all(db)
        .await;
    for found in found.map_err(StorageError::database("looking for queues"))? {
        let name = found.text("name")?.ok_or(StorageError::Nonsense("a queue without a name"))?;
        desk.clocks.insert(name, row::count(&found, "virtual_time")?);
    }
    Ok(())
}

pub(super) async fn keys(
    db: &mut PgConnection,
    desk: &mut Desk,
    names: &BTreeSet<KeyName>,
) -> Result<(), StorageError> {
    if names.is_empty() {
        return Ok(());
    }
    let tenants: Result<Vec<i64>, _> =
        names.iter().map(|(tenant, _)| row::number(*tenant, "a tenant")).collect();
    let texts: Vec<&str> = names.iter().map(|(_, name)| name.as_str()).collect();
    let found = sqlx::query(
        "SELECT idempotency_keys.* FROM idempotency_keys
         JOIN unnest($1::bigint[], $2::text[]) AS wanted(tenant, name) USING (tenant, name)",
    )
    .bind(tenants?)
    .bind(texts)
    .fetch_all(db)
    .await;
    for found in found.map_err(StorageError::database("looking for keys"))? {
        let nonsense = || StorageError::Nonsense("a key that nobody of us wrote");
        let name = found.text("name")?.ok_or_else(nonsense)?;
        let body = found.bytes("body")?.and_then(|body| body.try_into().ok()).ok_or_else(nonsense)?;
        let job = JobId(row::wide(&found, "job")?.ok_or_else(nonsense)?);
        desk.keys.insert((row::count(&found, "tenant")?, name), (body, job));
    }
    Ok(())
}

/// Looks whether there is anything to do, and when that is.
pub(super) async fn calm(db: &mut PgConnection) -> Result<(Calm, Moment), StorageError> {
    let found = sqlx::query(
        "SELECT CASE WHEN EXISTS (SELECT FROM lanes WHERE waiting > 0) THEN 1 ELSE 0 END::bigint AS waiting,
           (SELECT MIN(leased_until) FROM jobs WHERE state = 'leased') AS lease_ends,
           (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now",
    )
    .fetch_one(db)
    .await
    .map_err(StorageError::database("looking for anything to do"))?;
    let is_waiting = row::count(&found, "waiting")? != 0;
    let lease_ends = row::time(&found, "lease_ends")?;
    let now = row::count(&found, "now").map(Moment)?;
    Ok((Calm { is_waiting, lease_ends }, now))
}

/// The lanes that have something due and room for it, the first `n` of them: none comes from behind.
///
/// A lane is looked through from its low mark on, and brings the first of its jobs that waits along, due
/// or not, which is its next mark: what is dead before that is not walked over again. OFFSET keeps the
/// question whether there is another one from becoming a join, which would walk over every lane's jobs.
macro_rules! ready {
    () => {
        "WITH ready AS (
           SELECT lanes.*, first.run_at AS first, $5 / GREATEST(weight, 1) AS stride,
             LEAST($4, cap - running, waiting) AS room
           FROM lanes
           CROSS JOIN LATERAL (
             SELECT run_at, gpu_until FROM jobs WHERE state = 'waiting' AND jobs.queue = lanes.queue
               AND jobs.tenant = lanes.tenant AND run_at >= lanes.low
             ORDER BY run_at, id LIMIT 1
           ) AS first
           WHERE queue = $1 AND running < cap AND waiting > 0 AND first.run_at <= $2
             AND ($3 OR first.gpu_until IS NULL OR first.gpu_until <= $2 OR EXISTS (
               SELECT FROM jobs WHERE state = 'waiting' AND jobs.queue = lanes.queue
                 AND jobs.tenant = lanes.tenant AND run_at BETWEEN lanes.low AND $2
                 AND (gpu_until IS NULL OR gpu_until <= $2) OFFSET 0))
           ORDER BY virtual_time, tenant LIMIT $4)"
    };
}

/// The first jobs of each lane that are due, in the order in which the rules would give them out one by one:
/// each claim moves its lane by the same stride, so that is the order of the virtual times at which each
/// job's turn comes.
macro_rules! in_turn {
    ($room:literal) => {
        concat!(
            "SELECT due.*, turns.weight, turns.cap, turns.running, turns.virtual_time,
               turns.waiting AS lane_waiting, turns.first, turns.planned
             FROM turns CROSS JOIN LATERAL (
               SELECT jobs.*, row_number() OVER (ORDER BY run_at, id) - 1 AS place
               FROM jobs WHERE state = 'waiting' AND jobs.queue = turns.queue
                 AND jobs.tenant = turns.tenant AND run_at BETWEEN turns.low AND $2
                 AND ($3 OR gpu_until IS NULL OR gpu_until <= $2)
               ORDER BY run_at, id LIMIT ",
            $room,
            ") AS due
             ORDER BY turns.virtual_time + due.place * turns.stride, turns.tenant, due.place
             LIMIT $4"
        )
    };
}

/// Of each lane as many as are its own when all that waits is due.
const PLANNED: &str = concat!(
    ready!(),
    ", places AS (
       SELECT tenant FROM ready CROSS JOIN LATERAL generate_series(0, room - 1) AS place
       ORDER BY virtual_time + place * stride, tenant LIMIT $4),
     shares AS (SELECT tenant, COUNT(*) AS share FROM places GROUP BY tenant),
     turns AS (
       SELECT ready.*, share, CAST(SUM(share) OVER () AS BIGINT) AS planned
       FROM ready JOIN shares USING (tenant)) ",
    in_turn!("share")
);

/// Of each lane as many as could be.
const ALL: &str =
    concat!(ready!(), ", turns AS (SELECT ready.*, 0::bigint AS planned FROM ready) ", in_turn!("room"));

/// At most `count` jobs. Where a lane had fewer that are due than it has waiting, others have its share.
pub(super) async fn due(
    db: &mut PgConnection,
    desk: &mut Desk,
    wanted: Wanted<'_>,
    count: usize,
) -> Result<Vec<JobId>, StorageError> {
    let mut found = turns(db, PLANNED, wanted, count).await?;
    let planned = found.first().map_or(Ok(0), |found| row::count(found, "planned"))?;
    let is_short = u64::try_from(found.len()).is_ok_and(|found| found < planned);
    if is_short && usize::try_from(planned).is_ok_and(|planned| planned == count) {
        found = turns(db, ALL, wanted, count).await?;
    }
    let (mut ids, mut tenants) = (Vec::with_capacity(found.len()), BTreeSet::new());
    for found in found {
        ids.push(desk.lay_out_job(&found)?);
        // Each of its jobs brings the same lane along.
        if tenants.insert(row::count(&found, "tenant")?) {
            desk.lay_out_lane(&found, "lane_waiting", low(&found, "first")?)?;
        }
    }
    Ok(ids)
}

async fn turns(
    db: &mut PgConnection,
    statement: &'static str,
    (queue, has_gpu, now): Wanted<'_>,
    count: usize,
) -> Result<Vec<PgRow>, StorageError> {
    sqlx::query(statement)
        .bind(queue)
        .bind(row::moment(now)?)
        .bind(has_gpu)
        .bind(i64::try_from(count).map_err(|_| StorageError::TooLarge("an order"))?)
        .bind(row::number(VIRTUAL_STRIDE, "a stride")?)
        .fetch_all(db)
        .await
        .map_err(StorageError::database("looking for work"))
}
