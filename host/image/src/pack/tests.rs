//! Packing real folders and reading them back.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime};

use hivesync_types::Code;

use super::{Allows, LayerKind, PackError, PackOptions, PackedImage, pack};
use crate::{EntryKind, ImageError, ProjectImage};

static GO_ON: AtomicBool = AtomicBool::new(false);

struct Project {
    root: tempfile::TempDir,
    cache: tempfile::TempDir,
}

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let project = Self { root: tempfile::tempdir().unwrap(), cache: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.root.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn options(&self) -> PackOptions<'_> {
        PackOptions {
            root: self.root.path(),
            app: "",
            restored: None,
            cache: self.cache.path(),
            threads: 2,
            // Late enough that every stamp is trusted.
            now: SystemTime::now() + Duration::from_secs(60),
            canceled: &GO_ON,
            allows: Allows::EVERYTHING,
        }
    }

    fn pack(&self) -> Result<PackedImage, PackError> {
        pack(self.options())
    }

    fn refused(&self) -> PackError {
        let error = self.pack().unwrap_err();
        let left: Vec<_> = fs::read_dir(self.cache.path().join("layers")).into_iter().flatten().collect();
        assert!(left.is_empty(), "a refused tree left {left:?} in the cache");
        error
    }
}

fn bytes_of(file: &File) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

fn open(image: &PackedImage) -> ProjectImage<Vec<u8>> {
    ProjectImage::from_layers(image.layers.iter().map(|layer| bytes_of(&layer.file)).collect()).unwrap()
}

fn paths(image: &ProjectImage<Vec<u8>>) -> Vec<String> {
    image.entries(0, usize::MAX).map(|entry| entry.path.to_owned()).collect()
}

const SMALL: &[(&str, &str)] = &[
    ("package.json", "{}"),
    ("App.tsx", "export default 1"),
    ("src/a.js", "a"),
    ("src-b.js", "b"),
    (".env", "SECRET=1"),
    (".git/config.js", "no"),
    ("ios/App.js", "no"),
    ("node_modules/react/index.js", "react"),
    ("node_modules/react/index.d.ts", "no"),
    ("node_modules/.bin/tool.js", "no"),
];

#[test]
fn a_packed_tree_reads_back_sorted_without_what_is_left_out() {
    let project = Project::new(SMALL);
    let packed = project.pack().unwrap();
    let image = open(&packed);
    assert_eq!(
        paths(&image),
        ["App.tsx", "node_modules/react/index.js", "package.json", "src-b.js", "src/a.js"]
    );
    assert_eq!(image.read("src/a.js"), Some(b"a".as_slice()));
    assert_eq!(image.read("node_modules/react/index.js"), Some(b"react".as_slice()));
    assert_eq!(image.read(".env"), None);
    assert_eq!(image.read("src"), None);
    assert_eq!(image.entries(3, 1).map(|entry| entry.path).collect::<Vec<_>>(), ["src-b.js"]);
    assert_eq!(image.entries(9, 4).len(), 0);
    assert_eq!(image.digest(), packed.digest());
    assert_eq!(packed.entries(), 5);
}

#[test]
fn an_ordinary_zip_reader_opens_a_layer() {
    let project = Project::new(SMALL);
    symlink("a.js", project.path("src/link.js")).unwrap();
    for layer in project.pack().unwrap().layers {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes_of(&layer.file))).unwrap();
        assert_eq!(archive.len(), layer.entries);
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            assert_eq!(entry.is_symlink(), entry.name().unwrap() == "src/link.js");
            assert_eq!(entry.compression(), zip::CompressionMethod::Stored);
        }
    }
}

#[test]
fn equal_trees_are_equal_bytes_whatever_the_threads_and_times() {
    let (one, two) = (Project::new(SMALL), Project::new(SMALL));
    File::open(two.path("src/a.js")).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    let first = one.pack().unwrap();
    let second = pack(PackOptions { threads: 1, ..two.options() }).unwrap();
    assert_eq!(first.digest(), second.digest());
    for (a, b) in first.layers.iter().zip(&second.layers) {
        assert_eq!(bytes_of(&a.file), bytes_of(&b.file));
    }
    two.write("src/a.js", "A");
    assert_ne!(two.pack().unwrap().digest(), first.digest());
}

#[test]
fn packages_come_from_the_cache_until_one_of_their_files_changes() {
    let project = Project::new(SMALL);
    let cached = |image: &PackedImage| {
        image.layers.iter().find(|layer| layer.kind == LayerKind::Packages).unwrap().from_cache
    };
    let first = project.pack().unwrap();
    assert!(!cached(&first));
    let second = project.pack().unwrap();
    assert!(cached(&second));
    assert_eq!(first.digest(), second.digest());
    project.write("node_modules/react/index.js", "REACT");
    let third = project.pack().unwrap();
    assert!(!cached(&third));
    assert_eq!(open(&third).read("node_modules/react/index.js"), Some(b"REACT".as_slice()));
}

#[test]
fn a_file_younger_than_its_clock_can_tell_is_not_trusted() {
    let project = Project::new(SMALL);
    let now = project.path("node_modules/react/index.js").metadata().unwrap().modified().unwrap();
    for _ in 0..2 {
        let image = pack(PackOptions { now, ..project.options() }).unwrap();
        assert!(image.layers.iter().all(|layer| !layer.from_cache));
    }
}

#[test]
fn restored_packages_stand_where_the_project_lacks_them() {
    let project = Project::new(&[("package.json", "{}")]);
    let restored = Project::new(&[("package.json", "other"), ("node_modules/a/index.js", "a")]);
    let image = pack(PackOptions { restored: Some(restored.root.path()), ..project.options() }).unwrap();
    let image = open(&image);
    assert_eq!(paths(&image), ["node_modules/a/index.js", "package.json"]);
    assert_eq!(image.read("package.json"), Some(b"{}".as_slice()));
}

#[test]
fn links_inside_the_tree_are_kept_and_not_followed() {
    let project = Project::new(&[("node_modules/.pnpm/r@1/node_modules/r/index.js", "r"), ("a.js", "a")]);
    symlink(".pnpm/r@1/node_modules/r", project.path("node_modules/r")).unwrap();
    symlink("a.js", project.path("b.js")).unwrap();
    let image = open(&project.pack().unwrap());
    let link = image.entry("node_modules/r").unwrap();
    assert_eq!(link.kind, EntryKind::Link("node_modules/.pnpm/r@1/node_modules/r"));
    assert_eq!(image.read("b.js"), None);
    assert_eq!(image.read("a.js"), Some(b"a".as_slice()));
}

#[test]
fn a_link_out_of_the_tree_is_refused_and_what_it_leads_to_is_not_read() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.js"), "secret").unwrap();
    for target in [outside.path(), Path::new("../.."), Path::new("/etc"), Path::new("src/../..")] {
        let project = Project::new(&[("package.json", "{}"), ("src/a.js", "a")]);
        symlink(target, project.path("out")).unwrap();
        let error = project.refused();
        assert!(matches!(&error, PackError::LinkOutside { path, .. } if path == "out"), "{error}");
        assert_eq!(error.code(), Code::InvalidProjectStructure);
    }
}

#[test]
fn what_is_no_folder_is_refused() {
    let project = Project::new(&[("package.json", "{}")]);
    for root in [project.path("package.json"), project.path("absent")] {
        let error = pack(PackOptions { root: &root, ..project.options() }).unwrap_err();
        assert!(matches!(error, PackError::NotADirectory { .. }), "{error}");
        assert_eq!(error.code(), Code::InvalidProjectStructure);
    }
}

#[test]
fn a_name_that_is_not_utf8_is_refused_where_it_could_be_imported() {
    let project = Project::new(&[("package.json", "{}")]);
    fs::write(project.root.path().join(OsStr::from_bytes(b"caf\xe9.txt~")), "").unwrap();
    project.pack().unwrap();
    fs::write(project.root.path().join(OsStr::from_bytes(b"caf\xe9.js")), "").unwrap();
    let error = project.refused();
    assert!(matches!(&error, PackError::BadName { path } if path == "caf\\xe9.js"), "{error}");
    assert_eq!(error.code(), Code::InvalidProjectStructure);
}

#[test]
fn a_name_with_a_control_character_or_backslash_is_refused() {
    for name in ["a\nb.js", "a\\b.js"] {
        let project = Project::new(&[("package.json", "{}"), (name, "")]);
        let error = project.refused();
        assert!(matches!(&error, PackError::BadName { .. }), "{error}");
        assert!(!error.to_string().contains('\n'));
    }
}

#[test]
fn a_pipe_and_a_socket_are_refused_without_being_opened() {
    let project = Project::new(&[("package.json", "{}")]);
    let pipe = project.path("pipe.js");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert!(matches!(project.refused(), PackError::SpecialFile { kind: "named pipe", .. }));
    fs::remove_file(pipe).unwrap();
    let _listener = UnixListener::bind(project.path("socket.js")).unwrap();
    let error = project.refused();
    assert!(matches!(error, PackError::SpecialFile { kind: "socket", .. }));
    assert_eq!(error.code(), Code::InvalidProjectStructure);
}

#[test]
fn a_file_of_two_gigabytes_is_refused_unread_and_one_at_the_limit_is_packed() {
    let project = Project::new(&[("package.json", "{}")]);
    let file = File::create(project.path("big.mp4")).unwrap();
    file.set_len(2 * 1024 * 1024 * 1024).unwrap();
    let error = project.refused();
    assert!(matches!(error, PackError::FileTooLarge { bytes: 2_147_483_648, .. }), "{error}");
    assert_eq!(error.code(), Code::SandboxLimitExceeded);
    file.set_len(crate::FILE_BYTES_MAX).unwrap();
    assert_eq!(project.pack().unwrap().entries(), 2);
}

#[test]
fn a_path_beyond_the_longest_is_refused() {
    let project = Project::new(&[("package.json", "{}")]);
    let mut deep = project.root.path().to_owned();
    for _ in 0..8 {
        deep.push("d".repeat(200));
        fs::create_dir(&deep).unwrap();
    }
    let error = project.refused();
    assert!(matches!(error, PackError::PathTooLong { .. }), "{error}");
    assert_eq!(error.code(), Code::InvalidProjectStructure);
}

#[test]
fn two_hundred_thousand_files_are_refused() {
    let project = Project::new(&[("package.json", "{}")]);
    for folder in 0..200 {
        let folder = project.path(&format!("d{folder}"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("0.js"), "").unwrap();
        for file in 1..1000 {
            fs::hard_link(folder.join("0.js"), folder.join(format!("{file}.js"))).unwrap();
        }
    }
    let error = project.refused();
    assert!(matches!(error, PackError::TooManyFiles), "{error}");
    assert_eq!(error.code(), Code::SandboxLimitExceeded);
}

#[test]
fn more_entries_than_a_classic_zip_counts_read_back() {
    let project = Project::new(&[("package.json", "{}")]);
    for folder in 0..70 {
        let folder = project.path(&format!("d{folder}"));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("0.js"), "x").unwrap();
        for file in 1..1000 {
            fs::hard_link(folder.join("0.js"), folder.join(format!("{file}.js"))).unwrap();
        }
    }
    let packed = project.pack().unwrap();
    let image = open(&packed);
    assert_eq!(image.len(), 70_001);
    assert_eq!(image.read("d69/999.js"), Some(b"x".as_slice()));
    let archive = zip::ZipArchive::new(std::io::Cursor::new(bytes_of(&packed.layers[0].file))).unwrap();
    assert_eq!(archive.len(), 70_001);
}

#[test]
fn a_file_that_is_written_between_listing_and_reading_is_named() {
    let project = Project::new(&[("package.json", "{}"), ("a.js", "a")]);
    let tree = super::open_tree(project.root.path()).unwrap();
    let change = |change: &dyn Fn()| {
        project.write("a.js", "a");
        let listing =
            super::walk::list(&tree, super::walk::Wanted { app: "", packages: true }, 1, &GO_ON).unwrap();
        change();
        let out = tempfile::tempfile().unwrap();
        super::write::write_layer(&tree, &listing.sources, &out, 1, &GO_ON).unwrap_err()
    };
    let grown = change(&|| project.write("a.js", "abc"));
    let gone = change(&|| fs::remove_file(project.path("a.js")).unwrap());
    let exchanged = change(&|| {
        project.write("new.js", "b");
        fs::rename(project.path("new.js"), project.path("a.js")).unwrap();
    });
    for error in [grown, gone, exchanged] {
        assert!(matches!(&error, PackError::Changed { path } if path == "a.js"), "{error}");
    }
}

#[test]
fn what_is_packed_and_watched_follows_the_same_rules() {
    let project = Project::new(SMALL);
    fs::create_dir_all(project.path("src/deep")).unwrap();
    let image = open(&project.pack().unwrap());
    for (path, _) in SMALL {
        assert_eq!(super::is_packed(Path::new(path)), image.entry(path).is_some(), "{path}");
    }
}

#[test]
fn packing_again_with_kept_packages_reads_sources_alone_and_gives_the_same_image() {
    let project = Project::new(SMALL);
    project.write("node_modules/a/index.js", "1");
    let first = project.pack().unwrap();
    project.write("App.tsx", "changed");
    // It is not looked at: whoever packs again knows that it did not change.
    fs::rename(project.path("node_modules"), project.path(".away")).unwrap();
    let again = super::repack(project.options(), &first.layers).unwrap();
    fs::rename(project.path(".away"), project.path("node_modules")).unwrap();
    assert_eq!(again.digest(), project.pack().unwrap().digest());
    let image = open(&again);
    assert_eq!(image.read("App.tsx"), Some(b"changed".as_slice()));
    assert_eq!(image.read("node_modules/a/index.js"), Some(b"1".as_slice()));
}

#[test]
fn a_withdrawn_request_stops_and_leaves_nothing() {
    let project = Project::new(SMALL);
    let canceled = AtomicBool::new(true);
    let error = pack(PackOptions { canceled: &canceled, ..project.options() }).unwrap_err();
    assert_eq!(error.code(), Code::HostCanceled);
    assert!(!project.cache.path().join("layers").exists());
}

#[test]
fn a_cache_that_cannot_be_written_is_a_fault_of_the_host() {
    let project = Project::new(SMALL);
    fs::write(project.cache.path().join("layers"), "in the way").unwrap();
    let error = project.pack().unwrap_err();
    assert_eq!(error.code(), Code::HostStorage);
}

#[test]
fn the_upper_layer_wins() {
    let (lower, upper) =
        (Project::new(&[("a.js", "1"), ("b.js", "1")]), Project::new(&[("b.js", "2"), ("c.js", "2")]));
    let layers = [&lower, &upper].map(|project| bytes_of(&project.pack().unwrap().layers[0].file));
    let image = ProjectImage::from_layers(layers.to_vec()).unwrap();
    assert_eq!(paths(&image), ["a.js", "b.js", "c.js"]);
    assert_eq!(image.read("b.js"), Some(b"2".as_slice()));
}

#[test]
fn a_layer_with_any_byte_cut_off_is_refused() {
    let project = Project::new(&[("a.js", "a"), ("b.js", "b")]);
    let bytes = bytes_of(&project.pack().unwrap().layers[0].file);
    for length in 0..bytes.len() {
        let error = ProjectImage::from_layers(vec![&bytes[..length]]).unwrap_err();
        assert!(matches!(error, ImageError::NotALayer { layer: 0 }), "{length}: {error}");
    }
}

#[test]
fn a_layer_with_any_bit_flipped_is_refused_or_reads_the_same_or_lacks_the_file() {
    let project = Project::new(&[("a.js", "alpha"), ("b/c.js", "beta")]);
    symlink("a.js", project.path("z.js")).unwrap();
    let bytes = bytes_of(&project.pack().unwrap().layers[0].file);
    for at in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[at / 8] ^= 1 << (at % 8);
        let Ok(image) = ProjectImage::from_layers(vec![damaged]) else { continue };
        for entry in image.entries(0, usize::MAX) {
            assert!(crate::is_plain_path(entry.path));
            if let Some(text) = image.read(entry.path) {
                assert!([b"alpha".as_slice(), b"beta"].contains(&text), "bit {at}");
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>, at: usize, junk: Vec<u8>) {
        proptest::prop_assert!(ProjectImage::from_layers(vec![bytes]).is_err());
        let project = Project::new(&[("a.js", "alpha")]);
        let mut layer = bytes_of(&project.pack().unwrap().layers[0].file);
        let at = at % layer.len();
        let end = (at + junk.len()).min(layer.len());
        layer[at..end].copy_from_slice(&junk[..end - at]);
        if let Ok(image) = ProjectImage::from_layers(vec![layer]) {
            for entry in image.entries(0, usize::MAX) {
                proptest::prop_assert!(crate::is_plain_path(entry.path));
                image.read(entry.path);
            }
        }
    }
}

#[test]
fn what_the_policy_does_not_allow_is_not_in_the_image() {
    let project = Project::new(&[
        ("package.json", "{}"),
        ("src/app.js", "1"),
        ("src/private/key.js", "2"),
        ("node_modules/a/index.js", "3"),
        ("node_modules/a/private/index.js", "4"),
    ]);
    let public = |path: &str| !path.contains("/private/");
    let packed = pack(PackOptions { allows: Allows(&public), ..project.options() }).unwrap();
    assert_eq!(packed.entries(), 3);
    // The twin: without the rule both are there, and the kept layer is not the one above.
    assert_eq!(pack(project.options()).unwrap().entries(), 5);
    assert_eq!(pack(PackOptions { allows: Allows(&public), ..project.options() }).unwrap().entries(), 3);
}
