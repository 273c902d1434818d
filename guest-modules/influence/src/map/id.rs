//! Ids made of content, in the form of a UUID (version 8).

use std::hash::Hasher as _;
use std::ops::Deref;

use siphasher::sip128::{Hasher128 as _, SipHasher13};

/// A node's or an edge's id. Ids sort as their text does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(u128);

/// The keys are a part of the schema: other ones would rename every node.
const KEYS: (u64, u64) = (0x6869_7665_7379_6e63, 0x6172_6368_6d61_7031);

impl Id {
    /// Of the parts in their order; no two lists of parts give the same by being joined.
    pub(crate) fn of(parts: &[&str]) -> Self {
        let mut hasher = SipHasher13::new_with_keys(KEYS.0, KEYS.1);
        for part in parts {
            hasher.write(part.as_bytes());
            // No text holds this byte.
            hasher.write_u8(0xFF);
        }
        Self::from_hash(hasher)
    }

    /// Of a file's content.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        let mut hasher = SipHasher13::new_with_keys(KEYS.0, KEYS.1);
        hasher.write(bytes);
        Self::from_hash(hasher)
    }

    fn from_hash(hasher: SipHasher13) -> Self {
        let hash = hasher.finish128().as_u128();
        let version = (hash & !(0xF << 76)) | (0x8 << 76);
        Self((version & !(0x3 << 62)) | (0x2 << 62))
    }

    /// As [`Self::bytes`] gave it.
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    pub(crate) fn bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// Of a node inside of another.
    pub(crate) fn below(self, parts: &[&str]) -> Self {
        let mut hasher = SipHasher13::new_with_keys(KEYS.0, KEYS.1);
        for part in [&*self.text()].iter().chain(parts) {
            hasher.write(part.as_bytes());
            hasher.write_u8(0xFF);
        }
        Self::from_hash(hasher)
    }

    pub(crate) fn text(self) -> IdText {
        let mut text = [b'-'; IdText::BYTES];
        let bytes = self.0.to_be_bytes();
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xF]);
        let places = text.iter_mut().enumerate().filter(|(at, _)| ![8, 13, 18, 23].contains(at));
        for ((_, place), digit) in places.zip(digits) {
            *place = if digit < 10 { b'0' + digit } else { b'a' + (digit - 10) };
        }
        IdText(text)
    }
}

/// An id as it is written. A map has some hundred thousand of them, so none is kept in a heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdText([u8; Self::BYTES]);

impl IdText {
    const BYTES: usize = 36;
}

impl Deref for IdText {
    type Target = str;

    fn deref(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_a_uuid_of_version_8() {
        let id = Id(0x0123_4567_89ab_8def_8011_2233_4455_66ff);
        assert_eq!(&*id.text(), "01234567-89ab-8def-8011-2233445566ff");
        assert_eq!(id.below(&["a", "b"]), Id::of(&["01234567-89ab-8def-8011-2233445566ff", "a", "b"]));
    }
}
