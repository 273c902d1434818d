//! One rule a test: fairness, caps, keys, GPUs, leases.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::time::Duration;

use hivesync_jobs::{
    Action, Claimed, Ending, Enqueued, Event, JobId, LEASE, LaneKey, LaneTerms, Ledger, MemoryLedger, Moment,
    NewJob, Order, Rejected, State, Taken, Verdict, WorkerClass, WorkerCore, WorkerId,
};
use hivesync_types::Code;
use proptest::prelude::*;

const NOW: Moment = Moment(1_000_000);

fn new(id: u128, tenant: u64, weight: u32, cap: u32) -> NewJob {
    NewJob {
        id: JobId(id),
        lane: LaneKey { queue: "q".to_owned(), tenant },
        terms: LaneTerms { weight, cap },
        tries_max: 3,
        gpu_patience: None,
        key: None,
    }
}

fn order(class: WorkerClass, count: usize) -> Order {
    Order { worker: WorkerId(1), class, queue: "q".to_owned(), count }
}

fn claim(ledger: &mut MemoryLedger, count: usize, now: Moment) -> Vec<Claimed> {
    ledger.claim(&order(WorkerClass::Cpu, count), now).jobs
}

fn tenant(ledger: &MemoryLedger, claim: &Claimed) -> u64 {
    ledger.job(claim.job).unwrap().lane.tenant
}

#[test]
fn tenants_that_all_wait_are_served_by_their_weights() {
    let mut ledger = MemoryLedger::new();
    for id in 0..300 {
        ledger.enqueue(new(3 * id, 1, 1, 1000), NOW);
        ledger.enqueue(new(3 * id + 1, 2, 4, 1000), NOW);
        ledger.enqueue(new(3 * id + 2, 3, 8, 1000), NOW);
    }
    let mut served = [0; 4];
    for claim in claim(&mut ledger, 130, NOW) {
        served[usize::try_from(tenant(&ledger, &claim)).unwrap()] += 1;
    }
    assert_eq!(served, [0, 10, 40, 80]);
}

#[test]
fn a_tenant_that_was_idle_comes_back_without_credit() {
    let mut ledger = MemoryLedger::new();
    // One was here before, the other never.
    ledger.enqueue(new(2000, 2, 1, 1000), NOW);
    let early = claim(&mut ledger, 1, NOW)[0];
    ledger.settle(early, Verdict::Succeeded, NOW).unwrap();
    for id in 0..1000 {
        ledger.enqueue(new(id, 1, 1, 1000), NOW);
    }
    claim(&mut ledger, 500, NOW);
    for id in 1000..1100 {
        ledger.enqueue(new(id, 2, 1, 1000), NOW);
        ledger.enqueue(new(id + 100, 3, 1, 1000), NOW);
    }
    let served: Vec<u64> = claim(&mut ledger, 60, NOW).iter().map(|claim| tenant(&ledger, claim)).collect();
    for tenant in [2, 3] {
        let count = served.iter().filter(|served| **served == tenant).count();
        assert!((19..=21).contains(&count), "{served:?}");
    }
}

#[test]
fn a_cap_holds_whatever_waits_and_a_finished_job_makes_room() {
    let mut ledger = MemoryLedger::new();
    for id in 0..5 {
        ledger.enqueue(new(id, 1, 8, 2), NOW);
    }
    let running = claim(&mut ledger, 10, NOW);
    assert_eq!(running.len(), 2);
    assert_eq!(claim(&mut ledger, 10, NOW), []);
    ledger.settle(running[0], Verdict::Succeeded, NOW).unwrap();
    assert_eq!(claim(&mut ledger, 10, NOW).len(), 1);
}

#[test]
fn a_request_with_a_key_is_taken_once_and_its_key_is_its_own() {
    let mut ledger = MemoryLedger::new();
    let keyed =
        |id, tenant, body| NewJob { key: Some(("k".to_owned(), [body; 32])), ..new(id, tenant, 1, 1) };
    assert_eq!(ledger.enqueue(keyed(1, 1, 0), NOW), Enqueued::New(JobId(1)));
    assert_eq!(ledger.enqueue(keyed(2, 1, 0), NOW), Enqueued::Known(JobId(1)));
    assert_eq!(ledger.enqueue(keyed(3, 1, 9), NOW), Enqueued::KeyReused);
    // Another tenant's key of the same name is another key.
    assert_eq!(ledger.enqueue(keyed(4, 2, 9), NOW), Enqueued::New(JobId(4)));
    assert_eq!(ledger.jobs().count(), 2);
}

#[test]
fn a_job_that_wants_a_gpu_waits_for_one_and_then_does_without() {
    let mut ledger = MemoryLedger::new();
    let patience = Duration::from_secs(30);
    ledger.enqueue(NewJob { gpu_patience: Some(patience), ..new(1, 1, 1, 5) }, NOW);
    ledger.enqueue(NewJob { gpu_patience: Some(patience), ..new(2, 1, 1, 5) }, NOW);
    ledger.enqueue(new(3, 1, 1, 5), NOW);
    // A job behind it is not held up.
    assert_eq!(claim(&mut ledger, 5, NOW).iter().map(|claim| claim.job).collect::<Vec<_>>(), [JobId(3)]);
    let gpu = ledger.claim(&order(WorkerClass::Gpu, 1), NOW);
    assert_eq!((gpu.jobs[0].job, gpu.events.len()), (JobId(1), 0));
    let late = ledger.claim(&order(WorkerClass::Cpu, 5), NOW.after(patience));
    assert_eq!((late.jobs[0].job, late.events), (JobId(2), vec![Event::GpuFallback(JobId(2))]));
}

#[test]
fn a_lease_ends_without_a_heartbeat_and_not_with_one() {
    let mut ledger = MemoryLedger::new();
    ledger.enqueue(new(1, 1, 1, 1), NOW);
    let held = claim(&mut ledger, 1, NOW);
    let end = NOW.after(LEASE);
    assert_eq!(ledger.sweep(end), []);
    assert_eq!(ledger.extend(&held, end), [(JobId(1), Ok(false))]);
    assert_eq!(ledger.sweep(end.after(LEASE)), []);
    let late = end.after(LEASE + Duration::from_millis(1));
    assert_eq!(ledger.sweep(late), [Event::Expired(JobId(1))]);
    assert_eq!(ledger.extend(&held, late), [(JobId(1), Err(Rejected::LeaseLost))]);
    assert_eq!(ledger.settle(held[0], Verdict::Succeeded, late), Err(Rejected::LeaseLost));
    // The next worker need not wait as after a failure.
    assert_eq!(ledger.job(JobId(1)).unwrap().state, State::Waiting { run_at: late });
}

#[test]
fn a_job_says_a_moment_that_has_been_however_it_stands() {
    let mut ledger = MemoryLedger::new();
    let seen = |ledger: &MemoryLedger| ledger.job(JobId(1)).unwrap().seen_at();
    ledger.enqueue(new(1, 1, 1, 1), NOW);
    assert_eq!(seen(&ledger), Some(NOW));
    let later = NOW.after(Duration::from_secs(3600));
    let held = claim(&mut ledger, 1, later);
    assert_eq!(seen(&ledger), Some(later));
    // Waiting after a failure, it is due later than what has been.
    ledger.settle(held[0], Verdict::Broken(Code::HostRunnerLost), later).unwrap();
    assert_eq!(seen(&ledger), Some(later));
    let last = later.after(Duration::from_secs(3600));
    let held = claim(&mut ledger, 1, last);
    ledger.settle(held[0], Verdict::GivenBack, last).unwrap();
    assert!(seen(&ledger).is_some_and(|seen| later < seen && seen <= last));
    ledger.withdraw(JobId(1)).unwrap();
    assert_eq!(seen(&ledger), None, "one that is over says nothing");
}

#[test]
fn a_job_of_its_own_fault_is_not_tried_again_and_another_is_until_its_tries_are_used() {
    let mut ledger = MemoryLedger::new();
    ledger.enqueue(new(1, 1, 1, 2), NOW);
    ledger.enqueue(new(2, 1, 1, 2), NOW);
    let held = claim(&mut ledger, 2, NOW);
    ledger.settle(held[0], Verdict::Failed(Code::PreviewBuildFailed), NOW).unwrap();
    assert_eq!(ledger.job(JobId(1)).unwrap().state, State::Ended(Ending::Failed(Code::PreviewBuildFailed)));
    let mut now = NOW;
    let mut last = held[1];
    for _ in 1..3 {
        ledger.settle(last, Verdict::Broken(Code::HostStorage), now).unwrap();
        now = now.after(Duration::from_secs(60));
        last = claim(&mut ledger, 1, now)[0];
    }
    ledger.settle(last, Verdict::Broken(Code::HostStorage), now).unwrap();
    assert_eq!(ledger.job(JobId(2)).unwrap().state, State::Ended(Ending::Dead(Code::HostStorage)));
}

#[test]
fn giving_back_costs_no_try_but_the_old_claim_is_worth_nothing() {
    let mut ledger = MemoryLedger::new();
    ledger.enqueue(new(1, 1, 1, 1), NOW);
    for round in 1..20 {
        let held = claim(&mut ledger, 1, NOW)[0];
        assert_eq!(held.fence.0, round);
        ledger.settle(held, Verdict::GivenBack, NOW).unwrap();
        assert_eq!(ledger.settle(held, Verdict::Succeeded, NOW), Err(Rejected::LeaseLost));
    }
    assert_eq!(ledger.job(JobId(1)).unwrap().tries, 0);
}

#[test]
fn a_withdrawn_job_never_starts_and_a_running_one_is_stopped() {
    let mut ledger = MemoryLedger::new();
    ledger.enqueue(new(1, 1, 1, 2), NOW);
    ledger.enqueue(new(2, 1, 1, 2), NOW);
    let held = claim(&mut ledger, 1, NOW);
    assert_eq!(ledger.withdraw(JobId(2)), Ok(true));
    assert_eq!(claim(&mut ledger, 1, NOW), []);
    assert_eq!(ledger.withdraw(JobId(1)), Ok(true));
    assert_eq!(ledger.extend(&held, NOW), [(JobId(1), Ok(true))]);
    ledger.settle(held[0], Verdict::GivenBack, NOW).unwrap();
    for id in [1, 2] {
        assert_eq!(ledger.job(JobId(id)).unwrap().state, State::Ended(Ending::Canceled));
        assert_eq!(ledger.withdraw(JobId(id)), Ok(false));
    }
    assert_eq!(ledger.withdraw(JobId(3)), Err(Rejected::Unknown));
}

#[test]
fn a_worker_repeats_its_word_until_the_store_has_heard_it() {
    let mut worker = WorkerCore::new(1);
    assert_eq!(worker.step(NOW), [Action::Claim(1)]);
    let claim = Claimed { job: JobId(1), fence: hivesync_jobs::Fence(1) };
    let taken = Taken { jobs: vec![claim], events: Vec::new() };
    assert_eq!(worker.taken(&taken, NOW), [Action::Start(claim)]);
    worker.finished(claim, Verdict::Succeeded);
    let settle = Action::Settle(claim, Verdict::Succeeded);
    for second in 0..5 {
        let now = NOW.after(Duration::from_secs(second));
        assert!(worker.step(now).contains(&settle), "at {second}");
        assert!(!worker.step(now).contains(&settle));
    }
    worker.settled(claim);
    assert!(worker.is_idle());
}

#[test]
fn a_worker_whose_clock_is_set_back_asks_and_gives_signs_of_life_all_the_same() {
    let (late, early) = (Moment(10_000_000), Moment(1_000_000));
    let mut worker = WorkerCore::new(2);
    let held = Claimed { job: JobId(1), fence: hivesync_jobs::Fence(1) };
    worker.taken(&Taken { jobs: vec![held], events: Vec::new() }, late);
    assert_eq!(worker.step(late), [Action::Extend(vec![held]), Action::Claim(1)]);
    // Nobody answered, and the times that it waits for lie hours ahead now.
    assert_eq!(worker.step(early), [Action::Extend(vec![held]), Action::Claim(1)]);
    worker.taken(&Taken::default(), late);
    assert_eq!(worker.step(early), [Action::Claim(1)]);
    worker.finished(held, Verdict::Succeeded);
    let settle = Action::Settle(held, Verdict::Succeeded);
    assert!(worker.step(late).contains(&settle));
    assert_eq!(worker.step(early)[0], settle);
    // As long as it goes on as it should, it is as patient as ever.
    assert_eq!(worker.step(early.after(Duration::from_millis(1))), []);
}

#[test]
fn a_worker_stops_what_it_lost_or_what_nobody_wants() {
    let mut worker = WorkerCore::new(2);
    let claims = [1, 2].map(|id| Claimed { job: JobId(id), fence: hivesync_jobs::Fence(1) });
    worker.taken(&Taken { jobs: claims.to_vec(), events: Vec::new() }, NOW);
    let [lost, unwanted] = claims;
    let answer = worker.extended(lost.job, lost.fence, Err(Rejected::LeaseLost));
    assert_eq!(answer, Some(Action::Abort(lost)));
    assert_eq!(worker.extended(unwanted.job, unwanted.fence, Ok(true)), Some(Action::Abort(unwanted)));
    let said = worker.step(NOW);
    assert!(said.contains(&Action::Settle(unwanted, Verdict::GivenBack)), "{said:?}");
    assert!(said.contains(&Action::Extend(vec![unwanted])), "{said:?}");
}

#[test]
fn a_worker_that_stops_asks_for_nothing_and_gives_back_what_it_holds() {
    let mut worker = WorkerCore::new(2);
    worker.step(NOW);
    let claim = Claimed { job: JobId(1), fence: hivesync_jobs::Fence(1) };
    worker.taken(&Taken { jobs: vec![claim], events: Vec::new() }, NOW);
    worker.drain();
    assert_eq!(worker.step(NOW), [Action::Extend(vec![claim])]);
    assert_eq!(worker.give_back(), [Action::Abort(claim)]);
    assert_eq!(worker.step(NOW), [Action::Settle(claim, Verdict::GivenBack)]);
    // An answer to an earlier question still counts: its jobs are leased to this worker.
    let other = Claimed { job: JobId(2), fence: hivesync_jobs::Fence(1) };
    assert_eq!(worker.taken(&Taken { jobs: vec![other], events: Vec::new() }, NOW), []);
    assert_eq!(worker.step(NOW), [Action::Settle(other, Verdict::GivenBack)]);
}

proptest! {
    /// Whatever the weights, no tenant that waits is passed over for long.
    #[test]
    fn nobody_starves(weights in prop::collection::vec(1_u32..=8, 2..6)) {
        let mut ledger = MemoryLedger::new();
        let sum: u32 = weights.iter().sum();
        let mut id = 0;
        for (tenant, weight) in (0..).zip(&weights) {
            for _ in 0..2 * sum {
                ledger.enqueue(new(id, tenant, *weight, u32::MAX), NOW);
                id += 1;
            }
        }
        let count = usize::try_from(sum).unwrap();
        let first = claim(&mut ledger, count + weights.len(), NOW);
        for (tenant, weight) in (0..).zip(&weights) {
            let served = first.iter().filter(|claim| self::tenant(&ledger, claim) == tenant).count();
            prop_assert!(served >= usize::try_from(*weight).unwrap() - 1, "{tenant}: {served} of {weight}");
            prop_assert!(served >= 1);
        }
    }
}
