//! What the host itself reads of a project: its manifest, its lock file, and the
//! public values of its `.env` files. Everything else is read by the guest.
//!
//! What this does not do: run anything of the project, or follow a link out of it.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use hivesync_image::is_plain_path;
use serde_json::Value;

use crate::error::BuildError;

/// The largest `package.json`, `.env` or lock file that is read, in bytes; stops a
/// file of gigabytes with such a name.
const FILE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Most members of a workspace; stops a folder of a million names.
const MEMBERS_MAX: usize = 512;

/// Only values with this prefix are meant for the bundle; the rest are secrets.
const PUBLIC_PREFIX: &str = "EXPO_PUBLIC_";

/// Lock files and who writes them, in the order in which they count.
const LOCK_FILES: [(&str, PackageManager); 5] = [
    ("package-lock.json", PackageManager::Npm),
    ("npm-shrinkwrap.json", PackageManager::Npm),
    ("yarn.lock", PackageManager::Yarn),
    ("pnpm-lock.yaml", PackageManager::Pnpm),
    ("bun.lock", PackageManager::Bun),
];

/// Who installs packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PackageManager {
    Npm,
    Yarn,
    Pnpm,
    Bun,
}

/// A lock file.
#[derive(Debug, Clone)]
pub(crate) struct LockFile {
    pub(crate) name: &'static str,
    pub(crate) manager: PackageManager,
    pub(crate) text: Vec<u8>,
}

/// A project folder that has a manifest.
#[derive(Debug)]
pub(crate) struct Project {
    dir: Dir,
    /// The bytes of `package.json`.
    pub(crate) manifest_text: Vec<u8>,
    manifest: Value,
}

impl Project {
    /// Opens the folder and reads its `package.json`.
    pub(crate) fn open(path: &Path) -> Result<Self, BuildError> {
        let shown = path.display().to_string();
        let dir = Dir::open_ambient_dir(path, ambient_authority())
            .map_err(|_| BuildError::NotADirectory { path: shown.clone() })?;
        let manifest_text = read(&dir, "package.json")?.ok_or(BuildError::NoManifest { path: shown })?;
        let manifest = serde_json::from_slice(&manifest_text)
            .ok()
            .filter(Value::is_object)
            .ok_or(BuildError::BadManifest)?;
        Ok(Self { dir, manifest_text, manifest })
    }

    /// The name in the manifest.
    pub(crate) fn name(&self) -> &str {
        self.manifest.get("name").and_then(Value::as_str).unwrap_or("unnamed")
    }

    /// The manifest names packages that a bundle could need.
    pub(crate) fn has_dependencies(&self) -> bool {
        ["dependencies", "devDependencies", "optionalDependencies"]
            .iter()
            .any(|key| self.manifest.get(key).and_then(Value::as_object).is_some_and(|list| !list.is_empty()))
    }

    /// Path and bytes of the manifest of every member of the workspace, in order of
    /// path; none when the project is no workspace.
    pub(crate) fn member_manifests(&self) -> Result<Vec<(String, Vec<u8>)>, BuildError> {
        let mut manifests = Vec::new();
        for folder in self.member_folders()? {
            let path = format!("{folder}/package.json");
            if let Some(text) = read(&self.dir, &path)? {
                manifests.push((path, text));
            }
        }
        manifests.sort();
        manifests.dedup();
        Ok(manifests)
    }

    /// The folders that `workspaces` names: `folder` or `folder/*`.
    fn member_folders(&self) -> Result<Vec<String>, BuildError> {
        let listed = self.manifest.get("workspaces");
        let patterns =
            listed.and_then(|listed| listed.get("packages").or(Some(listed))).and_then(Value::as_array);
        let mut folders = Vec::new();
        for pattern in patterns.into_iter().flatten().filter_map(Value::as_str) {
            let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
            let (folder, is_open) =
                pattern.strip_suffix("/*").map_or((pattern, false), |folder| (folder, true));
            if !is_plain_path(folder) || folder.contains(['*', '?', '[', '{', '!']) {
                return Err(BuildError::Packages {
                    reason: format!(
                        "The workspace pattern {pattern:?} is more than a folder or a folder with /* behind."
                    ),
                    hint: "Install the workspace's packages, then build again.",
                });
            }
            if is_open {
                folders.extend(self.folders_in(folder)?);
            } else {
                folders.push(folder.to_owned());
            }
            if folders.len() > MEMBERS_MAX {
                return Err(BuildError::Packages {
                    reason: format!("The workspace has more than {MEMBERS_MAX} members."),
                    hint: "Install the workspace's packages, then build again.",
                });
            }
        }
        Ok(folders)
    }

    fn folders_in(&self, folder: &str) -> Result<Vec<String>, BuildError> {
        let unreadable = |source| BuildError::Unreadable { path: folder.to_owned(), source };
        let mut folders = Vec::new();
        match self.dir.read_dir(folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(error)),
            Ok(entries) => {
                for entry in entries {
                    let entry = entry.map_err(unreadable)?;
                    let path = entry.file_name().to_str().map(|name| format!("{folder}/{name}"));
                    folders.extend(path.filter(|path| is_plain_path(path)));
                }
            }
        }
        Ok(folders)
    }

    /// There is something called `node_modules`.
    pub(crate) fn has_packages(&self) -> bool {
        self.dir.symlink_metadata("node_modules").is_ok()
    }

    /// Yarn installed the packages as archives, read by a program of its own.
    pub(crate) fn is_plug_and_play(&self) -> bool {
        [".pnp.cjs", ".pnp.js"].iter().any(|name| self.dir.symlink_metadata(name).is_ok())
    }

    /// The lock file, if there is one.
    pub(crate) fn lock_file(&self) -> Result<Option<LockFile>, BuildError> {
        for (name, manager) in LOCK_FILES {
            if let Some(text) = read(&self.dir, name)? {
                return Ok(Some(LockFile { name, manager, text }));
            }
        }
        Ok(None)
    }

    /// The project's own page for the web, where it has one.
    pub(crate) fn own_page(&self) -> Result<Option<String>, BuildError> {
        for name in ["index.html", "public/index.html"] {
            if let Some(text) = read(&self.dir, name)? {
                return Ok(Some(String::from_utf8_lossy(&text).into_owned()));
            }
        }
        Ok(None)
    }

    /// The public values of the `.env` files, sorted by name. The first file that sets
    /// a name wins, in the order in which Expo reads them.
    pub(crate) fn public_env(&self, dev: bool) -> Result<Vec<(String, String)>, BuildError> {
        let mut values = BTreeMap::new();
        for name in env_files(dev) {
            let Some(text) = read(&self.dir, name)? else { continue };
            for (name, value) in parse_env(&String::from_utf8_lossy(&text)) {
                values.entry(name).or_insert(value);
            }
        }
        Ok(values.into_iter().collect())
    }

    /// Name and public lines of every `.env` file of either mode.
    pub(crate) fn public_env_files(&self) -> Result<BTreeMap<String, String>, BuildError> {
        let mut files = BTreeMap::new();
        for name in [true, false].into_iter().flat_map(env_files) {
            let Some(text) = read(&self.dir, name)? else { continue };
            let text = String::from_utf8_lossy(&text);
            let public: Vec<&str> = text.lines().filter(|line| parse_env_line(line).is_some()).collect();
            files.insert(name.to_owned(), public.join("\n"));
        }
        Ok(files)
    }
}

/// The `.env` files of a mode, the first that counts first.
const fn env_files(dev: bool) -> [&'static str; 4] {
    match dev {
        true => [".env.development.local", ".env.local", ".env.development", ".env"],
        false => [".env.production.local", ".env.local", ".env.production", ".env"],
    }
}

/// The bytes of the file `name` in the folder `folder`, or none where there is none.
pub(crate) fn read_beside(folder: &Path, name: &str) -> Result<Option<Vec<u8>>, BuildError> {
    match Dir::open_ambient_dir(folder, ambient_authority()) {
        Ok(dir) => read(&dir, name),
        // A folder above the project that is closed to us holds nothing of ours.
        Err(_) => Ok(None),
    }
}

/// The bytes of a file, or none where there is none. A link out of the project is
/// refused by cap-std.
fn read(dir: &Dir, name: &str) -> Result<Option<Vec<u8>>, BuildError> {
    let unreadable = |source| BuildError::Unreadable { path: name.to_owned(), source };
    // Looked at before it is opened: opening a pipe would wait for its writer.
    match dir.metadata(name) {
        Ok(metadata) if metadata.is_file() && metadata.len() <= FILE_BYTES_MAX => {}
        Ok(metadata) if metadata.is_file() => {
            return Err(BuildError::FileTooLarge {
                path: name.to_owned(),
                bytes: metadata.len(),
                limit: FILE_BYTES_MAX,
            });
        }
        Ok(_) => return Err(BuildError::NotAFile { path: name.to_owned() }),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(unreadable(error)),
    }
    let mut bytes = Vec::new();
    let file = dir.open(name).map_err(unreadable)?;
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(Some(bytes))
}

/// The public assignments of a `.env` file: `NAME=value`, `export` allowed, quotes
/// taken off, a comment behind an unquoted value dropped, `\n` understood in double
/// quotes. References to other names are left as they are written.
fn parse_env(text: &str) -> Vec<(String, String)> {
    text.lines().filter_map(parse_env_line).collect()
}

fn parse_env_line(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim();
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name || !name.starts_with(PUBLIC_PREFIX) {
        return None;
    }
    let value = value.trim();
    let quoted = |quote: char| value.strip_prefix(quote).and_then(|rest| Some(rest.split_once(quote)?.0));
    let value = if let Some(inner) = quoted('"') {
        inner.replace("\\n", "\n")
    } else if let Some(inner) = quoted('\'').or_else(|| quoted('`')) {
        inner.to_owned()
    } else {
        let end = value.find(" #").unwrap_or(value.len());
        value.get(..end).unwrap_or_default().trim_end().to_owned()
    };
    Some((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use hivesync_types::Code;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn only_public_values_of_env_files_are_read_and_the_nearest_wins() {
        let folder = folder(&[
            ("package.json", "{}"),
            (
                ".env",
                "SECRET=1\nEXPO_PUBLIC_A=base # note\nexport EXPO_PUBLIC_B = \"two\\nlines\" # x\n# EXPO_PUBLIC_C=1\nbroken",
            ),
            (".env.production", "EXPO_PUBLIC_A='prod # kept'"),
            (".env.development", "EXPO_PUBLIC_A=dev"),
        ]);
        let project = Project::open(folder.path()).unwrap();
        let of = |values: Vec<(String, String)>| format!("{values:?}");
        assert_eq!(
            of(project.public_env(false).unwrap()),
            r#"[("EXPO_PUBLIC_A", "prod # kept"), ("EXPO_PUBLIC_B", "two\nlines")]"#
        );
        assert_eq!(
            of(project.public_env(true).unwrap()),
            r#"[("EXPO_PUBLIC_A", "dev"), ("EXPO_PUBLIC_B", "two\nlines")]"#
        );
    }

    #[test]
    fn a_folder_without_a_usable_manifest_is_no_project() {
        for text in [None, Some("{"), Some("[]"), Some("")] {
            let folder = folder(&text.map(|text| ("package.json", text)).into_iter().collect::<Vec<_>>());
            let error = Project::open(folder.path()).unwrap_err();
            assert_eq!(error.code(), Code::InvalidProjectStructure, "{text:?}");
        }
        let error = Project::open(Path::new("/dev/null")).unwrap_err();
        assert!(matches!(error, BuildError::NotADirectory { .. }));
    }

    #[test]
    fn a_manifest_that_is_a_pipe_or_leads_out_is_refused_without_waiting() {
        let outside = folder(&[("package.json", "{}")]);
        let inside = folder(&[]);
        let manifest = inside.path().join("package.json");
        std::os::unix::fs::symlink(outside.path().join("package.json"), &manifest).unwrap();
        assert_eq!(Project::open(inside.path()).unwrap_err().code(), Code::InvalidProjectStructure);
        fs::remove_file(&manifest).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &manifest, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
        assert!(matches!(Project::open(inside.path()).unwrap_err(), BuildError::NotAFile { .. }));
    }
}
