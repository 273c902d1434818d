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
/// How much of the file's end is looked at first for the last line.
const TAIL_BYTES: u64 = 64 << 10;

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
    chain: Mutex<Chain>,
    key: SigningKey,
}

#[derive(Debug)]
struct Chain {
    file: File,
    /// Where this process left off; good as long as nobody else made the file longer.
    head: Option<Head>,
}

/// Where the next entry goes.
#[derive(Debug, Clone, Copy)]
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
        Ok(Self { chain: Mutex::new(Chain { file, head: None }), key })
    }

    /// Appends an entry and returns its digest. It is on its way to the disk, not
    /// synchronised: a power cut may lose the last entries, and never tears one unseen.
    pub fn append(&self, event: Event) -> Result<Digest, Error> {
        let mut chain = self.chain.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        flock(&chain.file, FlockOperation::LockExclusive).map_err(|errno| storage(errno.into()))?;
        let appended = self.append_locked(&mut chain, event);
        // Closing the file would unlock it as well.
        let _ = flock(&chain.file, FlockOperation::Unlock);
        appended
    }

    fn append_locked(&self, chain: &mut Chain, event: Event) -> Result<Digest, Error> {
        let head = chain.head().map_err(storage)?;
        let torn_bytes = (head.torn > 0).then_some(head.torn);
        let entry = Entry { sequence: head.sequence, previous: head.previous, torn_bytes, event };
        let raw = serde_json::value::to_raw_value(&entry).map_err(encoding)?;
        let digest = digest_of(raw.get());
        let signature = hex::encode(self.key.sign(&signed_bytes(&digest)).to_bytes());
        let line = Line { entry: &raw, digest, signature: &signature };
        let mut bytes = serde_json::to_vec(&line).map_err(encoding)?;
        bytes.push(b'\n');
        write(&chain.file, &head, &bytes).map_err(storage)?;
        chain.head = Some(Head {
            sequence: head.sequence.saturating_add(1),
            previous: digest,
            end: head.end.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX)),
            torn: 0,
        });
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

impl Chain {
    /// Where the next entry goes. Read from the file only when somebody else wrote to it.
    fn head(&mut self) -> io::Result<Head> {
        let length = self.file.metadata()?.len();
        if let Some(head) = self.head.filter(|head| head.end == length) {
            return Ok(head);
        }
        // Most lines are short: look at a little of the end first.
        let mut looked = TAIL_BYTES;
        loop {
            match read_head(&self.file, length, looked)? {
                Some(head) => return Ok(head),
                None if looked >= length => {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "the last audit entry cannot be read",
                    ));
                }
                None => looked = looked.saturating_mul(16),
            }
        }
    }
}

/// Reads the last whole line out of the last `looked` bytes; none when it begins before them.
fn read_head(mut file: &File, length: u64, looked: u64) -> io::Result<Option<Head>> {
    let from = length.saturating_sub(looked);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.take(looked).read_to_end(&mut tail)?;
    let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let torn = u64::try_from(tail.len().saturating_sub(whole)).unwrap_or(0);
    let end = length.saturating_sub(torn);
    let lines = tail.get(..whole.saturating_sub(1)).unwrap_or_default();
    let start = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let last = lines.get(start..).unwrap_or_default();
    if start == 0 && from > 0 {
        return Ok(None);
    }
    if last.is_empty() {
        return Ok(Some(Head { sequence: 0, previous: Digest::from_bytes([0; 32]), end, torn }));
    }
    let invalid = |_| io::Error::new(io::ErrorKind::InvalidData, "the last audit entry cannot be read");
    let line: Line<'_> = serde_json::from_slice(last).map_err(invalid)?;
    let entry: Entry = serde_json::from_str(line.entry.get()).map_err(invalid)?;
    Ok(Some(Head { sequence: entry.sequence.saturating_add(1), previous: line.digest, end, torn }))
}
