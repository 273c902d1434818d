//! A service that asks for posts and signs what it asks.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use hivesync_access::{Party, Secret, SignedRequest, sign};

use super::client::{Answer, Ask, Connection};

/// What the node knows of the service.
pub(super) const SECRET: &str = "a secret of a service, 32 bytes and more";
const PATH: &str = "/api/content/generate";

/// Asks for a post under this name.
pub(super) fn ask(connection: &mut Connection, key: &str) -> Result<Answer> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let body = format!(
        r#"{{"date_range":{{"start":"2026-11-20T00:00:00Z","end":"2026-11-21T00:00:00Z"}},"idempotency_key":"{key}"}}"#
    );
    let timestamp = jiff::Timestamp::now().to_string();
    let nonce = format!("bench-nonce-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let signed = SignedRequest {
        method: "POST",
        path: PATH,
        body: body.as_bytes(),
        timestamp: Some(&timestamp),
        nonce: Some(&nonce),
        ..SignedRequest::default()
    };
    let signature = sign(&signed, Party::Client, &Secret::new(SECRET.as_bytes()));
    let head = format!("x-signature: {signature}\r\nx-timestamp: {timestamp}\r\nx-nonce: {nonce}\r\n");
    let ask = Ask { method: "POST", target: PATH, token: "", key: "", body: &body };
    connection.ask_with(ask, &head)
}
