//! The key under which the broker knows its own cache again.

use std::fmt;

/// Bytes of a tag.
pub(crate) const TAG_BYTES: usize = 32;

/// What a tag is for, so that a file of one cache is none in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Machine code, or why there is none.
    Compiled,
    /// What a pure run returned.
    Memo,
    /// What a map left for the next one.
    Left,
    /// What is known of a file of the installation.
    Installed,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Compiled => b"hivesync-compiled/2",
            Self::Memo => b"hivesync-memo/2",
            Self::Left => b"hivesync-left/1",
            Self::Installed => b"hivesync-installed/1",
        }
    }
}

/// A secret of the broker: whoever has it can put machine code into the cache. It is
/// never handed to a runner or the compiler, and never shown.
#[derive(Clone)]
pub struct MacKey([u8; 32]);

impl MacKey {
    /// A key of 32 random bytes, which the caller keeps where only the broker can read it.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The tag of `body`, kept under `name`.
    pub(crate) fn tag(&self, purpose: Purpose, name: &[u8; 32], body: &[u8]) -> [u8; TAG_BYTES] {
        self.mac(purpose, name, body).into()
    }

    /// Whether `tag` is the tag of `body`; takes as long for a near miss as for a far one.
    pub(crate) fn is_tag(&self, tag: &[u8], purpose: Purpose, name: &[u8; 32], body: &[u8]) -> bool {
        // The comparison of two hashes is the constant one.
        blake3::Hash::from_slice(tag).is_ok_and(|tag| tag == self.mac(purpose, name, body))
    }

    /// BLAKE3 with a key is a MAC by itself, and checks machine code several times as
    /// fast as SHA-256 does.
    fn mac(&self, purpose: Purpose, name: &[u8; 32], body: &[u8]) -> blake3::Hash {
        let mut mac = blake3::Hasher::new_keyed(&self.0);
        // Label and name have fixed lengths a purpose, so no two lists of fields run together.
        mac.update(purpose.label());
        mac.update(name);
        mac.update(body);
        mac.finalize()
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_belongs_to_one_key_one_purpose_one_name_and_one_body() {
        let key = MacKey::from_bytes([1; 32]);
        let tag = key.tag(Purpose::Memo, &[7; 32], b"body");
        assert!(key.is_tag(&tag, Purpose::Memo, &[7; 32], b"body"));
        assert!(!key.is_tag(&tag, Purpose::Compiled, &[7; 32], b"body"));
        assert!(!key.is_tag(&tag, Purpose::Memo, &[8; 32], b"body"));
        assert!(!key.is_tag(&tag, Purpose::Memo, &[7; 32], b"bodY"));
        assert!(!key.is_tag(&tag[..31], Purpose::Memo, &[7; 32], b"body"));
        assert!(!MacKey::from_bytes([2; 32]).is_tag(&tag, Purpose::Memo, &[7; 32], b"body"));
    }

    #[test]
    fn a_key_is_not_shown() {
        assert_eq!(format!("{:?}", MacKey::from_bytes([65; 32])), "MacKey(***)");
    }
}
