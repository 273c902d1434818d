//! Documentation of files by a model: asking for it, how it stands, what came of it, and what was
//! documented before.
//!
//! What this does not do: ask a model, or look into a file; a worker does, in the sandbox.
//!
//! **Invariant:** no word of a file reaches a log, and nobody sees a job but whoever may see its
//! project, or asked for it.

mod ask;
pub(crate) mod upkeep;
mod view;

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hivesync_storage::sql::ai_docs::{self, AiDocJob, AiDocKind};
use hivesync_storage::sql::projects::Role;
use hivesync_types::Code;
use serde::Deserialize;
use tokio::time::Instant;
use utoipa::IntoParams;

use super::page::{Page, PageQuery};
use super::projects::allowed;
use crate::api::Api;
use crate::extract::{Caller, JsonBody, Params};
use crate::identifiers::known_id;
use crate::problem::Problem;

use ask::{CommentAsk, NamesAsk, ProjectAsk, SummaryAsk, Wanted};
use view::{AiDocJobView, AiDocView, job_view, view, with_result};

/// Bytes of a request: the largest file of any tier, as JSON writes it.
const ASK_BYTES_MAX: usize = 3 * 1024 * 1024;
/// The longest that somebody waits for a job in one request.
const WAIT_MAX: u32 = 20;
/// How long to wait for a bell before looking into the table.
const LOOK: Duration = Duration::from_secs(1);

/// `POST /api/v1/ai/file-summary`.
#[utoipa::path(
    post,
    path = "/ai/file-summary",
    tag = "ai",
    operation_id = "ai_file_summary",
    summary = "Asks what a file is for.",
    request_body = SummaryAsk,
    responses((status = 202, description = "It is queued.", body = AiDocJobView)),
)]
pub(crate) async fn file_summary(
    State(api): State<Arc<Api>>,
    caller: Caller,
    body: JsonBody<SummaryAsk, ASK_BYTES_MAX>,
) -> Result<(StatusCode, Json<AiDocJobView>), Problem> {
    let SummaryAsk { path, text, project_id } = body.value;
    asked(&api, &caller, project_id, Wanted { kind: AiDocKind::Summary, path, text, range: None }).await
}

/// `POST /api/v1/ai/inline-comment`.
#[utoipa::path(
    post,
    path = "/ai/inline-comment",
    tag = "ai",
    operation_id = "ai_inline_comment",
    summary = "Asks for comments for some lines of a file.",
    request_body = CommentAsk,
    responses((status = 202, description = "It is queued.", body = AiDocJobView)),
)]
pub(crate) async fn inline_comment(
    State(api): State<Arc<Api>>,
    caller: Caller,
    body: JsonBody<CommentAsk, ASK_BYTES_MAX>,
) -> Result<(StatusCode, Json<AiDocJobView>), Problem> {
    let CommentAsk { path, text, range, project_id } = body.value;
    let wanted = Wanted { kind: AiDocKind::Comments, path, text, range: Some(range) };
    asked(&api, &caller, project_id, wanted).await
}

/// `POST /api/v1/ai/rename-suggestions`.
#[utoipa::path(
    post,
    path = "/ai/rename-suggestions",
    tag = "ai",
    operation_id = "ai_rename_suggestions",
    summary = "Asks for better names in a file.",
    request_body = NamesAsk,
    responses((status = 202, description = "It is queued.", body = AiDocJobView)),
)]
pub(crate) async fn rename_suggestions(
    State(api): State<Arc<Api>>,
    caller: Caller,
    body: JsonBody<NamesAsk, ASK_BYTES_MAX>,
) -> Result<(StatusCode, Json<AiDocJobView>), Problem> {
    let NamesAsk { path, text, range, project_id } = body.value;
    asked(&api, &caller, project_id, Wanted { kind: AiDocKind::Rename, path, text, range }).await
}

/// Queues what is wanted, of a project that the caller works on or of none.
async fn asked(
    api: &Api,
    caller: &Caller,
    project_id: Option<String>,
    wanted: Wanted,
) -> Result<(StatusCode, Json<AiDocJobView>), Problem> {
    let project_id = match project_id {
        Some(id) => allowed(api, caller, &id, Role::Member).await?.id,
        None => String::new(),
    };
    let job = ask::keep(api, caller, project_id, wanted).await?;
    Ok((StatusCode::ACCEPTED, Json(job_view(api, &job))))
}

/// `POST /api/v1/projects/{project_id}/ai-docs/request`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/ai-docs/request",
    tag = "ai",
    operation_id = "ai_docs_request",
    summary = "Asks for documentation of a file of the project, or of a text that is sent along.",
    request_body = ProjectAsk,
    responses((status = 202, description = "It is queued.", body = AiDocJobView)),
)]
pub(crate) async fn request(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    body: JsonBody<ProjectAsk, ASK_BYTES_MAX>,
) -> Result<(StatusCode, Json<AiDocJobView>), Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Member).await?;
    let wanted = ask::of_project(&api, &caller, &project, body.value).await?;
    let job = ask::keep(&api, &caller, project.id, wanted).await?;
    Ok((StatusCode::ACCEPTED, Json(job_view(&api, &job))))
}

/// How long to wait for a job.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ResultQuery {
    /// Seconds to wait for the end of the job.
    #[param(minimum = 0, maximum = 20)]
    wait: Option<u32>,
}

/// `GET /api/v1/ai/result/{job_id}`.
#[utoipa::path(
    get,
    path = "/ai/result/{job_id}",
    tag = "ai",
    operation_id = "ai_result",
    summary = "Shows how a job stands and what came of it; waits for its end a while, if told to.",
    params(ResultQuery),
    responses((status = 200, description = "The job.", body = AiDocJobView)),
)]
pub(crate) async fn result(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(job_id): Path<String>,
    Params(query): Params<ResultQuery>,
) -> Result<Json<AiDocJobView>, Problem> {
    let seconds = query.wait.unwrap_or_default();
    if seconds > WAIT_MAX {
        return Err(Problem::field("wait", format!("wait is from 0 to {WAIT_MAX}.")));
    }
    let last = Instant::now() + Duration::from_secs(u64::from(seconds));
    // Listens before it looks, so that nothing happens between the two.
    let mut bell = api.news.listen(&job_id);
    loop {
        let job = own(&api, &caller, &job_id).await?;
        let now = Instant::now();
        if job.state.is_over() || now >= last || api.news.is_over() {
            return Ok(Json(with_result(&api, &job).await?));
        }
        let _ = tokio::time::timeout_at(last.min(now + LOOK), bell.changed()).await;
    }
}

/// A job that the caller asked for, or of a project that they may see.
async fn own(api: &Api, caller: &Caller, job_id: &str) -> Result<AiDocJob, Problem> {
    known_id(job_id)?;
    let none = || Problem::new(Code::NotFound);
    let job = ai_docs::by_id(&api.db, job_id).await?.ok_or_else(none)?;
    if job.asked.project_id.is_empty() {
        return if job.asked.user_id == caller.user.id { Ok(job) } else { Err(none()) };
    }
    // Whether there is such a job is not said to whoever may not see its project.
    allowed(api, caller, &job.asked.project_id, Role::Guest).await.map_err(|_| none())?;
    Ok(job)
}

/// `GET /api/v1/projects/{project_id}/ai-docs/jobs`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/ai-docs/jobs",
    tag = "ai",
    operation_id = "ai_docs_jobs",
    summary = "Lists the jobs of a project, the newest first, as many as the tier shows.",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<AiDocJobView>)),
)]
pub(crate) async fn jobs(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<AiDocJobView>>, Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Guest).await?;
    let (slice, shown) = (query.slice()?, caller.limits(&api).history);
    let rows = ai_docs::of_project(&api.db, &project.id, shown, &slice).await?;
    Ok(Json(slice.page(rows, |job| &job.asked.id, |job| job_view(&api, job))))
}

/// `GET /api/v1/projects/{project_id}/ai-docs/jobs/{job_id}`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/ai-docs/jobs/{job_id}",
    tag = "ai",
    operation_id = "ai_docs_job",
    summary = "Shows how a job of a project stands, and what came of it.",
    responses((status = 200, description = "The job.", body = AiDocJobView)),
)]
pub(crate) async fn job(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, job_id)): Path<(String, String)>,
) -> Result<Json<AiDocJobView>, Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Guest).await?;
    let job = own(&api, &caller, &job_id).await?;
    if job.asked.project_id != project.id {
        return Err(Problem::new(Code::NotFound));
    }
    Ok(Json(with_result(&api, &job).await?))
}

/// `GET /api/v1/projects/{project_id}/ai-docs/history`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/ai-docs/history",
    tag = "ai",
    operation_id = "ai_docs_history",
    summary = "Lists what was documented, the newest first, as much as the tier shows.",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<AiDocView>)),
)]
pub(crate) async fn history(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<AiDocView>>, Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Guest).await?;
    let (slice, shown) = (query.slice()?, caller.limits(&api).history);
    let rows = ai_docs::history(&api.db, &project.id, shown, &slice).await?;
    Ok(Json(slice.page(rows, |doc| &doc.id, |doc| view(&api, doc))))
}
