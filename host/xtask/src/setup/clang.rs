//! A C compiler for WebAssembly: the JavaScript engine of the plugin host is written in C.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use super::packages;
use crate::command;

/// Debian's compiler and the archiver that goes with it.
const DEBIAN_PACKAGES: [&str; 2] = ["clang", "llvm"];

/// Some compilers of this name, such as those of phones' toolchains, lack the target.
const TARGET: &str = "wasm32";

/// A compiler that knows the target, and an archiver that knows its objects.
pub(crate) struct WasmClang {
    clang: PathBuf,
    archiver: PathBuf,
}

impl WasmClang {
    /// Looks in `PATH`, without changing anything.
    pub(crate) fn find() -> Option<Self> {
        let (clang, archiver) = (command::find(&["clang"])?, command::find(&["llvm-ar"])?);
        let targets = command::read(Command::new(&clang).arg("--print-targets")).ok()?;
        lists_target(&targets).then_some(Self { clang, archiver })
    }

    /// Looks, then installs Debian's.
    pub(crate) fn provide() -> Result<Self> {
        if let Some(found) = Self::find() {
            return Ok(found);
        }
        let by_hand = || {
            format!(
                "no clang for {TARGET} with llvm-ar in PATH: `apt-get install {}`, or install LLVM's",
                DEBIAN_PACKAGES.join(" ")
            )
        };
        packages::install(&DEBIAN_PACKAGES).with_context(by_hand)?;
        Self::find().with_context(by_hand)
    }

    /// A line for people.
    pub(crate) fn describe(&self) -> String {
        self.clang.display().to_string()
    }

    /// What tells two compilers apart.
    pub(crate) fn version(&self) -> Result<String> {
        command::read(Command::new(&self.clang).arg("--version"))
    }

    /// What a build script takes for the target, whatever it would take for this machine.
    pub(crate) fn variables(&self) -> [(&'static str, &PathBuf); 2] {
        [("CC_wasm32_unknown_unknown", &self.clang), ("AR_wasm32_unknown_unknown", &self.archiver)]
    }
}

/// Whether a line of `clang --print-targets` names the target.
fn lists_target(targets: &str) -> bool {
    targets.lines().any(|line| line.split_whitespace().next() == Some(TARGET))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_without_the_target_is_none() {
        assert!(lists_target("  Registered Targets:\n    wasm32     - WebAssembly 32-bit\n"));
        assert!(!lists_target("  Registered Targets:\n    wasm64     - not wasm32\n"));
    }
}
