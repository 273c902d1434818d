//! Requests that a program of ours or of somebody else's has signed.
//!
//! **Invariant:** nothing of a body is parsed before its signature is verified and its nonce is
//! known to be new; every attempt is put on record.

use axum::body::Bytes;
use axum::extract::{OriginalUri, Request};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use hivesync_access::{KeyRing, Party, Refusal, SignedRequest, Verified};
use hivesync_storage::sql::audit::{self, AuditEvent};
use hivesync_storage::sql::{moment_of, nonces};

use super::read_body;
use crate::api::Api;
use crate::identifiers::new_id;
use crate::problem::Problem;
use crate::respond::RequestId;

/// Characters of a name that are put on record.
const ACTOR_BYTES_MAX: usize = 64;

/// Who may have signed, and what it is called on record.
#[derive(Clone, Copy)]
pub(crate) struct Signers<'a> {
    pub(crate) keys: &'a KeyRing,
    pub(crate) party: Party,
    pub(crate) action: &'static str,
}

/// Reads a request whole and finds out who signed it.
pub(crate) async fn read_signed(
    api: &Api,
    signers: Signers<'_>,
    request: Request,
    bytes_max: usize,
) -> Result<(Verified, Bytes), Problem> {
    let (parts, body) = request.into_parts();
    let bytes = read_body(body, bytes_max).await?;
    let request_id = RequestId::of(&parts.extensions);
    let actor = match signers.party {
        Party::Worker => header(&parts.headers, "x-worker-id"),
        Party::Client => header(&parts.headers, "x-key-id"),
    };
    let verified = verify(api, signers, &parts, &bytes);
    let event = AuditEvent {
        id: &new_id(api)?,
        at: api.moment(),
        actor: actor.map(|name| name.get(..ACTOR_BYTES_MAX).unwrap_or(name)),
        action: signers.action,
        subject: None,
        code: verified.as_ref().err().map(Problem::code),
        request_id: &request_id,
    };
    let verified = match verified {
        Ok(verified) => verified,
        Err(problem) => {
            audit::keep(&api.db, event).await?;
            return Err(problem);
        }
    };
    let forget_at = moment_of(verified.forget_at);
    let replay = Problem::from(Refusal::Replay);
    match nonces::admit(&api.db, (&verified.nonce, forget_at), event, replay.code()).await? {
        true => Ok((verified, bytes)),
        false => Err(replay),
    }
}

/// Whether the request is of one of them.
fn verify(api: &Api, signers: Signers<'_>, parts: &Parts, body: &Bytes) -> Result<Verified, Problem> {
    // What was signed is the path as it was sent, whatever a router made of it.
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    let headers = &parts.headers;
    let signed = SignedRequest {
        method: parts.method.as_str(),
        path: uri.path(),
        query: uri.query().unwrap_or_default(),
        body,
        content_type: header(headers, "content-type"),
        signature: header(headers, "x-signature"),
        timestamp: header(headers, "x-timestamp"),
        nonce: header(headers, "x-nonce"),
        key_id: header(headers, "x-key-id"),
        worker_id: header(headers, "x-worker-id"),
    };
    let now = api.now();
    signed.verify(signers.keys, signers.party, now).map_err(|refusal| match refusal {
        // Whoever has another time is told ours.
        Refusal::ClockSkew => Problem::from(refusal).detail("server_time", now.to_string()),
        _ => refusal.into(),
    })
}

/// A header as text.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
