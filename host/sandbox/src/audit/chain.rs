//! Appending to the chain.

use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::Mutex;

use cap_std::fs::{Dir, File, OpenOptions};
use ed25519_dalek::{Signer as _, SigningKey};
use hivesync_types::Digest;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::record::{Entry, Event};
use super::{digest_of, signed_bytes};
use crate::error::Error;

/// The file in the data folder.
const FILE: &str = "audit.jsonl";
/// The longest line: a record with every artifact there may be.
const LINE_BYTES_MAX: u64 = 8 << 20;

/// One line of the file.
#[derive(Serialize, Deserialize)]
pub(super) struct Line<'a> {
    #[serde(borrow)]
    pub(super) entry: &'a RawValue,
    pub(super) digest: Digest,
    pub(super) signature: &'a str,
}

/// The chain of one data folder. Several processes may append to it.
#[derive(Debug)]
pub struct AuditLog {
    file: Mutex<File>,
    key: SigningKey,
}

/// Where the next entry goes.
struct Head {
    sequence: u64,
    previous: Digest,
    end: u64,
    torn: u64,
}

impl AuditLog {
    /// Opens the chain in `data`, or begins one.
    pub fn open(data: &Dir, key: SigningKey) -> Result<Self, Error> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = data.open_with(FILE, &options).map_err(storage)?;
        Ok(Self { file: Mutex::new(file), key })
    }

    /// Appends an entry and returns its digest. It is on its way to the disk, not
    /// synchronised: a power cut may lose the last entries, and never tears one unseen.
    pub fn append(&self, event: Event) -> Result<Digest, Error> {
        let file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        flock(&*file, FlockOperation::LockExclusive).map_err(|errno| storage(errno.into()))?;
        let appended = self.append_locked(&file, event);
        // Closing the file would unlock it as well.
        let _ = flock(&*file, FlockOperation::Unlock);
        appended
    }

    fn append_locked(&self, file: &File, event: Event) -> Result<Digest, Error> {
        let head = head(file).map_err(storage)?;
        let torn_bytes = (head.torn > 0).then_some(head.torn);
        let entry = Entry { sequence: head.sequence, previous: head.previous, torn_bytes, event };
        let raw = serde_json::value::to_raw_value(&entry).map_err(encoding)?;
        let digest = digest_of(raw.get());
        let signature = hex::encode(self.key.sign(&signed_bytes(&digest)).to_bytes());
        let line = Line { entry: &raw, digest, signature: &signature };
        let mut bytes = serde_json::to_vec(&line).map_err(encoding)?;
        bytes.push(b'\n');
        write(file, &head, &bytes).map_err(storage)?;
        Ok(digest)
    }
}

fn storage(source: io::Error) -> Error {
    Error::Storage { what: "writing the audit record", source }
}

fn encoding(_: serde_json::Error) -> Error {
    Error::Internal("an audit record that does not encode")
}

/// One write, so that an entry is there whole or not at all but for a crash in the middle of it.
fn write(mut file: &File, head: &Head, line: &[u8]) -> io::Result<()> {
    if head.torn > 0 {
        file.set_len(head.end)?;
    }
    file.seek(SeekFrom::Start(head.end))?;
    file.write_all(line)
}

/// Reads the last whole line.
fn head(mut file: &File) -> io::Result<Head> {
    let length = file.seek(SeekFrom::End(0))?;
    let from = length.saturating_sub(LINE_BYTES_MAX * 2);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(LINE_BYTES_MAX * 2).read_to_end(&mut tail)?;
    let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let torn = u64::try_from(tail.len().saturating_sub(whole)).unwrap_or(0);
    let lines = tail.get(..whole.saturating_sub(1)).unwrap_or_default();
    let last = lines.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let end = length.saturating_sub(torn);
    if last.is_empty() {
        return Ok(Head { sequence: 0, previous: Digest::from_bytes([0; 32]), end, torn });
    }
    let invalid = |_| io::Error::new(io::ErrorKind::InvalidData, "the last audit entry cannot be read");
    let line: Line<'_> = serde_json::from_slice(last).map_err(invalid)?;
    let entry: Entry = serde_json::from_str(line.entry.get()).map_err(invalid)?;
    Ok(Head { sequence: entry.sequence.saturating_add(1), previous: line.digest, end, torn })
}
