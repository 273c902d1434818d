//! Checking a `bundle.zip` that came from anywhere.
//!
//! The zip is read twice on purpose: its directory by a strict parser of our own,
//! which sees duplicates, gaps and odd names that a general reader forgives, then its
//! contents by that reader, with every byte counted.
//!
//! **Invariant:** memory and time are bounded by what the directory admits to, and
//! that by [`UNPACKED_BYTES_MAX`], before anything is unpacked.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use hivesync_sandbox::audit::{Broken, Verified, verify_chain};
use hivesync_sandbox::is_artifact_name;
use hivesync_types::{Code, Digest};
use serde::Serialize;
use zip::ZipArchive;

use crate::metadata::{METADATA_NAME, Metadata, MetadataError};
use crate::signing::KeyId;

/// Most bytes a bundle may unpack to: the artifacts of a run, the log and the record.
pub const UNPACKED_BYTES_MAX: u64 = 80 * 1024 * 1024;
/// Most files of a bundle: the artifacts of a run, the log, the page and the record.
const FILES_MAX: usize = 4096 + 8;
/// The largest record.
const METADATA_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// The largest directory: every name at its longest.
const DIRECTORY_BYTES_MAX: u64 = 4 * 1024 * 1024;

#[cfg(test)]
mod tests;

const END_BYTES: u64 = 22;
const HEADER_BYTES: usize = 46;
const LOCAL_BYTES: u64 = 30;

/// A bundle that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Its record.
    pub metadata: Metadata,
    /// The key is one of those that the caller trusts.
    pub trusted: bool,
    /// Files, the record included.
    pub files: usize,
    /// Bytes of the zip.
    pub zip_bytes: u64,
}

/// Why a bundle does not hold.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The file cannot be read.
    #[error("the file cannot be read: {reason}", reason = source.kind())]
    Unreadable {
        /// Why.
        source: io::Error,
    },
    /// Not a zip file in the plain form that bundles have.
    #[error("the file is not the zip of a bundle: {0}")]
    Structure(&'static str),
    /// A name that could leave the folder it is unpacked in, or stands there twice.
    #[error("the bundle holds {name:?}, {problem}")]
    Name {
        /// Escaped by its `Debug`.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// It would unpack to too much.
    #[error("the bundle unpacks to more than {UNPACKED_BYTES_MAX} bytes, or to more than {FILES_MAX} files")]
    TooLarge,
    /// The record does not hold.
    #[error(transparent)]
    Metadata(#[from] MetadataError),
    /// A file is not the one that the record names.
    #[error("{name} {problem}")]
    File {
        /// Which.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Everything holds, but nobody trusts the key.
    #[error("the bundle is whole, and signed with {key}, which is not a key you trust")]
    Untrusted {
        /// Who signed.
        key: KeyId,
    },
}

impl VerifyError {
    /// The stable code.
    pub const fn code(&self) -> Code {
        match self {
            Self::Unreadable { .. } => Code::HostStorage,
            Self::Metadata(MetadataError::BadSignature | MetadataError::Unsigned)
            | Self::Untrusted { .. } => Code::ModuleBadSignature,
            Self::Metadata(_)
            | Self::Structure(_)
            | Self::Name { .. }
            | Self::TooLarge
            | Self::File { .. } => Code::ModuleInvalid,
        }
    }
}

/// Checks the bundle at `path`: structure, names, sizes, digests, signature, and that
/// its key is one of `trusted`.
pub fn verify(path: &Path, trusted: &[KeyId]) -> Result<VerifyReport, VerifyError> {
    let mut file = File::open(path).map_err(|source| VerifyError::Unreadable { source })?;
    let zip_bytes = file.metadata().map_err(|source| VerifyError::Unreadable { source })?.len();
    let mut sizes = directory(&mut file, zip_bytes)?;
    let mut archive = ZipArchive::new(BufReader::new(file))
        .map_err(|_| VerifyError::Structure("its directory cannot be read"))?;
    let size = sizes.remove(METADATA_NAME).ok_or(VerifyError::Structure("it has no metadata.json"))?;
    if size > METADATA_BYTES_MAX {
        return Err(VerifyError::TooLarge);
    }
    let record = contents(&mut archive, METADATA_NAME, size)?;
    let (metadata, key) = Metadata::read(&record)?;
    let files = sizes.len() + 1;
    for named in &metadata.files {
        let wrong = |problem| VerifyError::File { name: named.name.clone(), problem };
        let size = sizes.remove(&named.name).ok_or_else(|| wrong("is named in metadata.json and missing"))?;
        if size != named.bytes {
            return Err(wrong("has another size than metadata.json says"));
        }
        if Digest::of(&contents(&mut archive, &named.name, size)?) != named.digest {
            return Err(wrong("has other bytes than metadata.json says"));
        }
    }
    if let Some(name) = sizes.into_keys().next() {
        return Err(VerifyError::File { name, problem: "is not named in metadata.json" });
    }
    if trusted.contains(&key) {
        Ok(VerifyReport { metadata, trusted: true, files, zip_bytes })
    } else {
        Err(VerifyError::Untrusted { key })
    }
}

/// An audit chain that does not hold.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The key is no point of the curve.
    #[error("the key is not a public key")]
    BadKey,
    /// An entry is not as it was written.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// Checks an audit chain against the key that signed it.
pub fn verify_audit(reader: impl BufRead, key: &KeyId) -> Result<Verified, AuditError> {
    let key = key.verifying_key().ok_or(AuditError::BadKey)?;
    Ok(verify_chain(reader, &key)?)
}

/// The bytes of one file, which must be as many as the directory says.
fn contents(
    archive: &mut ZipArchive<BufReader<File>>,
    name: &str,
    size: u64,
) -> Result<Vec<u8>, VerifyError> {
    let wrong = |problem| VerifyError::File { name: name.to_owned(), problem };
    let file = archive.by_name(name).map_err(|_| wrong("cannot be found by its own header"))?;
    let mut bytes = Vec::new();
    // One byte more than it may have: a file that is longer is noticed, not cut.
    file.take(size + 1).read_to_end(&mut bytes).map_err(|_| wrong("cannot be unpacked"))?;
    if u64::try_from(bytes.len()) == Ok(size) {
        Ok(bytes)
    } else {
        Err(wrong("unpacks to another size than it says"))
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Name and unpacked size of every file, by the zip's directory: no comment, no gap,
/// no second directory, every name plain and there once.
fn directory(file: &mut File, zip_bytes: u64) -> Result<BTreeMap<String, u64>, VerifyError> {
    let end_at = zip_bytes.checked_sub(END_BYTES).ok_or(VerifyError::Structure("it is too short"))?;
    let end = read_at(file, end_at, END_BYTES)?;
    let (start, bytes, count) =
        end_record(&end).ok_or(VerifyError::Structure("it has no plain end record"))?;
    if bytes > DIRECTORY_BYTES_MAX || count > FILES_MAX {
        return Err(VerifyError::TooLarge);
    }
    if start.checked_add(bytes) != Some(end_at) {
        return Err(VerifyError::Structure("its directory does not end where it should"));
    }
    let directory = read_at(file, start, bytes)?;
    let mut rest = directory.as_slice();
    let (mut sizes, mut unpacked, mut expected) = (BTreeMap::new(), 0_u64, 0_u64);
    for _ in 0..count {
        let entry =
            Entry::first(rest).ok_or(VerifyError::Structure("an entry of its directory is not plain"))?;
        if entry.at != expected {
            return Err(VerifyError::Structure("its files overlap or leave gaps"));
        }
        expected = entry.end();
        unpacked = unpacked.saturating_add(entry.size);
        if unpacked > UNPACKED_BYTES_MAX {
            return Err(VerifyError::TooLarge);
        }
        // Readers that trust a file's own header must read the same as those that do not.
        let name_bytes = u64::try_from(entry.name.len()).unwrap_or(u64::MAX);
        let local = read_at(file, entry.at, LOCAL_BYTES + name_bytes)?;
        if !entry.agrees_with(rest, &local) {
            return Err(VerifyError::Structure("a file's header contradicts the directory"));
        }
        rest = rest.get(entry.header_bytes..).unwrap_or_default();
        let name = checked_name(entry.name)?;
        if sizes.insert(name.clone(), entry.size).is_some() {
            return Err(VerifyError::Name { name, problem: "which is there twice" });
        }
    }
    if rest.is_empty() && expected == start {
        Ok(sizes)
    } else {
        Err(VerifyError::Structure("it holds bytes that belong to no file"))
    }
}

fn read_at(file: &mut File, at: u64, bytes: u64) -> Result<Vec<u8>, VerifyError> {
    let mut buffer = vec![0; usize::try_from(bytes).unwrap_or_default()];
    file.seek(SeekFrom::Start(at))
        .and_then(|_| file.read_exact(&mut buffer))
        .map_err(|source| VerifyError::Unreadable { source })?;
    Ok(buffer)
}

/// Where the directory starts, how long it is, and how many entries it has.
fn end_record(end: &[u8]) -> Option<(u64, u64, usize)> {
    let count = u16_at(end, 10)?;
    let is_plain = u32_at(end, 0)? == 0x0605_4b50
        && u32_at(end, 4)? == 0
        && u16_at(end, 8)? == count
        && count != u16::MAX
        && u16_at(end, 20)? == 0;
    is_plain.then_some((u64::from(u32_at(end, 16)?), u64::from(u32_at(end, 12)?), usize::from(count)))
}

fn checked_name(name: &[u8]) -> Result<String, VerifyError> {
    match std::str::from_utf8(name) {
        Ok(name) if is_artifact_name(name) => Ok(name.to_owned()),
        _ => Err(VerifyError::Name {
            name: String::from_utf8_lossy(name).into_owned(),
            problem: "which is no plain relative name",
        }),
    }
}

/// One header of the directory.
struct Entry<'a> {
    name: &'a [u8],
    at: u64,
    packed: u64,
    size: u64,
    header_bytes: usize,
}

impl<'a> Entry<'a> {
    /// The first entry of a directory: a regular file, stored or deflated, without
    /// encryption, extra fields or comment.
    fn first(directory: &'a [u8]) -> Option<Self> {
        let name_bytes = usize::from(u16_at(directory, 28)?);
        let is_plain = u32_at(directory, 0)? == 0x0201_4b50
            // Only "names are UTF-8" may be said.
            && u16_at(directory, 8)? & !0x0800 == 0
            && matches!(u16_at(directory, 10)?, 0 | 8)
            && u32_at(directory, 30)? == 0
            && u32_at(directory, 34)? == 0
            && u32_at(directory, 38)? == 0o100_644 << 16;
        let entry = Self {
            name: directory.get(HEADER_BYTES..HEADER_BYTES + name_bytes)?,
            at: u64::from(u32_at(directory, 42)?),
            packed: u64::from(u32_at(directory, 20)?),
            size: u64::from(u32_at(directory, 24)?),
            header_bytes: HEADER_BYTES + name_bytes,
        };
        is_plain.then_some(entry)
    }

    /// The file's own header says the same as its header in the directory: everything
    /// from the version to the length of the extra field, and the same name follows.
    fn agrees_with(&self, header: &[u8], local: &[u8]) -> bool {
        local.starts_with(&0x0403_4b50_u32.to_le_bytes())
            && local.get(4..30) == header.get(6..32)
            && local.get(30..) == Some(self.name)
    }

    /// Where the next file begins.
    fn end(&self) -> u64 {
        let name = u64::try_from(self.name.len()).unwrap_or(u64::MAX);
        self.at.saturating_add(LOCAL_BYTES).saturating_add(name).saturating_add(self.packed)
    }
}
