//! A hash for tables of paths: fast, and the same in every run.
//!
//! It does not withstand somebody who chooses keys that collide. Such a project spends its own
//! run's fuel.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by path.
pub(crate) type PathMap<K, V> = HashMap<K, V, BuildHasherDefault<PathHasher>>;

/// Eight bytes at a time: rotate, mix, multiply.
#[derive(Default)]
pub(crate) struct PathHasher(u64);

const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

impl PathHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(MULTIPLIER);
    }
}

impl Hasher for PathHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (slot, byte) in last.iter_mut().zip(rest) {
            *slot = *byte;
        }
        // At most seven bytes are left, so the highest byte is free for their number.
        self.add(u64::from_le_bytes(last) | (u64::try_from(rest.len()).unwrap_or(0) << 56));
    }

    fn write_u8(&mut self, byte: u8) {
        self.add(u64::from(byte));
    }

    fn finish(&self) -> u64 {
        // Tables take the high bits for one purpose and the low ones for another.
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(MULTIPLIER);
        mixed ^ (mixed >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::BuildHasher;

    #[test]
    fn paths_that_differ_a_little_differ_in_all_bits() {
        let hash = |text: &str| BuildHasherDefault::<PathHasher>::default().hash_one(text);
        let hashes: Vec<u64> = (0..4096).map(|number| hash(&format!("node_modules/p/{number}.js"))).collect();
        let low: std::collections::HashSet<_> = hashes.iter().map(|hash| hash & 0xffff).collect();
        let high: std::collections::HashSet<_> = hashes.iter().map(|hash| hash >> 48).collect();
        assert!(low.len() > 3700 && high.len() > 3700, "{} {}", low.len(), high.len());
        assert_ne!(hash("a"), hash("a\0"));
    }
}
