//! What a preview is asked for with, and everything that is checked before it is queued.

use hivesync_jobs::{JobId, LaneKey, LaneTerms, NewJob};
use hivesync_storage::sql::previews::{self, NewPreview, PreviewJob, Quota};
use hivesync_storage::sql::projects::{self, Project};
use hivesync_types::{Code, Digest, Platform, Tier};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use ulid::Ulid;
use utoipa::ToSchema;

use super::view::{DeviceView, devices as device_views};
use crate::api::Api;
use crate::devices;
use crate::extract::Caller;
use crate::handlers::files::of_ref;
use crate::handlers::gpu;
use crate::identifiers::{digest_bytes, new_id};
use crate::limits::limit_reached;
use crate::problem::{Problem, internal};
use crate::words;

/// The queue of previews.
const QUEUE: &str = "preview_build";
/// Claims of a job in all.
const TRIES_MAX: u32 = 3;
/// An hour, in milliseconds.
const HOUR_MS: u64 = 3_600_000;
/// Characters of an entry's path.
const ENTRY_BYTES_MAX: usize = 1024;

/// A preview that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreviewAsk {
    #[schema(value_type = words::Platform)]
    platform: Platform,
    /// The digest of an image of the project; the newest one, when nothing is said.
    image: Option<String>,
    /// A branch, a tag or a commit of the project's repository on this server, in place of an image.
    #[schema(min_length = 1, max_length = 255)]
    git_ref: Option<String>,
    #[serde(default)]
    dev: bool,
    #[serde(default)]
    minify: bool,
    #[schema(min_length = 1, max_length = 1024)]
    entry: Option<String>,
    #[serde(default)]
    #[schema(max_items = 200)]
    devices: Vec<Value>,
    #[serde(default)]
    eventflow_enabled: bool,
}

/// The same, where a token of version 1 says of what and what for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenAsk {
    pub(crate) token: String,
    #[serde(default)]
    dev: bool,
    #[serde(default)]
    minify: bool,
    #[schema(min_length = 1, max_length = 1024)]
    entry: Option<String>,
    #[serde(default)]
    #[schema(max_items = 200)]
    devices: Vec<Value>,
    #[serde(default)]
    eventflow_enabled: bool,
}

impl TokenAsk {
    pub(crate) fn with(self, platform: Platform, image: String) -> PreviewAsk {
        let Self { token: _, dev, minify, entry, devices, eventflow_enabled } = self;
        PreviewAsk {
            platform,
            image: Some(image),
            git_ref: None,
            dev,
            minify,
            entry,
            devices,
            eventflow_enabled,
        }
    }
}

/// How a preview is built; kept with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PreviewOptions {
    pub(crate) dev: bool,
    pub(crate) minify: bool,
    pub(crate) entry: Option<String>,
}

/// Who asks, and how.
pub(crate) struct Asked<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) project: &'a Project,
    pub(crate) key: Option<String>,
    pub(crate) body: &'a [u8],
    pub(crate) token_version: u32,
}

/// Checks a request, keeps it and puts it into the queue; the same request under the same key
/// is the same job.
pub(crate) async fn ask(
    api: &Api,
    asked: Asked<'_>,
    ask: PreviewAsk,
) -> Result<(PreviewJob, Vec<DeviceView>), Problem> {
    let Asked { caller, project, key, body, token_version } = asked;
    let tier = caller.user.tier;
    let limits = caller.limits(api);
    if limits.previews_at_once == 0 {
        return Err(Problem::new(Code::TierUpgradeRequired).detail("required_tier", Tier::Free.as_str()));
    }
    let devices = devices::read(&ask.devices, ask.platform)?;
    if let Some(most) = limits.devices
        && u32::try_from(devices.len()).unwrap_or(u32::MAX) > most
    {
        let problem = Problem::new(Code::UpgradeRequired).detail("devices_max", most);
        return Err(with_tier(problem, tier));
    }
    check_entry(ask.entry.as_deref())?;
    if ask.dev && ask.minify {
        return Err(Problem::field("minify", "A development build is not minified."));
    }
    let image = meant(api, (caller, project), ask.image.as_deref(), ask.git_ref.as_deref()).await?;
    let id = new_id(api)?;
    let number = Ulid::from_string(&id).map_err(|error| internal("an id of ours is none", &error))?;
    let options = PreviewOptions { dev: ask.dev, minify: ask.minify, entry: ask.entry };
    let json = |value: Result<String, serde_json::Error>| {
        value.map_err(|error| internal("a preview cannot be written as JSON", &error))
    };
    let new = NewPreview {
        id,
        project_id: project.id.clone(),
        user_id: caller.user.id.clone(),
        tier,
        platform: ask.platform,
        image,
        options: json(serde_json::to_string(&options))?,
        devices: json(serde_json::to_string(&devices::keep(devices, number)))?,
        eventflow_enabled: ask.eventflow_enabled,
        token_version,
        idempotency_key: key,
        body_digest: digest_of(&project.id, body),
        created_at: api.moment(),
    };
    admit(api, new, limits.previews_an_hour).await
}

/// Keeps the request within the hour's limit, and queues it.
async fn admit(
    api: &Api,
    new: NewPreview,
    an_hour: Option<u32>,
) -> Result<(PreviewJob, Vec<DeviceView>), Problem> {
    let since = hivesync_jobs::Moment(new.created_at.0.saturating_sub(HOUR_MS));
    let quota = an_hour.map(|previews| Quota { previews, since });
    let job = match previews::ask(&api.db, &new, quota).await? {
        previews::Asked::Known(job) => *job,
        previews::Asked::KeyReused => return Err(Problem::new(Code::IdempotencyKeyReused)),
        previews::Asked::Full => {
            let oldest = previews::asked_since(&api.db, &new.user_id, since).await?.first().copied();
            let free_at = oldest.unwrap_or(new.created_at).0.saturating_add(HOUR_MS);
            let seconds = free_at.saturating_sub(new.created_at.0).div_ceil(1000);
            return Err(limit_reached("previews_an_hour", new.tier, seconds));
        }
        previews::Asked::New => PreviewJob::queued(new),
    };
    if !job.state.is_over() {
        enqueue(api, &job).await?;
    }
    let devices = device_views(&job);
    Ok((job, devices))
}

/// Puts a kept preview into the queue, if it is not there. A crash between the two is made
/// good by whoever starts next.
pub(crate) async fn enqueue(api: &Api, job: &PreviewJob) -> Result<(), Problem> {
    let asked = &job.asked;
    let limits = api.settings.tiers.of(asked.tier);
    let number = Ulid::from_string(&asked.id).map_err(|error| internal("an id of ours is none", &error))?;
    let new = NewJob {
        id: JobId(number.0),
        lane: LaneKey { queue: QUEUE.to_owned(), tenant: tenant(&asked.user_id) },
        terms: LaneTerms { weight: limits.weight, cap: limits.previews_at_once },
        tries_max: TRIES_MAX,
        gpu_patience: gpu::patience(api, (asked.tier, QUEUE), (&asked.user_id, &asked.id)).await?,
        key: Some((asked.id.clone(), *Digest::of(asked.id.as_bytes()).as_bytes())),
    };
    // What is known already is queued as well as what is new.
    api.jobs.enqueue(new, asked.created_at).await?;
    Ok(())
}

/// The digest of the image that is meant, which a ref of the project's repository may stand for.
pub(crate) async fn meant(
    api: &Api,
    (caller, project): (&Caller, &Project),
    named: Option<&str>,
    git_ref: Option<&str>,
) -> Result<String, Problem> {
    match (named, git_ref) {
        (Some(_), Some(_)) => Err(Problem::field("git_ref", "Either image or git_ref is named.")),
        (None, Some(reference)) => of_ref(api, caller, project, reference).await,
        (named, None) => image(api, project, named).await,
    }
}

/// The digest of the image that is meant.
pub(crate) async fn image(api: &Api, project: &Project, named: Option<&str>) -> Result<String, Problem> {
    match named {
        None => project.image.clone().ok_or_else(|| {
            Problem::with(Code::InvalidProjectStructure, "The project has no files yet; upload them first.")
        }),
        Some(named) => match projects::image(&api.db, &project.id, named).await? {
            Some(image) => Ok(image.digest),
            None => Err(Problem::field("image", "The project has no such image.")),
        },
    }
}

/// A tenant of the queue: a number that follows from the user's id.
pub(crate) fn tenant(user_id: &str) -> u64 {
    let digest = Sha256::digest(user_id.as_bytes());
    let first = digest.first_chunk::<8>().copied().unwrap_or_default();
    // The databases keep signed numbers.
    u64::from_be_bytes(first) >> 1
}

fn digest_of(project_id: &str, body: &[u8]) -> String {
    digest_bytes(&[project_id.as_bytes(), b"\n", body].concat())
}

fn check_entry(entry: Option<&str>) -> Result<(), Problem> {
    let is_good = |entry: &str| {
        (1..=ENTRY_BYTES_MAX).contains(&entry.len())
            && !entry.chars().any(|c| c.is_control() || c == '\\')
            && entry.split('/').all(|part| !matches!(part, "" | "." | ".."))
    };
    if entry.is_none_or(is_good) {
        Ok(())
    } else {
        Err(Problem::field("entry", "entry is not a path in the project."))
    }
}

fn with_tier(problem: Problem, tier: Tier) -> Problem {
    problem.detail("tier", tier.as_str()).detail("recommended_tier", tier.above().map(Tier::as_str))
}
