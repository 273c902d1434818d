//! What is asked about maps, and everything that is checked before it is queued.

use hivesync_jobs::{JobId, LaneKey, LaneTerms, Moment, NewJob};
use hivesync_storage::sql::maps::{self, MapJob, MapKind, MapQuota, MapVersion, NewMap};
use hivesync_storage::sql::projects::Project;
use hivesync_types::{Code, Digest, Tier};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::api::Api;
use crate::extract::Caller;
use crate::handlers::previews::{image, meant, tenant};
use crate::identifiers::{known_id, new_id};
use crate::limits::limit_reached;
use crate::problem::Problem;

/// The queue of questions about maps.
const QUEUE: &str = "map_jobs";
/// Claims of a job in all.
const TRIES_MAX: u32 = 3;
/// A day, in milliseconds.
const DAY_MS: u64 = 24 * 3_600_000;
/// Names that are muted at one time.
const MUTED_MAX: usize = 100;
/// Bytes of such a name: a selector, an id or a path.
const NAME_BYTES_MAX: usize = 4096;
/// Bytes of the name of a property, which may be an author's own.
const PROPERTY_BYTES_MAX: usize = 256;

/// How far the cascade of style sheets is followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Cia {
    /// Not at all.
    Off,
    /// Who wins.
    #[default]
    Basic,
    /// Also why.
    Deep,
}

/// A map that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MapAsk {
    /// The digest of an image of the project; the newest one, when nothing is said.
    image: Option<String>,
    /// A branch, a tag or a commit of the project's repository on this server, in place of an image.
    #[schema(min_length = 1, max_length = 255)]
    git_ref: Option<String>,
    #[serde(default)]
    #[schema(inline)]
    cia: Cia,
}

/// Two versions to compare.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiffAsk {
    before: String,
    after: String,
}

/// What is to be switched off in thought.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SimulateAsk {
    /// The version whose files are meant; the newest one, when nothing is said.
    version: Option<String>,
    /// Selectors as they are written, ids of rules, or paths of style sheets.
    #[schema(min_items = 1, max_items = 100)]
    muted: Vec<String>,
}

/// One property of one element.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhyAsk {
    /// The version whose files are meant; the newest one, when nothing is said.
    version: Option<String>,
    /// A selector, or the id of a node of the map; the first element that it names.
    #[schema(min_length = 1, max_length = 4096)]
    element: String,
    /// A longhand, such as `margin-left`, or a custom property.
    #[schema(min_length = 1, max_length = 256)]
    property: String,
}

/// Asks for a map, within the day's limit.
pub(super) async fn map(
    api: &Api,
    caller: &Caller,
    project: &Project,
    ask: MapAsk,
) -> Result<MapJob, Problem> {
    let limits = caller.limits(api);
    if limits.maps_a_day == Some(0) {
        return Err(upgrade(Tier::Free));
    }
    if ask.cia == Cia::Deep && !limits.deep_analysis {
        return Err(upgrade(Tier::Premium));
    }
    let image = meant(api, (caller, project), ask.image.as_deref(), ask.git_ref.as_deref()).await?;
    let question = json!({ "map": { "image": image, "cia": ask.cia } });
    queue(api, caller, project, (MapKind::Map, question.to_string())).await
}

/// Asks what leads from one version to another.
pub(super) async fn diff(
    api: &Api,
    caller: &Caller,
    project: &Project,
    ask: DiffAsk,
) -> Result<MapJob, Problem> {
    if !caller.limits(api).map_diff {
        return Err(upgrade(Tier::Pro));
    }
    for (field, version) in [("before", &ask.before), ("after", &ask.after)] {
        find(api, project, field, version).await?;
    }
    let question = json!({ "diff": { "before": ask.before, "after": ask.after } });
    queue(api, caller, project, (MapKind::Diff, question.to_string())).await
}

/// Asks what would change without some rules.
pub(super) async fn simulate(
    api: &Api,
    caller: &Caller,
    project: &Project,
    ask: SimulateAsk,
) -> Result<MapJob, Problem> {
    if !caller.limits(api).deep_analysis {
        return Err(upgrade(Tier::Premium));
    }
    let is_name = |name: &String| (1..=NAME_BYTES_MAX).contains(&name.len());
    if !(1..=MUTED_MAX).contains(&ask.muted.len()) || !ask.muted.iter().all(is_name) {
        let message = format!("muted holds 1 to {MUTED_MAX} names of at most {NAME_BYTES_MAX} bytes.");
        return Err(Problem::field("muted", message));
    }
    let image = image_of(api, project, ask.version.as_deref()).await?;
    let question = json!({ "simulate": { "image": image, "muted": ask.muted } });
    queue(api, caller, project, (MapKind::Simulate, question.to_string())).await
}

/// Asks why an element has its value of a property. The reasons belong to the deep cascade,
/// whatever depth the version has: they are told from its files.
pub(super) async fn why(
    api: &Api,
    caller: &Caller,
    project: &Project,
    ask: WhyAsk,
) -> Result<MapJob, Problem> {
    if !caller.limits(api).deep_analysis {
        return Err(upgrade(Tier::Premium));
    }
    for (field, text, most) in
        [("element", &ask.element, NAME_BYTES_MAX), ("property", &ask.property, PROPERTY_BYTES_MAX)]
    {
        if !(1..=most).contains(&text.len()) {
            return Err(Problem::field(field, format!("{field} has 1 to {most} bytes.")));
        }
    }
    let image = image_of(api, project, ask.version.as_deref()).await?;
    let question = json!({ "why": { "image": image, "element": ask.element, "property": ask.property } });
    queue(api, caller, project, (MapKind::Why, question.to_string())).await
}

/// The files of a version; of the newest when none is named, and the newest files before there is one.
async fn image_of(api: &Api, project: &Project, version: Option<&str>) -> Result<String, Problem> {
    match version {
        Some(version) => Ok(find(api, project, "version", version).await?.image),
        None => match maps::latest(&api.db, &project.id).await? {
            Some(version) => Ok(version.image),
            None => image(api, project, None).await,
        },
    }
}

async fn find(api: &Api, project: &Project, field: &str, version: &str) -> Result<MapVersion, Problem> {
    let none = || Problem::field(field, "The project has no such version of its map.");
    known_id(version).map_err(|_| none())?;
    maps::version(&api.db, &project.id, version).await?.ok_or_else(none)
}

/// Refuses what a higher tier has.
pub(super) fn upgrade(needed: Tier) -> Problem {
    Problem::new(Code::TierUpgradeRequired).detail("required_tier", needed.as_str())
}

/// Keeps a question, and puts it into the queue.
async fn queue(
    api: &Api,
    caller: &Caller,
    project: &Project,
    (kind, question): (MapKind, String),
) -> Result<MapJob, Problem> {
    let (limits, now) = (caller.limits(api), api.moment());
    let new = NewMap {
        id: new_id(api)?,
        project_id: project.id.clone(),
        user_id: caller.user.id.clone(),
        tier: caller.user.tier,
        kind,
        question,
        versions_max: limits.map_versions.max(1),
        created_at: now,
    };
    let since = Moment(now.0.saturating_sub(DAY_MS));
    let quota = limits.maps_a_day.filter(|_| kind == MapKind::Map).map(|maps| MapQuota { maps, since });
    if !maps::ask(&api.db, &new, quota).await? {
        let oldest = maps::first_since(&api.db, &new.project_id, since).await?.unwrap_or(now);
        let seconds = oldest.0.saturating_add(DAY_MS).saturating_sub(now.0).div_ceil(1000);
        return Err(limit_reached("maps_a_day", new.tier, seconds));
    }
    let job = maps::by_id(&api.db, &new.id).await?.ok_or_else(|| Problem::new(Code::HostInternal))?;
    enqueue(api, &job).await?;
    Ok(job)
}

/// Puts a kept question into the queue, if it is not there. A crash between the two is made
/// good by whoever starts next.
pub(crate) async fn enqueue(api: &Api, job: &MapJob) -> Result<(), Problem> {
    let asked = &job.asked;
    let limits = api.settings.tiers.of(asked.tier);
    let new = NewJob {
        id: JobId(known_id(&asked.id)?.0),
        lane: LaneKey { queue: QUEUE.to_owned(), tenant: tenant(&asked.user_id) },
        terms: LaneTerms { weight: limits.weight, cap: limits.previews_at_once.max(1) },
        tries_max: TRIES_MAX,
        gpu_patience: None,
        key: Some((asked.id.clone(), *Digest::of(asked.id.as_bytes()).as_bytes())),
    };
    api.jobs.enqueue(new, asked.created_at).await?;
    Ok(())
}
