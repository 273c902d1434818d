//! Reports: signed, over HTTP, also to the program that the worker runs in, so that there is
//! one way for a job to end.

use std::time::Duration;

use bytes::Bytes;
use hivesync_access::{Party, SignedRequest, sign};
use hivesync_jobs::Claimed;
use hivesync_storage::sql::previews::{self, PreviewJob};
use hivesync_storage::{ServerId, StorageError};
use hivesync_types::Digest;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode};
use serde::Serialize;
use serde_json::Value;

use crate::Worker;
use crate::callback::CallbackError;

/// Tries of a report whose answer did not come.
const TRIES: u32 = 5;
/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before the second try; twice as long before each further one.
const PAUSE: Duration = Duration::from_millis(200);

/// One stored bundle.
#[derive(Debug, Serialize)]
pub(crate) struct Stored {
    pub(crate) device_id: String,
    pub(crate) bundle_key: String,
    pub(crate) metadata_key: String,
    pub(crate) digest: Digest,
    pub(crate) bytes: u64,
}

/// What is said of a job.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    job_id: String,
    fence: u32,
    platform: &'static str,
    status: &'static str,
    artifacts: Vec<Stored>,
    devices: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Value>,
}

/// Why a report did not arrive or was not believed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReportError {
    #[error(transparent)]
    Callback(#[from] CallbackError),
    #[error("there are no random bytes: {0}")]
    Random(std::io::ErrorKind),
    #[error("the job is no longer this worker's")]
    LeaseLost,
    #[error("the report was refused with {status}: {answer}")]
    Refused { status: StatusCode, answer: String },
    #[error("the job could not be read: {0}")]
    Storage(#[from] StorageError),
}

impl Report {
    /// It has these artifacts.
    pub(crate) fn success(job: &PreviewJob, claim: Claimed, artifacts: Vec<Stored>) -> Self {
        Self { artifacts, ..Self::new(job, claim, "SUCCESS") }
    }

    /// It has this error.
    pub(crate) fn failed(job: &PreviewJob, claim: Claimed, error: Value) -> Self {
        Self { error: Some(error), ..Self::new(job, claim, "FAILED") }
    }

    fn new(job: &PreviewJob, claim: Claimed, status: &'static str) -> Self {
        Self {
            job_id: job.asked.id.clone(),
            fence: claim.fence.0,
            platform: job.asked.platform.as_str(),
            status,
            artifacts: Vec::new(),
            devices: serde_json::from_str(&job.asked.devices).unwrap_or_default(),
            error: None,
        }
    }
}

/// Says that a job was withdrawn while it ran.
pub(crate) async fn report_canceled(worker: &Worker, claim: Claimed) {
    let job_id = ServerId(claim.job.0).to_string();
    let said = async {
        match previews::by_id(&worker.db, &job_id).await? {
            Some(job) => report(worker, &Report::new(&job, claim, "CANCELED")).await,
            None => Ok(()),
        }
    };
    if let Err(error) = said.await {
        tracing::warn!(job.id = %job_id, %error, "a withdrawal was not reported");
    }
}

/// Sends a report until it is answered.
pub(crate) async fn report(worker: &Worker, report: &Report) -> Result<(), ReportError> {
    let body = Bytes::from(serde_json::to_vec(report).unwrap_or_default());
    let mut pause = PAUSE;
    for last in (1..=TRIES).map(|number| number == TRIES) {
        let sent = tokio::time::timeout(PATIENCE, send(worker, body.clone())).await;
        let sent = sent.unwrap_or_else(|_| {
            Err(ReportError::Callback(CallbackError::Connection("it takes too long".to_owned())))
        });
        match sent {
            Err(ReportError::Callback(CallbackError::Connection(_))) if !last => {}
            Err(ReportError::Refused { status, .. }) if status.is_server_error() && !last => {}
            sent => return sent,
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    Err(ReportError::Callback(CallbackError::Connection("it was tried often enough".to_owned())))
}

async fn send(worker: &Worker, body: Bytes) -> Result<(), ReportError> {
    let callback = &worker.settings.callback;
    let request = signed(worker, &callback.authority, &callback.path, body)?;
    let (status, answer) = callback.send(request).await?;
    if status.is_success() {
        return Ok(());
    }
    let code = serde_json::from_slice::<Value>(&answer).ok();
    let code = code.as_ref().and_then(|answer| answer.get("code")).and_then(Value::as_str);
    if code == Some("LEASE_LOST") {
        return Err(ReportError::LeaseLost);
    }
    Err(ReportError::Refused { status, answer: String::from_utf8_lossy(&answer).escape_debug().to_string() })
}

fn signed(
    worker: &Worker,
    authority: &str,
    path: &str,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, ReportError> {
    let timestamp = (worker.clock)().to_string();
    let nonce = (worker.entropy)().map_err(|error| ReportError::Random(error.kind()))?;
    let (nonce, id) = (hex::encode(nonce), ServerId(worker.id.0).to_string());
    let words = SignedRequest {
        method: "POST",
        path,
        body: &body,
        timestamp: Some(&timestamp),
        nonce: Some(&nonce),
        worker_id: Some(&id),
        ..SignedRequest::default()
    };
    let signature = sign(&words, Party::Worker, &worker.settings.callback_secret);
    Request::post(path)
        .header(HOST, authority)
        .header(CONTENT_TYPE, "application/json")
        .header("x-signature", signature)
        .header("x-timestamp", timestamp)
        .header("x-nonce", nonce)
        .header("x-worker-id", id)
        .body(Full::new(body))
        .map_err(|_| ReportError::Callback(CallbackError::Address))
}
