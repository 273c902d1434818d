//! The clock of guest code.

use std::time::Duration;

use hivesync_types::Code;

use crate::fault::Fault;

/// Processor time of the calling thread. It stands still while others have the
/// processor, so that a crowded machine takes nothing of what a guest may use; the
/// deadline is kept by the broker, on a clock of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ThreadTime(Duration);

impl ThreadTime {
    /// The time of this thread until now.
    pub fn now() -> Self {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the kernel writes one timespec into a place of that size. It knows this
        // clock, so the call cannot fail; if it did, no time would pass.
        unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
        let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
        Self(Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default()))
    }

    /// How much of it passed since another moment.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// Time in guest code: it runs from the start of a call to its end, and stands still
/// while the host works or waits on the guest's behalf. Time is compared, ticks are
/// not counted: a ticker that is late on a busy machine must not give time away.
#[derive(Debug)]
pub struct GuestClock {
    limit: Duration,
    spent: Duration,
    since: Option<ThreadTime>,
}

impl GuestClock {
    /// A clock that stands at nothing and may reach `limit`.
    pub const fn new(limit: Duration) -> Self {
        Self { limit, spent: Duration::ZERO, since: None }
    }

    /// The guest runs from now on.
    pub fn resume(&mut self, now: ThreadTime) {
        self.since = Some(now);
    }

    /// The guest does not run any more.
    pub fn pause(&mut self, now: ThreadTime) {
        if let Some(since) = self.since.take() {
            self.spent = self.spent.saturating_add(now.since(since));
        }
    }

    /// Time in guest code until now.
    pub fn spent(&self, now: ThreadTime) -> Duration {
        let running = self.since.map_or(Duration::ZERO, |since| now.since(since));
        self.spent.saturating_add(running)
    }

    /// Fails once the guest has had its time.
    pub fn check(&self, now: ThreadTime) -> Result<(), Fault> {
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
        let at = |ms: u64| ThreadTime(Duration::from_millis(7000 + ms));
        let mut clock = GuestClock::new(Duration::from_millis(100));
        clock.resume(at(0));
        clock.pause(at(60));
        clock.resume(at(5000));
        assert!(clock.check(at(5039)).is_ok());
        assert_eq!(clock.check(at(5040)).unwrap_err().code, Code::LimitCpu);
        assert_eq!(clock.spent(at(5040)), Duration::from_millis(100));
    }

    #[test]
    fn a_thread_that_waits_spends_nothing_and_one_that_computes_does() {
        let (started, wall) = (ThreadTime::now(), std::time::Instant::now());
        let (_held, never) = std::sync::mpsc::channel::<()>();
        assert!(never.recv_timeout(Duration::from_millis(200)).is_err());
        assert!(wall.elapsed() >= Duration::from_millis(200));
        assert!(ThreadTime::now().since(started) < Duration::from_millis(100));
        while ThreadTime::now().since(started) < Duration::from_millis(20) {
            std::hint::black_box(started);
        }
    }
}
