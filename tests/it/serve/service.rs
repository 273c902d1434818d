//! A service that signs what it asks.

use std::sync::atomic::{AtomicU64, Ordering};

use hivesync_access::{Party, Secret, SignedRequest, sign};
use serde_json::Value;

use super::client::{Answer, Ask};
use super::server::Server;

pub(super) const SERVICE_SECRET: &str = "a secret of 2 services, 0123456789";
pub(super) const FORGE_SECRET: &str = "a secret of the forge, 0123456789abc";

/// A server that services and a forge talk to, and that builds nothing.
pub(super) fn talking() -> Server {
    talking_with(&[("WORKER_CONCURRENCY", "0")])
}

pub(super) fn talking_with(environment: &[(&str, &str)]) -> Server {
    let own = [("CONTENT_API_SECRET", SERVICE_SECRET), ("GITHUB_WEBHOOK_SECRET", FORGE_SECRET)];
    Server::start_in(tempfile::tempdir().unwrap(), &[&own, environment].concat())
}

/// What is signed of a request; a test bends it.
#[derive(Debug, Clone)]
pub(super) struct Signed {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) body: String,
    pub(super) timestamp: String,
    pub(super) nonce: String,
    pub(super) secret: String,
}

impl Signed {
    pub(super) fn new(method: &str, target: &str, body: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            body: body.to_owned(),
            timestamp: jiff::Timestamp::now().to_string(),
            nonce: format!("nonce-{:08}", COUNT.fetch_add(1, Ordering::Relaxed)),
            secret: SERVICE_SECRET.to_owned(),
        }
    }

    pub(super) fn signature(&self) -> String {
        let signed = SignedRequest {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            body: self.body.as_bytes(),
            timestamp: Some(&self.timestamp),
            nonce: Some(&self.nonce),
            ..SignedRequest::default()
        };
        sign(&signed, Party::Client, &Secret::new(self.secret.as_bytes()))
    }

    pub(super) fn ask(&self, server: &Server) -> Ask {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        let ask = server.ask(&self.method, &format!("{}{query}", self.path));
        let ask = ask.header("x-signature", &self.signature());
        let ask = ask.header("x-timestamp", &self.timestamp).header("x-nonce", &self.nonce);
        if self.method == "GET" { ask } else { ask.body("application/json", self.body.as_bytes()) }
    }
}

pub(super) fn post(server: &Server, path: &str, body: &Value) -> Answer {
    Signed::new("POST", path, &body.to_string()).ask(server).send()
}

pub(super) fn get(server: &Server, target: &str) -> Answer {
    Signed::new("GET", target, "").ask(server).send()
}
