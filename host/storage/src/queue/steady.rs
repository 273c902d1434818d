//! Time that goes on, whatever becomes of the wall clock.
//!
//! A queue in a file has no other clock than its machine's, and that may be set back while a process
//! runs or between two. So the time of a process is what the wall said when it began and what has
//! passed since; and it begins no earlier than what the queue's own rows say has been.
//!
//! What this does not do: look at a clock. Both are passed in.

use std::time::Duration;

use hivesync_jobs::Moment;

/// The time of a queue in a file.
pub struct Steady {
    begun: Moment,
    passed: Box<dyn Fn() -> Duration + Send + Sync>,
}

impl Steady {
    /// From what the wall says now. `passed` says how long ago that was, by a clock that nobody sets.
    pub fn new(wall: Moment, passed: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self { begun: wall, passed: Box::new(passed) }
    }

    /// The same, begun at this moment if the wall was behind it.
    pub(super) fn from(self, been: Moment) -> Self {
        Self { begun: self.begun.max(been), ..self }
    }

    pub(super) fn now(&self) -> Moment {
        self.begun.after((self.passed)())
    }
}
