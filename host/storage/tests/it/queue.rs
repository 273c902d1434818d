//! The queue in SQLite does what the reference in memory does, and loses nothing.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hivesync_jobs::{
    Claimed, Ending, Enqueued, Fence, JobId, LaneKey, LaneTerms, Ledger, MemoryLedger, Moment, NewJob, Order,
    State, Verdict, WorkerClass, WorkerId,
};
use hivesync_storage::JobStore;
use hivesync_types::Code;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn database(&self) -> PathBuf {
        self.0.path().join("queue.db")
    }

    async fn open(&self) -> JobStore {
        JobStore::open(&self.database()).await.unwrap()
    }
}

fn new(id: u128, tenant: u64) -> NewJob {
    NewJob {
        id: JobId(id),
        lane: LaneKey { queue: "q".to_owned(), tenant },
        terms: LaneTerms { weight: 1, cap: 2 },
        tries_max: 3,
        gpu_patience: None,
        key: None,
    }
}

fn order(count: usize) -> Order {
    Order { worker: WorkerId(7), class: WorkerClass::Cpu, queue: "q".to_owned(), count }
}

/// SplitMix64: the same seed is the same test.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % below
    }
}

/// Both at once: every answer must be the same.
struct Both {
    memory: MemoryLedger,
    store: JobStore,
    dice: Dice,
    now: Moment,
    claims: Vec<Claimed>,
    next: u128,
}

impl Both {
    async fn step(&mut self) {
        self.now = self.now.after(Duration::from_millis(self.dice.roll(800)));
        match self.dice.roll(12) {
            0..4 => self.enqueue().await,
            4..6 => self.claim().await,
            6..9 => self.settle().await,
            9 => {
                let held: Vec<Claimed> = (0..3).filter_map(|_| self.pick()).collect();
                let stored = self.store.extend(held.clone(), self.now).await.unwrap();
                assert_eq!(stored, self.memory.extend(&held, self.now));
            }
            10 => {
                let job = JobId(u128::from(self.dice.roll(60)));
                assert_eq!(self.store.withdraw(job).await.unwrap(), self.memory.withdraw(job));
            }
            _ => {
                self.now = self.now.after(Duration::from_secs(self.dice.roll(12)));
                assert_eq!(self.store.sweep(self.now).await.unwrap(), self.memory.sweep(self.now));
            }
        }
    }

    async fn enqueue(&mut self) {
        let tenant = self.dice.roll(4);
        let key = format!("k{}", self.dice.roll(30));
        let body = [u8::try_from(self.dice.roll(2)).unwrap(); 32];
        let (weight, cap) = [(1, 1), (4, 2), (8, 5), (1, 0)][usize::try_from(tenant).unwrap()];
        let job = NewJob {
            terms: LaneTerms { weight, cap },
            tries_max: u32::try_from(self.dice.roll(4)).unwrap(),
            gpu_patience: (self.dice.roll(4) == 0).then_some(Duration::from_secs(5)),
            key: (self.dice.roll(2) == 0).then_some((key, body)),
            ..new(self.next, tenant)
        };
        self.next += 1;
        let stored = self.store.enqueue(job.clone(), self.now).await.unwrap();
        assert_eq!(stored, self.memory.enqueue(job, self.now));
    }

    async fn claim(&mut self) {
        let class = if self.dice.roll(3) == 0 { WorkerClass::Gpu } else { WorkerClass::Cpu };
        let count = usize::try_from(self.dice.roll(4)).unwrap();
        let order = Order { class, ..order(count) };
        let taken = self.memory.claim(&order, self.now);
        assert_eq!(self.store.claim(order, self.now).await.unwrap(), taken);
        self.claims.extend(taken.jobs);
    }

    async fn settle(&mut self) {
        let Some(claim) = self.pick() else { return };
        let verdict = match self.dice.roll(4) {
            0 => Verdict::Succeeded,
            1 => Verdict::Failed(Code::PreviewBuildFailed),
            2 => Verdict::Broken(Code::HostStorage),
            _ => Verdict::GivenBack,
        };
        let stored = self.store.settle(claim, verdict, self.now).await.unwrap();
        assert_eq!(stored, self.memory.settle(claim, verdict, self.now));
    }

    /// A claim of now or long ago, or one that nobody ever had.
    fn pick(&mut self) -> Option<Claimed> {
        let at = usize::try_from(self.dice.roll(u64::try_from(self.claims.len() + 1).unwrap())).unwrap();
        let made_up = Claimed { job: JobId(1), fence: Fence(9) };
        Some(self.claims.get(at).copied().unwrap_or(made_up))
    }

    async fn compare(&self) {
        for job in self.memory.jobs() {
            assert_eq!(self.store.job(job.id).await.unwrap().as_ref(), Some(job));
            let running = self.memory.lane(&job.lane).unwrap().running;
            assert_eq!(self.store.running(job.lane.clone()).await.unwrap(), running);
        }
    }
}

#[tokio::test]
async fn every_answer_is_that_of_the_reference() {
    for seed in 0..60 {
        let folder = Folder::new();
        let mut both = Both {
            memory: MemoryLedger::new(),
            store: folder.open().await,
            dice: Dice(seed),
            now: Moment(1_000_000),
            claims: Vec::new(),
            next: 0,
        };
        for step in 0..150 {
            both.step().await;
            // A store that was opened again has forgotten nothing.
            if step % 50 == 49 {
                let Both { memory, store, dice, now, claims, next } = both;
                store.close().await;
                both = Both { store: folder.open().await, memory, dice, now, claims, next };
            }
        }
        both.compare().await;
    }
}

#[tokio::test]
async fn a_thousand_equal_requests_at_one_time_are_one_job() {
    let folder = Folder::new();
    let store = Arc::new(folder.open().await);
    let mut asking = tokio::task::JoinSet::new();
    for id in 0..1000 {
        let store = Arc::clone(&store);
        let job = NewJob { key: Some(("k".to_owned(), [1; 32])), ..new(id, 1) };
        asking.spawn(async move { store.enqueue(job, Moment(1)).await.unwrap() });
    }
    let answers = asking.join_all().await;
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

#[tokio::test]
async fn a_command_that_fails_harms_nobody_beside_it() {
    let folder = Folder::new();
    let store = Arc::new(folder.open().await);
    store.enqueue(new(5, 1), Moment(1)).await.unwrap();
    let mut asking = tokio::task::JoinSet::new();
    // Number 5 is taken already, and a tenant that large does not fit.
    for (id, tenant) in [(1, 1), (5, 1), (2, 1), (3, u64::MAX), (4, 1)] {
        let store = Arc::clone(&store);
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
    let waiting = [1, 2, 4, 5];
    for id in waiting {
        assert!(matches!(store.job(JobId(id)).await.unwrap().unwrap().state, State::Waiting { .. }));
    }
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_crash() {
    let folder = Folder::new();
    let store = folder.open().await;
    store.enqueue(new(1, 1), Moment(1)).await.unwrap();
    let claim = store.claim(order(1), Moment(2)).await.unwrap().jobs[0];
    store.settle(claim, Verdict::Succeeded, Moment(3)).await.unwrap().unwrap();
    // As a crash leaves them: the files as they are now, with the log that nobody merged.
    let copy = Folder::new();
    for entry in std::fs::read_dir(folder.0.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.0.path().join(entry.file_name())).unwrap();
    }
    let after = copy.open().await;
    let job = after.job(JobId(1)).await.unwrap().unwrap();
    assert_eq!(job.state, State::Ended(Ending::Succeeded));
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    let folder = Folder::new();
    folder.open().await.close().await;
    let mut connection = {
        use sqlx::ConnectOptions as _;
        sqlx::sqlite::SqliteConnectOptions::new().filename(folder.database()).connect().await.unwrap()
    };
    sqlx::query("UPDATE _sqlx_migrations SET version = 999 WHERE version = 1")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let refused = JobStore::open(&folder.database()).await.unwrap_err();
    assert_eq!(refused.code(), Code::HostStorage);
    assert!(refused.to_string().contains("migrat"), "{refused}");
}
