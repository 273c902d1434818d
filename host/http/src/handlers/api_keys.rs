//! Keys of programs, such as those of a build server.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hivesync_storage::sql::api_keys::{self, ApiKey};
use hivesync_types::Code;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::accounts::check_name;
use super::page::{Page, PageQuery, rfc3339};
use crate::api::Api;
use crate::extract::{API_KEY_PREFIX, Caller, JsonBody, Params};
use crate::identifiers::{digest, known_id, new_id, new_secret};
use crate::problem::Problem;

/// Characters of a key that its owner sees again.
const SHOWN: usize = 10;
/// Keys of one user.
const KEYS_MAX: u64 = 50;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

/// A key as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyView {
    id: String,
    name: String,
    prefix: String,
    created_at: String,
    revoked_at: Option<String>,
    /// The key itself: once, in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

/// `POST /api/v1/api-keys`.
#[utoipa::path(
    post,
    path = "/api-keys",
    tag = "accounts",
    operation_id = "api_keys_create",
    summary = "Makes a key for a program; it is shown once.",
    request_body = NewKey,
    responses((status = 201, description = "The key.", body = KeyView)),
)]
pub(crate) async fn create(
    State(api): State<Arc<Api>>,
    caller: Caller,
    body: JsonBody<NewKey>,
) -> Result<(StatusCode, Json<KeyView>), Problem> {
    let name = body.value.name;
    check_name("name", &name)?;
    if api_keys::good(&api.db, &caller.user.id).await? >= KEYS_MAX {
        return Err(Problem::with(Code::Conflict, format!("There are {KEYS_MAX} keys; withdraw one first.")));
    }
    let secret = new_secret(&api, API_KEY_PREFIX)?;
    let prefix = secret.chars().take(SHOWN).collect();
    let key = ApiKey { id: new_id(&api)?, name, prefix, created_at: api.moment(), revoked_at: None };
    api_keys::keep(&api.db, &key, &caller.user.id, &digest(&secret)).await?;
    Ok((StatusCode::CREATED, Json(view(&key, Some(secret)))))
}

/// `GET /api/v1/api-keys`.
#[utoipa::path(
    get,
    path = "/api-keys",
    tag = "accounts",
    operation_id = "api_keys_list",
    summary = "Lists the keys of the user, the newest first.",
    params(PageQuery),
    responses((status = 200, description = "A page.", body = Page<KeyView>)),
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Params(query): Params<PageQuery>,
) -> Result<Json<Page<KeyView>>, Problem> {
    let slice = query.slice()?;
    let rows = api_keys::of_user(&api.db, &caller.user.id, &slice).await?;
    Ok(Json(slice.page(rows, |key| &key.id, |key| view(key, None))))
}

/// `DELETE /api/v1/api-keys/{key_id}`.
#[utoipa::path(
    delete,
    path = "/api-keys/{key_id}",
    tag = "accounts",
    operation_id = "api_keys_revoke",
    summary = "Withdraws a key.",
    responses((status = 204, description = "It is good no longer.")),
)]
pub(crate) async fn revoke(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    known_id(&id)?;
    if api_keys::revoke(&api.db, &caller.user.id, &id, api.moment()).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(Code::NotFound))
    }
}

fn view(key: &ApiKey, secret: Option<String>) -> KeyView {
    KeyView {
        id: key.id.clone(),
        name: key.name.clone(),
        prefix: key.prefix.clone(),
        created_at: rfc3339(key.created_at),
        revoked_at: key.revoked_at.map(rfc3339),
        key: secret,
    }
}
