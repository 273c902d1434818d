//! Noticing that a project changed.
//!
//! Only the folders of sources are watched, and `node_modules` by its own name: one
//! watch a folder of packages would use up what the kernel allows a user.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hivesync_image::pack::{is_packed, source_folders};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;

use crate::report::Problem;

/// Editors write a file in several steps; this long after the last one it is whole.
const QUIET: Duration = Duration::from_millis(40);
/// A tool that never stops writing is built all the same.
const PATIENCE: Duration = Duration::from_millis(500);

/// Watches one project.
pub(crate) struct Watch {
    root: PathBuf,
    watcher: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
    changed: Arc<Notify>,
}

impl Watch {
    pub(crate) fn start(root: &Path) -> Result<Self, Problem> {
        let changed = Arc::new(Notify::new());
        let root = root.canonicalize().map_err(|_| {
            Problem::with_code(
                hivesync_types::Code::InvalidProjectStructure,
                &format!("{} is not a folder", root.display()),
            )
        })?;
        let hear = {
            let (changed, root) = (Arc::clone(&changed), root.clone());
            move |event: notify::Result<notify::Event>| {
                // What cannot be told apart from a change counts as one.
                if event.as_ref().map_or(true, |event| matters(&root, event)) {
                    changed.notify_one();
                }
            }
        };
        let watcher = notify::recommended_watcher(hear)
            .map_err(|error| Problem::host(&format!("changes cannot be watched: {error}")))?;
        let mut watch = Self { root, watcher, folders: BTreeSet::new(), changed };
        watch.follow_folders();
        Ok(watch)
    }

    /// Returns once something changed and has been quiet for a moment.
    pub(crate) async fn changed(&mut self) {
        self.changed.notified().await;
        let settle = async { while tokio::time::timeout(QUIET, self.changed.notified()).await.is_ok() {} };
        // Patience over is as good as quiet.
        let _ = tokio::time::timeout(PATIENCE, settle).await;
        self.follow_folders();
    }

    /// Watches folders that are new. One that cannot be watched is not worth ending for:
    /// the next build reads it anyway.
    fn follow_folders(&mut self) {
        let packages = self.root.join("node_modules");
        let folders =
            source_folders(&self.root).unwrap_or_default().into_iter().map(|folder| self.root.join(folder));
        let wanted: BTreeSet<PathBuf> = folders.chain(packages.is_dir().then_some(packages)).collect();
        for folder in wanted.difference(&self.folders) {
            if let Err(error) = self.watcher.watch(folder, RecursiveMode::NonRecursive) {
                tracing::warn!(%error, "a folder cannot be watched");
            }
        }
        self.folders = wanted;
    }
}

/// The event is about something that a build would read.
fn matters(root: &Path, event: &notify::Event) -> bool {
    let is_change = !matches!(event.kind, EventKind::Access(_));
    let is_read = |path: &PathBuf| path.strip_prefix(root).is_ok_and(|path| path.is_dir() || is_packed(path));
    is_change && (event.paths.is_empty() || event.paths.iter().any(is_read))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENT: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn a_written_source_is_noticed_in_a_folder_that_is_new_too() {
        let project = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join("package.json"), "{}").unwrap();
        let mut watch = Watch::start(project.path()).unwrap();
        std::fs::create_dir(project.path().join("src")).unwrap();
        tokio::time::timeout(PATIENT, watch.changed()).await.expect("a new folder");
        std::fs::write(project.path().join("src/a.js"), "1").unwrap();
        tokio::time::timeout(PATIENT, watch.changed()).await.expect("a file in the new folder");
    }

    #[test]
    fn the_bundle_itself_and_hidden_files_do_not_matter() {
        let root = Path::new("/project");
        let about = |path: &str| notify::Event {
            paths: vec![root.join(path)],
            kind: EventKind::Modify(notify::event::ModifyKind::Any),
            attrs: notify::event::EventAttributes::default(),
        };
        assert!(matters(root, &about("src/App.tsx")));
        for path in ["bundle.zip", ".bundle-x.tmp", ".git/index.js", "ios/a.js", "README.md"] {
            assert!(!matters(root, &about(path)), "{path}");
        }
    }
}
