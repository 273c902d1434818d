//! Who asks: a person with an access token, or a program with one of their keys.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use hivesync_access::read_session;
use hivesync_storage::sql::accounts::{self, User};
use hivesync_storage::sql::api_keys;
use hivesync_types::{Code, TierLimits};

use crate::api::Api;
use crate::identifiers::digest;
use crate::problem::Problem;

/// How keys of programs begin.
pub(crate) const API_KEY_PREFIX: &str = "hsk_";

/// The user whom a request is made for, as they are now.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) user: User,
    pub(crate) asker: Asker,
}

/// Who asks for the user.
#[derive(Debug, Clone)]
pub(crate) enum Asker {
    /// They themselves.
    Person,
    /// A program with a key, of which this is the digest.
    Key(String),
}

/// Whom a request's head names, or why nobody: found out once.
#[derive(Debug, Clone)]
pub(crate) struct Recognised(pub(crate) Result<Caller, Problem>);

impl Caller {
    /// What their tier allows.
    pub(crate) fn limits(&self, api: &Api) -> TierLimits {
        api.settings.tiers.of(self.user.tier)
    }
}

impl Recognised {
    /// Whom these headers name.
    pub(crate) async fn of(api: &Api, headers: &HeaderMap) -> Self {
        Self(recognise(api, headers).await)
    }
}

impl FromRequestParts<Arc<Api>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        match parts.extensions.remove::<Recognised>() {
            Some(recognised) => recognised.0,
            None => recognise(api, &parts.headers).await,
        }
    }
}

async fn recognise(api: &Api, headers: &HeaderMap) -> Result<Caller, Problem> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(bearer).ok_or_else(|| refused(Code::Unauthenticated.sentence()))?;
    let (user_id, asker) = if token.starts_with(API_KEY_PREFIX) {
        let digest = digest(token);
        (api_keys::owner(&api.db, &digest).await?, Asker::Key(digest))
    } else {
        let user_id = read_session(token, &api.secrets.session, api.now())
            .map_err(|refusal| refused(&refusal.to_string()))?;
        (Some(user_id), Asker::Person)
    };
    let user_id = user_id.ok_or_else(|| refused("The key is not good here."))?;
    let user = accounts::by_id(&api.db, &user_id).await?;
    Ok(Caller { user: user.ok_or_else(|| refused("The account is gone."))?, asker })
}

/// The token of a bearer, whose scheme has no case.
pub(crate) fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim()).filter(|token| !token.is_empty())
}

fn refused(message: &str) -> Problem {
    let problem = Problem::with(Code::Unauthenticated, message);
    problem.header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}
