//! Every order in which two workers, two jobs, crashes and lost words can meet.
//!
//! The rules that are checked are the shipped ones. Each property has a broken twin: the
//! same world with one rule taken away, in which the checker must find a counterexample.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::time::Duration;

use hivesync_jobs::{
    Claimed, Ending, Fence, JobId, LEASE, LaneKey, LaneTerms, Ledger, MemoryLedger, Moment, NewJob, Order,
    State as JobState, Verdict, WorkerClass, WorkerId,
};
use hivesync_types::Code;
use stateright::{Checker, HasDiscoveries, Model, Property};

const TRIES_MAX: u32 = 2;
const CAP: u32 = 1;
const WORKERS: [WorkerId; 2] = [WorkerId(1), WorkerId(2)];

/// A rule that is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    /// Whoever speaks of a running job is believed, whatever claim it holds.
    NoFence,
    /// The same word counts again when it is said again.
    Reopen,
    /// A lane runs as many as there are workers.
    NoCap,
    /// A crash costs the job no try.
    FreeCrashes,
}

struct Queue(Flaw);

/// The store, and what workers still mean to say.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    ledger: MemoryLedger,
    now: Moment,
    /// Claims whose worker is at work, or whose word is on its way.
    at_work: BTreeSet<(WorkerId, JobId, Fence)>,
    accepted: [u8; 2],
    tries: [u8; 2],
    /// The word of an older claim counted.
    stale: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Step {
    Claim(WorkerId),
    Succeed(WorkerId, JobId, Fence),
    Break(WorkerId, JobId, Fence),
    /// The worker is gone, or its word is.
    Lose(WorkerId, JobId, Fence),
    /// A lease and a backoff pass, and somebody sweeps.
    Wait,
}

fn at(job: JobId) -> usize {
    usize::try_from(job.0 - 1).unwrap()
}

impl Model for Queue {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        let mut ledger = MemoryLedger::new();
        let cap = if self.0 == Flaw::NoCap { u32::MAX } else { CAP };
        let tries_max = if self.0 == Flaw::FreeCrashes { u32::MAX } else { TRIES_MAX };
        for id in [1, 2] {
            let new = NewJob {
                id: JobId(id),
                lane: LaneKey { queue: "q".to_owned(), tenant: 1 },
                terms: LaneTerms { weight: 1, cap },
                tries_max,
                gpu_patience: None,
                key: None,
            };
            ledger.enqueue(new, Moment(0));
        }
        vec![World {
            ledger,
            now: Moment(0),
            at_work: BTreeSet::new(),
            accepted: [0; 2],
            tries: [0; 2],
            stale: false,
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Step>) {
        actions.extend(WORKERS.map(Step::Claim));
        for (worker, job, fence) in &world.at_work {
            actions.push(Step::Succeed(*worker, *job, *fence));
            actions.push(Step::Break(*worker, *job, *fence));
            actions.push(Step::Lose(*worker, *job, *fence));
        }
        actions.push(Step::Wait);
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        let mut next = world.clone();
        match step {
            Step::Claim(worker) => {
                let order = Order { worker, class: WorkerClass::Cpu, queue: "q".to_owned(), count: 1 };
                let claimed = *next.ledger.claim(&order, next.now).jobs.first()?;
                next.tries[at(claimed.job)] += 1;
                next.at_work.insert((worker, claimed.job, claimed.fence));
            }
            // The same word may come again: nobody takes it off the network.
            Step::Succeed(_, job, fence) => {
                self.settle(&mut next, job, fence, Verdict::Succeeded);
            }
            Step::Break(_, job, fence) => {
                self.settle(&mut next, job, fence, Verdict::Broken(Code::HostStorage));
            }
            Step::Lose(worker, job, fence) => {
                next.at_work.remove(&(worker, job, fence));
            }
            Step::Wait => {
                next.now = next.now.after(LEASE + Duration::from_secs(5));
                next.ledger.sweep(next.now);
            }
        }
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("accepted once", |_, world: &World| {
                world.accepted.iter().all(|accepted| *accepted <= 1)
            }),
            Property::always("only the newest claim counts", |_, world: &World| !world.stale),
            Property::always("never more than the cap", |_, world: &World| {
                let runs = world.ledger.jobs().filter(|job| matches!(job.state, JobState::Leased { .. }));
                u32::try_from(runs.count()).unwrap() <= CAP
            }),
            Property::always("no more tries than allowed", |_, world: &World| {
                world.tries.iter().all(|tries| u32::from(*tries) <= TRIES_MAX)
            }),
            Property::sometimes("both succeed", |_, world: &World| world.accepted == [1, 1]),
            Property::sometimes("one dies", |_, world: &World| {
                world.ledger.jobs().any(|job| matches!(job.state, JobState::Ended(Ending::Dead(_))))
            }),
        ]
    }

    fn within_boundary(&self, world: &World) -> bool {
        // Time does not come back: what matters has happened after a few leases.
        world.now < Moment(0).after(LEASE * 10) && world.at_work.len() <= 4
    }
}

impl Queue {
    fn settle(&self, world: &mut World, job: JobId, fence: Fence, verdict: Verdict) {
        let newest = world.ledger.job(job).unwrap();
        let said = if self.0 == Flaw::NoFence { newest.fence } else { fence };
        let settled = world.ledger.settle(Claimed { job, fence: said }, verdict, world.now);
        let repeated = self.0 == Flaw::Reopen && fence == newest.fence;
        if settled.is_ok() && fence != newest.fence {
            world.stale = true;
        }
        if verdict == Verdict::Succeeded && (settled.is_ok() || repeated) {
            world.accepted[at(job)] = world.accepted[at(job)].saturating_add(1).min(2);
        }
    }
}

fn broken(flaw: Flaw) -> Vec<&'static str> {
    let checker =
        Queue(flaw).checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let mut found: Vec<&'static str> = checker
        .discoveries()
        .into_keys()
        .filter(|name| !["both succeed", "one dies"].contains(name))
        .collect();
    found.sort_unstable();
    found
}

#[test]
fn no_order_of_events_breaks_a_rule() {
    let checker = Queue(Flaw::None).checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    assert!(checker.unique_state_count() > 1000, "{}", checker.unique_state_count());
}

#[test]
fn without_the_fence_the_word_of_a_lost_worker_counts() {
    assert_eq!(broken(Flaw::NoFence), ["only the newest claim counts"]);
}

#[test]
fn without_an_end_that_stays_a_repeated_word_counts_twice() {
    assert_eq!(broken(Flaw::Reopen), ["accepted once"]);
}

#[test]
fn without_the_cap_a_tenant_runs_more_than_it_may() {
    assert_eq!(broken(Flaw::NoCap), ["never more than the cap"]);
}

#[test]
fn without_counting_at_the_claim_a_crashing_job_runs_for_ever() {
    assert_eq!(broken(Flaw::FreeCrashes), ["no more tries than allowed"]);
}
