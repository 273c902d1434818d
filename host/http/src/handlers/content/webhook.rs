//! What a forge tells of repositories: commits, pull requests and issues.
//!
//! **Invariant:** nothing of a delivery is read before its signature is verified; one that comes
//! again, under its own name or another, adds nothing.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use hivesync_access::is_signed;
use hivesync_jobs::Moment;
use hivesync_storage::sql::repository_events::{self, Delivery, RepositoryEvent};
use hivesync_types::Code;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::extract::{header, kind_of, parse, read_body};
use crate::problem::Problem;

/// Bytes of a delivery.
const DELIVERY_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Commits of a push that are kept, the newest.
const COMMITS_MAX: usize = 500;
/// Characters of a title.
const TITLE_CHARS_MAX: usize = 300;
/// Bytes of an address.
const URL_BYTES_MAX: usize = 2048;
/// How the header with the signature begins.
const SCHEME: &str = "sha256=";

/// What is read of a delivery.
#[derive(Debug, Deserialize)]
struct Payload {
    #[serde(default)]
    action: String,
    repository: Option<Repository>,
    #[serde(default)]
    commits: Vec<Commit>,
    pull_request: Option<Numbered>,
    issue: Option<Numbered>,
}

#[derive(Debug, Deserialize)]
struct Repository {
    full_name: String,
}

#[derive(Debug, Deserialize)]
struct Commit {
    id: String,
    message: String,
    timestamp: String,
    url: Option<String>,
}

/// A pull request or an issue.
#[derive(Debug, Deserialize)]
struct Numbered {
    number: u64,
    title: String,
    html_url: Option<String>,
    updated_at: String,
}

/// What became of a delivery.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryHeard {
    result: DeliveryOutcome,
    /// Events that were not known.
    events: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum DeliveryOutcome {
    /// It counts.
    Taken,
    /// It came before.
    Known,
    /// It is about nothing that posts are made of.
    Ignored,
}

/// `POST /api/webhooks/github`.
#[utoipa::path(
    post,
    path = "/api/webhooks/github",
    tag = "content",
    operation_id = "content_webhook_receive",
    summary = "Takes in what the forge says of a repository. The request is signed.",
    request_body(content = serde_json::Value, content_type = "application/json"),
    responses((status = 200, description = "What became of it.", body = DeliveryHeard)),
)]
pub(crate) async fn receive(
    State(api): State<Arc<Api>>,
    request: Request,
) -> Result<Json<DeliveryHeard>, Problem> {
    let secret = api.secrets.forge.as_ref().ok_or_else(|| Problem::new(Code::NotFound))?;
    let (parts, body) = request.into_parts();
    let bytes = read_body(body, DELIVERY_BYTES_MAX).await?;
    let text = |name, missing| {
        let found = header(&parts.headers, name).filter(|text| !text.is_empty());
        found.ok_or_else(|| Problem::with(Code::SignatureMissing, format!("{missing} is missing")))
    };
    let signature = text("x-hub-signature-256", "X-Hub-Signature-256")?;
    let signature = signature.strip_prefix(SCHEME).filter(|digits| digits.len() == 64);
    let malformed = || Problem::with(Code::SignatureMalformed, "X-Hub-Signature-256 is malformed");
    if !is_signed(secret, signature.ok_or_else(malformed)?.as_bytes(), &bytes) {
        return Err(Problem::new(Code::SignatureInvalid));
    }
    if kind_of(&parts.headers).as_deref() != Some("application/json") {
        return Err(Problem::with(Code::ContentTypeUnsupported, "The body must be application/json."));
    }
    let delivery_id = text("x-github-delivery", "X-GitHub-Delivery")?;
    let name = text("x-github-event", "X-GitHub-Event")?;
    if !is_word(delivery_id) || !is_word(name) {
        return Err(Problem::with(Code::SignatureMalformed, "X-GitHub-Delivery is malformed"));
    }
    let payload: Payload = parse(&bytes)?;
    let Some(repository) = payload.repository.as_ref().and_then(|known| repository(&known.full_name)) else {
        return Ok(Json(DeliveryHeard { result: DeliveryOutcome::Ignored, events: 0 }));
    };
    let events = events(name, payload);
    if events.is_empty() {
        return Ok(Json(DeliveryHeard { result: DeliveryOutcome::Ignored, events: 0 }));
    }
    let delivery = Delivery { id: delivery_id, name, repository: &repository, received_at: api.moment() };
    let taken = repository_events::take(&api.db, delivery, &events).await?;
    tracing::info!(delivery.id = %delivery_id, is_new = taken.is_some(), "a delivery was taken in");
    Ok(Json(match taken {
        Some(events) => DeliveryHeard { result: DeliveryOutcome::Taken, events },
        None => DeliveryHeard { result: DeliveryOutcome::Known, events: 0 },
    }))
}

/// What a delivery tells; nothing where it is about something else.
fn events(name: &str, payload: Payload) -> Vec<RepositoryEvent> {
    let numbered = |what: &str, kind, of: Numbered| {
        let event = RepositoryEvent {
            event_id: format!("{what}:{}:{}", of.number, payload.action),
            kind,
            title: first_line(&of.title),
            url: of.html_url.filter(|url| is_address(url)),
            occurred_at: moment(&of.updated_at)?,
        };
        Some(event)
    };
    let is_told = matches!(payload.action.as_str(), "opened" | "closed" | "reopened");
    match (name, payload.pull_request, payload.issue) {
        ("push", ..) => payload.commits.into_iter().rev().take(COMMITS_MAX).filter_map(commit).collect(),
        ("pull_request", Some(pull), _) if is_told => {
            numbered("pull", "pull_request", pull).into_iter().collect()
        }
        ("issues", _, Some(issue)) if is_told => numbered("issue", "issue", issue).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn commit(commit: Commit) -> Option<RepositoryEvent> {
    let is_hash = matches!(commit.id.len(), 40 | 64) && commit.id.bytes().all(|b| b.is_ascii_hexdigit());
    let occurred_at = moment(&commit.timestamp).filter(|_| is_hash)?;
    Some(RepositoryEvent {
        event_id: format!("commit:{}", commit.id),
        kind: "commit",
        title: first_line(&commit.message),
        url: commit.url.filter(|url| is_address(url)),
        occurred_at,
    })
}

/// Owner and name in lower case; none for what cannot be a repository.
pub(super) fn repository(name: &str) -> Option<String> {
    let (owner, rest) = name.split_once('/')?;
    let is_part = |part: &str| {
        (1..=100).contains(&part.len())
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    (is_part(owner) && is_part(rest)).then(|| name.to_ascii_lowercase())
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(TITLE_CHARS_MAX).collect()
}

fn is_address(url: &str) -> bool {
    url.len() <= URL_BYTES_MAX && url.starts_with("https://") && url.bytes().all(|b| b.is_ascii_graphic())
}

fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn moment(time: &str) -> Option<Moment> {
    let time: Timestamp = time.parse().ok()?;
    u64::try_from(time.as_millisecond()).map(Moment).ok()
}
