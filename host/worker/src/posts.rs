//! Posts: a job of clips and events, run through the pipeline `content-post`, and what it made.
//!
//! **Invariant:** a post that did not pass is stored nowhere.

use std::sync::Arc;

use bytes::Bytes;
use hivesync_jobs::{Claimed, Fence, Moment, Verdict};
use hivesync_steps::{RunRecord, RunReport};
use hivesync_storage::sql::content_items::{self, ContentItem, ItemFilter, ItemPage, SortBy, SortOrder};
use hivesync_storage::sql::content_jobs::{self, ContentJob, Outcome};
use hivesync_storage::sql::model_asks::Payer;
use hivesync_storage::sql::{pipeline_inputs, repository_events, time_of};
use hivesync_storage::{Body, ObjectKey, ServerId, StorageError, Upload, Write};
use hivesync_types::{Code, Digest};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::Worker;
use crate::build::moment;
use crate::forge::{Forge, Proposal};
use crate::patience;
use crate::runs::{Listener, Run, RunError, bytes_of, run};

/// The pipeline of posts.
const PIPELINE: &str = "content-post";
/// Clips of a post, the best.
const CLIPS_MAX: u64 = 50;
/// Events that are looked at.
const EVENTS_MAX: u32 = 2000;
/// How far from the clips an event may be, in milliseconds.
const WINDOW_MS: u64 = 2 * 3_600_000;
/// The longest reply of a model, in tokens.
const TOKENS_MAX: u32 = 4000;
/// What the pipeline makes beside its result.
const POST: &str = "post.md";
const PATCH: &str = "post.patch";
/// The steps, in order, as progress counts them.
const STEPS: [&str; 5] = ["match", "score", "write", "judge", "propose"];
/// What services are counted as.
const TIER: &str = "service";

/// What is asked for, as the API kept it.
#[derive(Debug, Deserialize)]
struct Asked {
    date_range: DateRange,
    filters: Filters,
    content_type: String,
    repository: Option<String>,
}

#[derive(Debug, Deserialize)]
struct DateRange {
    start: String,
    end: String,
}

#[derive(Debug, Deserialize)]
struct Filters {
    min_views: Option<u64>,
    min_duration: Option<f64>,
    max_duration: Option<f64>,
    categories: Option<Vec<String>>,
    min_confidence: Option<f64>,
    platform: Option<String>,
    processing_status: Option<String>,
}

/// Does the work of one claim; none where it is of no post.
pub(crate) async fn work(worker: &Arc<Worker>, claim: Claimed) -> Option<Verdict> {
    let id = ServerId(claim.job.0).to_string();
    match content_jobs::by_id(&worker.db, &id).await {
        Ok(job) => Some(work_on(worker, claim, &job?).await),
        Err(error) => Some(Verdict::Broken(error.code())),
    }
}

async fn work_on(worker: &Arc<Worker>, claim: Claimed, job: &ContentJob) -> Verdict {
    let id = &job.asked.id;
    let name = ServerId(worker.id.0).to_string();
    match content_jobs::begin(&worker.db, id, claim.fence, &name, moment(worker)).await {
        Ok(true) => (worker.news)(id),
        // It is over, or somebody else has begun it.
        Ok(false) => return Verdict::Succeeded,
        Err(error) => return Verdict::Broken(error.code()),
    }
    let made = make(worker, job, claim).await;
    let (shown, verdict) = match &made {
        Ok(_) => (String::new(), Verdict::Succeeded),
        Err(error) => {
            let code = error.code();
            tracing::warn!(job.id = %id, code = %code, "a post was not made");
            if error.is_passing() {
                return Verdict::Broken(code);
            }
            (error.shown(), Verdict::Failed(code))
        }
    };
    let outcome = match &made {
        Ok(result) => Outcome::Completed(result),
        Err(error) => Outcome::Failed { code: error.code().as_str(), message: &shown, result: None },
    };
    match end(worker, id, claim, outcome).await {
        Ok(()) => verdict,
        Err(error) => Verdict::Broken(error.code()),
    }
}

async fn end(worker: &Worker, id: &str, claim: Claimed, outcome: Outcome<'_>) -> Result<(), StorageError> {
    if content_jobs::end(&worker.db, id, Some(claim.fence), outcome, moment(worker)).await? {
        pipeline_inputs::forget(&worker.db, id).await?;
    }
    (worker.news)(id);
    Ok(())
}

/// Runs the pipeline, stores what it made, and says what came of it, as JSON.
async fn make(worker: &Worker, job: &ContentJob, claim: Claimed) -> Result<String, RunError> {
    let id = job.asked.id.as_str();
    let asked: Asked = serde_json::from_str(&job.asked.request).map_err(|_| RunError::Nonsense)?;
    let wanted = Run {
        pipeline: PIPELINE,
        job_id: id,
        input: facts(worker, &asked).await?,
        attachments: Vec::new(),
        tokens_max: TOKENS_MAX,
        payer: Payer {
            name: format!("service:{}", job.asked.key_id),
            tier: TIER.to_owned(),
            tokens_a_day: worker.runs.tokens_of_service,
            tokens_of_all: worker.runs.tokens_of_all,
        },
    };
    let (report, record) = run(worker, wanted, &Told { worker, id, fence: claim.fence }).await?;
    store(worker, claim, &report, &record).await?;
    let mut result = report.result.clone();
    if let (Some(forge), Some(repository), Some(result)) =
        (&worker.runs.forge, &asked.repository, result.as_object_mut())
    {
        let (name, value) = propose(forge, repository, &report).await?;
        result.insert(name.to_owned(), value);
    }
    Ok(result.to_string())
}

/// Opens a pull request with the post: where it is, or why there is none. The post itself is made
/// either way.
async fn propose(
    forge: &Forge,
    repository: &str,
    report: &RunReport,
) -> Result<(&'static str, Value), RunError> {
    let word = |name: &str| report.result.get(name).and_then(Value::as_str).ok_or(RunError::Nonsense);
    let post = report.attachments.iter().find(|made| made.name == POST).ok_or(RunError::Nonsense)?;
    let proposal = Proposal {
        repository,
        branch: word("branch")?,
        path: word("path")?,
        content: &post.bytes,
        title: word("suggested_title")?,
    };
    Ok(match forge.propose(proposal).await {
        Ok(url) => ("pull_request_url", json!(url)),
        Err(error) => {
            tracing::warn!(%error, "a pull request was not opened");
            ("pull_request_error", json!({ "code": Code::ForgeFailed, "message": error.to_string() }))
        }
    })
}

/// Puts the post, its patch and the record of its run where whoever asked can read them.
async fn store(
    worker: &Worker,
    claim: Claimed,
    report: &RunReport,
    record: &RunRecord,
) -> Result<(), RunError> {
    let job = claim.job;
    let made = |name: &str| {
        let made = report.attachments.iter().find(|made| made.name == name).ok_or(RunError::Nonsense)?;
        Ok::<_, RunError>(Bytes::from(made.bytes.clone()))
    };
    for (key, bytes) in [
        (ObjectKey::Post { job }, made(POST)?),
        (ObjectKey::PostPatch { job }, made(PATCH)?),
        (ObjectKey::PostRecord { job }, bytes_of(record)?),
    ] {
        let (digest, body) = (Digest::of(&bytes), Body::Bytes(bytes));
        // An earlier claim of the same job may have stored the same already.
        patience::put(&worker.objects, &Upload { key, body, digest, write: Write::Replace }).await?;
    }
    Ok(())
}

/// What the pipeline is told: the best clips of the time, and what happened about then.
async fn facts(worker: &Worker, asked: &Asked) -> Result<Value, RunError> {
    let (from, until) = (at(&asked.date_range.start)?, at(&asked.date_range.end)?);
    let filters = &asked.filters;
    let filter = ItemFilter {
        from,
        until,
        min_views: filters.min_views.unwrap_or(0),
        min_duration: filters.min_duration.unwrap_or(0.0),
        max_duration: filters.max_duration.unwrap_or(f64::MAX),
        min_confidence: filters.min_confidence.unwrap_or(0.0),
        categories: filters.categories.clone().unwrap_or_default(),
        platform: filters.platform.clone(),
        processing_status: filters.processing_status.clone(),
    };
    let page =
        ItemPage { sort_by: SortBy::ContentScore, order: SortOrder::Descending, offset: 0, count: CLIPS_MAX };
    let items = content_items::list(&worker.db, &filter, page).await?;
    let clips = items.iter().map(clip).collect::<Result<Vec<Value>, RunError>>()?;
    let around = (Moment(from.0.saturating_sub(WINDOW_MS)), Moment(until.0.saturating_add(WINDOW_MS)));
    let events = match &asked.repository {
        None => Vec::new(),
        Some(name) => {
            let name = name.to_ascii_lowercase();
            repository_events::between(&worker.db, &name, around, EVENTS_MAX).await?
        }
    };
    let events: Vec<Value> = events
        .iter()
        .map(|event| {
            json!({
                "id": event.event_id, "kind": event.kind, "title": event.title, "url": event.url,
                "occurred_at": time(event.occurred_at),
            })
        })
        .collect();
    // The last day of the time, which ends where the next one begins.
    let last = Moment(until.0.saturating_sub(1));
    let date = time_of(last).to_zoned(TimeZone::UTC).date().to_string();
    Ok(json!({ "clips": clips, "events": events, "date": date, "content_type": asked.content_type }))
}

fn at(time: &str) -> Result<Moment, RunError> {
    let time: Timestamp = time.parse().map_err(|_| RunError::Nonsense)?;
    u64::try_from(time.as_millisecond()).map(Moment).map_err(|_| RunError::Nonsense)
}

/// What a post needs to know of a clip.
fn clip(item: &ContentItem) -> Result<Value, RunError> {
    const TOLD: [&str; 6] = [
        "clip_title",
        "clip_url",
        "transcript_summary",
        "github_summary",
        "content_tags",
        "content_category",
    ];
    let said: Map<String, Value> =
        serde_json::from_str(&item.fields.document).map_err(|_| RunError::Nonsense)?;
    let mut clip: Map<String, Value> =
        said.into_iter().filter(|(name, _)| TOLD.contains(&name.as_str())).collect();
    clip.insert("content_item_id".to_owned(), json!(item.content_item_id));
    clip.insert("clip_duration".to_owned(), json!(item.fields.clip_duration));
    clip.insert("clip_view_count".to_owned(), json!(item.fields.clip_view_count));
    clip.insert("clip_created_at".to_owned(), json!(time(item.fields.clip_created_at)));
    clip.insert("content_score".to_owned(), json!(item.fields.content_score));
    clip.insert("transcript_words".to_owned(), json!(item.transcript_words));
    Ok(Value::Object(clip))
}

fn time(moment: Moment) -> String {
    time_of(moment).to_string()
}

/// Keeps how far a job is.
struct Told<'a> {
    worker: &'a Worker,
    id: &'a str,
    fence: Fence,
}

impl Listener for Told<'_> {
    async fn reached(&self, step: &str) -> Result<bool, StorageError> {
        let done = STEPS.iter().position(|own| *own == step);
        let done = done.and_then(|done| u32::try_from(done).ok()).unwrap_or(0);
        content_jobs::report(&self.worker.db, self.id, self.fence, (step, done)).await
    }
}
