//! A project's repository: its files as they are at one ref, read by `git` itself.
//!
//! The repository is a stranger's. What it configures, hooks, replaces or borrows is never looked at:
//! git is given a folder of ours, which points to the repository's objects and refs and has no
//! configuration, and an environment in which nothing is fetched.
//!
//! What this does not do: check anything out, or make a repository.
//!
//! **Invariant:** nothing of a repository is run and nothing in it is written, and no object of another
//! repository is read.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use hivesync_types::Code;
use tempfile::TempDir;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use crate::error::SourcesError;
use crate::tree::{Tree, TreeLimits, name, shown};

/// How long reading may take in all.
const DEADLINE: Duration = Duration::from_secs(20);
/// Bytes of a ref's name.
const NAME_BYTES_MAX: usize = 255;
/// Bytes that git may say of all files of a commit: as many names as a project may have files.
const LISTING_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of a short answer.
const WORD_BYTES_MAX: u64 = 1024;
/// Where git is found; nothing else of this process's environment is passed on.
const PLACES: &str = "/usr/local/bin:/usr/bin:/bin";
/// What keeps git from everything but the objects that it is asked for.
const SURROUNDINGS: [(&str, &str); 9] = [
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_SYSTEM", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_OPTIONAL_LOCKS", "0"),
];

/// Why a repository was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitError {
    /// There is none.
    #[error("the project has no repository on this server")]
    NoRepository,
    /// There is nothing of that name in it.
    #[error("the repository has no ref {0:?}")]
    Unknown(String),
    /// It is not of a kind that is read.
    #[error("the repository is not read: {0}")]
    Refused(&'static str),
    /// A repository within it, whose files are elsewhere.
    #[error("{path:?} is a submodule, and its files are not in the repository")]
    Submodule {
        /// Its path.
        path: String,
    },
    /// Its files are none that a project may have.
    #[error(transparent)]
    Files(#[from] SourcesError),
    /// It took too long.
    #[error("the repository could not be read within {} s", DEADLINE.as_secs())]
    Slow,
    /// This machine has no git.
    #[error("there is no git on this server")]
    NoGit,
    /// Something of this machine failed.
    #[error("git could not be asked: {0}")]
    Machine(std::io::ErrorKind),
}

impl GitError {
    /// The stable code.
    pub const fn code(&self) -> Code {
        match self {
            Self::NoRepository | Self::Unknown(_) => Code::GitRefUnknown,
            Self::Refused(_) | Self::Submodule { .. } | Self::Slow => Code::RepositoryRefused,
            Self::Files(error) => error.code(),
            Self::NoGit => Code::GitUnavailable,
            Self::Machine(_) => Code::HostStorage,
        }
    }

    /// The file that is at fault, where one is.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Submodule { path } => Some(path),
            Self::Files(error) => error.path(),
            _ => None,
        }
    }
}

/// The files of `folder`'s repository as they are at `reference`: a branch, a tag, a full name such as
/// `refs/heads/main`, or a commit's id. `scratch` is a folder in which one may be made.
///
/// # Errors
///
/// [`GitError`] when any of it is not accepted: a tree is read whole, or not at all.
pub async fn read_ref(
    folder: &Path,
    reference: &str,
    limits: TreeLimits,
    scratch: &Path,
) -> Result<Tree, GitError> {
    if !is_name(reference) {
        return Err(GitError::Unknown(shown(reference)));
    }
    let view = View::of(folder, scratch)?;
    let reading = async {
        let commit = view.commit(reference).await?;
        let files = view.files(&commit, limits).await?;
        view.read(files, limits).await
    };
    tokio::time::timeout(DEADLINE, reading).await.unwrap_or(Err(GitError::Slow))
}

/// A name as people give refs: none of the expressions that git knows besides.
fn is_name(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.starts_with(['.', '-']) && !part.ends_with(".lock");
    name.len() <= NAME_BYTES_MAX
        && name != "@"
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/+#@".contains(&byte))
        && !name.contains("..")
        && name.split('/').all(is_part)
}

/// A file of a commit.
struct Entry {
    path: String,
    object: String,
    bytes: u64,
}

/// A folder of ours that shows a repository's objects and refs to git, and nothing else of it.
struct View {
    folder: TempDir,
    objects: PathBuf,
}

impl View {
    fn of(folder: &Path, scratch: &Path) -> Result<Self, GitError> {
        let repository = find(folder)?;
        let objects = repository.join("objects");
        if is_there(&objects.join("info/alternates")) {
            return Err(GitError::Refused("it borrows objects from another"));
        }
        if !is_folder(&objects.join("pack")) && is_there(&objects.join("pack")) {
            return Err(GitError::Refused("its objects are elsewhere"));
        }
        if is_there(&repository.join("reftable")) {
            return Err(GitError::Refused("its refs are kept in a form that is not read"));
        }
        let made = || -> std::io::Result<TempDir> {
            let view = tempfile::Builder::new().prefix("git-").tempdir_in(scratch)?;
            fs::copy(repository.join("HEAD"), view.path().join("HEAD"))?;
            for name in ["refs", "packed-refs"] {
                symlink(fs::canonicalize(&repository)?.join(name), view.path().join(name))?;
            }
            Ok(view)
        };
        let view = made().map_err(|error| GitError::Machine(error.kind()))?;
        let objects = fs::canonicalize(&objects).map_err(|error| GitError::Machine(error.kind()))?;
        Ok(Self { folder: view, objects })
    }

    fn git(&self, args: &[&str]) -> Command {
        let mut git = Command::new("git");
        git.args(args).env_clear().envs(SURROUNDINGS).current_dir(self.folder.path());
        git.env("PATH", PLACES).env("LC_ALL", "C").env("HOME", self.folder.path());
        git.env("GIT_DIR", self.folder.path()).env("GIT_OBJECT_DIRECTORY", &self.objects);
        git.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        git
    }

    /// The id of the commit that is meant.
    async fn commit(&self, reference: &str) -> Result<String, GitError> {
        let meant = format!("{reference}^{{commit}}");
        let said =
            said(self.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &meant]), WORD_BYTES_MAX);
        let text = said.await?.and_then(|said| String::from_utf8(said).ok()).unwrap_or_default();
        let id = text.trim_end();
        let is_id = matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_id { Ok(id.to_owned()) } else { Err(GitError::Unknown(reference.to_owned())) }
    }

    /// What a commit holds, as far as a project may hold it.
    async fn files(&self, commit: &str, limits: TreeLimits) -> Result<Vec<Entry>, GitError> {
        let mut child =
            self.git(&["ls-tree", "-r", "-z", "-l", "--full-tree", commit]).spawn().map_err(machine)?;
        let stdout = child.stdout.take().ok_or(GitError::Machine(std::io::ErrorKind::BrokenPipe))?;
        // A tree of few objects may hold more names than there is memory for.
        let mut reader = BufReader::new(stdout.take(LISTING_BYTES_MAX));
        let (mut files, mut bytes, mut line) = (Vec::new(), 0_u64, Vec::new());
        while reader.read_until(0, &mut line).await.map_err(machine)? > 0 {
            if line.pop() != Some(0) || files.len() >= limits.files {
                return Err(SourcesError::TooMany(limits.files).into());
            }
            let file = entry(&line)?;
            if file.bytes > limits.file_bytes {
                let path = shown(&file.path);
                return Err(SourcesError::FileTooLarge { path, bytes_max: limits.file_bytes }.into());
            }
            bytes = bytes.saturating_add(file.bytes);
            if bytes > limits.bytes {
                return Err(SourcesError::TooLarge(limits.bytes).into());
            }
            files.push(file);
            line.clear();
        }
        if child.wait().await.map_err(machine)?.success() { Ok(files) } else { Err(INCOMPLETE) }
    }

    /// The files themselves.
    async fn read(&self, files: Vec<Entry>, limits: TreeLimits) -> Result<Tree, GitError> {
        let mut git = self.git(&["cat-file", "--batch"]);
        let mut child = git.stdin(Stdio::piped()).spawn().map_err(machine)?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(GitError::Machine(std::io::ErrorKind::BrokenPipe));
        };
        let asked: String = files.iter().map(|file| format!("{}\n", file.object)).collect();
        // Both at one time: neither side waits for the other with a full pipe.
        let asking = async move { stdin.write_all(asked.as_bytes()).await.map_err(machine) };
        let reading = async {
            let (mut reader, mut tree) = (BufReader::new(stdout), Tree::new(limits));
            for file in &files {
                tree.add(&file.path, content(&mut reader, file).await?.as_slice())?;
            }
            Ok(tree)
        };
        let (_, tree) = tokio::try_join!(asking, reading)?;
        Ok(tree)
    }
}

/// What is missing was never brought, or is broken.
const INCOMPLETE: GitError = GitError::Refused("objects of it are missing or broken");

/// The next file that git hands out, which must be this one.
async fn content(reader: &mut (impl AsyncBufRead + Unpin), file: &Entry) -> Result<Vec<u8>, GitError> {
    let mut head = Vec::new();
    (&mut *reader).take(WORD_BYTES_MAX).read_until(b'\n', &mut head).await.map_err(machine)?;
    if head != format!("{} blob {}\n", file.object, file.bytes).as_bytes() {
        return Err(INCOMPLETE);
    }
    // Within what one file may have.
    let mut bytes = vec![0; usize::try_from(file.bytes).unwrap_or(usize::MAX)];
    reader.read_exact(&mut bytes).await.map_err(|_| INCOMPLETE)?;
    match reader.read_u8().await {
        Ok(b'\n') => Ok(bytes),
        _ => Err(INCOMPLETE),
    }
}

/// Reads `MODE TYPE OBJECT SIZE<tab>PATH`.
fn entry(line: &[u8]) -> Result<Entry, GitError> {
    let tab = line.iter().position(|byte| *byte == b'\t').ok_or(INCOMPLETE)?;
    let (head, path) = line.split_at(tab);
    let path = name(path.get(1..).unwrap_or_default())?.to_owned();
    let head = std::str::from_utf8(head).map_err(|_| INCOMPLETE)?;
    let mut words = head.split_ascii_whitespace();
    let (Some(mode), Some(_), Some(object), Some(bytes)) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(INCOMPLETE);
    };
    match mode {
        "100644" | "100755" | "100664" => {
            let bytes = bytes.parse().map_err(|_| INCOMPLETE)?;
            Ok(Entry { path, object: object.to_owned(), bytes })
        }
        "160000" => Err(GitError::Submodule { path: shown(&path) }),
        _ => Err(SourcesError::Link { path: shown(&path) }.into()),
    }
}

/// What a command says, at most so much; none when it fails.
async fn said(mut command: Command, bytes_max: u64) -> Result<Option<Vec<u8>>, GitError> {
    let mut child = command.spawn().map_err(machine)?;
    let mut said = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(bytes_max).read_to_end(&mut said).await.map_err(machine)?;
    }
    Ok(child.wait().await.map_err(machine)?.success().then_some(said))
}

fn machine(error: std::io::Error) -> GitError {
    match error.kind() {
        std::io::ErrorKind::NotFound => GitError::NoGit,
        kind => GitError::Machine(kind),
    }
}

/// The repository in a folder, or the folder itself where it is one.
fn find(folder: &Path) -> Result<PathBuf, GitError> {
    if !is_folder(folder) {
        return Err(GitError::NoRepository);
    }
    let inner = folder.join(".git");
    if is_there(&inner) && !is_folder(&inner) {
        return Err(GitError::Refused("its objects are elsewhere"));
    }
    let is_repository = |path: &Path| {
        let head = fs::symlink_metadata(path.join("HEAD"));
        is_folder(&path.join("objects"))
            && is_folder(&path.join("refs"))
            && head.is_ok_and(|head| head.is_file() && head.len() <= WORD_BYTES_MAX)
    };
    [inner, folder.to_owned()].into_iter().find(|path| is_repository(path)).ok_or(GitError::NoRepository)
}

/// Whether a folder itself is there, and no link to one.
fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

#[cfg(test)]
mod tests;
