//! Many callers who put jobs in, and workers who do nothing but say that they are done.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use hivesync_jobs::{
    Enqueued, JobId, LaneKey, LaneTerms, Moment, NewJob, Order, Verdict, WorkerClass, WorkerId,
};
use hivesync_storage::JobStore;
use tokio::task::JoinSet;

use crate::real;

pub(crate) const QUEUE: &str = "preview_build";
/// Workers of a drain, and what each takes at one time.
const WORKERS: u64 = 4;
const TAKEN: usize = 128;

/// Whose a job is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lane {
    pub(crate) tenant: u64,
    pub(crate) terms: LaneTerms,
}

/// Whose the jobs are, by their numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tenants {
    pub(crate) of: fn(u64) -> Lane,
}

impl Tenants {
    /// One, who may do as much as it likes.
    pub(crate) fn one() -> Self {
        Self { of: |_| Lane { tenant: 1, terms: LaneTerms { weight: 1, cap: 1_000_000 } } }
    }
}

/// What was measured of equal things.
#[derive(Debug)]
pub(crate) struct Taken {
    wall: Duration,
    each: Vec<Duration>,
}

impl Taken {
    pub(crate) fn rate(&self, count: u64) -> f64 {
        real(count) / self.wall.as_secs_f64()
    }

    /// Seconds.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        percentile(&self.each, percent)
    }
}

/// The value below which `percent` of them are, in seconds.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(f64::NAN, Duration::as_secs_f64)
}

pub(crate) fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(u64::try_from(since.as_millis()).unwrap_or_default())
}

pub(crate) fn job(number: u64, lane: Lane) -> NewJob {
    NewJob {
        id: JobId(u128::from(number)),
        lane: LaneKey { queue: QUEUE.to_owned(), tenant: lane.tenant },
        terms: lane.terms,
        tries_max: 3,
        gpu_patience: None,
        key: None,
    }
}

pub(crate) fn order(worker: u64, count: usize) -> Order {
    let worker = WorkerId(u128::from(worker));
    Order { worker, class: WorkerClass::Cpu, queue: QUEUE.to_owned(), count }
}

/// Puts jobs 0 to `jobs` in; each caller asks again when it was answered.
pub(crate) async fn fill(
    store: &Arc<JobStore>,
    jobs: u64,
    callers: usize,
    tenants: Tenants,
) -> Result<Taken> {
    let (next, begun) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let mut calling = JoinSet::new();
    for _ in 0..callers {
        let (store, next) = (Arc::clone(store), Arc::clone(&next));
        calling.spawn(async move {
            let mut each = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= jobs {
                    break Ok::<_, anyhow::Error>(each);
                }
                let asked = Instant::now();
                let made = store.enqueue(job(number, (tenants.of)(number)), now()).await?;
                ensure!(matches!(made, Enqueued::New(_)), "job {number} was known");
                each.push(asked.elapsed());
            }
        });
    }
    let mut each = Vec::new();
    while let Some(called) = calling.join_next().await {
        each.extend(called??);
    }
    Ok(Taken { wall: begun.elapsed(), each })
}

/// What a drain did.
#[derive(Debug, Default)]
pub(crate) struct Drained {
    wall: Duration,
    /// Whose jobs began, in order, and when.
    pub(crate) started: Vec<(u64, Duration)>,
    /// How often a job began beyond its tenant's cap.
    pub(crate) beyond_caps: u64,
    running: BTreeMap<u64, u32>,
}

impl Drained {
    pub(crate) fn rate(&self, jobs: u64) -> f64 {
        real(jobs) / self.wall.as_secs_f64()
    }

    /// When the start of this number was, as a part of the whole.
    pub(crate) fn at(&self, index: usize) -> Result<f64> {
        let (_, when) = self.started.get(index).context("there is no such start")?;
        Ok(when.as_secs_f64() / self.wall.as_secs_f64())
    }

    fn start(&mut self, lane: Lane, when: Duration) {
        self.started.push((lane.tenant, when));
        let running = self.running.entry(lane.tenant).or_default();
        *running += 1;
        self.beyond_caps += u64::from(*running > lane.terms.cap);
    }

    fn end(&mut self, lane: Lane) {
        if let Some(running) = self.running.get_mut(&lane.tenant) {
            *running = running.saturating_sub(1);
        }
    }
}

/// Does every job once. A word that is refused is an error: nobody takes these jobs away.
pub(crate) async fn drain(store: &Arc<JobStore>, jobs: u64, tenants: Tenants) -> Result<Drained> {
    let (begun, record) = (Instant::now(), Arc::new(Mutex::new(Drained::default())));
    let done = Arc::new(AtomicU64::new(0));
    let mut working = JoinSet::new();
    for worker in 0..WORKERS {
        let (store, record, done) = (Arc::clone(store), Arc::clone(&record), Arc::clone(&done));
        working.spawn(async move {
            while done.load(Ordering::Relaxed) < jobs {
                let taken = store.claim(order(worker, TAKEN), now()).await?;
                let when = begun.elapsed();
                let mut settling = JoinSet::new();
                for claim in taken.jobs {
                    let lane = (tenants.of)(u64::try_from(claim.job.0)?);
                    record.lock().unwrap_or_else(PoisonError::into_inner).start(lane, when);
                    let (store, record) = (Arc::clone(&store), Arc::clone(&record));
                    settling.spawn(async move {
                        record.lock().unwrap_or_else(PoisonError::into_inner).end(lane);
                        store.settle(claim, Verdict::Succeeded, now()).await
                    });
                }
                while let Some(settled) = settling.join_next().await {
                    settled??.context("a word was refused")?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            }
            Ok::<_, anyhow::Error>(())
        });
    }
    while let Some(worked) = working.join_next().await {
        worked??;
    }
    let wall = begun.elapsed();
    let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
    let drained = std::mem::take(&mut *record);
    ensure!(u64::try_from(drained.started.len())? == jobs, "a job began twice or never");
    Ok(Drained { wall, ..drained })
}
