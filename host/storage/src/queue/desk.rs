//! What a transaction has read, and what it is to write.
//!
//! Rows are laid out here, changed by the rules of `hivesync-jobs` alone, and written back
//! together: a thousand settled jobs are one statement.

use std::collections::{BTreeMap, BTreeSet};

use hivesync_jobs::{Enqueued, Fence, Job, JobId, Lane, LaneKey, Moment, NewJob, Rejected, State};

use super::row::{self, Fields, Moved};
use crate::error::StorageError;

/// What is to be done with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Row {
    Unchanged,
    Changed,
    New,
    /// Not read, but remembered.
    Remembered,
    /// Changed from what was remembered: to be written where it still stands so.
    Guarded,
    /// Of a job that has left the queue, which nothing changes.
    Over,
}

/// A lane, and how many of its jobs wait.
#[derive(Debug)]
pub(super) struct LaneRow {
    pub(super) lane: Lane,
    pub(super) waiting: u64,
    /// None of those that wait is due before.
    pub(super) low: Moment,
    pub(super) row: Row,
}

impl LaneRow {
    /// One more of its jobs waits, from this moment on.
    fn wait_from(&mut self, run_at: Moment) {
        self.low = if self.waiting == 0 { run_at } else { self.low.min(run_at) };
        self.waiting = self.waiting.saturating_add(1);
    }
}

/// A request's name, with whose it is.
pub(super) type KeyName = (u64, String);

/// The rows.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// When all of this happens.
    pub(super) now: Moment,
    pub(super) jobs: BTreeMap<JobId, (Job, Row)>,
    pub(super) lanes: BTreeMap<LaneKey, LaneRow>,
    /// Where the queues' virtual clocks stand.
    pub(super) clocks: BTreeMap<String, u64>,
    pub(super) moved_clocks: BTreeSet<String>,
    pub(super) keys: BTreeMap<KeyName, ([u8; 32], JobId)>,
    pub(super) new_keys: Vec<KeyName>,
}

impl Desk {
    /// Lays a row of `jobs` out.
    pub(super) fn lay_out_job(&mut self, found: &impl Fields) -> Result<JobId, StorageError> {
        let job = row::job(found)?;
        let id = job.id;
        self.jobs.insert(id, (job, Row::Unchanged));
        Ok(id)
    }

    /// Lays a row of `ended_jobs` out.
    pub(super) fn lay_out_over(&mut self, found: &impl Fields) -> Result<(), StorageError> {
        let job = row::job(found)?;
        self.jobs.insert(job.id, (job, Row::Over));
        Ok(())
    }

    /// Lays a job out that was not read.
    pub(super) fn lay_out_remembered(&mut self, job: &Job) {
        self.jobs.insert(job.id, (job.clone(), Row::Remembered));
    }

    /// Lays a row of `lanes` out, with the column in which the number of its jobs stands, and a moment
    /// before which none of them is due.
    pub(super) fn lay_out_lane(
        &mut self,
        found: &impl Fields,
        waiting: &str,
        low: Moment,
    ) -> Result<(), StorageError> {
        let (lane, waiting) = (row::lane(found)?, row::count(found, waiting)?);
        self.lanes.insert(row::lane_key(found)?, LaneRow { lane, waiting, low, row: Row::Unchanged });
        Ok(())
    }

    /// Takes a job in, once for each key.
    pub(super) fn enqueue(&mut self, new: &NewJob, now: Moment) -> Result<Enqueued, StorageError> {
        if let Some((name, body)) = &new.key {
            let name = (new.lane.tenant, name.clone());
            if let Some((known_body, job)) = self.keys.get(&name) {
                return Ok(if known_body == body { Enqueued::Known(*job) } else { Enqueued::KeyReused });
            }
            self.keys.insert(name.clone(), (*body, new.id));
            self.new_keys.push(name);
        }
        if self.jobs.contains_key(&new.id) {
            let detail = "a job of this number is there already".to_owned();
            return Err(StorageError::Database { what: "keeping a job", detail });
        }
        let virtual_now = self.clocks.get(&new.lane.queue).copied().unwrap_or(0);
        let lane = self.lanes.entry(new.lane.clone()).or_insert_with(|| {
            let lane = Lane::new(new.terms, virtual_now);
            LaneRow { lane, waiting: 0, low: now, row: Row::New }
        });
        lane.lane.terms = new.terms;
        if lane.waiting == 0 && lane.lane.running == 0 {
            lane.lane.wake(virtual_now);
        }
        lane.wait_from(now);
        if lane.row == Row::Unchanged {
            lane.row = Row::Changed;
        }
        let job = Job {
            id: new.id,
            lane: new.lane.clone(),
            tries_max: new.tries_max.max(1),
            tries: 0,
            fence: Fence::default(),
            gpu_until: new.gpu_patience.map(|patience| now.after(patience)),
            withdrawn: false,
            state: State::Waiting { run_at: now },
        };
        self.jobs.insert(new.id, (job, Row::New));
        Ok(Enqueued::New(new.id))
    }

    /// Runs a transition of one job and keeps its lane in step with it.
    pub(super) fn change<T>(
        &mut self,
        id: JobId,
        transition: impl FnOnce(&mut Job) -> Result<T, Rejected>,
    ) -> Result<Result<T, Rejected>, StorageError> {
        let Some((job, row)) = self.jobs.get_mut(&id) else { return Ok(Err(Rejected::Unknown)) };
        let before = job.state;
        let result = match transition(job) {
            Ok(result) => result,
            Err(rejected) => return Ok(Err(rejected)),
        };
        match *row {
            Row::Unchanged => *row = Row::Changed,
            Row::Remembered => *row = Row::Guarded,
            Row::Changed | Row::New | Row::Guarded | Row::Over => {}
        }
        let after = job.state;
        let key = job.lane.clone();
        if (waits(before), runs(before)) != (waits(after), runs(after)) {
            self.move_lane(&key, before, after)?;
        }
        Ok(Ok(result))
    }

    /// A job of this lane began or ceased to wait or to run.
    fn move_lane(&mut self, key: &LaneKey, before: State, after: State) -> Result<(), StorageError> {
        let lane = self.lanes.get_mut(key).ok_or(StorageError::Nonsense("a job without a lane"))?;
        if lane.row == Row::Unchanged {
            lane.row = Row::Changed;
        }
        if waits(before) {
            lane.waiting = lane.waiting.saturating_sub(1);
        }
        if let State::Waiting { run_at } = after {
            lane.wait_from(run_at);
        }
        if !runs(before) && runs(after) {
            self.clocks.insert(key.queue.clone(), lane.lane.virtual_time);
            self.moved_clocks.insert(key.queue.clone());
            lane.lane.charge();
        } else if runs(before) && !runs(after) {
            lane.lane.release();
        }
        Ok(())
    }

    /// Jobs that were there already and are to be written: by what is the same of them but for their
    /// ids. A worker's claims are alike, and so is all that ended well.
    pub(super) fn moved(&self) -> Result<BTreeMap<Moved, Vec<JobId>>, StorageError> {
        let mut groups: BTreeMap<Moved, Vec<JobId>> = BTreeMap::new();
        for (id, (job, row)) in &self.jobs {
            if matches!(row, Row::Changed | Row::Guarded) {
                let moved = Moved::of(job, *row == Row::Guarded)?;
                groups.entry(moved).or_default().push(*id);
            }
        }
        Ok(groups)
    }

    /// Everything is written.
    pub(super) fn is_written(&mut self) {
        for (job, row) in self.jobs.values_mut() {
            if *row != Row::Remembered {
                *row = if matches!(job.state, State::Ended(_)) { Row::Over } else { Row::Unchanged };
            }
        }
        for lane in self.lanes.values_mut() {
            lane.row = Row::Unchanged;
        }
        self.moved_clocks.clear();
        self.new_keys.clear();
    }
}

const fn waits(state: State) -> bool {
    matches!(state, State::Waiting { .. })
}

const fn runs(state: State) -> bool {
    matches!(state, State::Leased { .. })
}
