//! Layers of packages, kept by the signature of their listing.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use cap_std::fs::Dir;
use hivesync_types::Digest;

use super::error::PackError;
use super::walk::{Found, Kind};
use super::{PackOptions, write};
use crate::layout::COMMENT_BYTES;

/// How many layers are kept. The one that was used longest ago goes first.
const LAYERS_KEPT: usize = 8;

/// A file that was written less than this before it was listed may be written again
/// within the same tick of its clock, and its stamp would not tell.
const STAMP_DOUBT: Duration = Duration::from_secs(1);

/// The layer of `entries`, from the cache or made now, and whether it was there.
pub(crate) fn packages(
    tree: &Dir,
    entries: &[Found],
    options: &PackOptions<'_>,
) -> Result<(File, Digest, bool), PackError> {
    let failed = |source| PackError::Write { source };
    let folder = options.cache.join("layers");
    fs::create_dir_all(&folder).map_err(failed)?;
    let path = folder.join(format!("{}.zip", signature(entries).to_hex()));
    if let Some((file, digest)) = open_kept(&path) {
        // Newer than the rest: the oldest is dropped first.
        file.set_modified(options.now).ok();
        return Ok((file, digest, true));
    }
    let temporary = tempfile::Builder::new().prefix(".new-").tempfile_in(&folder).map_err(failed)?;
    let digest = write::write_layer(tree, entries, temporary.as_file(), options.threads, options.canceled)?;
    let file = File::open(temporary.path()).map_err(failed)?;
    if is_settled(entries, options.now) {
        temporary.persist(&path).map_err(|error| failed(error.error))?;
        drop_oldest(&folder);
    }
    Ok((file, digest, false))
}

/// What would have to change for the packages to be others.
fn signature(entries: &[Found]) -> Digest {
    let mut text = Vec::with_capacity(entries.len() * 128);
    text.extend_from_slice(b"hivesync-packages/1\n");
    for entry in entries {
        text.extend_from_slice(entry.path.as_bytes());
        text.push(0);
        match &entry.kind {
            Kind::File(stamp) => {
                text.extend(stamp.bytes.to_le_bytes());
                text.extend(stamp.inode.to_le_bytes());
                text.extend(stamp.modified_s.to_le_bytes());
                text.extend(stamp.modified_ns.to_le_bytes());
            }
            Kind::Link(target) => {
                text.extend_from_slice(b"->");
                text.extend_from_slice(target.as_bytes());
                text.push(0);
            }
        }
    }
    Digest::of(&text)
}

/// No file is so young that its stamp could hide a change.
fn is_settled(entries: &[Found], now: SystemTime) -> bool {
    let newest = entries.iter().filter_map(|entry| match &entry.kind {
        Kind::File(stamp) => Some((stamp.modified_s, stamp.modified_ns)),
        Kind::Link(_) => None,
    });
    let Some((seconds, nanos)) = newest.max() else { return true };
    let since_epoch =
        Duration::new(u64::try_from(seconds).unwrap_or_default(), u32::try_from(nanos).unwrap_or_default());
    now.duration_since(SystemTime::UNIX_EPOCH + since_epoch).is_ok_and(|age| age >= STAMP_DOUBT)
}

/// A kept layer with the digest it states; none when it is absent or cut short.
fn open_kept(path: &Path) -> Option<(File, Digest)> {
    let file = OpenOptions::new().read(true).open(path).ok()?;
    let digest = stated_digest(&file)?;
    Some((file, digest))
}

/// The digest that a layer states at its end; none when it is cut short.
pub(crate) fn stated_digest(layer: &File) -> Option<Digest> {
    let mut comment = [0; COMMENT_BYTES];
    let at = layer.metadata().ok()?.len().checked_sub(u64::try_from(COMMENT_BYTES).ok()?)?;
    layer.read_exact_at(&mut comment, at).ok()?;
    std::str::from_utf8(&comment).ok()?.parse().ok()
}

/// Drops what is beyond [`LAYERS_KEPT`]. A layer in use stays readable: only its name
/// goes. Failing to tidy is no reason to fail a build.
fn drop_oldest(folder: &Path) {
    let Ok(mut kept) = kept_layers(folder) else { return };
    kept.sort_unstable_by_key(|(modified, _)| std::cmp::Reverse(*modified));
    for (_, path) in kept.into_iter().skip(LAYERS_KEPT) {
        fs::remove_file(path).ok();
    }
}

fn kept_layers(folder: &Path) -> io::Result<Vec<(SystemTime, std::path::PathBuf)>> {
    let mut layers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == "zip") {
            layers.push((entry.metadata()?.modified()?, entry.path()));
        }
    }
    Ok(layers)
}
