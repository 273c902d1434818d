//! Addresses that a project's owner wants told of what happens in it.
//!
//! Nothing is sent from here: what is to be said stands in the tables, and [`crate::deliver`] says it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hivesync_access::{seal, webhook_secret};
use hivesync_jobs::Moment;
use hivesync_reachability::{AddressRule, takes};
use hivesync_storage::sql::projects::{Project, Role};
use hivesync_storage::sql::webhooks::{self, Event, Message, MessageState, Webhook};
use hivesync_types::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::{Page, PageQuery, rfc3339};
use super::projects::allowed;
use crate::api::Api;
use crate::extract::{Caller, JsonBody, Params};
use crate::identifiers::{known_id, new_id, random};
use crate::problem::{Problem, internal};
use crate::webhooks::{CONTEXT, message_id};
use crate::words;

/// Addresses of a project.
const WEBHOOKS_MAX: u32 = 10;
/// Bytes of an address.
const URL_BYTES_MAX: usize = 2048;

/// An address that is to be told.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewWebhook {
    /// Where: over https alone, and at no address of a private network.
    #[schema(min_length = 1, max_length = 2048)]
    url: String,
    #[schema(value_type = Vec<words::WebhookEvent>, min_items = 1)]
    events: Vec<Event>,
}

/// An address as its project's owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookView {
    id: String,
    url: String,
    #[schema(value_type = Vec<words::WebhookEvent>)]
    events: Vec<Event>,
    created_at: String,
    /// Since when nothing is sent there, because nothing arrived; a test that arrives ends that.
    disabled_at: Option<String>,
    /// What messages are signed with: once, in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// What an address was told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryView {
    /// `webhook-id`, the same at each attempt.
    id: String,
    /// The event's name; `ping` for a test.
    event: String,
    #[schema(value_type = words::MessageState)]
    state: MessageState,
    attempts: u32,
    /// The status of the last answer.
    status_code: Option<u64>,
    /// Why there was none, or why the message is dead.
    error: Option<String>,
    created_at: String,
    /// When it is tried again.
    next_attempt_at: Option<String>,
    finished_at: Option<String>,
}

/// A test that is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PingView {
    /// Its `webhook-id`.
    id: String,
}

/// `POST …/webhooks`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/webhooks",
    tag = "webhooks",
    operation_id = "webhooks_create",
    summary = "Has an address told of what happens in a project, signed as Standard Webhooks are; the secret is shown once.",
    request_body = NewWebhook,
    responses((status = 201, description = "The webhook.", body = WebhookView)),
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    body: JsonBody<NewWebhook>,
) -> Result<(StatusCode, Json<WebhookView>), Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Owner).await?;
    let NewWebhook { url, mut events } = body.value;
    if url.len() > URL_BYTES_MAX || !takes(&url, AddressRule::Public) {
        let message =
            "url begins with https://, names no user and no port, and is none of a private network.";
        return Err(Problem::field("url", message));
    }
    events.sort_unstable();
    events.dedup();
    if events.is_empty() {
        return Err(Problem::field("events", "events names at least one event."));
    }
    let secret = webhook_secret(&random(&api)?);
    let sealed = seal(&api.secrets.session, CONTEXT, random(&api)?, secret.as_bytes())
        .map_err(|error| internal("a secret could not be sealed", &error))?;
    let webhook = Webhook {
        id: new_id(&api)?,
        project_id: project.id,
        url,
        events,
        secret: sealed,
        created_at: api.moment(),
        disabled_at: None,
    };
    if !webhooks::keep(&api.db, &webhook, &caller.user.id, WEBHOOKS_MAX).await? {
        return Err(Problem::with(Code::Conflict, format!("The project has {WEBHOOKS_MAX} webhooks.")));
    }
    Ok((StatusCode::CREATED, Json(view(&webhook, Some(secret)))))
}

/// `GET …/webhooks`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/webhooks",
    tag = "webhooks",
    operation_id = "webhooks_list",
    summary = "Lists the addresses that are told of what happens in a project, the newest first.",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<WebhookView>)),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<WebhookView>>, Problem> {
    let project = allowed(&api, &caller, &project_id, Role::Owner).await?;
    let slice = query.slice()?;
    let rows = webhooks::of_project(&api.db, &project.id, &slice).await?;
    Ok(Json(slice.page(rows, |webhook| &webhook.id, |webhook| view(webhook, None))))
}

/// `DELETE …/webhooks/{webhook_id}`.
#[utoipa::path(
    delete,
    path = "/projects/{project_id}/webhooks/{webhook_id}",
    tag = "webhooks",
    operation_id = "webhooks_remove",
    summary = "Removes an address, and what was still to be said there.",
    responses((status = 204, description = "It is gone.")),
)]
pub(crate) async fn remove(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (project, webhook) = known(&api, &caller, (&project_id, &id)).await?;
    webhooks::remove(&api.db, &project.id, &webhook.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET …/webhooks/{webhook_id}/deliveries`.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/webhooks/{webhook_id}/deliveries",
    tag = "webhooks",
    operation_id = "webhooks_deliveries",
    summary = "Lists what an address was told and what came of it, the newest first.",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<DeliveryView>)),
)]
pub(crate) async fn deliveries(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, id)): Path<(String, String)>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<DeliveryView>>, Problem> {
    let (_, webhook) = known(&api, &caller, (&project_id, &id)).await?;
    let slice = query.slice()?;
    let rows = webhooks::of_webhook(&api.db, &webhook.id, &slice).await?;
    Ok(Json(slice.page(rows, |message| &message.id, delivery)))
}

/// `POST …/webhooks/{webhook_id}/ping`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/webhooks/{webhook_id}/ping",
    tag = "webhooks",
    operation_id = "webhooks_ping",
    summary = "Sends a test to an address, once.",
    responses((status = 202, description = "It is on its way.", body = PingView)),
)]
pub(crate) async fn ping(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, id)): Path<(String, String)>,
) -> Result<(StatusCode, Json<PingView>), Problem> {
    let (_, webhook) = known(&api, &caller, (&project_id, &id)).await?;
    let id = new_id(&api)?;
    if !webhooks::ping(&api.db, &webhook.id, &id, api.moment()).await? {
        return Err(Problem::with(Code::Conflict, "A test is on its way already."));
    }
    api.ring(&id);
    Ok((StatusCode::ACCEPTED, Json(PingView { id: message_id(&id) })))
}

async fn known(
    api: &Api,
    caller: &Caller,
    (project_id, id): (&str, &str),
) -> Result<(Project, Webhook), Problem> {
    let project = allowed(api, caller, project_id, Role::Owner).await?;
    known_id(id)?;
    let webhook = webhooks::by_id(&api.db, &project.id, id).await?;
    Ok((project, webhook.ok_or_else(|| Problem::new(Code::NotFound))?))
}

fn view(webhook: &Webhook, secret: Option<String>) -> WebhookView {
    WebhookView {
        id: webhook.id.clone(),
        url: webhook.url.clone(),
        events: webhook.events.clone(),
        created_at: rfc3339(webhook.created_at),
        disabled_at: webhook.disabled_at.map(rfc3339),
        secret,
    }
}

fn delivery(message: &Message) -> DeliveryView {
    let waits = |_: &Moment| message.state == MessageState::Pending;
    DeliveryView {
        id: message_id(&message.id),
        event: message.event.clone(),
        state: message.state,
        attempts: message.attempts,
        status_code: message.status_code,
        error: message.error.clone(),
        created_at: rfc3339(message.created_at),
        next_attempt_at: Some(message.due_at).filter(waits).map(rfc3339),
        finished_at: message.finished_at.map(rfc3339),
    }
}
