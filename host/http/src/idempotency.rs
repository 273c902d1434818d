//! `Idempotency-Key`: what a caller asks for twice under one name is done once.
//!
//! The first request with a key does it, to its end even when its client has gone; the others
//! wait for it and get the same answer. What was refused is not kept: it had no effect, and may
//! succeed later.
//!
//! What this does not do: make a handler and its answer one transaction. When the program is
//! killed between the two, the key is free again after [`STALE`]; a preview has its key in its
//! own row besides, and is not asked for twice even then.
//!
//! **Invariant:** while an answer is kept, no request with its key reaches a handler.

mod digested;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hivesync_access::{seal, unseal};
use hivesync_storage::sql::idempotency::{self, Claim, Named, NewClaim};
use hivesync_types::Code;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::api::Api;
use crate::extract::Recognised;
use crate::identifiers::{digest, new_id, random};
use crate::peer::{Peer, origin};
use crate::problem::{Problem, internal};
use digested::{digest_of, digested};

/// Bytes of a key.
const KEY_BYTES_MAX: usize = 255;
/// How long a key is known.
const KNOWN: Duration = Duration::from_secs(24 * 3600);
/// When a request that has not been answered never will be: its process has gone.
const STALE: Duration = Duration::from_secs(120);
/// How long a request waits for the one that does it.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long to wait for a bell before looking into the table.
const LOOK: Duration = Duration::from_secs(1);
/// Bytes of an answer.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Says that an answer was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// What the seals of answers are for.
const CONTEXT: &str = "idempotency answer";

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    content_type: Option<String>,
    location: Option<String>,
    body: String,
}

/// One request with a key.
struct Once {
    asker: String,
    key: String,
    request: String,
    claim: String,
}

/// Does a request with a key once.
pub(crate) async fn once(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    match idempotency_key(request.headers()) {
        Ok(Some(key)) if *request.method() == Method::POST => {
            keyed(api, request, next, key).await.unwrap_or_else(Problem::into_response)
        }
        Ok(_) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// `Idempotency-Key`, or its alias.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let value = headers.get("idempotency-key").or_else(|| headers.get("x-idempotency-key"));
    let Some(value) = value else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| {
        (1..=KEY_BYTES_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    });
    let message = "Idempotency-Key has 1 to 255 visible ASCII characters.";
    key.map(|key| Some(key.to_owned())).ok_or_else(|| Problem::field("Idempotency-Key", message))
}

async fn keyed(api: Arc<Api>, request: Request, next: Next, key: String) -> Result<Response, Problem> {
    let asker = match request.extensions().get::<Recognised>() {
        Some(Recognised(Ok(caller))) => format!("user:{}", caller.user.id),
        _ => {
            let peer = request.extensions().get::<Peer>().copied();
            format!("from:{}", origin(peer, request.headers(), &api.settings.trusted_proxies))
        }
    };
    let target = request.extensions().get::<axum::extract::OriginalUri>().map(|uri| uri.0.clone());
    let target = target.unwrap_or_else(|| request.uri().clone());
    let own = digest(&format!("{} {target}", request.method()));
    let once = Once { asker, key, request: own, claim: new_id(&api)? };
    match once.claim(&api).await? {
        Some(done) => once.replay(&api, request, done).await,
        None => {
            // Its owner, who waits for it when the program ends, is the tracker.
            let begun = Arc::clone(&api).begun.spawn(once.run(api, request, next));
            begun.await.map_err(|error| internal("a request was given up", &error))?
        }
    }
}

impl Once {
    fn named(&self) -> Named<'_> {
        Named { asker: &self.asker, key: &self.key }
    }

    fn bell(&self) -> String {
        format!("key:{}:{}", self.asker, self.key)
    }

    /// The answer that is kept; none when this request is to do it.
    async fn claim(&self, api: &Api) -> Result<Option<Claim>, Problem> {
        let begun = Instant::now();
        let mut bell = None;
        loop {
            let now = api.moment();
            let new = NewClaim {
                request: &self.request,
                claim: &self.claim,
                now,
                stale_before: now.before(STALE),
                forget_at: now.after(KNOWN),
            };
            match idempotency::claim(&api.db, self.named(), new).await? {
                Claim::Mine => return Ok(None),
                done @ Claim::Done { .. } => return Ok(Some(done)),
                Claim::Running if begun.elapsed() >= PATIENCE || api.news.is_over() => {
                    let problem = Problem::with(Code::Conflict, "The same request is still being done.");
                    return Err(problem.header(header::RETRY_AFTER, HeaderValue::from(1)));
                }
                // What was answered before somebody listens is found by looking once more.
                Claim::Running => match &mut bell {
                    None => bell = Some(api.news.listen(&self.bell())),
                    Some(bell) => drop(tokio::time::timeout(LOOK, bell.changed()).await),
                },
            }
        }
    }

    /// Does it, and keeps the answer if it is one that says so.
    async fn run(self, api: Arc<Api>, request: Request, next: Next) -> Result<Response, Problem> {
        let (request, read) = digested(request);
        let response = next.run(request).await;
        let kept = if response.status().is_success() {
            self.keep(&api, response, read.digest()).await
        } else {
            idempotency::release(&api.db, self.named(), &self.claim).await?;
            Ok(response)
        };
        api.ring(&self.bell());
        kept
    }

    async fn keep(&self, api: &Api, response: Response, body: Option<String>) -> Result<Response, Problem> {
        let (parts, answered) = response.into_parts();
        let bytes = axum::body::to_bytes(answered, ANSWER_BYTES_MAX)
            .await
            .map_err(|error| internal("an answer is too long to be kept", &error))?;
        let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let text = String::from_utf8(bytes.to_vec());
        let answer = Answer {
            status: parts.status.as_u16(),
            content_type: header(header::CONTENT_TYPE),
            location: header(header::LOCATION),
            body: text.map_err(|error| internal("an answer is no text", &error))?,
        };
        let json = serde_json::to_vec(&answer).map_err(|error| internal("an answer is no JSON", &error))?;
        let sealed = seal(&api.secrets.session, CONTEXT, random(api)?, &json)
            .map_err(|error| internal("an answer could not be sealed", &error))?;
        if !idempotency::answer(&api.db, self.named(), &self.claim, body.as_deref(), &sealed).await? {
            tracing::warn!("a request took so long that its key was given to another");
        }
        Ok(Response::from_parts(parts, Body::from(bytes)))
    }

    /// The kept answer, if this is the request that it was given to.
    async fn replay(&self, api: &Api, request: Request, done: Claim) -> Result<Response, Problem> {
        let Claim::Done { request: answered, body, answer } = done else {
            return Err(Problem::new(Code::HostInternal));
        };
        if answered != self.request {
            return Err(Problem::new(Code::IdempotencyKeyReused));
        }
        if let Some(body) = body
            && digest_of(request.into_body()).await? != body
        {
            return Err(Problem::new(Code::IdempotencyKeyReused));
        }
        // Sealed before the secret was changed: what was done is not done again.
        let plain = unseal(&api.secrets.session, CONTEXT, &answer).map_err(|_| {
            Problem::with(Code::Conflict, "The request was done, and its answer can be read no longer.")
        })?;
        let answer: Answer = serde_json::from_slice(&plain)
            .map_err(|error| internal("a kept answer makes no sense", &error))?;
        let status = StatusCode::from_u16(answer.status);
        let status = status.map_err(|error| internal("a kept answer has no status", &error))?;
        let mut response = (status, Body::from(answer.body)).into_response();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_TYPE);
        for (name, value) in
            [(header::CONTENT_TYPE, answer.content_type), (header::LOCATION, answer.location)]
        {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(name, value);
            }
        }
        headers.insert(REPLAYED, HeaderValue::from_static("true"));
        Ok(response)
    }
}
