//! One request on one connection, which goes to the address that was checked.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper::http::request::Builder;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use serde::Serialize;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::AddressRule;

/// What the response's head may take, in bytes; more is an answer nobody sends.
const HEAD_BYTES_MAX: usize = 16 * 1024;

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

/// There is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The machine has no certificates to trust.
    #[error("no trusted certificates were found on this machine: install the package ca-certificates")]
    NoRoots,
    /// The provider of the cryptography refused the protocol versions.
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
}

/// How requests are sent: whom to trust, where they may go and how long they may take.
#[derive(Clone)]
pub(crate) struct Line {
    tls: Arc<ClientConfig>,
    pub(crate) rule: AddressRule,
    deadline: Duration,
}

/// The addresses of a name, as the machine's resolver knows it.
pub(crate) async fn resolved(name: String, port: u16) -> io::Result<Vec<IpAddr>> {
    let found = tokio::net::lookup_host((name, port)).await?;
    Ok(found.map(|address| address.ip()).collect())
}

impl Line {
    /// To the public Internet, with the machine's certificates.
    pub(crate) fn new(deadline: Duration) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(TlsError::NoRoots);
        }
        Self::trusting(roots, AddressRule::Public, deadline)
    }

    /// With certificates and a rule of its own.
    pub(crate) fn trusting(
        roots: RootCertStore,
        rule: AddressRule,
        deadline: Duration,
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Setup)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: Arc::new(tls), rule, deadline })
    }

    /// Sends one request and gives the status of its answer, whose body is not read.
    pub(crate) async fn send<R, F>(
        &self,
        destination: &Destination,
        head: Builder,
        body: Full<Bytes>,
        resolve: R,
    ) -> Result<StatusCode, Failure>
    where
        R: FnOnce(String, u16) -> F,
        F: Future<Output = io::Result<Vec<IpAddr>>>,
    {
        let request = destination.request(head, body).ok_or(Failure::Blocked)?;
        let exchange = self.exchange(destination, request, resolve);
        timeout(self.deadline, exchange).await.unwrap_or(Err(Failure::Timeout))
    }

    async fn exchange<R, F>(
        &self,
        destination: &Destination,
        request: Request<Full<Bytes>>,
        resolve: R,
    ) -> Result<StatusCode, Failure>
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

/// Where a request goes, taken from a URL that a stranger wrote.
pub(crate) struct Destination {
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
    pub(crate) fn parse(text: &str, rule: AddressRule) -> Result<Self, Failure> {
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

    /// Whether it is a name, or an address that may be asked.
    pub(crate) fn is_allowed(&self, rule: AddressRule) -> bool {
        match self.host {
            Host::Domain(_) => true,
            Host::Ipv4(address) => rule.allows_address(IpAddr::V4(address)),
            Host::Ipv6(address) => rule.allows_address(IpAddr::V6(address)),
        }
    }

    fn request(&self, head: Builder, body: Full<Bytes>) -> Option<Request<Full<Bytes>>> {
        let mut request = head.uri(&self.target).body(body).ok()?;
        let rest = std::mem::take(request.headers_mut());
        // It goes first, as in every request.
        request.headers_mut().insert(HOST, HeaderValue::from_str(&self.authority).ok()?);
        request.headers_mut().extend(rest);
        Some(request)
    }
}
