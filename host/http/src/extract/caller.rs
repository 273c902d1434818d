//! Who asks: a person with an access token, or a program with one of their keys.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
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
pub(crate) struct Caller {
    pub(crate) user: User,
}

impl Caller {
    /// What their tier allows.
    pub(crate) fn limits(&self) -> TierLimits {
        self.user.tier.limits()
    }
}

impl FromRequestParts<Arc<Api>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Problem> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(bearer).ok_or_else(|| refused(Code::Unauthenticated.sentence()))?;
        let user_id = if token.starts_with(API_KEY_PREFIX) {
            api_keys::owner(&api.db, &digest(token)).await?
        } else {
            Some(
                read_session(token, &api.secrets.session, api.now())
                    .map_err(|refusal| refused(&refusal.to_string()))?,
            )
        };
        let user_id = user_id.ok_or_else(|| refused("The key is not good here."))?;
        let user = accounts::by_id(&api.db, &user_id).await?;
        Ok(Self { user: user.ok_or_else(|| refused("The account is gone."))? })
    }
}

/// The token of a bearer, whose scheme has no case.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim()).filter(|token| !token.is_empty())
}

fn refused(message: &str) -> Problem {
    let problem = Problem::with(Code::Unauthenticated, message);
    problem.header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}
