//! Who works on a project, and as what.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hivesync_storage::sql::accounts;
use hivesync_storage::sql::projects::{self, Member, Role};
use hivesync_types::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::accounts::address;
use super::page::{Page, PageQuery};
use super::projects::allowed;
use crate::api::Api;
use crate::extract::{Caller, JsonBody, Params};
use crate::identifiers::known_id;
use crate::problem::Problem;
use crate::words;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMember {
    #[schema(max_length = 254)]
    pub(crate) email: String,
    #[schema(value_type = words::Role)]
    pub(crate) role: Role,
}

/// A member as the others see them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberView {
    pub(crate) user_id: String,
    pub(crate) email: String,
    #[schema(value_type = words::Role)]
    pub(crate) role: Role,
}

/// `GET /api/v1/projects/{project_id}/members`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/members",
    tag = "projects",
    operation_id = "members_list",
    summary = "Lists the people of a project.",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<MemberView>)),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<MemberView>>, Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Guest).await?;
    let slice = query.slice()?;
    let rows = projects::members(&api.db, &project.id, &slice).await?;
    Ok(Json(slice.page(rows, |member| &member.user_id, view)))
}

/// `PUT /api/v1/projects/{project_id}/members`: gives a user a role.
#[utoipa::path(
    put,
    path = "/projects/{project_id}/members",
    tag = "projects",
    operation_id = "members_set",
    summary = "Gives a user a role in a project.",
    request_body = NewMember,
    responses((status = 200, description = "The member.", body = MemberView)),
)]
pub(crate) async fn set(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    body: JsonBody<NewMember>,
) -> Result<Json<MemberView>, Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Admin).await?;
    let member = named(&api, body.value, "A project has one owner, who made it.").await?;
    let is_set =
        projects::set_member(&api.db, &project.id, &member.user_id, member.role, api.moment()).await?;
    answer_set(is_set, member)
}

/// `DELETE /api/v1/projects/{project_id}/members/{user_id}`: an admin removes anybody but
/// the owner, and everybody themselves.
#[utoipa::path(
    delete,
    path = "/projects/{project_id}/members/{user_id}",
    tag = "projects",
    operation_id = "members_remove",
    summary = "Takes a user out of a project; everybody may leave.",
    responses((status = 204, description = "They are out.")),
)]
pub(crate) async fn remove(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, user_id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let project = allowed(&api, &caller, &project_id, needed_to_remove(&caller, &user_id)).await?;
    known_id(&user_id)?;
    let is_removed = projects::remove_member(&api.db, &project.id, &user_id).await?;
    answer_removed(is_removed, user_id == caller.user.id && project.role == Role::Owner)
}

/// The role that a member needs to take somebody out: an admin anybody, and everybody themselves.
pub(crate) fn needed_to_remove(caller: &Caller, user_id: &str) -> Role {
    if user_id == caller.user.id { Role::Guest } else { Role::Admin }
}

/// Whom a request names, of a project or of a team. `one_owner` says that it has its owner.
pub(crate) async fn named(api: &Api, new: NewMember, one_owner: &str) -> Result<MemberView, Problem> {
    let NewMember { email, role } = new;
    if role == Role::Owner {
        return Err(Problem::field("role", one_owner));
    }
    let (user, _) = accounts::by_email(&api.db, &address(&email)?)
        .await?
        .ok_or_else(|| Problem::with(Code::NotFound, "Nobody with this address has an account."))?;
    Ok(MemberView { user_id: user.id, email: user.email, role })
}

/// What is answered when a role was to be given.
pub(crate) fn answer_set(is_set: bool, member: MemberView) -> Result<Json<MemberView>, Problem> {
    if is_set {
        Ok(Json(member))
    } else {
        Err(Problem::with(Code::Conflict, "The owner's role is not changed."))
    }
}

/// What is answered when somebody was to be taken out.
pub(crate) fn answer_removed(is_removed: bool, is_own_owner: bool) -> Result<StatusCode, Problem> {
    if is_removed {
        Ok(StatusCode::NO_CONTENT)
    } else if is_own_owner {
        Err(Problem::with(Code::Conflict, "The owner stays."))
    } else {
        Err(Problem::new(Code::NotFound))
    }
}

pub(crate) fn view(member: &Member) -> MemberView {
    MemberView { user_id: member.user_id.clone(), email: member.email.clone(), role: member.role }
}
