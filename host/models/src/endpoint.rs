//! The one address of a provider.
//!
//! **Invariant:** without TLS nothing is said to anything but this machine.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

/// What stands behind the base address for every question.
const COMPLETIONS: &str = "/chat/completions";

/// Why an address is not one of a provider.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// Not an address of the web, or one with a user, a query or a fragment.
    #[error("the base address is not a plain https:// address such as https://api.example/v1")]
    Address,
    /// `http://` to another machine.
    #[error("http:// is for a model of this machine: write https://, or 127.0.0.1")]
    Unencrypted,
    /// No certificate could ever be trusted.
    #[error("there is no TLS here: {0}")]
    Tls(#[source] rustls::Error),
}

/// A base address, such as `https://api.example/v1`.
#[derive(Clone)]
pub struct Endpoint {
    authority: String,
    path: String,
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Endpoint({}{})", self.authority, self.path)
    }
}

pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

impl Endpoint {
    /// With the certificates that this machine trusts.
    ///
    /// # Errors
    ///
    /// [`EndpointError`] where the address is not one to send a key to.
    pub fn new(base: &str) -> Result<Self, EndpointError> {
        let mut roots = RootCertStore::empty();
        if base.starts_with("https://") {
            // One that cannot be read is one that is not trusted.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Self::trusting(base, roots)
    }

    /// With certificates of one's own.
    ///
    /// # Errors
    ///
    /// As [`Endpoint::new`].
    pub fn trusting(base: &str, roots: RootCertStore) -> Result<Self, EndpointError> {
        let url = Url::parse(base).map_err(|_| EndpointError::Address)?;
        let plain = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let (Some(host), Some(port), true) = (url.host(), url.port_or_known_default(), plain) else {
            return Err(EndpointError::Address);
        };
        let bare = host.to_string().trim_matches(['[', ']']).to_owned();
        let tls = match url.scheme() {
            "http" if is_this_machine(&host) => None,
            "http" => return Err(EndpointError::Unencrypted),
            "https" => Some((connector(roots)?, server_name(&bare)?)),
            _ => return Err(EndpointError::Address),
        };
        let authority = url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}"));
        let path = format!("{}{COMPLETIONS}", url.path().trim_end_matches('/'));
        Ok(Self { authority, path, host: bare, port, tls })
    }

    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) async fn connect(&self) -> io::Result<Box<dyn Wire>> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        stream.set_nodelay(true)?;
        Ok(match &self.tls {
            None => Box::new(stream),
            Some((tls, name)) => Box::new(tls.connect(name.clone(), stream).await?),
        })
    }
}

/// Only addresses count: what `localhost` means is for a resolver to say.
fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => IpAddr::V4(*address) == IpAddr::V4(Ipv4Addr::LOCALHOST),
        Host::Ipv6(address) => *address == Ipv6Addr::LOCALHOST,
        Host::Domain(_) => false,
    }
}

fn server_name(host: &str) -> Result<ServerName<'static>, EndpointError> {
    ServerName::try_from(host.to_owned()).map_err(|_| EndpointError::Address)
}

fn connector(roots: RootCertStore) -> Result<TlsConnector, EndpointError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(EndpointError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_question_is_the_base_and_nothing_else() {
        let endpoint = Endpoint::new("https://api.example/v1/").unwrap();
        assert_eq!((endpoint.authority(), endpoint.path()), ("api.example", "/v1/chat/completions"));
        let local = Endpoint::new("http://[::1]:8080/v1").unwrap();
        assert_eq!((local.authority(), local.host.as_str(), local.port), ("[::1]:8080", "::1", 8080));
    }

    #[test]
    fn a_key_would_go_unencrypted_to_this_machine_only() {
        for base in
            ["http://api.example/v1", "http://10.0.0.1/v1", "http://localhost:1/v1", "http://127.0.0.2/"]
        {
            assert!(matches!(Endpoint::new(base), Err(EndpointError::Unencrypted)), "{base}");
        }
        assert!(Endpoint::new("http://127.0.0.1:8080/v1").is_ok());
    }

    #[test]
    fn an_address_that_says_more_than_where_is_refused() {
        for base in [
            "",
            "api.example",
            "ftp://api.example/",
            "https://me:secret@api.example/",
            "https://a.example/?key=1",
        ] {
            assert!(matches!(Endpoint::new(base), Err(EndpointError::Address)), "{base}");
        }
    }
}
