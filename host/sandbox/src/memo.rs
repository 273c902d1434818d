//! What pure runs returned, kept by the content of their question.
//!
//! The key covers everything that the answer can depend on: the transform component,
//! the engine with its fuel schedule, the options, and the whole input. So an entry
//! can be given to anybody who asks the same, and the fuel that was used is kept with
//! it and charged again, which makes a job's total the same cold and warm.
//!
//! A run that ended by a limit, or whose instance crashed, is not kept.
//!
//! **Invariant:** a hit is indistinguishable from a run to the guest and to the bill.

mod left;
mod links;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use cap_std::fs::Dir;
use hivesync_protocol::wit::mapper::Job;
use hivesync_protocol::wit::modules::{Dependency, TransformOptions, TransformOutput};
use hivesync_protocol::wit::types::Diagnostic;
use hivesync_types::Digest;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::mac::{MacKey, Purpose};
use crate::shelf::{Found, Shelf};

pub(crate) use left::left_key;
use links::RecentLinks;
pub(crate) use links::{Linked, link_key};

/// One kept answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    /// What the pure function returned.
    pub(crate) answer: Result<ModuleCode, Vec<Diagnostic>>,
    /// What it cost.
    pub(crate) fuel: u64,
}

/// A transformed module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ModuleCode {
    pub(crate) code: Bytes,
    pub(crate) map: Bytes,
    /// Line breaks in the code.
    pub(crate) lines: u32,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) is_esm: bool,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl From<TransformOutput> for ModuleCode {
    fn from(output: TransformOutput) -> Self {
        let breaks = output.code.iter().filter(|byte| **byte == b'\n').count();
        Self {
            lines: u32::try_from(breaks).unwrap_or(u32::MAX),
            code: output.code.into(),
            map: output.map.into(),
            dependencies: output.dependencies,
            is_esm: output.is_esm,
            diagnostics: output.diagnostics,
        }
    }
}

/// What stands in front of code and map on disk.
#[derive(Serialize, Deserialize)]
struct Header {
    fuel: u64,
    answer: Result<ModuleHeader, Vec<Diagnostic>>,
}

#[derive(Serialize, Deserialize)]
struct ModuleHeader {
    code_bytes: u32,
    lines: u32,
    dependencies: Vec<Dependency>,
    is_esm: bool,
    diagnostics: Vec<Diagnostic>,
}

/// The part of the key that is the same for all jobs of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question(Digest);

impl Question {
    /// `module` is the transform component; `engine` covers the fuel schedule.
    pub(crate) fn new(module: Digest, engine: Digest, options: &TransformOptions) -> Result<Self, Error> {
        let options =
            postcard::to_stdvec(options).map_err(|_| Error::Internal("options that do not encode"))?;
        let fields: [&[u8]; 4] = [b"hivesync-transform/1", module.as_bytes(), engine.as_bytes(), &options];
        Ok(Self(Digest::of_fields(&fields)))
    }

    /// The key of one job, whose sources are read already.
    pub(crate) fn key(&self, job: &Job, sources: &[Bytes]) -> Result<Digest, Error> {
        // The text of a virtual module is among the sources.
        let about = (&job.path, &job.kind, &job.asset, job.in_package);
        let about = postcard::to_stdvec(&about).map_err(|_| Error::Internal("a job that does not encode"))?;
        let mut fields: Vec<&[u8]> = vec![self.0.as_bytes(), &about];
        fields.extend(sources.iter().map(|source| source.as_ref()));
        Ok(Digest::of_fields(&fields))
    }
}

/// The largest answer that is kept; a larger one is made again.
const ENTRY_BYTES_MAX: u64 = 32 << 20;

/// Both levels: what this process saw lately, and what any process left on disk.
#[derive(Debug)]
pub(crate) struct Memo {
    shelf: Shelf,
    /// What maps left: apart, because it is found by the name of a project and shown to no other machine.
    left: Shelf,
    recent: Mutex<Recent>,
    links: RecentLinks,
}

impl Memo {
    /// Opens the memo in the cache's folder. `memory_bytes` bounds the first level.
    pub(crate) fn open(cache: &Dir, key: MacKey, memory_bytes: usize) -> Result<Self, Error> {
        let left = Shelf::open(cache, "maps", key.clone(), Purpose::Left, ENTRY_BYTES_MAX)?;
        let shelf = Self::open_shelf(cache, key)?;
        Ok(Self { shelf, left, recent: Mutex::new(Recent::new(memory_bytes)), links: RecentLinks::default() })
    }

    /// The kept answer. Reads a file, so it is called where blocking is fine.
    pub(crate) fn find(&self, key: &Digest) -> Option<Arc<Made>> {
        if let Some(made) = self.recent().find(key) {
            return Some(made);
        }
        let made = Arc::new(decode(self.kept(key)?)?);
        self.recent().keep(*key, Arc::clone(&made));
        Some(made)
    }

    /// The body of an answer on disk.
    fn kept(&self, key: &Digest) -> Option<Bytes> {
        body_on(&self.shelf, key)
    }

    /// Remembers an answer in this process at once.
    pub(crate) fn remember(&self, key: Digest, made: Arc<Made>) {
        self.recent().keep(key, made);
    }

    /// Writes an answer to the disk. It blocks; a failure costs a later run time, and
    /// nothing else.
    pub(crate) fn store(&self, key: &Digest, made: &Made) {
        self.put(key, encode(made));
    }

    fn put(&self, key: &Digest, body: Result<Vec<u8>, Error>) {
        tell(key, body.and_then(|body| self.shelf.put(key, &body)));
    }

    /// Keeps the memo on disk below this size, roughly; a quarter of it is for maps. Blocks.
    pub(crate) fn sweep(&self, bytes_max: u64) {
        let maps = bytes_max / 4;
        for swept in [self.shelf.sweep(bytes_max.saturating_sub(maps)), self.left.sweep(maps)] {
            if let Err(error) = swept {
                tracing::warn!(%error, "kept answers could not be swept");
            }
        }
    }

    /// The shelf, for whoever ships what is on it.
    pub(crate) fn open_shelf(cache: &Dir, key: MacKey) -> Result<Shelf, Error> {
        Shelf::open(cache, "memo", key, Purpose::Memo, ENTRY_BYTES_MAX)
    }

    fn recent(&self) -> std::sync::MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn body_on(shelf: &Shelf, key: &Digest) -> Option<Bytes> {
    match shelf.find(key) {
        Found::Body(body) => Some(body),
        Found::Nothing => None,
        Found::Spoiled => {
            tracing::warn!(memo.key = %key, "a kept answer was spoiled and is made again");
            None
        }
    }
}

/// Losing an answer costs a later run time, and nothing else.
fn tell(key: &Digest, stored: Result<(), Error>) {
    if let Err(error) = stored {
        tracing::warn!(memo.key = %key, error = %error.evidence(), "an answer could not be kept");
    }
}

fn encode(made: &Made) -> Result<Vec<u8>, Error> {
    const FAILED: Error = Error::Internal("an answer that does not encode");
    let (answer, code, map) = match &made.answer {
        Ok(module) => {
            let header = ModuleHeader {
                code_bytes: u32::try_from(module.code.len()).map_err(|_| FAILED)?,
                lines: module.lines,
                dependencies: module.dependencies.clone(),
                is_esm: module.is_esm,
                diagnostics: module.diagnostics.clone(),
            };
            (Ok(header), module.code.as_ref(), module.map.as_ref())
        }
        Err(diagnostics) => (Err(diagnostics.clone()), &[][..], &[][..]),
    };
    let header = postcard::to_stdvec(&Header { fuel: made.fuel, answer }).map_err(|_| FAILED)?;
    let mut body = Vec::with_capacity(header.len() + code.len() + map.len());
    body.extend_from_slice(&header);
    body.extend_from_slice(code);
    body.extend_from_slice(map);
    Ok(body)
}

fn decode(mut body: Bytes) -> Option<Made> {
    let (header, rest) = postcard::take_from_bytes::<Header>(&body).ok()?;
    let mut tail = body.split_off(body.len().checked_sub(rest.len())?);
    let answer = match header.answer {
        Ok(module) => {
            let code_bytes = usize::try_from(module.code_bytes).ok().filter(|bytes| *bytes <= tail.len())?;
            let map = tail.split_off(code_bytes);
            Ok(ModuleCode {
                code: tail,
                map,
                lines: module.lines,
                dependencies: module.dependencies,
                is_esm: module.is_esm,
                diagnostics: module.diagnostics,
            })
        }
        Err(diagnostics) => Err(diagnostics),
    };
    Some(Made { answer, fuel: header.fuel })
}

/// Two generations: when the young one is full it becomes the old one, and what of
/// the old one was not asked for is forgotten.
#[derive(Debug)]
struct Recent {
    bytes_max: usize,
    bytes: usize,
    young: HashMap<Digest, Arc<Made>>,
    old: HashMap<Digest, Arc<Made>>,
}

impl Recent {
    fn new(bytes_max: usize) -> Self {
        Self { bytes_max, bytes: 0, young: HashMap::new(), old: HashMap::new() }
    }

    fn find(&mut self, key: &Digest) -> Option<Arc<Made>> {
        if let Some(made) = self.young.get(key) {
            return Some(Arc::clone(made));
        }
        let made = self.old.remove(key)?;
        self.keep(*key, Arc::clone(&made));
        Some(made)
    }

    fn keep(&mut self, key: Digest, made: Arc<Made>) {
        let bytes = weight(&made);
        if self.bytes.saturating_add(bytes) > self.bytes_max / 2 {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        if self.young.insert(key, made).is_none() {
            self.bytes = self.bytes.saturating_add(bytes);
        }
    }
}

/// Bytes an entry takes, roughly: what is not code or map is small and bounded.
fn weight(made: &Made) -> usize {
    const REST: usize = 1024;
    made.answer.as_ref().map_or(0, |module| module.code.len().saturating_add(module.map.len())) + REST
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(code: &str) -> Made {
        let module = ModuleCode {
            code: Bytes::from(code.to_owned()),
            map: Bytes::from_static(b"{}"),
            lines: 3,
            dependencies: Vec::new(),
            is_esm: true,
            diagnostics: Vec::new(),
        };
        Made { answer: Ok(module), fuel: 12 }
    }

    #[test]
    fn an_answer_comes_back_from_disk_as_it_was() {
        for made in [made("function(){}"), Made { answer: Err(Vec::new()), fuel: 9 }] {
            assert_eq!(decode(Bytes::from(encode(&made).unwrap())), Some(made));
        }
    }

    #[test]
    fn another_process_finds_what_this_one_stored() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Dir::open_ambient_dir(dir.path(), cap_std::ambient_authority()).unwrap();
        let open = || Memo::open(&cache, MacKey::from_bytes([1; 32]), 1 << 20).unwrap();
        let key = Digest::of(b"question");
        assert_eq!(open().find(&key), None);
        open().store(&key, &made("x"));
        assert_eq!(open().find(&key).as_deref(), Some(&made("x")));
    }

    #[test]
    fn memory_is_bounded_and_what_is_asked_for_again_stays() {
        let mut recent = Recent::new(64 * 1024);
        let first = Digest::of(b"first");
        recent.keep(first, Arc::new(made("x")));
        for number in 0..1000_u32 {
            recent.keep(Digest::of(&number.to_le_bytes()), Arc::new(made("x")));
            assert!(recent.find(&first).is_some());
        }
        assert!(recent.young.len() + recent.old.len() <= 64);
        assert_eq!(recent.find(&Digest::of(&1_u32.to_le_bytes())), None);
    }
}
