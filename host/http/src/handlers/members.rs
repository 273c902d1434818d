//! Who works on a project, and as what.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hivesync_storage::sql::accounts;
use hivesync_storage::sql::projects::{self, Member, Role};
use hivesync_types::Code;
use serde::{Deserialize, Serialize};

use super::accounts::address;
use super::projects::allowed;
use crate::api::Api;
use crate::extract::{Caller, JsonBody};
use crate::identifiers::known_id;
use crate::problem::Problem;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMember {
    email: String,
    role: Role,
}

/// A member as the others see them.
#[derive(Debug, Serialize)]
pub(crate) struct MemberView {
    user_id: String,
    email: String,
    role: Role,
}

/// `GET /api/v1/projects/{project_id}/members`.
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
) -> Result<Json<Vec<MemberView>>, Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Guest).await?;
    let members = projects::members(&api.db, &project.id).await?;
    Ok(Json(members.into_iter().map(view).collect()))
}

/// `PUT /api/v1/projects/{project_id}/members`: gives a user a role.
pub(crate) async fn set(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    body: JsonBody<NewMember>,
) -> Result<Json<MemberView>, Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Admin).await?;
    let NewMember { email, role } = body.value;
    if role == Role::Owner {
        return Err(Problem::field("role", "A project has one owner, who made it."));
    }
    let (user, _) = accounts::by_email(&api.db, &address(&email)?)
        .await?
        .ok_or_else(|| Problem::with(Code::NotFound, "Nobody with this address has an account."))?;
    if !projects::set_member(&api.db, &project.id, &user.id, role, api.moment()).await? {
        return Err(Problem::with(Code::Conflict, "The owner's role is not changed."));
    }
    Ok(Json(view(Member { user_id: user.id, email: user.email, role })))
}

/// `DELETE /api/v1/projects/{project_id}/members/{user_id}`: an admin removes anybody but
/// the owner, and everybody themselves.
pub(crate) async fn remove(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, user_id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let needed = if user_id == caller.user.id { Role::Guest } else { Role::Admin };
    let project = allowed(&api, &caller, &project_id, needed).await?;
    known_id(&user_id)?;
    if projects::remove_member(&api.db, &project.id, &user_id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else if user_id == caller.user.id && project.role == Role::Owner {
        Err(Problem::with(Code::Conflict, "The owner stays."))
    } else {
        Err(Problem::new(Code::NotFound))
    }
}

fn view(member: Member) -> MemberView {
    MemberView { user_id: member.user_id, email: member.email, role: member.role }
}
