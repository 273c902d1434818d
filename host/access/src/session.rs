//! Access tokens of people: JSON Web Tokens, HS256 (RFC 7519), a quarter of an hour at most.
//!
//! The header is compared and never read, so that no token chooses how it is verified.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;
use crate::secret::Secret;
use crate::token::TOKEN_BYTES_MAX;

/// The longest life of an access token.
pub const SESSION_TTL_MAX: Duration = Duration::from_secs(15 * 60);

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// What an access token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    sub: String,
    iat: i64,
    exp: i64,
}

/// An access token for this user, good for `ttl`, which is cut to [`SESSION_TTL_MAX`].
pub fn issue_session(
    user_id: &str,
    secret: &Secret,
    ttl: Duration,
    now: Timestamp,
) -> Result<String, Refusal> {
    let seconds = i64::try_from(ttl.min(SESSION_TTL_MAX).as_secs()).map_err(|_| Refusal::Token)?;
    let iat = now.as_second();
    let claims = Claims { sub: user_id.to_owned(), iat, exp: iat.saturating_add(seconds) };
    let claims = serde_json::to_vec(&claims).map_err(|_| Refusal::Token)?;
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(HEADER), URL_SAFE_NO_PAD.encode(claims));
    let tag = URL_SAFE_NO_PAD.encode(secret.tag(signed.as_bytes()));
    Ok(format!("{signed}.{tag}"))
}

/// The user that an access token is of.
pub fn read_session(token: &str, secret: &Secret, now: Timestamp) -> Result<String, Refusal> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(Refusal::Token);
    }
    let (signed, tag) = token.rsplit_once('.').ok_or(Refusal::Token)?;
    let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| Refusal::Token)?;
    if !secret.is_tag(&tag, signed.as_bytes()) {
        return Err(Refusal::Token);
    }
    let (header, claims) = signed.split_once('.').ok_or(Refusal::Token)?;
    if header != URL_SAFE_NO_PAD.encode(HEADER) {
        return Err(Refusal::Token);
    }
    let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| Refusal::Token)?;
    let claims: Claims = serde_json::from_slice(&claims).map_err(|_| Refusal::Token)?;
    if now.as_second() >= claims.exp { Err(Refusal::TokenExpired) } else { Ok(claims.sub) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn secret() -> Secret {
        Secret::new(b"0123456789abcdef0123456789abcdef")
    }

    #[test]
    fn a_session_is_good_until_its_second_and_never_longer_than_a_quarter_of_an_hour() {
        let token = issue_session("u1", &secret(), Duration::from_secs(3600), at(1000)).unwrap();
        assert_eq!(read_session(&token, &secret(), at(1000 + 899)), Ok("u1".to_owned()));
        assert_eq!(read_session(&token, &secret(), at(1000 + 900)), Err(Refusal::TokenExpired));
    }

    #[test]
    fn nothing_but_the_own_secret_and_the_own_header_makes_a_session() {
        let token = issue_session("u1", &secret(), SESSION_TTL_MAX, at(0)).unwrap();
        let other = Secret::new(b"another secret of thirty-two byte");
        assert_eq!(read_session(&token, &other, at(1)), Err(Refusal::Token));
        let (_, claims) = token.split_once('.').unwrap();
        let claims = claims.split_once('.').unwrap().0;
        let none = format!("{}.{claims}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#));
        assert_eq!(read_session(&none, &secret(), at(1)), Err(Refusal::Token));
        // Signed with the right secret under another header.
        let signed = format!("{}.{claims}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS512","typ":"JWT"}"#));
        let tag = URL_SAFE_NO_PAD.encode(secret().tag(signed.as_bytes()));
        assert_eq!(read_session(&format!("{signed}.{tag}"), &secret(), at(1)), Err(Refusal::Token));
        for bad in ["", ".", "..", "a.b.c", "a"] {
            assert_eq!(read_session(bad, &secret(), at(1)), Err(Refusal::Token), "{bad}");
        }
    }

    /// RFC 7515, section 3: HMAC over the two parts, in the compact form that others read.
    #[test]
    fn a_session_is_a_token_that_others_can_read() {
        let token = issue_session("u1", &secret(), SESSION_TTL_MAX, at(0)).unwrap();
        assert_eq!(token.split('.').next(), Some("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"));
        assert_eq!(token.split('.').count(), 3);
    }
}
