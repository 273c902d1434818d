//! Documentation of one file: what is kept of the request, run through the pipeline `ai-docs`.
//!
//! **Invariant:** no word of a file or of a reply reaches a log, and no row holds the file any more
//! when its job is over.

use std::sync::Arc;

use bytes::Bytes;
use hivesync_jobs::{Claimed, Fence, Verdict};
use hivesync_storage::sql::ai_docs::{self, AiDocJob, Outcome};
use hivesync_storage::sql::model_asks::Payer;
use hivesync_storage::{Body, ObjectKey, ServerId, StorageError, Upload, Write};
use hivesync_types::Digest;
use serde_json::{Value, json};

use crate::Worker;
use crate::build::moment;
use crate::patience;
use crate::runs::{Listener, Run, RunError, bytes_of, run};

/// The queues of these jobs: the second is of those that a worker with a GPU is there for. One
/// without gets them when none came in time.
pub(crate) const QUEUES: [&str; 2] = ["ai_jobs", "gpu_ai_jobs"];
/// The pipeline.
const PIPELINE: &str = "ai-docs";

/// Does the work of one claim.
pub(crate) async fn work(worker: &Arc<Worker>, claim: Claimed) -> Verdict {
    let id = ServerId(claim.job.0).to_string();
    let job = match begin(worker, &id, claim).await {
        Ok(Some(job)) => job,
        // It is over, or somebody else has begun it.
        Ok(None) => return Verdict::Succeeded,
        Err(error) => return Verdict::Broken(error.code()),
    };
    let made = document(worker, &job, claim).await;
    let (error, verdict) = match &made {
        Ok(_) => (String::new(), Verdict::Succeeded),
        Err(error) => {
            let code = error.code();
            tracing::warn!(job.id = %id, code = %code, "a file was not documented");
            if error.is_passing() {
                return Verdict::Broken(code);
            }
            let shown = json!({ "code": code, "message": error.shown(), "retryable": code.is_retryable() });
            (shown.to_string(), Verdict::Failed(code))
        }
    };
    let outcome = match &made {
        Ok((digest, bytes)) => Outcome::Success { digest, bytes: *bytes },
        Err(problem) => Outcome::Failed { code: problem.code(), error: &error },
    };
    match ai_docs::end(&worker.db, &job, Some(claim.fence), outcome, moment(worker)).await {
        Ok(_) => {
            (worker.news)(&id);
            verdict
        }
        Err(error) => Verdict::Broken(error.code()),
    }
}

async fn begin(worker: &Worker, id: &str, claim: Claimed) -> Result<Option<AiDocJob>, StorageError> {
    let name = ServerId(worker.id.0).to_string();
    if !ai_docs::begin(&worker.db, id, claim.fence, &name, moment(worker)).await? {
        return Ok(None);
    }
    (worker.news)(id);
    ai_docs::by_id(&worker.db, id).await
}

/// Runs the pipeline and stores what it made: its digest, and how long it is.
async fn document(worker: &Worker, job: &AiDocJob, claim: Claimed) -> Result<(String, u64), RunError> {
    let limits = worker.settings.tiers.of(job.asked.tier);
    let input: Value = serde_json::from_str(&job.asked.request).map_err(|_| RunError::Nonsense)?;
    // What the API has looked at already: a job may have come into the tables another way.
    let text = input.get("text").and_then(Value::as_str).ok_or(RunError::Nonsense)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > limits.ai_file_bytes || limits.ai_output_tokens == 0 {
        return Err(RunError::Tier("a file of this size"));
    }
    let wanted = Run {
        pipeline: PIPELINE,
        job_id: &job.asked.id,
        input,
        attachments: Vec::new(),
        tokens_max: limits.ai_output_tokens,
        payer: Payer {
            name: format!("user:{}", job.asked.user_id),
            tier: job.asked.tier.as_str().to_owned(),
            tokens_a_day: limits.ai_tokens_a_day.into(),
            tokens_of_all: worker.runs.tokens_of_all,
        },
    };
    let listener = Held { worker, id: &job.asked.id, fence: claim.fence };
    let (report, record) = run(worker, wanted, &listener).await?;
    // The file itself is whoever's it was.
    let record = bytes_of(&record.without_input())?;
    store(worker, ObjectKey::AiDocsRecord { job: claim.job }, record).await?;
    let bytes = Bytes::from(report.result.to_string());
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let digest = store(worker, ObjectKey::AiDocs { job: claim.job }, bytes).await?;
    Ok((digest.to_string(), length))
}

async fn store(worker: &Worker, key: ObjectKey, bytes: Bytes) -> Result<Digest, StorageError> {
    let digest = Digest::of(&bytes);
    // An earlier claim of the same job may have stored the same already.
    let upload = Upload { key, body: Body::Bytes(bytes), digest, write: Write::Replace };
    patience::put(&worker.objects, &upload).await?;
    Ok(digest)
}

/// Looks whether a job is still this claim's.
struct Held<'a> {
    worker: &'a Worker,
    id: &'a str,
    fence: Fence,
}

impl Listener for Held<'_> {
    async fn reached(&self, _step: &str) -> Result<bool, StorageError> {
        ai_docs::has(&self.worker.db, self.id, self.fence).await
    }
}
