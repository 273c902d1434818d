//! Steps of runs and the queue, brought in step.

use hivesync_storage::StorageError;
use hivesync_storage::sql::pipeline_jobs::{self, ServiceJob};
use hivesync_types::Code;

use super::start::again;
use crate::api::Api;
use crate::upkeep::{Standing, standing};

/// Compares every step that is not over with the queue: what is missing there is queued, and what
/// has ended there without a word here has failed.
pub(crate) async fn reconcile(api: &Api) {
    let open = match pipeline_jobs::open(&api.db).await {
        Ok(open) => open,
        Err(error) => return tracing::warn!(%error, "open steps could not be looked at"),
    };
    for job in open {
        if let Err(error) = in_step(api, &job).await {
            tracing::warn!(job.id = %job.queue_job, %error, "a step could not be brought in step");
        }
    }
}

async fn in_step(api: &Api, job: &ServiceJob) -> Result<(), StorageError> {
    let code = match standing(api, &job.queue_job).await? {
        Standing::Absent => {
            if let Err(problem) = again(api, job).await {
                tracing::warn!(job.id = %job.queue_job, code = %problem.code(), "a step could not be queued");
            }
            return Ok(());
        }
        Standing::Open => return Ok(()),
        Standing::Over(code) => code.unwrap_or(Code::HostCanceled),
    };
    let error = format!("{code}: {}", code.sentence());
    if pipeline_jobs::give_up(&api.db, &job.queue_job, &error, api.moment()).await? {
        api.ring(&job.queue_job);
    }
    Ok(())
}
