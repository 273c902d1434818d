//! A queue in a file whose machine has its clock set, while it runs and between two runs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hivesync_jobs::{Claimed, Event, JobId, LEASE, Moment, NewJob, Verdict, backoff};
use hivesync_storage::{Database, JobStore, Steady};
use hivesync_types::Code;

use super::{new, order};

const HOURS: Duration = Duration::from_secs(2 * 3600);
/// What the wall says, until it is set.
const NOON: Moment = Moment(12 * 3600 * 1000);
const BROKEN: Verdict = Verdict::Broken(Code::HostRunnerLost);

/// A machine: its folder, and what really passes there.
struct Machine {
    folder: tempfile::TempDir,
    passed_ms: Arc<AtomicU64>,
}

impl Machine {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), passed_ms: Arc::default() }
    }

    fn pass(&self, time: Duration) {
        self.passed_ms.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }

    async fn open(&self, wall: Moment) -> Open {
        let file = self.folder.path().join("hivesync.db");
        let tables = Database::open_file(&file).await.unwrap();
        let (passed, begun) = (Arc::clone(&self.passed_ms), self.passed_ms.load(Ordering::Relaxed));
        let clock = Steady::new(wall, move || Duration::from_millis(passed.load(Ordering::Relaxed) - begun));
        Open { jobs: JobStore::beside(&file, &tables, clock).await.unwrap(), tables }
    }
}

struct Open {
    jobs: JobStore,
    tables: Database,
}

impl Open {
    /// Whatever is due, by callers whose wall says this.
    async fn claim(&self, wall: Moment) -> Vec<Claimed> {
        self.jobs.claim(order(10), wall).await.unwrap().jobs
    }

    async fn claimed(&self, wall: Moment) -> BTreeSet<u128> {
        self.claim(wall).await.iter().map(|claim| claim.job.0).collect()
    }

    async fn close(self) {
        self.tables.close().await;
        self.jobs.close().await;
    }
}

#[tokio::test]
async fn a_clock_that_is_set_moves_neither_what_waits_nor_leases_nor_pauses() {
    for wall in [NOON.before(HOURS), NOON.after(HOURS)] {
        let machine = Machine::new();
        let queue = machine.open(NOON).await;
        for id in [1, 2] {
            queue.jobs.enqueue(new(id, 1), NOON).await.unwrap();
        }
        // Somebody sets it.
        let held = queue.claim(wall).await;
        assert_eq!(held.len(), 2, "what was due is due");
        machine.pass(LEASE);
        assert_eq!(queue.jobs.sweep(wall).await.unwrap(), []);
        assert_eq!(queue.jobs.extend(vec![held[0]], wall).await.unwrap(), [(held[0].job, Ok(false))]);
        machine.pass(Duration::from_millis(1));
        assert_eq!(queue.jobs.sweep(wall).await.unwrap(), [Event::Expired(held[1].job)]);
        queue.jobs.settle(held[0], BROKEN, wall).await.unwrap().unwrap();
        assert_eq!(queue.claimed(wall).await, BTreeSet::from([held[1].job.0]), "the other waits its time");
        machine.pass(backoff(held[0].job, 1));
        assert_eq!(queue.claimed(wall).await, BTreeSet::from([held[0].job.0]));
        queue.close().await;
    }
}

#[tokio::test]
async fn a_process_that_begins_after_the_clock_was_set_back_finds_all_as_it_was() {
    let machine = Machine::new();
    let before = machine.open(NOON).await;
    before.jobs.enqueue(new(1, 1), NOON).await.unwrap();
    let broken = before.claim(NOON).await[0];
    before.jobs.settle(broken, BROKEN, NOON).await.unwrap().unwrap();
    before.jobs.enqueue(new(2, 2), NOON).await.unwrap();
    assert_eq!(before.claimed(NOON).await, BTreeSet::from([2]));
    before.jobs.enqueue(new(3, 3), NOON).await.unwrap();
    let patient = NewJob { gpu_patience: Some(Duration::from_secs(5)), ..new(4, 4) };
    before.jobs.enqueue(patient, NOON).await.unwrap();
    before.close().await;

    let wall = NOON.before(HOURS);
    let after = machine.open(wall).await;
    assert_eq!(after.claimed(wall).await, BTreeSet::from([3]), "nothing keeps it waiting");
    machine.pass(LEASE);
    assert_eq!(after.jobs.sweep(wall).await.unwrap(), []);
    assert_eq!(after.claimed(wall).await, BTreeSet::from([1, 4]), "their pauses are over");
    machine.pass(Duration::from_millis(1));
    assert_eq!(after.jobs.sweep(wall).await.unwrap(), [Event::Expired(JobId(2)), Event::Expired(JobId(3))]);
    after.close().await;
}

#[tokio::test]
async fn a_pause_alone_is_no_longer_for_a_clock_that_was_set_back_meanwhile() {
    let machine = Machine::new();
    let before = machine.open(NOON).await;
    before.jobs.enqueue(new(1, 1), NOON).await.unwrap();
    let broken = before.claim(NOON).await[0];
    before.jobs.settle(broken, BROKEN, NOON).await.unwrap().unwrap();
    before.close().await;
    let wall = NOON.before(HOURS);
    let after = machine.open(wall).await;
    assert_eq!(after.claimed(wall).await, BTreeSet::new());
    machine.pass(backoff(JobId(1), 1));
    assert_eq!(after.claimed(wall).await, BTreeSet::from([1]));
    after.close().await;
}

#[tokio::test]
async fn a_queue_in_which_nothing_is_open_has_the_time_of_the_wall() {
    let machine = Machine::new();
    let before = machine.open(NOON).await;
    before.jobs.enqueue(new(1, 1), NOON).await.unwrap();
    let claim = before.claim(NOON).await[0];
    before.jobs.settle(claim, Verdict::Succeeded, NOON).await.unwrap().unwrap();
    before.close().await;
    for wall in [NOON.before(HOURS), NOON.after(HOURS)] {
        let after = machine.open(wall).await;
        after.jobs.enqueue(new(wall.0.into(), 1), NOON).await.unwrap();
        let job = after.jobs.job(JobId(wall.0.into())).await.unwrap().unwrap();
        assert_eq!(job.seen_at(), Some(wall));
        let claim = after.claim(NOON).await[0];
        after.jobs.settle(claim, Verdict::Succeeded, NOON).await.unwrap().unwrap();
        after.close().await;
    }
}
