//! What a job has used, its pure runs included, against what it may use.
//!
//! Fuel decides by sums that do not depend on which process finished first or on what
//! was in the memo: every pure run of a call may use what was left when the call
//! began, and afterwards the sum is taken in the order of the jobs.
//!
//! **Invariant:** whether a job ends by `limit.fuel` is a function of its inputs.

use std::time::{Duration, Instant};

use hivesync_types::{Code, Limits};

use crate::error::Error;
use crate::outputs::check;

/// The ledger of one job.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    started: Instant,
    /// Fuel of all pure runs, hits included.
    pub(crate) children_fuel: u64,
    /// Microseconds of guest code in all pure runs that really ran.
    pub(crate) children_cpu_us: u64,
    /// Jobs that were asked for.
    pub(crate) jobs: u64,
}

impl Budget {
    /// The clock runs from `started`.
    pub(crate) const fn new(limits: Limits, started: Instant) -> Self {
        Self { limits, started, children_fuel: 0, children_cpu_us: 0, jobs: 0 }
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// When everything is killed.
    pub(crate) fn deadline(&self) -> Instant {
        self.started + Duration::from_millis(self.limits.wall_ms)
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The error of a job whose time is over.
    pub(crate) fn wall_error(&self) -> Error {
        let used = u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX);
        Error::Limit { code: Code::LimitWall, used, limit: self.limits.wall_ms }
    }

    /// Counts jobs before any of them is done.
    pub(crate) fn take_jobs(&mut self, count: u64) -> Result<(), Error> {
        self.jobs = self.jobs.saturating_add(count);
        check(Code::LimitJobs, self.jobs, self.limits.jobs)
    }

    /// The limits of a pure run that begins now: those of its own policy, and of what
    /// is left of the job's.
    pub(crate) fn child(&self, own: &Limits) -> Limits {
        let left_ms =
            self.limits.wall_ms.saturating_sub(u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX));
        let cpu_ms = self.limits.cpu_ms.saturating_sub(self.children_cpu_us / 1000);
        Limits {
            fuel: own.fuel.min(self.fuel_left()),
            wall_ms: own.wall_ms.min(left_ms),
            cpu_ms: own.cpu_ms.min(cpu_ms),
            ..*own
        }
    }

    /// Fuel that no pure run has used yet.
    pub(crate) const fn fuel_left(&self) -> u64 {
        self.limits.fuel.saturating_sub(self.children_fuel)
    }

    /// Charges a pure run, whether it ran now or earlier.
    pub(crate) fn charge_fuel(&mut self, fuel: u64) -> Result<(), Error> {
        self.children_fuel = self.children_fuel.saturating_add(fuel);
        check(Code::LimitFuel, self.children_fuel, self.limits.fuel)
    }

    /// Charges time of a process that really ran.
    pub(crate) fn charge_cpu(&mut self, cpu_us: u64) -> Result<(), Error> {
        self.children_cpu_us = self.children_cpu_us.saturating_add(cpu_us);
        check(Code::LimitCpu, self.children_cpu_us / 1000, self.limits.cpu_ms)
    }

    /// The last word: the coordinator's own fuel and the pure runs' together.
    pub(crate) fn settle(&self, own_fuel: u64) -> Result<u64, Error> {
        let total = self.children_fuel.saturating_add(own_fuel);
        check(Code::LimitFuel, total, self.limits.fuel).map(|()| total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(fuel: u64) -> Limits {
        Limits {
            wall_ms: 15_000,
            cpu_ms: 14_000,
            fuel,
            memory_bytes: 1,
            table_elements: 1,
            stack_bytes: 1,
            host_calls: 1,
            host_call_bytes: 1,
            host_call_ms: 1,
            transfer_bytes: 1,
            jobs: 3,
            artifacts: 1,
            artifact_bytes: 1,
            log_lines: 1,
            log_bytes: 1,
        }
    }

    #[test]
    fn fuel_is_enough_to_the_last_unit_and_not_beyond() {
        let mut budget = Budget::new(limits(100), Instant::now());
        budget.charge_fuel(60).unwrap();
        assert_eq!(budget.child(&limits(1000)).fuel, 40);
        assert_eq!(budget.child(&limits(7)).fuel, 7);
        assert_eq!(budget.settle(40).unwrap(), 100);
        assert_eq!(budget.settle(41).unwrap_err().code(), Code::LimitFuel);
        budget.charge_fuel(40).unwrap();
        assert_eq!(budget.charge_fuel(1).unwrap_err().code(), Code::LimitFuel);
    }

    #[test]
    fn jobs_are_counted_before_they_run() {
        let mut budget = Budget::new(limits(1), Instant::now());
        budget.take_jobs(3).unwrap();
        let error = budget.take_jobs(1).unwrap_err();
        assert_eq!((error.code(), error.evidence()), (Code::LimitJobs, "4 of 3".to_owned()));
    }

    #[test]
    fn children_take_processor_time_from_their_parent() {
        let mut budget = Budget::new(limits(1), Instant::now());
        budget.charge_cpu(13_500_000).unwrap();
        assert_eq!(budget.child(&limits(1)).cpu_ms, 500);
        assert_eq!(budget.charge_cpu(501_000).unwrap_err().code(), Code::LimitCpu);
    }
}
