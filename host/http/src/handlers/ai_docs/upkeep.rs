//! Files to document and the queue, brought in step.

use hivesync_storage::StorageError;
use hivesync_storage::sql::ai_docs::{self, AiDocJob, Outcome};
use hivesync_types::Code;

use super::ask::enqueue;
use crate::api::Api;
use crate::upkeep::{Standing, shown, standing};

/// Compares every job that is not over with the queue: what is missing there is queued, and what
/// has ended there without a word here has failed.
pub(crate) async fn reconcile(api: &Api) {
    let open = match ai_docs::open(&api.db).await {
        Ok(open) => open,
        Err(error) => return tracing::warn!(%error, "open files to document could not be looked at"),
    };
    for job in open {
        if let Err(error) = in_step(api, &job).await {
            tracing::warn!(job.id = %job.asked.id, %error, "a file to document could not be brought in step");
        }
    }
}

async fn in_step(api: &Api, job: &AiDocJob) -> Result<(), StorageError> {
    let id = &job.asked.id;
    let code = match standing(api, id).await? {
        Standing::Absent => {
            if let Err(problem) = enqueue(api, job).await {
                tracing::warn!(job.id = %id, code = %problem.code(), "a file to document could not be queued");
            }
            return Ok(());
        }
        Standing::Open => return Ok(()),
        Standing::Over(code) => code.unwrap_or(Code::HostCanceled),
    };
    let error = shown(code);
    let outcome = Outcome::Failed { code, error: &error };
    if ai_docs::end(&api.db, job, None, outcome, api.moment()).await? {
        api.ring(id);
    }
    Ok(())
}
