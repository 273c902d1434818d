use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use hivesync_image::pack::{Allows, PackOptions, pack};
use hivesync_types::Code;
use proptest::prelude::*;

use super::*;
use crate::checkout::Checkout;
use crate::error::BuildError;
use crate::request::{Change, Delta, Source};

/// A project on disk and a cache beside it.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new(files: &[(&str, &str)]) -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(bench.project()).unwrap();
        for (path, text) in files {
            bench.write(path, text);
        }
        bench
    }

    fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.project().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn packed(&self, root: &Path) -> PackedImage {
        let options = PackOptions {
            root,
            app: "",
            restored: None,
            cache: &self.cache(),
            threads: 1,
            // Far from the times of the files, so that their stamps are believed.
            now: SystemTime::now() + Duration::from_secs(3600),
            canceled: &AtomicBool::new(false),
            allows: Allows::EVERYTHING,
        };
        pack(options).unwrap()
    }

    /// Keeps the project as it is and gives its image's digest.
    fn kept(&self) -> Digest {
        let packed = self.packed(&self.project());
        let project = Project::open(&self.project()).unwrap();
        let workspace = Workspace::of(&self.project()).unwrap();
        keep(&self.cache(), &packed, &About::of(&project, &workspace, false).unwrap()).unwrap();
        packed.digest()
    }

    async fn changed(&self, base: Digest, changes: Vec<Change>) -> Result<Checkout, BuildError> {
        Checkout::of(&Source::Delta(Delta { base, changes }), &self.cache()).await
    }
}

fn write(path: &str, text: &str) -> Change {
    Change::Write { path: path.to_owned(), content: text.into() }
}

fn remove(path: &str) -> Change {
    Change::Remove { path: path.to_owned() }
}

#[tokio::test]
async fn a_changed_image_is_what_the_changed_folder_would_be_packed_into() {
    let bench = Bench::new(&[
        ("package.json", r#"{"name":"a"}"#),
        ("App.tsx", "1"),
        ("src/old.ts", "2"),
        ("node_modules/p/index.js", "3"),
    ]);
    std::os::unix::fs::symlink("../App.tsx", bench.project().join("src/again.tsx")).unwrap();
    let base = bench.kept();
    let changes = vec![write("App.tsx", "4"), remove("src/old.ts"), write("src/new/deep.ts", "5")];
    let mut checkout = bench.changed(base, changes).await.unwrap();
    let project = Project::open(&checkout.folder).unwrap();
    let workspace = Workspace::of(&checkout.folder).unwrap();
    let (packages, is_restored) = checkout.packages(&project, &workspace).unwrap().unwrap();
    assert!(!is_restored);
    let sources = bench.packed(&checkout.folder).layers.pop().unwrap();
    let digests: Vec<Digest> = packages.iter().chain([&sources]).map(|layer| layer.digest).collect();

    bench.write("App.tsx", "4");
    fs::remove_file(bench.project().join("src/old.ts")).unwrap();
    bench.write("src/new/deep.ts", "5");
    assert_eq!(image_digest(&digests), bench.packed(&bench.project()).digest());
    let work = checkout.folder.clone();
    drop(checkout);
    assert!(!work.exists(), "the folder of a finished build is left behind");
}

#[tokio::test]
async fn public_values_of_env_files_come_with_the_image_and_secrets_do_not() {
    let bench = Bench::new(&[
        ("package.json", "{}"),
        (".env", "SECRET=hidden\nEXPO_PUBLIC_A=\"one\\ntwo\"\n"),
        (".env.development", "EXPO_PUBLIC_B=dev"),
    ]);
    let base = bench.kept();
    let checkout = bench.changed(base, vec![write(".env.production", "EXPO_PUBLIC_C=3")]).await.unwrap();
    let project = Project::open(&checkout.folder).unwrap();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let production = [pair("EXPO_PUBLIC_A", "one\ntwo"), pair("EXPO_PUBLIC_C", "3")];
    assert_eq!(project.public_env(false).unwrap(), production);
    assert_eq!(project.public_env(true).unwrap().last(), Some(&pair("EXPO_PUBLIC_B", "dev")));
    for entry in fs::read_dir(bench.cache().join("images/parts")).unwrap() {
        let text = fs::read(entry.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&text).contains("hidden"));
    }
}

#[tokio::test]
async fn a_change_that_cannot_be_made_is_refused_and_leaves_nothing() {
    let bench = Bench::new(&[("package.json", "{}"), ("src/a.ts", "1")]);
    let outside = bench.folder.path().join("outside");
    fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink("src", bench.project().join("link")).unwrap();
    let base = bench.kept();
    for change in [
        write("../outside/a", "x"),
        write("/etc/a", "x"),
        write("src//a.ts", "x"),
        write("src/../../a", "x"),
        write("", "x"),
        write("node_modules/p/index.js", "x"),
        write("link/a.ts", "x"),
        write("src", "x"),
        write("src/a.ts/b.ts", "x"),
        remove("src/b.ts"),
        remove("src"),
        remove("link/a.ts"),
    ] {
        let shown = format!("{change:?}");
        let error = bench.changed(base, vec![write("b.ts", "2"), change]).await.unwrap_err();
        assert_eq!(error.code(), Code::DeltaInvalid, "{shown}: {error}");
    }
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    let left = fs::read_dir(bench.cache().join("images")).unwrap().count();
    assert_eq!(left, 2, "the record and its parts are all that is left");
}

#[tokio::test]
async fn an_image_that_is_not_kept_or_not_whole_is_unknown() {
    let bench = Bench::new(&[("package.json", "{}"), ("a.ts", "1"), ("node_modules/p/i.js", "1")]);
    let other = Digest::of(b"other");
    assert_eq!(bench.changed(other, Vec::new()).await.unwrap_err().code(), Code::BaseUnknown);
    let base = bench.kept();
    assert!(bench.changed(base, Vec::new()).await.is_ok());
    let images = bench.cache().join("images");
    fs::copy(images.join(format!("{}.json", base.to_hex())), images.join(format!("{}.json", other.to_hex())))
        .unwrap();
    assert!(open(&bench.cache(), &other).is_none(), "a record under another name");
    for entry in fs::read_dir(images.join("parts")).unwrap() {
        let path = entry.unwrap().path();
        let whole = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(open(&bench.cache(), &base).is_none(), "without a part");
        fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert!(open(&bench.cache(), &base).is_none(), "with a part that is cut short");
        fs::write(&path, &whole).unwrap();
    }
    assert!(open(&bench.cache(), &base).is_some());
}

#[test]
fn images_beyond_the_newest_go_with_the_parts_that_none_needs() {
    let bench = Bench::new(&[("package.json", "{}"), ("node_modules/p/i.js", "1")]);
    let digests: Vec<Digest> = (1..4)
        .map(|index| {
            bench.write("App.js", &index.to_string());
            let digest = bench.kept();
            let record = File::open(record_path(&folder(&bench.cache()), &digest)).unwrap();
            record.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(index)).unwrap();
            digest
        })
        .collect();
    let left =
        || -> Vec<bool> { digests.iter().map(|digest| open(&bench.cache(), digest).is_some()).collect() };
    let images = folder(&bench.cache());
    let parts = || fs::read_dir(images.join("parts")).unwrap().count();
    assert_eq!(parts(), 4, "one layer of packages, and one of sources an image");
    sweep(&images, 2, u64::MAX).unwrap();
    assert_eq!(parts(), 3);
    assert_eq!(left(), [false, true, true]);
    // Opening is using: the second was opened first just now, so the third is the newest.
    sweep(&images, 2, 0).unwrap();
    assert_eq!(parts(), 2);
    assert_eq!(left().iter().filter(|left| **left).count(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_changes_give_the_image_of_the_changed_folder(
        before in proptest::collection::btree_map("[a-c](/[a-c]){0,2}\\.ts", "[0-9]{1,4}", 0..8),
        after in proptest::collection::btree_map("[a-c](/[a-c]){0,2}\\.ts", "[0-9]{1,4}", 0..8),
    ) {
        let bench = Bench::new(&[("package.json", "{}")]);
        before.iter().for_each(|(path, text)| bench.write(path, text));
        let base = bench.kept();
        let gone = before.keys().filter(|path| !after.contains_key(*path));
        let changes: Vec<Change> = gone
            .clone()
            .map(|path| remove(path))
            .chain(after.iter().map(|(path, text)| write(path, text)))
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let checkout = runtime.block_on(bench.changed(base, changes)).unwrap();
        gone.for_each(|path| fs::remove_file(bench.project().join(path)).unwrap());
        after.iter().for_each(|(path, text)| bench.write(path, text));
        prop_assert_eq!(bench.packed(&checkout.folder).digest(), bench.packed(&bench.project()).digest());
    }
}
