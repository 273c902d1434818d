//! What a map left for the next one of the same project.
//!
//! Unlike the other answers it is not found by the content of a question: its parts come from
//! one run, which read all files of the project together, so a part that a hostile file had
//! spoiled would be spoiled for every other file beside it. Therefore it has the name of its
//! project, nobody else's project is ever made of it, and it stays on a shelf of its own that is not
//! shipped to other machines. Which of its parts still hold, the
//! module tells by the content of the files.

use bytes::Bytes;
use hivesync_protocol::wit::influence::Depth;
use hivesync_types::Digest;

use super::{Memo, body_on, tell};

/// Names what a map of this depth left for the project called `whose`; `engine` covers the fuel
/// schedule.
pub(crate) fn left_key(module: Digest, engine: Digest, depth: Depth, whose: &str) -> Digest {
    let depth: &[u8] = match depth {
        Depth::Off => b"off",
        Depth::Basic => b"basic",
        Depth::Deep => b"deep",
    };
    Digest::of_fields(&[b"hivesync-left/1", module.as_bytes(), engine.as_bytes(), depth, whose.as_bytes()])
}

impl Memo {
    /// What was left; nothing is as good. Reads a file, so it is called where blocking is fine.
    pub(crate) fn find_left(&self, key: &Digest) -> Bytes {
        body_on(&self.left, key).unwrap_or_default()
    }

    /// Writes it to the disk. It blocks; a failure costs a later run time, and nothing else.
    pub(crate) fn store_left(&self, key: &Digest, left: Vec<u8>) {
        tell(key, self.left.put(key, &left));
    }
}

#[cfg(test)]
mod tests {
    use cap_std::fs::Dir;

    use super::*;
    use crate::mac::MacKey;

    #[test]
    fn what_a_map_left_is_found_by_its_project_module_and_depth_alone() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Dir::open_ambient_dir(dir.path(), cap_std::ambient_authority()).unwrap();
        let memo = || Memo::open(&cache, MacKey::from_bytes([1; 32]), 1 << 20).unwrap();
        let key = |module: &[u8], engine: &[u8], depth, whose| {
            left_key(Digest::of(module), Digest::of(engine), depth, whose)
        };
        let mine = key(b"m", b"e", Depth::Deep, "a");
        memo().store_left(&mine, b"parts".to_vec());
        assert_eq!(memo().find_left(&mine), &b"parts"[..]);
        for other in [
            key(b"n", b"e", Depth::Deep, "a"),
            key(b"m", b"f", Depth::Deep, "a"),
            key(b"m", b"e", Depth::Basic, "a"),
            key(b"m", b"e", Depth::Deep, "b"),
        ] {
            assert_eq!(memo().find_left(&other), &b""[..]);
        }
    }

    #[test]
    fn what_a_map_left_is_not_shipped_and_not_taken_from_a_shipment() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Dir::open_ambient_dir(dir.path(), cap_std::ambient_authority()).unwrap();
        let memo = Memo::open(&cache, MacKey::from_bytes([1; 32]), 1 << 20).unwrap();
        memo.store_left(&Digest::of(b"left"), b"parts".to_vec());
        // What a shipment brings stands with the transforms.
        memo.put(&Digest::of(b"brought"), Ok(b"parts".to_vec()));
        let shelf = Memo::open_shelf(&cache, MacKey::from_bytes([1; 32])).unwrap();
        assert_eq!(shelf.names().unwrap(), [Digest::of(b"brought")]);
        assert_eq!(memo.find_left(&Digest::of(b"brought")), &b""[..]);
        assert_eq!(memo.find_left(&Digest::of(b"left")), &b"parts"[..]);
        memo.sweep(8);
        assert_eq!(memo.find_left(&Digest::of(b"left")), &b""[..], "they are swept as well");
    }
}
