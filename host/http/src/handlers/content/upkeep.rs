//! Jobs of posts and the queue, brought in step.

use hivesync_jobs::{Ending, JobId, State};
use hivesync_storage::StorageError;
use hivesync_storage::sql::content_jobs::{self, ContentJob, Outcome};
use hivesync_types::Code;

use super::generate::enqueue;
use crate::api::Api;
use crate::identifiers::known_id;

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
    let Ok(number) = known_id(id) else { return Ok(()) };
    let code = match api.jobs.job(JobId(number.0)).await?.map(|job| job.state) {
        None => {
            if let Err(problem) = enqueue(api, job).await {
                tracing::warn!(job.id = %id, code = %problem.code(), "a content job could not be queued");
            }
            return Ok(());
        }
        Some(State::Waiting { .. } | State::Leased { .. }) => return Ok(()),
        Some(State::Ended(Ending::Dead(code) | Ending::Failed(code))) => code,
        Some(State::Ended(Ending::Canceled)) => Code::HostCanceled,
        // Its worker said so to the queue before it said so here.
        Some(State::Ended(Ending::Succeeded)) => Code::HostRunnerLost,
    };
    let outcome = Outcome::Failed { code: code.as_str(), message: code.sentence(), result: None };
    if content_jobs::end(&api.db, id, None, outcome, api.moment()).await? {
        api.ring(id);
    }
    Ok(())
}
