//! Spaces that pictures show: runs, their uploads, their steps, what was decided and what was made.
//!
//! What this does not do: look into a picture. Its bytes are stored as they come; what decodes
//! them is a step in the sandbox of a worker.
//!
//! **Invariant:** what is asked of a run carries ids and words; data comes as an upload or not at
//! all.

mod ask;
mod ends;
mod payload;
mod start;
pub(crate) mod upkeep;
mod view;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use hivesync_storage::sql::pipeline_runs::{self, PipelineRun};
use hivesync_storage::sql::projects::Role;
use hivesync_types::Code;

use super::page::{Page, PageQuery};
use super::projects::allowed;
use crate::api::Api;
use crate::extract::{Caller, Params};
use crate::identifiers::known_id;
use crate::problem::Problem;

use payload::read_ids;
use view::{SpaceArtifactView, SpaceDecisionView, SpaceRunBrief, SpaceRunView, SpaceUploadView};

/// `POST /api/v1/projects/{project_id}/space-runs`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/space-runs",
    tag = "spaces",
    operation_id = "spaces_create",
    summary = "Begins a run: what the user wants, and how large pictures are handed on.",
    request_body = ask::RunAsk,
    responses((status = 201, description = "The run.", body = SpaceRunView)),
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<SpaceRunView>), Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Member).await?;
    let run = ask::create(&api, &caller, &project.id, read_ids(request).await?).await?;
    Ok((StatusCode::CREATED, Json(view::run(&api, run).await?)))
}

/// `GET /api/v1/projects/{project_id}/space-runs`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/space-runs",
    tag = "spaces",
    operation_id = "spaces_list",
    summary = "Lists the runs of a project, the newest first.",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<SpaceRunBrief>)),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<SpaceRunBrief>>, Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Guest).await?;
    let slice = query.slice()?;
    let rows = pipeline_runs::of_project(&api.db, &project.id, &slice).await?;
    Ok(Json(slice.page(rows, |run| &run.id, view::brief)))
}

/// `GET /api/v1/projects/{project_id}/space-runs/{run_id}`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/space-runs/{run_id}",
    tag = "spaces",
    operation_id = "spaces_show",
    summary = "Shows how a run stands: each service of each step, and how long services take (P95 of a day).",
    responses((status = 200, description = "The run.", body = SpaceRunView)),
)]
pub(crate) async fn show(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, run_id)): Path<(String, String)>,
) -> Result<Json<SpaceRunView>, Problem> {
    let run = of_project(&api, &caller, (&project_id, &run_id), Role::Guest).await?;
    Ok(Json(view::run(&api, run).await?))
}

/// `POST …/space-runs/{run_id}/uploads`: the body is a picture, whatever it is.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/space-runs/{run_id}/uploads",
    tag = "spaces",
    operation_id = "spaces_upload",
    summary = "Brings a picture to a run: the body. What it is turns out in the sandbox.",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, description = "The upload.", body = SpaceUploadView)),
)]
pub(crate) async fn upload(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, run_id)): Path<(String, String)>,
    request: Request,
) -> Result<(StatusCode, Json<SpaceUploadView>), Problem> {
    let run = of_project(&api, &caller, (&project_id, &run_id), Role::Member).await?;
    let kept = ask::upload(&api, &run, request).await?;
    Ok((StatusCode::CREATED, Json(view::upload(&kept))))
}

/// `POST …/space-runs/{run_id}/steps/{step_id}/start`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/space-runs/{run_id}/steps/{step_id}/start",
    tag = "spaces",
    operation_id = "spaces_start",
    summary = "Begins the run's next step over these uploads. Of two that come at one time one begins it; the other is told so.",
    request_body = start::StartAsk,
    responses(
        (status = 202, description = "It is queued.", body = SpaceRunView),
        (status = 200, description = "The same was done before.", body = SpaceRunView),
    ),
)]
pub(crate) async fn start(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, run_id, step_id)): Path<(String, String, u64)>,
    request: Request,
) -> Result<(StatusCode, Json<SpaceRunView>), Problem> {
    let run = of_project(&api, &caller, (&project_id, &run_id), Role::Member).await?;
    let status = start::start(&api, &caller, (&run, step_id), read_ids(request).await?).await?;
    Ok((status, again(&api, &run).await?))
}

/// `POST …/space-runs/{run_id}/unblock`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/space-runs/{run_id}/unblock",
    tag = "spaces",
    operation_id = "spaces_unblock",
    summary = "Decides what the supervisor left to a person: a blocked run goes on, or its step may begin again. The decision is kept.",
    request_body = ends::UnblockAsk,
    responses((status = 200, description = "The run.", body = SpaceRunView)),
)]
pub(crate) async fn unblock(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, run_id)): Path<(String, String)>,
    request: Request,
) -> Result<Json<SpaceRunView>, Problem> {
    let run = of_project(&api, &caller, (&project_id, &run_id), Role::Member).await?;
    ends::unblock(&api, &caller, &run, request).await?;
    again(&api, &run).await
}

/// `POST …/space-runs/{run_id}/end`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/space-runs/{run_id}/end",
    tag = "spaces",
    operation_id = "spaces_end",
    summary = "Ends a run: nothing begins in it any more. What it has is kept for as long as that of other runs.",
    responses((status = 200, description = "The run.", body = SpaceRunView)),
)]
pub(crate) async fn end(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, run_id)): Path<(String, String)>,
) -> Result<Json<SpaceRunView>, Problem> {
    let run = of_project(&api, &caller, (&project_id, &run_id), Role::Member).await?;
    ends::end(&api, &run).await?;
    again(&api, &run).await
}

/// A run as it stands after a change.
async fn again(api: &Api, run: &PipelineRun) -> Result<Json<SpaceRunView>, Problem> {
    let run = pipeline_runs::by_id(&api.db, &run.id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    Ok(Json(view::run(api, run).await?))
}

/// `GET …/space-runs/{run_id}/decisions`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/space-runs/{run_id}/decisions",
    tag = "spaces",
    operation_id = "spaces_decisions",
    summary = "Lists what was decided after each supervision, with everything that it rests on.",
    responses((status = 200, description = "The oldest first.", body = Vec<SpaceDecisionView>)),
)]
pub(crate) async fn decisions(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, run_id)): Path<(String, String)>,
) -> Result<Json<Vec<SpaceDecisionView>>, Problem> {
    let run = of_project(&api, &caller, (&project_id, &run_id), Role::Guest).await?;
    let rows = pipeline_runs::decisions(&api.db, &run.id).await?;
    Ok(Json(rows.iter().map(view::decision).collect()))
}

/// `GET …/space-runs/{run_id}/artifacts`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/space-runs/{run_id}/artifacts",
    tag = "spaces",
    operation_id = "spaces_artifacts",
    summary = "Lists what was uploaded and made, each with a link that is good for five minutes.",
    responses((status = 200, description = "The oldest first.", body = Vec<SpaceArtifactView>)),
)]
pub(crate) async fn artifacts(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, run_id)): Path<(String, String)>,
) -> Result<Json<Vec<SpaceArtifactView>>, Problem> {
    let run = of_project(&api, &caller, (&project_id, &run_id), Role::Guest).await?;
    Ok(Json(view::artifacts(&api, &run).await?))
}

/// A run of a project that the caller may see.
async fn of_project(
    api: &Api,
    caller: &Caller,
    (project_id, run_id): (&str, &str),
    needed: Role,
) -> Result<PipelineRun, Problem> {
    let project = allowed(api, caller, project_id, needed).await?;
    known_id(run_id)?;
    let run = pipeline_runs::by_id(&api.db, run_id).await?;
    run.filter(|run| run.project_id == project.id).ok_or_else(|| Problem::new(Code::NotFound))
}
