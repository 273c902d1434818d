//! Whether a job waits for a worker with a GPU.

use std::time::Duration;

use hivesync_storage::sql::audit::{self, AuditEvent};
use hivesync_types::Tier;

use crate::api::Api;
use crate::identifiers::new_id;
use crate::problem::Problem;
use crate::vitals::is_served;

/// How long a job waits for a worker with a GPU before any other may have it.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a job of a tier with a GPU waits for one in this queue: not at all while no healthy
/// worker with a GPU serves it, which is put on record.
pub(crate) async fn patience(
    api: &Api,
    (tier, queue): (Tier, &str),
    (user_id, job_id): (&str, &str),
) -> Result<Option<Duration>, Problem> {
    if !api.settings.tiers.of(tier).gpu {
        return Ok(None);
    }
    let now = api.moment();
    if is_served(&api.db, ("gpu", queue), now).await? {
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
