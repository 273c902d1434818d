//! `artifacts`: the broker joins the pieces and checks names and sizes; here they only
//! pass, within the bytes of the run.

use hivesync_protocol::wit::artifacts::WriteError;
use hivesync_protocol::wit::types::Piece;
use hivesync_protocol::{FromRunner, ToRunner};
use wasmtime::StoreContextMut;
use wasmtime::component::LinkerInstance;

use crate::budget::Function;
use crate::state::{Run, wrong_answer};

pub(super) fn fill(instance: &mut LinkerInstance<'_, Run>) -> wasmtime::Result<()> {
    instance.func_wrap("write", write)
}

type WriteResult = (Result<(), WriteError>,);

fn write(
    mut store: StoreContextMut<'_, Run>,
    (name, pieces): (String, Vec<Piece>),
) -> wasmtime::Result<WriteResult> {
    store.data_mut().serve(Function::ArtifactsWrite, |run| {
        match run.ask(Function::ArtifactsWrite, &FromRunner::Write { name, pieces })? {
            ToRunner::Written(reply) => Ok((reply,)),
            _ => Err(wrong_answer()),
        }
    })
}
