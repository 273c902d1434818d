//! What every answer has: the request's id, the problem in one form, and headers that keep a
//! browser from guessing.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{Extensions, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use hivesync_types::Code;

use crate::api::Api;
use crate::identifiers::new_id;
use crate::problem::Problem;

/// Names the request, in both directions.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of an id that a client may choose.
const ID_CHARS_MAX: usize = 64;

/// The id of the request that is answered.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(String);

impl RequestId {
    /// What the request that has these extensions is called; nothing outside of [`respond`].
    pub(crate) fn of(extensions: &Extensions) -> String {
        extensions.get::<Self>().map(|id| id.0.clone()).unwrap_or_default()
    }
}

/// Runs a request and gives its answer what every answer has.
pub(crate) async fn respond(State(api): State<Arc<Api>>, mut request: Request, next: Next) -> Response {
    let sent = request.headers().get(&REQUEST_ID).and_then(|value| value.to_str().ok());
    let id = match sent.filter(|id| is_id(id)) {
        Some(id) => id.to_owned(),
        None => new_id(&api).unwrap_or_else(|_| "unknown".to_owned()),
    };
    request.extensions_mut().insert(RequestId(id.clone()));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let begun = std::time::Instant::now();
    let mut response = next.run(request).await;
    if let Some(problem) = problem(&mut response) {
        let mut said = std::mem::take(response.headers_mut());
        response = problem.render(&id);
        said.remove(header::CONTENT_LENGTH);
        // What a layer or the framework said beside it, such as which methods there are.
        for (name, value) in said {
            if let Some(name) = name.filter(|name| !response.headers().contains_key(name)) {
                response.headers_mut().insert(name, value);
            }
        }
    }
    api.metrics.answered(&method, response.status().as_u16(), begun.elapsed());
    tracing::info!(
        request.id = %id, http.method = %method, http.path = %path,
        http.status = response.status().as_u16(), duration_ms = begun.elapsed().as_millis(),
        "answered a request"
    );
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    response
}

/// The problem of an answer: its own, or what a refusal of the framework comes to.
fn problem(response: &mut Response) -> Option<Problem> {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        return Some(problem);
    }
    let is_ours = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    match response.status() {
        status if !(status.is_client_error() || status.is_server_error()) || is_ours => None,
        StatusCode::NOT_FOUND => Some(Problem::new(Code::NotFound)),
        StatusCode::METHOD_NOT_ALLOWED => Some(Problem::new(Code::MethodNotAllowed)),
        StatusCode::PAYLOAD_TOO_LARGE => Some(Problem::new(Code::BodyTooLarge)),
        status if status.is_client_error() => Some(Problem::new(Code::RequestInvalid)),
        _ => Some(Problem::new(Code::HostInternal)),
    }
}

fn is_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(plain)
}
