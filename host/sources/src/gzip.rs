//! Gzipped tars.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use crate::error::SourcesError;
use crate::tree::{Tree, TreeLimits, name, shown};

/// Bytes of heads and padding that a file may cost beside its content; long names are in it.
const OVERHEAD: u64 = 4096;

/// Reads a gzipped tar that somebody sent.
pub fn read_tar_gz(bytes: &[u8], limits: TreeLimits) -> Result<Tree, SourcesError> {
    // What the tar says of itself may be anything: no more than a project can have is unpacked.
    let most = u64::try_from(limits.files).unwrap_or(u64::MAX).saturating_mul(OVERHEAD);
    let mut unpacked = Bounded { inner: MultiGzDecoder::new(bytes), left: limits.bytes.saturating_add(most) };
    if bytes.is_empty() {
        return Err(SourcesError::Malformed("there is nothing".to_owned()));
    }
    let result = read(&mut unpacked, limits);
    if unpacked.left == 0 { Err(SourcesError::TooLarge(limits.bytes)) } else { result }
}

fn read(unpacked: impl Read, limits: TreeLimits) -> Result<Tree, SourcesError> {
    let mut archive = Archive::new(unpacked);
    let mut tree = Tree::new(limits);
    for entry in archive.entries().map_err(malformed)? {
        let entry = entry.map_err(malformed)?;
        let raw = entry.path_bytes().into_owned();
        let path = name(&raw)?;
        let path = path.strip_prefix("./").unwrap_or(path);
        match entry.header().entry_type() {
            EntryType::Directory => {
                let folder = path.trim_end_matches('/');
                if !folder.is_empty() && folder != "." && !hivesync_image::is_plain_path(folder) {
                    return Err(SourcesError::Path {
                        path: shown(path),
                        why: "is not a plain relative path",
                    });
                }
            }
            EntryType::XGlobalHeader => {}
            EntryType::Regular | EntryType::Continuous => {
                let size = entry.size();
                tree.add(path, entry)?;
                let read = tree.files().find(|(known, _)| *known == path).map(|(_, bytes)| bytes.len());
                if read.and_then(|read| u64::try_from(read).ok()) != Some(size) {
                    return Err(SourcesError::Malformed(format!("{path:?} is cut off")));
                }
            }
            _ => return Err(SourcesError::Link { path: shown(path) }),
        }
    }
    // The end of the last member says whether all of it came.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(malformed)?;
    Ok(tree)
}

/// A reader that ends after so many bytes, and knows that it did.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let (part, _) = buffer.split_at_mut(most);
        let count = self.inner.read(part)?;
        self.left = self.left.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}

fn malformed(error: io::Error) -> SourcesError {
    SourcesError::Malformed(error.to_string())
}
