//! A Chromium for screenshots and for the tests of web bundles.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::packages;
use crate::command;

const NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "chromium-headless-shell", "google-chrome", "google-chrome-stable"];

/// Looks in `PATH`.
pub(crate) fn find() -> Option<PathBuf> {
    command::find(&NAMES)
}

/// Looks, then installs Debian's.
pub(crate) fn provide() -> Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    packages::install(&["chromium"])?;
    find().context("the package chromium is installed, but there is no program of that name")
}
