//! A project folder, a data folder of its own, and the command run on them.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// The smallest web app: no package is needed.
pub(crate) const SMALL: &[(&str, &str)] = &[
    ("package.json", r#"{"name":"small","main":"index.js"}"#),
    ("index.js", "import { greet } from './greet';\ndocument.title = greet('sandbox');\n"),
    ("greet.js", "export const greet = (name) => `Hello, ${name}`;\n"),
];

/// A configuration with a plugin, and a compiler that leaves everything as it is.
const ONE_PLUGIN: [(&str, &str); 3] = [
    ("babel.config.js", "module.exports = { plugins: [() => ({ visitor: {} })] };"),
    ("node_modules/@babel/core/package.json", "{\"name\":\"@babel/core\"}"),
    ("node_modules/@babel/core/index.js", "exports.transformSync = (code) => ({ code, map: null });"),
];

/// What a post could be about.
const ONE_CLIP: &str = r#"{"clips":[{"content_item_id":"a","clip_title":"A clip","clip_created_at":"2026-03-01T12:00:00Z"}],
"events":[],"date":"2026-03-01","content_type":"daily_recap"}"#;

/// What stood at the output before.
const BEFORE: &[u8] = b"an earlier bundle";

pub(super) struct Project {
    folder: TempDir,
}

/// How a command ended.
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Ended {
    pub(super) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The one JSON object on stdout.
    pub(super) fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{}\n{}", self.stdout, self.stderr);
        serde_json::from_str(&self.stdout).unwrap()
    }

    pub(super) fn done(self) -> Value {
        assert_eq!(self.code, Some(0), "{}\n{}", self.stdout, self.stderr);
        let json = self.json();
        assert_eq!(json["ok"], true);
        json["result"].clone()
    }
}

/// Where the parts are: an installation, or what `cargo xtask build` made.
pub(crate) fn home() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/hivesync");
    std::env::var_os("HIVESYNC_HOME")
        .map_or(built, PathBuf::from)
        .canonicalize()
        .expect("run `cargo xtask build` first")
}

pub(crate) fn hivesync() -> PathBuf {
    home().join("bin/hivesync")
}

/// A data folder whose keys are made and whose guests are compiled, shared by every
/// test and every run: compiling takes longer than all tests together.
fn warm_data() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hivesync-data");
    std::fs::create_dir_all(&folder).unwrap();
    let lock = File::create(folder.join("lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let parts = [
        "guests/influence.wasm",
        "guests/preview_bundler.wasm",
        "guests/transform.wasm",
        "guests/plugin_host.wasm",
        "guests/ai_docs.wasm",
        "guests/content.wasm",
        "guests/space.wasm",
        "libexec/hivesync-compiler",
    ];
    let stamps = parts.map(|part| std::fs::metadata(home().join(part)).unwrap().modified().unwrap());
    let stamps = format!("{:?} {stamps:?}", home());
    if std::fs::read_to_string(folder.join("stamps")).ok() != Some(stamps.clone()) {
        let small = Project::cold(SMALL);
        // A plugin, so that the module which runs plugins is compiled as well.
        for (path, text) in ONE_PLUGIN {
            small.write(path, text);
        }
        let ended = Ended::of(small.build_command(&[]).env("DATA_DIR", &folder).output().unwrap());
        assert_eq!(ended.code, Some(0), "{}\n{}", ended.stdout, ended.stderr);
        let mut map = small.command(&["map", "--json"]);
        let mapped = Ended::of(map.arg(small.dir()).env("DATA_DIR", &folder).output().unwrap());
        assert_eq!(mapped.code, Some(0), "{}\n{}", mapped.stdout, mapped.stderr);
        // The steps of pipelines are compiled though nobody answers them.
        small.write("clips.json", ONE_CLIP);
        let clips = ["pipeline", "run", "content-post", "--input", "clips.json", "--json"];
        for arguments in [&["docs", "package.json", "--json"][..], &clips[..]] {
            let mut command = small.command(arguments);
            command.current_dir(small.dir()).env("DATA_DIR", &folder).env("AI_PRIMARY", "none");
            let ended = Ended::of(command.output().unwrap());
            assert_eq!(ended.json()["error"]["code"], "AI_NO_REPLY", "{}\n{}", ended.stdout, ended.stderr);
        }
        small.write("image.json", "{\"quality\":\"2K\"}");
        let image =
            ["pipeline", "run", "space-image", "--input", "image.json", "--attach", "package.json", "--json"];
        let mut command = small.command(&image);
        let ended = Ended::of(command.current_dir(small.dir()).env("DATA_DIR", &folder).output().unwrap());
        assert_eq!(ended.json()["error"]["diagnostics"][0]["code"], "space.image-kind", "{}", ended.stderr);
        std::fs::write(folder.join("stamps"), stamps).unwrap();
    }
    folder
}

/// Puts this machine's keys and the compiled guests into a data folder, and nothing else.
pub(crate) fn copy_warm_data(data: &Path) {
    let warm = warm_data();
    for folder in ["keys", "cache/compiled"] {
        copy_folder(&warm.join(folder), &data.join(folder));
    }
}

impl Project {
    /// A project with these files and nothing in its data folder but this machine's
    /// keys and the compiled guests.
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self::cold(files);
        copy_warm_data(&project.data());
        project
    }

    fn cold(files: &[(&str, &str)]) -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(project.dir()).unwrap();
        std::fs::create_dir(project.out_dir()).unwrap();
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    /// The small app with these files changed or added.
    pub(super) fn small(more: &[(&str, &str)]) -> Self {
        let project = Self::new(SMALL);
        for (path, text) in more {
            project.write(path, text);
        }
        project
    }

    /// The small app with these files, in a folder of its own, with what is kept for this one.
    pub(super) fn again(&self, more: &[(&str, &str)]) -> Self {
        let project = Self::cold(SMALL);
        std::os::unix::fs::symlink(self.data(), project.data()).unwrap();
        for (path, text) in more {
            project.write(path, text);
        }
        project
    }

    pub(super) fn dir(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    pub(super) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn out_dir(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    pub(super) fn out(&self) -> PathBuf {
        self.out_dir().join("bundle.zip")
    }

    pub(super) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.dir().join(path)
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The command with this project's own data folder.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(hivesync());
        command
            .args(arguments)
            .env("HIVESYNC_HOME", home())
            .env("DATA_DIR", self.data())
            .env_remove("SOURCE_DATE_EPOCH")
            .env_remove("LOG_LEVEL");
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().unwrap())
    }

    /// `build` for the web with JSON.
    pub(super) fn build_command(&self, more: &[&str]) -> Command {
        let mut command = self.command(&["build", "--platform", "web", "--json"]);
        command.arg(self.dir()).arg("--out").arg(self.out()).args(more);
        command
    }

    pub(super) fn build(&self, more: &[&str]) -> Ended {
        Ended::of(self.build_command(more).output().unwrap())
    }

    /// Builds, and expects a refusal with this code and exit status that leaves
    /// everything as it was. Returns the error.
    pub(super) fn refused(&self, code: &str, status: i32) -> Value {
        self.refused_as_one_of(&[code], status)
    }

    /// The same where the machine's load decides which of the codes comes first.
    pub(super) fn refused_as_one_of(&self, codes: &[&str], status: i32) -> Value {
        std::fs::write(self.out(), BEFORE).unwrap();
        let project = names_under(&self.dir());
        let ended = self.build(&[]);
        let json = ended.json();
        assert!(codes.iter().any(|code| json["error"]["code"] == *code), "{json:#}");
        assert_eq!(ended.code, Some(status), "{json:#}");
        assert_eq!(json["ok"], false);
        assert_eq!(std::fs::read(self.out()).unwrap(), BEFORE, "the existing output was touched");
        assert_eq!(names_under(&self.out_dir()).len(), 1, "something was left beside the output");
        assert!(names_under(&self.dir()) == project, "the project was written");
        assert_no_litter(&self.data());
        json["error"].clone()
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Nothing temporary is left in the data folder.
pub(super) fn assert_no_litter(data: &Path) {
    let left: Vec<_> = names_under(data)
        .into_iter()
        .filter(|path| {
            path.strip_prefix(data).unwrap().components().any(|part| {
                let name = part.as_os_str().as_encoded_bytes();
                [b".new-".as_slice(), b".work-", b".bundle-", b".tmp"]
                    .iter()
                    .any(|prefix| name.starts_with(prefix))
            })
        })
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

/// Every path under a folder, links not followed.
fn names_under(folder: &Path) -> BTreeSet<PathBuf> {
    let mut names = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
            names.insert(entry.path());
        }
    }
    names
}

/// Bytes of one file of a zip.
pub(crate) fn unzip(zip: &Path, name: impl AsRef<OsStr>) -> String {
    let output = Command::new("python3")
        .args([
            "-c",
            "import sys,zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))",
        ])
        .arg(zip)
        .arg(name)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
