//! Rows for the desk.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use hivesync_jobs::{JobId, LaneKey, Moment, VIRTUAL_STRIDE};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::json;
use super::turn::{Script, Turn};
use crate::error::StorageError;
use crate::queue::calm::Calm;
use crate::queue::desk::{Desk, KeyName};
use crate::queue::row::{self, Fields as _};
use crate::queue::rows::{Places, Wanted};

/// Those of these ids.
const KNOWN: &str = "SELECT * FROM jobs WHERE id IN (SELECT unhex(value) FROM json_each(?))";
/// The same of those that are over.
const OVER: &str = "SELECT * FROM ended_jobs WHERE id IN (SELECT unhex(value) FROM json_each(?))";
/// Whose lease is over.
const LATE: &str = "SELECT * FROM jobs WHERE state = 'leased' AND leased_until < ? ORDER BY id";

pub(super) async fn jobs(
    turn: &mut Turn<'_>,
    desk: &mut Desk,
    ids: &BTreeSet<JobId>,
) -> Result<(), StorageError> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut script = Script::default();
    script.list(KNOWN, &names(ids))?;
    for found in turn.read(script, "looking for jobs").await? {
        desk.lay_out_job(&found)?;
    }
    Ok(())
}

pub(super) async fn over(
    turn: &mut Turn<'_>,
    desk: &mut Desk,
    ids: &BTreeSet<JobId>,
) -> Result<(), StorageError> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut script = Script::default();
    script.list(OVER, &names(ids))?;
    let found = turn.read(script, "looking for jobs that are over").await?;
    found.iter().try_for_each(|found| desk.lay_out_over(found))
}

fn names(ids: &BTreeSet<JobId>) -> Vec<String> {
    ids.iter().map(|id| json::id(*id)).collect()
}

pub(super) async fn late(
    turn: &mut Turn<'_>,
    desk: &mut Desk,
    now: Moment,
) -> Result<Vec<JobId>, StorageError> {
    let mut script = Script::default();
    script.bind(row::moment(now)?)?;
    script.add(LATE);
    let found = turn.read(script, "looking for lost workers").await?;
    found.iter().map(|found| desk.lay_out_job(found)).collect()
}

/// These are asked together; each row says what it is.
const LANES: &str = "
    SELECT 'lane' AS kind, lanes.* FROM json_each(?) AS wanted
    JOIN lanes ON queue = wanted.value ->> 0 AND tenant = wanted.value ->> 1";
const CLOCKS: &str = "
    SELECT 'clock' AS kind, name, virtual_time FROM queues WHERE name IN (SELECT value FROM json_each(?))";
const KEYS: &str = "
    SELECT 'key' AS kind, known.* FROM json_each(?) AS wanted
    JOIN idempotency_keys AS known
      ON known.tenant = wanted.value ->> 0 AND known.name = wanted.value ->> 1";

pub(super) async fn places(
    turn: &mut Turn<'_>,
    desk: &mut Desk,
    places: &Places<'_>,
) -> Result<(), StorageError> {
    let mut script = Script::default();
    if !places.lanes.is_empty() {
        let key = |key: &LaneKey| Ok((key.queue.clone(), row::number(key.tenant, "a tenant")?));
        script.list(LANES, &places.lanes.iter().map(key).collect::<Result<Vec<_>, StorageError>>()?)?;
    }
    if !places.queues.is_empty() {
        script.list(CLOCKS, &places.queues)?;
    }
    if !places.keys.is_empty() {
        let key = |(tenant, name): &KeyName| Ok((row::number(*tenant, "a tenant")?, name.clone()));
        script.list(KEYS, &places.keys.iter().map(key).collect::<Result<Vec<_>, StorageError>>()?)?;
    }
    if script.is_empty() {
        return Ok(());
    }
    for found in turn.read(script, "looking for lanes and keys").await? {
        match found.text("kind")?.as_deref() {
            Some("lane") => desk.lay_out_lane(&found, "waiting", Moment::default())?,
            Some("clock") => {
                let name = found.text("name")?.ok_or(StorageError::Nonsense("a queue without a name"))?;
                desk.clocks.insert(name, row::count(&found, "virtual_time")?);
            }
            _ => key(desk, &found)?,
        }
    }
    Ok(())
}

/// Lays the name of a request out.
fn key(desk: &mut Desk, found: &SqliteRow) -> Result<(), StorageError> {
    let nonsense = || StorageError::Nonsense("a key that nobody of us wrote");
    let name = found.text("name")?.ok_or_else(nonsense)?;
    let body = found.bytes("body")?.and_then(|body| body.try_into().ok()).ok_or_else(nonsense)?;
    let job = JobId(row::wide(found, "job")?.ok_or_else(nonsense)?);
    desk.keys.insert((row::count(found, "tenant")?, name), (body, job));
    Ok(())
}

/// The jobs that say how late it has been: nobody waits for a later moment than one of them.
const NEWEST: &str = "
    SELECT * FROM (SELECT * FROM jobs WHERE state = 'waiting' AND tries = 0 ORDER BY run_at DESC LIMIT 1)
    UNION ALL
    SELECT * FROM (SELECT * FROM jobs WHERE state = 'waiting' AND tries > 0 ORDER BY run_at DESC LIMIT 1)
    UNION ALL
    SELECT * FROM (SELECT * FROM jobs WHERE state = 'leased' ORDER BY leased_until DESC LIMIT 1)";

/// A moment that has been, by whatever clock the queue had.
pub(in crate::queue) async fn been(db: &mut SqliteConnection) -> Result<Moment, StorageError> {
    let found = sqlx::query(NEWEST).fetch_all(db).await;
    let found = found.map_err(StorageError::database("looking how late it has been"))?;
    found.iter().try_fold(Moment::default(), |been, found| {
        let seen = row::job(found)?.seen_at();
        Ok(seen.map_or(been, |seen| seen.max(been)))
    })
}

/// Looks whether there is anything to do.
pub(super) async fn calm(db: &mut SqliteConnection) -> Result<Calm, StorageError> {
    let found = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM lanes WHERE waiting > 0) AS waiting,
           (SELECT MIN(leased_until) FROM jobs WHERE state = 'leased') AS lease_ends",
    )
    .fetch_one(db)
    .await
    .map_err(StorageError::database("looking for anything to do"))?;
    let is_waiting = row::count(&found, "waiting")? != 0;
    let lease_ends = row::time(&found, "lease_ends")?;
    Ok(Calm { is_waiting, lease_ends })
}

/// Lanes that have something due and room for it, the one that is next first. A lane behind as
/// many others as there are jobs to give does not come to its turn.
const READY: &str = "
    SELECT * FROM lanes
    WHERE queue = ?1 AND running < cap AND waiting > 0 AND EXISTS (
      SELECT 1 FROM jobs WHERE state = 'waiting' AND jobs.queue = lanes.queue
        AND jobs.tenant = lanes.tenant AND run_at <= ?2
        AND (?3 OR gpu_until IS NULL OR gpu_until <= ?2))
    ORDER BY virtual_time, tenant LIMIT ?4";

/// The jobs of a lane that are due, oldest first.
const OLDEST: &str = "
    SELECT * FROM jobs
    WHERE state = 'waiting' AND queue = ?1 AND tenant = ?4 AND run_at <= ?2
      AND (?3 OR gpu_until IS NULL OR gpu_until <= ?2)
    ORDER BY run_at, id LIMIT ?5";

/// A lane's turn, and what it has to give.
struct Turns {
    stride: u64,
    room: usize,
    jobs: VecDeque<JobId>,
}

/// Lets the lanes take their turns. A lane's jobs are read when its turn comes: as many as could
/// be its own when all lanes had some, then more.
pub(super) async fn due(
    turn: &mut Turn<'_>,
    desk: &mut Desk,
    (queue, has_gpu, now): Wanted<'_>,
    count: usize,
) -> Result<Vec<JobId>, StorageError> {
    let now = row::moment(now)?;
    let mut script = Script::default();
    script.bind(queue.to_owned())?;
    script.bind(now)?;
    script.bind(has_gpu)?;
    script.bind(limit(count)?)?;
    script.add(READY);
    let mut turns = BTreeMap::new();
    for found in turn.read(script, "looking for work").await? {
        let (lane, tenant) = (row::lane(&found)?, row::count(&found, "tenant")?);
        let room = usize::try_from(lane.terms.cap.saturating_sub(lane.running)).unwrap_or(usize::MAX);
        let stride = VIRTUAL_STRIDE / u64::from(lane.terms.weight.max(1));
        turns.insert((lane.virtual_time, tenant), Turns { stride, room, jobs: VecDeque::new() });
        desk.lay_out_lane(&found, "waiting", Moment::default())?;
    }
    let mut read = count / turns.len().max(1) + 1;
    let mut ids = Vec::with_capacity(count);
    let mut seen: BTreeMap<u64, usize> = BTreeMap::new();
    while ids.len() < count
        && let Some(((virtual_time, tenant), mut lane)) = turns.pop_first()
    {
        if lane.jobs.is_empty() {
            let seen = seen.entry(tenant).or_default();
            // Those that were given already come first again.
            let wanted = seen.saturating_add(lane.room.min(read).min(count));
            lane.jobs = oldest(turn, desk, (queue, has_gpu, now), tenant, (*seen, wanted)).await?;
            *seen = seen.saturating_add(lane.jobs.len());
            read = read.saturating_mul(2);
        }
        // A lane with nothing left has no more turns.
        let Some(id) = lane.jobs.pop_front() else { continue };
        ids.push(id);
        lane.room = lane.room.saturating_sub(1);
        if lane.room > 0 {
            turns.insert((virtual_time.saturating_add(lane.stride), tenant), lane);
        }
    }
    Ok(ids)
}

async fn oldest(
    turn: &mut Turn<'_>,
    desk: &mut Desk,
    (queue, has_gpu, now): (&str, bool, i64),
    tenant: u64,
    (seen, wanted): (usize, usize),
) -> Result<VecDeque<JobId>, StorageError> {
    let mut script = Script::default();
    script.bind(queue.to_owned())?;
    script.bind(now)?;
    script.bind(has_gpu)?;
    script.bind(row::number(tenant, "a tenant")?)?;
    script.bind(limit(wanted)?)?;
    script.add(OLDEST);
    let found = turn.read(script, "looking for a lane's work").await?;
    found.iter().skip(seen).map(|found| desk.lay_out_job(found)).collect()
}

fn limit(count: usize) -> Result<i64, StorageError> {
    i64::try_from(count).map_err(|_| StorageError::TooLarge("an order"))
}
