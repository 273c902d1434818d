//! Links to objects that this server hands out itself.
//!
//! Who holds such a link may read one object until the link ends, as with the links of an
//! object store; it says nothing about who that is.

use std::time::Duration;

use jiff::Timestamp;

use crate::refusal::Refusal;
use crate::secret::Secret;

/// The longest a link is good, however long was asked for.
pub const LINK_TTL_MAX: Duration = Duration::from_secs(300);

/// The query of a link to `key`, good from `now` on.
pub fn sign_link(secret: &Secret, key: &str, ttl: Duration, now: Timestamp) -> String {
    let seconds = i64::try_from(ttl.min(LINK_TTL_MAX).as_secs()).unwrap_or(0);
    let expires = now.as_second().saturating_add(seconds);
    let signature = hex::encode(secret.tag(text(key, expires).as_bytes()));
    format!("expires={expires}&signature={signature}")
}

/// Whether one of `secrets` signed this query for `key`, and not too long ago.
pub fn check_link(secrets: &[Secret], key: &str, query: &str, now: Timestamp) -> Result<(), Refusal> {
    let parts = query.strip_prefix("expires=").and_then(|rest| rest.split_once("&signature="));
    let (expires, signature) = parts.ok_or(Refusal::Link)?;
    let expires: i64 = expires.parse().map_err(|_| Refusal::Link)?;
    let mut tag = [0; 32];
    hex::decode_to_slice(signature, &mut tag).map_err(|_| Refusal::Link)?;
    if !secrets.iter().any(|secret| secret.is_tag(&tag, text(key, expires).as_bytes())) {
        return Err(Refusal::Link);
    }
    if now.as_second() < expires { Ok(()) } else { Err(Refusal::LinkExpired) }
}

/// What is signed. Its first line keeps it apart from everything else a secret may sign.
fn text(key: &str, expires: i64) -> String {
    format!("hivesync object link\n{key}\n{expires}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "previews/a/default/metadata.json";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_link_is_good_for_its_object_until_it_ends() {
        let secret = Secret::new(b"of links");
        let query = sign_link(&secret, KEY, Duration::from_secs(60), at(1000));
        let secrets = [Secret::new(b"newer"), secret];
        assert_eq!(check_link(&secrets, KEY, &query, at(1000)), Ok(()));
        assert_eq!(check_link(&secrets, KEY, &query, at(1059)), Ok(()));
        assert_eq!(check_link(&secrets, KEY, &query, at(1060)), Err(Refusal::LinkExpired));
        assert_eq!(check_link(&secrets, "previews/b", &query, at(1000)), Err(Refusal::Link));
        assert_eq!(check_link(&secrets[..1], KEY, &query, at(1000)), Err(Refusal::Link));
    }

    #[test]
    fn nobody_gets_a_link_for_longer_than_five_minutes() {
        let query = sign_link(&Secret::new(b"s"), KEY, Duration::from_secs(86_400), at(0));
        assert!(query.starts_with("expires=300&"), "{query}");
    }

    #[test]
    fn a_link_that_was_touched_is_refused() {
        let secret = [Secret::new(b"s")];
        let query = sign_link(&secret[0], KEY, Duration::from_secs(60), at(1000));
        for touched in [
            String::new(),
            query.replace("expires=1060", "expires=1061"),
            query.replace("expires=1060", "expires=99999999999999999999"),
            query[..query.len() - 2].to_owned(),
            format!("{query}&x=1"),
            format!("x=1&{query}"),
            query.replace("signature=", "signature=zz"),
        ] {
            assert_eq!(check_link(&secret, KEY, &touched, at(1000)), Err(Refusal::Link), "{touched}");
        }
    }
}
