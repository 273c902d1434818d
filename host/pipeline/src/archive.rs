//! Writing `bundle.zip`: beside its target, whole, then renamed.
//!
//! **Invariant:** equal files and an equal time are equal bytes; a target that exists
//! is replaced by a whole bundle or not touched.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use hivesync_sandbox::Artifact;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::error::BuildError;
use crate::identity::Moment;
use crate::metadata::{FileRecord, LOGS_NAME, METADATA_NAME, Metadata};
use crate::signing::BundleKey;

/// The fastest level: text shrinks to a quarter, and a higher one takes longer than
/// the whole build.
const LEVEL: i64 = 1;

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

    /// The digest of every file.
    pub(crate) fn records(&self) -> Vec<FileRecord> {
        let record = |file: &Artifact| FileRecord {
            name: file.name.clone(),
            bytes: file.bytes(),
            digest: file.digest(),
        };
        self.files.iter().map(record).collect()
    }
}

/// One file of the host's own.
pub(crate) fn own_file(name: &str, text: impl Into<Bytes>) -> Artifact {
    Artifact { name: name.to_owned(), pieces: vec![text.into()] }
}

/// Writes the bundle to `target` and returns the zip's size.
pub(crate) fn write(
    target: &Path,
    contents: &Contents,
    metadata: Metadata,
    key: &BundleKey,
    moment: Moment,
    canceled: &AtomicBool,
) -> Result<u64, BuildError> {
    let failed = |source| BuildError::Write { path: target.display().to_string(), source };
    let record = metadata.sign(key).map_err(|error| failed(error.into()))?;
    let folder = folder_of(target);
    let mut temporary = tempfile::Builder::new()
        .prefix(".bundle-")
        .suffix(".tmp")
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(&folder)
        .map_err(failed)?;
    write_zip(temporary.as_file_mut(), contents, &record, moment, canceled).map_err(failed)?;
    temporary.as_file().sync_all().map_err(failed)?;
    if canceled.load(Ordering::Relaxed) {
        return Err(failed(io::ErrorKind::Interrupted.into()));
    }
    let file = temporary.persist(target).map_err(|error| failed(error.error))?;
    // The name is as durable as the bytes. Some file systems refuse; the bundle is whole anyway.
    File::open(&folder).and_then(|folder| folder.sync_all()).ok();
    Ok(file.metadata().map_err(failed)?.len())
}

fn folder_of(target: &Path) -> PathBuf {
    match target.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn write_zip(
    out: &mut File,
    contents: &Contents,
    record: &[u8],
    moment: Moment,
    canceled: &AtomicBool,
) -> io::Result<()> {
    let mut zip = ZipWriter::new(BufWriter::with_capacity(256 * 1024, out));
    for file in &contents.files {
        if canceled.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        zip.start_file(file.name.as_str(), options(&file.name, moment)?)?;
        for piece in &file.pieces {
            zip.write_all(piece)?;
        }
    }
    zip.start_file(METADATA_NAME, options(METADATA_NAME, moment)?)?;
    zip.write_all(record)?;
    zip.finish()?.flush()
}

fn options(name: &str, moment: Moment) -> io::Result<SimpleFileOptions> {
    let is_compressed = name.rsplit_once('.').is_some_and(|(_, extension)| {
        COMPRESSED.iter().any(|compressed| compressed.eq_ignore_ascii_case(extension))
    });
    let options = SimpleFileOptions::default().unix_permissions(0o644).last_modified_time(zip_time(moment)?);
    Ok(if is_compressed {
        options.compression_method(CompressionMethod::Stored)
    } else {
        options.compression_method(CompressionMethod::Deflated).compression_level(Some(LEVEL))
    })
}

/// The moment as zip files write it: from 1980 to 2107, in steps of two seconds.
fn zip_time(moment: Moment) -> io::Result<DateTime> {
    let Moment { year, month, day, hour, minute, second } = moment;
    let time = match u16::try_from(year) {
        Ok(year @ 1980..=2107) => DateTime::from_date_and_time(year, month, day, hour, minute, second & !1),
        Ok(..1980) => DateTime::from_date_and_time(1980, 1, 1, 0, 0, 0),
        _ => DateTime::from_date_and_time(2107, 12, 31, 23, 59, 58),
    };
    time.map_err(|_| io::ErrorKind::InvalidInput.into())
}
