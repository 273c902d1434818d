//! Ids made of content, in the form of a UUID (version 8).

use std::fmt::Write as _;
use std::hash::Hasher as _;

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

    /// Of a node inside of another.
    pub(crate) fn below(self, parts: &[&str]) -> Self {
        let mut all = vec![];
        let own = self.text();
        all.push(own.as_str());
        all.extend(parts);
        Self::of(&all)
    }

    pub(crate) fn text(self) -> String {
        let hex = format!("{:032x}", self.0);
        let mut text = String::with_capacity(36);
        for (at, digit) in hex.chars().enumerate() {
            if [8, 12, 16, 20].contains(&at) {
                text.push('-');
            }
            let _ = text.write_char(digit);
        }
        text
    }
}
