//! The document of the API: OpenAPI 3.1, made from the handlers themselves, and a page of it.
//!
//! Each handler says what it takes and what it answers when all goes well; what all of them
//! have in common is added here.
//!
//! What this does not do: name paths. The router collects them with the handlers, so that
//! there is no route without its entry.

mod closed;
mod reference;
mod signed;
mod typescript;

use std::collections::BTreeSet;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use utoipa::openapi::{InfoBuilder, OpenApi, Paths};

/// What needs nobody to be logged in.
const OPEN: [&str; 10] = [
    "/api/v1/auth/register",
    "/api/v1/auth/login",
    "/api/v1/auth/refresh",
    "/api/v1/auth/logout",
    "/api/v1/auth/session-token/exchange",
    "/api/v1/preview/build",
    "/api/v1/preview/artifact",
    "/api/v1/workers/callback",
    "/api/v1/worker/callback",
    "/api/v1/webhooks/lemonsqueezy",
];
/// A second name of an endpoint.
const ALIASES: [(&str, &str); 1] = [("/api/v1/worker/callback", "/api/v1/workers/callback")];
/// The methods of a path.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The document, as it is served.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    json: String,
    page: String,
    types: String,
}

/// What the document says of the whole.
pub(crate) fn base() -> OpenApi {
    let about = "Errors are problem details (RFC 9457) with a stable code, and every answer names its \
                 request. Requests a minute are limited by tier; headers say what is left.";
    let info =
        InfoBuilder::new().title("HiveSync").version(env!("CARGO_PKG_VERSION")).description(Some(about));
    OpenApi::new(info.build(), Paths::new())
}

impl Document {
    /// The document of the routes that were collected.
    pub(crate) fn of(api: &OpenApi) -> Self {
        let mut document = serde_json::to_value(api).unwrap_or_default();
        if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
            for (alias, path) in ALIASES {
                let mut item = paths.get(path).cloned().unwrap_or_default();
                rename(&mut item);
                paths.insert(alias.to_owned(), item);
            }
            let mut ids = BTreeSet::new();
            for (path, item) in paths.iter_mut() {
                for method in METHODS {
                    if let Some(operation) = item.get_mut(method).and_then(Value::as_object_mut) {
                        tell_apart(method, operation, &mut ids);
                        complete(path, method, operation);
                    }
                }
            }
        }
        if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
            closed::merge(schemas);
        }
        let bearer = json!({
            "type": "http", "scheme": "bearer",
            "description": "An access token of a session, or a key of a program.",
        });
        set(&mut document, &["components", "securitySchemes", "bearer"], bearer);
        let operator =
            json!({ "type": "http", "scheme": "bearer", "description": "The token of the operator." });
        set(&mut document, &["components", "securitySchemes", "operator"], operator);
        for (name, scheme) in signed::schemes() {
            set(&mut document, &["components", "securitySchemes", name], scheme);
        }
        set(&mut document, &["components", "schemas", "Problem"], problem());
        let json = serde_json::to_string_pretty(&document).unwrap_or_default() + "\n";
        Self { page: reference::page(&document), types: typescript::types(&document), json }
    }

    /// `GET /openapi.json`.
    pub(crate) fn json(&self) -> Response {
        ([(header::CONTENT_TYPE, "application/json")], self.json.clone()).into_response()
    }

    /// `GET /openapi.d.ts`.
    pub(crate) fn types(&self) -> Response {
        ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], self.types.clone()).into_response()
    }

    /// `GET /docs`.
    pub(crate) fn page(&self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
        ];
        (headers, self.page.clone()).into_response()
    }
}

/// Adds what all operations have in common.
fn complete(path: &str, method: &str, operation: &mut Map<String, Value>) {
    let is_api = path.starts_with("/api/");
    let is_operators = path.starts_with("/api/v1/admin/") || path == "/metrics";
    let is_open = !is_api || OPEN.contains(&path);
    let names: Vec<&str> = path.split('{').skip(1).filter_map(|part| part.split('}').next()).collect();
    let has_body = operation.contains_key("requestBody");
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    if let Some(parameters) = parameters.as_array_mut() {
        parameters.retain(|parameter| parameter.get("in").is_none_or(|place| place != "path"));
        for name in &names {
            let schema = json!({ "type": "string" });
            parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
        }
        if is_api && method == "post" {
            parameters.push(json!({
                "name": "Idempotency-Key", "in": "header", "required": false,
                "description": "What is asked twice under one key within a day is done once.",
                "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
            }));
        }
    }
    if is_operators {
        operation.insert("security".to_owned(), json!([{ "operator": [] }]));
    } else if let Some(signed) = signed::requirement(path) {
        operation.insert("security".to_owned(), signed);
    } else if is_api && !is_open {
        operation.insert("security".to_owned(), json!([{ "bearer": [] }]));
    }
    // The path may be one that is none, so that every operation refuses something.
    let mut refused = vec![400, 500, 503];
    if is_api {
        refused.extend([401, 429]);
    }
    if is_operators {
        // Where there is no operator, there is nothing to see.
        refused.extend([401, 404]);
    }
    if ["/api/content/", "/api/jobs", "/api/webhooks/"].iter().any(|start| path.starts_with(start)) {
        // Where nobody has a key, there is nothing.
        refused.push(404);
    }
    if !names.is_empty() {
        refused.extend([403, 404]);
    }
    if has_body {
        refused.extend([403, 404, 413, 415, 422]);
    }
    if is_api && method != "get" {
        refused.extend([409, 422]);
    }
    let hands_out = ["/artifact", "/answer", "/ai/result/{job_id}"].iter().any(|end| path.ends_with(end));
    if hands_out || path.starts_with("/objects/") {
        refused.extend([401, 403, 404, 409, 410]);
    }
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    if let Some(responses) = responses.as_object_mut() {
        for status in refused {
            responses.entry(status.to_string()).or_insert_with(|| refusal(status));
        }
    }
}

fn refusal(status: u16) -> Value {
    let meaning = match status {
        400 => "A part of the request cannot be what it says.",
        401 => "The request does not say who asks, or is not believed.",
        403 => "The role or the tier does not allow this.",
        404 => "There is no such thing, or it is not the caller's to see.",
        409 => "This is not possible as things stand.",
        410 => "It is no longer kept.",
        413 => "The body is too large.",
        415 => "The body is of another type than is taken.",
        422 => "The request can be read and not be done.",
        429 => "A limit is reached for now; Retry-After says for how long.",
        503 => "Something that is needed does not answer now.",
        _ => "The host made a mistake.",
    };
    let schema = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
    json!({ "description": meaning, "content": { "application/problem+json": schema } })
}

/// What every error looks like.
fn problem() -> Value {
    let code = json!({ "type": "string", "description": "A stable code, which /errors/{code} explains." });
    json!({
        "type": "object",
        "description": "An error: the members of RFC 9457, and the same under `error`.",
        "required": ["type", "title", "status", "detail", "code", "error"],
        "properties": {
            "type": { "type": "string", "description": "Where its page is." },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "code": code,
            "error": {
                "type": "object",
                "required": ["code", "message", "details", "request_id"],
                "properties": {
                    "code": code,
                    "message": { "type": "string" },
                    "details": { "type": "object" },
                    "request_id": { "type": "string" },
                },
            },
        },
    })
}

/// Operations of an alias have names of their own.
fn rename(item: &mut Value) {
    for method in METHODS {
        if let Some(Value::String(id)) = item.get_mut(method).and_then(|item| item.get_mut("operationId")) {
            id.push_str("_alias");
        }
    }
}

/// One handler under two methods has a name for each.
fn tell_apart(method: &str, operation: &mut Map<String, Value>, ids: &mut BTreeSet<String>) {
    if let Some(Value::String(id)) = operation.get_mut("operationId")
        && !ids.insert(id.clone())
    {
        id.push('_');
        id.push_str(method);
        ids.insert(id.clone());
    }
}

/// Puts a value under names, of which each is made where it is missing.
fn set(document: &mut Value, names: &[&str], value: Value) {
    match (names, document) {
        ([], place) => *place = value,
        ([name, rest @ ..], Value::Object(map)) => {
            set(map.entry(*name).or_insert_with(|| json!({})), rest, value);
        }
        _ => {}
    }
}
