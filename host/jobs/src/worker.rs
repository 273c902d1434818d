//! What a worker does next.
//!
//! Whoever drives it tells it what happened and does what it says. It sends a verdict
//! again until the store has answered, so a store that is away for a while loses nothing;
//! it stops work whose lease it lost, because somebody else has it. Its own clock says only how
//! long ago something was, and may be wrong or set anew at any time.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::id::{Fence, JobId, Moment};
use crate::job::{Rejected, Verdict};
use crate::ledger::{Claimed, Taken};

/// How often a worker gives a sign of life: three in each lease, with time to spare.
pub const HEARTBEAT: Duration = Duration::from_millis(3300);
/// How often it asks for work while there is none and nobody rings.
const POLL: Duration = Duration::from_millis(250);
/// How long it waits for an answer of the store before it asks again.
const PATIENCE: Duration = Duration::from_secs(1);

/// To be done by whoever drives the worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Ask the store for at most this many jobs.
    Claim(usize),
    /// Tell the store that these are alive.
    Extend(Vec<Claimed>),
    /// Tell the store what came of a claim.
    Settle(Claimed, Verdict),
    /// Begin the work.
    Start(Claimed),
    /// Stop the work; nobody wants it any more.
    Abort(Claimed),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Running,
    /// Work is over; the store has not answered yet.
    Settling {
        verdict: Verdict,
        asked: Option<Moment>,
    },
}

/// One worker, by what it knows.
#[derive(Debug, Clone)]
pub struct WorkerCore {
    concurrency: usize,
    held: BTreeMap<(JobId, Fence), Held>,
    /// Since when a claim is on its way.
    claiming: Option<Moment>,
    claim_at: Moment,
    extend_at: Moment,
    stopping: bool,
}

impl WorkerCore {
    /// A worker that does this many jobs at a time.
    pub fn new(concurrency: usize) -> Self {
        Self {
            concurrency,
            held: BTreeMap::new(),
            claiming: None,
            claim_at: Moment::default(),
            extend_at: Moment::default(),
            stopping: false,
        }
    }

    /// What is to be done now.
    pub fn step(&mut self, now: Moment) -> Vec<Action> {
        let mut actions = Vec::new();
        for (claim, held) in &mut self.held {
            if let Held::Settling { verdict, asked } = held
                && asked.is_none_or(|asked| has_come(asked.after(PATIENCE), PATIENCE, now))
            {
                *asked = Some(now);
                actions.push(Action::Settle(claimed(*claim), *verdict));
            }
        }
        if has_come(self.extend_at, HEARTBEAT, now) && !self.held.is_empty() {
            self.extend_at = now.after(HEARTBEAT);
            actions.push(Action::Extend(self.held.keys().copied().map(claimed).collect()));
        }
        let free = self.concurrency.saturating_sub(self.held.len());
        let is_unanswered = |since: Moment| has_come(since.after(PATIENCE), PATIENCE, now);
        let is_due = has_come(self.claim_at, POLL, now) && self.claiming.is_none_or(is_unanswered);
        if !self.stopping && free > 0 && is_due {
            self.claiming = Some(now);
            actions.push(Action::Claim(free));
        }
        actions
    }

    /// The store gave these jobs. An answer that comes when nobody waits for it any more,
    /// or in greater number than there is room, is taken all the same, and what cannot be
    /// done goes back: the jobs are leased to this worker either way.
    pub fn taken(&mut self, taken: &Taken, now: Moment) -> Vec<Action> {
        self.claiming = None;
        if taken.jobs.is_empty() {
            self.claim_at = now.after(POLL);
        }
        let mut actions = Vec::new();
        for claim in &taken.jobs {
            if self.held.contains_key(&(claim.job, claim.fence)) {
                continue;
            }
            let room = self.held.len() < self.concurrency && !self.stopping;
            let held = if room {
                Held::Running
            } else {
                Held::Settling { verdict: Verdict::GivenBack, asked: None }
            };
            self.held.insert((claim.job, claim.fence), held);
            actions.extend(room.then_some(Action::Start(*claim)));
        }
        actions
    }

    /// Somebody rang: there may be work.
    pub fn rung(&mut self) {
        self.claim_at = Moment::default();
    }

    /// Work is over.
    pub fn finished(&mut self, claim: Claimed, verdict: Verdict) {
        if let Some(held) = self.held.get_mut(&(claim.job, claim.fence)) {
            *held = Held::Settling { verdict, asked: None };
        }
    }

    /// What the store said to signs of life: what is lost or withdrawn is stopped.
    pub fn extended(&mut self, job: JobId, fence: Fence, answer: Result<bool, Rejected>) -> Option<Action> {
        let claim = Claimed { job, fence };
        let held = self.held.get(&(job, fence))?;
        match (answer, held) {
            (Ok(false), _) | (Ok(true), Held::Settling { .. }) => None,
            (Ok(true), Held::Running) => {
                // Undone whole, so that the store can end it.
                self.finished(claim, Verdict::GivenBack);
                Some(Action::Abort(claim))
            }
            (Err(_), held) => {
                let running = *held == Held::Running;
                self.held.remove(&(job, fence));
                running.then_some(Action::Abort(claim))
            }
        }
    }

    /// The store took the verdict, or said that it counts for nothing; either way it is over.
    pub fn settled(&mut self, claim: Claimed) {
        self.held.remove(&(claim.job, claim.fence));
    }

    /// No new work; what runs may end.
    pub const fn drain(&mut self) {
        self.stopping = true;
    }

    /// The grace is over: what still runs goes back.
    pub fn give_back(&mut self) -> Vec<Action> {
        self.stopping = true;
        let mut aborted = Vec::new();
        for (claim, held) in &mut self.held {
            if *held == Held::Running {
                *held = Held::Settling { verdict: Verdict::GivenBack, asked: None };
                aborted.push(Action::Abort(claimed(*claim)));
            }
        }
        aborted
    }

    /// Nothing is held: a worker that drains may leave.
    pub fn is_idle(&self) -> bool {
        self.held.is_empty()
    }
}

/// Whether a time that lay at most `ahead` before us when it was set has come. When it lies further
/// away, the clock was set back since, and to wait for it would be to fall silent.
fn has_come(at: Moment, ahead: Duration, now: Moment) -> bool {
    at <= now || now.after(ahead) < at
}

const fn claimed((job, fence): (JobId, Fence)) -> Claimed {
    Claimed { job, fence }
}
