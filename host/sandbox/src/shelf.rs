//! Small files under a tag: the form both caches have on disk.
//!
//! A file is a body and its tag. It appears whole or not at all, because it is written
//! beside its place and renamed. It is not synchronised to the disk: a file that a
//! power cut spoiled has no valid tag, and is as good as absent.
//!
//! **Invariant:** bytes are handed out only if this broker's key made their tag for
//! exactly this name.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use cap_std::fs::{Dir, OpenOptions};
use hivesync_types::Digest;

use crate::error::Error;
use crate::mac::{MacKey, Purpose, TAG_BYTES};
use crate::memfd;

/// A folder of such files.
#[derive(Debug)]
pub(crate) struct Shelf {
    dir: Dir,
    key: MacKey,
    purpose: Purpose,
    /// The largest file that is read back.
    bytes_max: u64,
    /// Tells apart the unfinished files of this process.
    serial: AtomicU64,
}

/// What a look-up found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<T> {
    /// Nothing.
    Nothing,
    /// A file whose tag is not ours: it was damaged, or somebody meddled.
    Spoiled,
    /// The body.
    Body(T),
}

impl Shelf {
    /// Opens the folder `name` in `parent`, and makes it where it is missing.
    pub(crate) fn open(
        parent: &Dir,
        name: &str,
        key: MacKey,
        purpose: Purpose,
        bytes_max: u64,
    ) -> Result<Self, Error> {
        let storage = |source| Error::Storage { what: "opening a cache", source };
        parent.create_dir_all(name).map_err(storage)?;
        let dir = parent.open_dir(name).map_err(storage)?;
        Ok(Self { dir, key, purpose, bytes_max, serial: AtomicU64::new(0) })
    }

    /// The file of this name. A file that cannot be read counts as absent: a cache is
    /// allowed to be empty.
    pub(crate) fn find(&self, name: &Digest) -> Found<Bytes> {
        let (folder, file) = place(name);
        let Ok(bytes) = self.read(&format!("{folder}/{file}")) else { return Found::Nothing };
        let mut body = Bytes::from(bytes);
        let Some(length) = body.len().checked_sub(TAG_BYTES) else { return Found::Spoiled };
        let tag = body.split_off(length);
        match self.key.is_tag(&tag, self.purpose, name.as_bytes(), &body) {
            true => Found::Body(body),
            false => Found::Spoiled,
        }
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = self.dir.open(path)?;
        let about = file.metadata()?;
        bytes.reserve(usize::try_from(about.len().min(self.bytes_max)).unwrap_or(0));
        mark_used(&file, &about);
        file.take(self.bytes_max).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Whether there is a file of this name, whatever it holds.
    pub(crate) fn holds(&self, name: &Digest) -> bool {
        let (folder, file) = place(name);
        self.dir.is_file(format!("{folder}/{file}"))
    }

    /// The body in a memory file that is not sealed yet: what is large is copied once,
    /// inside the kernel.
    pub(crate) fn find_file(&self, name: &Digest) -> Found<File> {
        let (folder, file) = place(name);
        let Ok(file) = self.dir.open(format!("{folder}/{file}")) else { return Found::Nothing };
        match self.copy(&file, name) {
            Ok(Some(body)) => Found::Body(body),
            Ok(None) => Found::Spoiled,
            Err(_) => Found::Nothing,
        }
    }

    /// The file's body, if its tag is ours.
    fn copy(&self, file: &cap_std::fs::File, name: &Digest) -> io::Result<Option<File>> {
        let about = file.metadata()?;
        mark_used(file, &about);
        let length = about.len().min(self.bytes_max);
        let memory = memfd::empty().map_err(io::Error::other)?;
        let mut left = usize::try_from(length).unwrap_or(usize::MAX);
        while left > 0 {
            match rustix::fs::sendfile(&memory, file, None, left)? {
                0 => return Ok(None),
                sent => left = left.saturating_sub(sent),
            }
        }
        // SAFETY: nobody else has this memory file, so nothing changes under the mapping,
        // which ends with this function.
        let map = unsafe { memmap2::Mmap::map(&memory)? };
        let Some((body, tag)) = map.split_last_chunk::<TAG_BYTES>() else { return Ok(None) };
        if !self.key.is_tag(tag, self.purpose, name.as_bytes(), body) {
            return Ok(None);
        }
        memory.set_len(length.saturating_sub(TAG_BYTES.try_into().unwrap_or(0)))?;
        Ok(Some(memory))
    }

    /// Keeps the body under this name.
    pub(crate) fn put(&self, name: &Digest, body: &[u8]) -> Result<(), Error> {
        let (folder, file) = place(name);
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        let unfinished = format!("{folder}/{file}.{}-{serial}.new", std::process::id());
        let tag = self.key.tag(self.purpose, name.as_bytes(), body);
        self.write(&folder, &unfinished, &tag, body)
            .and_then(|()| self.dir.rename(&unfinished, &self.dir, format!("{folder}/{file}")))
            .map_err(|source| {
                // It may not even have been made.
                let _ = self.dir.remove_file(&unfinished);
                Error::Storage { what: "writing to a cache", source }
            })
    }

    /// Removes the files that were used longest ago when all together are larger than
    /// `bytes_max`, until a quarter of that is free. Stops a cache from filling the disk.
    pub(crate) fn sweep(&self, bytes_max: u64) -> io::Result<()> {
        let mut files = self.files()?;
        let mut total: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        if total <= bytes_max {
            return Ok(());
        }
        files.sort();
        for (_, bytes, path) in files {
            if total <= bytes_max / 4 * 3 {
                break;
            }
            // Another process may have removed it first.
            let _ = self.dir.remove_file(&path);
            total = total.saturating_sub(bytes);
        }
        Ok(())
    }

    /// The names of all files that are whole, in ascending order.
    pub(crate) fn names(&self) -> io::Result<Vec<Digest>> {
        let name = |path: &Path| {
            let hex: String = path.iter().filter_map(|part| part.to_str()).collect();
            format!("sha256:{hex}").parse().ok()
        };
        let mut names: Vec<Digest> = self.files()?.iter().filter_map(|(_, _, path)| name(path)).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Every file with the time of its last use and its size.
    fn files(&self) -> io::Result<Vec<(SystemTime, u64, PathBuf)>> {
        let mut files = Vec::new();
        for folder in self.dir.entries()? {
            let folder = folder?;
            if folder.file_type()?.is_dir() {
                self.list(&folder, &mut files)?;
            }
        }
        Ok(files)
    }

    fn list(
        &self,
        folder: &cap_std::fs::DirEntry,
        files: &mut Vec<(SystemTime, u64, PathBuf)>,
    ) -> io::Result<()> {
        for file in folder.open_dir()?.entries()? {
            let file = file?;
            let Ok(about) = file.metadata() else { continue };
            if about.is_file() {
                let path = Path::new(&folder.file_name()).join(file.file_name());
                files.push((about.modified()?.into_std(), about.len(), path));
            }
        }
        Ok(())
    }

    fn write(&self, folder: &str, path: &str, tag: &[u8], body: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let mut file = match self.dir.open_with(path, &options) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.dir.create_dir_all(folder)?;
                self.dir.open_with(path, &options)?
            }
            opened => opened?,
        };
        file.write_all(body)?;
        file.write_all(tag)
    }
}

/// A file's time is that of its last use, as far as an hour; the access time of the system is
/// not kept everywhere. A file that cannot be marked is only older than it should be.
fn mark_used(file: &cap_std::fs::File, about: &cap_std::fs::Metadata) {
    const FINE: Duration = Duration::from_secs(3600);
    let is_old = about.modified().is_ok_and(|used| used.into_std().elapsed().is_ok_and(|age| age > FINE));
    if is_old {
        let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW };
        let omit = rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT };
        let times = rustix::fs::Timestamps { last_access: omit, last_modification: now };
        let _ = rustix::fs::futimens(file, &times);
    }
}

/// Sixteen folders, so that writers rarely wait for each other; more of them would cost a
/// first build as much as the files.
fn place(name: &Digest) -> (String, String) {
    let hex = name.to_hex();
    let (folder, file) = hex.split_at(1);
    (folder.to_owned(), file.to_owned())
}

#[cfg(test)]
mod tests {
    use cap_std::ambient_authority;

    use super::*;

    fn shelf(dir: &tempfile::TempDir) -> Shelf {
        let parent = Dir::open_ambient_dir(dir.path(), ambient_authority()).unwrap();
        Shelf::open(&parent, "memo", MacKey::from_bytes([3; 32]), Purpose::Memo, 1 << 20).unwrap()
    }

    #[test]
    fn what_was_put_is_found_under_its_name_only() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(&dir);
        let name = Digest::of(b"a");
        assert_eq!(shelf.find(&name), Found::Nothing);
        shelf.put(&name, b"body").unwrap();
        shelf.put(&name, b"body").unwrap();
        assert_eq!(shelf.find(&name), Found::Body(Bytes::from_static(b"body")));
        assert_eq!(shelf.find(&Digest::of(b"b")), Found::Nothing);
        let Found::Body(file) = shelf.find_file(&name) else { panic!("no file") };
        assert_eq!(memfd::seal_and_read(&file, 4).unwrap(), b"body");
    }

    #[test]
    fn any_flipped_bit_spoils_the_file_and_so_does_another_name() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(&dir);
        let (name, other) = (Digest::of(b"a"), Digest::of(b"b"));
        shelf.put(&name, b"body").unwrap();
        shelf.put(&other, b"other").unwrap();
        let path = |name: &Digest| {
            let (folder, file) = place(name);
            dir.path().join("memo").join(folder).join(file)
        };
        let good = std::fs::read(path(&name)).unwrap();
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(path(&name), bad).unwrap();
            assert_eq!(shelf.find(&name), Found::Spoiled, "bit {bit}");
            assert!(matches!(shelf.find_file(&name), Found::Spoiled), "bit {bit}");
        }
        std::fs::copy(path(&other), path(&name)).unwrap();
        assert_eq!(shelf.find(&name), Found::Spoiled);
        std::fs::write(path(&name), b"short").unwrap();
        assert_eq!(shelf.find(&name), Found::Spoiled);
        std::fs::write(path(&name), good).unwrap();
        assert_eq!(shelf.find(&name), Found::Body(Bytes::from_static(b"body")));
    }

    #[test]
    fn a_shelf_that_is_too_full_loses_what_was_used_longest_ago_and_another_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(&dir);
        let names: Vec<Digest> = (0..8_u64).map(|number| Digest::of(&number.to_le_bytes())).collect();
        let day = std::time::Duration::from_secs(86_400);
        for (age, name) in (1..).zip(&names) {
            shelf.put(name, &[0; 68]).unwrap();
            let (folder, file) = place(name);
            let file = File::open(dir.path().join("memo").join(folder).join(file)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + day * age).unwrap();
        }
        // Eight files of a hundred bytes.
        shelf.sweep(800).unwrap();
        assert!(names.iter().all(|name| shelf.holds(name)));
        shelf.sweep(799).unwrap();
        let kept: Vec<bool> = names.iter().map(|name| shelf.holds(name)).collect();
        assert_eq!(kept, [false, false, false, true, true, true, true, true]);
    }

    #[test]
    fn what_is_used_outlives_what_is_younger_and_unused() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(&dir);
        let names: Vec<Digest> = (0..8_u64).map(|number| Digest::of(&number.to_le_bytes())).collect();
        for (days, name) in (1_u64..).zip(&names) {
            shelf.put(name, &[0; 68]).unwrap();
            let (folder, file) = place(name);
            let file = File::open(dir.path().join("memo").join(folder).join(file)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(86_400 * days)).unwrap();
        }
        assert!(matches!(shelf.find(&names[0]), Found::Body(_)));
        shelf.sweep(799).unwrap();
        let kept: Vec<bool> = names.iter().map(|name| shelf.holds(name)).collect();
        assert_eq!(kept, [true, false, false, false, true, true, true, true]);
        let mut left: Vec<Digest> =
            names.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(name, _)| *name).collect();
        left.sort_unstable();
        assert_eq!(shelf.names().unwrap(), left);
    }

    #[test]
    fn a_failed_write_leaves_nothing_unfinished() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = shelf(&dir);
        let name = Digest::of(b"a");
        let (folder, file) = place(&name);
        // A folder stands where the file should be, so that the rename fails.
        std::fs::create_dir_all(dir.path().join("memo").join(&folder).join(file).join("x")).unwrap();
        assert_eq!(shelf.put(&name, b"body").unwrap_err().code(), hivesync_types::Code::HostStorage);
        assert_eq!(std::fs::read_dir(dir.path().join("memo").join(folder)).unwrap().count(), 1);
    }
}
