//! The clock of guest code.

use std::time::{Duration, Instant};

use hivesync_types::Code;

use crate::fault::Fault;

/// Time in guest code: it runs from the start of a call to its end, and stands still
/// while the host works or waits on the guest's behalf. Time is compared, ticks are
/// not counted: a ticker that is late on a busy machine must not give time away.
#[derive(Debug)]
pub struct GuestClock {
    limit: Duration,
    spent: Duration,
    since: Option<Instant>,
}

impl GuestClock {
    /// A clock that stands at nothing and may reach `limit`.
    pub const fn new(limit: Duration) -> Self {
        Self { limit, spent: Duration::ZERO, since: None }
    }

    /// The guest runs from now on.
    pub fn resume(&mut self, now: Instant) {
        self.since = Some(now);
    }

    /// The guest does not run any more.
    pub fn pause(&mut self, now: Instant) {
        if let Some(since) = self.since.take() {
            self.spent = self.spent.saturating_add(now.saturating_duration_since(since));
        }
    }

    /// Time in guest code until now.
    pub fn spent(&self, now: Instant) -> Duration {
        let running = self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        self.spent.saturating_add(running)
    }

    /// Fails once the guest has had its time.
    pub fn check(&self, now: Instant) -> Result<(), Fault> {
        let spent = self.spent(now);
        if spent < self.limit {
            return Ok(());
        }
        Err(Fault::beyond(Code::LimitCpu, "cpu-ms", millis(spent), millis(self.limit)))
    }
}

/// Whole milliseconds.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Whole microseconds.
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_of_the_host_is_not_time_of_the_guest() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut clock = GuestClock::new(Duration::from_millis(100));
        clock.resume(at(0));
        clock.pause(at(60));
        clock.resume(at(5000));
        assert!(clock.check(at(5039)).is_ok());
        assert_eq!(clock.check(at(5040)).unwrap_err().code, Code::LimitCpu);
        assert_eq!(clock.spent(at(5040)), Duration::from_millis(100));
    }
}
