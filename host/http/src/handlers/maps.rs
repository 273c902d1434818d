//! Maps of a project: having one made, its versions, what leads from one to another, what would
//! change without some rules, and why an element looks as it does.
//!
//! What this does not do: read a project or a map's rules; a worker does, in the sandbox.

mod ask;
pub(crate) mod jobs;
mod view;

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use hivesync_storage::sql::eventflow;
use hivesync_storage::sql::maps::{self, MapVersion};
use hivesync_storage::sql::projects::Role;
use hivesync_storage::{ObjectKey, ServerId};
use hivesync_types::{Code, Tier};
use serde::Deserialize;
use utoipa::IntoParams;

use super::page::{Page, PageQuery};
use super::projects::allowed;
use crate::api::Api;
use crate::extract::{Caller, JsonBody, Params};
use crate::identifiers::known_id;
use crate::problem::{Problem, internal};

pub(crate) use ask::enqueue;
use view::{MapBody, MapJobView, MapVersionView, body, happened, job_view, version_view};

/// Bytes of a request with many names.
const ASK_BYTES_MAX: usize = 512 * 1024;
/// Bytes of a map that is looked into.
const MAP_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// `POST /api/v1/projects/{project_id}/maps`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/maps",
    tag = "maps",
    operation_id = "maps_create",
    summary = "Asks for a map of the project's files, which becomes a version.",
    request_body = ask::MapAsk,
    responses((status = 202, description = "It is queued.", body = MapJobView)),
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    body: JsonBody<ask::MapAsk>,
) -> Result<(StatusCode, Json<MapJobView>), Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Member).await?;
    let job = ask::map(&api, &caller, &project, body.value).await?;
    Ok((StatusCode::ACCEPTED, Json(job_view(&api, &job))))
}

/// `POST /api/v1/projects/{project_id}/maps/diff`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/maps/diff",
    tag = "maps",
    operation_id = "maps_diff",
    summary = "Asks what leads from one version to another: nodes, edges and winning declarations.",
    request_body = ask::DiffAsk,
    responses((status = 202, description = "It is queued.", body = MapJobView)),
)]
pub(crate) async fn diff(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    body: JsonBody<ask::DiffAsk>,
) -> Result<(StatusCode, Json<MapJobView>), Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Member).await?;
    let job = ask::diff(&api, &caller, &project, body.value).await?;
    Ok((StatusCode::ACCEPTED, Json(job_view(&api, &job))))
}

/// `POST /api/v1/projects/{project_id}/maps/simulate`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/maps/simulate",
    tag = "maps",
    operation_id = "maps_simulate",
    summary = "Asks what would change without some selectors, rules or style sheets. Nothing is written.",
    request_body = ask::SimulateAsk,
    responses((status = 202, description = "It is queued.", body = MapJobView)),
)]
pub(crate) async fn simulate(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    body: JsonBody<ask::SimulateAsk, ASK_BYTES_MAX>,
) -> Result<(StatusCode, Json<MapJobView>), Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Member).await?;
    let job = ask::simulate(&api, &caller, &project, body.value).await?;
    Ok((StatusCode::ACCEPTED, Json(job_view(&api, &job))))
}

/// `POST /api/v1/projects/{project_id}/maps/why`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/maps/why",
    tag = "maps",
    operation_id = "maps_why",
    summary = "Asks why an element has its value of a property: the cascade in plain words.",
    request_body = ask::WhyAsk,
    responses((status = 202, description = "It is queued.", body = MapJobView)),
)]
pub(crate) async fn why(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    body: JsonBody<ask::WhyAsk>,
) -> Result<(StatusCode, Json<MapJobView>), Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Member).await?;
    let job = ask::why(&api, &caller, &project, body.value).await?;
    Ok((StatusCode::ACCEPTED, Json(job_view(&api, &job))))
}

/// `GET /api/v1/projects/{project_id}/maps`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/maps",
    tag = "maps",
    operation_id = "maps_list",
    summary = "Lists the versions that are kept, the newest first.",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<MapVersionView>)),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<MapVersionView>>, Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Guest).await?;
    let slice = query.slice()?;
    let rows = maps::versions(&api.db, &project.id, &slice).await?;
    Ok(Json(slice.page(rows, |version| &version.id, version_view)))
}

/// `GET /api/v1/projects/{project_id}/maps/latest`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/maps/latest",
    tag = "maps",
    operation_id = "maps_latest",
    summary = "Shows the newest map, with what is known of the addresses that it names.",
    responses((status = 200, description = "The map.", body = MapBody)),
)]
pub(crate) async fn latest(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
) -> Result<Response, Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Guest).await?;
    let version = maps::latest(&api.db, &project.id).await?;
    let none = || Problem::with(Code::NotFound, "The project has no map yet; ask for one.");
    shown(&api, &version.ok_or_else(none)?).await
}

/// `GET /api/v1/projects/{project_id}/maps/{version_id}`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/maps/{version_id}",
    tag = "maps",
    operation_id = "maps_show",
    summary = "Shows a map, with what is known of the addresses that it names.",
    responses((status = 200, description = "The map.", body = MapBody)),
)]
pub(crate) async fn show(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, version_id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    shown(&api, &of_project(&api, &caller, &project_id, &version_id).await?).await
}

/// What a page shows beside its map.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageOf {
    /// An older version, whose difference to this one is shown.
    before: Option<String>,
}

/// `GET /api/v1/projects/{project_id}/maps/{version_id}/page`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/maps/{version_id}/page",
    tag = "maps",
    operation_id = "maps_page",
    summary = "Shows a map as a page to look at, which loads nothing.",
    params(PageOf),
    responses((status = 200, description = "The page.", content_type = "text/html")),
)]
pub(crate) async fn page(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, version_id)): Path<(String, String)>,
    Params(query): Params<PageOf>,
) -> Result<Response, Problem> {
    let version = of_project(&api, &caller, &project_id, &version_id).await?;
    let before = match &query.before {
        Some(_) if !caller.limits(&api).map_diff => return Err(ask::upgrade(Tier::Pro)),
        Some(before) => Some(of_project(&api, &caller, &project_id, before).await?),
        None => None,
    };
    let map = whole(&api, &version).await?;
    let before = match before {
        Some(before) => Some(whole(&api, &before).await?),
        None => None,
    };
    let eventflow = happened(eventflow::counts(&api.db, &version.project_id).await?);
    let eventflow =
        serde_json::to_string(&eventflow).map_err(|error| internal("events are no JSON", &error))?;
    let write = api.map_page;
    let text = tokio::task::spawn_blocking(move || write(&map, &eventflow, before.as_deref()))
        .await
        .map_err(|error| internal("a page was given up", &error))?;
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    // What users wrote is shown in it: it is a page of no origin, and talks to nobody.
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; sandbox allow-scripts",
        ),
    );
    Ok(response)
}

/// A version of a project that the caller may see.
async fn of_project(
    api: &Api,
    caller: &Caller,
    project_id: &str,
    version_id: &str,
) -> Result<MapVersion, Problem> {
    let project = allowed(api, caller, project_id, Role::Guest).await?;
    known_id(version_id)?;
    let version = maps::version(&api.db, &project.id, version_id).await?;
    version.ok_or_else(|| Problem::new(Code::NotFound))
}

/// A map with what is known beside it.
async fn shown(api: &Arc<Api>, version: &MapVersion) -> Result<Response, Problem> {
    let map = whole(api, version).await?;
    let eventflow = happened(eventflow::counts(&api.db, &version.project_id).await?);
    let (api, view) = (Arc::clone(api), version_view(version));
    let text = tokio::task::spawn_blocking(move || body(&api, &view, &eventflow, &map))
        .await
        .map_err(|error| internal("a map was given up", &error))?;
    let mut response = Response::new(Body::from(text?));
    json_headers(&mut response);
    Ok(response)
}

async fn whole(api: &Api, version: &MapVersion) -> Result<Vec<u8>, Problem> {
    let object = api.objects.read(&key(&version.project_id, &version.id)?).await?;
    let object = object.ok_or_else(|| Problem::new(Code::ArtifactExpired))?;
    Ok(object.whole(MAP_BYTES_MAX).await?.to_vec())
}

fn key(project_id: &str, version: &str) -> Result<ObjectKey, Problem> {
    let id = |text: &str| text.parse::<ServerId>().map_err(|error| internal("an id of ours is none", &error));
    Ok(ObjectKey::Map { project: id(project_id)?, version: id(version)? })
}

fn json_headers(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
}
