//! The database and the cache that tests start for themselves, and the clock that they move.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::packages;
use crate::command;

/// Where Debian puts the server of PostgreSQL; `PATH` has only its clients.
const DEBIAN_POSTGRES: &str = "/usr/lib/postgresql";

/// Looks for a PostgreSQL server, then installs Debian's.
pub(crate) fn provide_postgres() -> Result<String> {
    packages::provide("postgresql", find_postgres)
}

/// Looks for a Redis server, then installs Debian's.
pub(crate) fn provide_redis() -> Result<String> {
    packages::provide("redis-server", || command::find(&["redis-server"]))
}

/// Looks for what moves the clock of one program, then installs Debian's.
pub(crate) fn provide_clock() -> Result<String> {
    packages::provide("faketime", || command::find(&["faketime"]))
}

fn find_postgres() -> Option<PathBuf> {
    command::find(&["postgres"]).or_else(|| newest_in(Path::new(DEBIAN_POSTGRES)))
}

/// The server of the highest version in a folder with one folder a version.
fn newest_in(folder: &Path) -> Option<PathBuf> {
    let versions = std::fs::read_dir(folder).ok()?.filter_map(|entry| {
        let entry = entry.ok()?;
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin/postgres")))
    });
    versions.filter(|(_, server)| server.is_file()).max().map(|(_, server)| server)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_server_is_taken_and_folders_without_one_are_not() {
        let folder = tempfile::tempdir().unwrap();
        for version in ["9", "15", "17", "other"] {
            let bin = folder.path().join(version).join("bin");
            std::fs::create_dir_all(&bin).unwrap();
            if version != "17" {
                std::fs::write(bin.join("postgres"), "").unwrap();
            }
        }
        assert_eq!(newest_in(folder.path()), Some(folder.path().join("15/bin/postgres")));
        assert_eq!(newest_in(&folder.path().join("nowhere")), None);
    }
}
