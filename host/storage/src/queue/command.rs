//! What can be asked of the queue, whatever database keeps it.

use hivesync_jobs::{
    Claimed, Enqueued, Event, Job, JobId, LaneKey, Moment, NewJob, Order, Rejected, Taken, Verdict,
};
use tokio::sync::oneshot;

use super::Extended;
use crate::error::StorageError;

/// What is asked.
#[derive(Debug)]
pub(super) enum Command {
    Enqueue(NewJob, Moment),
    Claim(Order, Moment),
    Extend(Vec<Claimed>, Moment),
    Settle(Claimed, Verdict, Moment),
    Withdraw(JobId),
    Sweep(Moment),
    Rest,
    Look(JobId),
    Running(LaneKey),
}

impl Command {
    /// When its caller says that it is.
    pub(super) const fn time(&self) -> Option<Moment> {
        match self {
            Self::Enqueue(_, now)
            | Self::Claim(_, now)
            | Self::Extend(_, now)
            | Self::Settle(.., now)
            | Self::Sweep(now) => Some(*now),
            Self::Withdraw(_) | Self::Rest | Self::Look(_) | Self::Running(_) => None,
        }
    }
}

/// What is answered.
#[derive(Debug)]
pub(super) enum Answer {
    Enqueued(Enqueued),
    Taken(Taken),
    Extended(Extended),
    Settled(Result<(), Rejected>),
    Withdrawn(Result<bool, Rejected>),
    Swept(Vec<Event>),
    Rests(bool),
    Job(Option<Box<Job>>),
    Running(u32),
}

/// A command, and where its answer goes.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) command: Command,
    pub(super) reply: oneshot::Sender<Result<Answer, StorageError>>,
}
