//! What the coordinator asks of its surroundings: the imports of its world, as one trait.

use hivesync_guest::LogSink;

use crate::wire::{BundleGraph, LinkedBundle, PluginOptions, TransformOptions};
use crate::{Diagnostic, Entry, Job, Piece, ReadError, Stage, Transformed, WriteError};

/// The imports of the world `preview-bundler`. The sandbox's host is one implementation, a
/// folder or a list of files in memory is another.
pub trait Host: LogSink {
    /// A page of the image's entries, in ascending order; empty at the end.
    fn entries(&self, start: u32) -> Vec<Entry>;

    /// The bytes of one file.
    ///
    /// # Errors
    /// As `project.read`.
    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError>;

    /// Transforms `jobs` and answers in their order.
    fn transform(
        &self,
        jobs: &[Job],
        options: &TransformOptions,
    ) -> Vec<Result<Transformed, Vec<Diagnostic>>>;

    /// Has the app's own build plugins run on the files at `paths`.
    ///
    /// # Errors
    /// As `mapper.rewrite`.
    fn rewrite(
        &self,
        paths: &[String],
        options: &PluginOptions,
    ) -> Result<Vec<Result<bool, Vec<Diagnostic>>>, Vec<Diagnostic>>;

    /// Links a bundle.
    ///
    /// # Errors
    /// As `modules.link`.
    fn link(&self, graph: &BundleGraph) -> Result<LinkedBundle, Vec<Diagnostic>>;

    /// Keeps one artifact.
    ///
    /// # Errors
    /// As `artifacts.write`.
    fn write(&self, name: &str, pieces: &[Piece]) -> Result<(), WriteError>;

    /// Moves the progress figure.
    fn progress(&self, stage: Stage, done: u32, total: u32);
}
