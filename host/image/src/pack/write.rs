//! Writing one layer. Sizes are known from the listing, so every entry's place is
//! known before anything is read, and threads write their parts at once.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt};
use hivesync_types::Digest;
use rustix::fs::OFlags;

use super::error::{PackError, shown};
use super::walk::{Found, Kind, Stamp};
use crate::layout;

/// About how much one thread reads before it writes.
const PART_BYTES: u64 = 1024 * 1024;

/// What is known of an entry once its content was read.
#[derive(Debug, Clone, Copy)]
struct Content {
    crc: u32,
    digest: Digest,
}

/// Entries that lie beside each other, written by one thread.
struct Part {
    entries: Range<usize>,
    start: u64,
}

/// The size of a layer's file up to its directory.
pub(crate) fn content_bytes(entries: &[Found]) -> u64 {
    entries.iter().map(entry_bytes).sum()
}

fn entry_bytes(entry: &Found) -> u64 {
    let data = match &entry.kind {
        Kind::File(stamp) => stamp.bytes,
        Kind::Link(target) => bytes_of(target.len()),
    };
    bytes_of(layout::LOCAL_BYTES + entry.path.len()).saturating_add(data)
}

fn bytes_of(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Writes `entries` of `tree` as a layer into `out`, which is empty, and returns the
/// content's digest. What is read must still be what was listed.
pub(crate) fn write_layer(
    tree: &Dir,
    entries: &[Found],
    out: &File,
    threads: usize,
    canceled: &AtomicBool,
) -> Result<Digest, PackError> {
    let parts = split(entries);
    let next = AtomicUsize::new(0);
    let written: Mutex<Vec<Option<Vec<Content>>>> = Mutex::new(vec![None; parts.len()]);
    let work = || -> Result<(), PackError> {
        let mut writer = PartWriter { tree, open: None, buffer: Vec::new() };
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = parts.get(index) else { return Ok(()) };
            if canceled.load(Ordering::Relaxed) {
                return Err(PackError::Canceled);
            }
            let contents =
                writer.write(entries.get(part.entries.clone()).unwrap_or_default(), part.start, out);
            // The others stop at their next part.
            let contents = contents.inspect_err(|_| next.store(parts.len(), Ordering::Relaxed))?;
            if let Some(slot) = written.lock().unwrap_or_else(PoisonError::into_inner).get_mut(index) {
                *slot = Some(contents);
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.clamp(1, parts.len().max(1))).map(|_| scope.spawn(work)).collect();
        let results: Vec<_> = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect();
        results.into_iter().collect::<Result<(), PackError>>()
    })?;
    let contents: Vec<Content> = written
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    finish(entries, &contents, out)
}

/// Cuts the entries into parts of about [`PART_BYTES`].
fn split(entries: &[Found]) -> Vec<Part> {
    let mut parts = Vec::new();
    let (mut first, mut start, mut end) = (0, 0, 0);
    for (index, entry) in entries.iter().enumerate() {
        end += entry_bytes(entry);
        if end - start >= PART_BYTES || index + 1 == entries.len() {
            parts.push(Part { entries: first..index + 1, start });
            (first, start) = (index + 1, end);
        }
    }
    parts
}

/// One thread's open folder and buffer.
struct PartWriter<'a> {
    tree: &'a Dir,
    /// The folder of the last file: neighbours are opened from it in one step.
    open: Option<(&'a str, Dir)>,
    buffer: Vec<u8>,
}

impl<'a> PartWriter<'a> {
    fn write(&mut self, entries: &'a [Found], start: u64, out: &File) -> Result<Vec<Content>, PackError> {
        self.buffer.clear();
        let mut contents = Vec::with_capacity(entries.len());
        for entry in entries {
            let header = self.buffer.len();
            self.buffer.resize(header + layout::LOCAL_BYTES, 0);
            self.buffer.extend_from_slice(entry.path.as_bytes());
            let data = self.buffer.len();
            match &entry.kind {
                Kind::File(stamp) => self.read_file(&entry.path, *stamp)?,
                Kind::Link(target) => self.buffer.extend_from_slice(target.as_bytes()),
            }
            let bytes = self.buffer.get(data..).unwrap_or_default();
            let content = Content { crc: crc32fast::hash(bytes), digest: Digest::of(bytes) };
            let local = local_header(entry, content.crc, bytes.len());
            if let Some(place) = self.buffer.get_mut(header..header + layout::LOCAL_BYTES) {
                place.copy_from_slice(&local);
            }
            contents.push(content);
        }
        out.write_all_at(&self.buffer, start).map_err(|source| PackError::Write { source })?;
        Ok(contents)
    }

    /// Appends the file's bytes to the buffer. The stamp is compared after reading, so
    /// that it covers a file that was exchanged before and one that was written meanwhile.
    fn read_file(&mut self, path: &'a str, stamp: Stamp) -> Result<(), PackError> {
        let unreadable = |source| PackError::Unreadable { path: shown(path.as_bytes()), source };
        let changed = || PackError::Changed { path: shown(path.as_bytes()) };
        let mut file = self.open(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => changed(),
            _ => unreadable(source),
        })?;
        let start = self.buffer.len();
        let bytes = usize::try_from(stamp.bytes).unwrap_or(usize::MAX);
        self.buffer.resize(start.saturating_add(bytes), 0);
        file.read_exact(self.buffer.get_mut(start..).unwrap_or_default()).map_err(|_| changed())?;
        if Stamp::of(&file.metadata().map_err(unreadable)?) == stamp { Ok(()) } else { Err(changed()) }
    }

    fn open(&mut self, path: &'a str) -> std::io::Result<cap_std::fs::File> {
        let mut options = OpenOptions::new();
        // A pipe that took a file's place must not block, a link must not be followed.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        options.read(true).custom_flags(i32::try_from(flags.bits()).unwrap_or_default());
        let Some((folder, name)) = path.rsplit_once('/') else { return self.tree.open_with(path, &options) };
        match &self.open {
            Some((open, dir)) if *open == folder => dir.open_with(name, &options),
            _ => {
                let dir = self.tree.open_dir(folder)?;
                let file = dir.open_with(name, &options);
                self.open = Some((folder, dir));
                file
            }
        }
    }
}

/// Appends the directory and the end records.
fn finish(entries: &[Found], contents: &[Content], out: &File) -> Result<Digest, PackError> {
    let digest = content_digest(entries, contents);
    let mut tail =
        Vec::with_capacity(entries.iter().map(|entry| layout::CENTRAL_BYTES + entry.path.len()).sum());
    let mut local = 0;
    for (entry, content) in entries.iter().zip(contents) {
        let bytes = entry_bytes(entry) - bytes_of(layout::LOCAL_BYTES + entry.path.len());
        put_central(&mut tail, entry, content.crc, low32(bytes), low32(local));
        local += entry_bytes(entry);
    }
    let directory_bytes = bytes_of(tail.len());
    put_end(&mut tail, entries.len(), directory_bytes, local);
    tail.extend_from_slice(digest.to_string().as_bytes());
    out.write_all_at(&tail, local).map_err(|source| PackError::Write { source })?;
    Ok(digest)
}

/// The digest of a layer's content: of path, kind and content digest of every entry
/// in order. It does not depend on the zip form.
fn content_digest(entries: &[Found], contents: &[Content]) -> Digest {
    let mut fields: Vec<&[u8]> = vec![b"hivesync-layer/1"];
    for (entry, content) in entries.iter().zip(contents) {
        let kind: &[u8] = match entry.kind {
            Kind::File(_) => b"file",
            Kind::Link(_) => b"link",
        };
        fields.extend([entry.path.as_bytes(), kind, content.digest.as_bytes()]);
    }
    Digest::of_fields(&fields)
}

/// The low 32 bits: the caller keeps a layer below 4 GiB.
fn low32(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn low16(value: usize) -> u16 {
    u16::try_from(value).unwrap_or(u16::MAX)
}

fn local_header(entry: &Found, crc: u32, bytes: usize) -> [u8; layout::LOCAL_BYTES] {
    let mut header = Vec::with_capacity(layout::LOCAL_BYTES);
    header.extend(layout::LOCAL_SIGNATURE.to_le_bytes());
    put_common(&mut header, entry, crc, low32(bytes_of(bytes)));
    header.first_chunk().copied().unwrap_or([0; layout::LOCAL_BYTES])
}

/// The fields that the local and the central header share, from "version needed" to
/// the length of the extra field.
fn put_common(header: &mut Vec<u8>, entry: &Found, crc: u32, bytes: u32) {
    header.extend(layout::NEEDED.to_le_bytes());
    header.extend(layout::FLAGS.to_le_bytes());
    header.extend([0; 4]); // stored; midnight
    header.extend(layout::DATE.to_le_bytes());
    header.extend(crc.to_le_bytes());
    header.extend(bytes.to_le_bytes());
    header.extend(bytes.to_le_bytes());
    header.extend(low16(entry.path.len()).to_le_bytes());
    header.extend([0; 2]); // no extra field
}

fn put_central(tail: &mut Vec<u8>, entry: &Found, crc: u32, bytes: u32, local: u32) {
    let mode = match entry.kind {
        Kind::File(_) => layout::MODE_FILE,
        Kind::Link(_) => layout::MODE_LINK,
    };
    tail.extend(layout::CENTRAL_SIGNATURE.to_le_bytes());
    tail.extend(layout::MADE_BY.to_le_bytes());
    put_common(tail, entry, crc, bytes);
    tail.extend([0; 6]); // no comment, disk 0, no internal attributes
    tail.extend(mode.to_le_bytes());
    tail.extend(local.to_le_bytes());
    tail.extend_from_slice(entry.path.as_bytes());
}

fn put_end(tail: &mut Vec<u8>, count: usize, bytes: u64, start: u64) {
    if count >= layout::COUNT_ESCAPE {
        let record = start + bytes;
        tail.extend(layout::END64_SIGNATURE.to_le_bytes());
        tail.extend(bytes_of(layout::END64_BYTES - 12).to_le_bytes());
        tail.extend(layout::MADE_BY.to_le_bytes());
        tail.extend(45_u16.to_le_bytes());
        tail.extend([0; 8]); // one disk
        for value in [bytes_of(count), bytes_of(count), bytes, start] {
            tail.extend(value.to_le_bytes());
        }
        tail.extend(layout::LOCATOR64_SIGNATURE.to_le_bytes());
        tail.extend([0; 4]);
        tail.extend(record.to_le_bytes());
        tail.extend(1_u32.to_le_bytes());
    }
    let count = low16(count.min(layout::COUNT_ESCAPE));
    tail.extend(layout::END_SIGNATURE.to_le_bytes());
    tail.extend([0; 4]); // one disk
    tail.extend(count.to_le_bytes());
    tail.extend(count.to_le_bytes());
    tail.extend(low32(bytes).to_le_bytes());
    tail.extend(low32(start).to_le_bytes());
    tail.extend(low16(layout::COMMENT_BYTES).to_le_bytes());
}
