//! A folder of this machine as the host of one build.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hivesync_guest::{Level, LogSink};
use preview_bundler::wire::{BundleGraph, LinkedBundle, PluginOptions, TransformOptions};
use preview_bundler::{
    Diagnostic, Entry, EntryKind, Host, Job, Piece, ReadError, Stage, Transformed, WriteError,
};

use crate::convert;

/// Folders that are no part of a project's sources.
const SKIPPED: [&str; 4] = [".git", "ios", "android", ".expo"];

pub(crate) struct Folder {
    root: PathBuf,
    entries: Vec<Entry>,
    blobs: RefCell<Vec<Vec<u8>>>,
    artifacts: RefCell<BTreeMap<String, Vec<u8>>>,
    /// Time spent in the transform.
    pub(crate) transforming: Cell<Duration>,
}

impl Folder {
    pub(crate) fn open(root: &Path) -> Self {
        let mut entries = Vec::new();
        walk(root, "", &mut entries);
        entries.sort_by(|left, right| left.path.cmp(&right.path));
        Self {
            root: root.to_owned(),
            entries,
            blobs: RefCell::default(),
            artifacts: RefCell::default(),
            transforming: Cell::default(),
        }
    }

    pub(crate) fn artifact(&self, name: &str) -> Vec<u8> {
        self.artifacts.borrow().get(name).cloned().unwrap_or_default()
    }

    pub(crate) fn artifact_names(&self) -> Vec<String> {
        self.artifacts.borrow().keys().cloned().collect()
    }

    fn keep(&self, bytes: Vec<u8>) -> u32 {
        let mut blobs = self.blobs.borrow_mut();
        blobs.push(bytes);
        u32::try_from(blobs.len() - 1).unwrap_or(u32::MAX)
    }

    fn transform_one(
        &self,
        job: &Job,
        options: &transform::api::TransformOptions,
    ) -> Result<Transformed, Vec<Diagnostic>> {
        let read = |path: &str| std::fs::read(self.root.join(path)).unwrap_or_default();
        let sources = match (&job.text, &job.asset) {
            (Some(text), _) => vec![text.clone().into_bytes()],
            (None, Some(asset)) => asset.files.iter().map(|file| read(&file.path)).collect(),
            (None, None) => vec![read(&job.path)],
        };
        let input = convert::input(job, sources);
        let output = transform::transform(&input, options)
            .map_err(|found| found.into_iter().map(convert::diagnostic).collect::<Vec<_>>())?;
        let lines = output.code.iter().filter(|byte| **byte == b'\n').count();
        Ok(Transformed {
            code_bytes: u32::try_from(output.code.len()).unwrap_or(u32::MAX),
            code_lines: u32::try_from(lines).unwrap_or(u32::MAX),
            code: self.keep(output.code),
            map: self.keep(output.map),
            dependencies: output.dependencies.into_iter().map(convert::dependency).collect(),
            is_esm: output.is_esm,
            diagnostics: output.diagnostics.into_iter().map(convert::diagnostic).collect(),
        })
    }
}

fn walk(root: &Path, inside: &str, entries: &mut Vec<Entry>) {
    let Ok(listing) = std::fs::read_dir(root.join(inside)) else { return };
    for item in listing.flatten() {
        let name = item.file_name().to_string_lossy().into_owned();
        let path = if inside.is_empty() { name.clone() } else { format!("{inside}/{name}") };
        let Ok(kind) = item.file_type() else { continue };
        if kind.is_dir() {
            if !inside.is_empty() || !SKIPPED.contains(&name.as_str()) {
                walk(root, &path, entries);
            }
        } else if kind.is_symlink() {
            if let Some(target) = link_target(root, &path) {
                entries.push(Entry { path, kind: EntryKind::Link(target) });
            }
        } else {
            let size = item.metadata().map_or(0, |metadata| metadata.len());
            entries.push(Entry { path, kind: EntryKind::File(size) });
        }
    }
}

/// The target of a link that stays inside `root`, one step only.
fn link_target(root: &Path, path: &str) -> Option<String> {
    let target = std::fs::read_link(root.join(path)).ok()?;
    let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
    parts.pop();
    for part in target.components() {
        match part {
            std::path::Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            std::path::Component::ParentDir => {
                parts.pop()?;
            }
            std::path::Component::CurDir => {}
            _ => return None,
        }
    }
    Some(parts.join("/"))
}

impl LogSink for Folder {
    fn write_line(&self, level: Level, line: &str) {
        if level != Level::Debug {
            eprintln!("{level:?}: {line}");
        }
    }
}

impl Host for Folder {
    fn entries(&self, start: u32) -> Vec<Entry> {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        self.entries.iter().skip(start).take(4096).cloned().collect()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        std::fs::read(self.root.join(path)).map_err(|_| ReadError::NotFound)
    }

    fn transform(
        &self,
        jobs: &[Job],
        options: &TransformOptions,
    ) -> Vec<Result<Transformed, Vec<Diagnostic>>> {
        let options = convert::options(options);
        let started = Instant::now();
        let results = jobs.iter().map(|job| self.transform_one(job, &options)).collect();
        self.transforming.set(self.transforming.get() + started.elapsed());
        results
    }

    /// Plugins need their engine, which is a guest and not part of this program.
    fn rewrite(
        &self,
        paths: &[String],
        _options: &PluginOptions,
    ) -> Result<Vec<Result<bool, Vec<Diagnostic>>>, Vec<Diagnostic>> {
        eprintln!("{} files are left as they are, without the app's own plugins", paths.len());
        Ok(paths.iter().map(|_| Ok(false)).collect())
    }

    fn link(&self, graph: &BundleGraph) -> Result<LinkedBundle, Vec<Diagnostic>> {
        let linked = transform::link(&convert::graph(graph));
        let linked =
            linked.map_err(|found| found.into_iter().map(convert::diagnostic).collect::<Vec<_>>())?;
        Ok(LinkedBundle {
            bundle: linked.bundle.into_iter().map(convert::piece).collect(),
            map: linked.map.into_iter().map(convert::piece).collect(),
        })
    }

    fn write(&self, name: &str, pieces: &[Piece]) -> Result<(), WriteError> {
        let blobs = self.blobs.borrow();
        let mut bytes = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => bytes.extend_from_slice(text.as_bytes()),
                Piece::Blob(blob) => {
                    let index = usize::try_from(*blob).unwrap_or(usize::MAX);
                    bytes.extend_from_slice(blobs.get(index).ok_or(WriteError::UnknownPiece)?);
                }
                Piece::File(path) => {
                    bytes.extend(std::fs::read(self.root.join(path)).map_err(|_| WriteError::UnknownPiece)?);
                }
            }
        }
        match self.artifacts.borrow_mut().insert(name.to_owned(), bytes) {
            Some(_) => Err(WriteError::Duplicate),
            None => Ok(()),
        }
    }

    fn progress(&self, _stage: Stage, _done: u32, _total: u32) {}
}
