//! Listing a tree: names, kinds and stamps, and nothing is opened but folders.

use std::collections::VecDeque;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use cap_std::fs::{Dir, DirEntry, FileType, FileTypeExt, Metadata, MetadataExt};

use super::error::{PackError, shown};
use super::select::Place;
use crate::layout::{ENTRIES_MAX, FILE_BYTES_MAX};
use crate::path::{PATH_BYTES_MAX, is_plain_segment, resolve_link};

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) bytes: u64,
    pub(crate) inode: u64,
    pub(crate) modified_s: i64,
    pub(crate) modified_ns: i64,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            bytes: metadata.len(),
            inode: metadata.ino(),
            modified_s: metadata.mtime(),
            modified_ns: metadata.mtime_nsec(),
        }
    }
}

/// What was found under a name.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    File(Stamp),
    /// The link's own text, which leads to somewhere inside the tree.
    Link(String),
}

/// One kept name.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) path: String,
    pub(crate) kind: Kind,
}

/// A listed tree, each list in ascending byte order of paths.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) packages: Vec<Found>,
    pub(crate) sources: Vec<Found>,
}

/// A folder that waits to be listed: its path, empty for the tree's own.
struct Folder {
    path: String,
    place: Place,
}

/// What the threads share.
struct Queue {
    folders: VecDeque<Folder>,
    /// Folders that are being listed now.
    busy: usize,
    error: Option<PackError>,
}

/// What is listed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// The app's own folder within the tree, empty when it is the tree itself.
    pub(crate) app: &'a str,
    /// What stands under a `node_modules`, too.
    pub(crate) packages: bool,
}

struct Walk<'a> {
    tree: &'a Dir,
    wanted: Wanted<'a>,
    canceled: &'a AtomicBool,
    queue: Mutex<Queue>,
    changed: Condvar,
    kept: AtomicUsize,
}

/// Lists `tree` with `threads` threads.
pub(crate) fn list(
    tree: &Dir,
    wanted: Wanted<'_>,
    threads: usize,
    canceled: &AtomicBool,
) -> Result<Listing, PackError> {
    let place = if wanted.app.is_empty() { Place::AppTop } else { Place::Sources };
    let folders = VecDeque::from([Folder { path: String::new(), place }]);
    let queue = Mutex::new(Queue { folders, busy: 0, error: None });
    let walk = Walk { tree, wanted, canceled, queue, changed: Condvar::new(), kept: AtomicUsize::new(0) };
    let mut listing = Listing::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(|| walk.work())).collect();
        for worker in workers {
            match worker.join() {
                Ok(mut part) => {
                    listing.packages.append(&mut part.packages);
                    listing.sources.append(&mut part.sources);
                }
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    if let Some(error) = walk.queue.into_inner().unwrap_or_else(PoisonError::into_inner).error {
        return Err(error);
    }
    listing.packages.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    listing.sources.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(listing)
}

impl Walk<'_> {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists folders until none is left or one failed.
    fn work(&self) -> Listing {
        let mut listing = Listing::default();
        let mut inner = Vec::new();
        while let Some(folder) = self.take() {
            let result = self.list_folder(&folder, &mut listing, &mut inner);
            let mut queue = self.lock();
            queue.busy -= 1;
            queue.folders.extend(inner.drain(..));
            if let Err(error) = result {
                queue.error.get_or_insert(error);
            }
            drop(queue);
            self.changed.notify_all();
        }
        listing
    }

    /// The next folder, or none at the end.
    fn take(&self) -> Option<Folder> {
        let mut queue = self.lock();
        loop {
            if self.canceled.load(Ordering::Relaxed) {
                queue.error.get_or_insert(PackError::Canceled);
            }
            if queue.error.is_some() {
                return None;
            }
            if let Some(folder) = queue.folders.pop_front() {
                queue.busy += 1;
                return Some(folder);
            }
            if queue.busy == 0 {
                return None;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn list_folder(
        &self,
        folder: &Folder,
        listing: &mut Listing,
        inner: &mut Vec<Folder>,
    ) -> Result<(), PackError> {
        let unreadable = |source| PackError::Unreadable { path: shown(folder.path.as_bytes()), source };
        let entries = match folder.path.as_str() {
            "" => self.tree.entries(),
            path => self.tree.read_dir(path),
        };
        for entry in entries.map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name().into_vec();
            let path = Path { folder: &folder.path, name: &name };
            let kind = entry.file_type().map_err(|source| path.unreadable(source))?;
            if kind.is_dir() {
                inner.extend(self.enter(folder.place, &path)?);
            } else if let Some(found) = self.keep(folder.place, &entry, kind, &path)? {
                if self.kept.fetch_add(1, Ordering::Relaxed) >= ENTRIES_MAX {
                    return Err(PackError::TooManyFiles);
                }
                let list =
                    if folder.place.is_package() { &mut listing.packages } else { &mut listing.sources };
                list.push(found);
            }
        }
        Ok(())
    }

    /// A folder to list later, if it is not left out.
    fn enter(&self, place: Place, path: &Path<'_>) -> Result<Option<Folder>, PackError> {
        let Ok(name) = std::str::from_utf8(path.name) else { return Err(path.bad_name()) };
        let Some(inside) = place.enter(name) else { return Ok(None) };
        if inside.is_package() && !self.wanted.packages {
            return Ok(None);
        }
        let path = path.plain()?;
        let place = if path == self.wanted.app { Place::AppTop } else { inside };
        Ok(Some(Folder { path, place }))
    }

    fn keep(
        &self,
        place: Place,
        entry: &DirEntry,
        kind: FileType,
        path: &Path<'_>,
    ) -> Result<Option<Found>, PackError> {
        if kind.is_symlink() {
            return if place.keeps_link(path.name) { self.keep_link(path).map(Some) } else { Ok(None) };
        }
        if !place.keeps_file(path.name) {
            return Ok(None);
        }
        if !kind.is_file() {
            return Err(PackError::SpecialFile { path: path.shown(), kind: name_of(kind) });
        }
        let plain = path.plain()?;
        let stamp = Stamp::of(&entry.metadata().map_err(|source| path.unreadable(source))?);
        if stamp.bytes > FILE_BYTES_MAX {
            return Err(PackError::FileTooLarge { path: path.shown(), bytes: stamp.bytes });
        }
        Ok(Some(Found { path: plain, kind: Kind::File(stamp) }))
    }

    fn keep_link(&self, path: &Path<'_>) -> Result<Found, PackError> {
        let plain = path.plain()?;
        let target = self.tree.read_link_contents(&plain).map_err(|source| path.unreadable(source))?;
        let outside =
            || PackError::LinkOutside { path: path.shown(), target: shown(target.as_os_str().as_bytes()) };
        let text = target.to_str().ok_or_else(outside)?;
        resolve_link(&plain, text).ok_or_else(outside)?;
        Ok(Found { path: plain, kind: Kind::Link(text.to_owned()) })
    }
}

/// A name in a folder whose own path is known to be plain.
struct Path<'a> {
    folder: &'a str,
    name: &'a [u8],
}

impl Path<'_> {
    fn joined(&self) -> Vec<u8> {
        match self.folder {
            "" => self.name.to_vec(),
            folder => [folder.as_bytes(), b"/", self.name].concat(),
        }
    }

    /// The path as text, if an image can hold it.
    fn plain(&self) -> Result<String, PackError> {
        let path = String::from_utf8(self.joined()).map_err(|_| self.bad_name())?;
        if path.len() > PATH_BYTES_MAX {
            return Err(PackError::PathTooLong { path: self.shown() });
        }
        let name = std::str::from_utf8(self.name).map_err(|_| self.bad_name())?;
        if is_plain_segment(name) { Ok(path) } else { Err(self.bad_name()) }
    }

    fn shown(&self) -> String {
        shown(&self.joined())
    }

    fn bad_name(&self) -> PackError {
        PackError::BadName { path: self.shown() }
    }

    fn unreadable(&self, source: io::Error) -> PackError {
        PackError::Unreadable { path: self.shown(), source }
    }
}

fn name_of(kind: FileType) -> &'static str {
    if kind.is_fifo() {
        "named pipe"
    } else if kind.is_socket() {
        "socket"
    } else {
        "device"
    }
}
