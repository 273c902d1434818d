//! A tree as files of a folder.

use std::io::Write as _;
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};

use crate::error::SourcesError;
use crate::tree::Tree;

/// Writes every file into an empty folder. The folder is opened once, and no path leads out
/// of it.
pub fn write_into(tree: &Tree, folder: &Path) -> Result<(), SourcesError> {
    let write = |error: std::io::Error| SourcesError::Write(error.kind());
    let root = Dir::open_ambient_dir(folder, ambient_authority()).map_err(write)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    for (path, bytes) in tree.files() {
        if let Some((parent, _)) = path.rsplit_once('/') {
            root.create_dir_all(parent).map_err(write)?;
        }
        let mut file = root.open_with(path, &options).map_err(write)?;
        file.write_all(bytes).map_err(write)?;
    }
    Ok(())
}
