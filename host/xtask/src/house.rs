//! Where things lie in a checkout.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// A checkout and its build folder.
pub(crate) struct House {
    root: PathBuf,
    target: PathBuf,
}

impl House {
    /// The checkout that `cargo xtask` was called in; called without cargo, the one this program
    /// was built from. `CARGO_TARGET_DIR` moves the build folder, which checkouts may share, and
    /// then cargo may run a program that another one built.
    pub(crate) fn find() -> Result<Self> {
        let called = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let called = called.filter(|package| package.ends_with("host/xtask"));
        let own = called.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = own.ancestors().nth(2).context("xtask does not lie in a checkout")?.to_owned();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(path) => root.join(path),
            None => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// A path of the repository.
    pub(crate) fn root(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A path of the build folder.
    pub(crate) fn target(&self, relative: &str) -> PathBuf {
        self.target.join(relative)
    }

    /// A path of the finished product, `target/hivesync`.
    pub(crate) fn product(&self, relative: &str) -> PathBuf {
        self.target.join("hivesync").join(relative)
    }

    /// An installed sample app.
    pub(crate) fn app(&self, name: &str) -> PathBuf {
        self.target.join("apps").join(name)
    }
}
