//! Comparing with a file that a person has looked at.

use std::fs;
use std::path::{Path, PathBuf};

/// A path in the repository.
pub(crate) fn repository(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(relative)
}

/// The text must equal `tests/golden/<name>`. With `HIVESYNC_BLESS=1`, which
/// `cargo xtask bless` sets, the file is rewritten instead: look at the diff.
#[track_caller]
pub(crate) fn assert_golden(name: &str, text: &str) {
    let path = repository("tests/golden").join(name);
    if std::env::var_os("HIVESYNC_BLESS").is_some_and(|value| value == "1") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        return;
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    if golden != text {
        let diff = similar::TextDiff::from_lines(golden.as_str(), text);
        panic!(
            "{} differs (`cargo xtask bless` rewrites it):\n{}",
            path.display(),
            diff.unified_diff().header("golden", "now")
        );
    }
}
