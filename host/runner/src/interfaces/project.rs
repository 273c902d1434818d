//! `project`: names and bytes out of the mapped image. No path is ever opened.

use hivesync_image::EntryKind as ImageEntryKind;
use hivesync_types::bounds::ENTRIES_PER_CALL_MAX;
use wasmtime::StoreContextMut;
use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower};

use crate::budget::Function;
use crate::channel::bytes;
use crate::state::Run;

/// What an entry takes beside its names.
const ENTRY_BYTES: u64 = 24;

/// `project.entry-kind`.
#[derive(Debug, Clone, ComponentType, Lift, Lower)]
#[component(variant)]
enum EntryKind {
    #[component(name = "file")]
    File(u64),
    #[component(name = "link")]
    Link(String),
}

/// `project.entry`.
#[derive(Debug, Clone, ComponentType, Lift, Lower)]
#[component(record)]
struct Entry {
    path: String,
    kind: EntryKind,
}

/// `project.read-error`.
#[derive(Debug, Clone, Copy, ComponentType, Lift, Lower)]
#[component(enum)]
#[repr(u8)]
enum ReadError {
    #[component(name = "not-found")]
    NotFound,
    #[component(name = "too-large")]
    TooLarge,
}

pub(super) fn fill(instance: &mut LinkerInstance<'_, Run>) -> wasmtime::Result<()> {
    instance.func_wrap("entries", entries)?;
    instance.func_wrap("read", read)
}

fn entries(mut store: StoreContextMut<'_, Run>, (start,): (u32,)) -> wasmtime::Result<(Vec<Entry>,)> {
    store.data_mut().serve(Function::ProjectEntries, |run| {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let size = run
            .image
            .entries(start, ENTRIES_PER_CALL_MAX)
            .map(|entry| match entry.kind {
                ImageEntryKind::File(_) => bytes(entry.path.len()).saturating_add(ENTRY_BYTES),
                ImageEntryKind::Link(target) => {
                    bytes(entry.path.len().saturating_add(target.len())).saturating_add(ENTRY_BYTES)
                }
            })
            .fold(0, u64::saturating_add);
        run.budget.spend_bytes(Function::ProjectEntries, size)?;
        let entries = run.image.entries(start, ENTRIES_PER_CALL_MAX).map(|entry| Entry {
            path: entry.path.to_owned(),
            kind: match entry.kind {
                ImageEntryKind::File(size) => EntryKind::File(size),
                ImageEntryKind::Link(target) => EntryKind::Link(target.to_owned()),
            },
        });
        Ok((entries.collect(),))
    })
}

type ReadResult = (Result<Vec<u8>, ReadError>,);

fn read(mut store: StoreContextMut<'_, Run>, (path,): (String,)) -> wasmtime::Result<ReadResult> {
    store.data_mut().serve(Function::ProjectRead, |run| {
        run.budget.spend_bytes(Function::ProjectRead, bytes(path.len()))?;
        // The size is known from the directory: what is too large is not even looked at.
        let Some(size) = file_bytes(run, &path) else { return Ok((Err(ReadError::NotFound),)) };
        if size > run.limits.transfer_bytes {
            return Ok((Err(ReadError::TooLarge),));
        }
        run.budget.spend_bytes(Function::ProjectRead, size)?;
        Ok((run.image.read(&path).map(<[u8]>::to_vec).ok_or(ReadError::NotFound),))
    })
}

fn file_bytes(run: &Run, path: &str) -> Option<u64> {
    match run.image.entry(path)?.kind {
        ImageEntryKind::File(size) => Some(size),
        ImageEntryKind::Link(_) => None,
    }
}
