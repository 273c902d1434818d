//! Restoring packages that a project lacks, outside of it and before the step.
//!
//! npm runs with lifecycle scripts off, in a private folder that holds nothing of the
//! project but its manifests and lock file, and with an environment of a few named
//! variables. A project's own `.npmrc` is not copied: it could name programs to run.
//!
//! **Invariant:** the project folder is never written; a folder of restored packages
//! appears whole or not at all.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use hivesync_types::Digest;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use crate::cache::{RESTORED_BYTES_MAX, sweep_restored, touch};
use crate::error::BuildError;
use crate::event::{Event, Observer};
use crate::project::{LockFile, PackageManager, Project};

/// How much of npm's output is kept, in bytes.
const TAIL_BYTES: usize = 4096;

/// What npm may know of the host's environment.
const PASSED_ON: [&str; 16] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "npm_config_registry",
];

/// How packages are restored.
#[derive(Debug, Clone)]
pub struct RestoreOptions {
    /// Missing packages may be restored at all.
    pub allowed: bool,
    /// How long npm may take.
    pub deadline: Duration,
    /// The npm program.
    pub npm: PathBuf,
    /// The environment of the host, from which a few named variables are passed on.
    pub environment: Vec<(OsString, OsString)>,
}

/// The folder with restored packages, or none when the project has its own or needs none.
pub(crate) async fn restore(
    project: &Project,
    cache: &Path,
    options: &RestoreOptions,
    observer: &Observer,
) -> Result<Option<PathBuf>, BuildError> {
    if project.has_packages() {
        return Ok(None);
    }
    let members = project.member_manifests()?;
    if !project.has_dependencies() && members.is_empty() {
        return Ok(None);
    }
    check_allowed(options)?;
    let lock = project.lock_file()?;
    let folder = cache.join("preview_deps");
    let kept = folder.join(key(project, lock.as_ref(), &members).to_hex());
    if let Ok(found) = fs::File::open(&kept) {
        touch(&found);
        return Ok(Some(kept));
    }
    let usable = lock.filter(|lock| lock.manager == PackageManager::Npm);
    observer(Event::Note(announcement(project, usable.is_some()).to_owned()));
    let write = |source| BuildError::Write { path: folder.display().to_string(), source };
    fs::create_dir_all(&folder).map_err(write)?;
    let work = tempfile::Builder::new().prefix(".work-").tempdir_in(&folder).map_err(write)?;
    fs::write(work.path().join("package.json"), &project.manifest_text).map_err(write)?;
    if let Some(lock) = &usable {
        fs::write(work.path().join(lock.name), &lock.text).map_err(write)?;
    }
    for (path, text) in &members {
        let path = work.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(work.path())).map_err(write)?;
        fs::write(path, text).map_err(write)?;
    }
    run_npm(work.path(), usable.is_some(), options).await?;
    // A project whose every package is optional may come out with none.
    fs::create_dir_all(work.path().join("node_modules")).map_err(write)?;
    keep(work, &kept).map_err(write)?;
    sweep_restored(&folder, &kept, RESTORED_BYTES_MAX);
    Ok(Some(kept))
}

/// What a person reads before npm runs.
fn announcement(project: &Project, has_lock: bool) -> &'static str {
    if has_lock {
        "Restoring packages with npm ci."
    } else if project.is_plug_and_play() {
        "Restoring packages with npm install: Yarn's Plug'n'Play keeps them in archives, which Metro does not read \
         either, so versions may differ from yarn.lock. `nodeLinker: node-modules` in .yarnrc.yml keeps them."
    } else {
        "Restoring packages with npm install: there is no lock file of npm's, so versions may differ."
    }
}

fn check_allowed(options: &RestoreOptions) -> Result<(), BuildError> {
    if options.allowed {
        return Ok(());
    }
    Err(BuildError::Packages {
        reason: "The project has no node_modules, and restoring packages is switched off.".to_owned(),
        hint: "Run `npm install` in the project, or build without --no-restore.",
    })
}

/// What decides which packages are restored for a project.
pub(crate) fn wanted(project: &Project) -> Result<Digest, BuildError> {
    Ok(key(project, project.lock_file()?.as_ref(), &project.member_manifests()?))
}

/// Equal manifests and lock files share their packages.
fn key(project: &Project, lock: Option<&LockFile>, members: &[(String, Vec<u8>)]) -> Digest {
    let (name, text) =
        lock.map_or((b"".as_slice(), b"".as_slice()), |lock| (lock.name.as_bytes(), &lock.text));
    let mut fields = vec![b"hivesync-packages/1".as_slice(), &project.manifest_text, name, text];
    fields.extend(members.iter().flat_map(|(path, text)| [path.as_bytes(), text]));
    Digest::of_fields(&fields)
}

/// Puts the finished folder in its place. Another build that was faster made the same.
fn keep(work: tempfile::TempDir, kept: &Path) -> io::Result<()> {
    match fs::rename(work.path(), kept) {
        Ok(()) => {
            let _ = work.keep();
            Ok(())
        }
        Err(_) if kept.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

async fn run_npm(work: &Path, has_lock: bool, options: &RestoreOptions) -> Result<(), BuildError> {
    let mut command = Command::new(&options.npm);
    let arguments: &[&str] = if has_lock { &["ci"] } else { &["install", "--legacy-peer-deps"] };
    command
        .args(arguments)
        .args(["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"])
        .current_dir(work)
        .env_clear()
        .envs(options.environment.iter().filter(|(name, _)| is_passed_on(name)).cloned())
        .env("CI", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ALLOW_PROTOCOL", "https")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    let child = command.spawn().map_err(|source| BuildError::Packages {
        reason: format!("The project has no node_modules, and npm cannot be started: {}.", source.kind()),
        hint: "Install Node.js with npm, or run your own package manager in the project first.",
    })?;
    let mut group = Group::of(child);
    match tokio::time::timeout(options.deadline, group.finish()).await {
        Err(_) => Err(BuildError::NpmTimeout { seconds: options.deadline.as_secs() }),
        Ok(Err(source)) => Err(BuildError::Packages {
            reason: format!("npm cannot be listened to: {}.", source.kind()),
            hint: "Build again.",
        }),
        Ok(Ok((status, _))) if status.success() => Ok(()),
        Ok(Ok((status, tail))) => Err(BuildError::Npm { status: status.to_string(), tail }),
    }
}

fn is_passed_on(name: &std::ffi::OsStr) -> bool {
    PASSED_ON.iter().any(|passed| name == *passed)
}

/// npm and all it starts. Dropping it ends them all: a canceled build, a deadline.
struct Group {
    child: Child,
    id: Option<Pid>,
}

impl Group {
    fn of(child: Child) -> Self {
        let id = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Self { child, id }
    }

    /// Waits for the end, with the end of what was said.
    async fn finish(&mut self) -> io::Result<(std::process::ExitStatus, String)> {
        let (mut stdout, mut stderr) = (self.child.stdout.take(), self.child.stderr.take());
        let (out, err) = tokio::join!(tail(stdout.as_mut()), tail(stderr.as_mut()));
        let status = self.child.wait().await?;
        let said = if err.iter().all(u8::is_ascii_whitespace) { out } else { err };
        Ok((status, printable(&said)))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            // Absent when all have ended, which is what is wanted.
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}

/// Reads to the end and keeps the last [`TAIL_BYTES`].
async fn tail(stream: Option<&mut (impl tokio::io::AsyncRead + Unpin)>) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(stream) = stream else { return kept };
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        kept.extend_from_slice(buffer.get(..read).unwrap_or_default());
        let excess = kept.len().saturating_sub(TAIL_BYTES);
        kept.drain(..excess);
    }
    kept
}

/// Text for a report: no control characters but line breaks.
fn printable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::{Arc, Mutex};

    use hivesync_types::Code;

    use super::*;

    const MANIFEST: &str = r#"{"name":"a","dependencies":{"left-pad":"1"}}"#;

    struct Bench {
        folder: tempfile::TempDir,
        /// What a person was told.
        heard: Arc<Mutex<Vec<String>>>,
    }

    impl Bench {
        /// A project with these files, and an npm that is this shell script.
        fn new(script: &str, files: &[(&str, &str)]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("project")).unwrap();
            for (name, text) in files {
                fs::write(folder.path().join("project").join(name), text).unwrap();
            }
            let npm = folder.path().join("npm");
            fs::write(&npm, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&npm, fs::Permissions::from_mode(0o755)).unwrap();
            Self { folder, heard: Arc::default() }
        }

        fn cache(&self) -> PathBuf {
            self.folder.path().join("cache")
        }

        async fn restore(&self, deadline: Duration) -> Result<Option<PathBuf>, BuildError> {
            let options = RestoreOptions {
                allowed: true,
                deadline,
                npm: self.folder.path().join("npm"),
                environment: [("PATH", "/usr/bin:/bin"), ("SECRET", "1")]
                    .map(|(k, v)| (k.into(), v.into()))
                    .to_vec(),
            };
            let project = Project::open(&self.folder.path().join("project")).unwrap();
            let heard = Arc::clone(&self.heard);
            let observer: Observer = Arc::new(move |event| {
                if let Event::Note(text) = event {
                    heard.lock().unwrap().push(text);
                }
            });
            restore(&project, &self.cache(), &options, &observer).await
        }

        fn left(&self) -> usize {
            fs::read_dir(self.cache().join("preview_deps")).map_or(0, Iterator::count)
        }
    }

    const LONG: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn packages_are_restored_once_beside_the_project_with_scripts_off() {
        let bench = Bench::new(
            "mkdir -p node_modules/a; echo \"$*\" > node_modules/a/arguments.js; env > node_modules/a/env.js",
            &[("package.json", MANIFEST), ("package-lock.json", "{}"), (".npmrc", "git=/bin/evil")],
        );
        let kept = bench.restore(LONG).await.unwrap().unwrap();
        let arguments = fs::read_to_string(kept.join("node_modules/a/arguments.js")).unwrap();
        assert!(arguments.starts_with("ci --ignore-scripts "), "{arguments}");
        assert!(!fs::read_to_string(kept.join("node_modules/a/env.js")).unwrap().contains("SECRET"));
        assert!(!kept.join(".npmrc").exists());
        assert!(!bench.folder.path().join("project/node_modules").exists());
        fs::remove_file(bench.folder.path().join("npm")).unwrap();
        assert_eq!(bench.restore(LONG).await.unwrap(), Some(kept), "the second build starts npm again");
    }

    #[tokio::test]
    async fn without_a_lock_file_npm_installs() {
        let bench = Bench::new(
            "mkdir -p node_modules/a; echo \"$*\" > node_modules/a/a.js",
            &[("package.json", MANIFEST)],
        );
        let kept = bench.restore(LONG).await.unwrap().unwrap();
        let arguments = fs::read_to_string(kept.join("node_modules/a/a.js")).unwrap();
        assert!(arguments.starts_with("install --legacy-peer-deps --ignore-scripts "), "{arguments}");
    }

    #[tokio::test]
    async fn packages_that_yarn_keeps_in_archives_are_installed_as_folders_and_that_is_said() {
        let files = [("package.json", MANIFEST), ("yarn.lock", ""), (".pnp.cjs", "throw new Error('run')")];
        let bench = Bench::new("mkdir -p node_modules/a", &files);
        let kept = bench.restore(LONG).await.unwrap().unwrap();
        assert!(kept.join("node_modules/a").is_dir());
        let heard = bench.heard.lock().unwrap();
        assert!(heard.len() == 1 && heard[0].contains("`nodeLinker: node-modules`"), "{heard:?}");
    }

    #[tokio::test]
    async fn a_failing_npm_is_quoted_and_leaves_nothing() {
        let script = "yes padding | head -c 9000 >&2; printf '\\033[31mE404 left-pad\\n' >&2; exit 3";
        let bench = Bench::new(script, &[("package.json", MANIFEST)]);
        let error = bench.restore(LONG).await.unwrap_err();
        assert_eq!(error.code(), Code::MissingDependencies);
        assert!(error.evidence().ends_with("E404 left-pad"), "{}", error.evidence());
        assert!(error.evidence().len() <= TAIL_BYTES);
        assert!(!error.evidence().contains('\u{1b}'));
        assert_eq!(bench.left(), 0);
    }

    #[tokio::test]
    async fn an_npm_that_hangs_is_killed_with_all_it_started() {
        let bench = Bench::new("echo $$ > ../../../pid; sleep 1000 & wait", &[("package.json", MANIFEST)]);
        let error = bench.restore(Duration::from_millis(700)).await.unwrap_err();
        assert_eq!(error.code(), Code::PreviewTimeout);
        assert_eq!(bench.left(), 0);
        let group = fs::read_to_string(bench.folder.path().join("pid")).unwrap();
        let group = Pid::from_raw(group.trim().parse().unwrap()).unwrap();
        let begun = std::time::Instant::now();
        while rustix::process::test_kill_process_group(group).is_ok() {
            assert!(begun.elapsed() < LONG, "something of npm is still there");
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_project_with_packages_or_without_needs_starts_nothing() {
        let bench = Bench::new("exit 1", &[("package.json", "{}")]);
        assert_eq!(bench.restore(LONG).await.unwrap(), None);
        let bench = Bench::new("exit 1", &[("package.json", MANIFEST)]);
        fs::create_dir(bench.folder.path().join("project/node_modules")).unwrap();
        assert_eq!(bench.restore(LONG).await.unwrap(), None);
    }

    #[tokio::test]
    async fn the_manifests_of_a_workspace_come_along_and_nothing_else_of_it() {
        let manifest = r#"{"workspaces":["packages/*"],"dependencies":{"a":"1"}}"#;
        let bench = Bench::new(
            "mkdir node_modules; find . -type f > node_modules/files.js",
            &[("package.json", manifest)],
        );
        let member = bench.folder.path().join("project/packages/a");
        fs::create_dir_all(&member).unwrap();
        fs::write(member.join("package.json"), "{}").unwrap();
        fs::write(member.join("index.js"), "").unwrap();
        let kept = bench.restore(LONG).await.unwrap().unwrap();
        let files = fs::read_to_string(kept.join("node_modules/files.js")).unwrap();
        assert!(files.contains("./packages/a/package.json") && !files.contains("index.js"), "{files}");
        fs::write(member.join("package.json"), r#"{"dependencies":{"b":"1"}}"#).unwrap();
        assert_ne!(bench.restore(LONG).await.unwrap(), Some(kept), "a changed member needs other packages");
    }

    #[tokio::test]
    async fn a_workspace_pattern_that_leaves_the_project_is_refused() {
        for pattern in ["../*", "/etc", "packages/**", "a/*/b"] {
            let manifest = format!(r#"{{"workspaces":["{pattern}"],"dependencies":{{"a":"1"}}}}"#);
            let bench = Bench::new("exit 1", &[("package.json", &manifest)]);
            let error = bench.restore(LONG).await.unwrap_err();
            assert!(matches!(error, BuildError::Packages { .. }), "{pattern}: {error}");
        }
    }

    #[tokio::test]
    async fn a_missing_npm_is_named() {
        let bench = Bench::new("", &[("package.json", MANIFEST)]);
        fs::remove_file(bench.folder.path().join("npm")).unwrap();
        let error = bench.restore(LONG).await.unwrap_err();
        assert!(matches!(&error, BuildError::Packages { reason, .. } if reason.contains("npm")), "{error}");
        assert_eq!(bench.left(), 0);
    }
}
