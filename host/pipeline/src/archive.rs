//! Writing `bundle.zip`.
//!
//! **Invariant:** equal files and an equal time are equal bytes.

mod deflate;
mod layout;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use hivesync_sandbox::Artifact;
use hivesync_types::Digest;

use crate::error::BuildError;
use crate::identity::Moment;
use crate::metadata::{FileRecord, LOGS_NAME, METADATA_NAME, Metadata};
use crate::output::Output;
use crate::signing::BundleKey;

pub(crate) use deflate::Deflater;
use deflate::{Chunk, STREAM_END};
use layout::{Entry, Method, Zip};

/// Extensions whose bytes are compressed already.
const COMPRESSED: [&str; 14] = [
    "png", "jpg", "jpeg", "gif", "webp", "avif", "heic", "woff", "woff2", "mp3", "m4a", "mp4", "webm", "ogg",
];

/// The files of a bundle but its record, in order of name.
pub(crate) struct Contents {
    files: Vec<Artifact>,
}

impl Contents {
    /// The guest's artifacts and the host's own files. A guest may not use a name of the host.
    pub(crate) fn new(artifacts: Vec<Artifact>, own: Vec<Artifact>) -> Result<Self, BuildError> {
        let is_reserved = |name: &str| name == METADATA_NAME || name == LOGS_NAME;
        if let Some(artifact) = artifacts.iter().find(|artifact| is_reserved(&artifact.name)) {
            return Err(BuildError::ReservedName { name: artifact.name.clone() });
        }
        let mut files = artifacts;
        files.extend(own);
        files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { files })
    }

    /// The digest of every file; `known` are those that somebody computed already.
    pub(crate) fn records(&self, known: &HashMap<&str, Digest>) -> Vec<FileRecord> {
        let record = |file: &Artifact| FileRecord {
            name: file.name.clone(),
            bytes: file.bytes(),
            digest: known.get(file.name.as_str()).copied().unwrap_or_else(|| file.digest()),
        };
        self.files.iter().map(record).collect()
    }
}

/// One file of the host's own.
pub(crate) fn own_file(name: &str, text: impl Into<Bytes>) -> Artifact {
    Artifact { name: name.to_owned(), pieces: vec![text.into()] }
}

/// How a bundle is written.
pub(crate) struct Writing<'a> {
    pub(crate) deflater: &'a Deflater,
    pub(crate) threads: usize,
    pub(crate) canceled: &'a AtomicBool,
}

/// Writes the bundle to `target` and returns the zip's size.
///
/// It is not synchronised to the disk: a bundle can be made again, and `verify` tells
/// one that a power cut spoiled.
pub(crate) fn write(
    target: &Path,
    contents: &Contents,
    metadata: Metadata,
    key: &BundleKey,
    moment: Moment,
    writing: &Writing<'_>,
) -> Result<u64, BuildError> {
    let failed = |source| BuildError::Write { path: target.display().to_string(), source };
    let record = own_file(METADATA_NAME, metadata.sign(key).map_err(|error| failed(error.into()))?);
    let mut output = Output::open(target).map_err(failed)?;
    let files: Vec<&Artifact> = contents.files.iter().chain([&record]).collect();
    let zip_bytes = write_zip(output.as_file_mut(), &files, moment, writing).map_err(failed)?;
    if writing.canceled.load(Ordering::Relaxed) {
        return Err(failed(io::ErrorKind::Interrupted.into()));
    }
    output.finish().map_err(failed)?;
    Ok(zip_bytes)
}

fn write_zip(out: &mut File, files: &[&Artifact], moment: Moment, writing: &Writing<'_>) -> io::Result<u64> {
    let pieces = |file: &&Artifact| method(&file.name) == Method::Deflated;
    let shrunk: Vec<&[Bytes]> =
        files.iter().filter(|file| pieces(file)).map(|file| file.pieces.as_slice()).collect();
    let mut shrunk = writing.deflater.deflate(&shrunk, writing.threads, writing.canceled)?.into_iter();
    let mut zip = Zip::new(BufWriter::with_capacity(256 * 1024, out), moment);
    for file in files {
        match method(&file.name) {
            Method::Stored => zip.add(&stored(file))?,
            Method::Deflated => {
                let chunks = shrunk.next().unwrap_or_default();
                let chunks: Vec<&Chunk> = chunks.iter().map(AsRef::as_ref).collect();
                zip.add(&deflated(file, &chunks))?;
            }
        }
    }
    zip.finish()
}

fn stored(file: &Artifact) -> Entry<'_> {
    let mut checksum = crc32fast::Hasher::new();
    file.pieces.iter().for_each(|piece| checksum.update(piece));
    Entry {
        name: &file.name,
        method: Method::Stored,
        crc: checksum.finalize(),
        bytes: file.bytes(),
        packed: file.pieces.iter().map(AsRef::as_ref).collect(),
    }
}

fn deflated<'a>(file: &'a Artifact, chunks: &[&'a Chunk]) -> Entry<'a> {
    let mut checksum = crc32fast::Hasher::new();
    chunks.iter().for_each(|chunk| checksum.combine(&chunk.checksum));
    let packed = chunks.iter().map(|chunk| chunk.deflated.as_slice()).chain([STREAM_END.as_slice()]);
    Entry {
        name: &file.name,
        method: Method::Deflated,
        crc: checksum.finalize(),
        bytes: file.bytes(),
        packed: packed.collect(),
    }
}

fn method(name: &str) -> Method {
    let is_compressed = name.rsplit_once('.').is_some_and(|(_, extension)| {
        COMPRESSED.iter().any(|compressed| compressed.eq_ignore_ascii_case(extension))
    });
    if is_compressed { Method::Stored } else { Method::Deflated }
}
