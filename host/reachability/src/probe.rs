//! One question to one address.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Empty;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde::Serialize;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::AddressRule;

/// The shortest time that may be set for one question.
pub const DEADLINE_MIN: Duration = Duration::from_secs(2);
/// The longest: a server that dribbles its answer holds a connection for so long.
pub const DEADLINE_MAX: Duration = Duration::from_secs(5);

/// What the response's head may take, in bytes; more is an answer nobody sends for `HEAD`.
const HEAD_BYTES_MAX: usize = 16 * 1024;
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

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Nothing, or not all of it, came in time; also a connection that was refused or cut.
    Timeout,
    /// The name does not resolve.
    DnsError,
    /// The certificate does not hold, or the other side does not speak TLS.
    TlsError,
    /// The address is not one that may be asked.
    Blocked,
}

/// A probe could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The machine has no certificates to trust.
    #[error("no trusted certificates were found on this machine: install the package ca-certificates")]
    NoRoots,
    /// The provider of the cryptography refused the protocol versions.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
}

/// Asks addresses, one at a time.
#[derive(Clone)]
pub struct Probe {
    tls: Arc<ClientConfig>,
    rule: AddressRule,
    deadline: Duration,
}

impl Probe {
    /// A probe that trusts the machine's certificates. `deadline` is brought between
    /// [`DEADLINE_MIN`] and [`DEADLINE_MAX`], and holds for name, connection and answer together.
    ///
    /// # Errors
    ///
    /// [`ProbeError`] where TLS cannot be had.
    pub fn new(deadline: Duration) -> Result<Self, ProbeError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(ProbeError::NoRoots);
        }
        Self::trusting(roots, AddressRule::Public, deadline)
    }

    /// A probe with its own certificates to trust and its own rule: for tests and for
    /// networks behind a certificate of their own.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Tls`] where the protocol versions are refused.
    pub fn trusting(roots: RootCertStore, rule: AddressRule, deadline: Duration) -> Result<Self, ProbeError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(ProbeError::Tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: Arc::new(tls), rule, deadline: deadline.clamp(DEADLINE_MIN, DEADLINE_MAX) })
    }

    /// Asks `url`, as the machine's resolver knows its name. `now_ms`: milliseconds since 1970.
    pub async fn ask(&self, url: &str, now_ms: u64) -> Reachability {
        let resolve = |name: String, port| async move {
            let found = tokio::net::lookup_host((name, port)).await?;
            Ok(found.map(|address| address.ip()).collect())
        };
        self.ask_resolved_by(url, now_ms, resolve).await
    }

    /// As [`Probe::ask`], with the names resolved by `resolve`.
    pub async fn ask_resolved_by<R, F>(&self, url: &str, now_ms: u64, resolve: R) -> Reachability
    where
        R: FnOnce(String, u16) -> F,
        F: Future<Output = io::Result<Vec<IpAddr>>>,
    {
        let answer = match Destination::parse(url, self.rule) {
            Ok(destination) => timeout(self.deadline, self.head(&destination, resolve))
                .await
                .unwrap_or(Err(Failure::Timeout)),
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

    async fn head<R, F>(&self, destination: &Destination, resolve: R) -> Result<StatusCode, Failure>
    where
        R: FnOnce(String, u16) -> F,
        F: Future<Output = io::Result<Vec<IpAddr>>>,
    {
        let addresses = self.checked_addresses(destination, resolve).await?;
        let tcp = TcpStream::connect(addresses.as_slice()).await.map_err(|_| Failure::Timeout)?;
        let connector = TlsConnector::from(self.tls.clone());
        let tls = connector.connect(destination.server.clone(), tcp).await.map_err(|_| Failure::TlsError)?;
        let (mut sender, mut connection) = http1::Builder::new()
            .max_buf_size(HEAD_BYTES_MAX)
            .handshake(TokioIo::new(tls))
            .await
            .map_err(|_| Failure::Timeout)?;
        let request = destination.request().ok_or(Failure::Blocked)?;
        // The connection is driven here and dropped with the answer's head: no task
        // outlives the question, and no body is read.
        let mut answer = pin!(sender.send_request(request));
        let answer = tokio::select! {
            answer = &mut answer => answer,
            // It may end because the answer has come.
            _ = &mut connection => answer.await,
        };
        answer.map(|answer| answer.status()).map_err(|_| Failure::Timeout)
    }

    /// The addresses to try. A name with one forbidden address among its addresses is
    /// refused whole: it was made to be asked twice.
    async fn checked_addresses<R, F>(
        &self,
        destination: &Destination,
        resolve: R,
    ) -> Result<Vec<SocketAddr>, Failure>
    where
        R: FnOnce(String, u16) -> F,
        F: Future<Output = io::Result<Vec<IpAddr>>>,
    {
        let addresses = match &destination.host {
            Host::Domain(name) => {
                resolve(name.clone(), destination.port).await.map_err(|_| Failure::DnsError)?
            }
            Host::Ipv4(address) => vec![IpAddr::V4(*address)],
            Host::Ipv6(address) => vec![IpAddr::V6(*address)],
        };
        if addresses.is_empty() {
            return Err(Failure::DnsError);
        }
        if !addresses.iter().all(|address| self.rule.allows_address(*address)) {
            return Err(Failure::Blocked);
        }
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, destination.port)).collect())
    }
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

/// Where a question goes, taken from a URL that a stranger wrote.
struct Destination {
    host: Host<String>,
    port: u16,
    server: ServerName<'static>,
    authority: String,
    target: String,
}

impl Destination {
    /// # Errors
    ///
    /// [`Failure::Blocked`] for anything but `https` without a user name, on a port that
    /// may be asked.
    fn parse(text: &str, rule: AddressRule) -> Result<Self, Failure> {
        let url = Url::parse(text).map_err(|_| Failure::Blocked)?;
        let plain = url.scheme() == "https" && url.username().is_empty() && url.password().is_none();
        let port = url.port_or_known_default().filter(|port| plain && rule.allows_port(*port));
        let (Some(host), Some(port)) = (url.host().map(|host| host.to_owned()), port) else {
            return Err(Failure::Blocked);
        };
        let server = match &host {
            Host::Domain(name) => ServerName::try_from(name.clone()).map_err(|_| Failure::Blocked)?,
            Host::Ipv4(address) => ServerName::from(IpAddr::V4(*address)),
            Host::Ipv6(address) => ServerName::from(IpAddr::V6(*address)),
        };
        let target =
            url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let authority = url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
        Ok(Self { host, port, server, authority, target })
    }

    /// Nothing of the request but its target and host is the stranger's.
    fn request(&self) -> Option<Request<Empty<Bytes>>> {
        Request::builder()
            .method(Method::HEAD)
            .uri(&self.target)
            .header(HOST, &self.authority)
            .header(USER_AGENT, AGENT)
            .body(Empty::new())
            .ok()
    }
}
