//! What people do in a preview, where its job records it, and what a preview was kept from
//! doing.
//!
//! **Invariant:** a payload has the fields of its kind and no others: no place for what a
//! sensor measured.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hivesync_jobs::JobId;
use hivesync_storage::sql::eventflow::{self, FlowEvent};
use hivesync_storage::sql::previews::{self, PreviewJob};
use hivesync_storage::sql::projects::Role;
use hivesync_storage::{Body, ObjectKey, Upload, Write};
use hivesync_types::{Code, Digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::previews::of_project;
use crate::api::Api;
use crate::devices::KeptDevice;
use crate::extract::{Caller, JsonBody};
use crate::identifiers::{digest, known_id};
use crate::problem::Problem;

/// Events of one request.
const EVENTS_MAX: usize = 100;
/// Bytes of a route or an action.
const TEXT_BYTES_MAX: usize = 256;

/// What somebody did, for one job.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flow {
    device_id: Option<String>,
    #[schema(min_items = 1, max_items = 100)]
    events: Vec<Did>,
}

/// The same, where the path does not say which job.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FlowOfJob {
    job_id: String,
    device_id: Option<String>,
    #[schema(min_items = 1, max_items = 100)]
    events: Vec<Did>,
}

/// One thing that somebody did. Places are parts of the screen, from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", content = "payload", rename_all = "lowercase", deny_unknown_fields)]
enum Did {
    Tap(Place),
    Swipe {
        from: Place,
        to: Place,
    },
    Tilt {
        direction: Direction,
    },
    Shake {},
    Nav {
        #[schema(min_length = 1, max_length = 256)]
        route: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Place {
    #[schema(minimum = 0, maximum = 1)]
    x: f64,
    #[schema(minimum = 0, maximum = 1)]
    y: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Direction {
    Left,
    Right,
    Forward,
    Back,
}

/// An action that a preview was kept from.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suppressed {
    job_id: String,
    #[schema(min_length = 1, max_length = 256)]
    action: String,
}

/// How many events were new.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Kept {
    accepted: usize,
    dropped: usize,
}

/// `POST …/previews/jobs/{job_id}/events`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/previews/jobs/{job_id}/events",
    tag = "previews",
    operation_id = "eventflow_record",
    summary = "Records what somebody did in a preview.",
    request_body = Flow,
    responses((status = 202, description = "What of it is new.", body = Kept)),
)]
pub(crate) async fn record(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, job_id)): Path<(String, String)>,
    body: JsonBody<Flow>,
) -> Result<(StatusCode, Json<Kept>), Problem> {
    let job = of_project(&api, &caller, (&project_id, &job_id), Role::Guest).await?;
    keep(&api, &job, body.value).await
}

/// `POST /api/v1/events`.
#[utoipa::path(
    post,
    path = "/events",
    tag = "previews",
    operation_id = "eventflow_record_of_job",
    summary = "Records what somebody did in a preview that the body names.",
    request_body = FlowOfJob,
    responses((status = 202, description = "What of it is new.", body = Kept)),
)]
pub(crate) async fn record_of_job(
    State(api): State<Arc<Api>>,
    caller: Caller,
    body: JsonBody<FlowOfJob>,
) -> Result<(StatusCode, Json<Kept>), Problem> {
    let FlowOfJob { job_id, device_id, events } = body.value;
    let job = job(&api, &caller, &job_id).await?;
    keep(&api, &job, Flow { device_id, events }).await
}

/// `POST /api/v1/preview/sandbox-event`.
#[utoipa::path(
    post,
    path = "/preview/sandbox-event",
    tag = "previews",
    operation_id = "eventflow_suppressed",
    summary = "Records an action that a preview was kept from.",
    request_body = Suppressed,
    responses((status = 202, description = "It is recorded.")),
)]
pub(crate) async fn suppressed(
    State(api): State<Arc<Api>>,
    caller: Caller,
    body: JsonBody<Suppressed>,
) -> Result<StatusCode, Problem> {
    let job = job(&api, &caller, &body.value.job_id).await?;
    let action = body.value.action;
    if action.is_empty() || action.len() > TEXT_BYTES_MAX || action.chars().any(char::is_control) {
        return Err(Problem::field("action", "action has 1 to 256 bytes and no control characters."));
    }
    let data = json!({ "action": action }).to_string();
    previews::append_event(&api.db, &job.asked.id, "sandbox", &data, api.moment()).await?;
    api.ring(&job.asked.id);
    Ok(StatusCode::ACCEPTED)
}

async fn job(api: &Api, caller: &Caller, job_id: &str) -> Result<PreviewJob, Problem> {
    known_id(job_id)?;
    let job = previews::by_id(&api.db, job_id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    of_project(api, caller, (&job.asked.project_id, job_id), Role::Guest).await
}

async fn keep(api: &Api, job: &PreviewJob, flow: Flow) -> Result<(StatusCode, Json<Kept>), Problem> {
    if !job.asked.eventflow_enabled {
        return Err(Problem::new(Code::EventflowDisabled));
    }
    if flow.events.is_empty() || flow.events.len() > EVENTS_MAX {
        return Err(Problem::field("events", format!("events holds 1 to {EVENTS_MAX} events.")));
    }
    let device_id = device(job, flow.device_id)?;
    flow.events.iter().try_for_each(check)?;
    let (id, now) = (&job.asked.id, api.moment());
    let total = flow.events.len();
    let mut accepted: Vec<Value> = Vec::new();
    for did in flow.events {
        let value = serde_json::to_value(&did).unwrap_or_default();
        let part = |name: &str| value.get(name).cloned().unwrap_or_default();
        let event = FlowEvent {
            device_id: device_id.clone(),
            kind: part("kind").as_str().unwrap_or_default().to_owned(),
            payload: part("payload").to_string(),
            digest: digest(&format!("{device_id}\n{value}")),
        };
        if eventflow::keep(&api.db, id, &event, now).await? {
            let data = json!({ "device_id": device_id, "event": value });
            previews::append_event(&api.db, id, "eventflow", &data.to_string(), now).await?;
            accepted.push(data);
        }
    }
    let kept = Kept { accepted: accepted.len(), dropped: total - accepted.len() };
    if !accepted.is_empty() {
        api.ring(id);
        flush(api, id, accepted).await?;
    }
    Ok((StatusCode::ACCEPTED, Json(kept)))
}

/// Puts what was kept under the prefix of the job's log as well.
async fn flush(api: &Api, id: &str, events: Vec<Value>) -> Result<(), Problem> {
    let bytes = Value::Array(events).to_string().into_bytes();
    let digest = Digest::of(&bytes);
    // Two flushes of one millisecond differ in what they hold.
    let [a, b, ..] = *digest.as_bytes();
    let seq = u32::from(u16::from_be_bytes([a, b]));
    let key = ObjectKey::PreviewEvents { job: JobId(known_id(id)?.0), at: api.moment(), seq };
    api.objects.put(Upload { key, body: Body::Bytes(bytes.into()), digest, write: Write::Replace }).await?;
    Ok(())
}

/// The device that is meant: one of the job's.
fn device(job: &PreviewJob, named: Option<String>) -> Result<String, Problem> {
    let kept: Vec<KeptDevice> = serde_json::from_str(&job.asked.devices).unwrap_or_default();
    let mut known = kept.into_iter().map(|kept| kept.device.device_context.device_id);
    match named {
        None => Ok(known.next().unwrap_or_else(|| "default".to_owned())),
        Some(named) if known.any(|known| known == named) || named == "default" => Ok(named),
        Some(_) => Err(Problem::field("device_id", "The job has no such device.")),
    }
}

fn check(did: &Did) -> Result<(), Problem> {
    let is_place = |place: &Place| (0.0..=1.0).contains(&place.x) && (0.0..=1.0).contains(&place.y);
    let good = match did {
        Did::Tap(place) => is_place(place),
        Did::Swipe { from, to } => is_place(from) && is_place(to),
        Did::Nav { route } => {
            (1..=TEXT_BYTES_MAX).contains(&route.len()) && !route.chars().any(char::is_control)
        }
        Did::Tilt { .. } | Did::Shake {} => true,
    };
    if good { Ok(()) } else { Err(Problem::field("events", "A place or a route is outside of its bounds.")) }
}
