//! Finding the workspace that an app is a member of.
//!
//! As Expo and Metro do: the nearest folder at or above the app whose workspace patterns
//! (`workspaces` of `package.json`, `packages` of `pnpm-workspace.yaml`) name the app. Its
//! packages may be hoisted there, so the whole of it becomes the project image.
//!
//! What this does not do: install anything, or read more of a folder above than those two files.
//!
//! **Invariant:** a folder above the app becomes the image's root only if a file in it says
//! that the app belongs to it.

mod pattern;
mod yaml;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::BuildError;
use crate::project::{Project, read_beside};

/// Folders above an app that are looked at; stops nothing real.
const DEPTH_MAX: usize = 64;

/// Where an app stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Workspace {
    /// The folder that becomes the image: the workspace's, or the app's own.
    pub(crate) root: PathBuf,
    /// The app's folder within it, `/` between segments; empty when it is the root.
    pub(crate) app: String,
    /// The members are named in `pnpm-workspace.yaml`.
    pub(crate) is_pnpm: bool,
}

/// The folder whose content a build of `project` packs: the workspace's, or the project's own.
pub fn tree_of(project: &Path) -> Result<PathBuf, BuildError> {
    Workspace::of(project).map(|workspace| workspace.root)
}

impl Workspace {
    /// The workspace of the app in `project`, or the app alone.
    pub(crate) fn of(project: &Path) -> Result<Self, BuildError> {
        let alone = |root: PathBuf| Self { root, app: String::new(), is_pnpm: false };
        // A folder that is not there is reported by whoever opens the project.
        let Ok(real) = project.canonicalize() else { return Ok(alone(project.to_owned())) };
        for folder in real.ancestors().take(DEPTH_MAX) {
            let Some(app) = real.strip_prefix(folder).ok().and_then(Path::to_str) else { break };
            for (is_pnpm, patterns) in [(true, pnpm_patterns(folder)?), (false, npm_patterns(folder)?)] {
                if patterns.is_some_and(|patterns| app.is_empty() || pattern::names(&patterns, app)) {
                    return Ok(Self { root: folder.to_owned(), app: app.to_owned(), is_pnpm });
                }
            }
        }
        Ok(alone(real))
    }

    /// The app is a member and not the root.
    pub(crate) fn is_member(&self) -> bool {
        !self.app.is_empty()
    }

    /// The project whose packages a package manager installs for the app: the workspace's
    /// root, unless the app has packages of its own.
    pub(crate) fn installing(&self, app: &Project) -> Result<Option<Project>, BuildError> {
        let installed = app.has_packages() || self.root.join("node_modules").symlink_metadata().is_ok();
        if !self.is_member() || installed {
            return Ok(None);
        }
        if self.is_pnpm {
            return Err(BuildError::Packages {
                reason: "The packages of this pnpm workspace are not installed, and npm cannot install them."
                    .to_owned(),
                hint: "Run `pnpm install` in the workspace, then build again.",
            });
        }
        Project::open(&self.root).map(Some)
    }
}

fn pnpm_patterns(folder: &Path) -> Result<Option<Vec<String>>, BuildError> {
    let text = read_beside(folder, "pnpm-workspace.yaml")?;
    Ok(text.and_then(|text| yaml::list(&String::from_utf8_lossy(&text), "packages")))
}

fn npm_patterns(folder: &Path) -> Result<Option<Vec<String>>, BuildError> {
    let Some(text) = read_beside(folder, "package.json")? else { return Ok(None) };
    // A manifest above that is broken is not this app's business.
    let Ok(manifest) = serde_json::from_slice::<Value>(&text) else { return Ok(None) };
    let Some(listed) = manifest.get("workspaces") else { return Ok(None) };
    let patterns = listed.get("packages").unwrap_or(listed).as_array();
    Ok(patterns.map(|list| list.iter().filter_map(Value::as_str).map(str::to_owned).collect()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use hivesync_types::Code;

    use super::*;

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn app_of(tree: &tempfile::TempDir, project: &str) -> String {
        let found = Workspace::of(&tree.path().join(project)).unwrap();
        let root = tree.path().canonicalize().unwrap();
        let inside = found.root.strip_prefix(&root).unwrap().display().to_string();
        format!("{inside}:{}", found.app)
    }

    #[test]
    fn the_nearest_folder_whose_patterns_name_the_app_is_the_root() {
        let tree = tree(&[
            ("package.json", r#"{"workspaces":["apps/*","!apps/skipped"]}"#),
            ("apps/mobile/package.json", "{}"),
            ("apps/skipped/package.json", "{}"),
            ("apps/deep/er/package.json", "{}"),
            ("other/package.json", "{}"),
            ("inner/package.json", r#"{"workspaces":{"packages":["./app/"]}}"#),
            ("inner/app/package.json", "{}"),
        ]);
        assert_eq!(app_of(&tree, "apps/mobile"), ":apps/mobile");
        assert_eq!(app_of(&tree, "apps/skipped"), "apps/skipped:");
        assert_eq!(app_of(&tree, "apps/deep/er"), "apps/deep/er:");
        assert_eq!(app_of(&tree, "other"), "other:");
        assert_eq!(app_of(&tree, "inner/app"), "inner:app");
        assert_eq!(app_of(&tree, "inner"), "inner:");
    }

    #[test]
    fn pnpm_names_its_members_in_a_file_of_its_own() {
        let tree = tree(&[
            ("pnpm-workspace.yaml", "# members\npackages:\n  - 'packages/**'\nonlyBuiltDependencies: [x]\n"),
            ("packages/a/b/package.json", r#"{"dependencies":{"x":"1"}}"#),
        ]);
        assert_eq!(app_of(&tree, "packages/a/b"), ":packages/a/b");
        let app = tree.path().join("packages/a/b");
        let found = Workspace::of(&app).unwrap();
        let error = found.installing(&Project::open(&app).unwrap()).unwrap_err();
        assert_eq!(error.code(), Code::MissingDependencies);
        fs::create_dir(tree.path().join("node_modules")).unwrap();
        assert!(found.installing(&Project::open(&app).unwrap()).unwrap().is_none());
    }

    #[test]
    fn a_broken_or_foreign_manifest_above_takes_nobody_in() {
        let tree = tree(&[("package.json", r#"{"workspaces":["#), ("a/package.json", "{}")]);
        assert_eq!(app_of(&tree, "a"), "a:");
        fs::write(tree.path().join("package.json"), r#"{"workspaces":["b","../*","/a"]}"#).unwrap();
        assert_eq!(app_of(&tree, "a"), "a:");
    }

    #[test]
    fn what_npm_would_install_is_the_root() {
        let tree = tree(&[
            ("package.json", r#"{"name":"root","workspaces":["a"]}"#),
            ("a/package.json", r#"{"name":"a"}"#),
        ]);
        let app = tree.path().join("a");
        let found = Workspace::of(&app).unwrap();
        let project = Project::open(&app).unwrap();
        assert_eq!(found.installing(&project).unwrap().unwrap().name(), "root");
        fs::create_dir(app.join("node_modules")).unwrap();
        assert!(found.installing(&project).unwrap().is_none());
    }
}
