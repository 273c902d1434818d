//! Asking for a post: the clips that it would be about, and a job that makes it.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use hivesync_access::Refusal;
use hivesync_jobs::{JobId, LaneKey, LaneTerms, NewJob};
use hivesync_storage::ObjectKey;
use hivesync_storage::sql::content_items::{self, ContentItem as KeptItem};
use hivesync_storage::sql::content_jobs::{self, Asked, ContentJob, NewContentJob};
use hivesync_storage::sql::repository_events::{self, EventCounts};
use hivesync_types::{Code, Digest};
use serde::Serialize;
use utoipa::ToSchema;

use super::ask::{DateRange, GenerateAsk, Mode, Wanted};
use super::item::ContentItem;
use super::jobs::{JobError, JobResult, status_url};
use crate::api::Api;
use crate::extract::{Signed, arrive, parse};
use crate::handlers::page::rfc3339;
use crate::identifiers::{digest_bytes, known_id, new_id};
use crate::problem::{Problem, internal};

/// The queue of pipelines.
const QUEUE: &str = "pipeline_jobs";
/// Claims of a job in all.
const TRIES_MAX: u32 = 3;
/// What all services together may have running, and their share of the workers.
const TERMS: LaneTerms = LaneTerms { weight: 4, cap: 4 };
/// Steps of a post: match, score, write, judge, propose.
const STEPS: u32 = 5;
/// How long a job is kept.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// How long an answer waits for a post, and how often it looks when nobody rings.
const PATIENCE: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(250);
/// Bytes of a request.
const ASK_BYTES_MAX: usize = 64 * 1024;
/// How long the addresses of objects are good.
const LINK_TTL: Duration = Duration::from_secs(300);

/// What came of a request, as far as it is known.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Generated {
    job_id: String,
    job_status: &'static str,
    status_url: String,
    expires_at: String,
    /// The clips of the page; none of a job that is not over.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_items: Option<Vec<ContentItem>>,
    date_range: DateRange,
    pagination: Pagination,
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested_title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested_tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<JobError>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Pagination {
    total_items: u64,
    total_pages: u64,
    current_page: u64,
    per_page: u64,
    has_next: bool,
    has_prev: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct Summary {
    total_clips: u64,
    total_prs: u64,
    total_commits: u64,
    total_issues: u64,
}

/// `POST /api/content/generate`.
#[utoipa::path(
    post,
    path = "/api/content/generate",
    tag = "content",
    operation_id = "content_generate",
    summary = "Asks for a post about the clips of a time. The request is signed.",
    request_body = GenerateAsk,
    responses(
        (status = 200, description = "The job is over.", body = Generated),
        (status = 202, description = "The job is not over.", body = Generated),
    ),
)]
pub(crate) async fn generate(
    State(api): State<Arc<Api>>,
    request: Request,
) -> Result<(StatusCode, Json<Generated>), Problem> {
    let signers = super::signers(&api, "content.generate")?;
    let signed = arrive(&api, signers, request, ASK_BYTES_MAX).await?;
    let (ask, wanted, new) = match understood(&api, &signed) {
        Ok(understood) => understood,
        // It came, whatever it says.
        Err(problem) => return Err(signed.admit(&api).await.err().unwrap_or(problem)),
    };
    let mut job = keep(&api, &signed, new).await?;
    if ask.mode == Mode::Sync {
        job = wait(&api, job).await?;
    }
    let generated = view(&api, &ask, &wanted, &job).await?;
    let status = if job.status.is_over() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(generated)))
}

/// What a request asks for, and the job that makes it.
fn understood(api: &Api, signed: &Signed) -> Result<(GenerateAsk, Wanted, NewContentJob), Problem> {
    let ask: GenerateAsk = parse(&signed.bytes)?;
    let wanted = ask.check()?;
    let request = serde_json::to_string(&ask)
        .map_err(|error| internal("what is asked for cannot be written as JSON", &error))?;
    let now = api.moment();
    let new = NewContentJob {
        id: new_id(api)?,
        key_id: super::owner(&signed.verified),
        idempotency_key: ask.idempotency_key.clone(),
        request_digest: digest_bytes(request.as_bytes()),
        request,
        step_total: STEPS,
        created_at: now,
        expires_at: now.after(KEPT),
    };
    Ok((ask, wanted, new))
}

/// Admits a request, keeps what it asks for and queues it; the same one under the same key is the same
/// job.
async fn keep(api: &Api, signed: &Signed, new: NewContentJob) -> Result<ContentJob, Problem> {
    let job = match content_jobs::ask(&api.db, signed.arrival(), &new).await? {
        Asked::New(job) | Asked::Known(job) => *job,
        Asked::KeyReused => return Err(Problem::new(Code::IdempotencyKeyReused)),
        Asked::Replay => return Err(Refusal::Replay.into()),
    };
    if !job.status.is_over() {
        enqueue(api, &job).await?;
    }
    Ok(job)
}

/// Puts a kept job into the queue, if it is not there.
pub(crate) async fn enqueue(api: &Api, job: &ContentJob) -> Result<(), Problem> {
    let id = &job.asked.id;
    let new = NewJob {
        id: JobId(known_id(id)?.0),
        lane: LaneKey { queue: QUEUE.to_owned(), tenant: 0 },
        terms: TERMS,
        tries_max: TRIES_MAX,
        gpu_patience: None,
        key: Some((id.clone(), *Digest::of(id.as_bytes()).as_bytes())),
    };
    api.jobs.enqueue(new, job.asked.created_at).await?;
    Ok(())
}

/// Waits until a job is over, or for as long as an answer may take.
async fn wait(api: &Api, job: ContentJob) -> Result<ContentJob, Problem> {
    let id = job.asked.id.clone();
    let mut bell = api.news.listen(&id);
    let begun = std::time::Instant::now();
    loop {
        // Looked at after listening: what happens between the two rings.
        let now = content_jobs::by_id(&api.db, &id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
        if now.status.is_over() || begun.elapsed() >= PATIENCE || api.news.is_over() {
            return Ok(now);
        }
        drop(tokio::time::timeout(LOOK, bell.changed()).await);
    }
}

async fn view(api: &Api, ask: &GenerateAsk, wanted: &Wanted, job: &ContentJob) -> Result<Generated, Problem> {
    let total_items = content_items::how_many(&api.db, &wanted.filter).await?;
    let events = match &wanted.repository {
        Some(name) => repository_events::how_many(&api.db, name, wanted.range).await?,
        None => EventCounts::default(),
    };
    let content_items = if job.status.is_over() {
        let mut items = Vec::new();
        for item in content_items::list(&api.db, &wanted.filter, wanted.page).await? {
            items.push(ContentItem::of(&item, links(api, &item).await?)?);
        }
        Some(items)
    } else {
        None
    };
    let total_pages = total_items.div_ceil(ask.limit);
    let result = JobResult::of(job)?.unwrap_or_default();
    Ok(Generated {
        job_id: job.asked.id.clone(),
        job_status: job.status.as_str(),
        status_url: status_url(api, &job.asked.id),
        expires_at: rfc3339(job.asked.expires_at),
        content_items,
        date_range: ask.date_range.clone(),
        pagination: Pagination {
            total_items,
            total_pages,
            current_page: ask.page,
            per_page: ask.limit,
            has_next: ask.page < total_pages,
            has_prev: ask.page > 1 && total_pages > 0,
        },
        summary: Summary {
            total_clips: total_items,
            total_prs: events.pull_requests,
            total_commits: events.commits,
            total_issues: events.issues,
        },
        suggested_title: result.suggested_title,
        suggested_tags: result.suggested_tags,
        content_score: result.content_score,
        error: JobError::of(job),
    })
}

/// Where the objects of a clip can be read for a while.
async fn links(api: &Api, item: &KeptItem) -> Result<(Option<String>, Option<String>), Problem> {
    let name = |text: &str| known_id(text).map(|id| hivesync_storage::ServerId(id.0));
    let (said, known) = (name(&item.transcript_object)?, name(&item.github_context_object)?);
    let link = async |is_there: bool, key: ObjectKey| match is_there {
        true => api.objects.link(&key, LINK_TTL, api.now()).await.map(Some),
        false => Ok(None),
    };
    let transcript = link(item.transcript_size_bytes.is_some(), ObjectKey::Transcript { item: said }).await?;
    let context =
        link(item.github_context_size_bytes.is_some(), ObjectKey::RepositoryContext { item: known }).await?;
    Ok((transcript, context))
}
