//! Passwords: Argon2id, off the threads that answer.

use std::sync::{Arc, LazyLock};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

use crate::api::Api;
use crate::identifiers::random;
use crate::problem::{Problem, internal};

/// Shorter ones are guessed.
pub(crate) const PASSWORD_CHARS_MIN: usize = 10;
/// Longer ones only cost time.
pub(crate) const PASSWORD_BYTES_MAX: usize = 256;

/// A hash that no password has, so that an address without an account takes as long.
static NOBODY: LazyLock<Option<String>> =
    LazyLock::new(|| hash_with(b"nobody has this", b"0123456789abcdef").ok());

/// The hash of a new password.
pub(crate) async fn hash(api: &Arc<Api>, password: String) -> Result<String, Problem> {
    let salt = random(api)?;
    let (salt, _) = salt.split_at(16);
    let salt = salt.to_vec();
    off_thread(api, move || hash_with(password.as_bytes(), &salt))
        .await?
        .map_err(|error| internal("a password could not be hashed", &error))
}

/// Whether a password is the one with this hash; none takes as long and says no.
pub(crate) async fn matches(api: &Arc<Api>, password: String, hash: Option<String>) -> Result<bool, Problem> {
    off_thread(api, move || {
        let known = hash.is_some();
        let text = hash.or_else(|| NOBODY.clone()).unwrap_or_default();
        let parsed = PasswordHash::new(&text);
        parsed.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
            && known
    })
    .await
}

fn hash_with(password: &[u8], salt: &[u8]) -> Result<String, argon2::password_hash::Error> {
    let hash: PasswordHash = Argon2::default().hash_password_with_salt(password, salt)?;
    Ok(hash.to_string())
}

async fn off_thread<T: Send + 'static>(
    api: &Arc<Api>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let permit = Arc::clone(&api.hashing).acquire_owned().await;
    let permit = permit.map_err(|error| internal("no password can be hashed any more", &error))?;
    let work = tokio::task::spawn_blocking(move || {
        let result = work();
        drop(permit);
        result
    });
    work.await.map_err(|error| internal("hashing a password was given up", &error))
}
