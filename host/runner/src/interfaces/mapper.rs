//! `mapper`: pure runs, made by the broker. Their time is not this run's.

use hivesync_protocol::wit::mapper::{Job, Transformed};
use hivesync_protocol::wit::modules::{BundleGraph, LinkedBundle, TransformOptions};
use hivesync_protocol::wit::types::Diagnostic;
use hivesync_protocol::{FromRunner, ToRunner};
use hivesync_types::Code;
use hivesync_types::bounds::{LINK_MODULES_MAX, MAP_JOBS_PER_CALL_MAX};
use wasmtime::StoreContextMut;
use wasmtime::component::LinkerInstance;

use crate::budget::Function;
use crate::channel::bytes;
use crate::fault::Fault;
use crate::state::{Run, wrong_answer};

pub(super) fn fill(instance: &mut LinkerInstance<'_, Run>) -> wasmtime::Result<()> {
    instance.func_wrap("transform", transform)?;
    instance.func_wrap("link", link)
}

type TransformResult = (Vec<Result<Transformed, Vec<Diagnostic>>>,);

fn transform(
    mut store: StoreContextMut<'_, Run>,
    (jobs, options): (Vec<Job>, TransformOptions),
) -> wasmtime::Result<TransformResult> {
    store.data_mut().serve(Function::MapperTransform, |run| {
        let count = bytes(jobs.len());
        if count > bytes(MAP_JOBS_PER_CALL_MAX) {
            return Err(Fault::beyond(
                Code::LimitJobs,
                "jobs of one call",
                count,
                bytes(MAP_JOBS_PER_CALL_MAX),
            ));
        }
        match run.ask_for_pure_runs(Function::MapperTransform, &FromRunner::Map { jobs, options })? {
            ToRunner::Mapped(results) if bytes(results.len()) == count => Ok((results,)),
            _ => Err(wrong_answer()),
        }
    })
}

type LinkResult = (Result<LinkedBundle, Vec<Diagnostic>>,);

fn link(mut store: StoreContextMut<'_, Run>, (graph,): (BundleGraph,)) -> wasmtime::Result<LinkResult> {
    store.data_mut().serve(Function::MapperLink, |run| {
        let count = bytes(graph.modules.len()).saturating_add(bytes(graph.scripts.len()));
        if count > bytes(LINK_MODULES_MAX) {
            return Err(Fault::beyond(
                Code::LimitJobs,
                "modules of one graph",
                count,
                bytes(LINK_MODULES_MAX),
            ));
        }
        match run.ask_for_pure_runs(Function::MapperLink, &FromRunner::Link(graph))? {
            ToRunner::Linked(result) => Ok((result,)),
            _ => Err(wrong_answer()),
        }
    })
}
