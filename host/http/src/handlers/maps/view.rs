//! Maps and questions about them as clients see them.

use std::collections::BTreeMap;

use hivesync_storage::sql::eventflow::FlowCount;
use hivesync_storage::sql::maps::{MapJob, MapVersion};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::Api;
use crate::handlers::page::rfc3339;
use crate::handlers::reachability::{Known, kept};
use crate::problem::{Problem, internal};

/// Addresses of a map that are looked up.
const URLS_MAX: usize = 1_000;

/// Something that was asked about a map.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MapJobView {
    job_id: String,
    project_id: String,
    kind: &'static str,
    state: &'static str,
    /// The version that it made; of a map alone.
    version_id: Option<String>,
    error: Option<Value>,
    created_at: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    status_url: String,
    /// Where the answer is, while it is kept.
    answer_url: Option<String>,
}

/// A map that is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MapVersionView {
    version_id: String,
    image: String,
    cia: String,
    digest: String,
    bytes: u64,
    nodes: u64,
    edges: u64,
    /// A threshold was met; the map says which.
    partial: bool,
    created_at: String,
}

/// A map, with what is known beside it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MapBody {
    version: MapVersionView,
    /// Of addresses that the map names: what was learned lately, or that nobody asked.
    reachability: BTreeMap<String, Known>,
    /// What people did in the newest previews of the project that record it, the most frequent first.
    eventflow: Vec<Happened>,
    map: Value,
}

/// How often something was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Happened {
    kind: String,
    /// Where to; of `nav` alone.
    route: Option<String>,
    times: u64,
}

/// What was done, in the form of the API.
pub(super) fn happened(counts: Vec<FlowCount>) -> Vec<Happened> {
    let route = |payload: &str| -> Option<String> {
        let payload: Value = serde_json::from_str(payload).ok()?;
        Some(payload.get("route")?.as_str()?.to_owned())
    };
    let view = |one: FlowCount| Happened {
        route: one.payload.as_deref().and_then(route),
        kind: one.kind,
        times: one.times,
    };
    counts.into_iter().map(view).collect()
}

/// How a job stands.
pub(super) fn job_view(api: &Api, job: &MapJob) -> MapJobView {
    let asked = &job.asked;
    let own =
        format!("{}/api/v1/projects/{}/maps/jobs/{}", api.settings.base_url, asked.project_id, asked.id);
    let is_version = job.is_kept && asked.kind == hivesync_storage::sql::maps::MapKind::Map;
    MapJobView {
        job_id: asked.id.clone(),
        project_id: asked.project_id.clone(),
        kind: asked.kind.as_str(),
        state: job.state.as_str(),
        version_id: is_version.then(|| asked.id.clone()),
        error: job.error.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        created_at: rfc3339(asked.created_at),
        started_at: job.started_at.map(rfc3339),
        finished_at: job.finished_at.map(rfc3339),
        answer_url: job.is_kept.then(|| format!("{own}/answer")),
        status_url: own,
    }
}

/// A version.
pub(super) fn version_view(version: &MapVersion) -> MapVersionView {
    MapVersionView {
        version_id: version.id.clone(),
        image: version.image.clone(),
        cia: version.cia.clone(),
        digest: version.digest.clone(),
        bytes: version.bytes,
        nodes: version.nodes,
        edges: version.edges,
        partial: version.partial,
        created_at: rfc3339(version.created_at),
    }
}

/// What of a map is looked into here.
#[derive(Deserialize)]
struct Outside {
    nodes: Vec<OutsideNode>,
}

#[derive(Deserialize)]
struct OutsideNode {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    metadata: Address,
}

#[derive(Default, Deserialize)]
struct Address {
    #[serde(default)]
    url: Option<String>,
}

/// A [`MapBody`] as text: the map itself may be large, and goes in as it is.
pub(super) fn body(
    api: &Api,
    version: &MapVersionView,
    eventflow: &[Happened],
    map: &[u8],
) -> Result<String, Problem> {
    let wrong = |error: &dyn std::fmt::Display| internal("a map that was kept cannot be read", error);
    let map = std::str::from_utf8(map).map_err(|error| wrong(&error))?;
    let outside: Outside = serde_json::from_str(map).map_err(|error| wrong(&error))?;
    let is_outside = |node: &OutsideNode| ["external_resource", "css_external"].contains(&node.kind.as_str());
    let urls = outside.nodes.into_iter().filter(is_outside).filter_map(|node| node.metadata.url);
    let reachability: BTreeMap<String, Known> =
        urls.take(URLS_MAX).map(|url| (url.clone(), kept(api, &url))).collect();
    let json = |value: Result<String, serde_json::Error>| value.map_err(|error| wrong(&error));
    let version = json(serde_json::to_string(version))?;
    let reachability = json(serde_json::to_string(&reachability))?;
    let eventflow = json(serde_json::to_string(eventflow))?;
    Ok(format!(
        "{{\"version\":{version},\"reachability\":{reachability},\"eventflow\":{eventflow},\"map\":{map}}}"
    ))
}
