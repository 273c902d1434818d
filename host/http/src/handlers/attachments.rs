//! Files that belong to a task: bytes in, a signed link out.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use hivesync_storage::sql::attachments::{self, Attachment};
use hivesync_storage::sql::projects::Role;
use hivesync_storage::{Body, ObjectKey, ServerId, Upload, Write};
use hivesync_types::{Code, Digest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::accounts::check_name;
use super::artifacts::LINK_TTL;
use super::page::{Page, PageQuery, rfc3339};
use super::tasks::{of_project, own_or_admin};
use crate::api::Api;
use crate::extract::{Caller, Params, kind_of, read_body};
use crate::identifiers::{known_id, new_id};
use crate::problem::Problem;

/// Bytes of an attachment.
const BYTES_MAX: usize = 10 * 1024 * 1024;
/// Attachments of a task.
const ATTACHMENTS_MAX: u32 = 50;

/// What an attachment is called.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct NameQuery {
    name: String,
}

/// An attachment as the project's people see it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttachmentView {
    id: String,
    name: String,
    bytes: u64,
    digest: String,
    uploaded_by: String,
    created_at: String,
}

/// An attachment, and where its bytes are for a while.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttachmentLink {
    #[serde(flatten)]
    attachment: AttachmentView,
    url: String,
    expires_in: u64,
}

/// `POST …/tasks/{task_id}/attachments?name=…`: the body is the file, whatever it is.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/tasks/{task_id}/attachments",
    tag = "tasks",
    operation_id = "attachments_upload",
    summary = "Brings a file to a task: the body, whatever it is.",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(NameQuery),
    responses((status = 201, description = "The attachment.", body = AttachmentView)),
)]
pub(crate) async fn upload(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, task_id)): Path<(String, String)>,
    Params(query): Params<NameQuery>,
    request: Request,
) -> Result<(StatusCode, Json<AttachmentView>), Problem> {
    let (_, task) = of_project(&api, &caller, (&project_id, &task_id), Role::Member).await?;
    check_name("name", &query.name)?;
    if kind_of(request.headers()).is_none() {
        let message = "An attachment has a type, such as application/octet-stream.";
        return Err(Problem::with(Code::ContentTypeUnsupported, message));
    }
    let _place = super::files::place(&api).await?;
    let bytes = read_body(request.into_body(), BYTES_MAX).await?;
    if bytes.is_empty() {
        return Err(Problem::with(Code::RequestInvalid, "An attachment holds at least one byte."));
    }
    let digest = Digest::of(&bytes);
    let attachment = Attachment {
        id: new_id(&api)?,
        task_id: task.id,
        uploaded_by: caller.user.id,
        name: query.name,
        bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        digest: digest.to_string(),
        created_at: api.moment(),
    };
    let key = key(&attachment.id)?;
    // First the bytes: a row never names an object that is not there.
    api.objects.put(Upload { key, body: Body::Bytes(bytes), digest, write: Write::Once }).await?;
    let kept = attachments::keep(&api.db, &attachment, ATTACHMENTS_MAX).await;
    if !matches!(kept, Ok(true)) {
        api.objects.remove(&key).await?;
    }
    if kept? {
        Ok((StatusCode::CREATED, Json(view(&attachment))))
    } else {
        Err(Problem::with(Code::Conflict, format!("The task has {ATTACHMENTS_MAX} attachments.")))
    }
}

/// `GET …/tasks/{task_id}/attachments`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/tasks/{task_id}/attachments",
    tag = "tasks",
    operation_id = "attachments_list",
    summary = "Lists the files of a task, the newest first.",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<AttachmentView>)),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, task_id)): Path<(String, String)>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<AttachmentView>>, Problem> {
    let (_, task) = of_project(&api, &caller, (&project_id, &task_id), Role::Guest).await?;
    let slice = query.slice()?;
    let rows = attachments::of_task(&api.db, &task.id, &slice).await?;
    Ok(Json(slice.page(rows, |attachment| &attachment.id, view)))
}

/// `GET …/tasks/{task_id}/attachments/{attachment_id}`: with a link to its bytes.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/tasks/{task_id}/attachments/{attachment_id}",
    tag = "tasks",
    operation_id = "attachments_show",
    summary = "Shows a file of a task, with a link that is good for five minutes.",
    responses((status = 200, description = "The attachment.", body = AttachmentLink)),
)]
pub(crate) async fn show(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, task_id, id)): Path<(String, String, String)>,
) -> Result<Json<AttachmentLink>, Problem> {
    let (_, task) = of_project(&api, &caller, (&project_id, &task_id), Role::Guest).await?;
    let attachment = known(&api, &task.id, &id).await?;
    let url = api.objects.link(&key(&id)?, LINK_TTL, api.now()).await?;
    Ok(Json(AttachmentLink { attachment: view(&attachment), url, expires_in: LINK_TTL.as_secs() }))
}

/// `DELETE …/tasks/{task_id}/attachments/{attachment_id}`: by who brought it, or an admin.
#[utoipa::path(
    delete,
    path = "/projects/{project_id}/tasks/{task_id}/attachments/{attachment_id}",
    tag = "tasks",
    operation_id = "attachments_remove",
    summary = "Removes a file of a task; by who brought it, or an admin.",
    responses((status = 204, description = "It is gone.")),
)]
pub(crate) async fn remove(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, task_id, id)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let (project, task) = of_project(&api, &caller, (&project_id, &task_id), Role::Member).await?;
    let attachment = known(&api, &task.id, &id).await?;
    own_or_admin(&caller, &project, &attachment.uploaded_by)?;
    attachments::remove(&api.db, &id).await?;
    api.objects.remove(&key(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn known(api: &Api, task_id: &str, id: &str) -> Result<Attachment, Problem> {
    known_id(id)?;
    attachments::of_id(&api.db, task_id, id).await?.ok_or_else(|| Problem::new(Code::NotFound))
}

fn key(id: &str) -> Result<ObjectKey, Problem> {
    Ok(ObjectKey::Attachment { attachment: ServerId(known_id(id)?.0) })
}

fn view(attachment: &Attachment) -> AttachmentView {
    AttachmentView {
        id: attachment.id.clone(),
        name: attachment.name.clone(),
        bytes: attachment.bytes,
        digest: attachment.digest.clone(),
        uploaded_by: attachment.uploaded_by.clone(),
        created_at: rfc3339(attachment.created_at),
    }
}
