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
use hivesync_storage::sql::open;
use hivesync_storage::sql::previews::{self, PreviewJob, PreviewState, Word};
use hivesync_types::Code;
use serde_json::json;
use tokio::sync::watch;

use crate::api::Api;
use crate::handlers::maps::enqueue as enqueue_map;
use crate::handlers::notifications::finished;
use crate::handlers::previews::enqueue;
use crate::handlers::{ai_docs, content, spaces};
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
            bring_in_step(&api).await;
        }
        round = round.wrapping_add(1);
        tokio::select! {
            _ = stop.changed() => return,
            () = tokio::time::sleep(SWEEP) => {}
        }
    }
}

/// Compares whatever is not over with the queue, when anything is.
async fn bring_in_step(api: &Api) {
    match open::is_any(&api.db).await {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => return tracing::warn!(%error, "what is open could not be looked at"),
    }
    reconcile(api).await;
    content::upkeep::reconcile(api).await;
    ai_docs::upkeep::reconcile(api).await;
    spaces::upkeep::reconcile(api).await;
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

/// Where the queue has a job that the tables hold open.
pub(crate) enum Standing {
    /// Kept, and not queued before something broke.
    Absent,
    /// It waits, or a worker has it.
    Open,
    /// It has ended there, with this code; with none where it was withdrawn.
    Over(Option<Code>),
}

/// Asks the queue for a job by the number that its row has.
pub(crate) async fn standing(api: &Api, id: &str) -> Result<Standing, StorageError> {
    let Ok(number) = known_id(id) else { return Ok(Standing::Open) };
    Ok(match api.jobs.job(JobId(number.0)).await?.map(|job| job.state) {
        None => Standing::Absent,
        Some(State::Waiting { .. } | State::Leased { .. }) => Standing::Open,
        Some(State::Ended(Ending::Canceled)) => Standing::Over(None),
        Some(State::Ended(Ending::Dead(code) | Ending::Failed(code))) => Standing::Over(Some(code)),
        // Its worker said so to the queue, and nobody has heard the report.
        Some(State::Ended(Ending::Succeeded)) => Standing::Over(Some(Code::HostRunnerLost)),
    })
}

/// What whoever asked is shown of a code.
pub(crate) fn shown(code: Code) -> String {
    json!({ "code": code, "message": code.sentence(), "retryable": code.is_retryable() }).to_string()
}

async fn map_in_step(api: &Api, job: &MapJob) -> Result<(), StorageError> {
    let id = &job.asked.id;
    let code = match standing(api, id).await? {
        Standing::Absent => {
            if let Err(problem) = enqueue_map(api, job).await {
                tracing::warn!(job.id = %id, code = %problem.code(), "a question about a map could not be queued");
            }
            return Ok(());
        }
        Standing::Open => return Ok(()),
        Standing::Over(code) => code,
    };
    let error = code.map(|code| (code, shown(code)));
    let error = error.as_ref().map(|(code, error)| (*code, error.as_str()));
    if maps::give_up(&api.db, id, error, api.moment()).await? {
        api.ring(id);
    }
    Ok(())
}

async fn in_step(api: &Api, preview: &PreviewJob) -> Result<(), StorageError> {
    let id = &preview.asked.id;
    let code = match standing(api, id).await? {
        Standing::Absent => {
            if let Err(problem) = enqueue(api, preview).await {
                tracing::warn!(job.id = %id, code = %problem.code(), "a preview could not be queued");
            }
            return Ok(());
        }
        Standing::Open => return Ok(()),
        Standing::Over(code) => code,
    };
    let now = api.moment();
    let state = if code.is_some() { PreviewState::Failed } else { PreviewState::Canceled };
    let notification = match finished(api, preview, state) {
        Ok(notification) => notification,
        Err(problem) => {
            tracing::warn!(job.id = %id, code = %problem.code(), "a preview could not be ended");
            return Ok(());
        }
    };
    let told = code.unwrap_or(Code::HostCanceled);
    let event = json!({ "state": state.as_str(), "code": told }).to_string();
    let word = Word { event: &event, notification: &notification };
    let error = code.map(|code| (code, shown(code)));
    let error = error.as_ref().map(|(code, error)| (*code, error.as_str()));
    // A report may be on its way: the newest word of the tables counts.
    if previews::give_up(&api.db, id, error, word, now).await? {
        api.ring(id);
    }
    Ok(())
}
