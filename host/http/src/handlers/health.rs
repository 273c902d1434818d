//! Whether the program lives, and whether it can do its work.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hivesync_jobs::LaneKey;
use serde_json::{Value, json};

use crate::api::Api;

/// `GET /health`: it answers.
pub(crate) async fn live() -> Json<Value> {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// `GET /health/deep`: it reaches what it needs. 503 when it does not.
pub(crate) async fn ready(State(api): State<Arc<Api>>) -> Response {
    let database = api.db.ping().await;
    let queue = api.jobs.running(LaneKey { queue: "health".to_owned(), tenant: 0 }).await.map(drop);
    let objects = api.objects.check().await;
    for error in [&database, &queue, &objects].into_iter().filter_map(|result| result.as_ref().err()) {
        tracing::error!(%error, "the store gives no sign of life");
    }
    let word = |result: &Result<(), _>| if result.is_ok() { "ok" } else { "failed" };
    let all = database.is_ok() && queue.is_ok() && objects.is_ok();
    let body = json!({
        "status": if all { "ok" } else { "failed" },
        "checks": { "database": word(&database), "queue": word(&queue), "objects": word(&objects) },
    });
    let status = if all { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(body)).into_response()
}
