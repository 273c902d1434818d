//! Every path of the API.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post, put};
use hivesync_types::Code;

use crate::api::Api;
use crate::handlers::{
    accounts, admin, api_keys, artifacts, callback, errors, eventflow, events, files, health, members,
    previews, projects,
};
use crate::limits::limit;
use crate::problem::Problem;
use crate::respond::respond;

/// The whole API.
pub fn router(api: Arc<Api>) -> Router {
    let limited = version_one().merge(jobs()).route_layer(from_fn_with_state(Arc::clone(&api), limit));
    Router::new()
        .route("/health", get(health::live))
        .route("/health/deep", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/errors/{code}", get(errors::page))
        .route("/objects/{*key}", get(artifacts::object))
        .nest("/api/v1", limited.merge(signed()).merge(operator()))
        .fallback(async || Problem::new(Code::NotFound))
        .method_not_allowed_fallback(async || Problem::new(Code::MethodNotAllowed))
        .layer(from_fn_with_state(Arc::clone(&api), respond))
        .with_state(api)
}

fn version_one() -> Router<Arc<Api>> {
    Router::new()
        .route("/auth/register", post(accounts::register))
        .route("/auth/login", post(accounts::login))
        .route("/auth/refresh", post(accounts::refresh))
        .route("/auth/logout", post(accounts::logout))
        .route("/auth/session-token", post(accounts::session_token))
        .route("/auth/session-token/exchange", post(accounts::exchange))
        .route("/me", get(accounts::me))
        .route("/api-keys", get(api_keys::list).post(api_keys::create))
        .route("/api-keys/{key_id}", delete(api_keys::revoke))
        .route("/projects", get(projects::list).post(projects::create))
        .route("/projects/{project_id}", get(projects::show))
        .route("/projects/{project_id}/members", get(members::list))
        .route("/projects/{project_id}/members/{user_id}", delete(members::remove))
        .route("/projects/{project_id}/members", put(members::set))
}

/// What the operator alone sees.
fn operator() -> Router<Arc<Api>> {
    Router::new()
        .route("/admin/workers", get(admin::workers))
        .route("/admin/queues", get(admin::queues))
        .route("/admin/autoscaler", get(admin::autoscaler))
        .route("/admin/audit", get(admin::audit))
}

/// Files, previews and what workers say of them.
fn jobs() -> Router<Arc<Api>> {
    const JOB: &str = "/projects/{project_id}/previews/jobs/{job_id}";
    Router::new()
        .route("/projects/{project_id}/files", post(files::upload).put(files::upload))
        .route("/projects/{project_id}/files/delta", post(files::delta))
        .route("/projects/{project_id}/previews/token", post(previews::build_token))
        .route("/projects/{project_id}/previews/jobs", get(previews::list).post(previews::create))
        .route(JOB, get(previews::show))
        .route(&format!("{JOB}/cancel"), post(previews::cancel))
        .route(&format!("{JOB}/events"), get(events::follow).post(eventflow::record))
        .route(&format!("{JOB}/logs"), get(events::logs))
        .route(&format!("{JOB}/artifact-token"), post(artifacts::token))
        .route("/events", post(eventflow::record_of_job))
        .route("/preview/sandbox-event", post(eventflow::suppressed))
        .route("/preview/build", post(previews::build))
        .route("/preview/artifact", get(artifacts::fetch))
}

/// What only programs of ours may say: each is signed, and none is turned away for how many
/// there are.
fn signed() -> Router<Arc<Api>> {
    Router::new()
        .route("/workers/callback", post(callback::receive))
        .route("/worker/callback", post(callback::receive))
}
