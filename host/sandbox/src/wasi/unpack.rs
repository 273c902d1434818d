//! An image becomes a directory, for one run.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::Path;
use std::time::{Duration, SystemTime};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use hivesync_image::EntryKind;

use crate::error::Error;
use crate::image::Image;

/// When every file was changed last, as far as a module can see: the first second of
/// 1980, where its clock begins too.
const CHANGED: Duration = Duration::from_secs(315_532_800);
/// Entries looked at in one go.
const BATCH: usize = 4096;

/// A directory that is removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Unpacked {
    /// Open before it is removed, and removed by name.
    descriptor: File,
    _folder: tempfile::TempDir,
}

impl Unpacked {
    /// The directory, for whoever shall read it.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Writes the image into a private directory in `beside`; an empty one where nothing is granted.
pub(crate) fn unpack(image: &Image, granted: bool, beside: &Path) -> Result<Unpacked, Error> {
    let storage = |source| Error::Storage { what: "unpacking an image", source };
    let folder = tempfile::Builder::new().prefix("hivesync-project-").tempdir_in(beside).map_err(storage)?;
    if granted {
        let dir = Dir::open_ambient_dir(folder.path(), ambient_authority()).map_err(storage)?;
        write_all(&dir, image).map_err(storage)?;
    }
    let descriptor = File::open(folder.path()).map_err(storage)?;
    Ok(Unpacked { descriptor, _folder: folder })
}

fn write_all(dir: &Dir, image: &Image) -> io::Result<()> {
    let content = image.content();
    let mut start = 0;
    while start < content.len() {
        for entry in content.entries(start, BATCH) {
            let path = Path::new(entry.path);
            if let Some(parent) = path.parent() {
                dir.create_dir_all(parent)?;
            }
            match entry.kind {
                EntryKind::File(_) => {
                    let bytes = content.read(entry.path).unwrap_or_default();
                    let mut file = dir.create(path)?.into_std();
                    io::Write::write_all(&mut file, bytes)?;
                    file.set_modified(SystemTime::UNIX_EPOCH + CHANGED)?;
                }
                EntryKind::Link(target) => dir.symlink(relative(path, target), path)?,
            }
        }
        start = start.saturating_add(BATCH);
    }
    Ok(())
}

/// `target` as seen from the directory of `path`; both are plain paths of the image.
fn relative(path: &Path, target: &str) -> std::path::PathBuf {
    let up = path.components().count().saturating_sub(1);
    std::iter::repeat_n("..", up).chain([target]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_its_target_from_wherever_it_stands() {
        assert_eq!(relative(Path::new("a"), "b/c"), Path::new("b/c"));
        assert_eq!(relative(Path::new("a/b/c"), "d"), Path::new("../../d"));
    }
}
