//! One message to one address.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, USER_AGENT};
use hyper::{Method, Request};
use rustls::RootCertStore;

use crate::AddressRule;
use crate::line::{Destination, Failure, Line, TlsError, resolved};

/// How long a message may take, from the name to the head of the answer.
const DEADLINE: Duration = Duration::from_secs(10);
const AGENT: &str = "hivesync-webhooks";

/// JSON for an address, with headers of ours.
#[derive(Debug, Clone)]
pub struct Message {
    /// What stands beside it.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Bytes,
}

/// Brings messages, one at a time.
#[derive(Clone)]
pub struct Courier(Line);

impl Courier {
    /// One that goes to the public Internet and trusts the machine's certificates.
    ///
    /// # Errors
    ///
    /// [`TlsError`] where TLS cannot be had.
    pub fn new() -> Result<Self, TlsError> {
        Line::new(DEADLINE).map(Self)
    }

    /// One with its own certificates to trust, its own rule and its own deadline: for tests.
    ///
    /// # Errors
    ///
    /// [`TlsError::Setup`] where the protocol versions are refused.
    pub fn trusting(roots: RootCertStore, rule: AddressRule, deadline: Duration) -> Result<Self, TlsError> {
        Line::trusting(roots, rule, deadline).map(Self)
    }

    /// Brings a message to `url` and gives the status of the answer, of which nothing more is read.
    ///
    /// # Errors
    ///
    /// [`Failure`] where there is no answer.
    pub async fn bring(&self, url: &str, message: Message) -> Result<u16, Failure> {
        self.bring_resolved_by(url, message, resolved).await
    }

    /// As [`Courier::bring`], with the names resolved by `resolve`.
    pub async fn bring_resolved_by<R, F>(
        &self,
        url: &str,
        message: Message,
        resolve: R,
    ) -> Result<u16, Failure>
    where
        R: FnOnce(String, u16) -> F,
        F: Future<Output = io::Result<Vec<IpAddr>>>,
    {
        let destination = Destination::parse(url, self.0.rule)?;
        let mut head = Request::builder()
            .method(Method::POST)
            .header(USER_AGENT, AGENT)
            .header(CONTENT_TYPE, "application/json");
        for (name, value) in &message.headers {
            head = head.header(*name, value);
        }
        let status = self.0.send(&destination, head, Full::new(message.body), resolve).await?;
        Ok(status.as_u16())
    }
}

/// Whether an address can be one that is asked under `rule`, by itself.
pub fn takes(url: &str, rule: AddressRule) -> bool {
    Destination::parse(url, rule).is_ok_and(|destination| destination.is_allowed(rule))
}
