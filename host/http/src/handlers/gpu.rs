//! Whether a job waits for a worker with a GPU.

use std::time::Duration;

use hivesync_jobs::Moment;
use hivesync_storage::sql::audit::{self, AuditEvent};
use hivesync_storage::sql::workers;
use hivesync_types::Tier;

use crate::api::Api;
use crate::identifiers::new_id;
use crate::problem::Problem;

/// How long a job waits for a worker with a GPU before any other may have it.
const PATIENCE: Duration = Duration::from_secs(10);
/// A worker that was heard of within so many milliseconds is there.
const SEEN_MS: u64 = 120_000;

/// How long a job of a tier with a GPU waits for one: not at all while none is there, which is
/// put on record.
pub(crate) async fn patience(
    api: &Api,
    tier: Tier,
    (user_id, job_id): (&str, &str),
) -> Result<Option<Duration>, Problem> {
    if !api.settings.tiers.of(tier).gpu {
        return Ok(None);
    }
    let now = api.moment();
    let alive = Moment(now.0.saturating_sub(SEEN_MS));
    if workers::serves(&api.db, "gpu", alive).await? {
        return Ok(Some(PATIENCE));
    }
    let event = AuditEvent {
        id: &new_id(api)?,
        at: now,
        actor: Some(user_id),
        action: "job.no_gpu",
        subject: Some(job_id),
        code: None,
        request_id: "",
    };
    audit::keep(&api.db, event).await?;
    Ok(None)
}
