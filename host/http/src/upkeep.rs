//! What is done now and then: jobs of lost workers go back, previews and queue are brought in
//! step, what has ended is forgotten.
//!
//! **Invariant:** every preview that was accepted is in the queue or over, whatever broke
//! between the two.

use std::sync::Arc;
use std::time::Duration;

use hivesync_jobs::{Ending, JobId, Moment, State};
use hivesync_storage::StorageError;
use hivesync_storage::sql::previews::{self, PreviewJob};
use hivesync_storage::sql::{nonces, sessions};
use hivesync_types::Code;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::api::Api;
use crate::handlers::previews::enqueue;
use crate::identifiers::known_id;

/// How often jobs are taken from workers that are gone: well within a second of a lease's end
/// and at little cost.
const SWEEP: Duration = Duration::from_secs(1);
/// Sweeps between two looks at the previews that are not over.
const STEPS_OF_LOOKS: u32 = 5;
/// How often what has ended is forgotten.
const FORGET: Duration = Duration::from_secs(600);
/// How long after its end an artifact is removed, in milliseconds.
const GRACE_MS: u64 = 30 * 60 * 1000;
/// Artifacts that are removed in one round.
const EXPIRED_AT_ONCE: u32 = 500;

/// Keeps everything in step until `stop` becomes true.
pub async fn upkeep(api: Arc<Api>, mut stop: watch::Receiver<bool>) {
    let mut round: u32 = 0;
    let mut forget_at = Instant::now();
    loop {
        let swept = api.jobs.sweep(api.moment()).await;
        if swept.is_ok_and(|events| !events.is_empty()) || round.is_multiple_of(STEPS_OF_LOOKS) {
            reconcile(&api).await;
        }
        if Instant::now() >= forget_at {
            forget_at = Instant::now() + FORGET;
            forget(&api).await;
            expire(&api).await;
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
        Ending::Canceled => (Code::HostCanceled, "canceled"),
        Ending::Dead(code) | Ending::Failed(code) => (code, "failed"),
        // Its worker said so to the queue, and nobody has heard the report.
        Ending::Succeeded => (Code::HostRunnerLost, "failed"),
    };
    // A report may be on its way: the newest word of the tables counts.
    let ended = if ending == Ending::Canceled {
        previews::give_up(&api.db, id, None, now).await?
    } else {
        let error = json!({ "code": code, "message": code.sentence(), "retryable": code.is_retryable() });
        previews::give_up(&api.db, id, Some((code, &error.to_string())), now).await?
    };
    if ended {
        let data = json!({ "state": state, "code": code }).to_string();
        previews::append_event(&api.db, id, "state", &data, now).await?;
        api.ring(id);
    }
    Ok(())
}

/// Removes artifacts whose time is over: the objects first, so that no object is without a row.
async fn expire(api: &Api) {
    // A download that began in time may end.
    let before = Moment(api.moment().0.saturating_sub(GRACE_MS));
    let expired = match previews::expired(&api.db, before, EXPIRED_AT_ONCE).await {
        Ok(expired) => expired,
        Err(error) => return tracing::warn!(%error, "artifacts that have ended could not be looked for"),
    };
    for (job_id, artifact) in expired {
        let removed = async {
            for name in [&artifact.bundle_key, &artifact.metadata_key] {
                if let Ok(key) = name.parse() {
                    api.objects.remove(&key).await?;
                }
            }
            previews::forget_artifact(&api.db, &job_id, &artifact.device_id).await
        };
        match removed.await {
            Ok(()) => tracing::info!(job.id = %job_id, "an artifact that has ended was removed"),
            Err(error) => tracing::warn!(job.id = %job_id, %error, "an artifact could not be removed"),
        }
    }
}

async fn forget(api: &Api) {
    let now = api.moment();
    for forgotten in [sessions::sweep(&api.db, now).await, nonces::forget(&api.db, now).await] {
        match forgotten {
            Ok(0) => {}
            Ok(rows) => tracing::info!(rows, "rows that have ended were removed"),
            Err(error) => tracing::warn!(%error, "rows that have ended could not be removed"),
        }
    }
}
