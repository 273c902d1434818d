//! Why there is no answer, or not the one that was hoped for.

use crate::answer::Problem;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// It cannot be an address of a server: `http://host:port`, without anything behind it.
    #[error("{0:?} is not the address of a server, as http://host:port")]
    Address(String),
    /// Something cannot be written as JSON.
    #[error("what was to be said cannot be written as JSON")]
    Unspeakable,
    /// Nobody answers there, or whoever does went away in the middle.
    #[error("the server cannot be reached")]
    Connection(#[source] std::io::Error),
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
