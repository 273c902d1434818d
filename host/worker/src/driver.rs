//! Does what the core says, until it is told to stop.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use hivesync_jobs::{Action, Claimed, Event, Fence, JobId, Moment, Order, Taken, Verdict, WorkerCore};
use hivesync_storage::ServerId;
use hivesync_storage::sql::audit::{self, AuditEvent};
use hivesync_types::Code;
use tokio::sync::watch;
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio::time::Instant;

use crate::Worker;
use crate::build::{moment, work};
use crate::docs;
use crate::heartbeat::Presence;
use crate::map;
use crate::report::report_canceled;
use crate::runs;

/// How long to do nothing while there is work, or while nobody would ring for some; and while
/// there is none and somebody would.
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
    /// The queue that is asked first next time, so that none waits behind another for ever.
    first: usize,
    /// Nothing was there when the queues were last asked, and nobody has rung since.
    was_in_vain: bool,
}

/// Works until `stop` becomes true, then lets what runs end within the grace and gives the
/// rest back.
pub async fn run(worker: Arc<Worker>, mut stop: watch::Receiver<bool>) {
    let core = WorkerCore::new(worker.settings.concurrency);
    let bell = worker.jobs.bell().clone();
    let mut rings = bell.rings();
    let mut driver = Driver {
        core,
        worker,
        running: JoinSet::new(),
        claims: HashMap::new(),
        handles: HashMap::new(),
        farewells: JoinSet::new(),
        first: 0,
        was_in_vain: false,
    };
    let (quit, quitting) = watch::channel(false);
    let beating = tokio::spawn(presence(&driver.worker).keep(quitting));
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
        let pause = if driver.core.is_idle() && bell.hears_all() { IDLE } else { BUSY };
        tokio::select! {
            changed = stop.changed(), if last_moment.is_none() => {
                if changed.is_err() || *stop.borrow() {
                    driver.core.drain();
                    last_moment = Some(Instant::now() + driver.worker.settings.grace);
                }
            }
            Some(done) = driver.running.join_next_with_id() => driver.finished(done),
            Some(_) = driver.farewells.join_next() => {}
            true = rings.next() => driver.rung(),
            () = tokio::time::sleep(pause) => {}
        }
    }
    driver.farewells.join_all().await;
    let _ = quit.send(true);
    // A panic in there has harmed nothing but what people see.
    let _ = beating.await;
}

fn presence(worker: &Worker) -> Presence {
    Presence {
        id: worker.id,
        name: worker.settings.name.clone(),
        kind: worker.settings.kind.as_str(),
        queues: worker.settings.queues.clone(),
        concurrency: worker.settings.concurrency,
        db: worker.db.clone(),
        fleet: worker.fleet.clone(),
        clock: Arc::clone(&worker.clock),
        tally: Arc::clone(&worker.tally),
        preview: Some(Arc::clone(&worker.preview)),
    }
}

impl Driver {
    fn now(&self) -> Moment {
        moment(&self.worker)
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

    fn rung(&mut self) {
        self.was_in_vain = false;
        self.core.rung();
    }

    /// Asks the queues one after the other until there is no room left.
    async fn claim(&mut self, count: usize) {
        if self.was_in_vain && matches!(self.worker.jobs.rests().await, Ok(true)) {
            self.core.taken(&Taken::default(), self.now());
            return;
        }
        let (now, queues) = (self.now(), self.worker.settings.queues.clone());
        let mut all = Taken::default();
        for queue in queues.iter().cycle().skip(self.first).take(queues.len()) {
            let count = count.saturating_sub(all.jobs.len());
            if count == 0 {
                break;
            }
            let class = self.worker.settings.kind.class();
            let order = Order { worker: self.worker.id, class, queue: queue.clone(), count };
            match self.worker.jobs.claim(order, now).await {
                Ok(taken) => {
                    all.jobs.extend(taken.jobs);
                    all.events.extend(taken.events);
                }
                // What others gave is ours all the same.
                Err(error) if !all.jobs.is_empty() => tracing::warn!(%error, "a queue gave no answer"),
                Err(error) => return tracing::warn!(%error, "the queue gave no answer to a claim"),
            }
        }
        self.was_in_vain = all.jobs.is_empty();
        self.first = self.first.wrapping_add(1) % queues.len().max(1);
        for action in self.core.taken(&all, now) {
            // What was taken is started, or goes back with the next step.
            if let Action::Start(claim) = action {
                self.start(claim);
            }
        }
        for event in all.events {
            self.note(event).await;
        }
    }

    /// Puts on record that no GPU came in time.
    async fn note(&self, event: Event) {
        let Event::GpuFallback(job) = event else { return };
        let (now, worker) = (self.now(), ServerId(self.worker.id.0).to_string());
        let Ok(random) = (self.worker.entropy)() else { return };
        let random = u128::from_be_bytes(random.first_chunk().copied().unwrap_or_default());
        let event = AuditEvent {
            id: &ulid::Ulid::from_parts(now.0, random).to_string(),
            at: now,
            actor: Some(&worker),
            action: "job.gpu_fallback",
            subject: Some(&ServerId(job.0).to_string()),
            code: None,
            request_id: "",
        };
        if let Err(error) = audit::keep(&self.worker.db, event).await {
            tracing::warn!(%error, "that a job does without a GPU was not kept");
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
        worker.tally.began();
        let handle = self.running.spawn(async move {
            match worker.jobs.job(claim.job).await {
                Ok(Some(job)) if job.lane.queue == map::QUEUE => map::work(&worker, claim).await,
                Ok(Some(job)) if docs::QUEUES.contains(&job.lane.queue.as_str()) => {
                    docs::work(&worker, claim).await
                }
                Ok(Some(job)) if job.lane.queue == runs::QUEUE => runs::work(&worker, claim).await,
                Ok(_) => work(&worker, claim).await,
                // It is not begun: whoever takes it next looks again.
                Err(error) => Verdict::Broken(error.code()),
            }
        });
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
        self.worker.tally.ended(verdict.map(|verdict| verdict == Verdict::Succeeded));
        if let Some(verdict) = verdict {
            self.core.finished(claim, verdict);
        }
    }
}
