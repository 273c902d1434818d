//! Jobs that make posts: how far they are, what came of them, and their end.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequestParts as _, Path, Request, State};
use hivesync_jobs::JobId;
use hivesync_storage::ObjectKey;
use hivesync_storage::sql::content_jobs::{self, ContentJob, JobStatus};
use hivesync_types::Code;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::Api;
use crate::extract::{Params, parse};
use crate::handlers::page::{Page, PageQuery, rfc3339};
use crate::identifiers::known_id;
use crate::problem::{Problem, internal};

/// Bytes of a request without a body worth the name.
const ASK_BYTES_MAX: usize = 1024;
/// Jobs that are removed in one go.
const AT_ONCE: u32 = 500;
/// How long the addresses of a post are good.
const LINK_TTL: Duration = Duration::from_secs(300);

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContentJobView {
    job_id: String,
    job_status: &'static str,
    status_url: String,
    progress: Progress,
    created_at: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<JobResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<JobError>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Progress {
    step: String,
    current: u64,
    total: u32,
}

/// What came of a job.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub(crate) struct JobResult {
    pub(super) suggested_title: Option<String>,
    pub(super) suggested_tags: Option<Vec<String>>,
    pub(super) content_score: Option<f64>,
    /// The marks of the post, 0 to 100.
    verdict: Option<serde_json::Value>,
    /// The clips of the post with their scores and events.
    clips: Option<Vec<serde_json::Value>>,
    /// The branch that the patch is for.
    branch: Option<String>,
    /// The file that it adds.
    path: Option<String>,
    /// Where a pull request was opened, where a forge is configured.
    pull_request_url: Option<String>,
    /// Why none was, where one is configured and would not take it.
    pull_request_error: Option<serde_json::Value>,
    /// Where the post can be read for a while.
    post_url: Option<String>,
    /// Where its patch can be.
    patch_url: Option<String>,
    /// Where the record of its run can be, from which it is made again without a model.
    record_url: Option<String>,
}

impl JobResult {
    /// The result of a job that has one.
    pub(super) fn of(job: &ContentJob) -> Result<Option<Self>, Problem> {
        let result = job.result.as_deref().map(serde_json::from_str).transpose();
        result.map_err(|error| internal("a kept result makes no sense", &error))
    }
}

/// What went wrong with a job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobError {
    code: String,
    message: String,
}

impl JobError {
    pub(super) fn of(job: &ContentJob) -> Option<Self> {
        let code = job.error_code.clone()?;
        Some(Self { code, message: job.error.clone().unwrap_or_default() })
    }
}

/// Where a job can be followed.
pub(super) fn status_url(api: &Api, id: &str) -> String {
    format!("{}/api/jobs/{id}/status", api.settings.base_url)
}

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobsQuery {
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `queued`, `processing`, `completed` or `failed`.
    status: Option<String>,
}

/// `GET /api/jobs`.
#[utoipa::path(
    get,
    path = "/api/jobs",
    tag = "content",
    operation_id = "content_jobs_list",
    summary = "The jobs of the key that signed the request, the newest first.",
    params(JobsQuery),
    responses((status = 200, description = "A page of them.", body = Page<ContentJobView>)),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    request: Request,
) -> Result<Json<Page<ContentJobView>>, Problem> {
    let (mut parts, body) = request.into_parts();
    let query = Params::<JobsQuery>::from_request_parts(&mut parts, &()).await;
    let request = Request::from_parts(parts, body);
    let (owner, _) = super::read(&api, "content.jobs", request, ASK_BYTES_MAX).await?;
    let Params(query) = query?;
    let status = query.status.as_deref().map(str::parse::<JobStatus>).transpose();
    let status =
        status.map_err(|_| Problem::field("status", "status is queued, processing, completed or failed."))?;
    let paging = PageQuery { cursor: query.cursor, limit: query.limit }.slice()?;
    let jobs = content_jobs::of_key(&api.db, &owner, status, &paging).await?;
    let page = paging.page(jobs, |job| &job.asked.id, |job| short(&api, job));
    Ok(Json(page))
}

/// `GET /api/jobs/{job_id}/status`.
#[utoipa::path(
    get,
    path = "/api/jobs/{job_id}/status",
    tag = "content",
    operation_id = "content_jobs_show",
    summary = "How far a job is. The request is signed.",
    responses((status = 200, description = "The job.", body = ContentJobView)),
)]
pub(crate) async fn show(
    State(api): State<Arc<Api>>,
    Path(job_id): Path<String>,
    request: Request,
) -> Result<Json<ContentJobView>, Problem> {
    let (owner, _) = super::read(&api, "content.jobs", request, ASK_BYTES_MAX).await?;
    let id = known_id(&job_id)?;
    let job = content_jobs::by_id(&api.db, &job_id).await?;
    let job = job.filter(|job| job.asked.key_id == owner && job.asked.expires_at > api.moment());
    let job = job.ok_or_else(|| Problem::new(Code::NotFound))?;
    let mut view = short(&api, &job);
    view.result = JobResult::of(&job)?;
    if let Some(result) = view.result.as_mut().filter(|result| result.path.is_some()) {
        let (post, patch) = (ObjectKey::Post { job: JobId(id.0) }, ObjectKey::PostPatch { job: JobId(id.0) });
        result.post_url = Some(api.objects.link(&post, LINK_TTL, api.now()).await?);
        result.patch_url = Some(api.objects.link(&patch, LINK_TTL, api.now()).await?);
        let record = ObjectKey::PostRecord { job: JobId(id.0) };
        result.record_url = Some(api.objects.link(&record, LINK_TTL, api.now()).await?);
    }
    Ok(Json(view))
}

/// How many jobs there are.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct JobStats {
    total: u64,
    queued: u64,
    processing: u64,
    completed: u64,
    failed: u64,
    /// From the request to the end, of those that are over; none where none is.
    average_milliseconds: Option<u64>,
}

/// `GET /api/jobs/stats`.
#[utoipa::path(
    get,
    path = "/api/jobs/stats",
    tag = "content",
    operation_id = "content_jobs_stats",
    summary = "How many jobs of the key that signed the request stand where.",
    responses((status = 200, description = "Their numbers.", body = JobStats)),
)]
pub(crate) async fn stats(State(api): State<Arc<Api>>, request: Request) -> Result<Json<JobStats>, Problem> {
    let (owner, _) = super::read(&api, "content.jobs", request, ASK_BYTES_MAX).await?;
    let mut stats = JobStats::default();
    let (mut over, mut milliseconds) = (0_u64, 0_u64);
    for counts in content_jobs::counts(&api.db, &owner).await? {
        let place = match counts.status {
            JobStatus::Queued => &mut stats.queued,
            JobStatus::Processing => &mut stats.processing,
            JobStatus::Completed => &mut stats.completed,
            JobStatus::Failed => &mut stats.failed,
        };
        *place = counts.jobs;
        stats.total += counts.jobs;
        if counts.status.is_over() {
            over += counts.jobs;
            milliseconds += counts.milliseconds;
        }
    }
    stats.average_milliseconds = milliseconds.checked_div(over);
    Ok(Json(stats))
}

/// What was removed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobsRemoved {
    removed: u64,
}

/// Nothing is said of which.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CleanupAsk {}

/// `POST /api/jobs/cleanup`.
#[utoipa::path(
    post,
    path = "/api/jobs/cleanup",
    tag = "content",
    operation_id = "content_jobs_cleanup",
    summary = "Removes jobs whose time is over, as happens twice a day by itself. The request is signed.",
    request_body = CleanupAsk,
    responses((status = 200, description = "How many.", body = JobsRemoved)),
)]
pub(crate) async fn cleanup(
    State(api): State<Arc<Api>>,
    request: Request,
) -> Result<Json<JobsRemoved>, Problem> {
    let (_, bytes) = super::read(&api, "content.cleanup", request, ASK_BYTES_MAX).await?;
    if !bytes.is_empty() {
        let CleanupAsk {} = parse(&bytes)?;
    }
    let removed = hivesync_storage::forget_posts(&api.db, &api.objects, api.moment(), AT_ONCE).await?;
    Ok(Json(JobsRemoved { removed }))
}

/// What a list shows of a job.
fn short(api: &Api, job: &ContentJob) -> ContentJobView {
    ContentJobView {
        job_id: job.asked.id.clone(),
        job_status: job.status.as_str(),
        status_url: status_url(api, &job.asked.id),
        progress: Progress { step: job.step.clone(), current: job.step_current, total: job.asked.step_total },
        created_at: rfc3339(job.asked.created_at),
        started_at: job.started_at.map(rfc3339),
        finished_at: job.finished_at.map(rfc3339),
        expires_at: rfc3339(job.asked.expires_at),
        result: None,
        error: JobError::of(job),
    }
}
