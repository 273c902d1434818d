//! One job and what can happen to it.
//!
//! A claim counts as a try when it is made, so that a job whose workers die ends after
//! `tries_max` of them exactly. A worker that gives a job back unharmed returns its try,
//! but not its fence.

use std::time::Duration;

use hivesync_types::Code;

use crate::backoff::backoff;
use crate::id::{Fence, JobId, Moment, WorkerId};
use crate::lane::LaneKey;

/// How long a claim is good without a heartbeat.
pub const LEASE: Duration = Duration::from_secs(10);

/// One job.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Job {
    /// Which.
    pub id: JobId,
    /// Whose, and in which queue.
    pub lane: LaneKey,
    /// Claims that may be made of it in all, those given back aside.
    pub tries_max: u32,
    /// Claims that count.
    pub tries: u32,
    /// The newest claim.
    pub fence: Fence,
    /// Until this moment only a worker with a GPU may claim it; none for any worker.
    pub gpu_until: Option<Moment>,
    /// Somebody withdrew it while it ran.
    pub withdrawn: bool,
    /// Where it stands.
    pub state: State,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// To be claimed from this moment on.
    Waiting {
        /// Not before.
        run_at: Moment,
    },
    /// A worker has it.
    Leased {
        /// Which.
        worker: WorkerId,
        /// Until then, if no heartbeat comes.
        until: Moment,
    },
    /// It is over.
    Ended(Ending),
}

/// How a job is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ending {
    /// It did what it should.
    Succeeded,
    /// By its own fault; it is not tried again.
    Failed(Code),
    /// Whoever asked withdrew it.
    Canceled,
    /// Every try was lost to something that was not its fault.
    Dead(Code),
}

/// What a worker says of a job it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Done.
    Succeeded,
    /// The job's own fault.
    Failed(Code),
    /// Not its fault: it may go better elsewhere.
    Broken(Code),
    /// Not begun, or undone whole: the worker stops.
    GivenBack,
}

/// Why a word about a job counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// There is no such job.
    #[error("there is no such job")]
    Unknown,
    /// Another claim was made since, or the job is over.
    #[error("the lease is lost")]
    LeaseLost,
}

impl Job {
    /// Whether a worker may have it now.
    pub fn is_ready(&self, has_gpu: bool, now: Moment) -> bool {
        let gpu = has_gpu || self.gpu_until.is_none_or(|until| until <= now);
        matches!(self.state, State::Waiting { run_at } if run_at <= now) && gpu
    }

    /// Gives a waiting job to a worker. The caller checked that it is ready.
    pub fn claim(&mut self, worker: WorkerId, now: Moment) -> Fence {
        self.fence = self.fence.next();
        self.tries = self.tries.saturating_add(1);
        self.state = State::Leased { worker, until: now.after(LEASE) };
        self.fence
    }

    /// A sign of life of the worker. Says whether somebody withdrew the job.
    pub fn extend(&mut self, fence: Fence, now: Moment) -> Result<bool, Rejected> {
        let worker = self.holder(fence)?;
        self.state = State::Leased { worker, until: now.after(LEASE) };
        Ok(self.withdrawn)
    }

    /// What came of a claim. A lease that has run out but that nobody swept is still good:
    /// its work is done, and nobody else has begun.
    pub fn settle(&mut self, fence: Fence, verdict: Verdict, now: Moment) -> Result<(), Rejected> {
        self.holder(fence)?;
        self.state = match verdict {
            Verdict::Succeeded => State::Ended(Ending::Succeeded),
            Verdict::Failed(code) => State::Ended(Ending::Failed(code)),
            Verdict::Broken(code) => self.after_loss(code, now.after(backoff(self.id, self.tries))),
            Verdict::GivenBack => {
                self.tries = self.tries.saturating_sub(1);
                if self.withdrawn { State::Ended(Ending::Canceled) } else { State::Waiting { run_at: now } }
            }
        };
        Ok(())
    }

    /// Takes the job from a worker that was not heard of for too long. True when it did.
    pub fn expire(&mut self, now: Moment) -> bool {
        let is_late = matches!(self.state, State::Leased { until, .. } if until < now);
        if is_late {
            // At once: it has waited for the end of its lease.
            self.state = self.after_loss(Code::HostRunnerLost, now);
        }
        is_late
    }

    /// Whoever asked withdraws it. A running one ends with its worker's next word, or with
    /// its lease. False when it is over already.
    pub fn withdraw(&mut self) -> bool {
        match self.state {
            State::Ended(_) => return false,
            State::Leased { .. } => self.withdrawn = true,
            State::Waiting { .. } => self.state = State::Ended(Ending::Canceled),
        }
        true
    }

    /// A moment that has been, because the job stands as it does: whoever put it there was not earlier.
    /// None for one that is over. A clock that begins there or later has nobody wait longer than the
    /// rules say, however far the clock before it was ahead.
    pub fn seen_at(&self) -> Option<Moment> {
        match self.state {
            State::Waiting { run_at } if self.tries == 0 => Some(run_at),
            State::Waiting { run_at } => Some(run_at.before(backoff(self.id, self.tries))),
            State::Leased { until, .. } => Some(until.before(LEASE)),
            State::Ended(_) => None,
        }
    }

    fn holder(&self, fence: Fence) -> Result<WorkerId, Rejected> {
        match self.state {
            State::Leased { worker, .. } if fence == self.fence => Ok(worker),
            _ => Err(Rejected::LeaseLost),
        }
    }

    fn after_loss(&self, code: Code, run_at: Moment) -> State {
        if self.withdrawn {
            State::Ended(Ending::Canceled)
        } else if self.tries >= self.tries_max {
            State::Ended(Ending::Dead(code))
        } else {
            State::Waiting { run_at }
        }
    }
}
