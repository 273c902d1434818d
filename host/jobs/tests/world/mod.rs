//! A small world in which everything goes wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hivesync_jobs::{
    Action, Claimed, Ending, Enqueued, Event, Fence, JobId, LaneKey, LaneTerms, Ledger, MemoryLedger, Moment,
    NewJob, Order, Rejected, State, Taken, Verdict, WorkerClass, WorkerCore, WorkerId,
};
use hivesync_types::Code;

/// A generator of numbers (SplitMix64); its seed is the whole life.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % below
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }
}

/// What happened in a life.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) crashes: u64,
    pub(crate) expired: u64,
    /// Verdicts that counted for nothing, because the lease was lost.
    pub(crate) late: u64,
    pub(crate) dead: u64,
    pub(crate) canceled: u64,
    pub(crate) fallbacks: u64,
    /// Clocks of workers that were set anew.
    pub(crate) jumps: u64,
}

impl Seen {
    pub(crate) fn add(&mut self, other: &Self) {
        self.crashes += other.crashes;
        self.expired += other.expired;
        self.late += other.late;
        self.dead += other.dead;
        self.canceled += other.canceled;
        self.fallbacks += other.fallbacks;
        self.jumps += other.jumps;
    }
}

#[derive(Debug, Clone)]
enum Message {
    ToStore(WorkerId, Request),
    ToWorker(WorkerId, Answer),
    /// Work ends by itself.
    WorkDone(WorkerId, Claimed),
}

#[derive(Debug, Clone)]
enum Request {
    Claim(usize),
    Extend(Vec<Claimed>),
    Settle(Claimed, Verdict),
}

#[derive(Debug, Clone)]
enum Answer {
    Taken(Taken),
    Extended(JobId, Fence, Result<bool, Rejected>),
    Settled(Claimed),
}

#[derive(Debug)]
struct Worker {
    core: WorkerCore,
    class: WorkerClass,
    working: BTreeSet<(JobId, Fence)>,
    /// Milliseconds by which its clock goes before that of the store, or behind it.
    skew: i64,
    /// When it gives back what it holds and leaves.
    leaves_at: Option<Moment>,
}

impl Worker {
    /// What its own clock says.
    fn clock(&self, now: Moment) -> Moment {
        Moment(now.0.saturating_add_signed(self.skew))
    }
}

pub(crate) struct World {
    ledger: MemoryLedger,
    dice: Dice,
    now: Moment,
    workers: BTreeMap<WorkerId, Worker>,
    /// By time, then by the order in which they were sent.
    network: BTreeMap<(Moment, u64), Message>,
    sent: u64,
    next_worker: u128,
    next_job: u128,
    store_away_until: Moment,
    poison: BTreeSet<JobId>,
    requests: BTreeMap<String, ([u8; 32], JobId)>,
    /// Verdicts that ended a job, which may be one each.
    accepted: BTreeMap<JobId, u32>,
    claims: BTreeMap<JobId, u32>,
    returned: BTreeMap<JobId, u32>,
    /// The store changed since it was checked.
    changed: bool,
    pub(crate) seen: Seen,
}

const QUEUE: &str = "preview_build";
/// Milliseconds of one step.
const STEP: u64 = 100;
/// For this long things go wrong; afterwards they go well, and everything must end.
const TROUBLE: u64 = 60_000;
/// By so much a clock may be wrong, either way: longer than a life.
const SKEW: u64 = 1_200_000;
/// By then it must have.
const END: u64 = 900_000;
const TRIES_MAX: u32 = 3;
/// Weight and cap of each tenant's tier.
const TIERS: [(u32, u32); 4] = [(1, 1), (4, 2), (8, 5), (1, 1)];

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut world = Self {
            ledger: MemoryLedger::new(),
            dice: Dice(seed),
            now: Moment(10_000_000),
            workers: BTreeMap::new(),
            network: BTreeMap::new(),
            sent: 0,
            next_worker: 1,
            next_job: 1,
            store_away_until: Moment(0),
            poison: BTreeSet::new(),
            requests: BTreeMap::new(),
            accepted: BTreeMap::new(),
            claims: BTreeMap::new(),
            returned: BTreeMap::new(),
            changed: false,
            seen: Seen::default(),
        };
        for _ in 0..3 {
            world.hire();
        }
        world
    }

    pub(crate) fn ledger(&self) -> &MemoryLedger {
        &self.ledger
    }

    /// Until everything has ended; says what was broken.
    pub(crate) fn live(&mut self) -> Result<(), String> {
        let begun = self.now;
        loop {
            let age = self.now.since(begun).as_millis();
            let trouble = age < u128::from(TROUBLE);
            if trouble {
                self.go_wrong();
            }
            self.deliver(trouble)?;
            self.drive(trouble);
            if self.store_is_there() && self.now.0 % 1000 < STEP {
                self.sweep();
            }
            if std::mem::take(&mut self.changed) {
                self.check()?;
            }
            if !trouble && self.ledger.jobs().all(|job| matches!(job.state, State::Ended(_))) {
                return self.check_end();
            }
            if age > u128::from(END) {
                return Err("jobs are left that never end".to_owned());
            }
            self.now = self.now.after(Duration::from_millis(STEP));
        }
    }

    fn hire(&mut self) {
        let class = if self.dice.chance(20) { WorkerClass::Gpu } else { WorkerClass::Cpu };
        let concurrency = 1 + usize::try_from(self.dice.roll(4)).unwrap();
        let worker = Worker {
            core: WorkerCore::new(concurrency),
            class,
            working: BTreeSet::new(),
            skew: self.skew(),
            leaves_at: None,
        };
        self.workers.insert(WorkerId(self.next_worker), worker);
        self.next_worker += 1;
    }

    /// How wrong a clock is.
    fn skew(&mut self) -> i64 {
        i64::try_from(self.dice.roll(2 * SKEW)).unwrap() - i64::try_from(SKEW).unwrap()
    }

    fn pick_worker(&mut self) -> Option<WorkerId> {
        let at = usize::try_from(self.dice.roll(total(self.workers.len().max(1)))).unwrap();
        self.workers.keys().nth(at).copied()
    }

    fn go_wrong(&mut self) {
        if self.dice.chance(12) {
            self.ask();
        }
        if self.dice.roll(1000) < 8
            && let Some(id) = self.pick_worker()
        {
            // Killed: whatever it knew is gone, and what it said is still on its way.
            self.workers.remove(&id);
            self.seen.crashes += 1;
            self.hire();
        }
        if self.dice.roll(1000) < 4
            && let Some(id) = self.pick_worker()
        {
            let grace = Duration::from_millis(self.dice.roll(3000));
            let worker = self.workers.get_mut(&id).unwrap();
            worker.core.drain();
            worker.leaves_at = Some(self.now.after(grace));
            self.hire();
        }
        if self.dice.roll(1000) < 4
            && let Some(id) = self.pick_worker()
        {
            let skew = self.skew();
            self.workers.get_mut(&id).unwrap().skew = skew;
            self.seen.jumps += 1;
        }
        if self.dice.roll(1000) < 2 {
            self.store_away_until = self.now.after(Duration::from_millis(self.dice.roll(15_000)));
        }
        if self.dice.roll(1000) < 10 && self.next_job > 1 {
            let job = JobId(1 + u128::from(self.dice.roll(u64::try_from(self.next_job - 1).unwrap())));
            self.ledger.withdraw(job).unwrap();
        }
    }

    /// Somebody asks for a job, now and then for one that was asked for before.
    fn ask(&mut self) {
        let name = format!("key-{}", self.dice.roll(400));
        let body = [u8::try_from(self.dice.roll(2)).unwrap(); 32];
        let tenant = self.dice.roll(4);
        let (weight, cap) = TIERS[usize::try_from(tenant).unwrap()];
        let new = NewJob {
            id: JobId(self.next_job),
            lane: LaneKey { queue: QUEUE.to_owned(), tenant },
            terms: LaneTerms { weight, cap },
            tries_max: TRIES_MAX,
            gpu_patience: self.dice.chance(10).then_some(Duration::from_secs(5)),
            key: Some((name.clone(), body)),
        };
        let name = format!("{tenant}/{name}");
        let expected = match self.requests.get(&name) {
            Some((known, id)) if *known == body => Enqueued::Known(*id),
            Some(_) => Enqueued::KeyReused,
            None => Enqueued::New(JobId(self.next_job)),
        };
        assert_eq!(self.ledger.enqueue(new, self.now), expected);
        if let Enqueued::New(id) = expected {
            self.requests.insert(name, (body, id));
            self.next_job += 1;
            if self.dice.chance(2) {
                self.poison.insert(id);
            }
        }
    }

    fn store_is_there(&self) -> bool {
        self.store_away_until <= self.now
    }

    fn send(&mut self, message: Message, trouble: bool) {
        let copies = match trouble {
            true if self.dice.chance(3) => 0,
            true if self.dice.chance(3) => 2,
            _ => 1,
        };
        for _ in 0..copies {
            let slow = trouble && self.dice.chance(2);
            let delay = if slow { self.dice.roll(20_000) } else { self.dice.roll(40) };
            self.post(message.clone(), delay);
        }
    }

    fn post(&mut self, message: Message, delay: u64) {
        self.sent += 1;
        self.network.insert((self.now.after(Duration::from_millis(delay)), self.sent), message);
    }

    fn deliver(&mut self, trouble: bool) -> Result<(), String> {
        while let Some(entry) = self.network.first_entry()
            && entry.key().0 <= self.now
        {
            match entry.remove() {
                Message::ToStore(worker, request) if self.store_is_there() => {
                    self.serve(worker, request, trouble)?;
                }
                Message::ToStore(..) => {}
                Message::ToWorker(worker, answer) => self.hear(worker, answer),
                Message::WorkDone(worker, claim) => self.finish(worker, claim),
            }
        }
        Ok(())
    }

    fn serve(&mut self, id: WorkerId, request: Request, trouble: bool) -> Result<(), String> {
        self.changed = true;
        match request {
            Request::Claim(count) => {
                // A worker that is gone cannot ask; its word may still be on its way.
                let class = self.workers.get(&id).map_or(WorkerClass::Cpu, |worker| worker.class);
                let order = Order { worker: id, class, queue: QUEUE.to_owned(), count };
                let taken = self.ledger.claim(&order, self.now);
                for claim in &taken.jobs {
                    *self.claims.entry(claim.job).or_default() += 1;
                }
                let fell_back = taken.events.iter().filter(|event| matches!(event, Event::GpuFallback(_)));
                self.seen.fallbacks += total(fell_back.count());
                self.send(Message::ToWorker(id, Answer::Taken(taken)), trouble);
            }
            Request::Extend(held) => {
                for (claim, (job, answer)) in held.iter().zip(self.ledger.extend(&held, self.now)) {
                    self.send(Message::ToWorker(id, Answer::Extended(job, claim.fence, answer)), trouble);
                }
            }
            Request::Settle(claim, verdict) => {
                let newest = self.ledger.job(claim.job).map(|job| job.fence);
                let settled = self.ledger.settle(claim, verdict, self.now);
                if settled.is_ok() && newest != Some(claim.fence) {
                    return Err(format!("the word of an older claim counted: {claim:?}"));
                }
                match settled {
                    Ok(()) if verdict == Verdict::GivenBack => {
                        *self.returned.entry(claim.job).or_default() += 1
                    }
                    Ok(()) => {
                        let accepted = self.accepted.entry(claim.job).or_default();
                        if matches!(verdict, Verdict::Succeeded | Verdict::Failed(_)) {
                            *accepted += 1;
                        }
                        if *accepted > 1 {
                            return Err(format!("{:?} was accepted twice", claim.job));
                        }
                    }
                    Err(_) => self.seen.late += 1,
                }
                self.send(Message::ToWorker(id, Answer::Settled(claim)), trouble);
            }
        }
        Ok(())
    }

    fn hear(&mut self, id: WorkerId, answer: Answer) {
        let now = self.now;
        let Some(worker) = self.workers.get_mut(&id) else { return };
        let actions = match answer {
            Answer::Taken(taken) => worker.core.taken(&taken, worker.clock(now)),
            Answer::Extended(job, fence, answer) => {
                worker.core.extended(job, fence, answer).into_iter().collect()
            }
            Answer::Settled(claim) => {
                worker.core.settled(claim);
                Vec::new()
            }
        };
        self.act(id, actions, false);
    }

    fn drive(&mut self, trouble: bool) {
        let ids: Vec<WorkerId> = self.workers.keys().copied().collect();
        for id in ids {
            let now = self.now;
            let worker = self.workers.get_mut(&id).unwrap();
            let mut actions = Vec::new();
            if worker.leaves_at.is_some_and(|at| at <= now) {
                actions.extend(worker.core.give_back());
            }
            actions.extend(worker.core.step(worker.clock(now)));
            let leaves = worker.leaves_at.is_some() && worker.core.is_idle();
            self.act(id, actions, trouble);
            if leaves {
                self.workers.remove(&id);
            }
        }
    }

    fn act(&mut self, id: WorkerId, actions: Vec<Action>, trouble: bool) {
        for action in actions {
            match action {
                Action::Claim(count) => self.send(Message::ToStore(id, Request::Claim(count)), trouble),
                Action::Extend(held) => self.send(Message::ToStore(id, Request::Extend(held)), trouble),
                Action::Settle(claim, verdict) => {
                    self.send(Message::ToStore(id, Request::Settle(claim, verdict)), trouble);
                }
                Action::Start(claim) => {
                    self.workers.get_mut(&id).unwrap().working.insert((claim.job, claim.fence));
                    let long = if self.dice.chance(5) { 30_000 } else { 3000 };
                    let takes = self.dice.roll(long);
                    self.post(Message::WorkDone(id, claim), takes);
                }
                Action::Abort(claim) => {
                    self.workers.get_mut(&id).unwrap().working.remove(&(claim.job, claim.fence));
                }
            }
        }
    }

    fn finish(&mut self, id: WorkerId, claim: Claimed) {
        if self.poison.contains(&claim.job) {
            // It takes its worker with it, every time.
            if self.workers.remove(&id).is_some() {
                self.seen.crashes += 1;
                self.hire();
            }
            return;
        }
        let roll = self.dice.roll(100);
        let Some(worker) = self.workers.get_mut(&id) else { return };
        if worker.working.remove(&(claim.job, claim.fence)) {
            let verdict = match roll {
                0..5 => Verdict::Failed(Code::PreviewBuildFailed),
                5..8 => Verdict::Broken(Code::HostStorage),
                _ => Verdict::Succeeded,
            };
            worker.core.finished(claim, verdict);
        }
    }

    fn sweep(&mut self) {
        self.changed = true;
        let events = self.ledger.sweep(self.now);
        let expired = events.iter().filter(|event| matches!(event, Event::Expired(_)));
        self.seen.expired += total(expired.count());
    }

    /// What must hold at every moment.
    fn check(&self) -> Result<(), String> {
        let mut running: BTreeMap<&LaneKey, u32> = BTreeMap::new();
        for job in self.ledger.jobs() {
            if matches!(job.state, State::Leased { .. }) {
                *running.entry(&job.lane).or_default() += 1;
            }
            if job.tries > job.tries_max {
                return Err(format!("{:?} has {} tries", job.id, job.tries));
            }
        }
        for (key, running) in running {
            let lane = self.ledger.lane(key).unwrap();
            if lane.running != running || running > lane.terms.cap {
                return Err(format!(
                    "{key:?} runs {running}, counts {}, of {}",
                    lane.running, lane.terms.cap
                ));
            }
        }
        Ok(())
    }

    /// What must hold when everything has ended.
    fn check_end(&mut self) -> Result<(), String> {
        let requested: BTreeSet<JobId> = self.requests.values().map(|(_, id)| *id).collect();
        let ended: BTreeSet<JobId> = self.ledger.jobs().map(|job| job.id).collect();
        if requested != ended {
            return Err("a job was lost or made up".to_owned());
        }
        for job in self.ledger.jobs() {
            let number = |counts: &BTreeMap<JobId, u32>| counts.get(&job.id).copied().unwrap_or(0);
            let State::Ended(ending) = job.state else { return Err(format!("{:?} goes on", job.id)) };
            if job.tries != number(&self.claims) - number(&self.returned)
                || job.fence.0 != number(&self.claims)
            {
                return Err(format!("{job:?} was claimed {} times", number(&self.claims)));
            }
            match ending {
                Ending::Succeeded | Ending::Failed(_) if number(&self.accepted) != 1 => {
                    return Err(format!("{:?} ended {} times", job.id, number(&self.accepted)));
                }
                Ending::Dead(_) if job.tries != job.tries_max => return Err(format!("{job:?} died early")),
                Ending::Succeeded if self.poison.contains(&job.id) => {
                    return Err(format!("{job:?} is poison"));
                }
                Ending::Dead(_) => self.seen.dead += 1,
                Ending::Canceled => self.seen.canceled += 1,
                _ => {}
            }
        }
        Ok(())
    }
}

fn total(length: usize) -> u64 {
    u64::try_from(length).unwrap()
}
