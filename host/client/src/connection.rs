//! One request, one answer, one connection.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header;
use hyper_util::rt::TokioIo;
use rustls::RootCertStore;
use rustls::pki_types::ServerName;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;

use crate::answer::Problem;
use crate::error::ClientError;
use crate::tls::{self, Encryption, Wire};

/// How long an answer may take, from the connection to its last byte: a bundle is large.
const PATIENCE: Duration = Duration::from_secs(120);
/// No answer is larger: a bundle has 50 MB at most.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// Where to ask.
#[derive(Clone)]
pub(crate) struct Server {
    /// For the head of a request.
    authority: String,
    host: String,
    port: u16,
    encryption: Option<Encryption>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.encryption.is_some() { "https" } else { "http" };
        write!(f, "Server({scheme}://{})", self.authority)
    }
}

/// A request.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) method: &'static str,
    pub(crate) target: &'a str,
    pub(crate) token: Option<&'a str>,
    pub(crate) key: Option<&'a str>,
    /// What the body is; JSON where nothing is said.
    pub(crate) kind: Option<&'a str>,
    pub(crate) body: Option<Bytes>,
}

/// The body of an answer that went well.
#[derive(Debug)]
pub(crate) struct Answer(Bytes);

impl Answer {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        serde_json::from_slice(&self.0).map_err(ClientError::Nonsense)
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl Server {
    /// With the certificates that this machine believes.
    pub(crate) fn at(address: &str) -> Result<Self, ClientError> {
        Self::reached(address, tls::of_this_machine)
    }

    /// With these certificates, in PEM, and no others.
    pub(crate) fn trusting(address: &str, ca: &[u8]) -> Result<Self, ClientError> {
        let server = Self::reached(address, || tls::written(ca))?;
        match server.encryption {
            Some(_) => Ok(server),
            None => Err(ClientError::Unencrypted(address.to_owned())),
        }
    }

    fn reached(
        address: &str,
        roots: impl FnOnce() -> Result<RootCertStore, ClientError>,
    ) -> Result<Self, ClientError> {
        let wrong = || ClientError::Address(address.to_owned());
        let url = Url::parse(address).map_err(|_| wrong())?;
        let says_where = url.username().is_empty() && url.password().is_none();
        let is_whole =
            says_where && matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        let host = url.host_str().filter(|_| is_whole).ok_or_else(wrong)?;
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        // An address of version 6 stands in brackets where a port follows.
        let bare = host.trim_matches(['[', ']']).to_owned();
        let encryption = match url.scheme() {
            "http" => None,
            "https" => {
                let name = ServerName::try_from(bare.clone()).map_err(|_| wrong())?;
                Some(Encryption::new(name, roots()?)?)
            }
            _ => return Err(wrong()),
        };
        Ok(Self { authority, host: bare, port: url.port_or_known_default().ok_or_else(wrong)?, encryption })
    }

    pub(crate) async fn ask(&self, ask: Ask<'_>) -> Result<Answer, ClientError> {
        timeout(PATIENCE, self.exchange(ask)).await.map_err(|_| ClientError::Silence)?
    }

    async fn exchange(&self, ask: Ask<'_>) -> Result<Answer, ClientError> {
        let wire = self.connect().await?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(wire)).await.map_err(ClientError::Protocol)?;
        // It ends with the answer, whose reader sees what went wrong.
        tokio::spawn(async move { drop(connection.await) });
        let request = self.request(ask)?;
        let answer = sender.send_request(request).await.map_err(ClientError::Protocol)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), BYTES_MAX).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                return ClientError::TooLarge;
            }
            match error.downcast::<hyper::Error>() {
                Ok(error) => ClientError::Protocol(*error),
                Err(_) => ClientError::Silence,
            }
        })?;
        let bytes = body.to_bytes();
        if status.is_success() {
            return Ok(Answer(bytes));
        }
        match serde_json::from_slice::<Problem>(&bytes) {
            Ok(problem) => Err(ClientError::Refused(Box::new(problem))),
            Err(_) => Err(ClientError::Status(status.as_u16())),
        }
    }

    async fn connect(&self) -> Result<Box<dyn Wire>, ClientError> {
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await;
        let stream = stream.map_err(ClientError::Connection)?;
        match &self.encryption {
            None => Ok(Box::new(stream)),
            Some(encryption) => encryption.begin(stream).await,
        }
    }

    fn request(&self, ask: Ask<'_>) -> Result<Request<Full<Bytes>>, ClientError> {
        let mut request =
            Request::builder().method(ask.method).uri(ask.target).header(header::HOST, &self.authority);
        if let Some(token) = ask.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(key) = ask.key {
            request = request.header("idempotency-key", key);
        }
        if ask.body.is_some() {
            request = request.header(header::CONTENT_TYPE, ask.kind.unwrap_or("application/json"));
        }
        // A name that cannot stand in a header, or an id that cannot stand in an address.
        request.body(Full::new(ask.body.unwrap_or_default())).map_err(|_| ClientError::Unspeakable)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_nothing_behind_it() {
        for (good, authority, host, port) in [
            ("http://127.0.0.1:4000", "127.0.0.1:4000", "127.0.0.1", 4000),
            ("http://hive.example/", "hive.example", "hive.example", 80),
            ("http://[::1]:1", "[::1]:1", "::1", 1),
            ("https://hive.example", "hive.example", "hive.example", 443),
            ("https://[::1]:8443/", "[::1]:8443", "::1", 8443),
        ] {
            let server = Server::at(good).unwrap();
            assert_eq!(
                (server.authority.as_str(), server.host.as_str(), server.port),
                (authority, host, port)
            );
            assert_eq!(server.encryption.is_some(), good.starts_with("https"), "{good}");
        }
        for wrong in [
            "hive.example:4000",
            "ftp://hive.example",
            "http://hive.example/api",
            "http://a/?b",
            "https://a/#b",
            "https://me:word@hive.example",
            "",
        ] {
            assert!(matches!(Server::at(wrong), Err(ClientError::Address(_))), "{wrong}");
        }
    }

    #[tokio::test]
    async fn what_cannot_stand_in_a_request_is_not_sent() {
        let server = Server::at("http://127.0.0.1:9").unwrap();
        let ask = |target, key| Ask { method: "GET", target, token: None, key, kind: None, body: None };
        for (target, key) in [("/a\r\nb", None), ("/a", Some("a\r\nb"))] {
            let refused = server.request(ask(target, key)).unwrap_err();
            assert!(matches!(refused, ClientError::Unspeakable), "{refused}");
        }
        assert!(server.request(ask("/a", Some("b"))).is_ok());
    }
}
