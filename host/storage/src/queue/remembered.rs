//! Jobs that this process gave out, as it left them: a word about one of them is written without
//! reading it first.
//!
//! What is remembered may be wrong: another process may have withdrawn a job meanwhile, or given it to
//! somebody else. So it is written only where the row still stands as remembered, and when one does not,
//! the whole transaction is undone and done again from what is read.
//!
//! **Invariant:** nothing is answered on the word of what was remembered alone.

use std::collections::BTreeMap;

use hivesync_jobs::{Claimed, Job, JobId, State};

use super::desk::Desk;

/// Jobs that are remembered; more than workers of one process have at one time.
const MOST: usize = 8192;

/// The jobs.
#[derive(Debug, Default)]
pub(super) struct Remembered(BTreeMap<JobId, Job>);

impl Remembered {
    /// The job of this claim, if it is the newest that is known.
    pub(super) fn get(&self, claim: Claimed) -> Option<&Job> {
        self.0.get(&claim.job).filter(|job| job.fence == claim.fence)
    }

    /// Remembers what a transaction left behind that is on disk now.
    pub(super) fn keep(&mut self, desk: Desk) {
        if self.0.len() >= MOST {
            self.0.clear();
        }
        for (id, (job, _)) in desk.jobs {
            if matches!(job.state, State::Leased { .. }) {
                self.0.insert(id, job);
            } else {
                self.0.remove(&id);
            }
        }
    }

    /// Forgets all. Says whether there was anything.
    pub(super) fn forget(&mut self) -> bool {
        !std::mem::take(&mut self.0).is_empty()
    }
}
