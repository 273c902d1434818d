//! Accounts and the sessions of people.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hivesync_access::{SESSION_TTL_MAX, issue_session};
use hivesync_storage::sql::accounts::{self, User};
use hivesync_storage::sql::sessions::{self, NewRefresh, Rotated};
use hivesync_types::{Code, Tier};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Api;
use crate::extract::{Caller, JsonBody};
use crate::identifiers::{digest, new_id, new_secret};
use crate::passwords::{self, PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN};
use crate::problem::Problem;
use crate::words;

/// How long a session token is good.
const SESSION_TOKEN_TTL: Duration = Duration::from_secs(120);
/// Bytes of an address.
const EMAIL_BYTES_MAX: usize = 254;
/// Bytes of a name.
pub(crate) const NAME_BYTES_MAX: usize = 100;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Registration {
    #[schema(max_length = 254)]
    email: String,
    #[schema(min_length = 10, max_length = 256)]
    password: String,
    #[schema(min_length = 1, max_length = 100)]
    display_name: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credentials {
    #[schema(max_length = 254)]
    email: String,
    #[schema(max_length = 256)]
    password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefreshToken {
    refresh_token: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionToken {
    session_token: String,
}

/// A user as they see themselves.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    id: String,
    email: String,
    display_name: String,
    #[schema(value_type = words::Tier)]
    tier: Tier,
}

/// What a login gives.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    access_token: String,
    token_type: &'static str,
    expires_in: u64,
    refresh_token: String,
}

/// What a session token gives access to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Handed {
    session_token: String,
    expires_in: u64,
}

/// `POST /api/v1/auth/register`.
#[utoipa::path(
    post,
    path = "/auth/register",
    tag = "accounts",
    operation_id = "accounts_register",
    summary = "Makes an account.",
    request_body = Registration,
    responses((status = 201, description = "The account.", body = UserView)),
)]
pub(crate) async fn register(
    State(api): State<Arc<Api>>,
    body: JsonBody<Registration>,
) -> Result<(StatusCode, Json<UserView>), Problem> {
    let Registration { email, password, display_name } = body.value;
    let email = address(&email)?;
    check_password(&password)?;
    let name = display_name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
    check_name("display_name", &name)?;
    let hash = passwords::hash(&api, password).await?;
    let user =
        User { id: new_id(&api)?, email, tier: Tier::Free, display_name: name, created_at: api.moment() };
    if accounts::register(&api.db, &user, &hash).await? {
        Ok((StatusCode::CREATED, Json(view(user))))
    } else {
        Err(Problem::with(Code::Conflict, "The address has an account.").detail("field", "email"))
    }
}

/// `POST /api/v1/auth/login`.
#[utoipa::path(
    post,
    path = "/auth/login",
    tag = "accounts",
    operation_id = "accounts_login",
    summary = "Begins a session.",
    request_body = Credentials,
    responses((status = 200, description = "The session.", body = Session)),
)]
pub(crate) async fn login(
    State(api): State<Arc<Api>>,
    body: JsonBody<Credentials>,
) -> Result<Json<Session>, Problem> {
    let Credentials { email, password } = body.value;
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(Problem::new(Code::CredentialsInvalid));
    }
    let known = match address(&email) {
        Ok(email) => accounts::by_email(&api.db, &email).await?,
        Err(_) => None,
    };
    let (user, hash) = known.unzip();
    let is_right = passwords::matches(&api, password, hash).await?;
    match user.filter(|_| is_right) {
        Some(user) => begin(&api, &user.id).await.map(Json),
        None => Err(Problem::new(Code::CredentialsInvalid)),
    }
}

/// `POST /api/v1/auth/refresh`.
#[utoipa::path(
    post,
    path = "/auth/refresh",
    tag = "accounts",
    operation_id = "accounts_refresh",
    summary = "Goes on with a session; the refresh token is good once.",
    request_body = RefreshToken,
    responses((status = 200, description = "The session.", body = Session)),
)]
pub(crate) async fn refresh(
    State(api): State<Arc<Api>>,
    body: JsonBody<RefreshToken>,
) -> Result<Json<Session>, Problem> {
    let next = new_secret(&api, "hsr_")?;
    let now = api.moment();
    let ends = now.after(api.settings.refresh_ttl);
    match sessions::rotate(&api.db, &digest(&body.value.refresh_token), &digest(&next), ends, now).await? {
        Rotated::Done { user_id } => session(&api, &user_id, next).map(Json),
        Rotated::Unknown => Err(Problem::with(Code::Unauthenticated, "The refresh token is not good here.")),
        Rotated::Reused => Err(Problem::new(Code::RefreshTokenReused)),
    }
}

/// `POST /api/v1/auth/logout`: ends the login that the token descends from.
#[utoipa::path(
    post,
    path = "/auth/logout",
    tag = "accounts",
    operation_id = "accounts_logout",
    summary = "Ends the login that a refresh token descends from.",
    request_body = RefreshToken,
    responses((status = 204, description = "It has ended.")),
)]
pub(crate) async fn logout(
    State(api): State<Arc<Api>>,
    body: JsonBody<RefreshToken>,
) -> Result<StatusCode, Problem> {
    sessions::end(&api.db, &digest(&body.value.refresh_token), api.moment()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/auth/session-token`: a token for one use, to hand a session to another
/// program of the same user.
#[utoipa::path(
    post,
    path = "/auth/session-token",
    tag = "accounts",
    operation_id = "accounts_session_token",
    summary = "Makes a token for one use, which hands the session to another program of the same user.",
    responses((status = 201, description = "The token.", body = Handed)),
)]
pub(crate) async fn session_token(
    State(api): State<Arc<Api>>,
    caller: Caller,
) -> Result<(StatusCode, Json<Handed>), Problem> {
    let token = new_secret(&api, "hss_")?;
    let now = api.moment();
    let ends = now.after(SESSION_TOKEN_TTL);
    sessions::keep_session_token(&api.db, &digest(&token), &caller.user.id, ends, now).await?;
    let handed = Handed { session_token: token, expires_in: SESSION_TOKEN_TTL.as_secs() };
    Ok((StatusCode::CREATED, Json(handed)))
}

/// `POST /api/v1/auth/session-token/exchange`.
#[utoipa::path(
    post,
    path = "/auth/session-token/exchange",
    tag = "accounts",
    operation_id = "accounts_exchange",
    summary = "Begins a session with a token for one use.",
    request_body = SessionToken,
    responses((status = 200, description = "The session.", body = Session)),
)]
pub(crate) async fn exchange(
    State(api): State<Arc<Api>>,
    body: JsonBody<SessionToken>,
) -> Result<Json<Session>, Problem> {
    let user = sessions::use_session_token(&api.db, &digest(&body.value.session_token), api.moment()).await?;
    match user {
        Some(user_id) => begin(&api, &user_id).await.map(Json),
        None => Err(Problem::with(Code::Unauthenticated, "The session token is not good here.")),
    }
}

/// `GET /api/v1/me`.
#[utoipa::path(
    get,
    path = "/me",
    tag = "accounts",
    operation_id = "accounts_me",
    summary = "Says who asks.",
    responses((status = 200, description = "The user.", body = UserView)),
)]
pub(crate) async fn me(caller: Caller) -> Json<UserView> {
    Json(view(caller.user))
}

async fn begin(api: &Api, user_id: &str) -> Result<Session, Problem> {
    let (token, family) = (new_secret(api, "hsr_")?, new_id(api)?);
    let now = api.moment();
    let expires_at = now.after(api.settings.refresh_ttl);
    let kept = NewRefresh { digest: &digest(&token), family: &family, user_id, expires_at };
    sessions::begin(&api.db, kept, now).await?;
    session(api, user_id, token)
}

fn session(api: &Api, user_id: &str, refresh_token: String) -> Result<Session, Problem> {
    let access_token = issue_session(user_id, &api.secrets.session, SESSION_TTL_MAX, api.now())?;
    let expires_in = SESSION_TTL_MAX.as_secs();
    Ok(Session { access_token, token_type: "Bearer", expires_in, refresh_token })
}

/// An address as it is kept. Whether somebody reads what is sent there, only a mail can say.
pub(crate) fn address(email: &str) -> Result<String, Problem> {
    let refused = || Problem::field("email", "email is not an address.");
    let email = email.trim().to_lowercase();
    let (local, domain) = email.rsplit_once('@').ok_or_else(refused)?;
    let plain = |text: &str| !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    let is_good = email.len() <= EMAIL_BYTES_MAX && plain(local) && plain(domain) && domain.contains('.');
    if is_good { Ok(email) } else { Err(refused()) }
}

fn check_password(password: &str) -> Result<(), Problem> {
    if password.chars().count() < PASSWORD_CHARS_MIN || password.len() > PASSWORD_BYTES_MAX {
        let message = format!(
            "password has at least {PASSWORD_CHARS_MIN} characters and at most {PASSWORD_BYTES_MAX} bytes."
        );
        return Err(Problem::field("password", message));
    }
    Ok(())
}

/// A name that people see: short, and without what would break a line or a page.
pub(crate) fn check_name(field: &str, name: &str) -> Result<(), Problem> {
    if name.trim().is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
        return Err(Problem::field(
            field,
            format!("{field} has 1 to {NAME_BYTES_MAX} bytes and no control characters."),
        ));
    }
    Ok(())
}

fn view(user: User) -> UserView {
    UserView { id: user.id, email: user.email, display_name: user.display_name, tier: user.tier }
}
