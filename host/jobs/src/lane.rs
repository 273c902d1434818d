//! Fairness: a lane for each tenant of each queue, by virtual time.
//!
//! The lane that had least for its weight goes next. A lane that was idle does not come
//! back with credit: it begins where the busiest stand.

/// Virtual time that a claim costs a lane of weight one.
pub const VIRTUAL_STRIDE: u64 = 1 << 20;

/// A tenant's place in a queue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneKey {
    /// The queue's name.
    pub queue: String,
    /// Whose jobs.
    pub tenant: u64,
}

/// What a tenant's tier gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LaneTerms {
    /// Share of the workers while others wait too; at least one.
    pub weight: u32,
    /// Jobs that may run at one time.
    pub cap: u32,
}

/// How a lane stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lane {
    /// What it may.
    pub terms: LaneTerms,
    /// Jobs that run.
    pub running: u32,
    /// What it had, in virtual time.
    pub virtual_time: u64,
}

impl Lane {
    /// A lane whose first job comes now, while the queue's clock stands at `virtual_now`.
    pub const fn new(terms: LaneTerms, virtual_now: u64) -> Self {
        Self { terms, running: 0, virtual_time: virtual_now }
    }

    /// Whether another of its jobs may run.
    pub const fn has_room(&self) -> bool {
        self.running < self.terms.cap
    }

    /// It was idle and is not any more.
    pub fn wake(&mut self, virtual_now: u64) {
        self.virtual_time = self.virtual_time.max(virtual_now);
    }

    /// One of its jobs was claimed.
    pub fn charge(&mut self) {
        self.running = self.running.saturating_add(1);
        let weight = u64::from(self.terms.weight.max(1));
        self.virtual_time = self.virtual_time.saturating_add(VIRTUAL_STRIDE / weight);
    }

    /// One of its jobs runs no longer.
    pub const fn release(&mut self) {
        self.running = self.running.saturating_sub(1);
    }
}
