//! Thresholds that were met. All are counts, so that they are met again with the same input.

use std::collections::BTreeSet;

/// Files of a project.
pub(crate) const FILES_MAX: usize = 2_000;
/// Bytes of one file.
pub(crate) const FILE_BYTES_MAX: usize = 5_000_000;
/// Bytes of all files.
pub(crate) const PROJECT_BYTES_MAX: usize = 50_000_000;
/// Elements of all pages.
pub(crate) const ELEMENTS_MAX: usize = 500_000;
/// Sheets that import each other.
pub(crate) const IMPORT_DEPTH_MAX: u32 = 16;
/// Bytes of a map.
pub(crate) const OUTPUT_BYTES_MAX: usize = 60_000_000;
/// Bytes of a map and of what it leaves for the next one: what one answer may carry.
pub(crate) const ANSWER_BYTES_MAX: usize = 62_000_000;
/// Bytes of what a map leaves for the next one. It travels there and back beside the files.
pub(crate) const KEPT_BYTES_MAX: usize = 16_000_000;
/// Diagnostics that a map shows. More of them change nothing else about it.
pub(crate) const DIAGNOSTICS_MAX: usize = 1_000;
/// Diagnostics that are kept until it is known which are shown.
pub(crate) const NOTED_MAX: usize = 20_000;

/// Names of the thresholds that were met.
#[derive(Debug, Default, Clone)]
pub(crate) struct Limits {
    pub(crate) hit: BTreeSet<&'static str>,
}

impl Limits {
    pub(crate) fn note(&mut self, limit: &'static str) {
        self.hit.insert(limit);
    }
}
