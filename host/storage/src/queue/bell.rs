//! Rings when there may be work.
//!
//! Nothing depends on it but how soon a job begins: whoever waits looks by itself, four times
//! a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::watch;

use super::command::Answer;

/// One bell, shared by all who ring it and all who listen.
#[derive(Debug, Clone)]
pub struct Bell {
    /// What this process put into the queue.
    here: watch::Sender<u64>,
    /// That, and what others did.
    anywhere: watch::Sender<u64>,
    /// Ways on which the rings of all who put something into the queue are heard now.
    ears: Arc<AtomicU32>,
}

/// A way on which everybody's rings are heard, until it is dropped.
#[derive(Debug)]
pub(crate) struct Ear(Arc<AtomicU32>);

impl Drop for Ear {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Listens to a bell. Rings that nobody waited for are one ring.
#[derive(Debug)]
pub struct Rings(watch::Receiver<u64>);

impl Rings {
    /// Waits for a ring since the last one. False when nobody can ring any more.
    pub async fn next(&mut self) -> bool {
        self.0.changed().await.is_ok()
    }
}

impl Bell {
    /// Of a queue that this process alone puts jobs into, or of one that it shares.
    pub(super) fn new(is_alone: bool) -> Self {
        let ears = Arc::new(AtomicU32::new(u32::from(is_alone)));
        Self { here: watch::Sender::new(0), anywhere: watch::Sender::new(0), ears }
    }

    /// Whether every job that comes is rung for now. Who is not told has to look four times a
    /// second.
    pub fn hears_all(&self) -> bool {
        self.ears.load(Ordering::Relaxed) > 0
    }

    /// Everybody's rings are heard from now on.
    pub(crate) fn listen(&self) -> Ear {
        self.ears.fetch_add(1, Ordering::Relaxed);
        Ear(Arc::clone(&self.ears))
    }

    /// Every ring, from wherever.
    pub fn rings(&self) -> Rings {
        Rings(self.anywhere.subscribe())
    }

    /// The rings that others have to be told of.
    pub(crate) fn rings_here(&self) -> Rings {
        Rings(self.here.subscribe())
    }

    /// Somebody else put something into the queue.
    pub(crate) fn ring_from_elsewhere(&self) {
        self.anywhere.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Rings when what these say may have left a job to be claimed, or made room for one.
    pub(super) fn ring_for(&self, done: &[Answer]) {
        let leaves_work = |answer: &Answer| match answer {
            Answer::Enqueued(_) | Answer::Settled(_) => true,
            Answer::Swept(events) => !events.is_empty(),
            _ => false,
        };
        if done.iter().any(leaves_work) {
            self.here.send_modify(|count| *count = count.wrapping_add(1));
            self.ring_from_elsewhere();
        }
    }
}

#[cfg(test)]
mod tests {
    use hivesync_jobs::{Event, JobId};

    use super::*;

    #[test]
    fn a_sweep_that_found_nothing_rings_for_nobody() {
        let bell = Bell::new(true);
        let (here, anywhere) = (bell.rings_here(), bell.rings());
        let has_rung = || (here.0.has_changed().unwrap(), anywhere.0.has_changed().unwrap());
        bell.ring_for(&[Answer::Swept(Vec::new()), Answer::Rests(true)]);
        assert_eq!(has_rung(), (false, false));
        bell.ring_for(&[Answer::Swept(vec![Event::Expired(JobId(1))])]);
        assert_eq!(has_rung(), (true, true));
    }
}
