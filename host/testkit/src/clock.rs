//! A wall clock of a program's own, which is moved while the program runs.
//!
//! A library stands between the program and the system, and adds to what the system says. Only
//! the time of day moves: how long something takes is what it was.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::TempDir;

/// Where Debian puts the library: in a folder of the machine's kind.
const DEBIAN: &str = "/usr/lib";
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";
/// What the library reads whenever it is asked for the time.
const FILE: &str = "clock";
/// What the library leaves in memory that processes share, each with the id of a process behind it.
const LEFT: [&str; 2] = ["faketime_shm_", "sem.faketime_sem_"];
const SHARED_MEMORY: &str = "/dev/shm";

/// The clock. Programs that are to share it get the same one.
#[derive(Debug)]
pub struct Clock {
    library: PathBuf,
    folder: TempDir,
}

impl Clock {
    /// One that is so many seconds ahead of the system's, or behind it.
    pub fn start(ahead: i64) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hivesync-clock-").tempdir()?;
        let clock = Self { library: library()?, folder };
        clock.turn(ahead)?;
        Ok(clock)
    }

    /// What a program is started with that has this clock.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let file = self.folder.path().join(FILE).display().to_string();
        let words = ["FAKETIME_DONT_FAKE_MONOTONIC", "FAKETIME_NO_CACHE", "NO_FAKE_STAT"];
        let mut environment: Vec<_> = words.into_iter().map(|word| (word, "1".to_owned())).collect();
        environment.push(("FAKETIME_TIMESTAMP_FILE", file));
        environment.push(("LD_PRELOAD", self.library.display().to_string()));
        environment
    }

    /// Moves it to so many seconds ahead of the system's; a program sees it when it looks next.
    pub fn turn(&self, ahead: i64) -> Result<()> {
        let (new, file) = (self.folder.path().join("new"), self.folder.path().join(FILE));
        fs::write(&new, format!("{ahead:+}\n"))?;
        // Nobody reads half of it.
        Ok(fs::rename(new, file)?)
    }
}

impl Drop for Clock {
    /// The library forgets what it shares, and so does whoever is killed.
    fn drop(&mut self) {
        for entry in fs::read_dir(SHARED_MEMORY).ok().into_iter().flatten().filter_map(Result::ok) {
            let name = entry.file_name();
            let process = name.to_str().and_then(|name| LEFT.iter().find_map(|left| name.strip_prefix(left)));
            if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
                // Another test may have removed it.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn library() -> Result<PathBuf> {
    let kinds = fs::read_dir(DEBIAN).ok().into_iter().flatten().filter_map(Result::ok);
    let libraries = kinds.map(|kind| kind.path().join(LIBRARY));
    let found = libraries.into_iter().find(|library: &PathBuf| Path::is_file(library));
    found.context("there is no libfaketime here; run `cargo xtask setup`")
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    fn seconds_ahead(clock: &Clock) -> i64 {
        let said = Command::new("date").arg("+%s").envs(clock.environment()).output().unwrap();
        let said: i64 = String::from_utf8(said.stdout).unwrap().trim().parse().unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        said - i64::try_from(now.as_secs()).unwrap()
    }

    #[test]
    fn a_program_has_the_time_that_its_clock_was_turned_to() {
        let clock = Clock::start(3600).unwrap();
        assert!((3500..=3700).contains(&seconds_ahead(&clock)));
        clock.turn(-3600).unwrap();
        assert!((-3700..=-3500).contains(&seconds_ahead(&clock)));
    }
}
