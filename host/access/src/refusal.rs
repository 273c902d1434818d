//! Why somebody was not let in.

use hivesync_types::Code;

/// Why a request or a token was refused. The text is for the caller and names no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header of the signature is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A header of the signature cannot be what it says.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// A body that is not JSON.
    #[error("the body must be application/json")]
    ContentType,
    /// The request was signed too long ago, or in the future.
    #[error("Clock skew too large")]
    ClockSkew,
    /// The request names a key that is not, or no longer, one of ours.
    #[error("Invalid API key")]
    UnknownKey,
    /// None of the keys made this signature for this request.
    #[error("Invalid signature")]
    Signature,
    /// The request was seen before.
    #[error("Nonce already used")]
    Replay,
    /// There is no room to remember another request.
    #[error("too many requests at one time")]
    Overloaded,
    /// The link was not made with our secret, or is for another object.
    #[error("the link is not valid")]
    Link,
    /// The link was good once.
    #[error("the link has expired")]
    LinkExpired,
    /// The token was not made with our secret, or is no token.
    #[error("the token is not valid")]
    Token,
    /// The token was good once.
    #[error("the token has expired")]
    TokenExpired,
    /// The token is for another endpoint.
    #[error("the token is of version {found}, and this endpoint takes version {wanted}")]
    TokenVersion {
        /// What the token says.
        found: u64,
        /// What the endpoint takes.
        wanted: u64,
    },
}

impl Refusal {
    /// The stable code.
    pub const fn code(&self) -> Code {
        match self {
            Self::Missing(_) => Code::SignatureMissing,
            Self::Malformed(_) => Code::SignatureMalformed,
            Self::ContentType => Code::ContentTypeUnsupported,
            Self::ClockSkew => Code::ClockSkew,
            Self::UnknownKey => Code::ApiKeyInvalid,
            Self::Signature => Code::SignatureInvalid,
            Self::Replay => Code::NonceUsed,
            Self::Overloaded => Code::HostOverloaded,
            Self::Link => Code::LinkInvalid,
            Self::LinkExpired => Code::LinkExpired,
            Self::Token => Code::TokenInvalid,
            Self::TokenExpired => Code::TokenExpired,
            Self::TokenVersion { .. } => Code::TokenWrongVersion,
        }
    }

    /// The HTTP status: 400 for what was not sent well, 401 for who is not believed.
    pub const fn status(&self) -> u16 {
        match self {
            Self::Missing(_) | Self::Malformed(_) | Self::ContentType => 400,
            Self::Overloaded => 503,
            _ => 401,
        }
    }
}
