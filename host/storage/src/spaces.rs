//! Runs of spaces whose time is over: they end first, so that nothing begins in them any more, then
//! their objects go, then the rows of those, so that no object is ever without a row.

use hivesync_jobs::Moment;

use crate::database::Database;
use crate::error::StorageError;
use crate::objects::Objects;
use crate::sql::pipeline_runs;

/// Ends runs that nothing was done with since `before` and removes what is kept of them, `at_once`
/// in one go; says how many. What was decided stays, and what was asked for.
pub async fn forget_spaces(
    db: &Database,
    objects: &Objects,
    (before, now): (Moment, Moment),
    at_once: u32,
) -> Result<u64, StorageError> {
    let mut removed = 0;
    loop {
        let idle = pipeline_runs::idle(db, before, at_once).await?;
        for run in &idle {
            // Somebody may have come back to it.
            if !pipeline_runs::close(db, run, (before, now)).await? {
                continue;
            }
            for kept in pipeline_runs::artifacts(db, run).await? {
                if let Ok(key) = kept.storage_path.parse() {
                    objects.remove(&key).await?;
                }
            }
            pipeline_runs::forget_artifacts(db, run).await?;
            removed += 1;
        }
        if idle.len() < usize::try_from(at_once).unwrap_or(usize::MAX) {
            return Ok(removed);
        }
    }
}
