//! Whether the program lives, whether it can do its work, and its numbers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use hivesync_jobs::LaneKey;
use hivesync_storage::sql::counts;
use serde::Serialize;
use utoipa::ToSchema;

use super::admin::{Operator, look};
use crate::api::Api;
use crate::problem::Problem;
use crate::times::Times;
use crate::vitals::Status;

/// As OpenMetrics is called.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// That the program answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Live {
    status: &'static str,
    version: &'static str,
}

/// Whether the program reaches what it needs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ready {
    status: &'static str,
    checks: Checks,
}

/// Each `ok` or `failed`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Checks {
    database: &'static str,
    queue: &'static str,
    objects: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    redis: Option<&'static str>,
}

/// `GET /health`: it answers.
#[utoipa::path(
    get,
    path = "/health",
    tag = "service",
    operation_id = "health_live",
    summary = "Says that the program answers.",
    responses((status = 200, description = "It does.", body = Live)),
)]
pub(crate) async fn live() -> Json<Live> {
    Json(Live { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// `GET /health/deep`: it reaches what it needs. 503 when it does not.
#[utoipa::path(
    get,
    path = "/health/deep",
    tag = "service",
    operation_id = "health_ready",
    summary = "Says whether the program reaches what it needs.",
    responses((status = 200, description = "It does.", body = Ready), (status = 503, description = "It does not.", body = Ready)),
)]
pub(crate) async fn ready(State(api): State<Arc<Api>>) -> Response {
    let vitals = look(&api).await;
    // The queue has a connection of its own.
    let queue = api.jobs.running(LaneKey { queue: "health".to_owned(), tenant: 0 }).await;
    let word = |is_ok| if is_ok { "ok" } else { "failed" };
    let checks = Checks {
        database: word(vitals.database.is_ok()),
        queue: word(queue.is_ok()),
        objects: word(vitals.objects.is_ok()),
        redis: vitals.redis.as_ref().map(|redis| word(redis.is_ok())),
    };
    let redis = vitals.redis.as_ref().and_then(|redis| redis.as_ref().err());
    let errors = [vitals.database.as_ref().err(), vitals.objects.as_ref().err(), queue.as_ref().err(), redis];
    for error in errors.into_iter().flatten() {
        tracing::error!(%error, "a service gives no sign of life");
    }
    let is_ready = vitals.status() != Status::Failed && queue.is_ok();
    // Whoever asks here wants to know whether to send requests; how workers are is not for everybody.
    let redis_is_away = vitals.redis.as_ref().is_some_and(Result::is_err);
    let status = match (is_ready, redis_is_away) {
        (false, _) => "failed",
        (true, true) => "degraded",
        (true, false) => "ok",
    };
    let code = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(Ready { status, checks })).into_response()
}

/// `GET /metrics`: numbers for Prometheus, which name nobody. Where the operator has a token, they
/// are the operator's alone.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operator",
    operation_id = "operator_metrics",
    summary = "Gives numbers for Prometheus.",
    responses((status = 200, description = "The numbers.", body = String, content_type = "application/openmetrics-text")),
)]
pub(crate) async fn metrics(
    State(api): State<Arc<Api>>,
    operator: Result<Operator, Problem>,
) -> Result<Response, Problem> {
    if api.secrets.operator.is_some() {
        operator?;
    }
    let vitals = look(&api).await;
    // Where the tables do not answer, the rest is told all the same.
    let times = Times::look(&api.db, api.moment()).await.unwrap_or_default();
    let counts = counts::all(&api.db).await.unwrap_or_default();
    let text = api.metrics.render(&vitals, &times, &counts);
    Ok(([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response())
}
