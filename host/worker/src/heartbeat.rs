//! Signs of life of a worker, every 15 seconds: to the tables, and to Redis where there is one.
//!
//! Nobody's job depends on them; they are for people and for what scales workers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hivesync_jobs::{Moment, WorkerId};
use hivesync_pipeline::{Preview, Totals};
use hivesync_storage::sql::workers::{self, WorkerBeat, WorkerNode};
use hivesync_storage::sql::{counts, moment_of, queues};
use hivesync_storage::{Database, Fleet, Heartbeat, ServerId};
use jiff::Timestamp;
use tokio::sync::watch;

use crate::counts::since;

/// How often.
const EVERY: Duration = Duration::from_secs(15);
/// Bytes of a page of memory, as `/proc` counts.
const PAGE_BYTES: u64 = 4096;

/// What a worker did since its last sign of life.
#[derive(Debug, Default)]
pub struct Tally {
    active: AtomicU64,
    done: AtomicU64,
    failed: AtomicU64,
}

impl Tally {
    pub(crate) fn began(&self) {
        self.active.fetch_add(1, Ordering::Relaxed);
    }

    /// It ended, well or not; or it was given up, which is neither.
    pub(crate) fn ended(&self, well: Option<bool>) {
        self.active.fetch_sub(1, Ordering::Relaxed);
        match well {
            Some(true) => self.done.fetch_add(1, Ordering::Relaxed),
            Some(false) => self.failed.fetch_add(1, Ordering::Relaxed),
            None => 0,
        };
    }
}

/// A worker as the fleet sees it.
pub struct Presence {
    /// This process: another one at every start.
    pub id: WorkerId,
    /// The machine's name: a label.
    pub name: String,
    /// `cpu`, `gpu` or `cleanup`.
    pub kind: &'static str,
    /// The queues it serves.
    pub queues: Vec<String>,
    /// Jobs at one time.
    pub concurrency: usize,
    /// The tables.
    pub db: Database,
    /// What processes share through Redis, where there is one.
    pub fleet: Option<Fleet>,
    /// The time.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// What it did lately.
    pub tally: Arc<Tally>,
    /// What it builds with, where it builds.
    pub preview: Option<Arc<Preview>>,
}

impl Presence {
    /// Introduces the worker, gives signs of life until `stop` becomes true, and says goodbye.
    pub async fn keep(self, mut stop: watch::Receiver<bool>) {
        let id = ServerId(self.id.0).to_string();
        let (mut is_known, mut told) = (false, Totals::default());
        loop {
            if !is_known {
                // Again until it is heard: the database may be away at the start.
                is_known = self.introduce(&id).await;
            }
            self.give(&id, is_known).await;
            self.count(&mut told).await;
            tokio::select! {
                _ = stop.changed() => break,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        self.count(&mut told).await;
        if let Err(error) = workers::leave(&self.db, &id, self.now()).await {
            tracing::warn!(%error, "that this worker leaves was not kept");
        }
    }

    fn now(&self) -> Moment {
        moment_of((self.clock)())
    }

    async fn introduce(&self, id: &str) -> bool {
        let node = WorkerNode {
            id: id.to_owned(),
            name: self.name.clone(),
            kind: self.kind.to_owned(),
            queues: self.queues.join(","),
            concurrency: u64::try_from(self.concurrency).unwrap_or(u64::MAX),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.now(),
        };
        let introduced = workers::introduce(&self.db, &node).await;
        if let Err(error) = &introduced {
            tracing::warn!(%error, "this worker could not be introduced");
        }
        introduced.is_ok()
    }

    /// Adds what the sandbox did since it was told last.
    async fn count(&self, told: &mut Totals) {
        let Some(now) = self.preview.as_ref().map(|preview| preview.totals()) else { return };
        match counts::add(&self.db, &since(told, &now)).await {
            Ok(()) => *told = now,
            // Told with the next one.
            Err(error) => tracing::warn!(%error, "what was done was not counted"),
        }
    }

    async fn give(&self, id: &str, is_known: bool) {
        let now = self.now();
        if let Some(fleet) = &self.fleet {
            let beat = Heartbeat { kind: self.kind.to_owned(), at: now };
            if let Err(error) = fleet.beat(self.id, &beat).await {
                tracing::debug!(%error, "Redis heard no sign of life");
            }
        }
        if !is_known {
            return;
        }
        let waiting = queues::depths(&self.db).await.map(|depths| {
            let mine = depths.into_iter().filter(|depth| self.queues.contains(&depth.queue));
            mine.map(|depth| depth.waiting).sum()
        });
        let (done, failed) =
            (self.tally.done.swap(0, Ordering::Relaxed), self.tally.failed.swap(0, Ordering::Relaxed));
        let beat = WorkerBeat {
            at: now,
            cpu_load: cpu_load().unwrap_or_default(),
            gpu_load: None,
            memory_bytes: memory_bytes().unwrap_or_default(),
            queue_depth: waiting.unwrap_or_default(),
            active_jobs: self.tally.active.load(Ordering::Relaxed),
            done,
            failed,
        };
        if let Err(error) = workers::beat(&self.db, id, beat).await {
            tracing::warn!(%error, "the tables heard no sign of life");
            // Said with the next one.
            self.tally.done.fetch_add(done, Ordering::Relaxed);
            self.tally.failed.fetch_add(failed, Ordering::Relaxed);
        }
    }
}

/// Thousandths of this machine's processors that were busy in the last minute.
fn cpu_load() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    let (whole, hundredths) = text.split_whitespace().next()?.split_once('.')?;
    let thousandths = whole.parse::<u64>().ok()?.checked_mul(1000)? + hundredths.parse::<u64>().ok()? * 10;
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    thousandths.checked_div(u64::try_from(processors).ok()?)
}

/// Bytes of this process that are in memory.
fn memory_bytes() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    text.split_whitespace().nth(1)?.parse::<u64>().ok()?.checked_mul(PAGE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ended_is_counted_and_what_was_given_up_is_not() {
        let tally = Tally::default();
        for well in [Some(true), Some(true), Some(false), None] {
            tally.began();
            tally.ended(well);
        }
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        assert_eq!((read(&tally.active), read(&tally.done), read(&tally.failed)), (0, 2, 1));
    }

    #[test]
    fn this_machine_says_how_busy_it_is() {
        assert!(cpu_load().is_some());
        assert!(memory_bytes().unwrap() > 1024 * 1024);
    }
}
