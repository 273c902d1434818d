//! Posts whose time is over: their objects first, then their rows, so that no object is ever
//! without a row.

use hivesync_jobs::{JobId, Moment};

use crate::database::Database;
use crate::error::StorageError;
use crate::objects::{ObjectKey, Objects, ServerId};
use crate::sql::content_jobs;

/// Removes jobs whose time was over before `now` with what they made, `at_once` in one go, and
/// says how many.
pub async fn forget_posts(
    db: &Database,
    objects: &Objects,
    now: Moment,
    at_once: u32,
) -> Result<u64, StorageError> {
    let mut removed = 0;
    loop {
        let expired = content_jobs::expired(db, now, at_once).await?;
        for id in &expired {
            if let Ok(ServerId(number)) = id.parse() {
                objects.remove(&ObjectKey::Post { job: JobId(number) }).await?;
                objects.remove(&ObjectKey::PostPatch { job: JobId(number) }).await?;
                objects.remove(&ObjectKey::PostRecord { job: JobId(number) }).await?;
            }
            // Another process may have been faster.
            removed += u64::from(content_jobs::forget(db, id, now).await?);
        }
        if expired.len() < usize::try_from(at_once).unwrap_or(usize::MAX) {
            return Ok(removed);
        }
    }
}
