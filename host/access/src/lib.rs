//! Who may ask: preview tokens and signed requests.
//!
//! A **preview token** is what a device or a page shows to start a build or to fetch an
//! artifact. A **signed request** is what another service or a worker sends: an HMAC over
//! the method, the path, the query, the body, the time and a nonce. A **link** is good for
//! one object, for five minutes at most.
//!
//! What this crate does not do: read a header, a clock or a database, or know of users
//! and tiers. Times are passed in, and whoever holds the nonces of a fleet asks
//! [`Verified`] how long to keep one.
//!
//! **Invariant:** nothing that a stranger sent is looked into before its signature is
//! verified, and no comparison with a secret takes longer for a near miss.

mod key;
mod link;
mod nonce;
mod refusal;
mod request;
mod seal;
mod secret;
mod session;
mod token;
mod webhook;

pub use key::{Key, KeyRing, OVERLAP};
pub use link::{LINK_TTL_MAX, check_link, sign_link};
pub use nonce::NonceMemory;
pub use refusal::Refusal;
pub use request::{Party, SKEW, SignedRequest, Verified, sign, signed_text};
pub use seal::{SALT_BYTES, SealError, seal, unseal};
pub use secret::Secret;
pub use session::{SESSION_TTL_MAX, issue_session, read_session};
pub use token::{ArtifactGrant, BuildGrant, Grant, TOKEN_BYTES_MAX, TokenSecrets, issue, read};
pub use webhook::{is_signed, sign_webhook, webhook_secret};
