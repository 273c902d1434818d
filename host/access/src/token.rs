//! Preview tokens: `base64url(JSON) "." base64url(HMAC-SHA256(first part))`, unpadded.
//!
//! One codec, two versions. Version 1 starts a build, version 2 fetches one job's
//! artifact; an endpoint names the one it takes by the type it asks for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hivesync_types::Platform;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;
use crate::secret::Secret;

/// The longest token that is looked at.
pub const TOKEN_BYTES_MAX: usize = 4096;

/// The secrets of tokens. The previous one is good until whoever configures it takes it away.
#[derive(Debug, Clone)]
pub struct TokenSecrets {
    /// Signs and is accepted.
    pub current: Secret,
    /// Is accepted.
    pub previous: Option<Secret>,
}

/// What a token permits.
pub trait Grant: Serialize + DeserializeOwned {
    /// `ver`.
    const VERSION: u64;

    /// The second from which on it is worth nothing.
    fn expires_at(&self) -> i64;
}

/// Version 1: build this reference of this project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildGrant {
    /// The project.
    pub pid: String,
    /// The reference to check out.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The user.
    pub uid: String,
    /// When it was issued, in seconds since 1970.
    pub ts: i64,
    /// When it ends.
    pub exp: i64,
    /// The platform.
    pub plat: Platform,
}

/// Version 2: fetch this job's artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArtifactGrant {
    /// The job.
    pub job_id: String,
    /// Its project.
    pub project_id: String,
    /// Whoever asked for it.
    pub user_id: String,
    /// What it was built for.
    pub platform: Platform,
    /// The user's tier.
    pub tier: String,
    /// When it ends, in seconds since 1970.
    pub expires_at: i64,
    /// Kinds of devices that may fetch it.
    pub allowed_device_types: Vec<String>,
}

impl Grant for BuildGrant {
    const VERSION: u64 = 1;

    fn expires_at(&self) -> i64 {
        self.exp
    }
}

impl Grant for ArtifactGrant {
    const VERSION: u64 = 2;

    fn expires_at(&self) -> i64 {
        self.expires_at
    }
}

/// Signs a token.
///
/// Fails with [`Refusal::Token`] for a grant that would be longer than any token may be.
pub fn issue<G: Grant>(grant: &G, secrets: &TokenSecrets) -> Result<String, Refusal> {
    let mut fields = serde_json::to_string(grant).map_err(|_| Refusal::Token)?;
    // The version comes last. A grant is never without fields.
    fields.truncate(fields.len().saturating_sub(1));
    let json = format!("{fields},\"ver\":{}}}", G::VERSION);
    let payload = URL_SAFE_NO_PAD.encode(json);
    let tag = URL_SAFE_NO_PAD.encode(secrets.current.tag(payload.as_bytes()));
    let token = format!("{payload}.{tag}");
    if token.len() > TOKEN_BYTES_MAX { Err(Refusal::Token) } else { Ok(token) }
}

/// Reads a token of the version that `G` is.
///
/// In this order: the signature, the version, the fields, the time.
pub fn read<G: Grant>(token: &str, secrets: &TokenSecrets, now: Timestamp) -> Result<G, Refusal> {
    let json = verified(token, secrets).ok_or(Refusal::Token)?;
    let serde_json::Value::Object(mut fields) = json else { return Err(Refusal::Token) };
    let found = fields.remove("ver").and_then(|version| version.as_u64()).ok_or(Refusal::Token)?;
    if found != G::VERSION {
        return Err(Refusal::TokenVersion { found, wanted: G::VERSION });
    }
    let grant: G = serde_json::from_value(fields.into()).map_err(|_| Refusal::Token)?;
    if now.as_second() >= grant.expires_at() { Err(Refusal::TokenExpired) } else { Ok(grant) }
}

/// The payload of a token that one of our secrets signed.
fn verified(token: &str, secrets: &TokenSecrets) -> Option<serde_json::Value> {
    if token.len() > TOKEN_BYTES_MAX {
        return None;
    }
    let (payload, tag) = token.split_once('.')?;
    let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
    let mut known = std::iter::once(&secrets.current).chain(&secrets.previous);
    if !known.any(|secret| secret.is_tag(&tag, payload.as_bytes())) {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}
