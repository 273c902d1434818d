//! Commands in the words of SQLite.
//!
//! Transitions are made by the rules of `hivesync-jobs`, on a job that was read in the
//! same transaction; only the choice of the next job is made by the database.

use hivesync_jobs::{
    Claimed, Enqueued, Event, Fence, Job, JobId, Lane, LaneKey, LaneTerms, Moment, NewJob, Order, Rejected,
    State, Taken, WorkerClass,
};
use sqlx::SqliteConnection;

use crate::error::StorageError;
use crate::queue::command::{Answer, Command};
use crate::queue::{Extended, row};

/// Does what is asked, inside a transaction.
pub(super) async fn run(command: &Command, db: &mut SqliteConnection) -> Result<Answer, StorageError> {
    Ok(match command {
        Command::Enqueue(new, now) => Answer::Enqueued(enqueue(db, new, *now).await?),
        Command::Claim(order, now) => Answer::Taken(claim(db, order, *now).await?),
        Command::Extend(held, now) => Answer::Extended(extend(db, held, *now).await?),
        Command::Settle(claim, verdict, now) => {
            Answer::Settled(change(db, claim.job, |job| job.settle(claim.fence, *verdict, *now)).await?)
        }
        Command::Withdraw(job) => Answer::Withdrawn(change(db, *job, |job| Ok(job.withdraw())).await?),
        Command::Sweep(now) => Answer::Swept(sweep(db, *now).await?),
        Command::Look(id) => Answer::Job(find(db, *id).await?.map(Box::new)),
        Command::Running(key) => Answer::Running(lane(db, key).await?.map_or(0, |lane| lane.running)),
    })
}

async fn enqueue(db: &mut SqliteConnection, new: &NewJob, now: Moment) -> Result<Enqueued, StorageError> {
    let tenant = row::number(new.lane.tenant, "a tenant")?;
    if let Some((name, body)) = &new.key {
        let known = sqlx::query("SELECT body, job FROM idempotency_keys WHERE tenant = ? AND name = ?")
            .bind(tenant)
            .bind(name)
            .fetch_optional(&mut *db)
            .await
            .map_err(StorageError::database("looking for a key"))?;
        if let Some(known) = known {
            let known_body: Vec<u8> =
                sqlx::Row::try_get(&known, "body").map_err(StorageError::database("reading a key"))?;
            let job = row::wide(&known, "job")?.ok_or(StorageError::Nonsense("a key without a job"))?;
            return Ok(if known_body == body { Enqueued::Known(JobId(job)) } else { Enqueued::KeyReused });
        }
        sqlx::query("INSERT INTO idempotency_keys (tenant, name, body, job) VALUES (?, ?, ?, ?)")
            .bind(tenant)
            .bind(name)
            .bind(body.as_slice())
            .bind(row::id(new.id))
            .execute(&mut *db)
            .await
            .map_err(StorageError::database("keeping a key"))?;
    }
    open_lane(db, &new.lane, new.terms).await?;
    let gpu_until = new.gpu_patience.map(|patience| row::moment(now.after(patience))).transpose()?;
    sqlx::query(
        "INSERT INTO jobs (id, queue, tenant, tries_max, tries, fence, gpu_until, withdrawn, state, run_at)
         VALUES (?, ?, ?, ?, 0, 0, ?, 0, 'waiting', ?)",
    )
    .bind(row::id(new.id))
    .bind(&new.lane.queue)
    .bind(tenant)
    .bind(i64::from(new.tries_max.max(1)))
    .bind(gpu_until)
    .bind(row::moment(now)?)
    .execute(db)
    .await
    .map_err(StorageError::database("keeping a job"))?;
    Ok(Enqueued::New(new.id))
}

/// A lane for another waiting job, with the tenant's terms of now. One that was idle begins
/// where the queue's clock stands.
async fn open_lane(db: &mut SqliteConnection, key: &LaneKey, terms: LaneTerms) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO lanes (queue, tenant, weight, cap, waiting, running, virtual_time)
         VALUES (?1, ?2, ?3, ?4, 1, 0, COALESCE((SELECT virtual_time FROM queues WHERE name = ?1), 0))
         ON CONFLICT (queue, tenant) DO UPDATE SET
           weight = excluded.weight,
           cap = excluded.cap,
           waiting = waiting + 1,
           virtual_time = CASE WHEN waiting = 0 AND running = 0
             THEN MAX(virtual_time, excluded.virtual_time) ELSE virtual_time END",
    )
    .bind(&key.queue)
    .bind(row::number(key.tenant, "a tenant")?)
    .bind(i64::from(terms.weight))
    .bind(i64::from(terms.cap))
    .execute(db)
    .await
    .map_err(StorageError::database("opening a lane"))?;
    Ok(())
}

/// The job that is due: of the lane that had least for its weight and has room, the oldest
/// that this worker may have.
const NEXT: &str = "
    SELECT (SELECT id FROM jobs
            WHERE state = 'waiting' AND jobs.queue = lanes.queue AND jobs.tenant = lanes.tenant
              AND run_at <= ?2 AND (?3 OR gpu_until IS NULL OR gpu_until <= ?2)
            ORDER BY run_at, id LIMIT 1) AS next
    FROM lanes
    WHERE queue = ?1 AND running < cap AND waiting > 0 AND next IS NOT NULL
    ORDER BY virtual_time, tenant LIMIT 1";

async fn claim(db: &mut SqliteConnection, order: &Order, now: Moment) -> Result<Taken, StorageError> {
    let mut taken = Taken::default();
    while taken.jobs.len() < order.count {
        let next = sqlx::query(NEXT)
            .bind(&order.queue)
            .bind(row::moment(now)?)
            .bind(order.class == WorkerClass::Gpu)
            .fetch_optional(&mut *db)
            .await
            .map_err(StorageError::database("looking for a job"))?;
        let Some(next) = next else { break };
        let job = JobId(row::wide(&next, "next")?.ok_or(StorageError::Nonsense("a job without an id"))?);
        let claimed: Result<(Fence, bool), Rejected> = change(db, job, |job| {
            let fell_back = order.class == WorkerClass::Cpu && job.gpu_until.is_some();
            Ok((job.claim(order.worker, now), fell_back))
        })
        .await?;
        let (fence, fell_back) =
            claimed.map_err(|_| StorageError::Nonsense("a job that is due and is not there"))?;
        taken.jobs.push(Claimed { job, fence });
        taken.events.extend(fell_back.then_some(Event::GpuFallback(job)));
    }
    Ok(taken)
}

async fn extend(db: &mut SqliteConnection, held: &[Claimed], now: Moment) -> Result<Extended, StorageError> {
    let mut extended = Vec::with_capacity(held.len());
    for claim in held {
        extended.push((claim.job, change(db, claim.job, |job| job.extend(claim.fence, now)).await?));
    }
    Ok(extended)
}

async fn sweep(db: &mut SqliteConnection, now: Moment) -> Result<Vec<Event>, StorageError> {
    let late = sqlx::query("SELECT id FROM jobs WHERE state = 'leased' AND leased_until < ? ORDER BY id")
        .bind(row::moment(now)?)
        .fetch_all(&mut *db)
        .await
        .map_err(StorageError::database("looking for lost workers"))?;
    let mut events = Vec::new();
    for late in late {
        let job = JobId(row::wide(&late, "id")?.ok_or(StorageError::Nonsense("a job without an id"))?);
        if change(db, job, |job| Ok(job.expire(now))).await? == Ok(true) {
            events.push(Event::Expired(job));
        }
    }
    Ok(events)
}

/// Runs a transition of one job and keeps its row and its lane in step with it.
async fn change<T>(
    db: &mut SqliteConnection,
    id: JobId,
    transition: impl FnOnce(&mut Job) -> Result<T, Rejected>,
) -> Result<Result<T, Rejected>, StorageError> {
    let Some(mut job) = find(db, id).await? else { return Ok(Err(Rejected::Unknown)) };
    let before = job.state;
    let result = match transition(&mut job) {
        Ok(result) => result,
        Err(rejected) => return Ok(Err(rejected)),
    };
    let columns = row::columns(&job.state)?;
    sqlx::query(
        "UPDATE jobs SET tries = ?, fence = ?, withdrawn = ?, state = ?, run_at = ?, worker = ?,
           leased_until = ?, code = ? WHERE id = ?",
    )
    .bind(i64::from(job.tries))
    .bind(i64::from(job.fence.0))
    .bind(job.withdrawn)
    .bind(columns.state)
    .bind(columns.run_at)
    .bind(columns.worker)
    .bind(columns.leased_until)
    .bind(columns.code)
    .bind(row::id(id))
    .execute(&mut *db)
    .await
    .map_err(StorageError::database("keeping a job"))?;
    let waited = |state: State| matches!(state, State::Waiting { .. });
    let ran = |state: State| matches!(state, State::Leased { .. });
    let waiting = i64::from(waited(job.state)) - i64::from(waited(before));
    move_lane(db, &job.lane, waiting, (ran(before), ran(job.state))).await?;
    Ok(Ok(result))
}

/// A job of this lane began or ceased to wait or to run.
async fn move_lane(
    db: &mut SqliteConnection,
    key: &LaneKey,
    waiting: i64,
    (ran, runs): (bool, bool),
) -> Result<(), StorageError> {
    if waiting == 0 && ran == runs {
        return Ok(());
    }
    let Some(mut lane) = lane(db, key).await? else {
        return Err(StorageError::Nonsense("a job without a lane"));
    };
    let tenant = row::number(key.tenant, "a tenant")?;
    if !ran && runs {
        sqlx::query(
            "INSERT INTO queues (name, virtual_time) VALUES (?, ?)
             ON CONFLICT (name) DO UPDATE SET virtual_time = excluded.virtual_time",
        )
        .bind(&key.queue)
        .bind(row::number(lane.virtual_time, "a virtual time")?)
        .execute(&mut *db)
        .await
        .map_err(StorageError::database("keeping a queue"))?;
        lane.charge();
    } else if ran && !runs {
        lane.release();
    }
    sqlx::query(
        "UPDATE lanes SET waiting = waiting + ?, running = ?, virtual_time = ? WHERE queue = ? AND tenant = ?",
    )
    .bind(waiting)
    .bind(i64::from(lane.running))
    .bind(row::number(lane.virtual_time, "a virtual time")?)
    .bind(&key.queue)
    .bind(tenant)
    .execute(db)
    .await
    .map_err(StorageError::database("keeping a lane"))?;
    Ok(())
}

async fn find(db: &mut SqliteConnection, id: JobId) -> Result<Option<Job>, StorageError> {
    let found = sqlx::query("SELECT * FROM jobs WHERE id = ?")
        .bind(row::id(id))
        .fetch_optional(db)
        .await
        .map_err(StorageError::database("looking for a job"))?;
    found.as_ref().map(row::job).transpose()
}

async fn lane(db: &mut SqliteConnection, key: &LaneKey) -> Result<Option<Lane>, StorageError> {
    let found = sqlx::query("SELECT * FROM lanes WHERE queue = ? AND tenant = ?")
        .bind(&key.queue)
        .bind(row::number(key.tenant, "a tenant")?)
        .fetch_optional(db)
        .await
        .map_err(StorageError::database("looking for a lane"))?;
    found.as_ref().map(row::lane).transpose()
}
