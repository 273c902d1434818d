//! The zip form of one layer: constants, and the strict parser.
//!
//! The parser is our own because every zip crate copies the directory into owned
//! strings and reads through `Read + Seek`; this one hands out ranges of a mapped
//! file, and accepts the canonical form and nothing else, so that there is no second
//! reading of the same bytes.

use hivesync_types::Digest;

use crate::image::ImageError;
use crate::path::{is_plain_path, resolve_link};

/// Most entries of one layer. Stops a tree of millions of names from filling the
/// memory of whoever lists it.
pub const ENTRIES_MAX: usize = 131_072;

/// The largest file of an image, in bytes: nothing larger could become part of an
/// artifact, whose sum is bounded by the same figure.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The largest layer, in bytes; keeps every offset of a layer in 32 bits.
pub const LAYER_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

#[cfg_attr(not(feature = "pack"), expect(dead_code))]
pub(crate) const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
pub(crate) const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
pub(crate) const END_SIGNATURE: u32 = 0x0605_4b50;
pub(crate) const END64_SIGNATURE: u32 = 0x0606_4b50;
pub(crate) const LOCATOR64_SIGNATURE: u32 = 0x0706_4b50;

pub(crate) const LOCAL_BYTES: usize = 30;
pub(crate) const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;
pub(crate) const END64_BYTES: usize = 56;
const LOCATOR64_BYTES: usize = 20;
/// `sha256:` and 64 digits.
pub(crate) const COMMENT_BYTES: usize = 71;

/// Names are UTF-8.
pub(crate) const FLAGS: u16 = 0x0800;
/// Unix, specification 4.5.
pub(crate) const MADE_BY: u16 = 0x032d;
/// Specification 2.0 is enough to read an entry.
pub(crate) const NEEDED: u16 = 20;
/// 1 January 1980, the first day a zip file knows.
pub(crate) const DATE: u16 = 0x0021;
/// A regular file that everybody may read.
pub(crate) const MODE_FILE: u32 = 0o100_644 << 16;
/// A symbolic link.
pub(crate) const MODE_LINK: u32 = 0o120_777 << 16;
/// From this count on the classic end record says 0xffff and the 64-bit one counts.
pub(crate) const COUNT_ESCAPE: usize = 0xffff;

/// One entry as ranges of its layer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record {
    pub(crate) layer: u16,
    pub(crate) name_bytes: u16,
    pub(crate) name_at: u32,
    pub(crate) data_at: u32,
    pub(crate) data_bytes: u32,
    pub(crate) crc: u32,
    /// Index into the image's link targets.
    pub(crate) link: Option<u32>,
}

/// A parsed layer. Link targets are appended to the list that was handed in.
pub(crate) struct Layer {
    pub(crate) records: Vec<Record>,
    pub(crate) digest: Digest,
}

/// A `usize` of an offset within a layer: lossless on every host this runs on, and an
/// index out of every range elsewhere.
pub(crate) fn offset(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Where the directory of a layer lies.
struct Directory<'a> {
    bytes: &'a [u8],
    start: usize,
    count: usize,
    digest: Digest,
}

/// Reads a layer's directory.
pub(crate) fn parse(index: u16, layer: &[u8], links: &mut Vec<String>) -> Result<Layer, ImageError> {
    let at = usize::from(index);
    if u64::try_from(layer.len()).unwrap_or(u64::MAX) > LAYER_BYTES_MAX {
        return Err(ImageError::TooLarge { layer: at });
    }
    let directory = find_directory(layer).ok_or(ImageError::NotALayer { layer: at })?;
    if directory.count > ENTRIES_MAX {
        return Err(ImageError::TooManyEntries { layer: at });
    }
    let mut parser =
        Parser { index, layer, directory: &directory, links, header: 0, local: 0, previous: &[] };
    let mut records = Vec::with_capacity(directory.count);
    for entry in 0..directory.count {
        records.push(parser.next_record().ok_or(ImageError::BadEntry { layer: at, entry })?);
    }
    if parser.header != directory.bytes.len() || parser.local != directory.start {
        return Err(ImageError::NotALayer { layer: at });
    }
    Ok(Layer { records, digest: directory.digest })
}

/// Reads the end records, which stand at one place only: no searching, so that bytes
/// behind or between cannot be taken for another directory.
fn find_directory(layer: &[u8]) -> Option<Directory<'_>> {
    let end = layer.len().checked_sub(END_BYTES + COMMENT_BYTES)?;
    let classic_count = u16_at(layer, end + 10)?;
    let well_formed = u32_at(layer, end)? == END_SIGNATURE
        && u32_at(layer, end + 4)? == 0
        && u16_at(layer, end + 8)? == classic_count
        && usize::from(u16_at(layer, end + 20)?) == COMMENT_BYTES;
    if !well_formed {
        return None;
    }
    let bytes = offset(u32_at(layer, end + 12)?);
    let start = offset(u32_at(layer, end + 16)?);
    let digest = std::str::from_utf8(layer.get(end + END_BYTES..)?).ok()?.parse().ok()?;
    let (count, tail) = match usize::from(classic_count) {
        COUNT_ESCAPE => (count64(layer, end, bytes, start)?, END64_BYTES + LOCATOR64_BYTES),
        count => (count, 0),
    };
    let fits =
        start.checked_add(bytes)?.checked_add(tail)? == end && count.checked_mul(CENTRAL_BYTES)? <= bytes;
    let bytes = layer.get(start..start.checked_add(bytes)?)?;
    fits.then_some(Directory { bytes, start, count, digest })
}

/// The count in the 64-bit end record, which must agree with the classic one in all else.
fn count64(layer: &[u8], end: usize, bytes: usize, start: usize) -> Option<usize> {
    let locator = end.checked_sub(LOCATOR64_BYTES)?;
    let record = locator.checked_sub(END64_BYTES)?;
    let count = usize::try_from(u64_at(layer, record + 32)?).ok()?;
    let well_formed = u32_at(layer, locator)? == LOCATOR64_SIGNATURE
        && u64_at(layer, locator + 8)? == u64::try_from(record).ok()?
        && u32_at(layer, record)? == END64_SIGNATURE
        && count >= COUNT_ESCAPE
        && u64_at(layer, record + 24)? == u64::try_from(count).ok()?
        && u64_at(layer, record + 40)? == u64::try_from(bytes).ok()?
        && u64_at(layer, record + 48)? == u64::try_from(start).ok()?;
    well_formed.then_some(count)
}

/// Walks the directory once, front to back.
struct Parser<'a> {
    index: u16,
    layer: &'a [u8],
    directory: &'a Directory<'a>,
    links: &'a mut Vec<String>,
    /// Position in the directory.
    header: usize,
    /// Where the next local entry must begin.
    local: usize,
    previous: &'a [u8],
}

impl Parser<'_> {
    fn next_record(&mut self) -> Option<Record> {
        let header = self.directory.bytes.get(self.header..)?;
        let canonical = u32_at(header, 0)? == CENTRAL_SIGNATURE
            && u16_at(header, 4)? == MADE_BY
            && u16_at(header, 6)? == NEEDED
            && u16_at(header, 8)? == FLAGS
            && u32_at(header, 10)? == 0
            && u16_at(header, 14)? == DATE
            && u32_at(header, 20)? == u32_at(header, 24)?
            && u64_at(header, 30)? == 0
            && offset(u32_at(header, 42)?) == self.local;
        let name_bytes = u16_at(header, 28)?;
        let name = header.get(CENTRAL_BYTES..CENTRAL_BYTES + usize::from(name_bytes))?;
        let path = std::str::from_utf8(name).ok().filter(|path| is_plain_path(path))?;
        // Strictly ascending: sorted and without duplicates in one comparison.
        if !canonical || name <= self.previous {
            return None;
        }
        let data_bytes = u32_at(header, 24)?;
        let data_at = self.local.checked_add(LOCAL_BYTES + name.len())?;
        let data_end = data_at.checked_add(offset(data_bytes))?;
        let data = self.layer.get(data_at..data_end).filter(|_| data_end <= self.directory.start)?;
        let link = match u32_at(header, 38)? {
            MODE_FILE if u64::from(data_bytes) <= FILE_BYTES_MAX => None,
            MODE_LINK => Some(self.keep_link(path, data)?),
            _ => return None,
        };
        let name_at = self.directory.start.checked_add(self.header)?.checked_add(CENTRAL_BYTES)?;
        let record = Record {
            layer: self.index,
            name_bytes,
            name_at: u32::try_from(name_at).ok()?,
            data_at: u32::try_from(data_at).ok()?,
            data_bytes,
            crc: u32_at(header, 16)?,
            link,
        };
        self.header = self.header.checked_add(CENTRAL_BYTES + name.len())?;
        self.local = data_end;
        self.previous = name;
        Some(record)
    }

    fn keep_link(&mut self, path: &str, target: &[u8]) -> Option<u32> {
        let index = u32::try_from(self.links.len()).ok()?;
        self.links.push(resolve_link(path, std::str::from_utf8(target).ok()?)?);
        Some(index)
    }
}
