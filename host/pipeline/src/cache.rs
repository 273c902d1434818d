//! What this machine keeps between builds: how much, away with it, and to another machine.
//!
//! Losing any of it costs time only. Each part is bounded by whoever fills it: machine code and
//! transforms by bytes in the sandbox, layers and restored packages by number and bytes here.
//!
//! **Invariant:** nothing outside the cache's own folder is read or removed.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use hivesync_sandbox::{ShipmentError, Shipped, export_memo, import_memo};
use serde::Serialize;

use crate::signing::{KeyId, Keys};

/// The folders of the cache and what each is for.
pub const CACHE_PARTS: [(&str, &str); 7] = [
    ("compiled", "machine code of modules"),
    ("memo", "transforms and links"),
    ("maps", "parts of maps for the next one of the same project"),
    ("layers", "packed packages"),
    ("images", "project images that changes can be sent for"),
    ("preview_deps", "restored packages"),
    ("installed", "what is known of the installation"),
];

/// Restored packages, in bytes; beyond, those that were used longest ago are removed.
pub(crate) const RESTORED_BYTES_MAX: u64 = 8 << 30;

/// One part of the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CachePart {
    /// Its folder.
    pub name: &'static str,
    /// What it is for.
    pub holds: &'static str,
    /// Its files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// How much is kept. A part that is not there is empty.
pub fn cache_status(cache: &Path) -> io::Result<Vec<CachePart>> {
    let part = |(name, holds)| {
        let (files, bytes) = size_of(&cache.join(name))?;
        Ok(CachePart { name, holds, files, bytes })
    };
    CACHE_PARTS.into_iter().map(part).collect()
}

/// Removes everything that is kept. A build that goes on makes again what it needs.
pub fn clear_cache(cache: &Path) -> io::Result<()> {
    for (name, _) in CACHE_PARTS {
        match fs::remove_dir_all(cache.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Writes transforms and links for other machines into `out`, signed as this machine's bundles
/// are. They hold code of every app that was built here.
pub fn export_cache(cache: &Path, keys: &Keys, out: &mut impl io::Write) -> Result<Shipped, ShipmentError> {
    let dir = open(cache)?;
    export_memo(&dir, keys.cache.clone(), keys.bundle.signing_key(), out)
}

/// Takes in what a machine whose key is among `trusted` exported.
pub fn import_cache(
    cache: &Path,
    keys: &Keys,
    trusted: &[KeyId],
    from: &mut File,
) -> Result<Shipped, ShipmentError> {
    let dir = open(cache)?;
    let trusted: Vec<[u8; 32]> = trusted.iter().map(KeyId::to_bytes).collect();
    import_memo(&dir, keys.cache.clone(), &trusted, from)
}

fn open(cache: &Path) -> io::Result<Dir> {
    Dir::create_ambient_dir_all(cache, ambient_authority())?;
    Dir::open_ambient_dir(cache, ambient_authority())
}

/// Files and bytes under a folder; links are not followed.
fn size_of(folder: &Path) -> io::Result<(u64, u64)> {
    let (mut files, mut bytes) = (0, 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            // Somebody else tidies, too.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            match entry.metadata() {
                Ok(about) if about.is_dir() => folders.push(entry.path()),
                Ok(about) => {
                    files += 1;
                    bytes += about.len();
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok((files, bytes))
}

/// Marks what is kept as used now: what was used longest ago goes first. Failing to is no reason
/// to fail a build.
pub(crate) fn touch(kept: &File) {
    let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
    let times = rustix::fs::Timestamps { last_access: now, last_modification: now };
    let _ = rustix::fs::futimens(kept, &times);
}

/// Removes restored packages that were used longest ago while all together have more than
/// `bytes_max`; never `in_use`. A folder whose size cannot be told counts as nothing.
pub(crate) fn sweep_restored(folder: &Path, in_use: &Path, bytes_max: u64) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut kept: Vec<(SystemTime, PathBuf, u64)> = entries
        .flatten()
        .filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."))
        .filter_map(|entry| {
            let used = entry.metadata().ok()?.modified().ok()?;
            let bytes = size_of(&entry.path()).map_or(0, |(_, bytes)| bytes);
            Some((used, entry.path(), bytes))
        })
        .collect();
    kept.sort_unstable();
    let mut total: u64 = kept.iter().map(|(_, _, bytes)| bytes).sum();
    for (_, path, bytes) in kept {
        if total <= bytes_max {
            return;
        }
        if path != in_use && fs::remove_dir_all(&path).is_ok() {
            total = total.saturating_sub(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_kept_is_counted_and_cleared_and_nothing_else() {
        let cache = tempfile::tempdir().unwrap();
        fs::create_dir_all(cache.path().join("memo/a")).unwrap();
        fs::write(cache.path().join("memo/a/b"), "12345").unwrap();
        fs::write(cache.path().join("other"), "1").unwrap();
        let memo =
            |cache: &Path| cache_status(cache).unwrap().into_iter().find(|part| part.name == "memo").unwrap();
        assert_eq!((memo(cache.path()).files, memo(cache.path()).bytes), (1, 5));
        clear_cache(cache.path()).unwrap();
        assert_eq!((memo(cache.path()).files, memo(cache.path()).bytes), (0, 0));
        assert!(cache.path().join("other").is_file());
        clear_cache(cache.path()).unwrap();
    }

    #[test]
    fn restored_packages_that_were_used_longest_ago_go_first_and_one_in_use_stays() {
        let folder = tempfile::tempdir().unwrap();
        for (days, name) in (1..).zip(["a", "b", "c"]) {
            let kept = folder.path().join(name);
            fs::create_dir(&kept).unwrap();
            fs::write(kept.join("x"), [0; 100]).unwrap();
            let used = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 * days);
            File::open(&kept).unwrap().set_modified(used).unwrap();
        }
        let left = || ["a", "b", "c"].map(|name| folder.path().join(name).is_dir());
        sweep_restored(folder.path(), &folder.path().join("a"), 300);
        assert_eq!(left(), [true, true, true]);
        sweep_restored(folder.path(), &folder.path().join("a"), 299);
        assert_eq!(left(), [true, false, true]);
        sweep_restored(folder.path(), &folder.path().join("a"), 0);
        assert_eq!(left(), [true, false, false]);
    }
}
