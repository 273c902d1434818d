//! The changed files of a project, for `hivesync build DIR --base`.
//!
//! **Invariant:** no link is followed, and a folder without end is given up before it is in memory.

use std::fs;
use std::io;
use std::path::Path;

use hivesync_pipeline::Change;
use hivesync_types::Code;

use crate::report::Problem;

/// Bytes of all changed files together. Who changes more sends the project.
const BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Folders in folders.
const DEPTH_MAX: usize = 64;

/// What is removed, and every file under `dir`, in ascending order of paths.
pub(crate) fn changes(dir: &Path, removed: &[String]) -> Result<Vec<Change>, Problem> {
    let mut changes: Vec<Change> = removed.iter().map(|path| Change::Remove { path: path.clone() }).collect();
    let mut found = Found { changes: Vec::new(), bytes: 0 };
    found.folder(dir, "", 0)?;
    found.changes.sort_by(|one, other| one.path().cmp(other.path()));
    changes.append(&mut found.changes);
    Ok(changes)
}

struct Found {
    changes: Vec<Change>,
    bytes: u64,
}

impl Found {
    fn folder(&mut self, dir: &Path, path: &str, depth: usize) -> Result<(), Problem> {
        let unreadable = |error: io::Error| refused(&dir.display().to_string(), &error.kind().to_string());
        for entry in fs::read_dir(dir).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name().into_string().map_err(|name| {
                refused(&name.to_string_lossy().escape_debug().to_string(), "not a name in UTF-8")
            })?;
            let below = if path.is_empty() { name } else { format!("{path}/{name}") };
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() && depth < DEPTH_MAX {
                self.folder(&entry.path(), &below, depth + 1)?;
            } else if kind.is_file() {
                self.file(&entry.path(), below)?;
            } else {
                return Err(refused(&below, "neither a file nor a folder"));
            }
        }
        Ok(())
    }

    fn file(&mut self, file: &Path, path: String) -> Result<(), Problem> {
        let unreadable = |error: io::Error| refused(&path, &error.kind().to_string());
        self.bytes = self.bytes.saturating_add(file.metadata().map_err(unreadable)?.len());
        if self.bytes > BYTES_MAX {
            return Err(refused(&path, &format!("beyond the {BYTES_MAX} bytes that changes may have")));
        }
        let content = fs::read(file).map_err(unreadable)?;
        self.changes.push(Change::Write { path, content });
        Ok(())
    }
}

fn refused(path: &str, reason: &str) -> Problem {
    Problem::with_code(Code::DeltaInvalid, &format!("{path} cannot be sent as a change: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removals_come_first_and_files_in_the_order_of_their_paths() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["b.ts", "a/c.ts", "a.ts"] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "1").unwrap();
        }
        let changes = changes(folder.path(), &["z.ts".to_owned()]).unwrap();
        let paths: Vec<&str> = changes.iter().map(Change::path).collect();
        assert_eq!(paths, ["z.ts", "a.ts", "a/c.ts", "b.ts"]);
    }

    #[test]
    fn a_link_is_refused_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("a.ts")).unwrap();
        let problem = changes(folder.path(), &[]).unwrap_err();
        assert_eq!(problem.to_json("build")["error"]["code"], "DELTA_INVALID");
    }
}
