//! What users are told: that a preview of theirs is over, that somebody said something of a
//! task of theirs, that a task was given to them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hivesync_storage::sql::notifications::{self, Happened, Notification};
use hivesync_storage::sql::previews::{PreviewJob, PreviewState};
use hivesync_types::Code;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::page::{Page, PageQuery, rfc3339};
use crate::api::Api;
use crate::extract::{Caller, Params};
use crate::identifiers::{known_id, new_id};
use crate::problem::Problem;
use crate::words;

/// Which notifications.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct NotificationQuery {
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// Only those that were not read.
    #[serde(default)]
    unread: bool,
}

/// A notification as its user sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NotificationView {
    id: String,
    #[schema(value_type = words::Happened)]
    kind: Happened,
    data: Value,
    created_at: String,
    read_at: Option<String>,
}

/// How many were not read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Unread {
    unread: u64,
}

/// `GET /api/v1/notifications`.
#[utoipa::path(
    get,
    path = "/notifications",
    tag = "notifications",
    operation_id = "notifications_list",
    summary = "Lists what the user was told, the newest first.",
    params(NotificationQuery),
    responses((status = 200, description = "A page.", body = Page<NotificationView>)),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Params(query): Params<NotificationQuery>,
) -> Result<Json<Page<NotificationView>>, Problem> {
    let NotificationQuery { cursor, limit, unread } = query;
    let slice = PageQuery { cursor, limit }.slice()?;
    let rows = notifications::of_user(&api.db, &caller.user.id, unread, &slice).await?;
    Ok(Json(slice.page(rows, |notification| &notification.id, view)))
}

/// `GET /api/v1/notifications/unread-count`.
#[utoipa::path(
    get,
    path = "/notifications/unread-count",
    tag = "notifications",
    operation_id = "notifications_unread",
    summary = "Counts what the user has not read.",
    responses((status = 200, description = "The count.", body = Unread)),
)]
pub(crate) async fn unread(State(api): State<Arc<Api>>, caller: Caller) -> Result<Json<Unread>, Problem> {
    Ok(Json(Unread { unread: notifications::unread(&api.db, &caller.user.id).await? }))
}

/// `POST /api/v1/notifications/{notification_id}/read`.
#[utoipa::path(
    post,
    path = "/notifications/{notification_id}/read",
    tag = "notifications",
    operation_id = "notifications_read",
    summary = "The user has read a notification.",
    responses((status = 204, description = "It is read.")),
)]
pub(crate) async fn read(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    known_id(&id)?;
    if notifications::read(&api.db, &caller.user.id, &id, api.moment()).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(Code::NotFound))
    }
}

/// `POST /api/v1/notifications/read-all`.
#[utoipa::path(
    post,
    path = "/notifications/read-all",
    tag = "notifications",
    operation_id = "notifications_read_all",
    summary = "The user has read all notifications.",
    responses((status = 204, description = "They are read.")),
)]
pub(crate) async fn read_all(State(api): State<Arc<Api>>, caller: Caller) -> Result<StatusCode, Problem> {
    notifications::read_all(&api.db, &caller.user.id, api.moment()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells a user what happened.
pub(crate) async fn tell(api: &Api, user_id: String, kind: Happened, data: &Value) -> Result<(), Problem> {
    Ok(notifications::keep(&api.db, &notification(api, user_id, kind, data)?).await?)
}

/// What whoever asked for a preview is told when it is over.
pub(crate) fn finished(api: &Api, job: &PreviewJob, state: PreviewState) -> Result<Notification, Problem> {
    let asked = &job.asked;
    let data = json!({ "project_id": asked.project_id, "job_id": asked.id, "state": state.as_str() });
    notification(api, asked.user_id.clone(), Happened::PreviewFinished, &data)
}

fn notification(api: &Api, user_id: String, kind: Happened, data: &Value) -> Result<Notification, Problem> {
    Ok(Notification {
        id: new_id(api)?,
        user_id,
        kind,
        data: data.to_string(),
        created_at: api.moment(),
        read_at: None,
    })
}

fn view(notification: &Notification) -> NotificationView {
    NotificationView {
        id: notification.id.clone(),
        kind: notification.kind,
        data: serde_json::from_str(&notification.data).unwrap_or_default(),
        created_at: rfc3339(notification.created_at),
        read_at: notification.read_at.map(rfc3339),
    }
}
