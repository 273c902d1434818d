//! The files that a map is made of.

use std::io::Read as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use hivesync_image::is_plain_path;
use hivesync_protocol::wit::influence::ProjectFiles;
use hivesync_protocol::wit::modules::SourceFile;

use crate::error::BuildError;

/// Files with content, and bytes of all together. The module has lower ones and says so in the
/// map; these stop a folder without end before it is in memory.
const FILES_MAX: usize = 8_000;
const BYTES_MAX: u64 = 60_000_000;
/// Bytes of one file that are read at all; a larger one is only known to be there.
const FILE_BYTES_MAX: u64 = 8_000_000;
/// Names of all files.
const NAMES_MAX: usize = 100_000;
/// Folders in folders.
const DEPTH_MAX: usize = 64;

/// Extensions of what the module reads.
const READ: [&str; 32] = [
    "html",
    "htm",
    "xhtml",
    "css",
    "scss",
    "sass",
    "less",
    "js",
    "jsx",
    "mjs",
    "cjs",
    "ts",
    "tsx",
    "mts",
    "cts",
    "vue",
    "svelte",
    "py",
    "php",
    "go",
    "rs",
    "rb",
    "java",
    "kt",
    "json",
    "yaml",
    "yml",
    "toml",
    "graphql",
    "sql",
    "astro",
    "webmanifest",
];

/// Files that it reads by their whole names.
const READ_BY_NAME: [&str; 1] = ["go.mod"];

/// Folders of packages, results and histories.
const LEFT_OUT: [&str; 5] = ["node_modules", "target", "__pycache__", "venv", "bower_components"];

/// Names that hold secrets or only describe an installation.
const LEFT_OUT_FILES: [&str; 5] =
    ["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "composer.lock"];

/// Reads the folder, in ascending order of paths.
pub(super) fn read(folder: &Path, canceled: &AtomicBool) -> Result<ProjectFiles, BuildError> {
    let name = || folder.display().to_string();
    let dir = Dir::open_ambient_dir(folder, ambient_authority())
        .map_err(|_| BuildError::NotADirectory { path: name() })?;
    let mut found = Found { files: ProjectFiles::default(), bytes: 0, canceled };
    found.folder(&dir, "", 0).map_err(|source| BuildError::Unreadable { path: name(), source })?;
    found.files.files.sort_by(|one, other| one.path.cmp(&other.path));
    found.files.names.sort();
    Ok(found.files)
}

struct Found<'a> {
    files: ProjectFiles,
    bytes: u64,
    canceled: &'a AtomicBool,
}

impl Found<'_> {
    fn folder(&mut self, dir: &Dir, path: &str, depth: usize) -> std::io::Result<()> {
        let mut entries = Vec::new();
        for entry in dir.entries()? {
            let entry = entry?;
            if let Ok(name) = entry.file_name().into_string() {
                entries.push((name, entry.file_type()?));
            }
        }
        // So that a folder that is cut is cut at the same place again.
        entries.sort_by(|one, other| one.0.cmp(&other.0));
        for (name, kind) in entries {
            if self.canceled.load(Ordering::Relaxed) {
                return Ok(());
            }
            let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            if name.starts_with('.') || !is_plain_path(&below) {
                continue;
            }
            if kind.is_dir() && depth < DEPTH_MAX && !LEFT_OUT.contains(&name.as_str()) {
                self.folder(&dir.open_dir(&name)?, &below, depth + 1)?;
            } else if kind.is_file() {
                self.file(dir, &name, below)?;
            }
        }
        Ok(())
    }

    fn file(&mut self, dir: &Dir, name: &str, path: String) -> std::io::Result<()> {
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let is_read =
            READ.iter().any(|read| read.eq_ignore_ascii_case(extension)) || READ_BY_NAME.contains(&name);
        let length = dir.metadata(name)?.len();
        let fits = length <= FILE_BYTES_MAX
            && self.bytes.saturating_add(length) <= BYTES_MAX
            && self.files.files.len() < FILES_MAX;
        if !is_read || !fits || LEFT_OUT_FILES.contains(&name) {
            if self.files.names.len() < NAMES_MAX {
                self.files.names.push(path);
            }
            return Ok(());
        }
        let mut bytes = Vec::new();
        dir.open(name)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
        self.bytes = self.bytes.saturating_add(length);
        self.files.files.push(SourceFile { path, bytes });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(project: &ProjectFiles) -> Vec<&str> {
        project.files.iter().map(|file| file.path.as_str()).collect()
    }

    #[test]
    fn sources_are_read_pictures_are_named_and_secrets_and_packages_stay_outside() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("b/index.html", "<p>"),
            ("a.css", "p{}"),
            ("logo.png", "x"),
            ("go.mod", "module x"),
            ("song.mod", "x"),
            (".env", "SECRET=1"),
            (".git/config", "x"),
            ("node_modules/m/index.js", "x"),
            ("package-lock.json", "{}"),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("passwd.html")).unwrap();
        let project = read(folder.path(), &AtomicBool::new(false)).unwrap();
        assert_eq!(paths(&project), ["a.css", "b/index.html", "go.mod"]);
        assert_eq!(project.names, ["logo.png", "package-lock.json", "song.mod"]);
    }

    #[test]
    fn what_is_no_folder_is_said_to_be_none() {
        let error = read(Path::new("/nonexistent/here"), &AtomicBool::new(false)).unwrap_err();
        assert!(matches!(error, BuildError::NotADirectory { .. }));
    }
}
