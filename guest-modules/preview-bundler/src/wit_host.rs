//! The sandbox's host: every method is one import.

use hivesync_guest::{Level, LogSink};

use crate::api::{Failure, Guest, Report, Request};
use crate::bindings::hivesync::build::{artifacts, log, mapper, progress, project};
use crate::wire::{BundleGraph, LinkedBundle, PluginOptions, TransformOptions};
use crate::{Diagnostic, Entry, Host, Job, Piece, ReadError, Stage, Transformed, WriteError, bindings};

struct WitHost;

struct Component;

impl Guest for Component {
    fn bundle(request: Request) -> Result<Report, Failure> {
        hivesync_guest::report_panics(|line| log::write(log::Level::Error, line));
        crate::bundle(&WitHost, &request)
    }
}

bindings::export!(Component with_types_in bindings);

impl LogSink for WitHost {
    fn write_line(&self, level: Level, line: &str) {
        let level = match level {
            Level::Debug => log::Level::Debug,
            Level::Info => log::Level::Info,
            Level::Warn => log::Level::Warn,
            Level::Error => log::Level::Error,
        };
        log::write(level, line);
    }
}

impl Host for WitHost {
    fn entries(&self, start: u32) -> Vec<Entry> {
        project::entries(start)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, ReadError> {
        project::read(path)
    }

    fn transform(
        &self,
        jobs: &[Job],
        options: &TransformOptions,
    ) -> Vec<Result<Transformed, Vec<Diagnostic>>> {
        mapper::transform(jobs, options)
    }

    fn rewrite(
        &self,
        paths: &[String],
        options: &PluginOptions,
    ) -> Result<Vec<Result<bool, Vec<Diagnostic>>>, Vec<Diagnostic>> {
        mapper::rewrite(paths, options)
    }

    fn link(&self, graph: &BundleGraph) -> Result<LinkedBundle, Vec<Diagnostic>> {
        mapper::link(graph)
    }

    fn write(&self, name: &str, pieces: &[Piece]) -> Result<(), WriteError> {
        artifacts::write(name, pieces)
    }

    fn progress(&self, stage: Stage, done: u32, total: u32) {
        progress::report(stage, done, total);
    }
}
