//! Lists as SQLite reads them: one JSON array, with `json_each`.

use hivesync_jobs::JobId;
use serde::Serialize;

use crate::error::StorageError;

/// The text of a list.
pub(super) fn text(list: &impl Serialize) -> Result<String, StorageError> {
    serde_json::to_string(list).map_err(|_| StorageError::Nonsense("a list that is no JSON"))
}

/// A blob's bytes stand in JSON as hex, which `unhex` reads.
pub(super) fn id(job: JobId) -> String {
    format!("{:032x}", job.0)
}
