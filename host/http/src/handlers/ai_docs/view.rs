//! Jobs and documentation as clients see them.

use hivesync_jobs::JobId;
use hivesync_storage::ObjectKey;
use hivesync_storage::sql::ai_docs::{AiDoc, AiDocJob, AiDocState};
use hivesync_types::Code;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::Api;
use crate::handlers::artifacts::LINK_TTL;
use crate::handlers::page::rfc3339;
use crate::identifiers::known_id;
use crate::problem::{Problem, internal};

/// Bytes of documentation that is handed out.
const DOC_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// A file that is documented.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AiDocJobView {
    job_id: String,
    /// None for a file of no project.
    project_id: Option<String>,
    /// `summary`, `comments`, `rename` or `full`.
    kind: &'static str,
    path: String,
    /// `queued`, `running`, `success` or `failed`.
    state: &'static str,
    /// `summary`, `points`, `suggestions`, `left_out`, `diff` and `snippet`, once it is done; a list
    /// does not show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
    error: Option<Value>,
    created_at: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    result_url: String,
    /// Where the record of its run can be read for a while: with the same file the run is made again
    /// from it, without a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    record_url: Option<String>,
}

/// Documentation of a file that a model wrote.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AiDocView {
    job_id: String,
    user_id: String,
    kind: &'static str,
    path: String,
    digest: String,
    bytes: u64,
    created_at: String,
    result_url: String,
}

/// How a job stands.
pub(super) fn job_view(api: &Api, job: &AiDocJob) -> AiDocJobView {
    let asked = &job.asked;
    AiDocJobView {
        job_id: asked.id.clone(),
        project_id: Some(asked.project_id.clone()).filter(|id| !id.is_empty()),
        kind: asked.kind.as_str(),
        path: asked.path.clone(),
        state: job.state.as_str(),
        result: None,
        error: job.error.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        created_at: rfc3339(asked.created_at),
        started_at: job.started_at.map(rfc3339),
        finished_at: job.finished_at.map(rfc3339),
        result_url: result_url(api, &asked.id),
        record_url: None,
    }
}

/// The same with what came of it.
pub(super) async fn with_result(api: &Api, job: &AiDocJob) -> Result<AiDocJobView, Problem> {
    let mut view = job_view(api, job);
    if job.state == AiDocState::Success {
        let id = JobId(known_id(&job.asked.id)?.0);
        let record = ObjectKey::AiDocsRecord { job: id };
        view.record_url = Some(api.objects.link(&record, LINK_TTL, api.now()).await?);
        let key = ObjectKey::AiDocs { job: id };
        let object = api.objects.read(&key).await?.ok_or_else(|| Problem::new(Code::ArtifactExpired))?;
        let bytes = object.whole(DOC_BYTES_MAX).await?;
        let read = serde_json::from_slice(&bytes);
        view.result = Some(read.map_err(|_| internal("kept documentation cannot be read", &"no JSON"))?);
    }
    Ok(view)
}

/// A part of the history.
pub(super) fn view(api: &Api, doc: &AiDoc) -> AiDocView {
    AiDocView {
        job_id: doc.id.clone(),
        user_id: doc.user_id.clone(),
        kind: doc.kind.as_str(),
        path: doc.path.clone(),
        digest: doc.digest.clone(),
        bytes: doc.bytes,
        created_at: rfc3339(doc.created_at),
        result_url: result_url(api, &doc.id),
    }
}

fn result_url(api: &Api, id: &str) -> String {
    format!("{}/api/v1/ai/result/{id}", api.settings.base_url)
}
