//! Linked bundles, kept by the graph they came from.
//!
//! A graph names its modules by numbers of blobs, and what is linked does so, too: it
//! holds no code, and means the same to every run whose graph is equal.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use hivesync_protocol::wit::modules::{BundleGraph, LinkedBundle};
use hivesync_protocol::wit::types::Diagnostic;
use hivesync_types::Digest;
use serde::{Deserialize, Serialize};

use super::Memo;
use crate::error::Error;

/// Linked bundles in memory: one a platform and kind of the projects that are edited now.
const RECENT_MAX: usize = 8;

/// One kept answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Linked {
    /// What the pure function returned.
    pub(crate) answer: Result<LinkedBundle, Vec<Diagnostic>>,
    /// What it cost.
    pub(crate) fuel: u64,
}

/// The newest last.
pub(crate) type RecentLinks = Mutex<VecDeque<(Digest, Arc<Linked>)>>;

/// Everything that the answer can depend on; `engine` covers the fuel schedule.
pub(crate) fn link_key(module: Digest, engine: Digest, graph: &BundleGraph) -> Result<Digest, Error> {
    let graph = postcard::to_stdvec(graph).map_err(|_| Error::Internal("a graph that does not encode"))?;
    Ok(Digest::of_fields(&[b"hivesync-link/1", module.as_bytes(), engine.as_bytes(), &graph]))
}

impl Memo {
    /// The kept answer. Reads a file, so it is called where blocking is fine.
    pub(crate) fn find_link(&self, key: &Digest) -> Option<Arc<Linked>> {
        let recent = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, linked)) = recent.iter().find(|(name, _)| name == key) {
            return Some(Arc::clone(linked));
        }
        drop(recent);
        let linked = Arc::new(postcard::from_bytes(&self.kept(key)?).ok()?);
        self.remember_link(*key, Arc::clone(&linked));
        Some(linked)
    }

    /// Remembers an answer in this process at once.
    pub(crate) fn remember_link(&self, key: Digest, linked: Arc<Linked>) {
        let mut recent = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() >= RECENT_MAX {
            recent.pop_front();
        }
        recent.push_back((key, linked));
    }

    /// Writes an answer to the disk. It blocks; a failure costs a later run time, and
    /// nothing else.
    pub(crate) fn store_link(&self, key: &Digest, linked: &Linked) {
        let body = postcard::to_stdvec(linked).map_err(|_| Error::Internal("a link that does not encode"));
        self.put(key, body);
    }
}

#[cfg(test)]
mod tests {
    use cap_std::fs::Dir;
    use hivesync_protocol::wit::types::Piece;

    use super::*;
    use crate::mac::MacKey;

    fn linked(fuel: u64) -> Linked {
        let bundle = vec![Piece::Text("__d(".to_owned()), Piece::Blob(3)];
        Linked { answer: Ok(LinkedBundle { bundle, map: vec![Piece::Blob(4)] }), fuel }
    }

    #[test]
    fn a_link_is_found_by_its_graph_here_and_in_another_process() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Dir::open_ambient_dir(dir.path(), cap_std::ambient_authority()).unwrap();
        let memo = || Memo::open(&cache, MacKey::from_bytes([1; 32]), 1 << 20).unwrap();
        let graph = |name: &str| BundleGraph {
            name: name.to_owned(),
            dev: false,
            prelude: String::new(),
            scripts: Vec::new(),
            modules: Vec::new(),
            elsewhere: Vec::new(),
            run: Vec::new(),
        };
        let key = |name| link_key(Digest::of(b"m"), Digest::of(b"e"), &graph(name)).unwrap();
        let (first, second) = (memo(), memo());
        first.remember_link(key("a"), Arc::new(linked(7)));
        assert_eq!(first.find_link(&key("a")).as_deref(), Some(&linked(7)));
        assert_eq!(second.find_link(&key("a")), None);
        first.store_link(&key("a"), &linked(7));
        assert_eq!(second.find_link(&key("a")).as_deref(), Some(&linked(7)));
        assert_eq!(second.find_link(&key("b")), None);
        let other = link_key(Digest::of(b"other"), Digest::of(b"e"), &graph("a")).unwrap();
        assert_eq!(second.find_link(&other), None);
    }

    #[test]
    fn memory_holds_the_newest_links_only() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Dir::open_ambient_dir(dir.path(), cap_std::ambient_authority()).unwrap();
        let memo = Memo::open(&cache, MacKey::from_bytes([1; 32]), 1 << 20).unwrap();
        let key = |number: usize| Digest::of(&number.to_le_bytes());
        for number in 0..=RECENT_MAX {
            memo.remember_link(key(number), Arc::new(linked(1)));
        }
        assert_eq!(memo.find_link(&key(0)), None);
        assert!(memo.find_link(&key(RECENT_MAX)).is_some());
    }
}
