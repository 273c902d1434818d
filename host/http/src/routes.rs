//! Every path of the API, with its entry in the document.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use hivesync_types::Code;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::document::{Document, base};
use crate::handlers::{
    accounts, admin, ai_docs, api_keys, artifacts, attachments, billing, callback, content, errors,
    eventflow, events, files, health, maps, members, notifications, previews, projects, reachability, spaces,
    tasks, teams, webhooks,
};
use crate::idempotency::once;
use crate::limits::limit;
use crate::problem::Problem;
use crate::respond::respond;

type Routes = OpenApiRouter<Arc<Api>>;

/// The whole API.
pub fn router(api: Arc<Api>) -> Router {
    let limited = people()
        .merge(jobs())
        .merge(together())
        .merge(mapped())
        .merge(documented())
        .merge(pictured())
        .route_layer(from_fn_with_state(Arc::clone(&api), once))
        .route_layer(from_fn_with_state(Arc::clone(&api), limit));
    let (router, described) = OpenApiRouter::with_openapi(base())
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(errors::page))
        .nest("/api/v1", limited.merge(signed()))
        .merge(posts())
        .merge(operator())
        .split_for_parts();
    let document = Document::of(&described);
    let (page, types) = (document.clone(), document.clone());
    router
        .route("/objects/{*key}", get(artifacts::object))
        // The second name of an endpoint; the document knows both.
        .route("/api/v1/worker/callback", post(callback::receive))
        .route("/openapi.json", get(async move || document.json()))
        .route("/openapi.d.ts", get(async move || types.types()))
        .route("/docs", get(async move || page.page()))
        .fallback(async || Problem::new(Code::NotFound))
        .method_not_allowed_fallback(async || Problem::new(Code::MethodNotAllowed))
        .layer(from_fn_with_state(Arc::clone(&api), respond))
        .with_state(api)
}

/// Accounts, projects and who works on them.
fn people() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(accounts::register))
        .routes(routes!(accounts::login))
        .routes(routes!(accounts::refresh))
        .routes(routes!(accounts::logout))
        .routes(routes!(accounts::session_token))
        .routes(routes!(accounts::exchange))
        .routes(routes!(accounts::me))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::revoke))
        .routes(routes!(projects::list, projects::create))
        .routes(routes!(projects::show))
        .routes(routes!(members::list, members::set))
        .routes(routes!(members::remove))
}

/// What the operator alone sees.
fn operator() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(admin::workers))
        .routes(routes!(admin::queues))
        .routes(routes!(admin::autoscaler))
        .routes(routes!(admin::audit))
        .routes(routes!(health::metrics))
}

/// Files and previews.
fn jobs() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(files::upload))
        .routes(routes!(files::delta))
        .routes(routes!(reachability::check))
        .routes(routes!(previews::build_token))
        .routes(routes!(previews::list, previews::create))
        .routes(routes!(previews::show))
        .routes(routes!(previews::cancel))
        .routes(routes!(events::follow, eventflow::record))
        .routes(routes!(events::logs))
        .routes(routes!(artifacts::token))
        .routes(routes!(eventflow::record_of_job))
        .routes(routes!(eventflow::suppressed))
        .routes(routes!(previews::build))
        .routes(routes!(artifacts::fetch))
}

/// Maps.
fn mapped() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(maps::list, maps::create))
        .routes(routes!(maps::latest))
        .routes(routes!(maps::diff))
        .routes(routes!(maps::simulate))
        .routes(routes!(maps::why))
        .routes(routes!(maps::jobs::job))
        .routes(routes!(maps::jobs::cancel))
        .routes(routes!(maps::jobs::answer))
        .routes(routes!(maps::show))
        .routes(routes!(maps::page))
}

/// Files that models document.
fn documented() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(ai_docs::file_summary))
        .routes(routes!(ai_docs::inline_comment))
        .routes(routes!(ai_docs::rename_suggestions))
        .routes(routes!(ai_docs::result))
        .routes(routes!(ai_docs::request))
        .routes(routes!(ai_docs::jobs))
        .routes(routes!(ai_docs::job))
        .routes(routes!(ai_docs::history))
}

/// Spaces that pictures show.
fn pictured() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(spaces::list, spaces::create))
        .routes(routes!(spaces::show))
        .routes(routes!(spaces::upload))
        .routes(routes!(spaces::start))
        .routes(routes!(spaces::unblock))
        .routes(routes!(spaces::end))
        .routes(routes!(spaces::decisions))
        .routes(routes!(spaces::artifacts))
}

/// Teams, tasks and what people are told.
fn together() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(teams::list, teams::create))
        .routes(routes!(teams::show))
        .routes(routes!(teams::members, teams::set_member))
        .routes(routes!(teams::remove_member))
        .routes(routes!(teams::of_project, teams::set_project))
        .routes(routes!(teams::remove_project))
        .routes(routes!(tasks::list, tasks::create))
        .routes(routes!(tasks::show, tasks::change, tasks::remove))
        .routes(routes!(tasks::comments, tasks::comment))
        .routes(routes!(tasks::remove_comment))
        .routes(routes!(attachments::list, attachments::upload))
        .routes(routes!(attachments::show, attachments::remove))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::remove))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(webhooks::ping))
        .routes(routes!(notifications::list))
        .routes(routes!(notifications::unread))
        .routes(routes!(notifications::read_all))
        .routes(routes!(notifications::read))
}

/// Clips and what is made of them, by services that sign what they ask.
fn posts() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(content::items::upsert))
        .routes(routes!(content::generate::generate))
        .routes(routes!(content::jobs::list))
        .routes(routes!(content::jobs::show))
        .routes(routes!(content::jobs::stats))
        .routes(routes!(content::jobs::cleanup))
        .routes(routes!(content::webhook::receive))
}

/// What programs say: workers of ours, and the payment provider. Each is signed, and none is
/// turned away for how many there are.
fn signed() -> Routes {
    OpenApiRouter::new().routes(routes!(callback::receive)).routes(routes!(billing::receive))
}
