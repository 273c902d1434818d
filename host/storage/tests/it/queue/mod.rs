//! Both databases keep the queue as the reference in memory does.

mod postgres;
mod reference;
mod sqlite;

use std::sync::Arc;

use hivesync_jobs::{Enqueued, JobId, LaneKey, LaneTerms, Moment, NewJob, Order, WorkerClass, WorkerId};
use hivesync_storage::JobStore;
use hivesync_types::Code;
use tokio::task::JoinSet;

pub(crate) fn new(id: u128, tenant: u64) -> NewJob {
    NewJob {
        id: JobId(id),
        lane: LaneKey { queue: "q".to_owned(), tenant },
        terms: LaneTerms { weight: 1, cap: 2 },
        tries_max: 3,
        gpu_patience: None,
        key: None,
    }
}

pub(crate) fn order(count: usize) -> Order {
    Order { worker: WorkerId(7), class: WorkerClass::Cpu, queue: "q".to_owned(), count }
}

/// Of a thousand answers to one request, one made the job and all others name it.
pub(crate) fn one_was_new(answers: &[Enqueued]) {
    let made: Vec<JobId> = answers
        .iter()
        .filter_map(|answer| match answer {
            Enqueued::New(id) => Some(*id),
            _ => None,
        })
        .collect();
    assert_eq!(made.len(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Enqueued::Known(made[0])).count(), 999);
}

/// Asks for five jobs at one time, of which two cannot be.
pub(crate) async fn refuses_two_of_five(store: &Arc<JobStore>) {
    store.enqueue(new(5, 1), Moment(1)).await.unwrap();
    let mut asking = JoinSet::new();
    // Number 5 is taken already, and a tenant that large does not fit.
    for (id, tenant) in [(1, 1), (5, 1), (2, 1), (3, u64::MAX), (4, 1)] {
        let store = Arc::clone(store);
        asking.spawn(async move { (id, store.enqueue(new(id, tenant), Moment(1)).await) });
    }
    for (id, answer) in asking.join_all().await {
        match id {
            5 => assert_eq!(answer.unwrap_err().code(), Code::HostStorage),
            3 => assert_eq!(answer.unwrap_err().code(), Code::HostInternal),
            _ => assert_eq!(answer.unwrap(), Enqueued::New(JobId(id))),
        }
    }
    assert!(store.job(JobId(3)).await.unwrap().is_none());
}
