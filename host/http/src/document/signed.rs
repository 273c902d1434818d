//! Which requests are signed, by whom, and the headers that say so.

use serde_json::{Map, Value, json};

/// A header of a signed request: what the scheme is called, and what it is.
const HEADERS: [(&str, &str, &str); 5] = [
    (
        "signature",
        "X-Signature",
        "HMAC-SHA256 in lower-case hex: of method, path, query, digest of the body, time and nonce, joined by line \
         feeds, and of a worker its id; of an event of the shop, the body itself.",
    ),
    ("timestamp", "X-Timestamp", "When it was signed (RFC 3339), five minutes from now at most."),
    ("nonce", "X-Nonce", "What makes it one of a kind."),
    ("worker", "X-Worker-Id", "The worker that signed it."),
    ("hub_signature", "X-Hub-Signature-256", "HMAC-SHA256 of the body by a forge, behind `sha256=`."),
];

/// What an operation asks for in place of a token; none where it asks for none of these.
pub(super) fn requirement(path: &str) -> Option<Value> {
    let names: &[&str] = match path {
        "/api/webhooks/github" => &["hub_signature"],
        "/api/v1/webhooks/lemonsqueezy" => &["signature"],
        "/api/v1/workers/callback" | "/api/v1/worker/callback" => {
            &["signature", "timestamp", "nonce", "worker"]
        }
        _ if path.starts_with("/api/content/") || path.starts_with("/api/jobs") => {
            &["signature", "timestamp", "nonce"]
        }
        _ => return None,
    };
    let all: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), json!([]))).collect();
    Some(json!([all]))
}

/// The headers as schemes.
pub(super) fn schemes() -> impl Iterator<Item = (&'static str, Value)> {
    HEADERS.into_iter().map(|(scheme, header, description)| {
        (scheme, json!({ "type": "apiKey", "in": "header", "name": header, "description": description }))
    })
}
