//! One digest for many files, to know whether work can be skipped.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// A digest under construction.
#[derive(Default)]
pub(crate) struct Fingerprint(Sha256);

impl Fingerprint {
    /// Adds a text, such as a version.
    pub(crate) fn text(&mut self, text: &str) {
        self.0.update((text.len().to_le_bytes()).as_slice());
        self.0.update(text.as_bytes());
    }

    /// Adds every file below `root`, names and bytes, except what `skip` names.
    pub(crate) fn tree(&mut self, root: &Path, skip: &[&str]) -> Result<()> {
        let mut files = files_below(root, skip)?;
        files.sort();
        for file in files {
            let name = file.strip_prefix(root).unwrap_or(&file);
            self.text(&name.to_string_lossy());
            let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            self.text(&hex::encode(Sha256::digest(&bytes)));
        }
        Ok(())
    }

    /// The digest in hexadecimal.
    pub(crate) fn finish(self) -> String {
        hex::encode(self.0.finalize())
    }
}

/// Whether the stamp says that `digest` was the last one, and every product is still there.
pub(crate) fn is_current(stamp: &Path, digest: &str, products: &[PathBuf]) -> bool {
    fs::read_to_string(stamp).is_ok_and(|text| text.trim() == digest)
        && products.iter().all(|path| path.exists())
}

/// Writes the stamp, last of all.
pub(crate) fn keep(stamp: &Path, digest: &str) -> Result<()> {
    fs::write(stamp, format!("{digest}\n")).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Regular files below `root`; entries whose name is in `skip` are not entered, links not followed.
pub(crate) fn files_below(root: &Path, skip: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot read {}", folder.display()))?;
            if skip.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            let kind =
                entry.file_type().with_context(|| format!("cannot read {}", entry.path().display()))?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    Ok(found)
}
