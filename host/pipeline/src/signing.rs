//! The secrets of this machine: the key that signs bundles, the one that signs audit
//! records, and the one that marks the sandbox's cache.
//!
//! They are made on first use and never leave their files. What this does not do: rotate
//! keys, or talk to a key service; that is the deployed worker's part.
//!
//! **Invariant:** a key that others may read is not used.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use hivesync_sandbox::MacKey;

const BUNDLE_KEY: &str = "bundle-signing.key";
const AUDIT_KEY: &str = "audit-signing.key";
const CACHE_KEY: &str = "cache.key";

/// The name of a public key: `ed25519:` and its 64 hex digits, so that the id is the key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyId([u8; 32]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ed25519:{}", hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text names no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key is `ed25519:` and 64 lower-case hex digits")]
pub struct ParseKeyError;

impl FromStr for KeyId {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("ed25519:").ok_or(ParseKeyError)?;
        if digits.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(ParseKeyError);
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| ParseKeyError)?;
        Ok(Self(bytes))
    }
}

impl KeyId {
    /// The 32 bytes of the key.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0
    }

    /// The key, if its bytes are one.
    pub(crate) fn verifying_key(&self) -> Option<VerifyingKey> {
        VerifyingKey::from_bytes(&self.0).ok()
    }

    /// `signature` over `message` was made with this key.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.verifying_key()
            .is_some_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
    }
}

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Somebody else may read it.
    #[error("{path} can be read by others; make it yours alone with `chmod 600`")]
    Exposed {
        /// Where it is.
        path: PathBuf,
    },
    /// It holds something else.
    #[error("{path} holds no key")]
    Malformed {
        /// Where it is.
        path: PathBuf,
    },
    /// It cannot be read or made.
    #[error("{path} cannot be read or written: {reason}", reason = source.kind())]
    Storage {
        /// Where it is.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A signing key. Its `Debug` does not show it.
#[derive(Clone)]
pub struct BundleKey(SigningKey);

impl fmt::Debug for BundleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BundleKey(***)")
    }
}

impl BundleKey {
    /// A key whose secret is known: for tests.
    #[cfg(test)]
    pub(crate) fn of_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    pub(crate) const fn signing_key(&self) -> &SigningKey {
        &self.0
    }

    /// The public half.
    pub fn id(&self) -> KeyId {
        KeyId(self.0.verifying_key().to_bytes())
    }

    /// Signs.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// The secrets of one machine, each in a file of its own.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Signs bundles.
    pub bundle: BundleKey,
    /// Signs audit records.
    pub audit: SigningKey,
    /// Marks what the sandbox keeps in its cache.
    pub cache: MacKey,
}

impl Keys {
    /// The keys in `folder`. Those that are missing are made of `seed`, which fills 32
    /// bytes with random ones.
    pub fn load_or_create(folder: &Path, seed: impl Fn() -> io::Result<[u8; 32]>) -> Result<Self, KeyError> {
        let secret = |name: &str| load_or_create(&folder.join(name), &seed);
        Ok(Self {
            bundle: BundleKey(SigningKey::from_bytes(&secret(BUNDLE_KEY)?)),
            audit: SigningKey::from_bytes(&secret(AUDIT_KEY)?),
            cache: MacKey::from_bytes(secret(CACHE_KEY)?),
        })
    }

    /// The public half of the bundle key in `folder`; none where none was made yet.
    pub fn bundle_key_id(folder: &Path) -> Result<Option<KeyId>, KeyError> {
        public_half(&folder.join(BUNDLE_KEY))
    }

    /// The public half of the audit key in `folder`; none where none was made yet.
    pub fn audit_key_id(folder: &Path) -> Result<Option<KeyId>, KeyError> {
        public_half(&folder.join(AUDIT_KEY))
    }
}

fn public_half(path: &Path) -> Result<Option<KeyId>, KeyError> {
    match load(path) {
        Ok(seed) => Ok(Some(BundleKey(SigningKey::from_bytes(&seed)).id())),
        Err(KeyError::Storage { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The secret in the file at `path`, or a new one.
fn load_or_create(path: &Path, seed: impl FnOnce() -> io::Result<[u8; 32]>) -> Result<[u8; 32], KeyError> {
    let storage = |source| KeyError::Storage { path: path.to_owned(), source };
    match load(path) {
        Err(KeyError::Storage { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
        loaded => return loaded,
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(storage)?;
    // Written beside and linked into place: whoever comes second reads the first's.
    let mut file = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)
        .map_err(storage)?;
    let text = hex::encode(seed().map_err(storage)?);
    file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(storage)?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(storage(error.error)),
        _ => load(path),
    }
}

fn load(path: &Path) -> Result<[u8; 32], KeyError> {
    let storage = |source| KeyError::Storage { path: path.to_owned(), source };
    let file = fs::OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or_default())
        .open(path)
        .map_err(storage)?;
    if file.metadata().map_err(storage)?.permissions().mode() & 0o077 != 0 {
        return Err(KeyError::Exposed { path: path.to_owned() });
    }
    let text = io::read_to_string(file).map_err(storage)?;
    let mut secret = [0; 32];
    hex::decode_to_slice(text.trim(), &mut secret)
        .map_err(|_| KeyError::Malformed { path: path.to_owned() })?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/some.key");
        let first = load_or_create(&path, || Ok([7; 32])).unwrap();
        let second = load_or_create(&path, || panic!("made twice")).unwrap();
        assert_eq!(first, second);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let exposed = load_or_create(&path, || panic!("replaced")).unwrap_err();
        assert!(matches!(exposed, KeyError::Exposed { .. }));
    }

    #[test]
    fn a_signature_belongs_to_its_message_and_its_key() {
        let (one, two) = (BundleKey::of_seed([1; 32]), BundleKey::of_seed([2; 32]));
        let signature = one.sign(b"text");
        assert!(one.id().verifies(b"text", &signature));
        assert!(!one.id().verifies(b"Text", &signature));
        assert!(!two.id().verifies(b"text", &signature));
        assert_eq!(one.id().to_string().parse(), Ok(one.id()));
        assert!(!format!("{one:?}").contains(&hex::encode([1; 32])));
    }
}
