//! From the call that puts a job in to the claim that gives it out, while nothing else happens.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hivesync_jobs::{LaneTerms, Verdict};
use hivesync_storage::{Clock, JobStore};

use crate::load::{Lane, job, now, order, percentile};
use crate::{Bench, say};

const JOBS: u64 = 300;
/// Quiet between two jobs.
const PAUSE: Duration = Duration::from_millis(10);
/// A worker that nobody rings for looks by itself.
const POLL: Duration = Duration::from_millis(250);

pub(crate) async fn measure(bench: &Bench) -> Result<()> {
    eprintln!("bench: a job at a time");
    let url = bench.database("idle").await?;
    let here = Arc::new(JobStore::postgres(&url, Clock::Database).await?);
    let there = Arc::new(JobStore::postgres(&url, Clock::Database).await?);
    times(here, there, "idle PostgreSQL").await?;
    let folder = tempfile::tempdir_in(&bench.folder)?;
    let store = Arc::new(JobStore::open(&folder.path().join("queue.db")).await?);
    times(Arc::clone(&store), store, "idle embedded").await
}

async fn times(here: Arc<JobStore>, there: Arc<JobStore>, name: &str) -> Result<()> {
    let (begin, mut begins) = tokio::sync::mpsc::channel(1);
    let worker = tokio::spawn(async move {
        let mut rings = there.bell().rings();
        for _ in 0..JOBS {
            let claim = loop {
                let taken = there.claim(order(1, 1), now()).await?;
                if let Some(claim) = taken.jobs.first() {
                    break *claim;
                }
                tokio::select! { _ = rings.next() => {}, () = tokio::time::sleep(POLL) => {} }
            };
            begin.send(Instant::now()).await?;
            there.settle(claim, Verdict::Succeeded, now()).await??;
        }
        Ok::<_, anyhow::Error>(())
    });
    let mut times = Vec::new();
    for number in 0..JOBS {
        tokio::time::sleep(PAUSE).await;
        let asked = Instant::now();
        let lane = Lane { tenant: 1, terms: LaneTerms { weight: 1, cap: 10 } };
        here.enqueue(job(number, lane), now()).await?;
        let begun = begins.recv().await.context("the worker is gone")?;
        times.push(begun.saturating_duration_since(asked));
    }
    worker.await??;
    say(&format!("{name}: p50, ms"), percentile(&times, 50) * 1e3);
    say(&format!("{name}: P99, ms"), percentile(&times, 99) * 1e3);
    Ok(())
}
