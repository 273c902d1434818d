//! What is known of the files of the installation: the digest of a module, the engine
//! that a compiler writes for. Both cost a tenth of a second to find out anew.
//!
//! A file is known again by its stamp: where it lies, its size, and when its content
//! and its entry changed last, of which the second cannot be set by anybody. A stamp
//! that is younger than its clock is fine is not trusted. What is noted stands under a
//! tag, and holds until the machine starts anew, because another processor may be
//! another engine.
//!
//! What this does not do: believe a file that somebody else may write. Whoever can
//! write the installation can replace the executables.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use cap_std::fs::Dir;
use hivesync_types::Digest;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::Clock;
use crate::error::Error;
use crate::mac::{MacKey, Purpose};
use crate::shelf::{Found, Shelf};

/// A file that changed less than this ago may change again within the same tick.
const STAMP_DOUBT: Duration = Duration::from_secs(1);
/// The largest note.
const NOTE_BYTES_MAX: u64 = 4096;

/// Notes about files.
pub(crate) struct Installed {
    shelf: Shelf,
    clock: Clock,
    /// Of this start of the machine; empty where the kernel does not tell.
    boot: Vec<u8>,
}

impl std::fmt::Debug for Installed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Installed").field("shelf", &self.shelf).finish_non_exhaustive()
    }
}

impl Installed {
    pub(crate) fn open(cache: &Dir, key: MacKey, clock: Clock) -> Result<Self, Error> {
        let shelf = Shelf::open(cache, "installed", key, Purpose::Installed, NOTE_BYTES_MAX)?;
        let boot = fs::read("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Ok(Self { shelf, clock, boot })
    }

    /// What was noted of this very file.
    pub(crate) fn recall<T: DeserializeOwned>(&self, path: &Path, what: &str) -> Option<T> {
        match self.shelf.find(&self.name(path, what)?) {
            Found::Body(note) => postcard::from_bytes(&note).ok(),
            Found::Nothing | Found::Spoiled => None,
        }
    }

    /// Notes it for the next process. A note that cannot be written costs time only.
    pub(crate) fn note<T: Serialize>(&self, path: &Path, what: &str, value: &T) {
        let Some(name) = self.name(path, what) else { return };
        let kept = postcard::to_stdvec(value)
            .map_err(|_| Error::Internal("a note that does not encode"))
            .and_then(|note| self.shelf.put(&name, &note));
        if let Err(error) = kept {
            tracing::debug!(error = %error.evidence(), "a note could not be kept");
        }
    }

    /// None for a file whose stamp tells nothing.
    fn name(&self, path: &Path, what: &str) -> Option<Digest> {
        let about = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        let changed =
            Duration::new(u64::try_from(about.ctime()).ok()?, u32::try_from(about.ctime_nsec()).ok()?);
        let age = (self.clock)().duration_since(std::time::UNIX_EPOCH + changed).ok()?;
        if age < STAMP_DOUBT || self.boot.is_empty() {
            return None;
        }
        let stamp = [
            about.dev().to_le_bytes(),
            about.ino().to_le_bytes(),
            about.len().to_le_bytes(),
            about.mtime().to_le_bytes(),
            about.mtime_nsec().to_le_bytes(),
            about.ctime().to_le_bytes(),
            about.ctime_nsec().to_le_bytes(),
        ];
        let path = path.as_os_str().as_encoded_bytes();
        Some(Digest::of_fields(&[what.as_bytes(), &self.boot, path, stamp.as_flattened()]))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::SystemTime;

    use super::*;

    fn installed(folder: &Path, ahead: Duration) -> Installed {
        let cache = Dir::open_ambient_dir(folder, cap_std::ambient_authority()).unwrap();
        let clock: Clock = Arc::new(move || SystemTime::now() + ahead);
        Installed::open(&cache, MacKey::from_bytes([5; 32]), clock).unwrap()
    }

    #[test]
    fn a_note_holds_until_the_file_is_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("module.wasm");
        let later = installed(folder.path(), Duration::from_secs(10));
        fs::write(&path, "one").unwrap();
        later.note(&path, "digest", &7_u32);
        assert_eq!(later.recall::<u32>(&path, "digest"), Some(7));
        assert_eq!(later.recall::<u32>(&path, "identity"), None);
        let before = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, "two").unwrap();
        // Of the same size, and dated back: the change of its entry tells.
        fs::File::options().write(true).open(&path).unwrap().set_modified(before).unwrap();
        assert_eq!(later.recall::<u32>(&path, "digest"), None);
    }

    #[test]
    fn a_file_that_was_just_written_is_not_known_by_its_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("module.wasm");
        fs::write(&path, "one").unwrap();
        installed(folder.path(), Duration::ZERO).note(&path, "digest", &7_u32);
        assert_eq!(installed(folder.path(), Duration::from_secs(10)).recall::<u32>(&path, "digest"), None);
    }
}
