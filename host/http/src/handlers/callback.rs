//! What workers say of a job: signed, once, and believed only as far as it can be checked.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use hivesync_access::Party;
use hivesync_jobs::Fence;
use hivesync_storage::ObjectKey;
use hivesync_storage::sql::previews::{self, Outcome, PreviewArtifact, PreviewJob, PreviewState, Word};
use hivesync_types::{Code, Digest, Platform};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::notifications::finished;
use crate::api::Api;
use crate::devices::KeptDevice;
use crate::extract::{Signers, parse, read_signed};
use crate::identifiers::known_id;
use crate::problem::Problem;
use crate::words;

/// Bytes of a report.
const REPORT_BYTES_MAX: usize = 1024 * 1024;

/// What a worker says when a job is over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Report {
    job_id: String,
    fence: u32,
    #[schema(value_type = words::Platform)]
    platform: Platform,
    status: Status,
    #[serde(default)]
    artifacts: Vec<Reported>,
    /// The devices with their sensor flags, as the job has them.
    #[serde(default)]
    devices: Vec<Value>,
    error: Option<ReportedError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Success,
    Failed,
    Canceled,
}

/// One stored bundle.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Reported {
    device_id: String,
    bundle_key: String,
    metadata_key: String,
    #[schema(value_type = String)]
    digest: Digest,
    bytes: u64,
}

/// What went wrong, as the user will see it.
#[derive(Debug, Deserialize, ToSchema)]
struct ReportedError {
    #[schema(value_type = String)]
    code: Code,
    #[serde(flatten)]
    #[schema(ignore)]
    rest: serde_json::Map<String, Value>,
}

/// What became of a report.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Taken {
    state: &'static str,
}

/// `POST /api/v1/workers/callback` and its alias.
#[utoipa::path(
    post,
    path = "/workers/callback",
    tag = "workers",
    operation_id = "callback_receive",
    summary = "Takes in what a worker says of a job. The request is signed.",
    request_body = Report,
    responses((status = 200, description = "The state of the job.", body = Taken)),
)]
pub(crate) async fn receive(State(api): State<Arc<Api>>, request: Request) -> Result<Json<Taken>, Problem> {
    let signers = Signers { keys: &api.secrets.workers, party: Party::Worker, action: "worker.callback" };
    let (verified, bytes) = read_signed(&api, signers, request, REPORT_BYTES_MAX).await?;
    let worker = verified.worker_id.unwrap_or_default();
    let report: Report = parse(&bytes)?;
    let state = take(&api, &worker, report).await?;
    Ok(Json(Taken { state: state.as_str() }))
}

/// Ends the job as the report says, if it may.
async fn take(api: &Api, worker: &str, report: Report) -> Result<PreviewState, Problem> {
    known_id(&report.job_id)?;
    let job = previews::by_id(&api.db, &report.job_id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    let fence = Fence(report.fence);
    if job.fence != fence || job.worker_id.as_deref() != Some(worker) {
        return Err(Problem::new(Code::LeaseLost));
    }
    if job.asked.platform != report.platform {
        return Err(Problem::field("platform", "The job is for another platform."));
    }
    check_devices(&job, &report.devices)?;
    let now = api.moment();
    let outcome = match report.status {
        Status::Success => Outcome::Success {
            artifacts: check_artifacts(api, &job, report.artifacts).await?,
            expires_at: now.after(api.settings.artifact_ttl),
        },
        Status::Failed => failed(report.error)?,
        Status::Canceled => Outcome::Canceled,
    };
    let state = state_of(&outcome);
    let started_at = job.started_at;
    let data = match &outcome {
        Outcome::Failed { code, .. } => json!({ "state": "failed", "code": code }),
        _ => json!({ "state": state.as_str() }),
    };
    let word = Word { event: &data.to_string(), notification: &finished(api, &job, state)? };
    if !previews::end(&api.db, &report.job_id, fence, &outcome, word, now).await? {
        // A report whose answer was lost comes again.
        return if job.state == state { Ok(state) } else { Err(Problem::new(Code::LeaseLost)) };
    }
    match &outcome {
        Outcome::Success { .. } => api.metrics.built(started_at.map(|started| now.since(started))),
        Outcome::Failed { code, .. } => api.metrics.failed(*code),
        Outcome::Canceled => {}
    }
    api.ring(&report.job_id);
    Ok(state)
}

fn failed(error: Option<ReportedError>) -> Result<Outcome, Problem> {
    let error = error.ok_or_else(|| Problem::field("error", "A failed job has an error."))?;
    let mut shown = error.rest;
    shown.insert("code".to_owned(), error.code.as_str().into());
    Ok(Outcome::Failed { code: error.code, error: Value::Object(shown).to_string() })
}

/// The report carries the job's own devices and sensor flags, or none.
fn check_devices(job: &PreviewJob, reported: &[Value]) -> Result<(), Problem> {
    let kept: Vec<Value> = serde_json::from_str(&job.asked.devices).unwrap_or_default();
    if reported == kept { Ok(()) } else { Err(Problem::field("devices", "They are not the job's devices.")) }
}

/// One artifact a device, each of this job, stored, and with the digest that is said.
async fn check_artifacts(
    api: &Api,
    job: &PreviewJob,
    reported: Vec<Reported>,
) -> Result<Vec<PreviewArtifact>, Problem> {
    let kept: Vec<KeptDevice> = serde_json::from_str(&job.asked.devices).unwrap_or_default();
    let mut expected: Vec<(String, String)> =
        kept.into_iter().map(|kept| (kept.device.device_context.device_id, kept.key)).collect();
    if expected.is_empty() {
        expected.push(("default".to_owned(), "default".to_owned()));
    }
    if reported.len() != expected.len() {
        return Err(Problem::field("artifacts", "There is one artifact for each device."));
    }
    let own = known_id(&job.asked.id)?.0;
    let mut artifacts = Vec::with_capacity(reported.len());
    for (artifact, (device_id, device_key)) in reported.into_iter().zip(expected) {
        let wrong = |what: &str| Problem::field("artifacts", format!("{what} of {device_id}."));
        let bundle: ObjectKey = artifact.bundle_key.parse().map_err(|_| wrong("That is no key"))?;
        let metadata: ObjectKey = artifact.metadata_key.parse().map_err(|_| wrong("That is no key"))?;
        let is_own = matches!(bundle, ObjectKey::Bundle { job, device, .. }
            if job.0 == own && device.to_string() == device_key)
            && matches!(metadata, ObjectKey::Metadata { job, device }
            if job.0 == own && device.to_string() == device_key);
        if !is_own || artifact.device_id != device_id {
            return Err(wrong("The key is not one"));
        }
        let stored =
            api.objects.describe(&bundle).await?.ok_or_else(|| wrong("Nothing is stored as the bundle"))?;
        if stored.digest != artifact.digest || stored.bytes != artifact.bytes {
            return Err(wrong("Something else is stored as the bundle"));
        }
        if api.objects.describe(&metadata).await?.is_none() {
            return Err(wrong("Nothing is stored as the metadata"));
        }
        artifacts.push(PreviewArtifact {
            device_id,
            bundle_key: artifact.bundle_key,
            metadata_key: artifact.metadata_key,
            digest: artifact.digest.to_string(),
            bytes: artifact.bytes,
        });
    }
    Ok(artifacts)
}

const fn state_of(outcome: &Outcome) -> PreviewState {
    match outcome {
        Outcome::Success { .. } => PreviewState::Success,
        Outcome::Failed { .. } => PreviewState::Failed,
        Outcome::Canceled => PreviewState::Canceled,
    }
}
