//! Whether addresses that a project names answer: where the operator switched it on, and for
//! so many addresses a minute.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use hivesync_jobs::Moment;
use hivesync_reachability::{Failure, Probe, Reachability};
use hivesync_storage::Rate;
use hivesync_storage::sql::projects::Role;
use hivesync_types::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::page::rfc3339;
use super::projects::allowed;
use crate::api::Api;
use crate::extract::{Caller, JsonBody};
use crate::problem::Problem;

/// Addresses of one request.
const URLS_MAX: usize = 20;
/// Bytes of an address.
const URL_BYTES_MAX: usize = 2048;
/// Addresses that a user may have asked in a minute; stops one who scans others through us.
const RATE: Rate = Rate { count: 30, per: Duration::from_secs(60) };

/// The addresses that are meant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Urls {
    /// Each of 2048 bytes at most.
    #[schema(min_items = 1, max_items = 20)]
    urls: Vec<String>,
}

/// What is known of each address.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reached {
    reachability: BTreeMap<String, Known>,
}

/// What is known of an address: an answer, or that it was not asked now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Known {
    Checked(Checked),
    Unchecked(Unchecked),
}

/// An address that was asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Checked {
    reachable: bool,
    status_code: Option<u16>,
    checked_at: String,
    error: Option<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unchecked {
    Unknown,
}

/// `POST /api/v1/projects/{project_id}/reachability`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/reachability",
    tag = "projects",
    operation_id = "reachability_check",
    summary = "Asks addresses that a project names whether they answer; what is over the limit is unknown.",
    request_body = Urls,
    responses((status = 200, description = "What is known of each.", body = Reached)),
)]
pub(crate) async fn check(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(project_id): Path<String>,
    body: JsonBody<Urls>,
) -> Result<Json<Reached>, Problem> {
    allowed(&api, &caller, &project_id, Role::Guest).await?;
    let off =
        || Problem::with(Code::NotFound, "Addresses are not asked here; the operator may switch it on.");
    let probe = api.probe.as_ref().ok_or_else(off)?;
    let urls = body.value.urls;
    if urls.is_empty() || urls.len() > URLS_MAX || urls.iter().any(|url| url.len() > URL_BYTES_MAX) {
        let message = format!("urls holds 1 to {URLS_MAX} addresses of at most {URL_BYTES_MAX} bytes.");
        return Err(Problem::field("urls", message));
    }
    let mut reachability = BTreeMap::new();
    for url in urls {
        let known = one(&api, probe, &caller, &url).await;
        reachability.insert(url, known.map_or(Known::Unchecked(Unchecked::Unknown), Known::Checked));
    }
    Ok(Json(Reached { reachability }))
}

/// What was learned of an address lately. Nothing is asked.
pub(crate) fn kept(api: &Api, url: &str) -> Known {
    let answers = api.answers.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = answers.get(url, api.moment().0);
    kept.map_or(Known::Unchecked(Unchecked::Unknown), |kept| Known::Checked(view(kept)))
}

/// What is known of an address, now or since lately; none over the limit.
async fn one(api: &Api, probe: &Probe, caller: &Caller, url: &str) -> Option<Checked> {
    let now = api.moment();
    let kept = api.answers.lock().unwrap_or_else(PoisonError::into_inner).get(url, now.0).cloned();
    if let Some(kept) = kept {
        return Some(view(&kept));
    }
    let name = format!("reachability:{}", caller.user.id);
    if !api.limiter.admit(&name, RATE, now).await.is_allowed {
        return None;
    }
    let answer = probe.ask(url, now.0).await;
    api.answers.lock().unwrap_or_else(PoisonError::into_inner).put(url, answer.clone());
    Some(view(&answer))
}

fn view(answer: &Reachability) -> Checked {
    Checked {
        reachable: answer.reachable,
        status_code: answer.status_code,
        checked_at: rfc3339(Moment(answer.checked_at_ms)),
        error: answer.error.map(|failure| match failure {
            Failure::Timeout => "timeout",
            Failure::DnsError => "dns_error",
            Failure::TlsError => "tls_error",
            Failure::Blocked => "blocked",
        }),
    }
}
