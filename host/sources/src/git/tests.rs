//! Repositories that git itself made, ordinary ones and hostile ones.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::time::SystemTime;

use super::*;

/// A folder `repo` with a repository, and a folder `tmp`.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.path("tmp")).unwrap();
        place.git(&["init", "--quiet", "--initial-branch=main", "."]);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// What git says of an order in the repository, as its owner gives it.
    fn git(&self, args: &[&str]) -> String {
        self.fed(args, b"")
    }

    fn fed(&self, args: &[&str], input: &[u8]) -> String {
        use std::io::Write as _;
        fs::create_dir_all(self.path("repo")).unwrap();
        let mut git = std::process::Command::new("git");
        git.args(args).current_dir(self.path("repo")).env("HOME", self.0.path());
        for (name, value) in [("NAME", "a"), ("EMAIL", "a@example.com"), ("DATE", "2024-01-01T00:00:00Z")] {
            git.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
        }
        let mut child = git.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let said = child.wait_with_output().unwrap();
        assert!(said.status.success(), "git {args:?}");
        String::from_utf8(said.stdout).unwrap().trim_end().to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path("repo").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message=m"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// A commit of a tree that no index would hold, as `mktree` reads it.
    fn planted(&self, tree: &str) -> String {
        let tree = self.fed(&["mktree", "--missing"], tree.as_bytes());
        self.git(&["commit-tree", "-m", "m", &tree])
    }

    fn blob(&self, text: &str) -> String {
        self.fed(&["hash-object", "-w", "--stdin"], text.as_bytes())
    }

    async fn read(&self, reference: &str) -> Result<Tree, GitError> {
        let tree = read_ref(&self.path("repo"), reference, TreeLimits::PROJECT, &self.path("tmp")).await;
        assert_eq!(fs::read_dir(self.path("tmp")).unwrap().count(), 0, "nothing is left behind");
        tree
    }

    /// Every file of the repository with its bytes, its mode and when it was written.
    fn state(&self) -> BTreeMap<PathBuf, (Vec<u8>, u32, SystemTime)> {
        let (mut folders, mut state) = (vec![self.path("repo")], BTreeMap::new());
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let found = fs::symlink_metadata(&path).unwrap();
                if found.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = fs::read(&path).unwrap_or_default();
                    state.insert(path, (bytes, found.permissions().mode(), found.modified().unwrap()));
                }
            }
        }
        state
    }
}

fn named(tree: &Tree) -> Vec<(&str, &[u8])> {
    tree.files().collect()
}

#[tokio::test]
async fn a_branch_a_tag_and_a_commit_are_read_as_they_are_there_and_nothing_is_written() {
    let place = Place::new();
    place.write("index.js", "one\r\n");
    place.write("src/ü.js", "two");
    place.write(".gitattributes", "*.js text eol=lf export-ignore\n");
    let first = place.commit();
    place.git(&["tag", "--annotate", "--message=t", "@scope/a@1.0.0"]);
    place.write("index.js", "three");
    place.commit();
    place.git(&["branch", "feature/x"]);
    place.write("index.js", "never committed");
    let before = place.state();
    for reference in ["main", "HEAD", "refs/heads/main", "feature/x"] {
        let tree = place.read(reference).await.unwrap();
        assert_eq!(named(&tree)[1], ("index.js", b"three".as_slice()), "{reference}");
    }
    for reference in ["@scope/a@1.0.0", first.as_str(), &first[..12], "refs/tags/@scope/a@1.0.0"] {
        let tree = place.read(reference).await.unwrap();
        let names: Vec<_> = named(&tree).iter().map(|(name, _)| *name).collect();
        assert_eq!(names, [".gitattributes", "index.js", "src/ü.js"], "{reference}");
        // As it was stored: no attribute of the tree changes or hides anything.
        assert_eq!(named(&tree)[1].1, b"one\n", "{reference}");
    }
    assert_eq!(place.state(), before);
    // The same, packed and without a worktree.
    let whole = place.read("main").await.unwrap();
    place.git(&["gc", "--quiet"]);
    fs::rename(place.path("repo/.git"), place.path("bare")).unwrap();
    fs::remove_dir_all(place.path("repo")).unwrap();
    fs::rename(place.path("bare"), place.path("repo")).unwrap();
    assert_eq!(place.read("main").await.unwrap(), whole);
}

#[tokio::test]
async fn what_is_no_name_or_is_not_there_is_unknown() {
    let place = Place::new();
    place.write("a", "a");
    place.commit();
    for reference in [
        "nothing",
        "main~0",
        "main^{tree}",
        ":/m",
        "main:a",
        "@",
        "main@{0}",
        "--help",
        "-x",
        "",
        "a/../main",
        "../../etc/passwd",
        "/main",
        "main/",
        ".main",
        "main.lock",
        "m\nain",
        &"a".repeat(256),
        "0000000000000000000000000000000000000000",
    ] {
        let refused = place.read(reference).await.unwrap_err();
        assert_eq!(refused.code(), Code::GitRefUnknown, "{reference}: {refused}");
    }
    // The control.
    place.read("main").await.unwrap();
    let nowhere = read_ref(&place.path("nowhere"), "main", TreeLimits::PROJECT, &place.path("tmp")).await;
    assert_eq!(nowhere.unwrap_err(), GitError::NoRepository);
    let empty = read_ref(&place.path("tmp"), "main", TreeLimits::PROJECT, &place.path("tmp")).await;
    assert_eq!(empty.unwrap_err(), GitError::NoRepository);
}

#[tokio::test]
async fn links_submodules_and_odd_names_refuse_the_whole_tree() {
    let place = Place::new();
    place.write("a", "a");
    place.commit();
    let (blob, commit) = (place.blob("x"), place.git(&["rev-parse", "HEAD"]));
    let inner = place.fed(&["mktree"], format!("100644 blob {blob}\tevil\n").as_bytes());
    for (tree, code, path) in [
        (format!("120000 blob {blob}\tlink\n"), Code::UploadLink, "link"),
        (format!("160000 commit {commit}\tvendor\n"), Code::RepositoryRefused, "vendor"),
        (format!("040000 tree {inner}\t..\n"), Code::UploadUnsafePath, "../evil"),
        (format!("100644 blob {blob}\ta\\b\n"), Code::UploadUnsafePath, "a\\b"),
    ] {
        let commit = place.planted(&tree);
        let refused = place.read(&commit).await.unwrap_err();
        assert_eq!((refused.code(), refused.path()), (code, Some(path)), "{tree}: {refused}");
    }
    let no_text = [format!("100644 blob {blob}\t").as_bytes(), b"\xff\0"].concat();
    let odd = place.fed(&["mktree", "-z"], &no_text);
    let commit = place.git(&["commit-tree", "-m", "m", &odd]);
    assert_eq!(place.read(&commit).await.unwrap_err().code(), Code::UploadUnsafePath);
    // The control: the same blob under a plain name.
    place.read(&place.planted(&format!("100644 blob {blob}\ta\n"))).await.unwrap();
}

#[tokio::test]
async fn few_objects_that_stand_for_too_much_are_refused_before_they_are_read() {
    let place = Place::new();
    let entries = |kind: &str, id: &str| (0..10).map(|n| format!("{kind} {id}\tf{n}\n")).collect::<String>();
    let mut tree = place.fed(&["mktree"], entries("100644 blob", &place.blob("x")).as_bytes());
    for _ in 0..9 {
        tree = place.fed(&["mktree"], entries("040000 tree", &tree).as_bytes());
    }
    let bomb = place.git(&["commit-tree", "-m", "m", &tree]);
    let refused = place.read(&bomb).await.unwrap_err();
    assert_eq!(refused, SourcesError::TooMany(TreeLimits::PROJECT.files).into());

    let large = "0".repeat(25 * 1024 * 1024);
    let (most, over) = (place.blob(&large), place.blob(&format!("{large}0")));
    let of = |ids: &[&str]| {
        let lines: String =
            ids.iter().enumerate().map(|(n, id)| format!("100644 blob {id}\tf{n}\n")).collect();
        place.planted(&lines)
    };
    assert_eq!(place.read(&of(&[&over])).await.unwrap_err().path(), Some("f0"));
    let together = place.read(&of(&[&most, &most, &most])).await.unwrap_err();
    assert_eq!(together, SourcesError::TooLarge(TreeLimits::PROJECT.bytes).into());
    assert_eq!(place.read(&of(&[&most, &most])).await.unwrap().bytes(), 50 * 1024 * 1024);
}

#[tokio::test]
async fn nothing_that_a_repository_configures_is_run() {
    let place = Place::new();
    place.write("a", "a");
    place.commit();
    let (canary, trap) = (place.path("canary"), place.path("trap"));
    fs::write(&trap, format!("#!/bin/sh\n: > {}\n", canary.display())).unwrap();
    fs::set_permissions(&trap, fs::Permissions::from_mode(0o700)).unwrap();
    let trap = trap.display().to_string();
    // An object that is to be fetched when somebody asks for it, by a program of the repository's.
    let missing = "1234567890123456789012345678901234567890";
    let lacking = place.planted(&format!("100644 blob {missing}\tb\n"));
    for (key, value) in [
        ("core.repositoryformatversion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", place.path("repo").to_str().unwrap()),
        ("remote.origin.promisor", "true"),
        ("remote.origin.uploadpack", &trap),
        ("core.fsmonitor", &trap),
        ("core.pager", &trap),
        ("core.alternateRefsCommand", &trap),
        ("core.sshCommand", &trap),
        ("alias.cat-file", &format!("!{trap}")),
    ] {
        place.git(&["config", key, value]);
    }
    for hook in ["post-checkout", "reference-transaction", "post-index-change"] {
        fs::copy(place.path("trap"), place.path("repo/.git/hooks").join(hook)).unwrap();
    }
    assert_eq!(named(&place.read("main").await.unwrap()), [("a", b"a".as_slice())]);
    assert_eq!(place.read(&lacking).await.unwrap_err(), INCOMPLETE);
    assert!(!canary.exists());
    // The control: git by itself walks into it.
    let mut git = std::process::Command::new("git");
    git.args(["cat-file", "blob", missing]).current_dir(place.path("repo")).stderr(Stdio::null());
    assert!(!git.stdin(Stdio::null()).status().unwrap().success());
    assert!(canary.exists());
}

#[tokio::test]
async fn objects_of_others_are_not_read() {
    let (place, other) = (Place::new(), Place::new());
    other.write("secret", "secret");
    let commit = other.commit();
    place.write("a", "a");
    place.commit();
    let pack = place.path("repo/.git/objects/pack");
    let alternates = place.path("repo/.git/objects/info/alternates");
    let objects = other.path("repo/.git/objects");
    place.read("main").await.unwrap();
    fs::write(&alternates, format!("{}\n", objects.display())).unwrap();
    assert_eq!(place.git(&["cat-file", "-t", &commit]), "commit", "the control: git by itself reads them");
    for reference in ["main", commit.as_str()] {
        assert_eq!(place.read(reference).await.unwrap_err().code(), Code::RepositoryRefused);
    }
    fs::remove_file(alternates).unwrap();
    fs::remove_dir(&pack).unwrap();
    symlink(objects.join("pack"), &pack).unwrap();
    assert_eq!(place.read("main").await.unwrap_err().code(), Code::RepositoryRefused);
    fs::remove_file(pack).unwrap();
    // A worktree of another repository, and a folder that is a link.
    let inner = place.path("repo/.git");
    fs::rename(&inner, place.path("elsewhere")).unwrap();
    fs::write(&inner, format!("gitdir: {}\n", place.path("elsewhere").display())).unwrap();
    assert_eq!(place.read("main").await.unwrap_err().code(), Code::RepositoryRefused);
    fs::remove_dir_all(place.path("repo")).unwrap();
    symlink(place.path("elsewhere"), place.path("repo")).unwrap();
    assert_eq!(place.read("main").await.unwrap_err(), GitError::NoRepository);
}
