//! Both databases keep the queue as the reference in memory does.

mod postgres;
mod reference;
mod sqlite;
mod steady;

use std::sync::Arc;

use hivesync_jobs::{
    Ending, Enqueued, Event, JobId, LEASE, LaneKey, LaneTerms, Moment, NewJob, Order, Rejected, State,
    Verdict, WorkerClass, WorkerId,
};
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

/// Two processes of one queue: what one of them gave out, the other has changed since.
pub(crate) async fn heeds_what_another_process_did(here: &JobStore, there: &JobStore) {
    let claim = async |id: u128, now: Moment| {
        here.enqueue(new(id, 1), now).await.unwrap();
        here.claim(order(1), now).await.unwrap().jobs[0]
    };
    let state = async |id: u128| here.job(JobId(id)).await.unwrap().unwrap().state;
    let withdrawn = claim(1, Moment(1)).await;
    assert_eq!(there.withdraw(JobId(1)).await.unwrap(), Ok(true));
    assert_eq!(here.settle(withdrawn, Verdict::GivenBack, Moment(2)).await.unwrap(), Ok(()));
    assert_eq!(state(1).await, State::Ended(Ending::Canceled));

    let lost = claim(2, Moment(2)).await;
    let late = Moment(3).after(LEASE);
    assert_eq!(there.sweep(late).await.unwrap(), [Event::Expired(JobId(2))]);
    assert_eq!(here.extend(vec![lost], late).await.unwrap(), [(JobId(2), Err(Rejected::LeaseLost))]);
    let again = there.claim(order(1), late).await.unwrap().jobs[0];
    assert_eq!(here.settle(lost, Verdict::Succeeded, late).await.unwrap(), Err(Rejected::LeaseLost));
    assert!(matches!(state(2).await, State::Leased { .. }), "a lost word changes nothing");
    assert_eq!(there.settle(again, Verdict::Succeeded, late).await.unwrap(), Ok(()));

    // A lease that was lost takes none beside it along.
    let (lost, held) = (claim(3, late).await, claim(4, late).await);
    let later = late.after(LEASE).after(LEASE);
    assert_eq!(here.extend(vec![held], late.after(LEASE)).await.unwrap(), [(JobId(4), Ok(false))]);
    assert_eq!(there.sweep(Moment(later.0 - 1)).await.unwrap(), [Event::Expired(JobId(3))]);
    let both = here.extend(vec![lost, held], later).await.unwrap();
    assert_eq!(both, [(JobId(3), Err(Rejected::LeaseLost)), (JobId(4), Ok(false))]);
    assert_eq!(here.settle(held, Verdict::Succeeded, later).await.unwrap(), Ok(()));
    assert_eq!(here.running(new(4, 1).lane).await.unwrap(), 0, "no place is lost");
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
