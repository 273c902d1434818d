//! Runs of spaces as clients see them.

use std::collections::BTreeMap;

use hivesync_jobs::Moment;
use hivesync_storage::ObjectKey;
use hivesync_storage::sql::pipeline_jobs::{self, ServiceJob};
use hivesync_storage::sql::pipeline_runs::{self, PipelineArtifact, PipelineDecision, PipelineRun};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::Api;
use crate::handlers::artifacts::LINK_TTL;
use crate::handlers::page::rfc3339;
use crate::problem::{Problem, internal};
use crate::times;

/// A link that was made before is handed out again while it is good for as long, in milliseconds.
const FRESH_MS: u64 = 60_000;

/// A run in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpaceRunBrief {
    run_id: String,
    /// `open`, `blocked`, or `ended`.
    status: &'static str,
    current_step: u64,
    created_at: String,
    ended_at: Option<String>,
}

/// A run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpaceRunView {
    #[serde(flatten)]
    brief: SpaceRunBrief,
    project_id: String,
    request: String,
    plan: String,
    ratio: String,
    ratio_locked: bool,
    quality_post_step4: String,
    payload_size_estimate: u64,
    retries_left: u64,
    last_error: Option<String>,
    services: Vec<SpaceServiceView>,
    /// Milliseconds within which 95 of 100 services of a kind ended in the last day.
    p95_ms: BTreeMap<&'static str, u64>,
}

/// A service of a step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpaceServiceView {
    step_id: u64,
    /// `image_io`, `info_worker`, `comparison` or `supervisor`.
    service: &'static str,
    /// `pending`, `running`, `completed`, `failed` or `blocked`.
    status: &'static str,
    attempts: u64,
    /// The artifact with its result.
    result_ref: Option<String>,
    last_error: Option<String>,
    processing_time_ms: Option<u64>,
}

/// A picture that was uploaded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpaceUploadView {
    upload_id: String,
    bytes: u64,
    digest: String,
}

/// What was decided after a supervision.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpaceDecisionView {
    step_id: u64,
    attempt: u64,
    /// `proceed`, `retry` or `block`.
    decision: String,
    schema_validations: Value,
    rule_checks: Value,
    llm_audit: Value,
    retry_budget_remaining: u64,
    block_reason: Option<String>,
    /// The person who decided; none where it was the supervisor.
    decided_by: Option<String>,
    /// What they said about it.
    note: Option<String>,
    created_at: String,
}

/// Something that is kept of a run.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpaceArtifactView {
    artifact_id: String,
    step_id: Option<u64>,
    /// `preview`, `original`, `json` or `metadata`.
    kind: &'static str,
    bytes: u64,
    digest: String,
    metadata: Value,
    url: String,
    expires_at: String,
}

/// A run in a list.
pub(super) fn brief(run: &PipelineRun) -> SpaceRunBrief {
    SpaceRunBrief {
        run_id: run.id.clone(),
        status: match run.ended_at {
            Some(_) => "ended",
            None if run.is_blocked => "blocked",
            None => "open",
        },
        current_step: run.current_step,
        created_at: rfc3339(run.created_at),
        ended_at: run.ended_at.map(rfc3339),
    }
}

/// A run as it stands.
pub(super) async fn run(api: &Api, run: PipelineRun) -> Result<SpaceRunView, Problem> {
    let services = pipeline_jobs::of_run(&api.db, &run.id).await?;
    let p95_ms = times::services(&api.db, api.moment()).await?;
    Ok(SpaceRunView {
        brief: brief(&run),
        project_id: run.project_id,
        request: run.request,
        plan: run.plan,
        ratio: run.ratio,
        ratio_locked: run.ratio_locked,
        quality_post_step4: run.quality_post_step4,
        payload_size_estimate: run.payload_size_estimate,
        retries_left: run.retries_left,
        last_error: run.last_error,
        services: services.iter().map(service).collect(),
        p95_ms,
    })
}

fn service(job: &ServiceJob) -> SpaceServiceView {
    SpaceServiceView {
        step_id: job.step_id,
        service: job.service.as_str(),
        status: job.status.as_str(),
        attempts: job.attempts,
        result_ref: job.result_ref.clone(),
        last_error: job.last_error.clone(),
        processing_time_ms: job.processing_time_ms,
    }
}

/// An upload.
pub(super) fn upload(kept: &PipelineArtifact) -> SpaceUploadView {
    SpaceUploadView { upload_id: kept.id.clone(), bytes: kept.bytes, digest: kept.digest.clone() }
}

/// A decision.
pub(super) fn decision(decision: &PipelineDecision) -> SpaceDecisionView {
    SpaceDecisionView {
        step_id: decision.step_id,
        attempt: decision.attempt,
        decision: decision.decision.clone(),
        schema_validations: json(&decision.schema_validations),
        rule_checks: json(&decision.rule_checks),
        llm_audit: json(&decision.llm_audit),
        retry_budget_remaining: decision.retry_budget_remaining,
        block_reason: decision.block_reason.clone(),
        decided_by: decision.decided_by.clone(),
        note: decision.note.clone(),
        created_at: rfc3339(decision.created_at),
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

/// Everything that is kept of a run, with links.
pub(super) async fn artifacts(api: &Api, run: &PipelineRun) -> Result<Vec<SpaceArtifactView>, Problem> {
    let mut shown = Vec::new();
    for kept in pipeline_runs::artifacts(&api.db, &run.id).await? {
        let (url, until) = link(api, &kept).await?;
        shown.push(SpaceArtifactView {
            artifact_id: kept.id,
            step_id: kept.step_id,
            kind: kept.kind.as_str(),
            bytes: kept.bytes,
            digest: kept.digest,
            metadata: json(&kept.metadata_json),
            url,
            expires_at: rfc3339(until),
        });
    }
    Ok(shown)
}

/// A link that is good for a while: the one that was made before, while it is.
async fn link(api: &Api, kept: &PipelineArtifact) -> Result<(String, Moment), Problem> {
    let now = api.moment();
    if let Some((url, until)) = &kept.signed_url
        && until.0 > now.0.saturating_add(FRESH_MS)
    {
        return Ok((url.clone(), *until));
    }
    let key: ObjectKey =
        kept.storage_path.parse().map_err(|error| internal("a path of ours is none", &error))?;
    let url = api.objects.link(&key, LINK_TTL, api.now()).await?;
    let until = now.after(LINK_TTL);
    pipeline_runs::cache_link(&api.db, &kept.id, (&url, until)).await?;
    Ok((url, until))
}
