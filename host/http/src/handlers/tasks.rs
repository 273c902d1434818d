//! Tasks of a project and what is said of them.
//!
//! A guest of the project reads; a member writes, and takes back what they wrote themselves;
//! an admin takes back anything.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hivesync_storage::ObjectKey;
use hivesync_storage::sql::attachments;
use hivesync_storage::sql::notifications::Happened;
use hivesync_storage::sql::projects::{self, Project, Role};
use hivesync_storage::sql::slice::{Place, Slice};
use hivesync_storage::sql::tasks::{self, Comment, Task, TaskStatus};
use hivesync_types::Code;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::notifications::tell;
use super::page::{Page, PageQuery, rfc3339};
use super::projects::{allowed, at_least};
use crate::api::Api;
use crate::extract::{Caller, JsonBody, Params};
use crate::identifiers::{known_id, new_id};
use crate::problem::Problem;
use crate::words;

/// Bytes of a title.
const TITLE_BYTES_MAX: usize = 200;
/// Bytes of a description or a comment.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// A task that is to be kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTask {
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    #[serde(default)]
    #[schema(max_length = 16384)]
    description: String,
    /// The id of one of the project's people.
    assignee: Option<String>,
}

/// What is to be changed of a task; what is not said stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskChange {
    #[schema(min_length = 1, max_length = 200)]
    title: Option<String>,
    #[schema(max_length = 16384)]
    description: Option<String>,
    #[schema(value_type = Option<words::TaskStatus>)]
    status: Option<TaskStatus>,
    /// The id of one of the project's people; null for nobody.
    #[serde(default, deserialize_with = "said")]
    #[schema(value_type = Option<String>)]
    assignee: Option<Option<String>>,
}

/// Tells what is not said from what is said to be nothing.
fn said<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// A task as the project's people see it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskView {
    id: String,
    project_id: String,
    title: String,
    description: String,
    #[schema(value_type = words::TaskStatus)]
    status: TaskStatus,
    assignee: Option<String>,
    created_by: String,
    created_at: String,
    updated_at: String,
}

/// Something that is to be said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewComment {
    #[schema(min_length = 1, max_length = 16384)]
    body: String,
}

/// Something that was said.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommentView {
    id: String,
    author: String,
    body: String,
    created_at: String,
}

/// `POST /api/v1/projects/{project_id}/tasks`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/tasks",
    tag = "tasks",
    operation_id = "tasks_create",
    summary = "Makes a task.",
    request_body = NewTask,
    responses((status = 201, description = "The task.", body = TaskView)),
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    body: JsonBody<NewTask>,
) -> Result<(StatusCode, Json<TaskView>), Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Member).await?;
    let NewTask { title, description, assignee } = body.value;
    let now = api.moment();
    let task = Task {
        id: new_id(&api)?,
        project_id: project.id.clone(),
        title,
        description,
        status: TaskStatus::Open,
        assignee,
        created_by: caller.user.id.clone(),
        created_at: now,
        updated_at: now,
    };
    check(&api, &task).await?;
    tasks::keep(&api.db, &task).await?;
    if task.assignee.is_some() {
        tell_assignee(&api, &caller, &task).await?;
    }
    Ok((StatusCode::CREATED, Json(view(&task))))
}

/// `GET /api/v1/projects/{project_id}/tasks`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/tasks",
    tag = "tasks",
    operation_id = "tasks_list",
    summary = "Lists the tasks of a project, the newest first.",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<TaskView>)),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<TaskView>>, Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Guest).await?;
    let slice = query.slice()?;
    let rows = tasks::of_project(&api.db, &project.id, &slice).await?;
    Ok(Json(slice.page(rows, |task| &task.id, view)))
}

/// `GET /api/v1/projects/{project_id}/tasks/{task_id}`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/tasks/{task_id}",
    tag = "tasks",
    operation_id = "tasks_show",
    summary = "Shows a task.",
    responses((status = 200, description = "The task.", body = TaskView)),
)]
pub(crate) async fn show(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, task_id)): Path<(String, String)>,
) -> Result<Json<TaskView>, Problem> {
    let (_, task) = of_project(&api, &caller, (&project_id, &task_id), Role::Guest).await?;
    Ok(Json(view(&task)))
}

/// `PATCH /api/v1/projects/{project_id}/tasks/{task_id}`.
#[utoipa::path(
    patch,
    path = "/projects/{project_id}/tasks/{task_id}",
    tag = "tasks",
    operation_id = "tasks_change",
    summary = "Changes a task; what is not said stays.",
    request_body = TaskChange,
    responses((status = 200, description = "The task.", body = TaskView)),
)]
pub(crate) async fn change(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, task_id)): Path<(String, String)>,
    body: JsonBody<TaskChange>,
) -> Result<Json<TaskView>, Problem> {
    let (_, known) = of_project(&api, &caller, (&project_id, &task_id), Role::Member).await?;
    let TaskChange { title, description, status, assignee } = body.value;
    let before = known.assignee.clone();
    let task = Task {
        title: title.unwrap_or(known.title),
        description: description.unwrap_or(known.description),
        status: status.unwrap_or(known.status),
        assignee: assignee.unwrap_or(known.assignee),
        updated_at: api.moment(),
        ..known
    };
    check(&api, &task).await?;
    tasks::keep(&api.db, &task).await?;
    if task.assignee.is_some() && task.assignee != before {
        tell_assignee(&api, &caller, &task).await?;
    }
    Ok(Json(view(&task)))
}

/// `DELETE /api/v1/projects/{project_id}/tasks/{task_id}`: by who wrote it, or an admin.
#[utoipa::path(
    delete,
    path = "/projects/{project_id}/tasks/{task_id}",
    tag = "tasks",
    operation_id = "tasks_remove",
    summary = "Removes a task with its comments and attachments; by who wrote it, or an admin.",
    responses((status = 204, description = "It is gone.")),
)]
pub(crate) async fn remove(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, task_id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (project, task) = of_project(&api, &caller, (&project_id, &task_id), Role::Member).await?;
    own_or_admin(&caller, &project, &task.created_by)?;
    let all = Slice { place: Place::First, count: u32::MAX };
    let kept = attachments::of_task(&api.db, &task.id, &all).await?;
    tasks::remove(&api.db, &task.id).await?;
    for attachment in kept {
        let id = known_id(&attachment.id)?;
        let key = ObjectKey::Attachment { attachment: hivesync_storage::ServerId(id.0) };
        api.objects.remove(&key).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/projects/{project_id}/tasks/{task_id}/comments`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/tasks/{task_id}/comments",
    tag = "tasks",
    operation_id = "tasks_comment",
    summary = "Says something of a task.",
    request_body = NewComment,
    responses((status = 201, description = "The comment.", body = CommentView)),
)]
pub(crate) async fn comment(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, task_id)): Path<(String, String)>,
    body: JsonBody<NewComment>,
) -> Result<(StatusCode, Json<CommentView>), Problem> {
    let (_, task) = of_project(&api, &caller, (&project_id, &task_id), Role::Member).await?;
    check_text("body", &body.value.body, 1)?;
    let comment = Comment {
        id: new_id(&api)?,
        task_id,
        author: caller.user.id.clone(),
        body: body.value.body,
        created_at: api.moment(),
    };
    let people = tasks::people(&api.db, &task).await?;
    tasks::comment(&api.db, &comment).await?;
    let data = json!({ "project_id": project_id, "task_id": task.id, "comment_id": comment.id, "by": comment.author });
    for person in people.into_iter().filter(|person| *person != caller.user.id) {
        // Whoever has left the project is not told of it.
        if projects::seen_by(&api.db, &person, &project_id).await?.is_some() {
            tell(&api, person, Happened::Comment, &data).await?;
        }
    }
    Ok((StatusCode::CREATED, Json(comment_view(&comment))))
}

/// `GET /api/v1/projects/{project_id}/tasks/{task_id}/comments`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/tasks/{task_id}/comments",
    tag = "tasks",
    operation_id = "tasks_comments",
    summary = "Lists what was said of a task, the newest first.",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<CommentView>)),
)]
pub(crate) async fn comments(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, task_id)): Path<(String, String)>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<CommentView>>, Problem> {
    let (_, task) = of_project(&api, &caller, (&project_id, &task_id), Role::Guest).await?;
    let slice = query.slice()?;
    let rows = tasks::comments(&api.db, &task.id, &slice).await?;
    Ok(Json(slice.page(rows, |comment| &comment.id, comment_view)))
}

/// `DELETE …/tasks/{task_id}/comments/{comment_id}`: by who wrote it, or an admin.
#[utoipa::path(
    delete,
    path = "/projects/{project_id}/tasks/{task_id}/comments/{comment_id}",
    tag = "tasks",
    operation_id = "tasks_remove_comment",
    summary = "Takes a comment back; by who wrote it, or an admin.",
    responses((status = 204, description = "It is gone.")),
)]
pub(crate) async fn remove_comment(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, task_id, comment_id)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let (project, task) = of_project(&api, &caller, (&project_id, &task_id), Role::Member).await?;
    known_id(&comment_id)?;
    let comment = tasks::comment_of_id(&api.db, &task.id, &comment_id).await?;
    let comment = comment.ok_or_else(|| Problem::new(Code::NotFound))?;
    own_or_admin(&caller, &project, &comment.author)?;
    tasks::remove_comment(&api.db, &comment.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A task of a project in which the caller may do what `needed` may.
pub(crate) async fn of_project(
    api: &Api,
    caller: &Caller,
    (project_id, task_id): (&str, &str),
    needed: Role,
) -> Result<(Project, Task), Problem> {
    let project = allowed(api, caller, project_id, needed).await?;
    known_id(task_id)?;
    let task = tasks::of_id(&api.db, &project.id, task_id).await?;
    Ok((project, task.ok_or_else(|| Problem::new(Code::NotFound))?))
}

/// The caller made it, or is an admin of the project.
pub(crate) fn own_or_admin(caller: &Caller, project: &Project, made_by: &str) -> Result<(), Problem> {
    if made_by == caller.user.id { Ok(()) } else { at_least(project.role, Role::Admin) }
}

async fn check(api: &Api, task: &Task) -> Result<(), Problem> {
    let title = &task.title;
    if title.trim().is_empty() || title.len() > TITLE_BYTES_MAX || title.chars().any(char::is_control) {
        let message = format!("title has 1 to {TITLE_BYTES_MAX} bytes and no control characters.");
        return Err(Problem::field("title", message));
    }
    check_text("description", &task.description, 0)?;
    let Some(assignee) = &task.assignee else { return Ok(()) };
    let nobody = || Problem::field("assignee", "assignee is not one of the project's people.");
    known_id(assignee).map_err(|_| nobody())?;
    projects::seen_by(&api.db, assignee, &task.project_id).await?.map(drop).ok_or_else(nobody)
}

/// A text of several lines: what would drive a terminal is not taken.
fn check_text(field: &str, text: &str, least: usize) -> Result<(), Problem> {
    let is_plain = |c: char| !c.is_control() || matches!(c, '\n' | '\t' | '\r');
    if (least..=TEXT_BYTES_MAX).contains(&text.trim().len())
        && text.len() <= TEXT_BYTES_MAX
        && text.chars().all(is_plain)
    {
        return Ok(());
    }
    let message =
        format!("{field} has {least} to {TEXT_BYTES_MAX} bytes and no control characters but lines.");
    Err(Problem::field(field, message))
}

/// Whoever takes a task themselves knows of it.
async fn tell_assignee(api: &Api, caller: &Caller, task: &Task) -> Result<(), Problem> {
    let Some(assignee) = task.assignee.clone().filter(|id| *id != caller.user.id) else { return Ok(()) };
    let data = json!({ "project_id": task.project_id, "task_id": task.id, "by": caller.user.id });
    tell(api, assignee, Happened::Assignment, &data).await
}

fn view(task: &Task) -> TaskView {
    TaskView {
        id: task.id.clone(),
        project_id: task.project_id.clone(),
        title: task.title.clone(),
        description: task.description.clone(),
        status: task.status,
        assignee: task.assignee.clone(),
        created_by: task.created_by.clone(),
        created_at: rfc3339(task.created_at),
        updated_at: rfc3339(task.updated_at),
    }
}

fn comment_view(comment: &Comment) -> CommentView {
    CommentView {
        id: comment.id.clone(),
        author: comment.author.clone(),
        body: comment.body.clone(),
        created_at: rfc3339(comment.created_at),
    }
}
