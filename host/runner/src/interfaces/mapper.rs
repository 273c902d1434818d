//! `mapper`: pure runs, made by the broker. Their time is not this run's.

use hivesync_protocol::wit::mapper::{Job, Transformed};
use hivesync_protocol::wit::modules::{BundleGraph, LinkedBundle, PluginOptions, TransformOptions};
use hivesync_protocol::wit::types::Diagnostic;
use hivesync_protocol::{FromRunner, RewriteAnswer, ToRunner};
use hivesync_types::Code;
use hivesync_types::bounds::{LINK_MODULES_MAX, MAP_JOBS_PER_CALL_MAX, PLUGIN_PROGRAMS_MAX};
use wasmtime::StoreContextMut;
use wasmtime::component::LinkerInstance;

use crate::budget::Function;
use crate::channel::bytes;
use crate::fault::Fault;
use crate::state::{Run, wrong_answer};

pub(super) fn fill(instance: &mut LinkerInstance<'_, Run>) -> wasmtime::Result<()> {
    instance.func_wrap("transform", transform)?;
    instance.func_wrap("rewrite", rewrite)?;
    instance.func_wrap("link", link)
}

type TransformResult = (Vec<Result<Transformed, Vec<Diagnostic>>>,);

fn transform(
    mut store: StoreContextMut<'_, Run>,
    (jobs, options): (Vec<Job>, TransformOptions),
) -> wasmtime::Result<TransformResult> {
    store.data_mut().serve(Function::MapperTransform, |run| {
        let count = bytes(jobs.len());
        at_most("jobs of one call", jobs.len(), MAP_JOBS_PER_CALL_MAX)?;
        match run.ask_for_pure_runs(Function::MapperTransform, &FromRunner::Map { jobs, options })? {
            ToRunner::Mapped(results) if bytes(results.len()) == count => Ok((results,)),
            _ => Err(wrong_answer()),
        }
    })
}

type RewriteReply = (RewriteAnswer,);

fn rewrite(
    mut store: StoreContextMut<'_, Run>,
    (paths, options): (Vec<String>, PluginOptions),
) -> wasmtime::Result<RewriteReply> {
    store.data_mut().serve(Function::MapperRewrite, |run| {
        let count = paths.len();
        at_most("paths of one call", count, MAP_JOBS_PER_CALL_MAX)?;
        at_most("programs of one call", options.programs.len(), PLUGIN_PROGRAMS_MAX)?;
        match run.ask_for_pure_runs(Function::MapperRewrite, &FromRunner::Rewrite { paths, options })? {
            ToRunner::Rewritten(Ok(answers)) if answers.len() != count => Err(wrong_answer()),
            ToRunner::Rewritten(answer) => Ok((answer,)),
            _ => Err(wrong_answer()),
        }
    })
}

fn at_most(what: &str, count: usize, limit: usize) -> Result<(), Fault> {
    match count > limit {
        true => Err(Fault::beyond(Code::LimitJobs, what, bytes(count), bytes(limit))),
        false => Ok(()),
    }
}

type LinkResult = (Result<LinkedBundle, Vec<Diagnostic>>,);

fn link(mut store: StoreContextMut<'_, Run>, (graph,): (BundleGraph,)) -> wasmtime::Result<LinkResult> {
    store.data_mut().serve(Function::MapperLink, |run| {
        let count = graph.modules.len().saturating_add(graph.scripts.len());
        at_most("modules of one graph", count, LINK_MODULES_MAX)?;
        match run.ask_for_pure_runs(Function::MapperLink, &FromRunner::Link(graph))? {
            ToRunner::Linked(result) => Ok((result,)),
            _ => Err(wrong_answer()),
        }
    })
}
