//! `progress`: one frame out, none back.

use hivesync_protocol::FromRunner;
use hivesync_protocol::wit::progress::Stage;
use wasmtime::StoreContextMut;
use wasmtime::component::LinkerInstance;

use crate::budget::Function;
use crate::state::Run;

pub(super) fn fill(instance: &mut LinkerInstance<'_, Run>) -> wasmtime::Result<()> {
    instance.func_wrap("report", report)
}

fn report(
    mut store: StoreContextMut<'_, Run>,
    (stage, done, total): (Stage, u32, u32),
) -> wasmtime::Result<()> {
    store
        .data_mut()
        .serve(Function::ProgressReport, |run| run.tell(&FromRunner::Progress { stage, done, total }))
}
