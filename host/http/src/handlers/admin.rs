//! What the operator of the fleet sees: workers, queues, scaling, audit events.
//!
//! **Invariant:** it is for whoever has the operator's token; where none is set, it is not there.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::header;
use axum::http::request::Parts;
use hivesync_storage::sql::audit;
use hivesync_storage::sql::workers::KnownWorker;
use hivesync_types::Code;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::page::rfc3339;
use crate::api::Api;
use crate::autoscale::{advise, load};
use crate::extract::{Params, bearer};
use crate::identifiers::digest;
use crate::problem::Problem;
use crate::vitals::{Vitals, WorkerStatus, worker_status};

/// Audit events that are shown at one time.
const EVENTS: u32 = 100;

/// Whoever has the operator's token.
pub(crate) struct Operator;

impl FromRequestParts<Arc<Api>> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let Some(token) = &api.secrets.operator else { return Err(Problem::new(Code::NotFound)) };
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let sent = header.and_then(bearer).ok_or_else(|| Problem::new(Code::Unauthenticated))?;
        // Digests are compared, so that the time it takes says nothing about the token.
        if digest(sent) == *token { Ok(Self) } else { Err(Problem::new(Code::Unauthenticated)) }
    }
}

/// Which workers.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkersQuery {
    kind: Option<String>,
    queue: Option<String>,
    status: Option<String>,
    /// From 0 to 1, of the last five minutes.
    min_failure_rate: Option<f64>,
}

#[derive(Debug, Serialize)]
struct WorkerView {
    id: String,
    name: String,
    kind: String,
    queues: Vec<String>,
    status: WorkerStatus,
    concurrency: u64,
    version: String,
    started_at: String,
    last_heartbeat_at: String,
    cpu_load: Option<f64>,
    gpu_load: Option<f64>,
    memory_bytes: Option<u64>,
    queue_depth: Option<u64>,
    active_jobs: Option<u64>,
    jobs_5m: u64,
    failure_rate: f64,
}

/// `GET /api/v1/admin/workers`.
pub(crate) async fn workers(
    State(api): State<Arc<Api>>,
    _: Operator,
    Params(query): Params<WorkersQuery>,
) -> Result<Json<Value>, Problem> {
    let vitals = tables(&api).await?;
    let all = vitals.workers.iter().map(|worker| view(worker, worker_status(worker, vitals.at)));
    let is_wanted = |view: &WorkerView| {
        let status = serde_json::to_value(view.status).unwrap_or_default();
        query.kind.as_ref().is_none_or(|kind| *kind == view.kind)
            && query.queue.as_ref().is_none_or(|queue| view.queues.contains(queue))
            && query.status.as_ref().is_none_or(|wanted| status == wanted.as_str())
            && query.min_failure_rate.is_none_or(|rate| view.failure_rate >= rate)
    };
    let workers: Vec<WorkerView> = all.filter(is_wanted).collect();
    Ok(Json(json!({ "workers": workers })))
}

/// Which queues.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueuesQuery {
    queue: Option<String>,
}

/// `GET /api/v1/admin/queues`: depth, and what was done in the last five minutes.
pub(crate) async fn queues(
    State(api): State<Arc<Api>>,
    _: Operator,
    Params(query): Params<QueuesQuery>,
) -> Result<Json<Value>, Problem> {
    let vitals = tables(&api).await?;
    let wanted =
        vitals.queues.iter().filter(|queue| query.queue.as_ref().is_none_or(|name| *name == queue.queue));
    let queues: Vec<Value> = wanted
        .map(|queue| {
            let serving = vitals
                .workers
                .iter()
                .filter(|worker| worker.node.queues.split(',').any(|name| name == queue.queue));
            let done = serving.map(|worker| worker.done.saturating_add(worker.failed)).sum::<u64>();
            let waits = queue.oldest.map(|oldest| vitals.at.since(oldest).as_secs_f64());
            json!({
                "queue": queue.queue, "waiting": queue.waiting, "running": queue.running,
                "oldest_wait_seconds": waits, "jobs_5m": done,
            })
        })
        .collect();
    Ok(Json(json!({ "queues": queues })))
}

/// `GET /api/v1/admin/autoscaler`: what it would do, also while it is off.
pub(crate) async fn autoscaler(State(api): State<Arc<Api>>, _: Operator) -> Result<Json<Value>, Problem> {
    let vitals = tables(&api).await?;
    let (workers, waiting) = load(&vitals);
    let scaling = &api.settings.scaling;
    let advice = advise(scaling, workers, waiting);
    Ok(Json(json!({ "settings": scaling, "workers": workers, "waiting": waiting, "advice": advice })))
}

/// `GET /api/v1/admin/audit`: the newest audit events.
pub(crate) async fn audit(State(api): State<Arc<Api>>, _: Operator) -> Result<Json<Value>, Problem> {
    let events = audit::newest(&api.db, EVENTS).await?;
    let events: Vec<Value> = events
        .into_iter()
        .map(|event| {
            json!({
                "id": event.id, "at": rfc3339(event.at), "actor": event.actor, "action": event.action,
                "subject": event.subject, "code": event.code, "request_id": event.request_id,
            })
        })
        .collect();
    Ok(Json(json!({ "events": events })))
}

pub(crate) async fn look(api: &Api) -> Vitals {
    Vitals::look(&api.db, api.fleet.as_ref(), &api.objects, api.moment()).await
}

/// The same for those who cannot do without the tables.
async fn tables(api: &Api) -> Result<Vitals, Problem> {
    let mut vitals = look(api).await;
    std::mem::replace(&mut vitals.database, Ok(()))?;
    Ok(vitals)
}

fn view(worker: &KnownWorker, status: WorkerStatus) -> WorkerView {
    let jobs = worker.done.saturating_add(worker.failed);
    let share = |thousandths: u64| f64::from(u32::try_from(thousandths).unwrap_or(u32::MAX)) / 1000.0;
    let rate = worker.failed.saturating_mul(1000).checked_div(jobs).map_or(0.0, share);
    let node = &worker.node;
    WorkerView {
        id: node.id.clone(),
        name: node.name.clone(),
        kind: node.kind.clone(),
        queues: node.queues.split(',').map(str::to_owned).collect(),
        status,
        concurrency: node.concurrency,
        version: node.version.clone(),
        started_at: rfc3339(node.started_at),
        last_heartbeat_at: rfc3339(worker.last_seen_at),
        cpu_load: worker.beat.map(|beat| share(beat.cpu_load)),
        gpu_load: worker.beat.and_then(|beat| beat.gpu_load).map(share),
        memory_bytes: worker.beat.map(|beat| beat.memory_bytes),
        queue_depth: worker.beat.map(|beat| beat.queue_depth),
        active_jobs: worker.beat.map(|beat| beat.active_jobs),
        jobs_5m: jobs,
        failure_rate: rate,
    }
}
