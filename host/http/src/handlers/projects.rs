//! Projects.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hivesync_storage::sql::projects::{self, Project, Role};
use hivesync_types::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::accounts::check_name;
use super::page::{Page, PageQuery, rfc3339};
use crate::api::Api;
use crate::extract::{Caller, JsonBody, Params};
use crate::identifiers::{known_id, new_id};
use crate::problem::Problem;
use crate::words;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProject {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

/// A project as one of its people sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectView {
    id: String,
    name: String,
    #[schema(value_type = words::Role)]
    role: Role,
    image: Option<String>,
    created_at: String,
    updated_at: String,
}

/// `POST /api/v1/projects`.
#[utoipa::path(
    post,
    path = "/projects",
    tag = "projects",
    operation_id = "projects_create",
    summary = "Makes a project.",
    request_body = NewProject,
    responses((status = 201, description = "The project.", body = ProjectView)),
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    caller: Caller,
    body: JsonBody<NewProject>,
) -> Result<(StatusCode, Json<ProjectView>), Problem> {
    check_name("name", &body.value.name)?;
    let (id, now) = (new_id(&api)?, api.moment());
    projects::create(&api.db, &id, &body.value.name, &caller.user.id, now).await?;
    let project = Project {
        id,
        name: body.value.name,
        image: None,
        created_at: now,
        updated_at: now,
        role: Role::Owner,
    };
    Ok((StatusCode::CREATED, Json(view(&project))))
}

/// `GET /api/v1/projects`.
#[utoipa::path(
    get,
    path = "/projects",
    tag = "projects",
    operation_id = "projects_list",
    summary = "Lists the projects of the user, the newest first.",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<ProjectView>)),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<ProjectView>>, Problem> {
    let slice = query.slice()?;
    let rows = projects::of_user(&api.db, &caller.user.id, &slice).await?;
    Ok(Json(slice.page(rows, |project| &project.id, view)))
}

/// `GET /api/v1/projects/{project_id}`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}",
    tag = "projects",
    operation_id = "projects_show",
    summary = "Shows a project.",
    responses((status = 200, description = "The project.", body = ProjectView)),
)]
pub(crate) async fn show(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ProjectView>, Problem> {
    Ok(Json(view(&allowed(&api, &caller, &id, Role::Guest).await?)))
}

/// The project, if the caller may do in it what `needed` may. Whoever is not one of its
/// people does not learn that it exists.
pub(crate) async fn allowed(api: &Api, caller: &Caller, id: &str, needed: Role) -> Result<Project, Problem> {
    known_id(id)?;
    let project = projects::seen_by(&api.db, &caller.user.id, id).await?;
    let project = project.ok_or_else(|| Problem::new(Code::NotFound))?;
    at_least(project.role, needed)?;
    Ok(project)
}

/// Whether a role may do what `needed` may.
pub(crate) fn at_least(role: Role, needed: Role) -> Result<(), Problem> {
    if role >= needed {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden).detail("role", role.as_str()).detail("needed", needed.as_str()))
}

fn view(project: &Project) -> ProjectView {
    ProjectView {
        id: project.id.clone(),
        name: project.name.clone(),
        role: project.role,
        image: project.image.clone(),
        created_at: rfc3339(project.created_at),
        updated_at: rfc3339(project.updated_at),
    }
}
