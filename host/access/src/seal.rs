//! Bytes that are kept where others may read, for nobody but who holds the secret.
//!
//! AES-256 in GCM, under a key that is derived for each seal from the secret, a salt of the
//! caller's and what it is for; so no nonce is ever used twice under one key.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::secret::Secret;

/// The bytes were not sealed with this secret for this purpose, or changed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the seal is not ours")]
pub struct SealError;

/// Bytes of a salt, which is random and used for one seal.
pub const SALT_BYTES: usize = 32;

/// Seals bytes. `context` says what they are, and opens nothing else.
pub fn seal(
    secret: &Secret,
    context: &str,
    salt: [u8; SALT_BYTES],
    plain: &[u8],
) -> Result<Vec<u8>, SealError> {
    let key = key(secret, context, &salt)?;
    let mut sealed = plain.to_vec();
    let tag = key.seal_in_place_separate_tag(nonce(), Aad::from(context), &mut sealed);
    sealed.extend(tag.map_err(|_| SealError)?.as_ref());
    sealed.extend(salt);
    Ok(sealed)
}

/// The bytes of a seal that was made with this secret and context.
pub fn unseal(secret: &Secret, context: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let (sealed, salt) = sealed.split_last_chunk::<SALT_BYTES>().ok_or(SealError)?;
    let key = key(secret, context, salt)?;
    let mut plain = sealed.to_vec();
    let opened = key.open_in_place(nonce(), Aad::from(context), &mut plain).map_err(|_| SealError)?;
    let length = opened.len();
    plain.truncate(length);
    Ok(plain)
}

fn key(secret: &Secret, context: &str, salt: &[u8]) -> Result<LessSafeKey, SealError> {
    // The salt has one length, so that no two pairs are one text.
    let key = secret.tag(&[b"hivesync seal 1\n", salt, context.as_bytes()].concat());
    UnboundKey::new(&AES_256_GCM, &key).map(LessSafeKey::new).map_err(|_| SealError)
}

/// The first and last of each key.
fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_is_opened_by_the_same_secret_and_context_alone() {
        let secret = Secret::new(b"a secret of at least 32 bytes ...");
        let sealed = seal(&secret, "answers", [7; 32], b"hsk_key").unwrap();
        assert_eq!(unseal(&secret, "answers", &sealed), Ok(b"hsk_key".to_vec()));
        assert!(!sealed.windows(7).any(|window| window == b"hsk_key"));
        assert_eq!(unseal(&secret, "other", &sealed), Err(SealError));
        let other = Secret::new(b"another secret of at least 32 bytes");
        assert_eq!(unseal(&other, "answers", &sealed), Err(SealError));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(unseal(&secret, "answers", &changed), Err(SealError), "byte {at}");
        }
        for length in 0..sealed.len() {
            assert_eq!(unseal(&secret, "answers", &sealed[..length]), Err(SealError), "{length} bytes");
        }
        assert_ne!(seal(&secret, "answers", [8; 32], b"hsk_key").unwrap(), sealed);
    }
}
