//! How often somebody may do something, counted for the whole fleet.
//!
//! The rule is the generic cell rate algorithm: one number a name, the time at which a
//! steady caller would be here. Redis counts by its own clock; where it does not answer in
//! time, each process counts its share by itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hivesync_jobs::Moment;
use redis::Script;

use super::Fleet;

/// Names that a process counts by itself; beyond, those that are back at nothing are dropped.
const NAMES_MAX: usize = 100_000;
/// How long Redis is left alone when it did not answer.
const LEFT_ALONE: Duration = Duration::from_secs(1);

/// So many in so much time, all at once if need be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many. None at all when it is zero.
    pub count: u32,
    /// In this time.
    pub per: Duration,
}

/// Whether something may be done, and what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// It may.
    pub is_allowed: bool,
    /// How many more may be done at once.
    pub remaining: u32,
    /// When it may be tried again, if it may not be done now.
    pub retry_after: Duration,
    /// When all of them are there again.
    pub full_after: Duration,
}

impl Rate {
    /// Microseconds between two callers that come steadily.
    fn interval(self) -> u64 {
        micros(self.per).checked_div(u64::from(self.count)).unwrap_or(u64::MAX).max(1)
    }

    /// One more, when a steady caller would be `ahead` microseconds from now. Gives how far
    /// ahead it is then.
    fn admit(self, ahead: u64) -> (bool, u64) {
        let next = ahead.saturating_add(self.interval());
        if self.count > 0 && next <= micros(self.per) { (true, next) } else { (false, ahead) }
    }

    fn allowance(self, is_allowed: bool, ahead: u64) -> Allowance {
        let (per, interval) = (micros(self.per), self.interval());
        let room = per.saturating_sub(ahead).checked_div(interval).unwrap_or(0);
        let wait = if is_allowed { 0 } else { ahead.saturating_add(interval).saturating_sub(per) };
        let retry_after = if self.count == 0 { self.per } else { Duration::from_micros(wait) };
        Allowance {
            is_allowed,
            remaining: u32::try_from(room).unwrap_or(u32::MAX).min(self.count),
            retry_after,
            full_after: Duration::from_micros(ahead),
        }
    }
}

/// [`Rate::admit`] where the number is kept.
const ADMIT: &str = "
    local time = redis.call('TIME')
    local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
    local interval, per = tonumber(ARGV[1]), tonumber(ARGV[2])
    local ahead = math.max(tonumber(redis.call('GET', KEYS[1]) or '0') - now, 0)
    if ahead + interval > per then return {0, ahead} end
    ahead = ahead + interval
    redis.call('SET', KEYS[1], string.format('%.0f', now + ahead), 'PX', math.ceil(ahead / 1000) + 1)
    return {1, ahead}";

/// Counts.
#[derive(Debug)]
pub struct Limiter {
    fleet: Option<Fleet>,
    script: Script,
    /// Processes that share a limit when each counts by itself.
    processes: u32,
    local: Mutex<Local>,
}

#[derive(Debug, Default)]
struct Local {
    /// When a steady caller of this name would be here, in microseconds.
    arrivals: HashMap<String, u64>,
    /// Until then Redis is left alone.
    alone_until: Moment,
}

impl Limiter {
    /// For a process alone, or for one of `processes` that share a Redis.
    pub fn new(fleet: Option<Fleet>, processes: u32) -> Self {
        let processes = processes.max(1);
        Self { fleet, script: Script::new(ADMIT), processes, local: Mutex::default() }
    }

    /// One more of this name.
    pub async fn admit(&self, name: &str, rate: Rate, now: Moment) -> Allowance {
        if rate.count == 0 {
            return rate.allowance(false, 0);
        }
        if let Some(fleet) = &self.fleet
            && self.lock().alone_until <= now
        {
            let mut connection = fleet.connection.clone();
            let mut call = self.script.key(format!("hivesync:limit:{name}"));
            let call = call.arg(rate.interval()).arg(micros(rate.per));
            match call.invoke_async::<(u8, u64)>(&mut connection).await {
                Ok((allowed, ahead)) => return rate.allowance(allowed == 1, ahead),
                Err(error) => {
                    tracing::warn!(%error, "limits are counted by each process for now");
                    self.lock().alone_until = now.after(LEFT_ALONE);
                }
            }
        }
        self.admit_locally(name, self.share(rate), now)
    }

    /// What is this process's own of a limit that all share.
    fn share(&self, rate: Rate) -> Rate {
        let processes = if self.fleet.is_some() { self.processes } else { 1 };
        Rate { count: rate.count.checked_div(processes).unwrap_or(0).max(1), ..rate }
    }

    fn admit_locally(&self, name: &str, rate: Rate, now: Moment) -> Allowance {
        let now = now.0.saturating_mul(1000);
        let mut local = self.lock();
        if local.arrivals.len() >= NAMES_MAX && !local.arrivals.contains_key(name) {
            local.arrivals.retain(|_, arrival| *arrival > now);
        }
        let ahead = local.arrivals.get(name).map_or(0, |arrival| arrival.saturating_sub(now));
        // Nobody gets further ahead than that: the clock was set back since, and counting begins anew.
        let ahead = if ahead > micros(rate.per) { 0 } else { ahead };
        let (is_allowed, ahead) = rate.admit(ahead);
        // A name that finds no room is let through once more than it should.
        if local.arrivals.len() < NAMES_MAX || local.arrivals.contains_key(name) {
            local.arrivals.insert(name.to_owned(), now.saturating_add(ahead));
        }
        rate.allowance(is_allowed, ahead)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Local> {
        // A number is whole whatever happened to who wrote it.
        self.local.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE_A_SECOND: Rate = Rate { count: 3, per: Duration::from_millis(900) };

    #[tokio::test]
    async fn as_many_as_allowed_come_at_once_and_then_steadily() {
        let limiter = Limiter::new(None, 1);
        let start = Moment(1_000_000);
        for remaining in [2, 1, 0] {
            let allowance = limiter.admit("a", THREE_A_SECOND, start).await;
            assert_eq!((allowance.is_allowed, allowance.remaining), (true, remaining));
        }
        let refused = limiter.admit("a", THREE_A_SECOND, start).await;
        assert!(!refused.is_allowed);
        assert_eq!(refused.retry_after, Duration::from_millis(300));
        assert_eq!(refused.full_after, Duration::from_millis(900));
        assert!(limiter.admit("b", THREE_A_SECOND, start).await.is_allowed, "others have their own");
        let later = start.after(Duration::from_millis(299));
        assert!(!limiter.admit("a", THREE_A_SECOND, later).await.is_allowed);
        let later = start.after(Duration::from_millis(300));
        assert!(limiter.admit("a", THREE_A_SECOND, later).await.is_allowed);
        assert!(!limiter.admit("a", THREE_A_SECOND, later).await.is_allowed);
    }

    #[tokio::test]
    async fn a_limit_of_nothing_lets_nobody_through() {
        let limiter = Limiter::new(None, 1);
        let nothing = Rate { count: 0, per: Duration::from_secs(60) };
        let refused = limiter.admit("a", nothing, Moment(1)).await;
        assert_eq!((refused.is_allowed, refused.retry_after), (false, Duration::from_secs(60)));
    }

    #[tokio::test]
    async fn a_clock_that_is_set_back_locks_nobody_out_for_hours() {
        let limiter = Limiter::new(None, 1);
        let start = Moment(10_000_000);
        for _ in 0..3 {
            assert!(limiter.admit("a", THREE_A_SECOND, start).await.is_allowed);
        }
        let back = start.before(Duration::from_secs(7200));
        for remaining in [2, 1, 0] {
            let allowance = limiter.admit("a", THREE_A_SECOND, back).await;
            assert_eq!((allowance.is_allowed, allowance.remaining), (true, remaining));
        }
        assert!(!limiter.admit("a", THREE_A_SECOND, back).await.is_allowed);
    }

    #[tokio::test]
    async fn names_that_are_back_at_nothing_make_room_for_others() {
        let limiter = Limiter::new(None, 1);
        for name in 0..NAMES_MAX {
            limiter.admit(&name.to_string(), THREE_A_SECOND, Moment(0)).await;
        }
        limiter.admit("late", THREE_A_SECOND, Moment(10_000)).await;
        assert_eq!(limiter.lock().arrivals.len(), 1);
    }
}
