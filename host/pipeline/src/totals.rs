//! What the sandbox behind previews did.

use hivesync_sandbox::Totals;

use crate::preview::Preview;

impl Preview {
    /// What was done since the start, also for the maps and pipelines beside.
    pub fn totals(&self) -> Totals {
        self.sandbox.totals()
    }
}
