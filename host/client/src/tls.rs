//! Which server is believed over `https://`, and in what words one is not.

use std::io;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::error::ClientError;

/// A connection, whether it is encrypted or not.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

/// How connections to one server are encrypted.
#[derive(Clone)]
pub(crate) struct Encryption {
    connector: TlsConnector,
    /// What its certificate has to be for.
    name: ServerName<'static>,
}

impl Encryption {
    /// Believes a server of this name whose certificate leads to one of these.
    pub(crate) fn new(name: ServerName<'static>, roots: RootCertStore) -> Result<Self, ClientError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(ClientError::Tls)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
    }

    pub(crate) async fn begin(&self, stream: TcpStream) -> Result<Box<dyn Wire>, ClientError> {
        match self.connector.connect(self.name.clone(), stream).await {
            Ok(encrypted) => Ok(Box::new(encrypted)),
            Err(error) => Err(in_words(error)),
        }
    }
}

/// The certificates that this machine believes.
pub(crate) fn of_this_machine() -> Result<RootCertStore, ClientError> {
    let mut roots = RootCertStore::empty();
    // One that cannot be read is one that is not believed.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() { Err(ClientError::NoCertificates) } else { Ok(roots) }
}

/// These certificates, in PEM.
pub(crate) fn written(pem: &[u8]) -> Result<RootCertStore, ClientError> {
    let wrong = || ClientError::Certificates;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        roots.add(certificate.map_err(|_| wrong())?).map_err(|_| wrong())?;
    }
    if roots.is_empty() { Err(wrong()) } else { Ok(roots) }
}

fn in_words(error: io::Error) -> ClientError {
    use CertificateError::{BadSignature, NotValidForName, NotValidForNameContext, UnknownIssuer};
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        // A bad signature is that of another authority of the same name, such as one that was made anew.
        Some(rustls::Error::InvalidCertificate(UnknownIssuer | BadSignature)) => ClientError::Stranger(error),
        Some(rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
            ClientError::OtherName(error)
        }
        Some(rustls::Error::InvalidCertificate(_)) => ClientError::Certificate(error),
        Some(_) => ClientError::NotEncrypted(error),
        None => ClientError::Connection(error),
    }
}
