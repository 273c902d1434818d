//! Making an image of a folder.
//!
//! The tree is listed first (names, kinds, stamps), then each layer is written from
//! its list. Packages rarely change and are most of a tree, so their layer is kept in
//! the cache under a signature of the listing; a warm build reads no package file.
//!
//! What this does not do: follow a link, write into the tree, or decide which files
//! a guest may see beyond what a bundler can need at all (see [`select`](self)).
//!
//! **Invariant:** an image holds what was listed or is not made.

mod cache;
mod error;
mod folders;
mod select;
#[cfg(test)]
mod tests;
mod walk;
mod write;

use std::fmt;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::SystemTime;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use hivesync_types::Digest;
use rustix::fs::{MemfdFlags, SealFlags};

pub use error::PackError;
pub use folders::{Folders, folders, is_packed};

use crate::image::image_digest;
use crate::layout::LAYER_BYTES_MAX;
use walk::{Found, Listing};

/// The largest layer of sources, in bytes. It is held in memory, because a sealed
/// memory file is the one file that nobody can change under a reader.
pub const SOURCES_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// What to pack.
#[derive(Debug, Clone, Copy)]
pub struct PackOptions<'a> {
    /// The folder that becomes the root of the image: the project, or its workspace root.
    pub root: &'a Path,
    /// The app's own folder within `root`, `/` between segments; empty when it is `root`.
    pub app: &'a str,
    /// A folder whose `node_modules`, at its top and below, stand in for those that the
    /// project lacks; nothing else of it is packed.
    pub restored: Option<&'a Path>,
    /// Where layers of packages are kept.
    pub cache: &'a Path,
    /// How many threads list and read.
    pub threads: usize,
    /// The time, to judge whether stamps can be trusted.
    pub now: SystemTime,
    /// Set from elsewhere to stop at the next file.
    pub canceled: &'a AtomicBool,
    /// What the policy lets into the image, on top of what a bundler can need.
    pub allows: Allows<'a>,
}

/// Says of a path in the image whether it may be there. What may not is left out, so that
/// no runner ever holds it.
#[derive(Clone, Copy)]
pub struct Allows<'a>(pub &'a dyn Fn(&str) -> bool);

impl Allows<'_> {
    /// Everything may be there.
    pub const EVERYTHING: Allows<'static> = Allows(&|_| true);
}

impl fmt::Debug for Allows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Allows(…)")
    }
}

/// What a layer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerKind {
    /// What stands under a `node_modules`.
    Packages,
    /// Everything else.
    Sources,
}

/// A finished layer.
#[derive(Debug)]
pub struct PackedLayer {
    /// What it holds.
    pub kind: LayerKind,
    /// The zip file, open for reading. Packages: a file of the cache; sources: a sealed memory file.
    pub file: File,
    /// Its size.
    pub bytes: u64,
    /// Of its content: see [`crate::ProjectImage::layer_digests`].
    pub digest: Digest,
    /// How many entries it has.
    pub entries: usize,
    /// It was in the cache and no file was read for it.
    pub from_cache: bool,
}

impl PackedLayer {
    /// A layer that was packed before and kept as `file`; none when it was cut short. What it
    /// states of its content is believed: the file's keeper answers for it.
    pub fn kept(kind: LayerKind, file: File, entries: usize) -> Option<Self> {
        let digest = cache::stated_digest(&file)?;
        let bytes = file.metadata().ok()?.len();
        Some(Self { kind, file, bytes, digest, entries, from_cache: true })
    }

    /// The same layer once more.
    pub fn again(&self) -> Result<Self, PackError> {
        let file = self.file.try_clone().map_err(|source| PackError::Write { source })?;
        let Self { kind, bytes, digest, entries, .. } = *self;
        Ok(Self { kind, file, bytes, digest, entries, from_cache: true })
    }
}

/// A finished image, the lowest layer first.
#[derive(Debug)]
pub struct PackedImage {
    /// Its layers; empty ones are not made.
    pub layers: Vec<PackedLayer>,
}

impl PackedImage {
    /// The digest of the whole image.
    pub fn digest(&self) -> Digest {
        let layers: Vec<Digest> = self.layers.iter().map(|layer| layer.digest).collect();
        image_digest(&layers)
    }

    /// How many entries there are, all layers together.
    pub fn entries(&self) -> usize {
        self.layers.iter().map(|layer| layer.entries).sum()
    }

    /// The size of all layers.
    pub fn bytes(&self) -> u64 {
        self.layers.iter().map(|layer| layer.bytes).sum()
    }
}

/// Packs the folder. Blocks; see [`PackError`] for what stops it.
pub fn pack(options: PackOptions<'_>) -> Result<PackedImage, PackError> {
    let tree = open_tree(options.root)?;
    let mut layers = Vec::new();
    if let Some(restored) = options.restored {
        let packages = open_tree(restored)?;
        let listing = list(&packages, "", &options)?;
        layers.extend(packages_layer(&packages, &listing.packages, &options)?);
    }
    let Listing { packages, sources } = list(&tree, options.app, &options)?;
    layers.extend(packages_layer(&tree, &packages, &options)?);
    layers.extend(sources_layer(&tree, &sources, &options)?);
    Ok(PackedImage { layers })
}

/// Packs the folder anew with the layers of packages that it was packed with before: no
/// package is looked at. For whoever knows that none has changed, as one who watches them does.
pub fn repack(options: PackOptions<'_>, kept: &[PackedLayer]) -> Result<PackedImage, PackError> {
    let packages = kept.iter().filter(|layer| layer.kind == LayerKind::Packages);
    let mut layers = packages.map(PackedLayer::again).collect::<Result<Vec<_>, _>>()?;
    let tree = open_tree(options.root)?;
    let walk = walk::Wanted { app: options.app, packages: false };
    let mut sources = walk::list(&tree, walk, options.threads, options.canceled)?.sources;
    sources.retain(|found| (options.allows.0)(&found.path));
    layers.extend(sources_layer(&tree, &sources, &options)?);
    Ok(PackedImage { layers })
}

/// What of a tree is packed. A layer of packages is kept by the signature of its listing,
/// so that another policy makes another layer.
fn list(tree: &Dir, app: &str, options: &PackOptions<'_>) -> Result<Listing, PackError> {
    let walk = walk::Wanted { app, packages: true };
    let mut listing = walk::list(tree, walk, options.threads, options.canceled)?;
    let allowed = |found: &Found| (options.allows.0)(&found.path);
    listing.packages.retain(allowed);
    listing.sources.retain(allowed);
    Ok(listing)
}

fn open_tree(path: &Path) -> Result<Dir, PackError> {
    Dir::open_ambient_dir(path, ambient_authority()).map_err(|source| match source.kind() {
        std::io::ErrorKind::PermissionDenied => {
            PackError::Unreadable { path: error::shown(path.as_os_str().as_encoded_bytes()), source }
        }
        _ => PackError::NotADirectory { path: error::shown(path.as_os_str().as_encoded_bytes()) },
    })
}

fn check_size(layer: &'static str, entries: &[Found], limit: u64) -> Result<(), PackError> {
    let bytes = write::content_bytes(entries);
    if bytes > limit { Err(PackError::TooLarge { layer, bytes, limit }) } else { Ok(()) }
}

fn packages_layer(
    tree: &Dir,
    entries: &[Found],
    options: &PackOptions<'_>,
) -> Result<Option<PackedLayer>, PackError> {
    if entries.is_empty() {
        return Ok(None);
    }
    // The directory needs room too; an eighth is more than it ever takes.
    check_size("packages", entries, LAYER_BYTES_MAX / 8 * 7)?;
    let (file, digest, from_cache) = cache::packages(tree, entries, options)?;
    layer(LayerKind::Packages, file, digest, entries.len(), from_cache).map(Some)
}

fn sources_layer(
    tree: &Dir,
    entries: &[Found],
    options: &PackOptions<'_>,
) -> Result<Option<PackedLayer>, PackError> {
    if entries.is_empty() {
        return Ok(None);
    }
    check_size("sources", entries, SOURCES_BYTES_MAX)?;
    let memory = || -> rustix::io::Result<OwnedFd> {
        rustix::fs::memfd_create("hivesync-sources", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)
    };
    let file = File::from(memory().map_err(|error| PackError::Write { source: error.into() })?);
    let digest = write::write_layer(tree, entries, &file, options.threads, options.canceled)?;
    let seals = SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
    rustix::fs::fcntl_add_seals(&file, seals).map_err(|error| PackError::Write { source: error.into() })?;
    layer(LayerKind::Sources, file, digest, entries.len(), false).map(Some)
}

fn layer(
    kind: LayerKind,
    file: File,
    digest: Digest,
    entries: usize,
    from_cache: bool,
) -> Result<PackedLayer, PackError> {
    let bytes = file.metadata().map_err(|source| PackError::Write { source })?.len();
    Ok(PackedLayer { kind, file, bytes, digest, entries, from_cache })
}
