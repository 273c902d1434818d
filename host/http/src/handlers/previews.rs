//! Previews: asking for one, following it, withdrawing it.

mod ask;
mod view;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use hivesync_access::{BuildGrant, issue, read};
use hivesync_jobs::JobId;
use hivesync_storage::sql::accounts;
use hivesync_storage::sql::previews::{self, PreviewJob};
use hivesync_storage::sql::projects::Role;
use hivesync_types::{Code, Platform};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::{Page, PageQuery, rfc3339};
use super::projects::allowed;
use crate::api::Api;
use crate::extract::{Asker, Caller, JsonBody, Params};
use crate::idempotency::idempotency_key;
use crate::identifiers::known_id;
use crate::problem::Problem;
use crate::words;

pub(crate) use ask::{enqueue, image, meant, tenant};
pub(crate) use view::{JobView, view};

/// Bytes of a request with many devices.
const ASK_BYTES_MAX: usize = 256 * 1024;

/// What a build token is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenRequest {
    #[schema(value_type = words::Platform)]
    platform: Platform,
    /// An image's digest, or a ref of the project's repository; the newest image, when nothing is said.
    #[serde(rename = "ref")]
    reference: Option<String>,
}

/// A token for a build.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BuildToken {
    token: String,
    expires_at: String,
}

/// `POST /api/v1/projects/{project_id}/previews/jobs`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/previews/jobs",
    tag = "previews",
    operation_id = "previews_create",
    summary = "Asks for a preview.",
    request_body = ask::PreviewAsk,
    responses((status = 202, description = "It is queued.", body = JobView)),
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    headers: HeaderMap,
    body: JsonBody<ask::PreviewAsk, ASK_BYTES_MAX>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Member).await?;
    let key = idempotency_key(&headers)?;
    let asked = ask::Asked { caller: &caller, project: &project, key, body: &body.bytes, token_version: 0 };
    let (job, devices) = ask::ask(&api, asked, body.value).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&api, &job, devices))))
}

/// `POST /api/v1/projects/{project_id}/previews/token`: a token of version 1, with which
/// somebody who is not logged in starts one build in the caller's name.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/previews/token",
    tag = "previews",
    operation_id = "previews_build_token",
    summary = "Makes a token of version 1, with which somebody who is not logged in starts one build.",
    request_body = TokenRequest,
    responses((status = 201, description = "The token.", body = BuildToken)),
)]
pub(crate) async fn build_token(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    body: JsonBody<TokenRequest>,
) -> Result<(StatusCode, Json<BuildToken>), Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Member).await?;
    // No ref has a colon.
    let (image, git_ref) = match body.value.reference.as_deref() {
        Some(reference) if !reference.contains(':') => (None, Some(reference)),
        image => (image, None),
    };
    let image = ask::meant(&api, (&caller, &project), image, git_ref).await?;
    let ts = api.now().as_second();
    let ttl = i64::try_from(api.settings.token_ttl.as_secs()).unwrap_or_default();
    let grant = BuildGrant {
        pid: project.id,
        reference: image,
        uid: caller.user.id,
        ts,
        exp: ts.saturating_add(ttl),
        plat: body.value.platform,
    };
    let token = issue(&grant, &api.secrets.tokens)?;
    let expires_at = rfc3339(api.moment().after(api.settings.token_ttl));
    Ok((StatusCode::CREATED, Json(BuildToken { token, expires_at })))
}

/// `POST /api/v1/preview/build`: starts the build that a token of version 1 permits.
#[utoipa::path(
    post,
    path = "/preview/build",
    tag = "previews",
    operation_id = "previews_build",
    summary = "Starts the build that a token of version 1 permits.",
    request_body = ask::TokenAsk,
    responses((status = 202, description = "It is queued.", body = JobView)),
)]
pub(crate) async fn build(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    body: JsonBody<ask::TokenAsk, ASK_BYTES_MAX>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let ask = body.value;
    let grant: BuildGrant = read(&ask.token, &api.secrets.tokens, api.now())?;
    let user = accounts::by_id(&api.db, &grant.uid).await?.ok_or_else(|| Problem::new(Code::TokenInvalid))?;
    let caller = Caller { user, asker: Asker::Person };
    let project = allowed(&api, &caller, &grant.pid, Role::Member).await?;
    let key = idempotency_key(&headers)?;
    let asked = ask::Asked { caller: &caller, project: &project, key, body: &body.bytes, token_version: 1 };
    let (job, devices) = ask::ask(&api, asked, ask.with(grant.plat, grant.reference)).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&api, &job, devices))))
}

/// `GET /api/v1/projects/{project_id}/previews/jobs`: as many as the tier shows.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/previews/jobs",
    tag = "previews",
    operation_id = "previews_list",
    summary = "Lists the previews of a project, the newest first, as many as the tier shows.",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<JobView>)),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<JobView>>, Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Guest).await?;
    let (slice, shown) = (query.slice()?, caller.limits(&api).history);
    let rows = previews::of_project(&api.db, &project.id, shown, &slice).await?;
    Ok(Json(slice.page(rows, |job| &job.asked.id, |job| view(&api, job, view::devices(job)))))
}

/// `GET /api/v1/projects/{project_id}/previews/jobs/{job_id}`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/previews/jobs/{job_id}",
    tag = "previews",
    operation_id = "previews_show",
    summary = "Shows a preview with its devices and artifacts.",
    responses((status = 200, description = "The preview.", body = JobView)),
)]
pub(crate) async fn show(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, job_id)): Path<(String, String)>,
) -> Result<Json<JobView>, Problem> {
    let job = of_project(&api, &caller, (&project_id, &job_id), Role::Guest).await?;
    let devices = view::with_artifacts(&api, &job).await?;
    Ok(Json(view(&api, &job, devices)))
}

/// `POST /api/v1/projects/{project_id}/previews/jobs/{job_id}/cancel`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/previews/jobs/{job_id}/cancel",
    tag = "previews",
    operation_id = "previews_cancel",
    summary = "Withdraws a preview.",
    responses((status = 202, description = "It is being withdrawn.", body = JobView)),
)]
pub(crate) async fn cancel(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, job_id)): Path<(String, String)>,
) -> Result<(StatusCode, Json<JobView>), Problem> {
    let job = of_project(&api, &caller, (&project_id, &job_id), Role::Member).await?;
    if job.state.is_over() {
        let message = format!("The job is over: {}.", job.state);
        return Err(Problem::with(Code::Conflict, message).detail("state", job.state.as_str()));
    }
    let now = api.moment();
    // First the queue, so that no worker takes it meanwhile; a running one hears of it with
    // its next heartbeat.
    let withdrawn = api.jobs.withdraw(JobId(known_id(&job_id)?.0)).await?;
    tracing::info!(job.id = %job_id, withdrawn = ?withdrawn, "a preview was withdrawn");
    previews::cancel(&api.db, &job_id, now).await?;
    api.ring(&job_id);
    let job = previews::by_id(&api.db, &job_id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    let devices = view::devices(&job);
    Ok((StatusCode::ACCEPTED, Json(view(&api, &job, devices))))
}

/// A job of a project that the caller may see, and their role in it.
pub(crate) async fn of_project(
    api: &Api,
    caller: &Caller,
    (project_id, job_id): (&str, &str),
    needed: Role,
) -> Result<PreviewJob, Problem> {
    let project = allowed(api, caller, project_id, needed).await?;
    known_id(job_id)?;
    let job = previews::by_id(&api.db, job_id).await?;
    job.filter(|job| job.asked.project_id == project.id).ok_or_else(|| Problem::new(Code::NotFound))
}
