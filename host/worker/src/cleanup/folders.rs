//! The folders of this machine: what jobs left behind, and logs.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hivesync_storage::sql::previews;

use super::Cleanup;

/// Where jobs have their folders, below the data folder.
const TEMPORARY: [&str; 2] = ["previews", "tmp"];
const LOGS: &str = "logs";

impl Cleanup {
    /// Removes what is old, and says how much. What cannot be read or removed is left for the
    /// next round.
    pub(super) async fn folders(&self) -> u64 {
        let open: BTreeSet<String> = match previews::open(&self.db).await {
            Ok(open) => open.into_iter().map(|job| job.asked.id).collect(),
            // Which jobs run is not known, so nothing is anybody's to remove.
            Err(error) => {
                tracing::warn!(%error, "folders are left alone for now");
                return 0;
            }
        };
        let (data, settings) = (self.data.clone(), self.settings.clone());
        let now = UNIX_EPOCH + Duration::from_millis(self.now().0);
        let removing = tokio::task::spawn_blocking(move || {
            let rooms = TEMPORARY.map(|name| (name, settings.tmp_ttl)).into_iter();
            let mut removed = 0;
            for (name, ttl) in rooms.chain([(LOGS, settings.log_retention)]) {
                let old = old_entries(&data.join(name), ttl, now, &open).unwrap_or_default();
                for path in old {
                    if settings.is_dry_run || remove(&path).is_ok() {
                        tracing::debug!(path = %path.display(), "what a job left behind is old");
                        removed += 1;
                    }
                }
            }
            removed
        });
        removing.await.unwrap_or_default()
    }
}

/// What lies directly in a folder, is older than `ttl`, and belongs to no job that is open.
fn old_entries(
    folder: &Path,
    ttl: Duration,
    now: SystemTime,
    open: &BTreeSet<String>,
) -> io::Result<Vec<PathBuf>> {
    let mut old = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        // Of a link, the link's own: what it leads to is not ours.
        let changed = entry.metadata()?.modified()?;
        let is_old = now.duration_since(changed).is_ok_and(|age| age > ttl);
        let name = entry.file_name();
        let job = name.to_str().and_then(|name| name.split('-').next()).unwrap_or_default();
        if is_old && !open.contains(job) {
            old.push(entry.path());
        }
    }
    Ok(old)
}

/// Removes a folder with all that is in it, a file, or a link; never what a link leads to.
fn remove(path: &Path) -> io::Result<()> {
    if std::fs::symlink_metadata(path)?.is_dir() {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_old_goes_and_what_is_young_of_an_open_job_or_elsewhere_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, outside) = (folder.path().join("previews"), folder.path().join("canary"));
        std::fs::create_dir(&inside).unwrap();
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("file"), "kept").unwrap();
        std::fs::create_dir_all(inside.join("01OPEN-a/project")).unwrap();
        std::fs::create_dir_all(inside.join("01OVER-b/project")).unwrap();
        std::os::unix::fs::symlink(&outside, inside.join("link")).unwrap();
        let open = BTreeSet::from(["01OPEN".to_owned()]);
        let ttl = Duration::from_secs(3600);
        let now = SystemTime::now();
        assert_eq!(old_entries(&inside, ttl, now, &open).unwrap(), Vec::<PathBuf>::new());
        let later = now + ttl + Duration::from_secs(60);
        let mut old = old_entries(&inside, ttl, later, &open).unwrap();
        old.sort();
        assert_eq!(old, [inside.join("01OVER-b"), inside.join("link")]);
        for path in old {
            remove(&path).unwrap();
        }
        assert!(inside.join("01OPEN-a/project").is_dir());
        assert!(!inside.join("01OVER-b").exists());
        assert_eq!(std::fs::read_to_string(outside.join("file")).unwrap(), "kept");
    }
}
