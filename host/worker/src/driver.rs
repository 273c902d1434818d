//! Does what the core says, until it is told to stop.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hivesync_jobs::{Action, Claimed, Fence, JobId, Moment, Order, Verdict, WorkerClass, WorkerCore};
use hivesync_types::Code;
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::Worker;
use crate::build::work;
use crate::report::report_canceled;

/// The queue of previews.
const QUEUE: &str = "preview_build";
/// How long to do nothing while there is work, and while there is none and nobody rings.
const BUSY: Duration = Duration::from_millis(250);
const IDLE: Duration = Duration::from_secs(1);

struct Driver {
    worker: Arc<Worker>,
    core: WorkerCore,
    running: JoinSet<Verdict>,
    claims: HashMap<Id, Claimed>,
    handles: HashMap<(JobId, Fence), AbortHandle>,
    /// Reports of jobs that were withdrawn.
    farewells: JoinSet<()>,
}

/// Works until `stop` becomes true, then lets what runs end within the grace and gives the
/// rest back.
pub async fn run(worker: Arc<Worker>, bell: Arc<Notify>, mut stop: watch::Receiver<bool>) {
    let core = WorkerCore::new(worker.settings.concurrency);
    let mut driver = Driver {
        core,
        worker,
        running: JoinSet::new(),
        claims: HashMap::new(),
        handles: HashMap::new(),
        farewells: JoinSet::new(),
    };
    let mut last_moment = None;
    loop {
        driver.step().await;
        if last_moment.is_some() && driver.core.is_idle() {
            break;
        }
        if last_moment.is_some_and(|last| Instant::now() >= last) {
            for action in driver.core.give_back() {
                driver.perform(action).await;
            }
        }
        let pause = if driver.core.is_idle() { IDLE } else { BUSY };
        tokio::select! {
            changed = stop.changed(), if last_moment.is_none() => {
                if changed.is_err() || *stop.borrow() {
                    driver.core.drain();
                    last_moment = Some(Instant::now() + driver.worker.settings.grace);
                }
            }
            Some(done) = driver.running.join_next_with_id() => driver.finished(done),
            Some(_) = driver.farewells.join_next() => {}
            () = bell.notified() => driver.core.rung(),
            () = tokio::time::sleep(pause) => {}
        }
    }
    driver.farewells.join_all().await;
}

impl Driver {
    fn now(&self) -> Moment {
        Moment(u64::try_from((self.worker.clock)().as_millisecond()).unwrap_or_default())
    }

    async fn step(&mut self) {
        for action in self.core.step(self.now()) {
            self.perform(action).await;
        }
    }

    async fn perform(&mut self, action: Action) {
        match action {
            Action::Claim(count) => self.claim(count).await,
            Action::Extend(held) => self.extend(held).await,
            Action::Settle(claim, verdict) => self.settle(claim, verdict).await,
            Action::Start(claim) => self.start(claim),
            Action::Abort(claim) => self.abort(claim),
        }
    }

    async fn claim(&mut self, count: usize) {
        let order = Order { worker: self.worker.id, class: WorkerClass::Cpu, queue: QUEUE.to_owned(), count };
        let now = self.now();
        match self.worker.jobs.claim(order, now).await {
            Ok(taken) => {
                for action in self.core.taken(&taken, now) {
                    // What was taken is started, or goes back with the next step.
                    if let Action::Start(claim) = action {
                        self.start(claim);
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "the queue gave no answer to a claim"),
        }
    }

    async fn extend(&mut self, held: Vec<Claimed>) {
        let answers = match self.worker.jobs.extend(held.clone(), self.now()).await {
            Ok(answers) => answers,
            Err(error) => return tracing::warn!(%error, "the queue gave no answer to a sign of life"),
        };
        for (claim, (job, answer)) in held.into_iter().zip(answers) {
            let withdrawn = answer == Ok(true);
            if let Some(Action::Abort(claim)) = self.core.extended(job, claim.fence, answer) {
                self.abort(claim);
                if withdrawn {
                    let worker = Arc::clone(&self.worker);
                    self.farewells.spawn(async move { report_canceled(&worker, claim).await });
                }
            }
        }
    }

    async fn settle(&mut self, claim: Claimed, verdict: Verdict) {
        match self.worker.jobs.settle(claim, verdict, self.now()).await {
            // Taken, or worth nothing any more; either way there is no more to say.
            Ok(_) => self.core.settled(claim),
            Err(error) => tracing::warn!(%error, "the queue gave no answer to a verdict"),
        }
    }

    fn start(&mut self, claim: Claimed) {
        let worker = Arc::clone(&self.worker);
        let handle = self.running.spawn(async move { work(&worker, claim).await });
        self.claims.insert(handle.id(), claim);
        self.handles.insert((claim.job, claim.fence), handle);
    }

    /// Dropping a build is what ends it: runners die and its folder goes.
    fn abort(&mut self, claim: Claimed) {
        if let Some(handle) = self.handles.remove(&(claim.job, claim.fence)) {
            handle.abort();
        }
    }

    fn finished(&mut self, done: Result<(Id, Verdict), JoinError>) {
        let (id, verdict) = match done {
            Ok((id, verdict)) => (id, Some(verdict)),
            Err(error) => (error.id(), error.is_panic().then_some(Verdict::Broken(Code::HostInternal))),
        };
        let Some(claim) = self.claims.remove(&id) else { return };
        self.handles.remove(&(claim.job, claim.fence));
        if let Some(verdict) = verdict {
            self.core.finished(claim, verdict);
        }
    }
}
