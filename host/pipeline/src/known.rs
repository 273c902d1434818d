//! Images that were built here, kept so that a later request may carry changes alone.
//!
//! An image is a record `images/<digest>.json` and its parts `images/parts/<digest>`, which
//! images share: its layers, and what the host reads itself and no image holds, the lock file
//! and the public lines of `.env` files.
//!
//! What this does not do: hold a secret, or make anything lasting. Losing it costs time only.
//!
//! **Invariant:** an image that is opened has the digest it is asked for by.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hivesync_image::image_digest;
use hivesync_image::pack::{LayerKind, PackedImage, PackedLayer, SOURCES_BYTES_MAX};
use hivesync_types::Digest;
use serde::{Deserialize, Serialize};

use crate::cache::touch;
use crate::output::write_output;
use crate::project::Project;
use crate::restore;
use crate::workspace::Workspace;

/// How many images are kept. The one that was used longest ago goes first.
const IMAGES_KEPT: usize = 32;
/// Their sources together, in bytes.
const SOURCES_KEPT_BYTES: u64 = 1 << 30;
/// The record's format; another one is as good as none.
const FORMAT: u32 = 1;

/// What is written of an image.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    format: u32,
    app: String,
    restored_for: Option<Digest>,
    beside: BTreeMap<String, Digest>,
    layers: Vec<Layer>,
}

impl Record {
    fn parts(&self) -> impl Iterator<Item = &Digest> {
        self.layers.iter().map(|layer| &layer.digest).chain(self.beside.values())
    }
}

/// What a build needs to know of an image besides its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct About {
    /// The app's folder in it.
    pub(crate) app: String,
    /// What decided which packages were restored; none when the project had its own.
    pub(crate) restored_for: Option<Digest>,
    /// Files that the host reads and no image holds, by path.
    pub(crate) beside: BTreeMap<String, String>,
}

impl About {
    /// Reads what is to be known of a project that is being built.
    pub(crate) fn of(project: &Project, workspace: &Workspace, is_restored: bool) -> Option<Self> {
        let root = workspace.installing(project).ok()?;
        let root = root.as_ref().unwrap_or(project);
        let below_app = |name: &str| match workspace.app.as_str() {
            "" => name.to_owned(),
            app => format!("{app}/{name}"),
        };
        let mut beside: BTreeMap<String, String> = project
            .public_env_files()
            .ok()?
            .into_iter()
            .map(|(name, text)| (below_app(&name), text))
            .collect();
        let restored_for = if is_restored { Some(restore::wanted(root).ok()?) } else { None };
        if let Some(lock) = root.lock_file().ok()?.filter(|_| is_restored) {
            let path = if std::ptr::eq(root, project) { below_app(lock.name) } else { lock.name.to_owned() };
            beside.insert(path, String::from_utf8(lock.text).ok()?);
        }
        Some(Self { app: workspace.app.clone(), restored_for, beside })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Layer {
    digest: Digest,
    is_packages: bool,
    entries: usize,
    bytes: u64,
}

/// An image as it was.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) about: About,
    /// Its layers of packages.
    pub(crate) packages: Vec<PackedLayer>,
    /// Its layer of sources; empty when it had none.
    pub(crate) sources: Vec<u8>,
}

/// Keeps an image; one that is kept already is used now.
pub(crate) fn keep(cache: &Path, image: &PackedImage, about: &About) -> io::Result<()> {
    let folder = folder(cache);
    fs::create_dir_all(folder.join("parts"))?;
    let mut layers = Vec::with_capacity(image.layers.len());
    for layer in &image.layers {
        keep_layer(layer, &part_path(&folder, &layer.digest))?;
        layers.push(Layer {
            digest: layer.digest,
            is_packages: layer.kind == LayerKind::Packages,
            entries: layer.entries,
            bytes: layer.bytes,
        });
    }
    let mut beside = BTreeMap::new();
    for (path, text) in &about.beside {
        let digest = Digest::of(text.as_bytes());
        let part = part_path(&folder, &digest);
        if !part.exists() {
            write_output(&part, text.as_bytes())?;
        }
        beside.insert(path.clone(), digest);
    }
    let path = record_path(&folder, &image.digest());
    let is_new = !path.exists();
    let (app, restored_for) = (about.app.clone(), about.restored_for);
    write_output(&path, &serde_json::to_vec(&Record { format: FORMAT, app, restored_for, beside, layers })?)?;
    if is_new { sweep(&folder, IMAGES_KEPT, SOURCES_KEPT_BYTES) } else { Ok(()) }
}

/// A layer of packages is a file of the cache already and is linked; sources are in memory only.
fn keep_layer(layer: &PackedLayer, path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let source = PathBuf::from(format!("/proc/self/fd/{}", layer.file.as_raw_fd()));
    let flags = rustix::fs::AtFlags::SYMLINK_FOLLOW;
    if rustix::fs::linkat(rustix::fs::CWD, &source, rustix::fs::CWD, path, flags).is_ok() {
        return Ok(());
    }
    let mut from = File::open(source)?;
    crate::output::place_output(path, |file| io::copy(&mut from, file).map(drop))
}

/// The image with this digest; none when it is not kept, or not whole.
pub(crate) fn open(cache: &Path, digest: &Digest) -> Option<Known> {
    let folder = folder(cache);
    let mut text = Vec::new();
    let mut file = File::open(record_path(&folder, digest)).ok()?;
    file.read_to_end(&mut text).ok()?;
    let record: Record = serde_json::from_slice(&text).ok()?;
    let stated: Vec<Digest> = record.layers.iter().map(|layer| layer.digest).collect();
    if record.format != FORMAT || image_digest(&stated) != *digest {
        return None;
    }
    let text_of = |(path, digest): (String, Digest)| {
        let text = fs::read_to_string(part_path(&folder, &digest)).ok()?;
        (Digest::of(text.as_bytes()) == digest).then_some((path, text))
    };
    let beside = record.beside.into_iter().map(text_of).collect::<Option<_>>()?;
    let about = About { app: record.app, restored_for: record.restored_for, beside };
    let mut known = Known { about, packages: Vec::new(), sources: Vec::new() };
    for layer in &record.layers {
        let file = File::open(part_path(&folder, &layer.digest)).ok()?;
        let kind = if layer.is_packages { LayerKind::Packages } else { LayerKind::Sources };
        let kept = PackedLayer::kept(kind, file, layer.entries).filter(|kept| kept.digest == layer.digest)?;
        if layer.is_packages {
            known.packages.push(kept);
        } else {
            (&kept.file).take(SOURCES_BYTES_MAX.saturating_mul(2)).read_to_end(&mut known.sources).ok()?;
        }
    }
    touch(&file);
    Some(known)
}

/// A folder for a changed project, removed when it is dropped.
pub(crate) fn work_folder(cache: &Path) -> io::Result<tempfile::TempDir> {
    let folder = folder(cache);
    fs::create_dir_all(&folder)?;
    tempfile::Builder::new().prefix(".work-").tempdir_in(folder)
}

fn folder(cache: &Path) -> PathBuf {
    cache.join("images")
}

fn record_path(folder: &Path, digest: &Digest) -> PathBuf {
    folder.join(format!("{}.json", digest.to_hex()))
}

fn part_path(folder: &Path, digest: &Digest) -> PathBuf {
    folder.join("parts").join(digest.to_hex())
}

/// Drops the images beyond the newest, and the layers that none needs any more.
fn sweep(folder: &Path, images_kept: usize, sources_kept_bytes: u64) -> io::Result<()> {
    let mut records: Vec<(SystemTime, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            // One that is gone meanwhile was swept by somebody else.
            records.extend(path.metadata().and_then(|about| about.modified()).map(|used| (used, path)));
        }
    }
    records.sort_unstable_by(|a, b| b.cmp(a));
    let (mut needed, mut sources) = (HashSet::new(), 0_u64);
    for (index, (_, path)) in records.iter().enumerate() {
        let record = fs::read(path).ok().and_then(|text| serde_json::from_slice::<Record>(&text).ok());
        let own = |layer: &&Layer| !layer.is_packages && !needed.contains(&layer.digest);
        let layers = record.iter().flat_map(|record| &record.layers);
        sources = sources.saturating_add(layers.filter(own).map(|layer| layer.bytes).sum());
        if index >= images_kept || (index > 0 && sources > sources_kept_bytes) {
            fs::remove_file(path)?;
        } else {
            needed.extend(record.iter().flat_map(Record::parts));
        }
    }
    let needed: HashSet<String> = needed.iter().map(Digest::to_hex).collect();
    for entry in fs::read_dir(folder.join("parts"))? {
        let entry = entry?;
        if !entry.file_name().to_str().is_some_and(|name| needed.contains(name)) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
