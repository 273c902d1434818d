//! A project folder made of a known image and what changed.
//!
//! What this does not do: judge whether a file can be packed; the packer does, as of any folder.
//!
//! **Invariant:** nothing is written outside of the folder or through a link in it, and a
//! change that cannot be made ends the build.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use hivesync_image::{EntryKind, ProjectImage, is_plain_path};

use crate::error::BuildError;
use crate::request::Change;

/// Most changes of one request; who has more sends the project.
const CHANGES_MAX: usize = 10_000;

/// Writes the sources of an image and what stood beside them into an empty folder.
pub(crate) fn unfold(sources: Vec<u8>, beside: &BTreeMap<String, String>, folder: &Path) -> io::Result<()> {
    let dir = Dir::open_ambient_dir(folder, ambient_authority())?;
    for (path, text) in beside {
        create_parents(&dir, path)?;
        dir.write(path, text)?;
    }
    if sources.is_empty() {
        return Ok(());
    }
    let image = ProjectImage::from_layers(vec![sources]).map_err(io::Error::other)?;
    for entry in image.entries(0, image.len()) {
        create_parents(&dir, entry.path)?;
        match entry.kind {
            EntryKind::File(_) => {
                let content = image.read(entry.path).ok_or(ErrorKind::InvalidData)?;
                dir.write(entry.path, content)?;
            }
            EntryKind::Link(target) => dir.symlink(relative(entry.path, target), entry.path)?,
        }
    }
    Ok(())
}

/// Makes the changes, in their order.
pub(crate) fn apply(changes: &[Change], folder: &Path) -> Result<(), BuildError> {
    if changes.len() > CHANGES_MAX {
        return Err(BuildError::Delta {
            path: format!("{} files", changes.len()),
            reason: format!("more than the {CHANGES_MAX} that one delta may change"),
        });
    }
    let write = |source| BuildError::Write { path: "the changed project".to_owned(), source };
    let dir = Dir::open_ambient_dir(folder, ambient_authority()).map_err(write)?;
    changes.iter().try_for_each(|change| make(&dir, change))
}

fn make(dir: &Dir, change: &Change) -> Result<(), BuildError> {
    let path = change.path();
    let refused =
        |reason: &str| BuildError::Delta { path: path.escape_debug().to_string(), reason: reason.to_owned() };
    if !is_plain_path(path) {
        return Err(refused("not a plain path inside the project"));
    }
    if path.split('/').any(|segment| segment == "node_modules") {
        return Err(refused("inside node_modules, and packages are not sent as changes"));
    }
    if goes_through_link(dir, path) {
        return Err(refused("behind a link"));
    }
    let made = match change {
        Change::Write { content, .. } => create_parents(dir, path).and_then(|()| replace(dir, path, content)),
        Change::Remove { .. } => dir.remove_file(path),
    };
    made.map_err(|error| match error.kind() {
        ErrorKind::NotFound => refused("not in the image"),
        ErrorKind::IsADirectory | ErrorKind::PermissionDenied => refused("a folder"),
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => refused("below a file"),
        _ => BuildError::Write { path: path.escape_debug().to_string(), source: error },
    })
}

/// A link at `path` itself is replaced and not followed.
fn replace(dir: &Dir, path: &str, content: &[u8]) -> io::Result<()> {
    if dir.symlink_metadata(path).is_ok_and(|about| about.is_symlink()) {
        dir.remove_file(path)?;
    }
    dir.write(path, content)
}

fn goes_through_link(dir: &Dir, path: &str) -> bool {
    path.match_indices('/')
        .filter_map(|(end, _)| path.get(..end))
        .any(|above| dir.symlink_metadata(above).is_ok_and(|about| about.is_symlink()))
}

fn create_parents(dir: &Dir, path: &str) -> io::Result<()> {
    match path.rsplit_once('/') {
        Some((folder, _)) => dir.create_dir_all(folder),
        None => Ok(()),
    }
}

/// The text of a link at `path` that leads to `target`, both from the root.
fn relative(path: &str, target: &str) -> String {
    let up = "../".repeat(path.matches('/').count());
    if target.is_empty() && up.is_empty() { ".".to_owned() } else { format!("{up}{target}") }
}
