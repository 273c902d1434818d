//! Objects in a folder.
//!
//! A new object is written beside the others, synchronised, and then linked to its name: a
//! link fails where a name is taken, which a rename does not.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, OpenOptions};
use hivesync_types::Digest;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{Area, Body, Listed, Listing, Object, ObjectInfo, ObjectKey, Stored, Upload, Write};
use crate::error::StorageError;

/// Where objects grow. No area has this name.
const UNFINISHED: &str = ".unfinished";
/// What is older was left by a process that died.
const UNFINISHED_FOR: std::time::Duration = std::time::Duration::from_secs(3600);
/// How often a folder may vanish under a new object because its last one was removed.
const FOLDER_TRIES: usize = 8;
const BUFFER_BYTES: usize = 128 * 1024;

/// The folder.
#[derive(Debug, Clone)]
pub(super) struct Directory(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    root: Dir,
    serial: AtomicU64,
}

/// Why bytes were not stored.
enum Refused {
    Io(io::Error),
    Checksum,
    Taken,
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Directory {
    pub(super) async fn open(path: PathBuf) -> Result<Self, StorageError> {
        let opened = blocking("opening", move || {
            std::fs::create_dir_all(&path)?;
            let root = Dir::open_ambient_dir(&path, ambient_authority())?;
            root.create_dir_all(UNFINISHED)?;
            sweep(&root)?;
            Ok(root)
        });
        Ok(Self(Arc::new(Inner { root: opened.await?, serial: AtomicU64::new(0) })))
    }

    pub(super) async fn check(&self) -> Result<(), StorageError> {
        let inner = Arc::clone(&self.0);
        blocking("looking for the folder", move || inner.root.metadata(UNFINISHED).map(|_| ())).await
    }

    pub(super) async fn put(&self, upload: Upload) -> Result<Stored, StorageError> {
        let (inner, key) = (Arc::clone(&self.0), upload.key);
        let stored = blocking("storing", move || match inner.put(&upload) {
            Ok(stored) => Ok(Ok(stored)),
            Err(Refused::Io(error)) => Err(error),
            Err(refused) => Ok(Err(refused)),
        });
        stored.await?.map_err(|refused| match refused {
            Refused::Taken => StorageError::Taken(key),
            _ => StorageError::Checksum(key),
        })
    }

    pub(super) async fn read(&self, key: ObjectKey) -> Result<Option<Object>, StorageError> {
        let inner = Arc::clone(&self.0);
        let opened = blocking("opening", move || inner.open(&key.to_string())).await?;
        Ok(opened.map(|(file, bytes)| {
            let body = Box::pin(tokio::fs::File::from_std(file.into_std()));
            Object { bytes, body }
        }))
    }

    pub(super) async fn describe(&self, key: ObjectKey) -> Result<Option<ObjectInfo>, StorageError> {
        let inner = Arc::clone(&self.0);
        blocking("reading", move || inner.describe(&key.to_string())).await
    }

    pub(super) async fn remove(&self, key: ObjectKey) -> Result<(), StorageError> {
        let inner = Arc::clone(&self.0);
        blocking("removing", move || inner.remove(&key.to_string())).await
    }

    pub(super) async fn list(
        &self,
        area: &Area,
        after: Option<&str>,
        count: usize,
    ) -> Result<Listing, StorageError> {
        let (inner, area) = (Arc::clone(&self.0), area.to_string());
        let after = after.unwrap_or("").to_owned();
        blocking("listing", move || {
            let mut listing = Listing::default();
            let mut walk = Walk { after: &after, left: count, last: String::new() };
            if !walk.folder(&inner.root, &area, &mut listing)? {
                listing.next = Some(walk.last);
            }
            Ok(listing)
        })
        .await
    }
}

impl Inner {
    fn put(&self, upload: &Upload) -> Result<Stored, Refused> {
        let name = upload.key.to_string();
        let (unfinished, mut file) = self.unfinished()?;
        let stored = fill(&mut file, &upload.body, &upload.digest)
            .and_then(|()| self.publish(&unfinished, &name, upload));
        // Renamed away when it was replaced; otherwise a second name, or one too many.
        let _ = self.root.remove_file(&unfinished);
        stored
    }

    /// A file of its own. Another process may have had our number once.
    fn unfinished(&self) -> io::Result<(String, File)> {
        loop {
            let serial = self.serial.fetch_add(1, Ordering::Relaxed);
            let name = format!("{UNFINISHED}/{}-{serial}", std::process::id());
            match self.root.open_with(&name, OpenOptions::new().write(true).create_new(true)) {
                Ok(file) => return Ok((name, file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn publish(&self, unfinished: &str, name: &str, upload: &Upload) -> Result<Stored, Refused> {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        for left in (0..FOLDER_TRIES).rev() {
            self.root.create_dir_all(folder)?;
            let named = match upload.write {
                Write::Once => self.root.hard_link(unfinished, &self.root, name),
                Write::Replace => self.root.rename(unfinished, &self.root, name),
            };
            match named {
                Ok(()) => break,
                Err(error) if error.kind() == io::ErrorKind::NotFound && left > 0 => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let there = self.describe(name)?;
                    let same = there.is_some_and(|there| there.digest == upload.digest);
                    return if same { Ok(Stored::Already) } else { Err(Refused::Taken) };
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.synchronise(folder)?;
        Ok(Stored::New)
    }

    /// Folders above may be new as well.
    fn synchronise(&self, folder: &str) -> io::Result<()> {
        let mut folder = folder;
        loop {
            self.root.open(if folder.is_empty() { "." } else { folder })?.sync_all()?;
            if folder.is_empty() {
                return Ok(());
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    fn open(&self, name: &str) -> io::Result<Option<(File, u64)>> {
        match self.root.open(name) {
            Ok(file) => {
                let bytes = file.metadata()?.len();
                Ok(Some((file, bytes)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn describe(&self, name: &str) -> io::Result<Option<ObjectInfo>> {
        let Some((mut file, bytes)) = self.open(name)? else { return Ok(None) };
        Ok(Some(ObjectInfo { bytes, digest: copy(&mut file, &mut io::sink())? }))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match self.root.remove_file(name) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        }
        // A folder that holds something else refuses, and so do all above it.
        let mut name = name;
        while let Some((folder, _)) = name.rsplit_once('/')
            && self.root.remove_dir(folder).is_ok()
        {
            name = folder;
        }
        Ok(())
    }
}

/// Writes the bytes and makes them last.
fn fill(file: &mut File, body: &Body, digest: &Digest) -> Result<(), Refused> {
    let found = match body {
        Body::Bytes(bytes) => copy(&mut bytes.as_ref(), file)?,
        Body::File(path) => copy(&mut std::fs::File::open(path)?, file)?,
    };
    if found != *digest {
        return Err(Refused::Checksum);
    }
    file.sync_all()?;
    Ok(())
}

/// Copies all of it, and says what it was.
fn copy(from: &mut impl io::Read, to: &mut impl io::Write) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let length = from.read(&mut buffer)?;
        let Some(part) = buffer.get(..length).filter(|part| !part.is_empty()) else { break };
        hasher.update(part);
        to.write_all(part)?;
    }
    Ok(Digest::from_bytes(hasher.finalize().into()))
}

/// Removes what dead processes left.
fn sweep(root: &Dir) -> io::Result<()> {
    for entry in root.read_dir(UNFINISHED)? {
        let entry = entry?;
        let Ok(modified) = entry.metadata().and_then(|data| data.modified()) else { continue };
        if modified.into_std().elapsed().is_ok_and(|age| age > UNFINISHED_FOR) {
            // Another process may be sweeping too.
            let _ = entry.remove_file();
        }
    }
    Ok(())
}

/// A walk in the order of names, which begins behind `after`.
struct Walk<'a> {
    after: &'a str,
    left: usize,
    last: String,
}

impl Walk<'_> {
    /// False when there was no room for all. `folder` ends with a slash.
    fn folder(&mut self, root: &Dir, folder: &str, listing: &mut Listing) -> io::Result<bool> {
        // An area that nothing was stored in yet, or a folder that was emptied meanwhile.
        let Ok(entries) = root.read_dir(folder) else { return Ok(true) };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_dir = entry.file_type()?.is_dir();
            names.push(if is_dir { format!("{folder}{name}/") } else { format!("{folder}{name}") });
        }
        names.sort_unstable();
        for name in names {
            if name.ends_with('/') {
                let is_behind = self.after < name.as_str() || self.after.starts_with(&name);
                if is_behind && !self.folder(root, &name, listing)? {
                    return Ok(false);
                }
            } else if name.as_str() > self.after && !self.file(root, name, listing) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// False when there is no room for it.
    fn file(&mut self, root: &Dir, name: String, listing: &mut Listing) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        // Removed since its folder was read.
        let Ok(data) = root.symlink_metadata(&name) else { return true };
        let stored_at = data.modified().ok().and_then(|time| Timestamp::try_from(time.into_std()).ok());
        match (name.parse(), stored_at) {
            (Ok(key), Some(stored_at)) if data.is_file() => {
                listing.objects.push(Listed { key, bytes: data.len(), stored_at });
            }
            _ => listing.foreign.push(name.clone()),
        }
        (self.left, self.last) = (left, name);
        true
    }
}

/// Off the threads that serve others.
async fn blocking<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, StorageError> {
    let done = tokio::task::spawn_blocking(work).await;
    let done = done.map_err(|error| StorageError::objects(what, &error))?;
    done.map_err(|error| StorageError::objects(what, &error))
}
