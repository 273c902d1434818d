//! Noticing that a project changed.
//!
//! The folders of sources are watched, and those of packages as far as the kernel bears it:
//! while all of them are, a build need not look at them again.
//!
//! **Invariant:** what is not surely seen counts as changed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hivesync_image::pack::{Folders, folders, is_packed};
use notify::event::ModifyKind;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;

use crate::report::Problem;

/// Editors write a file in several steps; this long after the last one it is whole.
const QUIET: Duration = Duration::from_millis(10);
/// A tool that never stops writing is built all the same.
const PATIENCE: Duration = Duration::from_millis(500);
/// Most folders of packages that are watched. Beyond, one build would use up what the kernel
/// allows a user, and every build lists the packages instead.
const PACKAGE_FOLDERS_MAX: usize = 16_384;
/// Names of changed files that are told.
const NAMES_MAX: usize = 20;

/// Watches one project.
pub(crate) struct Watch {
    root: PathBuf,
    watcher: RecommendedWatcher,
    /// Every folder of packages is watched.
    sees_packages: bool,
    heard: Arc<Heard>,
}

/// What changed since the last build.
#[derive(Debug)]
pub(crate) struct Change {
    /// When the first change was heard of.
    pub(crate) since: Instant,
    /// Some of the paths, relative to the project or its workspace.
    pub(crate) paths: Vec<String>,
    /// Packages may be among what changed.
    pub(crate) packages: bool,
    /// Something came, went or was renamed, which may be a folder.
    folders: bool,
}

/// What the watcher's thread has heard.
#[derive(Default)]
struct Heard {
    rings: Notify,
    change: Mutex<Option<Change>>,
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Matter {
    Nothing,
    Sources,
    Packages,
}

impl Watch {
    /// `root` is the tree that is packed.
    pub(crate) fn start(root: &Path) -> Result<Self, Problem> {
        let heard = Arc::<Heard>::default();
        let root = root.canonicalize().map_err(|_| {
            Problem::with_code(
                hivesync_types::Code::InvalidProjectStructure,
                &format!("{} is not a folder", root.display()),
            )
        })?;
        let hear = {
            let (heard, root) = (Arc::clone(&heard), root.clone());
            move |event: notify::Result<notify::Event>| heard.hear(&root, event)
        };
        let watcher = notify::recommended_watcher(hear)
            .map_err(|error| Problem::host(&format!("changes cannot be watched: {error}")))?;
        let mut watch = Self { root, watcher, sees_packages: false, heard };
        watch.follow(PACKAGE_FOLDERS_MAX);
        Ok(watch)
    }

    /// Returns once something changed and has been quiet for a moment.
    pub(crate) async fn changed(&mut self) -> Change {
        loop {
            self.heard.rings.notified().await;
            let settle =
                async { while tokio::time::timeout(QUIET, self.heard.rings.notified()).await.is_ok() {} };
            // Patience over is as good as quiet.
            let _ = tokio::time::timeout(PATIENCE, settle).await;
            let Some(mut change) = self.heard.take() else { continue };
            if change.packages || !self.sees_packages {
                self.follow(PACKAGE_FOLDERS_MAX);
            } else if change.folders {
                self.follow(0);
            }
            change.packages |= !self.sees_packages;
            return change;
        }
    }

    /// Watches every folder, those of packages if some are wanted. One that is watched already
    /// stays so, and one that went and came again is watched anew.
    fn follow(&mut self, packages_max: usize) {
        let Ok(Folders { sources, packages }) = folders(&self.root, packages_max) else { return };
        // One that cannot be watched is not worth ending for: the next build reads it anyway.
        self.watch_all(sources);
        if packages_max > 0 {
            self.sees_packages = packages.is_some_and(|packages| self.watch_all(packages));
            if !self.sees_packages {
                // What package managers do shows here, if nothing else.
                self.watch_all(vec![PathBuf::from("node_modules")]);
            }
        }
    }

    /// False when one could not be watched.
    fn watch_all(&mut self, folders: Vec<PathBuf>) -> bool {
        let mut all = true;
        for folder in folders {
            let watched = self.watcher.watch(&self.root.join(folder), RecursiveMode::NonRecursive);
            if let Err(error) = watched {
                tracing::debug!(%error, "a folder cannot be watched");
                all = false;
            }
        }
        all
    }
}

impl Heard {
    fn hear(&self, root: &Path, event: notify::Result<notify::Event>) {
        // What cannot be told apart from a change counts as one.
        let matter = event.as_ref().map_or(Matter::Packages, |event| matter(root, event));
        if matter == Matter::Nothing {
            return;
        }
        let is_write = |event: &notify::Event| {
            matches!(event.kind, EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Metadata(_)))
        };
        let folders = !event.as_ref().is_ok_and(is_write);
        let paths = event.map(|event| event.paths).unwrap_or_default();
        let mut heard = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let change = heard.get_or_insert_with(|| Change {
            since: Instant::now(),
            paths: Vec::new(),
            packages: false,
            folders: false,
        });
        change.folders |= folders;
        change.packages |= matter == Matter::Packages;
        for path in paths.iter().filter_map(|path| path.strip_prefix(root).ok()) {
            let path = path.display().to_string();
            if change.paths.len() < NAMES_MAX && !change.paths.contains(&path) {
                change.paths.push(path);
            }
        }
        drop(heard);
        self.rings.notify_one();
    }

    fn take(&self) -> Option<Change> {
        self.change.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What of a build the event is about.
fn matter(root: &Path, event: &notify::Event) -> Matter {
    if matches!(event.kind, EventKind::Access(_)) {
        return Matter::Nothing;
    }
    if event.paths.is_empty() || event.need_rescan() {
        return Matter::Packages;
    }
    let of = |path: &PathBuf| path.strip_prefix(root).map_or(Matter::Nothing, |path| matter_of(root, path));
    event.paths.iter().map(of).max().unwrap_or(Matter::Nothing)
}

fn matter_of(root: &Path, path: &Path) -> Matter {
    let names_env = || path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".env"));
    let inside_packages = path.iter().any(|segment| segment == "node_modules");
    let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    match inside_packages {
        true if is_packed(path) || !is_hidden && path.extension().is_none() => Matter::Packages,
        false if is_packed(path) || names_env() || root.join(path).is_dir() && !is_hidden => Matter::Sources,
        _ => Matter::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENT: Duration = Duration::from_secs(20);

    async fn next(watch: &mut Watch, why: &str) -> Change {
        tokio::time::timeout(PATIENT, watch.changed()).await.expect(why)
    }

    #[tokio::test]
    async fn a_written_source_is_noticed_in_a_folder_that_is_new_too() {
        let project = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join("package.json"), "{}").unwrap();
        let mut watch = Watch::start(project.path()).unwrap();
        std::fs::create_dir(project.path().join("src")).unwrap();
        next(&mut watch, "a new folder").await;
        std::fs::write(project.path().join("src/a.js"), "1").unwrap();
        let change = next(&mut watch, "a file in the new folder").await;
        assert_eq!(change.paths, ["src/a.js"]);
        assert!(!change.packages);
    }

    #[tokio::test]
    async fn a_package_that_changes_deep_inside_or_comes_anew_is_noticed_as_one() {
        let project = tempfile::tempdir().unwrap();
        let packages = project.path().join("node_modules");
        std::fs::create_dir_all(packages.join("a/lib")).unwrap();
        let mut watch = Watch::start(project.path()).unwrap();
        std::fs::write(packages.join("a/lib/index.js"), "1").unwrap();
        assert!(next(&mut watch, "a file of a package").await.packages);
        std::fs::create_dir_all(packages.join("b/lib")).unwrap();
        assert!(next(&mut watch, "a new package").await.packages);
        std::fs::write(packages.join("b/lib/index.js"), "1").unwrap();
        assert!(next(&mut watch, "a file of a new package").await.packages);
    }

    #[test]
    fn the_bundle_itself_and_hidden_files_do_not_matter() {
        let root = Path::new("/project");
        let about = |path: &str| notify::Event {
            paths: vec![root.join(path)],
            kind: EventKind::Modify(ModifyKind::Any),
            attrs: notify::event::EventAttributes::default(),
        };
        for path in ["src/App.tsx", ".env", ".env.local"] {
            assert_eq!(matter(root, &about(path)), Matter::Sources, "{path}");
        }
        for path in ["node_modules/a/index.js", "node_modules/a"] {
            assert_eq!(matter(root, &about(path)), Matter::Packages, "{path}");
        }
        for path in
            ["bundle.zip", ".bundle-x.tmp", ".git/index.js", "ios/a.js", "README.md", "node_modules/.bin"]
        {
            assert_eq!(matter(root, &about(path)), Matter::Nothing, "{path}");
        }
        let lost = notify::Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan);
        assert_eq!(matter(root, &lost), Matter::Packages);
    }
}
