//! One question to one address.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use http_body_util::Full;
use hyper::header::USER_AGENT;
use hyper::{Method, Request, StatusCode};
use rustls::RootCertStore;
use serde::Serialize;

use crate::AddressRule;
use crate::line::{Destination, Failure, Line, TlsError, resolved};

/// The shortest time that may be set for one question.
pub const DEADLINE_MIN: Duration = Duration::from_secs(2);
/// The longest: a server that dribbles its answer holds a connection for so long.
pub const DEADLINE_MAX: Duration = Duration::from_secs(5);

const AGENT: &str = "hivesync-reachability";

/// What was found about one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reachability {
    /// The server answered, and not that the thing is missing or broken.
    pub reachable: bool,
    /// The status of the answer, where there was one.
    pub status_code: Option<u16>,
    /// When it was asked, in milliseconds since 1970.
    pub checked_at_ms: u64,
    /// Why there is no answer.
    pub error: Option<Failure>,
}

/// Asks addresses, one at a time.
#[derive(Clone)]
pub struct Probe(Line);

impl Probe {
    /// A probe that trusts the machine's certificates. `deadline` is brought between
    /// [`DEADLINE_MIN`] and [`DEADLINE_MAX`], and holds for name, connection and answer together.
    ///
    /// # Errors
    ///
    /// [`TlsError`] where TLS cannot be had.
    pub fn new(deadline: Duration) -> Result<Self, TlsError> {
        Line::new(within(deadline)).map(Self)
    }

    /// A probe with its own certificates to trust and its own rule: for tests and for
    /// networks behind a certificate of their own.
    ///
    /// # Errors
    ///
    /// [`TlsError::Setup`] where the protocol versions are refused.
    pub fn trusting(roots: RootCertStore, rule: AddressRule, deadline: Duration) -> Result<Self, TlsError> {
        Line::trusting(roots, rule, within(deadline)).map(Self)
    }

    /// Asks `url`, as the machine's resolver knows its name. `now_ms`: milliseconds since 1970.
    pub async fn ask(&self, url: &str, now_ms: u64) -> Reachability {
        self.ask_resolved_by(url, now_ms, resolved).await
    }

    /// As [`Probe::ask`], with the names resolved by `resolve`.
    pub async fn ask_resolved_by<R, F>(&self, url: &str, now_ms: u64, resolve: R) -> Reachability
    where
        R: FnOnce(String, u16) -> F,
        F: Future<Output = io::Result<Vec<IpAddr>>>,
    {
        let answer = match Destination::parse(url, self.0.rule) {
            Ok(destination) => {
                // Nothing of it but its target and host is the stranger's.
                let head = Request::builder().method(Method::HEAD).header(USER_AGENT, AGENT);
                self.0.send(&destination, head, Full::default(), resolve).await
            }
            Err(failure) => Err(failure),
        };
        let status = answer.ok();
        Reachability {
            reachable: status.is_some_and(is_there),
            status_code: status.map(|status| status.as_u16()),
            checked_at_ms: now_ms,
            error: answer.err(),
        }
    }
}

fn within(deadline: Duration) -> Duration {
    deadline.clamp(DEADLINE_MIN, DEADLINE_MAX)
}

/// A status that says the thing is there. A server that only refuses the method, or asks
/// who is there, or to come later, has it.
fn is_there(status: StatusCode) -> bool {
    let refused_the_asker = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::METHOD_NOT_ALLOWED,
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::NOT_IMPLEMENTED,
    ];
    status.is_success() || status.is_redirection() || refused_the_asker.contains(&status)
}
