//! What happened to a job: as a list, as a stream that can be taken up again, and as a log.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use hivesync_storage::sql::previews::{self, PreviewEvent};
use hivesync_storage::sql::projects::Role;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::{IntoParams, ToSchema};

use super::page::rfc3339;
use super::previews::of_project;
use crate::api::Api;
use crate::extract::{Caller, Params};
use crate::problem::Problem;
use crate::stream::unfold;

/// Events that are read at one time.
const BATCH: u32 = 200;
/// How long to wait for a bell before looking into the table.
const LOOK: Duration = Duration::from_secs(1);
/// Looks without news after which a comment keeps the connection alive.
const QUIET_LOOKS: u32 = 15;

/// From where on.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AfterQuery {
    #[serde(default)]
    #[param(schema_with = number)]
    after: u64,
}

/// Of an event: however great, it is one after which something may come.
fn number() -> Object {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).build()
}

/// An event of a job.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventView {
    seq: u64,
    at: String,
    kind: String,
    data: Value,
}

/// Events, and where to go on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventList {
    events: Vec<EventView>,
    state: &'static str,
    progress: f64,
    #[schema(schema_with = number)]
    next_after: u64,
}

/// `GET …/jobs/{job_id}/events`: a stream for who accepts one, else a list.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/previews/jobs/{job_id}/events",
    tag = "previews",
    operation_id = "events_follow",
    summary = "Tells what happened to a preview: as server-sent events for who accepts them, else as a list.",
    params(AfterQuery),
    responses((status = 200, description = "The events.", body = EventList)),
)]
pub(crate) async fn follow(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, job_id)): Path<(String, String)>,
    headers: HeaderMap,
    Params(query): Params<AfterQuery>,
) -> Result<Response, Problem> {
    let job = of_project(&api, &caller, (&project_id, &job_id), Role::Guest).await?;
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/event-stream") {
        let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
        let after = match last {
            Some(last) => {
                last.parse().map_err(|_| Problem::field("Last-Event-ID", "It is not one of ours."))?
            }
            None => query.after,
        };
        let records = job.asked.eventflow_enabled;
        return Ok(stream(&api, (job_id, records), after));
    }
    let events = previews::events_after(&api.db, &job_id, query.after, BATCH).await?;
    let list = EventList {
        next_after: events.last().map_or(query.after, |event| event.seq),
        state: job.state.as_str(),
        progress: f64::from(u32::try_from(job.progress).unwrap_or_default()) / 1000.0,
        events: events.into_iter().map(view).collect(),
    };
    Ok(Json(list).into_response())
}

/// `GET …/jobs/{job_id}/logs`: the log as text.
#[utoipa::path(
    get,
    path = "/projects/{project_id}/previews/jobs/{job_id}/logs",
    tag = "previews",
    operation_id = "events_logs",
    summary = "Gives the log of a preview as text.",
    responses((status = 200, description = "The log.", body = String, content_type = "text/plain")),
)]
pub(crate) async fn logs(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, job_id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    of_project(&api, &caller, (&project_id, &job_id), Role::Guest).await?;
    let (mut text, mut after) = (String::new(), 0);
    loop {
        let events = previews::events_after(&api.db, &job_id, after, BATCH).await?;
        let Some(last) = events.last() else { break };
        after = last.seq;
        for event in events.into_iter().filter(|event| event.kind == "log" || event.kind == "note") {
            let at = rfc3339(event.at);
            let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
            let part = |name: &str| data.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            text += &format!("{at} {} {}\n", part("level"), part("message"));
        }
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// One subscriber.
struct Follower {
    api: Arc<Api>,
    job_id: String,
    after: u64,
    bell: watch::Receiver<u64>,
    looks: u32,
    records: bool,
    over: bool,
}

fn stream(api: &Arc<Api>, (job_id, records): (String, bool), after: u64) -> Response {
    let bell = api.news.listen(&job_id);
    let follower = Follower { api: Arc::clone(api), job_id, after, bell, looks: 0, records, over: false };
    let mut response = Response::new(Body::new(unfold(follower, next)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that collects an answer before it passes it on would stop the stream.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

/// The next events, or a sign of life; the end after the job's last event.
async fn next(mut follower: Follower) -> io::Result<Option<(Bytes, Follower)>> {
    loop {
        if follower.over || follower.api.news.is_over() {
            return Ok(None);
        }
        follower.bell.mark_unchanged();
        let events = previews::events_after(&follower.api.db, &follower.job_id, follower.after, BATCH).await;
        let events = events.map_err(|error| io::Error::other(error.to_string()))?;
        if let Some(last) = events.last() {
            follower.after = last.seq;
            follower.looks = 0;
            // A preview that records what people do goes on when it is built.
            follower.over = !follower.records && events.iter().any(is_last);
            let text: String = events.into_iter().map(as_text).collect();
            return Ok(Some((text.into(), follower)));
        }
        follower.looks += 1;
        if follower.looks.is_multiple_of(QUIET_LOOKS) {
            return Ok(Some((Bytes::from_static(b": still there\n\n"), follower)));
        }
        // Whether it rang or the time is over: the table knows.
        let _ = tokio::time::timeout(LOOK, follower.bell.changed()).await;
    }
}

fn is_last(event: &PreviewEvent) -> bool {
    let data: Value = serde_json::from_str(&event.data).unwrap_or_default();
    let state = data.get("state").and_then(Value::as_str);
    event.kind == "state" && matches!(state, Some("success" | "failed" | "canceled"))
}

fn as_text(event: PreviewEvent) -> String {
    let (seq, kind) = (event.seq, event.kind.clone());
    let data = serde_json::to_string(&view(event)).unwrap_or_default();
    format!("id: {seq}\nevent: {kind}\ndata: {data}\n\n")
}

fn view(event: PreviewEvent) -> EventView {
    let data = serde_json::from_str(&event.data).unwrap_or_default();
    EventView { seq: event.seq, at: rfc3339(event.at), kind: event.kind, data }
}
