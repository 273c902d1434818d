//! Both databases keep the queue as the reference in memory does.

mod postgres;
mod reference;
mod sqlite;

use hivesync_jobs::{JobId, LaneKey, LaneTerms, NewJob, Order, WorkerClass, WorkerId};

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
