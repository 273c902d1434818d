//! Jobs of posts and the queue, brought in step.

use hivesync_storage::StorageError;
use hivesync_storage::sql::content_jobs::{self, ContentJob, Outcome};
use hivesync_types::Code;

use super::generate::enqueue;
use crate::api::Api;
use crate::upkeep::{Standing, standing};

/// Compares every job that is not over with the queue: what is missing there is queued, and what
/// has ended there without a word here has failed.
pub(crate) async fn reconcile(api: &Api) {
    let open = match content_jobs::open(&api.db).await {
        Ok(open) => open,
        Err(error) => return tracing::warn!(%error, "open content jobs could not be looked at"),
    };
    for job in open {
        if let Err(error) = in_step(api, &job).await {
            tracing::warn!(job.id = %job.asked.id, %error, "a content job could not be brought in step");
        }
    }
}

async fn in_step(api: &Api, job: &ContentJob) -> Result<(), StorageError> {
    let id = &job.asked.id;
    let code = match standing(api, id).await? {
        Standing::Absent => {
            if let Err(problem) = enqueue(api, job).await {
                tracing::warn!(job.id = %id, code = %problem.code(), "a content job could not be queued");
            }
            return Ok(());
        }
        Standing::Open => return Ok(()),
        Standing::Over(code) => code.unwrap_or(Code::HostCanceled),
    };
    let outcome = Outcome::Failed { code: code.as_str(), message: code.sentence(), result: None };
    if content_jobs::end(&api.db, id, None, outcome, api.moment()).await? {
        api.ring(id);
    }
    Ok(())
}
