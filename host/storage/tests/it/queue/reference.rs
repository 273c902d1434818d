//! Every answer of a store compared with that of the reference.

use std::time::Duration;

use hivesync_jobs::{
    Claimed, Fence, JobId, LaneTerms, Ledger as _, MemoryLedger, Moment, NewJob, Order, Verdict, WorkerClass,
};
use hivesync_storage::JobStore;
use hivesync_types::Code;

use super::{new, order};

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

/// A life of 150 commands. `open` opens the same database again.
pub(super) async fn lives_as_the_reference(seed: u64, open: impl AsyncFn() -> JobStore) {
    let mut both = Both {
        memory: MemoryLedger::new(),
        store: open().await,
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
            both = Both { store: open().await, memory, dice, now, claims, next };
        }
    }
    both.compare().await;
}
