//! What was asked about a project's map: how it stands, its answer, and its withdrawal.
//!
//! **Invariant:** a job is shown and withdrawn by members of its project alone.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use hivesync_jobs::JobId;
use hivesync_storage::sql::maps::{self, MapJob};
use hivesync_storage::sql::projects::Role;
use hivesync_types::Code;
use serde::Deserialize;
use tokio::time::Instant;
use utoipa::IntoParams;

use super::view::{MapJobView, job_view};
use super::{json_headers, key};
use crate::api::Api;
use crate::extract::{Caller, Params};
use crate::handlers::projects::allowed;
use crate::identifiers::known_id;
use crate::problem::Problem;
use crate::stream::reader_body;

/// The longest that somebody waits for a job in one request.
const WAIT_MAX: u32 = 20;
/// How long to wait for a bell before looking into the table.
const LOOK: Duration = Duration::from_secs(1);

/// How long to wait for a job.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WaitQuery {
    /// Seconds to wait for the end of the job.
    #[param(minimum = 0, maximum = 20)]
    wait: Option<u32>,
}

/// `GET /api/v1/projects/{project_id}/maps/jobs/{job_id}`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/maps/jobs/{job_id}",
    tag = "maps",
    operation_id = "maps_job",
    summary = "Shows how something that was asked about a map stands; waits for its end a while, if told to.",
    params(WaitQuery),
    responses((status = 200, description = "The job.", body = MapJobView)),
)]
pub(crate) async fn job(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, job_id)): Path<(String, String)>,
    Params(query): Params<WaitQuery>,
) -> Result<Json<MapJobView>, Problem> {
    let seconds = query.wait.unwrap_or_default();
    if seconds > WAIT_MAX {
        return Err(Problem::field("wait", format!("wait is from 0 to {WAIT_MAX}.")));
    }
    let last = Instant::now() + Duration::from_secs(u64::from(seconds));
    // Listens before it looks, so that nothing happens between the two.
    let mut bell = api.news.listen(&job_id);
    loop {
        let job = job_of_project(&api, &caller, (&project_id, &job_id), Role::Guest).await?;
        let now = Instant::now();
        if job.state.is_over() || now >= last || api.news.is_over() {
            return Ok(Json(job_view(&api, &job)));
        }
        let _ = tokio::time::timeout_at(last.min(now + LOOK), bell.changed()).await;
    }
}

/// `POST /api/v1/projects/{project_id}/maps/jobs/{job_id}/cancel`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/maps/jobs/{job_id}/cancel",
    tag = "maps",
    operation_id = "maps_cancel",
    summary = "Withdraws something that was asked about a map; it counts against no limit.",
    responses((status = 202, description = "It is withdrawn.", body = MapJobView)),
)]
pub(crate) async fn cancel(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, job_id)): Path<(String, String)>,
) -> Result<(StatusCode, Json<MapJobView>), Problem> {
    let job = job_of_project(&api, &caller, (&project_id, &job_id), Role::Member).await?;
    if job.state.is_over() {
        let message = format!("The job is over: {}.", job.state);
        return Err(Problem::with(Code::Conflict, message).detail("state", job.state.as_str()));
    }
    // First the queue, so that no worker takes it meanwhile; one that has it hears of it with its
    // next heartbeat, and its answer is no longer accepted.
    let withdrawn = api.jobs.withdraw(JobId(known_id(&job_id)?.0)).await?;
    tracing::info!(job.id = %job_id, withdrawn = ?withdrawn, "a question about a map was withdrawn");
    maps::give_up(&api.db, &job_id, None, api.moment()).await?;
    api.ring(&job_id);
    let job = maps::by_id(&api.db, &job_id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok((StatusCode::ACCEPTED, Json(job_view(&api, &job))))
}

/// `GET /api/v1/projects/{project_id}/maps/jobs/{job_id}/answer`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/maps/jobs/{job_id}/answer",
    tag = "maps",
    operation_id = "maps_answer",
    summary = "Hands over the answer to something that was asked about a map.",
    responses((status = 200, description = "The answer.", body = serde_json::Value)),
)]
pub(crate) async fn answer(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, job_id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let job = job_of_project(&api, &caller, (&project_id, &job_id), Role::Guest).await?;
    if !job.state.is_over() {
        return Err(Problem::new(Code::ArtifactNotReady).detail("state", job.state.as_str()));
    }
    let gone = || Problem::with(Code::ArtifactExpired, "There is no answer, or it is no longer kept.");
    let key = key(&job.asked.project_id, &job.asked.id)?;
    let object = api.objects.read(&key).await?.filter(|_| job.is_kept).ok_or_else(gone)?;
    let length = HeaderValue::from(object.bytes);
    let mut response = Response::new(Body::new(reader_body(object.body)));
    json_headers(&mut response);
    response.headers_mut().insert(header::CONTENT_LENGTH, length);
    Ok(response)
}

/// A job about a project that the caller may see.
async fn job_of_project(
    api: &Api,
    caller: &Caller,
    (project_id, job_id): (&str, &str),
    needed: Role,
) -> Result<MapJob, Problem> {
    let project = allowed(api, caller, project_id, needed).await?;
    known_id(job_id)?;
    let job = maps::by_id(&api.db, job_id).await?;
    job.filter(|job| job.asked.project_id == project.id).ok_or_else(|| Problem::new(Code::NotFound))
}
