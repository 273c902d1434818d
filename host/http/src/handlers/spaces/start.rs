//! Beginning a step: everything that is checked before it is queued.

use axum::body::Bytes;
use axum::http::StatusCode;
use hivesync_jobs::NewJob;
use hivesync_jobs::{JobId, LaneKey, LaneTerms};
use hivesync_storage::sql::pipeline_jobs::{self, NewStep, Service, ServiceJob, Started};
use hivesync_storage::sql::pipeline_runs::{self, ArtifactKind, PipelineRun};
use hivesync_types::{Code, Digest, Tier};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::api::Api;
use crate::extract::{Caller, parse};
use crate::handlers::gpu;
use crate::handlers::previews::tenant;
use crate::identifiers::{known_id, new_id};
use crate::limits::limit_reached;
use crate::problem::Problem;

/// The queue of steps.
const QUEUE: &str = "pipeline_jobs";
/// Claims of a job in all.
const TRIES_MAX: u32 = 3;
/// Pictures of a step.
const PICTURES_MAX: usize = 12;
/// When to come again where too much is under way, in seconds.
const COME_AGAIN: u64 = 10;

/// A step that is to begin.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartAsk {
    /// Uploads of this run, each once.
    #[schema(min_items = 1, max_items = 12)]
    upload_ids: Vec<String>,
}

/// Begins a step, once.
pub(super) async fn start(
    api: &Api,
    caller: &Caller,
    (run, step_id): (&PipelineRun, u64),
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let StartAsk { upload_ids } = parse(&body)?;
    let limits = caller.limits(api);
    if limits.ai_at_once == 0 {
        return Err(Problem::new(Code::TierUpgradeRequired).detail("required_tier", Tier::Free.as_str()));
    }
    let inputs = inputs(api, run, &upload_ids).await?;
    let payload = json!({ "upload_ids": upload_ids }).to_string();
    let step = step_id.to_string();
    let mut services = Vec::new();
    for service in Service::ALL {
        let fields = [run.id.as_bytes(), step.as_bytes(), service.as_str().as_bytes(), inputs.as_bytes()];
        services.push((service, new_id(api)?, Digest::of_fields(&fields).to_hex()));
    }
    let services = services.try_into().map_err(|_| Problem::new(Code::HostInternal))?;
    let queue_job = new_id(api)?;
    let new = NewStep {
        run_id: &run.id,
        step_id,
        payload_ref: &payload,
        services,
        queue_job: &queue_job,
        at_once: limits.ai_at_once,
        now: api.moment(),
    };
    match pipeline_jobs::start(&api.db, &new).await? {
        Started::New => {
            enqueue(api, run, &queue_job).await?;
            Ok(StatusCode::ACCEPTED)
        }
        Started::Known => Ok(StatusCode::OK),
        Started::Running => Err(Problem::with(Code::Conflict, "The step is under way.")),
        Started::Exhausted => {
            Err(Problem::with(Code::Conflict, "The step has failed as often as it may with these uploads."))
        }
        Started::NotNow => {
            let message = if run.ended_at.is_some() {
                "The run has ended."
            } else if run.is_blocked {
                "The run is blocked and waits for a person to look."
            } else {
                "The run is at another step."
            };
            Err(Problem::with(Code::Conflict, message).detail("current_step", run.current_step))
        }
        Started::TooMany => Err(limit_reached("ai_at_once", caller.user.tier, COME_AGAIN)),
    }
}

/// Names what a step works on by its bytes: the same pictures are the same input.
async fn inputs(api: &Api, run: &PipelineRun, ids: &[String]) -> Result<String, Problem> {
    let wrong = || {
        let message = format!("upload_ids holds 1 to {PICTURES_MAX} uploads of this run, each once.");
        Problem::field("upload_ids", message)
    };
    if !(1..=PICTURES_MAX).contains(&ids.len()) {
        return Err(wrong());
    }
    let there = pipeline_runs::artifacts(&api.db, &run.id).await?;
    let mut digests: Vec<&str> = Vec::new();
    for (place, id) in ids.iter().enumerate() {
        let upload = there.iter().find(|kept| kept.id == *id && kept.kind == ArtifactKind::Original);
        let upload = upload.filter(|_| !ids.iter().take(place).any(|other| other == id));
        digests.push(&upload.ok_or_else(wrong)?.digest);
    }
    Ok(digests.join(" "))
}

/// Puts a kept step into the queue, if it is not there. A crash between the two is made good by
/// whoever starts next.
pub(super) async fn enqueue(api: &Api, run: &PipelineRun, queue_job: &str) -> Result<(), Problem> {
    let limits = api.settings.tiers.of(run.tier);
    let new = NewJob {
        id: JobId(known_id(queue_job)?.0),
        lane: LaneKey { queue: QUEUE.to_owned(), tenant: tenant(&run.user_id) },
        terms: LaneTerms { weight: limits.weight, cap: limits.ai_at_once.max(1) },
        tries_max: TRIES_MAX,
        gpu_patience: gpu::patience(api, (run.tier, QUEUE), (&run.user_id, queue_job)).await?,
        key: Some((queue_job.to_owned(), *Digest::of(queue_job.as_bytes()).as_bytes())),
    };
    api.jobs.enqueue(new, api.moment()).await?;
    Ok(())
}

/// The run of a service, to queue it again.
pub(super) async fn again(api: &Api, job: &ServiceJob) -> Result<(), Problem> {
    match pipeline_runs::by_id(&api.db, &job.run_id).await? {
        Some(run) => enqueue(api, &run, &job.queue_job).await,
        None => Ok(()),
    }
}
