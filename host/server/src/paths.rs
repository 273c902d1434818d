//! Where the parts and the data are. The environment is read here and nowhere else.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The installed parts.
#[derive(Debug, Clone)]
pub(crate) struct Home(PathBuf);

/// Keys, audit records and the cache.
#[derive(Debug, Clone)]
pub(crate) struct DataFolders {
    pub(crate) data: PathBuf,
    pub(crate) cache: PathBuf,
}

/// Something that must be known is not.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PathsError {
    #[error("the folder with libexec, guests and policies is not found; looked in {0}")]
    NoHome(String),
    #[error("neither DATA_DIR nor HOME is set")]
    NoData,
    #[error("{0} is not a whole number")]
    NotANumber(&'static str),
}

impl Home {
    /// `HIVESYNC_HOME`, else the folder above this executable's, else the one that
    /// `cargo xtask build` assembles beside a checkout's own builds.
    pub(crate) fn find() -> Result<Self, PathsError> {
        Self::find_in(env::var_os("HIVESYNC_HOME").map(PathBuf::from), env::current_exe().ok())
    }

    fn find_in(named: Option<PathBuf>, executable: Option<PathBuf>) -> Result<Self, PathsError> {
        let above = executable.as_deref().and_then(Path::parent).and_then(Path::parent);
        let beside = above.map(|above| above.join("hivesync"));
        // A folder that is named is taken or refused, never passed over.
        let candidates: Vec<PathBuf> = match named {
            Some(named) => vec![named],
            None => above.map(Path::to_owned).into_iter().chain(beside).collect(),
        };
        let is_home = |folder: &&PathBuf| folder.join("libexec/hivesync-runner").is_file();
        candidates.iter().find(is_home).cloned().map(Self).ok_or_else(|| {
            let looked: Vec<_> = candidates.iter().map(|folder| folder.display().to_string()).collect();
            PathsError::NoHome(looked.join(", "))
        })
    }

    /// Programs that people do not start themselves.
    pub(crate) fn libexec(&self) -> PathBuf {
        self.0.join("libexec")
    }

    /// Modules.
    pub(crate) fn guests(&self) -> PathBuf {
        self.0.join("guests")
    }

    /// Policies.
    pub(crate) fn policies(&self) -> PathBuf {
        self.0.join("policies")
    }
}

impl DataFolders {
    /// `DATA_DIR`, else the folders of the desktop conventions.
    pub(crate) fn find() -> Result<Self, PathsError> {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(data) = set("DATA_DIR") {
            return Ok(Self { cache: data.join("cache"), data });
        }
        let under = |name, fallback: &str| {
            let folder = set(name).or_else(|| set("HOME").map(|home| home.join(fallback)));
            folder.map(|folder| folder.join("hivesync")).ok_or(PathsError::NoData)
        };
        Ok(Self { data: under("XDG_DATA_HOME", ".local/share")?, cache: under("XDG_CACHE_HOME", ".cache")? })
    }

    /// The secrets of this machine.
    pub(crate) fn keys(&self) -> PathBuf {
        self.data.join("keys")
    }
}

/// `SOURCE_DATE_EPOCH`, if it is set.
pub(crate) fn fixed_time() -> Result<Option<u64>, PathsError> {
    number("SOURCE_DATE_EPOCH")
}

/// `PREVIEW_MAX_TIMEOUT_MS`, which can only lower the policy's deadline.
pub(crate) fn step_deadline() -> Result<Option<Duration>, PathsError> {
    Ok(number("PREVIEW_MAX_TIMEOUT_MS")?.map(Duration::from_millis))
}

fn number(name: &'static str) -> Result<Option<u64>, PathsError> {
    match env::var_os(name).filter(|value| !value.is_empty()) {
        None => Ok(None),
        Some(value) => {
            value.to_str().and_then(|text| text.parse().ok()).map(Some).ok_or(PathsError::NotANumber(name))
        }
    }
}

/// The environment that npm's few variables are taken from.
pub(crate) fn environment() -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
    env::vars_os().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_home_is_taken_or_refused_and_an_executable_finds_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let installed = folder.path().join("installed");
        std::fs::create_dir_all(installed.join("libexec")).unwrap();
        std::fs::write(installed.join("libexec/hivesync-runner"), "").unwrap();
        let executable = Some(installed.join("bin/hivesync"));
        assert_eq!(Home::find_in(None, executable.clone()).unwrap().0, installed);
        assert_eq!(Home::find_in(Some(installed.clone()), None).unwrap().0, installed);
        let empty = folder.path().join("empty");
        assert!(matches!(Home::find_in(Some(empty), executable), Err(PathsError::NoHome(_))));
    }
}
