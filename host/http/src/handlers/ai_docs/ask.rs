//! What is asked of a file, and everything that is checked before it is queued.

use std::fmt;

use hivesync_jobs::{JobId, LaneKey, LaneTerms, Moment, NewJob};
use hivesync_sources::{TreeLimits, read_zip};
use hivesync_storage::ObjectKey;
use hivesync_storage::sql::ai_docs::{self, AiDocJob, AiDocKind, AiDocQuota, Asked, NewAiDoc};
use hivesync_storage::sql::model_asks;
use hivesync_storage::sql::projects::Project;
use hivesync_types::{Code, Digest, Tier};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::api::Api;
use crate::extract::Caller;
use crate::handlers::gpu;
use crate::handlers::previews::{image, tenant};
use crate::identifiers::{known_id, new_id};
use crate::limits::limit_reached;
use crate::problem::{Problem, internal};

/// The queue of questions about files, and that of those which a worker with a GPU is there for.
const QUEUE: &str = "ai_jobs";
const GPU_QUEUE: &str = "gpu_ai_jobs";
/// Claims of a job in all.
const TRIES_MAX: u32 = 3;
/// When to come again with one job too many: a reply takes about so long.
const OPEN_SECONDS: u64 = 10;
const MINUTE_MS: u64 = 60_000;
const PATH_BYTES_MAX: usize = 1024;
/// Bytes of a kept image.
const IMAGE_BYTES_MAX: u64 = 60 * 1024 * 1024;
/// Tokens that are left of a day, below which nothing is queued.
const TOKENS_MIN: u64 = 100;

/// A file to be told about.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SummaryAsk {
    pub(super) path: String,
    pub(super) text: String,
    /// The project that it is part of.
    pub(super) project_id: Option<String>,
}

/// A file with lines that want comments.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommentAsk {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) range: LineRange,
    /// The project that it is part of.
    pub(super) project_id: Option<String>,
}

/// A file whose names want better ones.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamesAsk {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) range: Option<LineRange>,
    /// The project that it is part of.
    pub(super) project_id: Option<String>,
}

/// What is wanted of a file of a project.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProjectAsk {
    #[schema(inline)]
    kind: Kind,
    path: String,
    /// The file's text; that of the newest image of the project, when nothing is said.
    text: Option<String>,
    range: Option<LineRange>,
}

/// Lines, the first and the last, both from 1 on.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LineRange {
    #[schema(minimum = 1)]
    start: u32,
    end: u32,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Summary,
    Comments,
    Rename,
    Full,
}

impl From<Kind> for AiDocKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Summary => Self::Summary,
            Kind::Comments => Self::Comments,
            Kind::Rename => Self::Rename,
            Kind::Full => Self::Full,
        }
    }
}

/// What is wanted of a file. What can be printed of it has no word of the file.
pub(super) struct Wanted {
    pub(super) kind: AiDocKind,
    pub(super) path: String,
    pub(super) text: String,
    pub(super) range: Option<LineRange>,
}

impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wanted").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// What is asked of a project, with the file's text.
pub(super) async fn of_project(
    api: &Api,
    caller: &Caller,
    project: &Project,
    ask: ProjectAsk,
) -> Result<Wanted, Problem> {
    // Nothing is read for whoever may not ask.
    check_tier(api, caller)?;
    let text = match ask.text {
        Some(text) => text,
        None => file(api, project, &ask.path).await?,
    };
    Ok(Wanted { kind: ask.kind.into(), path: ask.path, text, range: ask.range })
}

/// A file of the project's newest image.
async fn file(api: &Api, project: &Project, path: &str) -> Result<String, Problem> {
    let digest: Digest = image(api, project, None)
        .await?
        .parse()
        .map_err(|error| internal("a kept digest is none", &error))?;
    let object = api.objects.read(&ObjectKey::Image { digest }).await?;
    let object = object.ok_or_else(|| Problem::new(Code::ArtifactExpired))?;
    let bytes = object.whole(IMAGE_BYTES_MAX).await?;
    let path = path.to_owned();
    let found = tokio::task::spawn_blocking(move || {
        let tree = read_zip(&bytes, TreeLimits::PROJECT)?;
        Ok(tree.files().find(|(name, _)| *name == path).map(|(_, bytes)| bytes.to_vec()))
    });
    let found: Result<Option<Vec<u8>>, hivesync_sources::SourcesError> =
        found.await.map_err(|error| internal("reading an image was given up", &error))?;
    let none = || Problem::field("path", "The project has no such file.");
    let not_text = |_| Problem::field("path", "The file is not text in UTF-8.");
    String::from_utf8(found?.ok_or_else(none)?).map_err(not_text)
}

/// Keeps what is wanted, within the limits of the tier, and queues it.
pub(super) async fn keep(
    api: &Api,
    caller: &Caller,
    project_id: String,
    wanted: Wanted,
) -> Result<AiDocJob, Problem> {
    check_tier(api, caller)?;
    check(api, caller, &wanted)?;
    let (limits, tier, now) = (caller.limits(api), caller.user.tier, api.moment());
    let spent = model_asks::spent(&api.db, &payer(&caller.user.id), now).await?;
    if spent.saturating_add(TOKENS_MIN) > u64::from(limits.ai_tokens_a_day) {
        let seconds = model_asks::until_tomorrow(now).div_ceil(1000);
        return Err(limit_reached("ai_tokens_a_day", tier, seconds));
    }
    let mut request = json!({ "path": wanted.path, "text": wanted.text, "kind": wanted.kind.as_str() });
    if let (Some(range), Some(request)) = (wanted.range, request.as_object_mut()) {
        request.insert("range".to_owned(), json!(range));
    }
    let new = NewAiDoc {
        id: new_id(api)?,
        user_id: caller.user.id.clone(),
        project_id,
        tier,
        kind: wanted.kind,
        path: wanted.path,
        request: request.to_string(),
        created_at: now,
    };
    let since = Moment(now.0.saturating_sub(MINUTE_MS));
    let quota = AiDocQuota { open: limits.ai_at_once, recent: limits.ai_docs_a_minute, since };
    match ai_docs::ask(&api.db, &new, quota).await? {
        Asked::Kept => {}
        Asked::TooManyOpen => return Err(limit_reached("ai_at_once", tier, OPEN_SECONDS)),
        Asked::TooMany(first) => {
            let seconds = first.0.saturating_add(MINUTE_MS).saturating_sub(now.0).div_ceil(1000);
            return Err(limit_reached("ai_docs_a_minute", tier, seconds));
        }
    }
    let job = ai_docs::by_id(&api.db, &new.id).await?.ok_or_else(|| Problem::new(Code::HostInternal))?;
    enqueue(api, &job).await?;
    Ok(job)
}

/// Under which name the tokens of a user are counted.
fn payer(user_id: &str) -> String {
    format!("user:{user_id}")
}

fn check_tier(api: &Api, caller: &Caller) -> Result<(), Problem> {
    let limits = caller.limits(api);
    if limits.ai_docs_a_minute == 0 || limits.ai_at_once == 0 || limits.ai_output_tokens == 0 {
        let needed = caller.user.tier.above().map(Tier::as_str);
        return Err(Problem::new(Code::TierUpgradeRequired).detail("required_tier", needed));
    }
    Ok(())
}

fn check(api: &Api, caller: &Caller, wanted: &Wanted) -> Result<(), Problem> {
    let path = &wanted.path;
    if !(1..=PATH_BYTES_MAX).contains(&path.len()) || path.chars().any(char::is_control) {
        let message = format!("path has 1 to {PATH_BYTES_MAX} bytes that can be seen.");
        return Err(Problem::field("path", message));
    }
    let bytes_max = caller.limits(api).ai_file_bytes;
    if u64::try_from(wanted.text.len()).unwrap_or(u64::MAX) > bytes_max {
        let tier = caller.user.tier;
        return Err(Problem::new(Code::BodyTooLarge)
            .detail("tier", tier.as_str())
            .detail("ai_file_bytes_max", bytes_max)
            .detail("recommended_tier", tier.above().map(Tier::as_str)));
    }
    if wanted.text.trim().is_empty() {
        return Err(Problem::field("text", "The file is empty."));
    }
    let lines = u32::try_from(wanted.text.split('\n').count()).unwrap_or(u32::MAX);
    match wanted.range {
        Some(range) if range.start == 0 || range.start > range.end || range.end > lines => {
            Err(Problem::field("range", format!("range is of the file's {lines} lines, from 1 on.")))
        }
        _ => Ok(()),
    }
}

/// Puts a kept job into the queue, if it is not there. A crash between the two is made good by
/// whoever starts next.
pub(super) async fn enqueue(api: &Api, job: &AiDocJob) -> Result<(), Problem> {
    let asked = &job.asked;
    let limits = api.settings.tiers.of(asked.tier);
    let gpu_patience = gpu::patience(api, (asked.tier, GPU_QUEUE), (&asked.user_id, &asked.id)).await?;
    let queue = if gpu_patience.is_some() { GPU_QUEUE } else { QUEUE };
    let new = NewJob {
        id: JobId(known_id(&asked.id)?.0),
        lane: LaneKey { queue: queue.to_owned(), tenant: tenant(&asked.user_id) },
        terms: LaneTerms { weight: limits.weight, cap: limits.ai_at_once.max(1) },
        tries_max: TRIES_MAX,
        gpu_patience,
        key: Some((asked.id.clone(), *Digest::of(asked.id.as_bytes()).as_bytes())),
    };
    api.jobs.enqueue(new, asked.created_at).await?;
    Ok(())
}
