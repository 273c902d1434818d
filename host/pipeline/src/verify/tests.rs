//! Bundles that hold, and every way in which one does not.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;
use crate::archive::{Contents, Deflater, Writing, own_file, write};
use crate::error::BuildError;
use crate::identity::Moment;
use crate::metadata::tests::{key, sample};

static GO_ON: AtomicBool = AtomicBool::new(false);

fn contents() -> Contents {
    let guest = vec![own_file("main.jsbundle", "function(a,b){return a.b}"), own_file("assets/a.png", "png")];
    Contents::new(guest, vec![own_file("logs.txt", "log")]).unwrap()
}

fn write_to(target: &std::path::Path, canceled: &AtomicBool) -> Result<u64, BuildError> {
    let contents = contents();
    let metadata = sample(contents.records(&HashMap::new()));
    let writing = Writing { deflater: &Deflater::default(), threads: 2, canceled };
    write(target, &contents, metadata, &key(1), Moment::of(0), &writing)
}

struct Bundle {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Bundle {
    fn of(bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bundle.zip");
        std::fs::write(&path, bytes).unwrap();
        Self { _folder: folder, path }
    }

    fn good() -> Self {
        let bundle = Self::of(b"");
        write_to(&bundle.path, &GO_ON).unwrap();
        bundle
    }

    /// A zip with these files behind a record that names them, made by a general writer.
    fn with(files: &[(&str, &str)], more: impl FnOnce(&mut ZipWriter<std::io::Cursor<Vec<u8>>>)) -> Self {
        let records = Contents::new(
            files.iter().map(|(name, text)| own_file(name, (*text).to_owned())).collect(),
            vec![],
        );
        let record = sample(records.unwrap().records(&HashMap::new())).sign(&key(1)).unwrap();
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().unix_permissions(0o644);
        for (name, text) in files {
            zip.start_file(*name, options).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.start_file(METADATA_NAME, options).unwrap();
        zip.write_all(&record).unwrap();
        more(&mut zip);
        Self::of(zip.finish().unwrap().get_ref())
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap()
    }

    fn verify(&self) -> Result<VerifyReport, VerifyError> {
        verify(&self.path, &[key(1).id()])
    }

    fn refused(&self) -> String {
        let error = self.verify().unwrap_err();
        assert!(!error.to_string().contains('\n'));
        format!("{error:?}")
    }
}

#[test]
fn a_bundle_that_was_just_written_holds() {
    let report = Bundle::good().verify().unwrap();
    assert!(report.trusted);
    assert_eq!(report.files, 4);
    assert_eq!(report.metadata.files.len(), 3);
}

#[test]
fn equal_files_and_times_are_equal_bytes() {
    assert_eq!(Bundle::good().bytes(), Bundle::good().bytes());
}

#[test]
fn a_key_that_nobody_trusts_is_named() {
    let error = verify(&Bundle::good().path, &[key(2).id()]).unwrap_err();
    assert!(matches!(error, VerifyError::Untrusted { key: signer } if signer == key(1).id()));
    assert_eq!(error.code(), Code::ModuleBadSignature);
}

#[test]
fn no_flipped_byte_goes_unnoticed() {
    let good = Bundle::good().bytes();
    // The version of the writer carries no meaning; everything else does.
    let mut unnoticed = Vec::new();
    for at in 0..good.len() {
        let mut damaged = good.clone();
        damaged[at] ^= 0xff;
        if let Ok(report) = Bundle::of(&damaged).verify() {
            assert_eq!(report.metadata, Bundle::good().verify().unwrap().metadata);
            unnoticed.push(at);
        }
    }
    let files = 4;
    assert!(unnoticed.len() <= 2 * files, "unnoticed: {unnoticed:?}");
}

#[test]
fn a_cut_or_longer_file_is_refused() {
    let good = Bundle::good().bytes();
    for length in [0, 21, 22, good.len() / 2, good.len() - 1] {
        Bundle::of(&good[..length]).refused();
    }
    assert!(Bundle::of(&[good.as_slice(), b"x"].concat()).refused().contains("Structure"));
    assert!(Bundle::of(&[b"x", good.as_slice()].concat()).refused().contains("Structure"));
}

#[test]
fn names_that_leave_the_folder_are_refused() {
    let options = SimpleFileOptions::default().unix_permissions(0o644);
    for name in ["../evil.js", "/etc/passwd", "a/../../b", "a\\..\\b", "C:evil", "a//b", ".env"] {
        let bundle = Bundle::with(&[("main.jsbundle", "x")], |zip| zip.start_file(name, options).unwrap());
        assert!(bundle.refused().contains("no plain relative name"), "{name}");
    }
    let twin = Bundle::with(&[("main.jsbundle", "x")], |_| {});
    assert!(twin.verify().is_ok());
}

#[test]
fn a_name_that_is_there_twice_is_refused() {
    let options = SimpleFileOptions::default().unix_permissions(0o644);
    let bundle =
        Bundle::with(&[("main.jsbundle", "x")], |zip| zip.start_file("main.jsbundlf", options).unwrap());
    let mut bytes = bundle.bytes();
    let odd = b"main.jsbundlf";
    let places: Vec<_> = (0..bytes.len() - odd.len()).filter(|at| bytes[*at..].starts_with(odd)).collect();
    for place in places {
        bytes[place..place + odd.len()].copy_from_slice(b"main.jsbundle");
    }
    assert!(Bundle::of(&bytes).refused().contains("twice"));
}

#[test]
fn a_file_that_the_record_does_not_name_is_refused() {
    let options = SimpleFileOptions::default().unix_permissions(0o644);
    let bundle = Bundle::with(&[("main.jsbundle", "x")], |zip| zip.start_file("extra.js", options).unwrap());
    assert!(bundle.refused().contains("is not named"));
}

#[test]
fn a_link_is_refused() {
    let bundle = Bundle::with(&[("main.jsbundle", "x")], |zip| {
        zip.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    });
    assert!(bundle.refused().contains("not plain"));
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let bundle = Bundle::with(&[("main.jsbundle", "x")], |zip| {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .unix_permissions(0o644);
        zip.start_file("bomb.js", options).unwrap();
        let zeros = vec![0; 1024 * 1024];
        for _ in 0..=UNPACKED_BYTES_MAX / 1024 / 1024 {
            zip.write_all(&zeros).unwrap();
        }
    });
    assert!(bundle.bytes().len() < 1024 * 1024);
    assert!(matches!(bundle.verify(), Err(VerifyError::TooLarge)));
}

#[test]
fn a_file_that_unpacks_to_more_than_it_says_is_refused() {
    let text = "y".repeat(5000);
    let bundle = Bundle::with(&[("main.jsbundle", &text)], |_| {});
    let mut bytes = bundle.bytes();
    let lie = |bytes: &mut Vec<u8>| {
        for at in 0..bytes.len() - 4 {
            if bytes[at..at + 4] == 5000_u32.to_le_bytes() {
                bytes[at..at + 4].copy_from_slice(&4999_u32.to_le_bytes());
            }
        }
    };
    lie(&mut bytes);
    assert!(Bundle::of(&bytes).refused().contains("another size"));
}

#[test]
fn a_file_with_other_bytes_is_refused() {
    let records =
        Contents::new(vec![own_file("main.jsbundle", "aaaa")], vec![]).unwrap().records(&HashMap::new());
    let signed = sample(records).sign(&key(1)).unwrap();
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().unix_permissions(0o644);
    for (name, bytes) in [("main.jsbundle", b"bbbb".as_slice()), (METADATA_NAME, &signed)] {
        zip.start_file(name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    assert!(Bundle::of(zip.finish().unwrap().get_ref()).refused().contains("other bytes"));
}

#[test]
fn a_guest_may_not_write_the_hosts_files() {
    for name in [METADATA_NAME, "logs.txt"] {
        let error = Contents::new(vec![own_file(name, "")], vec![]).err().unwrap();
        assert_eq!(error.code(), Code::SandboxDenied);
    }
}

#[test]
fn a_bundle_that_cannot_be_written_leaves_the_old_one_and_no_litter() {
    let bundle = Bundle::good();
    let before = bundle.bytes();
    let canceled = AtomicBool::new(true);
    let error = write_to(&bundle.path, &canceled).unwrap_err();
    assert_eq!(error.code(), Code::HostStorage);
    assert_eq!(bundle.bytes(), before);
    assert_eq!(std::fs::read_dir(bundle.path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn a_full_disk_is_said_and_leaves_nothing() {
    // The device that is always full takes no temporary file beside it either.
    let error = write_to(std::path::Path::new("/proc/bundle.zip"), &GO_ON).unwrap_err();
    assert_eq!(error.code(), Code::HostStorage);
}
