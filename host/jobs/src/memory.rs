//! The reference: a ledger in memory.
//!
//! It says what stores on disk must do, is what they are compared with, and is what the
//! simulation and the model run. It forgets nothing, so it is not for production.

use std::collections::{BTreeMap, BTreeSet};

use crate::id::{JobId, Moment};
use crate::job::{Job, Rejected, State, Verdict};
use crate::lane::{Lane, LaneKey};
use crate::ledger::{Claimed, Enqueued, Event, Ledger, NewJob, Order, Taken, WorkerClass};

/// Jobs, lanes and keys.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct MemoryLedger {
    jobs: BTreeMap<JobId, Job>,
    lanes: BTreeMap<LaneKey, Lane>,
    /// Jobs that wait, by lane, in the order in which they may run.
    waiting: BTreeMap<LaneKey, BTreeSet<(Moment, JobId)>>,
    /// Where each queue's virtual clock stands: at the lane that was served last.
    clocks: BTreeMap<String, u64>,
    keys: BTreeMap<(u64, String), ([u8; 32], JobId)>,
}

impl MemoryLedger {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every job, oldest first.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.values()
    }

    /// How a lane stands.
    pub fn lane(&self, key: &LaneKey) -> Option<&Lane> {
        self.lanes.get(key)
    }

    /// The job that is due: of the lane that had least, the oldest that this worker may have.
    fn next(&self, order: &Order, now: Moment) -> Option<JobId> {
        let has_gpu = order.class == WorkerClass::Gpu;
        let lanes = self.lanes.iter().filter(|(key, lane)| key.queue == order.queue && lane.has_room());
        let ready = lanes.filter_map(|(key, lane)| {
            let due = self.waiting.get(key)?.iter().take_while(|(run_at, _)| *run_at <= now);
            let mut jobs = due.filter_map(|(_, id)| self.jobs.get(id));
            let job = jobs.find(|job| job.is_ready(has_gpu, now))?;
            Some((lane.virtual_time, key, job.id))
        });
        ready.min().map(|(_, _, id)| id)
    }

    /// Runs a transition of one job and keeps lanes and waiting jobs in step with it.
    fn change<T>(
        &mut self,
        id: JobId,
        transition: impl FnOnce(&mut Job) -> Result<T, Rejected>,
    ) -> Result<T, Rejected> {
        let job = self.jobs.get_mut(&id).ok_or(Rejected::Unknown)?;
        let before = job.state;
        let result = transition(job)?;
        let (after, key) = (job.state, job.lane.clone());
        let waiting = self.waiting.entry(key.clone()).or_default();
        if let State::Waiting { run_at } = before {
            waiting.remove(&(run_at, id));
        }
        if let State::Waiting { run_at } = after {
            waiting.insert((run_at, id));
        }
        let (ran, runs) = (is_leased(before), is_leased(after));
        if let Some(lane) = self.lanes.get_mut(&key) {
            if !ran && runs {
                self.clocks.insert(key.queue, lane.virtual_time);
                lane.charge();
            } else if ran && !runs {
                lane.release();
            }
        }
        Ok(result)
    }
}

const fn is_leased(state: State) -> bool {
    matches!(state, State::Leased { .. })
}

impl Ledger for MemoryLedger {
    fn enqueue(&mut self, new: NewJob, now: Moment) -> Enqueued {
        let key = new.key.map(|(name, body)| ((new.lane.tenant, name), body));
        if let Some((name, body)) = &key
            && let Some((known_body, known)) = self.keys.get(name)
        {
            return if known_body == body { Enqueued::Known(*known) } else { Enqueued::KeyReused };
        }
        let virtual_now = self.clocks.get(&new.lane.queue).copied().unwrap_or(0);
        let lane = self.lanes.entry(new.lane.clone()).or_insert_with(|| Lane::new(new.terms, virtual_now));
        lane.terms = new.terms;
        let waiting = self.waiting.entry(new.lane.clone()).or_default();
        if waiting.is_empty() && lane.running == 0 {
            lane.wake(virtual_now);
        }
        waiting.insert((now, new.id));
        if let Some((name, body)) = key {
            self.keys.insert(name, (body, new.id));
        }
        let job = Job {
            id: new.id,
            lane: new.lane,
            tries_max: new.tries_max.max(1),
            tries: 0,
            fence: crate::id::Fence::default(),
            gpu_until: new.gpu_patience.map(|patience| now.after(patience)),
            withdrawn: false,
            state: State::Waiting { run_at: now },
        };
        self.jobs.insert(new.id, job);
        Enqueued::New(new.id)
    }

    fn claim(&mut self, order: &Order, now: Moment) -> Taken {
        let mut taken = Taken::default();
        while taken.jobs.len() < order.count
            && let Some(id) = self.next(order, now)
        {
            let claimed = self.change(id, |job| {
                let fell_back = order.class == WorkerClass::Cpu && job.gpu_until.is_some();
                Ok((job.claim(order.worker, now), fell_back))
            });
            let Ok((fence, fell_back)) = claimed else { break };
            taken.jobs.push(Claimed { job: id, fence });
            taken.events.extend(fell_back.then_some(Event::GpuFallback(id)));
        }
        taken
    }

    fn extend(&mut self, held: &[Claimed], now: Moment) -> Vec<(JobId, Result<bool, Rejected>)> {
        let extended =
            held.iter().map(|claim| (claim.job, self.change(claim.job, |job| job.extend(claim.fence, now))));
        extended.collect()
    }

    fn settle(&mut self, claim: Claimed, verdict: Verdict, now: Moment) -> Result<(), Rejected> {
        self.change(claim.job, |job| job.settle(claim.fence, verdict, now))
    }

    fn withdraw(&mut self, job: JobId) -> Result<bool, Rejected> {
        self.change(job, |job| Ok(job.withdraw()))
    }

    fn sweep(&mut self, now: Moment) -> Vec<Event> {
        let leased: Vec<JobId> =
            self.jobs.values().filter(|job| is_leased(job.state)).map(|job| job.id).collect();
        let expired = leased.into_iter().filter(|id| self.change(*id, |job| Ok(job.expire(now))) == Ok(true));
        expired.map(Event::Expired).collect()
    }

    fn job(&self, job: JobId) -> Option<Job> {
        self.jobs.get(&job).cloned()
    }
}
