//! The address at which workers report, over http:// or https://.
//!
//! **Invariant:** over https:// nothing is said to a server whose certificate this machine does
//! not trust.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Url;

/// Bytes of an answer.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Why nothing can be said there, or nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// It is not an address.
    #[error("the address of reports is not one that begins with http:// or https://")]
    Address,
    /// No certificate could ever be trusted.
    #[error("there is no TLS here: {0}")]
    Tls(#[source] rustls::Error),
    /// Nobody answers.
    #[error("nobody answers at the address of reports: {0}")]
    Connection(String),
}

/// Where workers report.
#[derive(Clone)]
pub struct Callback {
    /// For the head of the request.
    pub(crate) authority: String,
    pub(crate) path: String,
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl std::fmt::Debug for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Callback({}{})", self.authority, self.path)
    }
}

trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

impl Callback {
    /// With the certificates that this machine trusts.
    pub fn new(address: &str) -> Result<Self, CallbackError> {
        let mut roots = RootCertStore::empty();
        if address.starts_with("https://") {
            // One that cannot be read is one that is not trusted.
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
        Self::trusting(address, roots)
    }

    fn trusting(address: &str, roots: RootCertStore) -> Result<Self, CallbackError> {
        let url = Url::parse(address).map_err(|_| CallbackError::Address)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(CallbackError::Address)?;
        let port = url.port_or_known_default().ok_or(CallbackError::Address)?;
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let tls = match url.scheme() {
            "http" => None,
            "https" => {
                let provider = Arc::new(rustls::crypto::ring::default_provider());
                let config =
                    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
                let config = config.map_err(CallbackError::Tls)?.with_root_certificates(roots);
                let name = ServerName::try_from(bare.clone()).map_err(|_| CallbackError::Address)?;
                Some((TlsConnector::from(Arc::new(config.with_no_client_auth())), name))
            }
            _ => return Err(CallbackError::Address),
        };
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self { authority, path: url.path().to_owned(), host: bare, port, tls })
    }

    /// Sends a request and waits for its answer.
    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(StatusCode, Bytes), CallbackError> {
        let wire = self.connect().await.map_err(|error| connection(&error))?;
        let (mut sender, driver) =
            http1::handshake(TokioIo::new(wire)).await.map_err(|error| connection(&error))?;
        let exchange = async {
            let response = sender.send_request(request).await.map_err(|error| connection(&error))?;
            let status = response.status();
            let answer = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
            Ok((status, answer.map_or_else(|_| Bytes::new(), |answer| answer.to_bytes())))
        };
        tokio::pin!(exchange);
        tokio::select! {
            done = &mut exchange => done,
            ended = driver => match ended {
                // The answer may have come with the last bytes of the connection.
                Ok(()) => exchange.await,
                Err(error) => Err(connection(&error)),
            },
        }
    }

    async fn connect(&self) -> io::Result<Box<dyn Wire>> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        Ok(match &self.tls {
            None => Box::new(stream),
            Some((tls, name)) => Box::new(tls.connect(name.clone(), stream).await?),
        })
    }
}

fn connection(error: &dyn std::fmt::Display) -> CallbackError {
    CallbackError::Connection(error.to_string())
}

#[cfg(test)]
mod tests {
    use hivesync_testkit::KeyPair;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that answers one request over TLS; gives its address, who believes it and what
    /// it will have heard.
    async fn secure() -> (String, RootCertStore, tokio::task::JoinHandle<String>) {
        let pair = KeyPair::named("localhost").unwrap();
        let (acceptor, roots) = (pair.acceptor().unwrap(), pair.roots().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("https://localhost:{}/report", listener.local_addr().unwrap().port());
        let heard = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { return String::new() };
            let mut bytes = vec![0; 4096];
            let count = stream.read(&mut bytes).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
            stream.shutdown().await.unwrap();
            String::from_utf8_lossy(&bytes[..count]).into_owned()
        });
        (address, roots, heard)
    }

    fn request() -> Request<Full<Bytes>> {
        Request::post("/report").header("host", "localhost").body(Full::new(Bytes::from("words"))).unwrap()
    }

    #[tokio::test]
    async fn a_report_over_tls_reaches_a_server_that_is_trusted() {
        let (address, roots, heard) = secure().await;
        let callback = Callback::trusting(&address, roots).unwrap();
        let (status, answer) = callback.send(request()).await.unwrap();
        assert_eq!((status, answer), (StatusCode::OK, Bytes::from("{}")));
        let heard = heard.await.unwrap();
        assert!(heard.starts_with("POST /report HTTP/1.1"), "{heard}");
    }

    #[tokio::test]
    async fn nothing_is_said_to_a_server_that_is_not_trusted() {
        let (address, _, heard) = secure().await;
        let callback = Callback::new(&address).unwrap();
        assert!(matches!(callback.send(request()).await, Err(CallbackError::Connection(_))));
        assert_eq!(heard.await.unwrap(), "");
    }

    #[test]
    fn an_address_is_one_of_the_web() {
        let good = Callback::new("http://[::1]:4000/a").unwrap();
        assert_eq!((good.authority.as_str(), good.host.as_str(), good.port), ("[::1]:4000", "::1", 4000));
        assert_eq!(Callback::new("https://build.example/a").unwrap().port, 443);
        for address in ["ftp://build.example/a", "build.example", "http://", ""] {
            assert!(Callback::new(address).is_err(), "{address}");
        }
    }
}
