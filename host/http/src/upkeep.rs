//! What is done now and then: jobs of lost workers go back, previews and queue are brought in
//! step. What has ended is removed by `hivesync-worker`'s cleanup.
//!
//! **Invariant:** every preview that was accepted is in the queue or over, whatever broke
//! between the two.

use std::sync::Arc;
use std::time::Duration;

use hivesync_jobs::{Ending, JobId, State};
use hivesync_storage::StorageError;
use hivesync_storage::sql::maps::{self, MapJob};
use hivesync_storage::sql::previews::{self, PreviewJob, PreviewState, Word};
use hivesync_types::Code;
use serde_json::json;
use tokio::sync::watch;

use crate::api::Api;
use crate::handlers::content;
use crate::handlers::maps::enqueue as enqueue_map;
use crate::handlers::notifications::finished;
use crate::handlers::previews::enqueue;
use crate::identifiers::known_id;

/// How often jobs are taken from workers that are gone: well within a second of a lease's end
/// and at little cost.
const SWEEP: Duration = Duration::from_secs(1);
/// Sweeps between two looks at the previews that are not over.
const STEPS_OF_LOOKS: u32 = 5;

/// Keeps everything in step until `stop` becomes true.
pub async fn upkeep(api: Arc<Api>, mut stop: watch::Receiver<bool>) {
    let mut round: u32 = 0;
    loop {
        let swept = api.jobs.sweep(api.moment()).await;
        if swept.is_ok_and(|events| !events.is_empty()) || round.is_multiple_of(STEPS_OF_LOOKS) {
            reconcile(&api).await;
            content::upkeep::reconcile(&api).await;
        }
        round = round.wrapping_add(1);
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
}

/// Compares every preview that is not over with its job in the queue.
async fn reconcile(api: &Api) {
    reconcile_maps(api).await;
    let open = match previews::open(&api.db).await {
        Ok(open) => open,
        Err(error) => return tracing::warn!(%error, "open previews could not be looked at"),
    };
    for job in open {
        if let Err(error) = in_step(api, &job).await {
            tracing::warn!(job.id = %job.asked.id, %error, "a preview could not be brought in step");
        }
    }
}

/// The same for questions about maps.
async fn reconcile_maps(api: &Api) {
    let open = match maps::open(&api.db).await {
        Ok(open) => open,
        Err(error) => return tracing::warn!(%error, "open questions about maps could not be looked at"),
    };
    for job in open {
        if let Err(error) = map_in_step(api, &job).await {
            tracing::warn!(job.id = %job.asked.id, %error, "a question about a map could not be brought in step");
        }
    }
}

async fn map_in_step(api: &Api, job: &MapJob) -> Result<(), StorageError> {
    let id = &job.asked.id;
    let Ok(number) = known_id(id) else { return Ok(()) };
    let code = match api.jobs.job(JobId(number.0)).await?.map(|job| job.state) {
        None => {
            if let Err(problem) = enqueue_map(api, job).await {
                tracing::warn!(job.id = %id, code = %problem.code(), "a question about a map could not be queued");
            }
            return Ok(());
        }
        Some(State::Waiting { .. } | State::Leased { .. }) => return Ok(()),
        Some(State::Ended(Ending::Canceled)) => None,
        Some(State::Ended(Ending::Dead(code) | Ending::Failed(code))) => Some(code),
        Some(State::Ended(Ending::Succeeded)) => Some(Code::HostRunnerLost),
    };
    let shown = code.map(|code| {
        let error = json!({ "code": code, "message": code.sentence(), "retryable": code.is_retryable() });
        (code, error.to_string())
    });
    let error = shown.as_ref().map(|(code, error)| (*code, error.as_str()));
    if maps::give_up(&api.db, id, error, api.moment()).await? {
        api.ring(id);
    }
    Ok(())
}

async fn in_step(api: &Api, preview: &PreviewJob) -> Result<(), StorageError> {
    let id = &preview.asked.id;
    let Ok(number) = known_id(id) else { return Ok(()) };
    let ending = match api.jobs.job(JobId(number.0)).await? {
        // Kept, and not queued before something broke.
        None => {
            if let Err(problem) = enqueue(api, preview).await {
                tracing::warn!(job.id = %id, code = %problem.code(), "a preview could not be queued");
            }
            return Ok(());
        }
        Some(job) => match job.state {
            State::Ended(ending) => ending,
            State::Waiting { .. } | State::Leased { .. } => return Ok(()),
        },
    };
    let now = api.moment();
    let (code, state) = match ending {
        Ending::Canceled => (Code::HostCanceled, PreviewState::Canceled),
        Ending::Dead(code) | Ending::Failed(code) => (code, PreviewState::Failed),
        // Its worker said so to the queue, and nobody has heard the report.
        Ending::Succeeded => (Code::HostRunnerLost, PreviewState::Failed),
    };
    let notification = match finished(api, preview, state) {
        Ok(notification) => notification,
        Err(problem) => {
            tracing::warn!(job.id = %id, code = %problem.code(), "a preview could not be ended");
            return Ok(());
        }
    };
    let event = json!({ "state": state.as_str(), "code": code }).to_string();
    let word = Word { event: &event, notification: &notification };
    let error = json!({ "code": code, "message": code.sentence(), "retryable": code.is_retryable() });
    let error = error.to_string();
    let error = (state == PreviewState::Failed).then_some((code, error.as_str()));
    // A report may be on its way: the newest word of the tables counts.
    if previews::give_up(&api.db, id, error, word, now).await? {
        api.ring(id);
    }
    Ok(())
}
