//! Waiting for what comes a moment later: by asking again, never by sleeping.

use std::time::{Duration, Instant};

/// What has not come by then never will, on however busy a machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// Waits until something holds; fails with `what` when it never does.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "not in {PATIENCE:?}: {what}");
        std::thread::yield_now();
    }
}
