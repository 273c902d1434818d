//! How long a job waits before it is tried again.

use std::time::Duration;

use crate::id::JobId;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// The wait after this many tries: a second, doubled with each, a minute at most, and a
/// part of it by the job's number, so that jobs that failed together do not return together.
pub fn backoff(job: JobId, tries: u32) -> Duration {
    let doubled =
        FIRST.saturating_mul(1_u32.checked_shl(tries.saturating_sub(1).min(16)).unwrap_or(u32::MAX));
    let wait = doubled.min(LONGEST);
    // Between three quarters and five quarters of it.
    wait / 4 * 3 + wait / 2 / 256 * spread(job, tries)
}

/// 0 to 255, even over jobs and tries (the finaliser of MurmurHash3).
fn spread(job: JobId, tries: u32) -> u32 {
    let [a, b, c, d, e, f, g, h, rest @ ..] = job.0.to_le_bytes();
    let mut x =
        u64::from_le_bytes([a, b, c, d, e, f, g, h]) ^ u64::from_le_bytes(rest) ^ (u64::from(tries) << 32);
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        x = (x ^ (x >> 33)).wrapping_mul(factor);
    }
    u32::try_from((x ^ (x >> 33)) & 0xff).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_minute_and_stay_within_a_quarter() {
        for (tries, seconds) in [(1, 1.0), (2, 2.0), (3, 4.0), (7, 60.0), (40, 60.0), (u32::MAX, 60.0)] {
            for number in 0..100 {
                let wait = backoff(JobId(number), tries).as_secs_f64();
                assert!((seconds * 0.75..=seconds * 1.25).contains(&wait), "{tries}: {wait}");
            }
        }
    }

    #[test]
    fn jobs_that_fail_together_do_not_return_together() {
        let waits: std::collections::BTreeSet<_> = (0..100).map(|number| backoff(JobId(number), 3)).collect();
        assert!(waits.len() > 50, "{}", waits.len());
    }
}
