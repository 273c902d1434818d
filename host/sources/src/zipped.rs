//! Zips: those that people send, and the one form in which a tree is kept.

use std::io::{Cursor, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use crate::error::SourcesError;
use crate::tree::{Tree, TreeLimits, name, shown};

/// The type bits of a Unix mode, and those of a regular file.
const TYPE_BITS: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
/// Where the end of the central directory says how many entries there are.
const END: &[u8] = b"PK\x05\x06";
/// Bytes of the end of the central directory and the longest comment after it.
const END_BYTES_MAX: usize = 22 + 65_535;

/// Reads a zip that somebody sent.
pub fn read_zip(bytes: &[u8], limits: TreeLimits) -> Result<Tree, SourcesError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(malformed)?;
    // The reader keeps one of several entries of a name; the directory says how many there were.
    if entries(bytes).is_some_and(|entries| entries != archive.len()) {
        return Err(SourcesError::Malformed("a name comes twice, or the directory is wrong".to_owned()));
    }
    if archive.len() > limits.files.saturating_mul(2) {
        return Err(SourcesError::TooMany(limits.files));
    }
    let mut tree = Tree::new(limits);
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(malformed)?;
        let path = name(entry.name_raw())?.to_owned();
        let path = path.strip_prefix("./").unwrap_or(&path);
        let kind = entry.unix_mode().map(|mode| mode & TYPE_BITS).filter(|kind| *kind != 0);
        if let Some(folder) = path.strip_suffix('/') {
            // A folder is made by the files in it; one that leads out is refused all the same.
            if !folder.is_empty() && !hivesync_image::is_plain_path(folder) {
                return Err(SourcesError::Path { path: shown(path), why: "is not a plain relative path" });
            }
            continue;
        }
        if kind.is_some_and(|kind| kind != REGULAR) {
            return Err(SourcesError::Link { path: shown(path) });
        }
        tree.add(path, &mut entry)?;
    }
    Ok(tree)
}

/// The zip in which a tree is kept: the same bytes for the same tree.
pub fn write_zip(tree: &Tree) -> Result<Vec<u8>, SourcesError> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for (path, bytes) in tree.files() {
        writer.start_file(path, options).map_err(malformed)?;
        writer.write_all(bytes).map_err(|error| SourcesError::Write(error.kind()))?;
    }
    Ok(writer.finish().map_err(malformed)?.into_inner())
}

/// How many entries the directory says it has; none when it does not say so in this place.
fn entries(bytes: &[u8]) -> Option<usize> {
    let tail = bytes.get(bytes.len().saturating_sub(END_BYTES_MAX)..)?;
    let at = tail.windows(END.len()).rposition(|window| window == END)?;
    let count = tail.get(at + 10..at + 12)?;
    let count = u16::from_le_bytes(count.try_into().ok()?);
    (count != u16::MAX).then_some(usize::from(count))
}

fn malformed(error: zip::result::ZipError) -> SourcesError {
    SourcesError::Malformed(error.to_string())
}
