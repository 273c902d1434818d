//! The zip form of a bundle: plain entries, no extra fields, no comment, no gap.
//!
//! It is our own because the deflated bytes exist before the zip does, which no zip
//! crate takes. `verify` reads it strictly, and so does any other tool.

use std::io::{self, Write};

use crate::identity::Moment;

const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
const END_SIGNATURE: u32 = 0x0605_4b50;
/// Unix, specification 2.0.
const MADE_BY: u16 = 0x0314;
/// Specification 2.0 is enough to read an entry.
const NEEDED: u16 = 20;
/// Names are UTF-8.
const FLAGS: u16 = 0x0800;
/// A regular file that everybody may read.
const MODE: u32 = 0o100_644 << 16;

/// How the bytes of a file stand in the zip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Stored,
    Deflated,
}

/// One file, whose bytes are at hand.
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a str,
    pub(crate) method: Method,
    pub(crate) crc: u32,
    /// Bytes before deflating.
    pub(crate) bytes: u64,
    /// What stands in the zip, in order.
    pub(crate) packed: Vec<&'a [u8]>,
}

/// Writes entries, one behind the other.
pub(crate) struct Zip<W> {
    out: W,
    time: [u8; 4],
    at: u64,
    count: u16,
    directory: Vec<u8>,
}

impl<W: Write> Zip<W> {
    pub(crate) fn new(out: W, moment: Moment) -> Self {
        Self { out, time: dos_time(moment), at: 0, count: 0, directory: Vec::new() }
    }

    /// Writes one file. Fails where a zip without 64-bit fields cannot hold it; the
    /// limits of a run are far below that.
    pub(crate) fn add(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        let packed: u64 = entry.packed.iter().map(|part| length(part)).sum();
        let mut common = Vec::with_capacity(26);
        common.extend(NEEDED.to_le_bytes());
        common.extend(FLAGS.to_le_bytes());
        common.extend(match entry.method {
            Method::Stored => [0, 0],
            Method::Deflated => [8, 0],
        });
        common.extend(self.time);
        common.extend(entry.crc.to_le_bytes());
        common.extend(low32(packed)?.to_le_bytes());
        common.extend(low32(entry.bytes)?.to_le_bytes());
        common.extend(u16::try_from(entry.name.len()).map_err(|_| too_large())?.to_le_bytes());
        common.extend([0; 2]); // no extra field
        let local = [&LOCAL_SIGNATURE.to_le_bytes(), common.as_slice(), entry.name.as_bytes()].concat();
        self.directory.extend(CENTRAL_SIGNATURE.to_le_bytes());
        self.directory.extend(MADE_BY.to_le_bytes());
        self.directory.extend(common);
        self.directory.extend([0; 6]); // no comment, disk 0, no internal attributes
        self.directory.extend(MODE.to_le_bytes());
        self.directory.extend(low32(self.at)?.to_le_bytes());
        self.directory.extend(entry.name.as_bytes());
        self.out.write_all(&local)?;
        for part in &entry.packed {
            self.out.write_all(part)?;
        }
        self.at = self.at.saturating_add(length(&local)).saturating_add(packed);
        self.count = self.count.checked_add(1).ok_or_else(too_large)?;
        Ok(())
    }

    /// Writes the directory and says how long the zip is.
    pub(crate) fn finish(mut self) -> io::Result<u64> {
        let mut end = Vec::with_capacity(22);
        end.extend(END_SIGNATURE.to_le_bytes());
        end.extend([0; 4]); // one disk
        end.extend(self.count.to_le_bytes());
        end.extend(self.count.to_le_bytes());
        end.extend(low32(length(&self.directory))?.to_le_bytes());
        end.extend(low32(self.at)?.to_le_bytes());
        end.extend([0; 2]); // no comment
        self.out.write_all(&self.directory)?;
        self.out.write_all(&end)?;
        self.out.flush()?;
        Ok(self.at.saturating_add(length(&self.directory)).saturating_add(length(&end)))
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn low32(value: u64) -> io::Result<u32> {
    u32::try_from(value).ok().filter(|value| *value != u32::MAX).ok_or_else(too_large)
}

fn too_large() -> io::Error {
    io::ErrorKind::FileTooLarge.into()
}

/// The moment as zip files write it: from 1980 to 2107, in steps of two seconds; time first.
fn dos_time(moment: Moment) -> [u8; 4] {
    let Moment { year, month, day, hour, minute, second } = moment;
    let (years, month, day, hour, minute, second) = match u32::try_from(year) {
        Ok(year @ 1980..=2107) => (year - 1980, month, day, hour, minute, second),
        Ok(2108..) => (127, 12, 31, 23, 59, 58),
        _ => (0, 1, 1, 0, 0, 0),
    };
    let time = u32::from(hour) << 11 | u32::from(minute) << 5 | u32::from(second) >> 1;
    let date = years << 9 | u32::from(month) << 5 | u32::from(day);
    (date << 16 | time).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_other_tool_reads_names_times_and_bytes() {
        let mut out = Vec::new();
        let mut zip = Zip::new(&mut out, Moment::of(1_700_000_001));
        let entry = |name| Entry {
            name,
            method: Method::Stored,
            crc: crc32fast::hash(b"one two"),
            bytes: 7,
            packed: vec![b"one ", b"two"],
        };
        zip.add(&entry("a/b.js")).unwrap();
        zip.add(&entry("ü.js")).unwrap();
        let bytes = zip.finish().unwrap();
        assert_eq!(bytes, length(&out));
        let mut archive = zip::ZipArchive::new(io::Cursor::new(out)).unwrap();
        let names: Vec<_> = archive.file_names().map(Result::unwrap).collect();
        assert_eq!(names, ["a/b.js", "ü.js"]);
        let file = archive.by_name("ü.js").unwrap();
        assert_eq!(file.last_modified().unwrap().to_string(), "2023-11-14 22:13:20");
        assert_eq!(io::read_to_string(file).unwrap(), "one two");
    }

    #[test]
    fn times_that_a_zip_does_not_know_become_its_first_or_last() {
        let at = |year| dos_time(Moment { year, month: 6, day: 7, hour: 8, minute: 9, second: 10 });
        assert_eq!(at(1970), [0, 0, 0x21, 0]);
        assert_eq!(at(1980), [0x25, 0x41, 0xc7, 0]);
        assert_eq!(at(2200), [0x7d, 0xbf, 0x9f, 0xff]);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let entry = |bytes| Entry { name: "a", method: Method::Stored, crc: 0, bytes, packed: vec![] };
        let mut zip = Zip::new(io::sink(), Moment::of(0));
        zip.add(&entry(u64::from(u32::MAX) - 1)).unwrap();
        assert_eq!(zip.add(&entry(u64::from(u32::MAX))).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
    }
}
