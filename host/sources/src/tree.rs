//! The files, in memory.

use std::collections::BTreeMap;
use std::io::Read;

use hivesync_image::is_plain_path;
use hivesync_types::Digest;

use crate::error::SourcesError;

/// Keeps a digest of a tree from being one of anything else.
const DOMAIN: &[u8] = b"hivesync-sources/1";
/// Bytes of one segment of a path: what file systems take.
const SEGMENT_BYTES_MAX: usize = 255;
/// Segments of a path; stops a path that is all slashes.
const SEGMENTS_MAX: usize = 64;

/// What a tree may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeLimits {
    /// Files.
    pub files: usize,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of all files.
    pub bytes: u64,
}

impl TreeLimits {
    /// What any project may hold.
    pub const PROJECT: Self = Self { files: 20_000, file_bytes: 25 * 1024 * 1024, bytes: 50 * 1024 * 1024 };
}

/// Files by their path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    limits: TreeLimits,
    files: BTreeMap<String, Vec<u8>>,
    bytes: u64,
}

impl Tree {
    /// No file yet.
    pub const fn new(limits: TreeLimits) -> Self {
        Self { limits, files: BTreeMap::new(), bytes: 0 }
    }

    /// Adds a file; what it says is read up to the limits and no further.
    pub fn add(&mut self, path: &str, content: impl Read) -> Result<(), SourcesError> {
        self.check(path)?;
        if self.files.len() >= self.limits.files {
            return Err(SourcesError::TooMany(self.limits.files));
        }
        let room = self.limits.bytes - self.bytes;
        let mut bytes = Vec::new();
        content
            .take(self.limits.file_bytes.min(room).saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|error| SourcesError::Malformed(error.to_string()))?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if length > self.limits.file_bytes {
            return Err(SourcesError::FileTooLarge {
                path: path.to_owned(),
                bytes_max: self.limits.file_bytes,
            });
        }
        if length > room {
            return Err(SourcesError::TooLarge(self.limits.bytes));
        }
        self.bytes += length;
        self.files.insert(path.to_owned(), bytes);
        Ok(())
    }

    /// The files, by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Bytes of all files.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Which tree it is: the same for the same files, however they came.
    pub fn digest(&self) -> Digest {
        let digests: Vec<_> = self.files.values().map(|bytes| Digest::of(bytes)).collect();
        let mut fields: Vec<&[u8]> = vec![DOMAIN];
        for (path, digest) in self.files.keys().zip(&digests) {
            fields.extend([path.as_bytes(), digest.as_bytes().as_slice()]);
        }
        Digest::of_fields(&fields)
    }

    /// The file with these bytes, wherever it lies.
    pub fn with_digest(&self, digest: &Digest) -> Option<&[u8]> {
        self.files.values().map(Vec::as_slice).find(|bytes| Digest::of(bytes) == *digest)
    }

    fn check(&self, path: &str) -> Result<(), SourcesError> {
        let refused = |why| Err(SourcesError::Path { path: shown(path), why });
        if !is_plain_path(path) {
            return refused("is not a plain relative path");
        }
        if path.split('/').count() > SEGMENTS_MAX
            || path.split('/').any(|part| part.len() > SEGMENT_BYTES_MAX)
        {
            return refused("is longer or deeper than it may be");
        }
        if self.files.contains_key(path) {
            return refused("comes twice");
        }
        let mut parents = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
        if parents.any(|parent| self.files.contains_key(parent)) {
            return refused("lies in what is a file");
        }
        let folder = format!("{path}/");
        let next = self.files.range(folder.clone()..).next();
        if next.is_some_and(|(known, _)| known.starts_with(&folder)) {
            return refused("is a folder as well");
        }
        Ok(())
    }
}

/// A name of an archive, as text.
pub(crate) fn name(raw: &[u8]) -> Result<&str, SourcesError> {
    std::str::from_utf8(raw)
        .map_err(|_| SourcesError::Path { path: shown(&String::from_utf8_lossy(raw)), why: "is not UTF-8" })
}

/// A name as it is told to people: not longer than a line.
pub(crate) fn shown(path: &str) -> String {
    path.chars().take(200).collect()
}
