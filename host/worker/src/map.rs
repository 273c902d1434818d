//! One question about the map of a project: from the kept files to a stored answer.
//!
//! The answer is stored before the job ends, under a name that only this job has; when the end
//! is not accepted, nobody ever asks for it, and the cleanup finds it.

use std::sync::Arc;

use bytes::Bytes;
use hivesync_jobs::{Claimed, Verdict};
use hivesync_pipeline::{Cascade, MapAnswer, MapQuestion};
use hivesync_storage::sql::maps::{self, MapJob, MapOutcome, MapVersion};
use hivesync_storage::{Body, ObjectKey, ServerId, StorageError, Upload, Write};
use hivesync_types::{Digest, Fault};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::Worker;
use crate::build::{WorkError, moment, off_thread, unpack};
use crate::patience;

/// The queue of these jobs.
pub(crate) const QUEUE: &str = "map_jobs";
/// Bytes of a map that is read again.
const MAP_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What is asked, as the API kept it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Question {
    Map { image: String, cia: Depth },
    Diff { before: String, after: String },
    Simulate { image: String, muted: Vec<String> },
    Why { image: String, element: String, property: String },
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Depth {
    Off,
    Basic,
    Deep,
}

impl Depth {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Basic => "basic",
            Self::Deep => "deep",
        }
    }

    const fn cascade(self) -> Cascade {
        match self {
            Self::Off => Cascade::Off,
            Self::Basic => Cascade::Basic,
            Self::Deep => Cascade::Deep,
        }
    }
}

/// Answers the question of one claim.
pub(crate) async fn work(worker: &Arc<Worker>, claim: Claimed) -> Verdict {
    let job_id = ServerId(claim.job.0).to_string();
    let job = match begin(worker, &job_id, claim).await {
        Ok(Some(job)) => job,
        // It is over, or somebody else has begun it.
        Ok(None) => return Verdict::Succeeded,
        Err(error) => {
            tracing::warn!(job.id = %job_id, %error, "a job could not be begun");
            return Verdict::Broken(error.code());
        }
    };
    let (outcome, verdict) = match answer(worker, &job).await {
        Ok(version) => (MapOutcome::Success(version), Verdict::Succeeded),
        Err(error) => {
            let code = error.code();
            tracing::warn!(job.id = %job_id, code = %code, %error, "a question about a map failed");
            if code.fault() == Fault::Host && code.is_retryable() {
                return Verdict::Broken(code);
            }
            (MapOutcome::Failed { code, error: error.shown().to_string() }, Verdict::Failed(code))
        }
    };
    match end(worker, &job, claim, &outcome).await {
        Ok(()) => verdict,
        Err(error) => {
            tracing::warn!(job.id = %job_id, %error, "the end of a job was not kept");
            Verdict::Broken(error.code())
        }
    }
}

async fn begin(worker: &Worker, job_id: &str, claim: Claimed) -> Result<Option<MapJob>, StorageError> {
    let name = ServerId(worker.id.0).to_string();
    if !maps::begin(&worker.db, job_id, claim.fence, &name, moment(worker)).await? {
        return Ok(None);
    }
    (worker.news)(job_id);
    maps::by_id(&worker.db, job_id).await
}

/// Ends the job, and removes what it was the last to need.
async fn end(
    worker: &Worker,
    job: &MapJob,
    claim: Claimed,
    outcome: &MapOutcome,
) -> Result<(), StorageError> {
    let gone = maps::end(&worker.db, job, claim.fence, outcome, moment(worker)).await?;
    (worker.news)(&job.asked.id);
    for id in gone.into_iter().flatten() {
        if let Ok(key) = key(&job.asked.project_id, &id) {
            // The rows are gone: what is not removed now, the cleanup finds.
            if let Err(error) = worker.objects.remove(&key).await {
                tracing::warn!(%error, "a map that nobody keeps was not removed");
            }
        }
    }
    Ok(())
}

/// Answers, and stores the answer. A map is a version.
async fn answer(worker: &Arc<Worker>, job: &MapJob) -> Result<Option<MapVersion>, WorkError> {
    let asked = &job.asked;
    let question: Question = serde_json::from_str(&asked.question).map_err(|_| WorkError::Nonsense)?;
    check_tier(worker, job, &question)?;
    match question {
        Question::Map { image, cia } => {
            let json = ask(worker, job, &image, MapQuestion::Map(cia.cascade())).await?.json;
            let counted = json.clone();
            let counts = off_thread(move || counts(&counted)).await?;
            let (digest, bytes) = store(worker, job, json).await?;
            Ok(Some(MapVersion {
                id: asked.id.clone(),
                project_id: asked.project_id.clone(),
                image,
                cia: cia.as_str().to_owned(),
                digest: digest.to_string(),
                bytes,
                nodes: length(&counts.nodes),
                edges: length(&counts.edges),
                partial: counts.limits.partial,
                created_at: moment(worker),
            }))
        }
        Question::Diff { before, after } => {
            let (before, after) = (kept(worker, job, &before).await?, kept(worker, job, &after).await?);
            store(worker, job, worker.maps.compare(before, after).await?.json).await?;
            Ok(None)
        }
        Question::Simulate { image, muted } => {
            store(worker, job, ask(worker, job, &image, MapQuestion::Simulate(muted)).await?.json).await?;
            Ok(None)
        }
        Question::Why { image, element, property } => {
            let question = MapQuestion::Why { element, property };
            store(worker, job, ask(worker, job, &image, question).await?.json).await?;
            Ok(None)
        }
    }
}

/// What the API has looked at already: a question may have come into the tables another way.
fn check_tier(worker: &Worker, job: &MapJob, question: &Question) -> Result<(), WorkError> {
    let limits = worker.settings.tiers.of(job.asked.tier);
    match question {
        Question::Map { cia: Depth::Deep, .. } if !limits.deep_analysis => Err(WorkError::Tier("a deep map")),
        Question::Simulate { .. } if !limits.deep_analysis => Err(WorkError::Tier("muting")),
        Question::Why { .. } if !limits.deep_analysis => Err(WorkError::Tier("why something wins")),
        Question::Diff { .. } if !limits.map_diff => Err(WorkError::Tier("comparing maps")),
        _ => Ok(()),
    }
}

/// Reads the project's files in a folder of the job, and asks.
async fn ask(
    worker: &Worker,
    job: &MapJob,
    image: &str,
    question: MapQuestion,
) -> Result<MapAnswer, WorkError> {
    let folder = tempfile::Builder::new()
        .prefix(&format!("{}-", job.asked.id))
        .tempdir_in(&worker.settings.previews)
        .map_err(|error| WorkError::File(error.kind()))?;
    unpack(worker, image, folder.path()).await?;
    let whose = format!("project:{}", job.asked.project_id);
    Ok(worker.maps.ask(whose, folder.path().join("project"), question).await?)
}

/// A version that is kept.
async fn kept(worker: &Worker, job: &MapJob, version: &str) -> Result<Vec<u8>, WorkError> {
    let key = key(&job.asked.project_id, version)?;
    let object = patience::read(&worker.objects, &key).await?.ok_or(WorkError::NoVersion)?;
    Ok(object.whole(MAP_BYTES_MAX).await?.to_vec())
}

async fn store(worker: &Worker, job: &MapJob, json: Vec<u8>) -> Result<(Digest, u64), WorkError> {
    let (digest, bytes) = (Digest::of(&json), u64::try_from(json.len()).unwrap_or(u64::MAX));
    let key = key(&job.asked.project_id, &job.asked.id)?;
    // An earlier try of the same job may have stored the same already.
    let upload = Upload { key, body: Body::Bytes(Bytes::from(json)), digest, write: Write::Replace };
    patience::put(&worker.objects, &upload).await?;
    Ok((digest, bytes))
}

fn key(project_id: &str, version: &str) -> Result<ObjectKey, WorkError> {
    let id = |text: &str| text.parse::<ServerId>().map_err(|_| WorkError::Nonsense);
    Ok(ObjectKey::Map { project: id(project_id)?, version: id(version)? })
}

/// What is told of a map beside itself.
#[derive(Debug, Deserialize)]
struct Counts {
    nodes: Vec<IgnoredAny>,
    edges: Vec<IgnoredAny>,
    limits: Limits,
}

#[derive(Debug, Deserialize)]
struct Limits {
    partial: bool,
}

fn counts(json: &[u8]) -> Result<Counts, WorkError> {
    serde_json::from_slice(json).map_err(|_| WorkError::Nonsense)
}

fn length(list: &[IgnoredAny]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}
