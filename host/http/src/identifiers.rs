//! Ids and secrets that are handed out, and the digests of them that are kept.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hivesync_types::Code;
use sha2::{Digest as _, Sha256};
use ulid::Ulid;

use crate::api::Api;
use crate::problem::{Problem, internal};

/// A new id: a ULID of now.
pub(crate) fn new_id(api: &Api) -> Result<String, Problem> {
    let random = random(api)?;
    let (bytes, _) = random.split_first_chunk::<16>().ok_or_else(|| Problem::new(Code::HostInternal))?;
    Ok(Ulid::from_parts(api.moment().0, u128::from_be_bytes(*bytes)).to_string())
}

/// A new secret of 256 bits, to be shown once.
pub(crate) fn new_secret(api: &Api, prefix: &str) -> Result<String, Problem> {
    Ok(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(random(api)?)))
}

/// What is kept of a secret. It has 256 random bits, so that one hash is enough.
pub(crate) fn digest(secret: &str) -> String {
    digest_bytes(secret.as_bytes())
}

/// SHA-256 of bytes, in hex.
pub(crate) fn digest_bytes(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// An id of a path. What cannot be one is not looked for.
pub(crate) fn known_id(id: &str) -> Result<Ulid, Problem> {
    let parsed = Ulid::from_string(id).map_err(|_| Problem::new(Code::NotFound))?;
    // One spelling alone, so that one thing has one id.
    if parsed.to_string() == id { Ok(parsed) } else { Err(Problem::new(Code::NotFound)) }
}

/// Random bytes of the system.
pub(crate) fn random(api: &Api) -> Result<[u8; 32], Problem> {
    (api.entropy)().map_err(|error| internal("there are no random bytes", &error.kind()))
}
