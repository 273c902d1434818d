//! Why there is no answer, or not the one that was hoped for.

use crate::answer::Problem;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It cannot be an address of a server: `https://host:port`, without anything behind it.
    #[error("{0:?} is not the address of a server, as https://host or http://host:port")]
    Address(String),
    /// Certificates were named for an address at which none is shown.
    #[error("{0:?} is not encrypted, so certificates say nothing there: write https://, or leave them out")]
    Unencrypted(String),
    /// This machine believes nobody.
    #[error(
        "no trusted certificates were found on this machine: install the package ca-certificates, or name \
         those of the server with Client::trusting"
    )]
    NoCertificates,
    /// What was to be believed is no certificate.
    #[error(
        "the certificates to believe are not certificates in PEM, which begin with -----BEGIN CERTIFICATE-----"
    )]
    Certificates,
    /// No certificate could ever be believed.
    #[error("TLS cannot be set up here")]
    Tls(#[source] rustls::Error),
    /// Something cannot be written as JSON.
    #[error("what was to be said cannot be written as JSON")]
    Unspeakable,
    /// Nobody answers there, or whoever does went away in the middle.
    #[error("the server cannot be reached")]
    Connection(#[source] std::io::Error),
    /// Nobody who is believed has signed for it.
    #[error(
        "the server's certificate is signed by nobody who is trusted here: if it is yours, name its \
         authority's certificate with Client::trusting, or add that to this machine's"
    )]
    Stranger(#[source] std::io::Error),
    /// Its certificate is another server's.
    #[error("the server's certificate is for another name: write the address with a name that stands in it")]
    OtherName(#[source] std::io::Error),
    /// Its certificate cannot be believed for another reason.
    #[error("the server's certificate is not good now: see whether it has expired, and what time it is here")]
    Certificate(#[source] std::io::Error),
    /// It does not speak TLS.
    #[error(
        "the server does not speak TLS there: see whether its port is right, or its address begins with http://"
    )]
    NotEncrypted(#[source] std::io::Error),
    /// It answered with something else than HTTP.
    #[error("the server does not speak HTTP")]
    Protocol(#[source] hyper::Error),
    /// It did not answer in time.
    #[error("the server does not answer")]
    Silence,
    /// It answered what no server of this version answers.
    #[error("the server answered something else than its document says")]
    Nonsense(#[source] serde_json::Error),
    /// It refused, and says why.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// It, or whoever stands before it, refused without a word.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// More than any answer of the API has.
    #[error("the answer is larger than any that is expected")]
    TooLarge,
}

impl ClientError {
    /// The stable code of a refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused(problem) => Some(&problem.code),
            _ => None,
        }
    }
}
