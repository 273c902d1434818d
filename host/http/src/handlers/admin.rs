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
use utoipa::{IntoParams, ToSchema};

use super::page::rfc3339;
use crate::api::Api;
use crate::autoscale::{Advice, Scaling, advise, load};
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
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WorkersQuery {
    kind: Option<String>,
    queue: Option<String>,
    status: Option<String>,
    /// From 0 to 1, of the last five minutes.
    #[param(minimum = 0, maximum = 1)]
    min_failure_rate: Option<f64>,
}

/// A worker and its last sign of life.
#[derive(Debug, Serialize, ToSchema)]
struct WorkerView {
    id: String,
    name: String,
    kind: String,
    queues: Vec<String>,
    #[schema(value_type = String)]
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

/// Workers, also those that are gone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Workers {
    workers: Vec<WorkerView>,
}

/// `GET /api/v1/admin/workers`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/workers",
    tag = "operator",
    operation_id = "operator_workers",
    summary = "Shows the workers and how they are.",
    params(WorkersQuery),
    responses((status = 200, description = "The workers.", body = Workers)),
)]
pub(crate) async fn workers(
    State(api): State<Arc<Api>>,
    _: Operator,
    Params(query): Params<WorkersQuery>,
) -> Result<Json<Workers>, Problem> {
    let vitals = tables(&api).await?;
    let all = vitals.workers.iter().map(|worker| view(worker, worker_status(worker, vitals.at)));
    let is_wanted = |view: &WorkerView| {
        let status = serde_json::to_value(view.status).unwrap_or_default();
        query.kind.as_ref().is_none_or(|kind| *kind == view.kind)
            && query.queue.as_ref().is_none_or(|queue| view.queues.contains(queue))
            && query.status.as_ref().is_none_or(|wanted| status == wanted.as_str())
            && query.min_failure_rate.is_none_or(|rate| view.failure_rate >= rate)
    };
    Ok(Json(Workers { workers: all.filter(is_wanted).collect() }))
}

/// Which queues.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct QueuesQuery {
    queue: Option<String>,
}

/// A queue: depth, and what was done in the last five minutes.
#[derive(Debug, Serialize, ToSchema)]
struct QueueView {
    queue: String,
    waiting: u64,
    running: u64,
    oldest_wait_seconds: Option<f64>,
    jobs_5m: u64,
}

/// Queues that were ever used.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Queues {
    queues: Vec<QueueView>,
}

/// `GET /api/v1/admin/queues`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/queues",
    tag = "operator",
    operation_id = "operator_queues",
    summary = "Shows how deep the queues are, and what was done in the last five minutes.",
    params(QueuesQuery),
    responses((status = 200, description = "The queues.", body = Queues)),
)]
pub(crate) async fn queues(
    State(api): State<Arc<Api>>,
    _: Operator,
    Params(query): Params<QueuesQuery>,
) -> Result<Json<Queues>, Problem> {
    let vitals = tables(&api).await?;
    let wanted =
        vitals.queues.iter().filter(|queue| query.queue.as_ref().is_none_or(|name| *name == queue.queue));
    let queues = wanted
        .map(|queue| {
            let serving = vitals
                .workers
                .iter()
                .filter(|worker| worker.node.queues.split(',').any(|name| name == queue.queue));
            let done = serving.map(|worker| worker.done.saturating_add(worker.failed)).sum::<u64>();
            let waits = queue.oldest.map(|oldest| vitals.at.since(oldest).as_secs_f64());
            QueueView {
                queue: queue.queue.clone(),
                waiting: queue.waiting,
                running: queue.running,
                oldest_wait_seconds: waits,
                jobs_5m: done,
            }
        })
        .collect();
    Ok(Json(Queues { queues }))
}

/// What the autoscaler would do, and of what it thinks so.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScalingView {
    #[schema(value_type = Object)]
    settings: Scaling,
    workers: u32,
    waiting: u64,
    #[schema(value_type = Object)]
    advice: Advice,
}

/// `GET /api/v1/admin/autoscaler`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/autoscaler",
    tag = "operator",
    operation_id = "operator_autoscaler",
    summary = "Says what the autoscaler would do, also while it is off.",
    responses((status = 200, description = "Its advice.", body = ScalingView)),
)]
pub(crate) async fn autoscaler(
    State(api): State<Arc<Api>>,
    _: Operator,
) -> Result<Json<ScalingView>, Problem> {
    let vitals = tables(&api).await?;
    let (workers, waiting) = load(&vitals);
    let settings = api.settings.scaling.clone();
    let advice = advise(&settings, workers, waiting);
    Ok(Json(ScalingView { settings, workers, waiting, advice }))
}

/// Something that was done or refused.
#[derive(Debug, Serialize, ToSchema)]
struct AuditView {
    id: String,
    at: String,
    actor: Option<String>,
    action: String,
    subject: Option<String>,
    code: Option<String>,
    request_id: String,
}

/// The newest of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEvents {
    events: Vec<AuditView>,
}

/// `GET /api/v1/admin/audit`.
#[utoipa::path(
    get,
    path = "/api/v1/admin/audit",
    tag = "operator",
    operation_id = "operator_audit",
    summary = "Shows the newest audit events.",
    responses((status = 200, description = "The events.", body = AuditEvents)),
)]
pub(crate) async fn audit(State(api): State<Arc<Api>>, _: Operator) -> Result<Json<AuditEvents>, Problem> {
    let events = audit::newest(&api.db, EVENTS).await?;
    let view = |event: audit::KeptEvent| AuditView {
        id: event.id,
        at: rfc3339(event.at),
        actor: event.actor,
        action: event.action,
        subject: event.subject,
        code: event.code,
        request_id: event.request_id,
    };
    Ok(Json(AuditEvents { events: events.into_iter().map(view).collect() }))
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
