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
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use crate::Worker;
use crate::callback::CallbackError;
use crate::patience::Pauses;

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long somebody who withdrew a job is told so.
const FAREWELL_MAX: Duration = Duration::from_secs(30);

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
    #[error("the report was refused for its time, which the server says is {server_time}")]
    ClockSkew { server_time: Timestamp },
    #[error("the job could not be read: {0}")]
    Storage(#[from] StorageError),
}

impl ReportError {
    /// Whether the same report may well be taken a little later.
    fn is_passing(&self) -> bool {
        match self {
            Self::Callback(CallbackError::Connection(_)) | Self::ClockSkew { .. } => true,
            Self::Refused { status, .. } => status.is_server_error(),
            _ => false,
        }
    }

    /// What time it is where it was refused for its time.
    fn server_time(&self) -> Option<Timestamp> {
        if let Self::ClockSkew { server_time } = self { Some(*server_time) } else { None }
    }
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
            Some(job) => report(worker, &Report::new(&job, claim, "CANCELED"), FAREWELL_MAX).await,
            None => Ok(()),
        }
    };
    if let Err(error) = said.await {
        tracing::warn!(job.id = %job_id, %error, "a withdrawal was not reported");
    }
}

/// Sends a report until it is answered, at most for so long: whoever answers may be away, or not
/// reach the object store. Where this machine's clock is off, it is signed with the time that the
/// server says it is, so that no job is lost for a clock.
pub(crate) async fn report(worker: &Worker, report: &Report, within: Duration) -> Result<(), ReportError> {
    let body = Bytes::from(serde_json::to_vec(report).unwrap_or_default());
    let begun = Instant::now();
    let (mut pauses, mut server_time) = (Pauses::default(), None);
    loop {
        let signed_at = server_time.unwrap_or_else(|| (worker.clock)());
        let sent = tokio::time::timeout(PATIENCE, send(worker, signed_at, body.clone())).await;
        let sent = sent.unwrap_or_else(|_| {
            Err(ReportError::Callback(CallbackError::Connection("it takes too long".to_owned())))
        });
        match sent {
            Err(error) if error.is_passing() && begun.elapsed() < within => {
                tracing::warn!(%error, "a report waits for its answer");
                server_time = error.server_time();
            }
            sent => return sent,
        }
        pauses.next().await;
    }
}

async fn send(worker: &Worker, at: Timestamp, body: Bytes) -> Result<(), ReportError> {
    let callback = &worker.settings.callback;
    let request = signed(worker, (&callback.authority, &callback.path), at, body)?;
    let (status, answer) = callback.send(request).await?;
    if status.is_success() { Ok(()) } else { Err(refused(status, &answer)) }
}

/// What an answer that is no success means.
fn refused(status: StatusCode, answer: &[u8]) -> ReportError {
    let problem = serde_json::from_slice::<Value>(answer).unwrap_or_default();
    let server_time = problem.pointer("/error/details/server_time").and_then(Value::as_str);
    match (problem.get("code").and_then(Value::as_str), server_time.map(str::parse)) {
        (Some("LEASE_LOST"), _) => ReportError::LeaseLost,
        (Some("CLOCK_SKEW"), Some(Ok(server_time))) => ReportError::ClockSkew { server_time },
        _ => ReportError::Refused {
            status,
            answer: String::from_utf8_lossy(answer).escape_debug().to_string(),
        },
    }
}

fn signed(
    worker: &Worker,
    (authority, path): (&str, &str),
    at: Timestamp,
    body: Bytes,
) -> Result<Request<Full<Bytes>>, ReportError> {
    let timestamp = at.to_string();
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused_with(answer: &Value) -> ReportError {
        refused(StatusCode::UNAUTHORIZED, answer.to_string().as_bytes())
    }

    #[test]
    fn a_server_that_has_another_time_is_believed_only_where_it_says_which() {
        let details = json!({ "server_time": "2026-11-22T10:00:00Z" });
        let skew = refused_with(&json!({ "code": "CLOCK_SKEW", "error": { "details": details } }));
        let ReportError::ClockSkew { server_time } = skew else { panic!("{skew}") };
        assert_eq!(server_time, "2026-11-22T10:00:00Z".parse().unwrap());
        assert_eq!(ReportError::ClockSkew { server_time }.server_time(), Some(server_time));
        for details in [json!({}), json!({ "server_time": 5 }), json!({ "server_time": "noon" })] {
            let answer = json!({ "code": "CLOCK_SKEW", "error": { "details": details } });
            assert!(matches!(refused_with(&answer), ReportError::Refused { .. }), "{answer}");
        }
        let other = json!({ "code": "SIGNATURE_INVALID", "error": { "details": details } });
        assert!(matches!(refused_with(&other), ReportError::Refused { .. }));
        assert!(matches!(refused_with(&json!({ "code": "LEASE_LOST" })), ReportError::LeaseLost));
        let away = refused(StatusCode::BAD_GATEWAY, b"<html>");
        assert!(matches!(away, ReportError::Refused { .. }) && away.is_passing());
        let lost = refused_with(&json!({ "code": "LEASE_LOST" }));
        assert!(!lost.is_passing() && !refused_with(&other).is_passing());
    }
}
