//! Redis emptied while jobs come steadily.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hivesync_jobs::{JobId, LaneTerms, Verdict};
use hivesync_storage::sql::audit::AuditEvent;
use hivesync_storage::sql::nonces::{self, Arrival};
use hivesync_storage::{Clock, Database, Doorbell, Fleet, JobStore};
use hivesync_types::Code;
use tokio::sync::mpsc;

use crate::load::{Lane, job, now, order, percentile};
use crate::{Bench, real, say};

const RATE: u64 = 2_000;
const SECONDS: u64 = 4;
const TICK: Duration = Duration::from_millis(5);
/// Requests that were admitted before, and that come again after.
const NONCES: u64 = 500;
const POLL: Duration = Duration::from_millis(250);
/// When a job that did not begin is called lost.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) async fn measure(bench: &Bench) -> Result<()> {
    eprintln!("bench: Redis is emptied");
    let url = bench.database("flush").await?;
    let (fleet, here) =
        (Fleet::new(&bench.redis)?, Arc::new(JobStore::postgres(&url, Clock::Database).await?));
    let there = Arc::new(JobStore::postgres(&url, Clock::Database).await?);
    let _bells = [Doorbell::tie(&fleet, here.bell()), Doorbell::tie(&fleet, there.bell())];
    let db = Database::open_postgres(&url).await?;
    for number in 0..NONCES {
        admit(&db, number, "first").await?;
    }
    let (begin, begins) = mpsc::unbounded_channel();
    let worker = tokio::spawn(work(there, begin));
    let asked = ask(&here, &bench.redis).await?;
    let mut replays = 0;
    for number in 0..NONCES {
        replays += u64::from(admit(&db, number, "again").await?);
    }
    let times = pick_ups(&asked, begins).await;
    worker.abort();
    say("flush: lost", real(u64::try_from(asked.len().saturating_sub(times.len()))?));
    say("flush: P99 of a pick-up, ms", percentile(&times, 99) * 1e3);
    say("flush: replays accepted", real(replays));
    Ok(())
}

/// A signed request that comes for the first time, or again.
async fn admit(db: &Database, number: u64, time: &str) -> Result<bool> {
    let (at, id) = (now(), format!("{time}-{number}"));
    let event =
        AuditEvent { id: &id, at, actor: None, action: "bench", subject: None, code: None, request_id: "" };
    let nonce = format!("nonce-{number}");
    let forget_at = at.after(Duration::from_secs(600));
    let arrival = Arrival { nonce: &nonce, forget_at, event, replayed: Code::NonceUsed };
    Ok(nonces::admit(db, arrival).await?)
}

/// Puts jobs in at an even rate, and empties Redis twice meanwhile.
async fn ask(store: &Arc<JobStore>, redis: &str) -> Result<BTreeMap<JobId, Instant>> {
    let mut connection = redis::Client::open(redis)?.get_multiplexed_async_connection().await?;
    let (mut asked, mut asking) = (BTreeMap::new(), tokio::task::JoinSet::new());
    let mut ticks = tokio::time::interval(TICK);
    for number in 0..RATE * SECONDS {
        if number % (RATE * 5 / 1000) == 0 {
            ticks.tick().await;
        }
        if number == RATE * SECONDS / 3 || number == RATE * SECONDS * 2 / 3 {
            let _: () = redis::cmd("FLUSHALL").query_async(&mut connection).await?;
        }
        let store = Arc::clone(store);
        let lane = Lane { tenant: number % 20, terms: LaneTerms { weight: 1, cap: 1_000 } };
        let new = job(number, lane);
        asked.insert(new.id, Instant::now());
        asking.spawn(async move { store.enqueue(new, now()).await });
    }
    while let Some(done) = asking.join_next().await {
        done??;
    }
    Ok(asked)
}

/// Claims when it is rung for, or by itself, as a worker does.
async fn work(store: Arc<JobStore>, begin: mpsc::UnboundedSender<(JobId, Instant)>) -> Result<()> {
    let mut rings = store.bell().rings();
    loop {
        let taken = store.claim(order(1, 256), now()).await?;
        if taken.jobs.is_empty() {
            tokio::select! { _ = rings.next() => {}, () = tokio::time::sleep(POLL) => {} }
        }
        let mut settling = tokio::task::JoinSet::new();
        for claim in taken.jobs {
            begin.send((claim.job, Instant::now())).context("nobody listens")?;
            let store = Arc::clone(&store);
            settling.spawn(async move { store.settle(claim, Verdict::Succeeded, now()).await });
        }
        while let Some(settled) = settling.join_next().await {
            settled???;
        }
    }
}

async fn pick_ups(
    asked: &BTreeMap<JobId, Instant>,
    mut begins: mpsc::UnboundedReceiver<(JobId, Instant)>,
) -> Vec<Duration> {
    let mut times = BTreeMap::new();
    while times.len() < asked.len() {
        let Ok(Some((job, begun))) = tokio::time::timeout(PATIENCE, begins.recv()).await else { break };
        if let Some(asked) = asked.get(&job) {
            times.insert(job, begun.saturating_duration_since(*asked));
        }
    }
    times.into_values().collect()
}
