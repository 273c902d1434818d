//! The second layer, with the first assumed lost.
//!
//! The runner of these cases stands behind the same walls as any, and then does what a
//! guest that broke out of the engine would do, from its own machine code. Each wall
//! alone, with the others taken away, is tried in `host/runner/tests`; here stands the
//! whole way: the process dies or is refused, the broker says so with its code, and the
//! record holds it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::Wanted;
use crate::cases::Case;
use crate::frame::Guest;
use crate::host::{Host, PolicyText, executables};

/// The attempt by a broken runner; then, as its twin, the same executable without it.
pub(crate) fn try_case(case: &Case) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let lawful = Wanted { bytes: Guest::default().component(), policy: PolicyText::default() };

        let broken = Host::start_with(&evil_executables(&folder.path().join("attack"), &case.attack)).await;
        let attack = broken.run(&lawful).await;
        let said = attack.result.as_ref().err().map(String::as_str);
        assert_eq!(said, Some(case.code.as_str()), "the attempt ended otherwise: {attack:?}");
        assert!(!attack.evidence.starts_with("evil "), "the system call returned: {attack:?}");
        broken.assert_audited(&attack);
        broken.assert_canary();
        broken.pool_is_whole().await;
        broken.stop().await;

        let twin = Host::start_with(&evil_executables(&folder.path().join("twin"), "")).await;
        twin.assert_lawful_run().await;
        twin.stop().await;
    });
}

/// A folder of executables whose runner makes the attempt; an empty one makes none.
fn evil_executables(folder: &Path, attempt: &str) -> std::path::PathBuf {
    fs::create_dir_all(folder).unwrap();
    let real = executables();
    std::os::unix::fs::symlink(real.join("hivesync-compiler"), folder.join("hivesync-compiler")).unwrap();
    let evil = real.join("hivesync-runner-evil");
    assert!(evil.is_file(), "{} is missing: run `cargo xtask test`", evil.display());
    let evil = evil.canonicalize().unwrap();
    let option = if attempt.is_empty() { String::new() } else { format!(" --evil {attempt}") };
    let script = format!("#!/bin/sh\nexec {} \"$@\"{option}\n", evil.display());
    let runner = folder.join("hivesync-runner");
    fs::write(&runner, script).unwrap();
    fs::set_permissions(&runner, fs::Permissions::from_mode(0o755)).unwrap();
    folder.to_owned()
}
