//! What a store of jobs must do.
//!
//! Every call is one transaction: it happens whole or not at all. Times come from the
//! store's clock, which is the only one that all workers share.

use std::time::Duration;

use crate::id::{Fence, JobId, Moment, WorkerId};
use crate::job::{Job, Rejected, Verdict};
use crate::lane::{LaneKey, LaneTerms};

/// A job that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// The number it gets, if it is new.
    pub id: JobId,
    /// Whose, and in which queue.
    pub lane: LaneKey,
    /// What the tenant's tier gives it now.
    pub terms: LaneTerms,
    /// Tries in all.
    pub tries_max: u32,
    /// It wants a GPU, and does without one after this long.
    pub gpu_patience: Option<Duration>,
    /// The caller's name for this request, and the digest of its body.
    pub key: Option<(String, [u8; 32])>,
}

/// What became of a request for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enqueued {
    /// It is in the queue.
    New(JobId),
    /// It was asked for before, with the same key and body.
    Known(JobId),
    /// The key was used for another body.
    KeyReused,
}

/// What a worker can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkerClass {
    /// Anything but what wants a GPU.
    Cpu,
    /// Anything.
    Gpu,
}

/// What a worker asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Who.
    pub worker: WorkerId,
    /// What it can do.
    pub class: WorkerClass,
    /// The queue it serves.
    pub queue: String,
    /// At most this many.
    pub count: usize,
}

/// A job that a worker has now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claimed {
    /// Which.
    pub job: JobId,
    /// To be said with every word about it.
    pub fence: Fence,
}

/// What a sweep or a claim did that somebody should know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A worker was not heard of, and the job was taken from it.
    Expired(JobId),
    /// No GPU came in time, and a worker without one has the job.
    GpuFallback(JobId),
}

/// What a claim gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// The jobs, in the order of the claims.
    pub jobs: Vec<Claimed>,
    /// What happened on the way.
    pub events: Vec<Event>,
}

/// A store of jobs.
pub trait Ledger {
    /// Takes a job in, once for each key.
    fn enqueue(&mut self, job: NewJob, now: Moment) -> Enqueued;

    /// Gives ready jobs to a worker: lane by lane as they are due, the oldest of a lane
    /// first, and no more of a lane than its cap.
    fn claim(&mut self, order: &Order, now: Moment) -> Taken;

    /// Signs of life. True for a job that was withdrawn.
    fn extend(&mut self, held: &[Claimed], now: Moment) -> Vec<(JobId, Result<bool, Rejected>)>;

    /// The word on a claim.
    fn settle(&mut self, claim: Claimed, verdict: Verdict, now: Moment) -> Result<(), Rejected>;

    /// Withdraws a job. False when it is over already.
    fn withdraw(&mut self, job: JobId) -> Result<bool, Rejected>;

    /// Takes jobs from workers that were not heard of.
    fn sweep(&mut self, now: Moment) -> Vec<Event>;

    /// How a job stands.
    fn job(&self, job: JobId) -> Option<Job>;
}
