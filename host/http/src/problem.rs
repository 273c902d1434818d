//! Errors as clients see them: RFC 9457, with the stable code.
//!
//! **Invariant:** what is our own fault reaches the client as its code and a sentence; the
//! details go to the log.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hivesync_access::Refusal;
use hivesync_storage::StorageError;
use hivesync_types::{Code, Fault};
use serde_json::{Value, json};

/// An answer that is an error.
#[derive(Debug, Clone)]
pub struct Problem(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    status: StatusCode,
    code: Code,
    message: String,
    details: Value,
    headers: HeaderMap,
}

impl Problem {
    /// This code, with its own sentence.
    pub fn new(code: Code) -> Self {
        Self::with(code, code.sentence())
    }

    /// This code, with a message of its own.
    pub fn with(code: Code, message: impl Into<String>) -> Self {
        let (message, details) = (message.into(), json!({}));
        Self(Box::new(Parts { status: status(code), code, message, details, headers: HeaderMap::new() }))
    }

    /// A field that cannot be what it says.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::with(Code::RequestInvalid, message).detail("field", field)
    }

    /// Adds a detail.
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Value::Object(details) = &mut self.0.details {
            details.insert(name.to_owned(), value.into());
        }
        self
    }

    /// Another status than the code's own.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The whole answer.
    pub(crate) fn render(self, request_id: &str) -> Response {
        let Parts { status, code, message, details, mut headers } = *self.0;
        let body = json!({
            "type": format!("/errors/{code}"),
            "title": code.sentence(),
            "status": status.as_u16(),
            "detail": message,
            "code": code.as_str(),
            "error": {
                "code": code.as_str(),
                "message": message,
                "details": details,
                "request_id": request_id,
            },
        });
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        (status, headers, body.to_string()).into_response()
    }
}

impl IntoResponse for Problem {
    /// An empty answer that carries the problem; whoever knows the request's id renders it.
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "the store failed a request");
        Self::new(error.code())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::UNAUTHORIZED);
        Self::with(refusal.code(), refusal.to_string()).status(status)
    }
}

/// Something of ours that failed; `what` and `error` go to the log alone.
pub(crate) fn internal(what: &'static str, error: &dyn std::fmt::Display) -> Problem {
    tracing::error!(%error, "{what}");
    Problem::new(Code::HostInternal)
}

fn status(code: Code) -> StatusCode {
    match code {
        Code::Unauthenticated
        | Code::CredentialsInvalid
        | Code::RefreshTokenReused
        | Code::SignatureInvalid
        | Code::ClockSkew
        | Code::ApiKeyInvalid
        | Code::NonceUsed
        | Code::TokenInvalid
        | Code::TokenExpired
        | Code::TokenWrongVersion => StatusCode::UNAUTHORIZED,
        Code::Forbidden | Code::TierUpgradeRequired | Code::UpgradeRequired => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::Conflict
        | Code::ArtifactNotReady
        | Code::LeaseLost
        | Code::EventflowDisabled
        | Code::UploadIncomplete => StatusCode::CONFLICT,
        Code::ArtifactExpired => StatusCode::GONE,
        Code::BodyTooLarge | Code::UploadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::ContentTypeUnsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::LimitReached => StatusCode::TOO_MANY_REQUESTS,
        Code::IdempotencyKeyReused
        | Code::PayloadInline
        | Code::UploadMalformed
        | Code::UploadUnsafePath
        | Code::UploadLink
        | Code::GitRefUnknown
        | Code::RepositoryRefused
        | Code::InvalidDeviceContext => StatusCode::UNPROCESSABLE_ENTITY,
        _ => match code.fault() {
            Fault::Host if code.is_retryable() => StatusCode::SERVICE_UNAVAILABLE,
            Fault::Host => StatusCode::INTERNAL_SERVER_ERROR,
            Fault::Caller | Fault::Guest => StatusCode::BAD_REQUEST,
        },
    }
}
