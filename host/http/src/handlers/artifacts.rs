//! What a device fetches: a token of version 2 for one job, and with it a link or the bytes.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use hivesync_access::{ArtifactGrant, issue, read};
use hivesync_storage::ObjectKey;
use hivesync_storage::sql::previews::{self, PreviewArtifact, PreviewState};
use hivesync_storage::sql::projects::Role;
use hivesync_types::{Code, Platform};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::page::rfc3339;
use super::previews::of_project;
use crate::api::Api;
use crate::extract::{Caller, Params};
use crate::problem::{Problem, internal};
use crate::stream::reader_body;

/// How long a link is good.
pub(crate) const LINK_TTL: Duration = Duration::from_secs(300);

/// A token for an artifact.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ArtifactToken {
    token: String,
    expires_at: String,
    artifact_url: String,
}

/// Where an artifact is for a while.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ArtifactLinks {
    device_id: String,
    url: String,
    metadata_url: String,
    digest: String,
    bytes: u64,
    expires_in: u64,
}

/// Which artifact, and in which way.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ArtifactQuery {
    token: Option<String>,
    device_id: Option<String>,
    device_type: Option<String>,
    #[serde(default)]
    #[param(inline)]
    mode: Mode,
}

/// How an artifact is handed over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// 302 to a signed link.
    #[default]
    Redirect,
    /// The signed link as JSON.
    Json,
    /// The bytes.
    Inline,
}

/// `POST /api/v1/projects/{project_id}/previews/jobs/{job_id}/artifact-token`.
#[utoipa::path(
    post,
    path = "/projects/{project_id}/previews/jobs/{job_id}/artifact-token",
    tag = "previews",
    operation_id = "artifacts_token",
    summary = "Makes a token of version 2, with which a device fetches an artifact.",
    responses((status = 201, description = "The token.", body = ArtifactToken)),
)]
pub(crate) async fn token(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path((project_id, job_id)): Path<(String, String)>,
) -> Result<(StatusCode, Json<ArtifactToken>), Problem> {
    let job = of_project(&api, &caller, (&project_id, &job_id), Role::Guest).await?;
    check_ready(&api, &job)?;
    let ttl = i64::try_from(api.settings.token_ttl.as_secs()).unwrap_or_default();
    let grant = ArtifactGrant {
        job_id: job.asked.id,
        project_id,
        user_id: caller.user.id,
        platform: job.asked.platform,
        tier: caller.user.tier.to_string(),
        expires_at: api.now().as_second().saturating_add(ttl),
        allowed_device_types: vec![device_type(job.asked.platform).to_owned()],
    };
    let token = issue(&grant, &api.secrets.tokens)?;
    let view = ArtifactToken {
        artifact_url: format!("{}/api/v1/preview/artifact?token={token}", api.settings.base_url),
        expires_at: rfc3339(api.moment().after(api.settings.token_ttl)),
        token,
    };
    Ok((StatusCode::CREATED, Json(view)))
}

/// `GET /api/v1/preview/artifact`: by a token of version 2, in the query or as a bearer's.
#[utoipa::path(
    get,
    path = "/preview/artifact",
    tag = "previews",
    operation_id = "artifacts_fetch",
    summary = "Fetches an artifact with a token of version 2, in the query or as a bearer's: by a link, or its bytes.",
    params(ArtifactQuery),
    responses((status = 200, description = "The links; or the bytes, where mode is inline.", body = ArtifactLinks), (status = 302, description = "The link is the location.")),
)]
pub(crate) async fn fetch(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    Params(query): Params<ArtifactQuery>,
) -> Result<Response, Problem> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer "));
    let token = query.token.as_deref().or(bearer).ok_or_else(|| Problem::new(Code::TokenInvalid))?;
    let grant: ArtifactGrant = read(token, &api.secrets.tokens, api.now())?;
    if let Some(kind) = &query.device_type
        && !grant.allowed_device_types.contains(kind)
    {
        let problem = Problem::with(Code::Forbidden, "The token is for devices of another type.");
        return Err(problem.detail("allowed_device_types", grant.allowed_device_types));
    }
    let job = previews::by_id(&api.db, &grant.job_id).await?.ok_or_else(|| Problem::new(Code::NotFound))?;
    check_ready(&api, &job)?;
    let artifact = match &query.device_id {
        Some(device) => previews::artifact(&api.db, &grant.job_id, device).await?,
        None => previews::artifacts(&api.db, &grant.job_id).await?.into_iter().next(),
    };
    let artifact = artifact.ok_or_else(|| Problem::with(Code::NotFound, "The job has no such device."))?;
    hand_over(&api, &artifact, query.mode).await
}

/// `GET /objects/{key}`: what a signed link of this server leads to.
pub(crate) async fn object(
    State(api): State<Arc<Api>>,
    Path(name): Path<String>,
    OriginalUri(uri): OriginalUri,
) -> Result<Response, Problem> {
    let key = api.objects.admit(&name, uri.query().unwrap_or_default(), api.now())?;
    send(&api, &key).await
}

async fn hand_over(api: &Api, artifact: &PreviewArtifact, mode: Mode) -> Result<Response, Problem> {
    let key =
        |text: &str| text.parse::<ObjectKey>().map_err(|error| internal("a row names no object", &error));
    let bundle = key(&artifact.bundle_key)?;
    if mode == Mode::Inline {
        return send(api, &bundle).await;
    }
    let now = api.now();
    let url = api.objects.link(&bundle, LINK_TTL, now).await?;
    if mode == Mode::Redirect {
        let mut response = Redirect::to(&url).into_response();
        *response.status_mut() = StatusCode::FOUND;
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return Ok(response);
    }
    let metadata_url = api.objects.link(&key(&artifact.metadata_key)?, LINK_TTL, now).await?;
    let body = ArtifactLinks {
        device_id: artifact.device_id.clone(),
        url,
        metadata_url,
        digest: artifact.digest.clone(),
        bytes: artifact.bytes,
        expires_in: LINK_TTL.as_secs(),
    };
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

async fn send(api: &Api, key: &ObjectKey) -> Result<Response, Problem> {
    let object = api.objects.read(key).await?.ok_or_else(|| Problem::new(Code::ArtifactExpired))?;
    let length = HeaderValue::from(object.bytes);
    let mut response = Response::new(Body::new(reader_body(object.body)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, length);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(key.media_type()));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    // Nothing that a user made is ever a page of this origin.
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    Ok(response)
}

/// The job has artifacts, and they are still kept.
fn check_ready(api: &Api, job: &previews::PreviewJob) -> Result<(), Problem> {
    if job.state != PreviewState::Success {
        return Err(Problem::new(Code::ArtifactNotReady).detail("state", job.state.as_str()));
    }
    if job.expires_at.is_some_and(|expires_at| expires_at <= api.moment()) {
        return Err(Problem::new(Code::ArtifactExpired));
    }
    Ok(())
}

/// What the devices of a platform are called in tokens.
const fn device_type(platform: Platform) -> &'static str {
    match platform {
        Platform::Ios => "iphone",
        Platform::Ipad => "ipad",
        Platform::Android => "android",
        Platform::Web => "browser",
    }
}
