//! The secrets of `serve`: those that are configured, else ones that are made at the first
//! start and kept.
//!
//! **Invariant:** a secret that is short, stands in a manual or can be read by others is not
//! used.

use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use hivesync_access::{Key, KeyRing, Secret, TokenSecrets};
use hivesync_http::Secrets;
use hivesync_types::Digest;

use crate::config::{Config, SecretText};

/// Bytes of a secret.
const BYTES_MIN: usize = 32;
/// What stands in manuals and examples.
const EXAMPLES: [&str; 6] = ["changeme", "change-me", "change_me", "your-secret", "your_secret", "example"];

/// A secret that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    #[error("{0} is shorter than {BYTES_MIN} bytes")]
    Short(&'static str),
    #[error("{0} is one that stands in a manual or is no secret; make one with `openssl rand -hex 32`")]
    Example(&'static str),
    #[error("{0} can be read by others; make it yours alone with `chmod 600`")]
    Exposed(PathBuf),
    #[error("{path} cannot be read or written: {reason}")]
    Storage { path: PathBuf, reason: io::ErrorKind },
}

/// All secrets of the API.
pub(crate) fn load(
    config: &Config,
    folder: &Path,
    random: impl Fn() -> io::Result<[u8; 32]>,
) -> Result<Secrets, SecretError> {
    let one = |name, text: &SecretText, file: &str| match text.text() {
        Some(text) => check(name, text),
        None => kept(&folder.join(file), &random),
    };
    let workers = one("WORKER_CALLBACK_SECRET", &config.callback_secret, "worker-callback.secret")?;
    let previous = config.token_secret_previous.text();
    // The provider has its own rule for how long it is.
    let billing = config.billing.webhook_secret.text();
    Ok(Secrets {
        session: one("JWT_SECRET", &config.jwt_secret, "session.secret")?,
        tokens: TokenSecrets {
            current: one("PREVIEW_TOKEN_SECRET", &config.token_secret, "preview-token.secret")?,
            previous: previous.map(|text| check("PREVIEW_TOKEN_SECRET_PREVIOUS", text)).transpose()?,
        },
        content: content(config)?,
        forge: config
            .content
            .github_webhook_secret
            .text()
            .map(|text| check("GITHUB_WEBHOOK_SECRET", text))
            .transpose()?,
        billing: billing.map(|text| Secret::new(text.as_bytes())),
        workers_sign: workers.clone(),
        operator: operator(config)?,
        workers: KeyRing::new(vec![Key { id: "workers".to_owned(), secret: workers, replaced_at: None }]),
    })
}

/// The keys of services; none where there is none.
fn content(config: &Config) -> Result<Option<KeyRing>, SecretError> {
    let key = |id: &str, secret, replaced_at| Key { id: id.to_owned(), secret, replaced_at };
    let Some(text) = config.content.api_secret.text() else { return Ok(None) };
    let mut keys = vec![key("content", check("CONTENT_API_SECRET", text)?, None)];
    // A time that cannot be read was refused with the configuration.
    let rotated_at = config.content.rotated_at().ok().flatten();
    if let (Some(text), Some(at)) = (config.content.api_secret_previous.text(), rotated_at) {
        keys.push(key("content-previous", check("CONTENT_API_SECRET_PREVIOUS", text)?, Some(at)));
    }
    Ok(Some(KeyRing::new(keys)))
}

/// What is kept of the operator's token.
fn operator(config: &Config) -> Result<Option<String>, SecretError> {
    let Some(text) = config.admin_token.text() else { return Ok(None) };
    check("ADMIN_TOKEN", text)?;
    Ok(Some(Digest::of(text.as_bytes()).to_hex()))
}

/// The one secret of a worker by itself.
pub(crate) fn of_reports(config: &Config) -> Result<Secret, SecretError> {
    check("WORKER_CALLBACK_SECRET", config.callback_secret.text().unwrap_or_default())
}

fn check(name: &'static str, text: &str) -> Result<Secret, SecretError> {
    if text.len() < BYTES_MIN {
        return Err(SecretError::Short(name));
    }
    let lower = text.to_ascii_lowercase();
    let mut bytes: Vec<u8> = text.bytes().collect();
    bytes.sort_unstable();
    bytes.dedup();
    if EXAMPLES.iter().any(|example| lower.contains(example)) || bytes.len() < 8 {
        return Err(SecretError::Example(name));
    }
    Ok(Secret::new(text.as_bytes()))
}

/// The secret in a file of its own, which is made when it is missing.
fn kept(path: &Path, random: impl Fn() -> io::Result<[u8; 32]>) -> Result<Secret, SecretError> {
    let storage = |error: io::Error| SecretError::Storage { path: path.to_owned(), reason: error.kind() };
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(mut file) => {
            let text: String = random().map_err(storage)?.iter().map(|byte| format!("{byte:02x}")).collect();
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(storage)?;
            Ok(Secret::new(text.as_bytes()))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let mut file = OpenOptions::new().read(true).open(path).map_err(storage)?;
            if file.metadata().map_err(storage)?.permissions().mode() & 0o077 != 0 {
                return Err(SecretError::Exposed(path.to_owned()));
            }
            let mut text = String::new();
            file.read_to_string(&mut text).map_err(storage)?;
            if text.len() < BYTES_MIN {
                return Err(SecretError::Storage {
                    path: path.to_owned(),
                    reason: io::ErrorKind::InvalidData,
                });
            }
            Ok(Secret::new(text.as_bytes()))
        }
        Err(error) => Err(storage(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_secret_and_one_of_a_manual_are_refused() {
        assert!(matches!(check("S", &"a1".repeat(15)), Err(SecretError::Short("S"))));
        assert!(matches!(check("S", &"a".repeat(64)), Err(SecretError::Example("S"))));
        let manual = "please-ChangeMe-0123456789abcdefgh";
        assert!(matches!(check("S", manual), Err(SecretError::Example("S"))));
        assert!(check("S", "0123456789abcdef0123456789abcdef").is_ok());
    }

    #[test]
    fn a_secret_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.secret");
        kept(&path, || Ok([7; 32])).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.len(), 64);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        kept(&path, || panic!("made twice")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(kept(&path, || Ok([7; 32])), Err(SecretError::Exposed(_))));
    }
}
