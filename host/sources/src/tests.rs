use std::io::{Cursor, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use hivesync_types::Code;
use proptest::prelude::*;
use tar::{Builder, EntryType, Header};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

const LIMITS: TreeLimits = TreeLimits { files: 4, file_bytes: 1000, bytes: 2500 };

fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        writer.start_file(*path, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A tar whose names are put into the head as they are.
fn tar_of(files: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, kind, bytes) in files {
        let mut header = Header::new_gnu();
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(bytes.len().try_into().unwrap());
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

fn file<'a>(path: &'a str, bytes: &'a [u8]) -> (&'a str, EntryType, &'a [u8]) {
    (path, EntryType::Regular, bytes)
}

fn code(result: Result<Tree, SourcesError>) -> Code {
    result.unwrap_err().code()
}

#[test]
fn the_same_files_are_the_same_tree_however_they_came() {
    let zip = read_zip(&zip_of(&[("b/c.js", b"2"), ("a.js", b"1")]), LIMITS).unwrap();
    let tar = tar_of(&[("b/", EntryType::Directory, b""), file("./a.js", b"1"), file("b/c.js", b"2")]);
    let tar = read_tar_gz(&tar, LIMITS).unwrap();
    assert_eq!(zip, tar);
    assert_eq!(zip.digest(), tar.digest());
    let kept = write_zip(&zip).unwrap();
    assert_eq!(kept, write_zip(&tar).unwrap());
    assert_eq!(read_zip(&kept, LIMITS).unwrap().digest(), zip.digest());
    let other = read_zip(&zip_of(&[("a.js", b"2"), ("b/c.js", b"1")]), LIMITS).unwrap();
    assert_ne!(other.digest(), zip.digest());
}

#[test]
fn names_that_lead_out_or_could_mean_something_else_are_refused() {
    let long = "n".repeat(256);
    let deep = ["d"; 65].join("/");
    for name in ["../a", "/a", "a/../../b", "a\\b", "a//b", "a/./b", "a\nb", "c:\\a", "", ".", &long, &deep] {
        assert_eq!(code(read_zip(&zip_of(&[(name, b"1")]), LIMITS)), Code::UploadUnsafePath, "{name:?}");
        if (1..100).contains(&name.len()) {
            let tar = tar_of(&[file(name, b"1")]);
            assert_eq!(code(read_tar_gz(&tar, LIMITS)), Code::UploadUnsafePath, "{name:?}");
        }
    }
    for name in ["../", "a/../../", "/"] {
        let tar = tar_of(&[(name, EntryType::Directory, b"")]);
        let refused = read_tar_gz(&tar, LIMITS);
        assert_eq!(refused.is_err(), name != "/", "{name}");
    }
    let almost = ["d"; 64].join("/");
    assert_eq!(read_zip(&zip_of(&[(&almost, b"1")]), LIMITS).unwrap().len(), 1);
}

#[test]
fn a_name_that_comes_twice_or_is_a_file_and_a_folder_is_refused() {
    for names in [["a", "a"], ["a", "a/b"], ["a/b", "a"]] {
        let tar = tar_of(&[file(names[0], b"1"), file(names[1], b"2")]);
        assert_eq!(code(read_tar_gz(&tar, LIMITS)), Code::UploadUnsafePath, "{names:?}");
    }
    // Its writer refuses a second entry, so the second name is changed in the bytes.
    let mut zip = zip_of(&[("same.1", b"1"), ("same.2", b"2")]);
    let at: Vec<_> = zip.windows(6).enumerate().filter(|(_, w)| *w == b"same.2").map(|(at, _)| at).collect();
    for at in at {
        zip[at + 5] = b'1';
    }
    assert_eq!(code(read_zip(&zip, LIMITS)), Code::UploadMalformed);
}

#[test]
fn links_and_special_files_are_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let zip = writer.finish().unwrap().into_inner();
    assert_eq!(code(read_zip(&zip, LIMITS)), Code::UploadLink);
    for kind in [EntryType::Symlink, EntryType::Link, EntryType::Fifo, EntryType::Char, EntryType::Block] {
        assert_eq!(code(read_tar_gz(&tar_of(&[("x", kind, b"")]), LIMITS)), Code::UploadLink, "{kind:?}");
    }
}

#[test]
fn a_file_a_tree_and_a_number_of_files_end_at_their_limits() {
    let (full, more) = (vec![0; 1000], vec![0; 1001]);
    let both = |files: &[(&str, &[u8])]| {
        let tar: Vec<_> = files.iter().map(|(path, bytes)| file(path, bytes)).collect();
        let results = [read_zip(&zip_of(files), LIMITS), read_tar_gz(&tar_of(&tar), LIMITS)];
        let [zip, tar] = results.map(|result| result.map(|tree| tree.bytes()).map_err(|error| error.code()));
        assert_eq!(zip, tar);
        zip
    };
    assert_eq!(both(&[("a", &full), ("b", &full), ("c", &full[..500])]), Ok(2500));
    assert_eq!(both(&[("a", &full), ("b", &full), ("c", &full[..501])]), Err(Code::UploadTooLarge));
    assert_eq!(both(&[("a", &more)]), Err(Code::UploadTooLarge));
    assert_eq!(both(&[("a", b""), ("b", b""), ("c", b""), ("d", b"")]), Ok(0));
    assert_eq!(
        both(&[("a", b""), ("b", b""), ("c", b""), ("d", b""), ("e", b"")]),
        Err(Code::UploadTooLarge)
    );
}

#[test]
fn a_bomb_is_not_unpacked_whole() {
    let zeros = vec![0; 64 * 1024 * 1024];
    assert_eq!(code(read_zip(&zip_of(&[("a", &zeros)]), LIMITS)), Code::UploadTooLarge);
    assert_eq!(code(read_tar_gz(&tar_of(&[file("a", &zeros)]), LIMITS)), Code::UploadTooLarge);
    // A name of 64 MB, which a tar keeps beside the file.
    let long = tar_of(&[("././@LongLink", EntryType::GNULongName, &zeros), file("a", b"1")]);
    assert_eq!(code(read_tar_gz(&long, LIMITS)), Code::UploadTooLarge);
}

#[test]
fn what_is_cut_off_is_refused() {
    let (zip, tar) = (zip_of(&[("a", b"one")]), tar_of(&[file("a", b"one")]));
    for length in 0..zip.len() {
        assert_eq!(code(read_zip(&zip[..length], LIMITS)), Code::UploadMalformed, "{length}");
    }
    for length in 0..tar.len() {
        assert_eq!(code(read_tar_gz(&tar[..length], LIMITS)), Code::UploadMalformed, "{length}");
    }
}

#[test]
fn a_tree_is_written_into_its_folder_and_over_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let tree = read_zip(&zip_of(&[("a/b.js", b"1"), ("c.js", b"2")]), LIMITS).unwrap();
    write_into(&tree, folder.path()).unwrap();
    assert_eq!(std::fs::read(folder.path().join("a/b.js")).unwrap(), b"1");
    assert!(matches!(write_into(&tree, folder.path()), Err(SourcesError::Write(_))));
}

proptest! {
    #[test]
    fn no_bytes_make_a_tree_outside_its_limits(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for tree in [read_zip(&bytes, LIMITS), read_tar_gz(&bytes, LIMITS)].into_iter().flatten() {
            prop_assert!(tree.len() <= LIMITS.files && tree.bytes() <= LIMITS.bytes);
        }
    }

    #[test]
    fn a_damaged_zip_is_a_tree_within_its_limits_or_refused(at in 0_usize..200, byte in any::<u8>()) {
        let mut zip = zip_of(&[("a/b", b"one"), ("c", b"two")]);
        let at = at % zip.len();
        zip[at] = byte;
        if let Ok(tree) = read_zip(&zip, LIMITS) {
            for (path, _) in tree.files() {
                prop_assert!(hivesync_image::is_plain_path(path));
            }
        }
    }
}
