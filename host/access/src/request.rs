//! Requests signed by another service or a worker.

use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::key::KeyRing;
use crate::refusal::Refusal;
use crate::secret::Secret;

/// How far the sender's clock may be from ours, either way.
pub const SKEW: Duration = Duration::from_secs(300);
/// Characters of a nonce, so that none is guessed and none fills the memory.
const NONCE_LENGTHS: std::ops::RangeInclusive<usize> = 8..=128;
/// Characters of any other part but the query.
const PART_BYTES_MAX: usize = 4096;
/// Characters of a query.
const QUERY_BYTES_MAX: usize = 16 * 1024;

/// Who signs, which decides what is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// A service.
    Client,
    /// A worker, whose id is signed too.
    Worker,
}

/// A request as it came in: what is signed, and the headers about it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SignedRequest<'a> {
    /// In upper case.
    pub method: &'a str,
    /// As it was sent, without the query.
    pub path: &'a str,
    /// As it was sent, without its question mark.
    pub query: &'a str,
    /// Left out of the signature for GET and DELETE.
    pub body: &'a [u8],
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
    /// `X-Signature`: lower-case hex.
    pub signature: Option<&'a str>,
    /// `X-Timestamp`: RFC 3339.
    pub timestamp: Option<&'a str>,
    /// `X-Nonce`.
    pub nonce: Option<&'a str>,
    /// `X-Key-Id`.
    pub key_id: Option<&'a str>,
    /// `X-Worker-Id`.
    pub worker_id: Option<&'a str>,
}

/// A request whose signature is good. It is not admitted before its nonce is found to be new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The key that signed it.
    pub key_id: String,
    /// What makes it one of a kind.
    pub nonce: String,
    /// The last moment at which the same request would still be accepted.
    pub forget_at: Timestamp,
    /// The worker that sent it; none for a client.
    pub worker_id: Option<String>,
}

impl SignedRequest<'_> {
    /// Checks everything but whether the request was seen before.
    ///
    /// In this order: headers and content type, the time, the key, the signature.
    pub fn verify(&self, keys: &KeyRing, party: Party, now: Timestamp) -> Result<Verified, Refusal> {
        let tag = signature(required(self.signature, "X-Signature")?)?;
        let time = required(self.timestamp, "X-Timestamp")?;
        let nonce = required(self.nonce, "X-Nonce")?;
        let worker_id = match party {
            Party::Client => None,
            Party::Worker => Some(required(self.worker_id, "X-Worker-Id")?),
        };
        if !is_nonce(nonce) {
            return Err(Refusal::Malformed("X-Nonce"));
        }
        self.check_content_type()?;
        // A line feed in a part would move the border to the next one.
        let parts = [self.method, self.path, worker_id.unwrap_or("-")];
        if !parts.into_iter().all(|part| is_part(part, PART_BYTES_MAX)) || !is_query(self.query) {
            return Err(Refusal::Malformed("the request"));
        }
        let timestamp: Timestamp = time.parse().map_err(|_| Refusal::Malformed("X-Timestamp"))?;
        let skew = now.duration_since(timestamp).unsigned_abs();
        if skew > SKEW {
            return Err(Refusal::ClockSkew);
        }
        let text = signed_text(self, worker_id);
        let mut candidates = keys.candidates(self.key_id, now)?.into_iter();
        let key =
            candidates.find(|key| key.secret.is_tag(&tag, text.as_bytes())).ok_or(Refusal::Signature)?;
        let forget_at = timestamp.checked_add(SKEW).map_err(|_| Refusal::Malformed("X-Timestamp"))?;
        Ok(Verified {
            key_id: key.id.clone(),
            nonce: nonce.to_owned(),
            forget_at,
            worker_id: worker_id.map(str::to_owned),
        })
    }

    fn has_body(&self) -> bool {
        !matches!(self.method, "GET" | "DELETE")
    }

    fn check_content_type(&self) -> Result<(), Refusal> {
        let kind = self.content_type.and_then(|kind| kind.split(';').next()).map(str::trim);
        match kind {
            _ if !self.has_body() => Ok(()),
            Some(kind) if kind.eq_ignore_ascii_case("application/json") => Ok(()),
            _ => Err(Refusal::ContentType),
        }
    }
}

/// What is signed: the parts joined by line feeds, without one at the end.
///
/// `METHOD\nPATH\nQUERY\nsha256-hex(body)\nTIMESTAMP\nNONCE`, and for a worker
/// `\nWORKER_ID`. A part that is missing is empty.
pub fn signed_text(request: &SignedRequest<'_>, worker_id: Option<&str>) -> String {
    let body = if request.has_body() { request.body } else { &[] };
    let digest = hex::encode(Sha256::digest(body));
    let (time, nonce) = (request.timestamp.unwrap_or_default(), request.nonce.unwrap_or_default());
    let mut parts = vec![request.method, request.path, request.query, &digest, time, nonce];
    parts.extend(worker_id);
    parts.join("\n")
}

/// The signature that whoever holds `secret` puts into `X-Signature`.
pub fn sign(request: &SignedRequest<'_>, party: Party, secret: &Secret) -> String {
    let worker_id = request.worker_id.filter(|_| party == Party::Worker);
    hex::encode(secret.tag(signed_text(request, worker_id).as_bytes()))
}

fn required<'a>(header: Option<&'a str>, name: &'static str) -> Result<&'a str, Refusal> {
    header.filter(|value| !value.is_empty()).ok_or(Refusal::Missing(name))
}

fn signature(text: &str) -> Result<[u8; 32], Refusal> {
    const MALFORMED: Refusal = Refusal::Malformed("X-Signature");
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(MALFORMED);
    }
    let mut tag = [0; 32];
    hex::decode_to_slice(text, &mut tag).map_err(|_| MALFORMED)?;
    Ok(tag)
}

fn is_nonce(nonce: &str) -> bool {
    NONCE_LENGTHS.contains(&nonce.len()) && nonce.bytes().all(|byte| byte.is_ascii_graphic())
}

fn is_part(part: &str, bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&part.len()) && !part.chars().any(char::is_control)
}

fn is_query(query: &str) -> bool {
    query.is_empty() || is_part(query, QUERY_BYTES_MAX)
}
