//! Bodies of JSON.
//!
//! **Invariant:** nothing is parsed before its type and its size are known to be right.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use hivesync_types::Code;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// How long a client may take to send a body; stops one that sends a byte a minute.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes of an ordinary body.
pub(crate) const JSON_BYTES_MAX: usize = 64 * 1024;

/// A body of JSON, of at most `MAX` bytes. Unknown fields are for the type to refuse.
pub(crate) struct JsonBody<T, const MAX: usize = JSON_BYTES_MAX> {
    /// What it says.
    pub(crate) value: T,
    /// As it was sent.
    pub(crate) bytes: Bytes,
}

impl<T: DeserializeOwned, S: Send + Sync, const MAX: usize> FromRequest<S> for JsonBody<T, MAX> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let kind = kind_of(request.headers());
        if kind.as_deref() != Some("application/json") {
            return Err(Problem::with(Code::ContentTypeUnsupported, "The body must be application/json."));
        }
        let bytes = read_body(request.into_body(), MAX).await?;
        let value = parse(&bytes)?;
        Ok(Self { value, bytes })
    }
}

/// Reads a body whole.
pub(crate) async fn read_body(body: Body, max: usize) -> Result<Bytes, Problem> {
    let collected = tokio::time::timeout(PATIENCE, Limited::new(body, max).collect()).await;
    let collected =
        collected.map_err(|_| Problem::with(Code::RequestInvalid, "The body took too long to arrive."))?;
    match collected {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Problem::new(Code::BodyTooLarge).detail("bytes_max", max))
        }
        Err(_) => Err(Problem::with(Code::RequestInvalid, "The body ended early.")),
    }
}

/// The type of a body in lower case, without parameters.
pub(crate) fn kind_of(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    kind.split(';').next().map(|kind| kind.trim().to_ascii_lowercase())
}

pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let problem = Problem::with(Code::RequestInvalid, format!("The body cannot be read: {error}."));
        problem.detail("line", error.line()).detail("column", error.column())
    })
}
