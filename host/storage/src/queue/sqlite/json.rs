//! What stands in the lists that SQLite reads.

use hivesync_jobs::JobId;

/// A blob's bytes stand in JSON as hex, which `unhex` reads.
pub(super) fn id(job: JobId) -> String {
    format!("{:032x}", job.0)
}
