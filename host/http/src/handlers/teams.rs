//! Teams, their people, and the projects that they are given.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hivesync_storage::sql::projects::Role;
use hivesync_storage::sql::teams::{self, ProjectTeam, Team};
use hivesync_types::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::accounts::check_name;
use super::members::{self, MemberView, NewMember};
use super::page::{Page, PageQuery, rfc3339};
use super::projects::{allowed, at_least};
use crate::api::Api;
use crate::extract::{Caller, JsonBody, Params};
use crate::identifiers::{known_id, new_id};
use crate::problem::Problem;
use crate::words;

/// A team that is to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTeam {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

/// A team as one of its people sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TeamView {
    id: String,
    name: String,
    #[schema(value_type = words::Role)]
    role: Role,
    created_at: String,
}

/// What the people of a team may do in a project.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProjectTeam {
    team_id: String,
    #[schema(value_type = words::Role)]
    role: Role,
}

/// A team that works on a project.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProjectTeamView {
    team_id: String,
    name: String,
    #[schema(value_type = words::Role)]
    role: Role,
}

/// `POST /api/v1/teams`.
#[utoipa::path(
    post,
    path = "/teams",
    tag = "teams",
    operation_id = "teams_create",
    summary = "Makes a team.",
    request_body = NewTeam,
    responses((status = 201, description = "The team.", body = TeamView)),
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    caller: Caller,
    body: JsonBody<NewTeam>,
) -> Result<(StatusCode, Json<TeamView>), Problem> {
    let name = body.value.name;
    check_name("name", &name)?;
    let team = Team { id: new_id(&api)?, name, created_at: api.moment(), role: Role::Owner };
    teams::create(&api.db, &team.id, &team.name, &caller.user.id, team.created_at).await?;
    Ok((StatusCode::CREATED, Json(view(&team))))
}

/// `GET /api/v1/teams`.
#[utoipa::path(
    get,
    path = "/teams",
    tag = "teams",
    operation_id = "teams_list",
    summary = "Lists the teams of the user, the newest first.",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<TeamView>)),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<TeamView>>, Problem> {
    let slice = query.slice()?;
    let rows = teams::of_user(&api.db, &caller.user.id, &slice).await?;
    Ok(Json(slice.page(rows, |team| &team.id, view)))
}

/// `GET /api/v1/teams/{team_id}`.
#[utoipa::path(
    get,
    path = "/teams/{team_id}",
    tag = "teams",
    operation_id = "teams_show",
    summary = "Shows a team.",
    responses((status = 200, description = "The team.", body = TeamView)),
)]
pub(crate) async fn show(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<TeamView>, Problem> {
    Ok(Json(view(&in_team(&api, &caller, &id, Role::Guest).await?)))
}

/// `GET /api/v1/teams/{team_id}/members`.
#[utoipa::path(
    get,
    path = "/teams/{team_id}/members",
    tag = "teams",
    operation_id = "teams_members",
    summary = "Lists the people of a team.",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<MemberView>)),
)]
pub(crate) async fn members(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(id): Path<String>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<MemberView>>, Problem> {
    let team = in_team(&api, &caller, &id, Role::Guest).await?;
    let slice = query.slice()?;
    let rows = teams::members(&api.db, &team.id, &slice).await?;
    Ok(Json(slice.page(rows, |member| &member.user_id, members::view)))
}

/// `PUT /api/v1/teams/{team_id}/members`: gives a user a role in the team.
#[utoipa::path(
    put,
    path = "/teams/{team_id}/members",
    tag = "teams",
    operation_id = "teams_set_member",
    summary = "Gives a user a role in a team.",
    request_body = NewMember,
    responses((status = 200, description = "The member.", body = MemberView)),
)]
pub(crate) async fn set_member(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(id): Path<String>,
    body: JsonBody<NewMember>,
) -> Result<Json<MemberView>, Problem> {
    let team = in_team(&api, &caller, &id, Role::Admin).await?;
    let member = members::named(&api, body.value, "A team has one owner, who made it.").await?;
    let is_set = teams::set_member(&api.db, &team.id, &member.user_id, member.role, api.moment()).await?;
    members::answer_set(is_set, member)
}

/// `DELETE /api/v1/teams/{team_id}/members/{user_id}`: an admin removes anybody but the owner,
/// and everybody themselves.
#[utoipa::path(
    delete,
    path = "/teams/{team_id}/members/{user_id}",
    tag = "teams",
    operation_id = "teams_remove_member",
    summary = "Takes a user out of a team; everybody may leave.",
    responses((status = 204, description = "They are out.")),
)]
pub(crate) async fn remove_member(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((id, user_id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let team = in_team(&api, &caller, &id, members::needed_to_remove(&caller, &user_id)).await?;
    known_id(&user_id)?;
    let is_removed = teams::remove_member(&api.db, &team.id, &user_id).await?;
    members::answer_removed(is_removed, user_id == caller.user.id && team.role == Role::Owner)
}

/// `GET /api/v1/projects/{project_id}/teams`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/teams",
    tag = "teams",
    operation_id = "teams_of_project",
    summary = "Lists the teams that work on a project.",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<ProjectTeamView>)),
)]
pub(crate) async fn of_project(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<ProjectTeamView>>, Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Guest).await?;
    let slice = query.slice()?;
    let rows = teams::of_project(&api.db, &project.id, &slice).await?;
    let view = |team: &ProjectTeam| ProjectTeamView {
        team_id: team.team_id.clone(),
        name: team.name.clone(),
        role: team.role,
    };
    Ok(Json(slice.page(rows, |team| &team.team_id, view)))
}

/// `PUT /api/v1/projects/{project_id}/teams`: gives the people of a team a role in a project.
#[utoipa::path(
    put,
    path = "/projects/{project_id}/teams",
    tag = "teams",
    operation_id = "teams_set_project",
    summary = "Gives the people of a team a role in a project.",
    request_body = NewProjectTeam,
    responses((status = 200, description = "The team.", body = ProjectTeamView)),
)]
pub(crate) async fn set_project(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    body: JsonBody<NewProjectTeam>,
) -> Result<Json<ProjectTeamView>, Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Admin).await?;
    let NewProjectTeam { team_id, role } = body.value;
    if role == Role::Owner {
        return Err(Problem::field("role", "A project has one owner, who made it."));
    }
    // Whoever gives a team a project is one of its people: so nobody learns of others' teams.
    let team = in_team(&api, &caller, &team_id, Role::Guest).await?;
    teams::set_project(&api.db, &project.id, &team.id, role, api.moment()).await?;
    Ok(Json(ProjectTeamView { team_id: team.id, name: team.name, role }))
}

/// `DELETE /api/v1/projects/{project_id}/teams/{team_id}`.
#[utoipa::path(
    delete,
    path = "/projects/{project_id}/teams/{team_id}",
    tag = "teams",
    operation_id = "teams_remove_project",
    summary = "Takes a project from a team.",
    responses((status = 204, description = "It is taken.")),
)]
pub(crate) async fn remove_project(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, team_id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Admin).await?;
    known_id(&team_id)?;
    if teams::remove_project(&api.db, &project.id, &team_id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(Code::NotFound))
    }
}

/// The team, if the caller may do in it what `needed` may.
async fn in_team(api: &Api, caller: &Caller, id: &str, needed: Role) -> Result<Team, Problem> {
    known_id(id)?;
    let team = teams::seen_by(&api.db, &caller.user.id, id).await?;
    let team = team.ok_or_else(|| Problem::new(Code::NotFound))?;
    at_least(team.role, needed)?;
    Ok(team)
}

fn view(team: &Team) -> TeamView {
    TeamView {
        id: team.id.clone(),
        name: team.name.clone(),
        role: team.role,
        created_at: rfc3339(team.created_at),
    }
}
