//! Requests that a program of ours or of somebody else's has signed.
//!
//! **Invariant:** nothing of a body is parsed before its signature is verified, and nothing that it asks
//! for is done before its nonce is known to be new; every attempt is put on record.

use axum::body::Bytes;
use axum::extract::{OriginalUri, Request};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use hivesync_access::{KeyRing, Party, Refusal, SignedRequest, Verified};
use hivesync_jobs::Moment;
use hivesync_storage::sql::audit::{self, AuditEvent};
use hivesync_storage::sql::moment_of;
use hivesync_storage::sql::nonces::{self, Arrival};
use hivesync_types::Code;

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

/// A request whose signature is good. Whoever has it admits it, or what it asks for is done by nobody.
pub(crate) struct Signed {
    pub(crate) verified: Verified,
    pub(crate) bytes: Bytes,
    record: Record,
}

/// How an attempt is put on record.
struct Record {
    id: String,
    at: Moment,
    actor: Option<String>,
    action: &'static str,
    request_id: String,
}

/// Reads a request whole, finds out who signed it, and admits it.
pub(crate) async fn read_signed(
    api: &Api,
    signers: Signers<'_>,
    request: Request,
    bytes_max: usize,
) -> Result<(Verified, Bytes), Problem> {
    let signed = arrive(api, signers, request, bytes_max).await?;
    signed.admit(api).await?;
    Ok((signed.verified, signed.bytes))
}

/// Reads a request whole and finds out who signed it; for those who admit it together with what it asks
/// for. An attempt with a bad signature is put on record here.
pub(crate) async fn arrive(
    api: &Api,
    signers: Signers<'_>,
    request: Request,
    bytes_max: usize,
) -> Result<Signed, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = read_body(body, bytes_max).await?;
    let actor = match signers.party {
        Party::Worker => header(&parts.headers, "x-worker-id"),
        Party::Client => header(&parts.headers, "x-key-id"),
    };
    let verified = verify(api, signers, &parts, &bytes);
    let record = Record {
        id: new_id(api)?,
        at: api.moment(),
        actor: actor.map(|name| name.get(..ACTOR_BYTES_MAX).unwrap_or(name).to_owned()),
        action: signers.action,
        request_id: RequestId::of(&parts.extensions),
    };
    match verified {
        Ok(verified) => Ok(Signed { verified, bytes, record }),
        Err(problem) => {
            audit::keep(&api.db, record.event(Some(problem.code()))).await?;
            Err(problem)
        }
    }
}

impl Signed {
    /// Admits it alone.
    pub(crate) async fn admit(&self, api: &Api) -> Result<(), Problem> {
        match nonces::admit(&api.db, self.arrival()).await? {
            true => Ok(()),
            false => Err(Refusal::Replay.into()),
        }
    }

    /// What is kept of it.
    pub(crate) fn arrival(&self) -> Arrival<'_> {
        Arrival {
            nonce: &self.verified.nonce,
            forget_at: moment_of(self.verified.forget_at),
            event: self.record.event(None),
            replayed: Problem::from(Refusal::Replay).code(),
        }
    }
}

impl Record {
    fn event(&self, code: Option<Code>) -> AuditEvent<'_> {
        AuditEvent {
            id: &self.id,
            at: self.at,
            actor: self.actor.as_deref(),
            action: self.action,
            subject: None,
            code,
            request_id: &self.request_id,
        }
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
