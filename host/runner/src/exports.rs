//! The exports that a run may call.

use hivesync_protocol::wit::bundler::{Failure, Report, Request};
use hivesync_protocol::wit::influence::{Depth, Mapped, ProjectFiles, Question};
use hivesync_protocol::wit::modules::{
    BundleGraph, LinkedBundle, PluginOptions, SourceFile, TransformInput, TransformOptions, TransformOutput,
};
use hivesync_protocol::wit::steps::{Answer, Input};
use hivesync_protocol::wit::types::Diagnostic;
use hivesync_protocol::{InfluenceAnswer, RewriteResult, StepAnswer};
use hivesync_types::Code;
use wasmtime::Store;
use wasmtime::component::{Component, ComponentExportIndex, ComponentNamedList, Instance, Lift, Lower};

use crate::fault::Fault;
use crate::interfaces::qualified;
use crate::state::Run;

/// What `bundler.bundle` returns.
pub(crate) type Bundled = Result<Report, Failure>;
/// What `modules.transform` returns.
pub(crate) type Transformed = Result<TransformOutput, Vec<Diagnostic>>;
/// What `modules.link` returns.
pub(crate) type Linked = Result<LinkedBundle, Vec<Diagnostic>>;

/// What the functions of `influence` return.
type Answered = Result<Vec<u8>, Vec<Diagnostic>>;

/// One export of a component, found once and called in as many instances as there are inputs.
#[derive(Debug)]
pub(crate) struct Export {
    name: String,
    index: ComponentExportIndex,
}

impl Export {
    pub(crate) fn find(component: &Component, interface: &str, function: &str) -> Result<Self, Fault> {
        let interface = qualified(interface);
        let name = format!("{interface}#{function}");
        let index = component
            .get_export_index(None, interface.as_str())
            .and_then(|instance| component.get_export_index(Some(&instance), function));
        match index {
            Some(index) => Ok(Self { name, index }),
            None => Err(Fault::new(Code::WitMissingExport, name)),
        }
    }

    pub(crate) fn bundle(
        &self,
        store: &mut Store<Run>,
        instance: &Instance,
        request: Request,
    ) -> wasmtime::Result<Bundled> {
        self.call::<_, (Bundled,)>(store, instance, (request,)).map(|(result,)| result)
    }

    pub(crate) fn transform(
        &self,
        store: &mut Store<Run>,
        instance: &Instance,
        input: TransformInput,
        options: TransformOptions,
    ) -> wasmtime::Result<Transformed> {
        self.call::<_, (Transformed,)>(store, instance, (input, options)).map(|(result,)| result)
    }

    pub(crate) fn link(
        &self,
        store: &mut Store<Run>,
        instance: &Instance,
        graph: BundleGraph,
    ) -> wasmtime::Result<Linked> {
        self.call::<_, (Linked,)>(store, instance, (graph,)).map(|(result,)| result)
    }

    pub(crate) fn rewrite(
        &self,
        store: &mut Store<Run>,
        instance: &Instance,
        arguments: (Vec<SourceFile>, Vec<Vec<u8>>, PluginOptions),
    ) -> wasmtime::Result<RewriteResult> {
        self.call::<_, (RewriteResult,)>(store, instance, arguments).map(|(result,)| result)
    }

    pub(crate) fn ask(
        &self,
        store: &mut Store<Run>,
        instance: &Instance,
        arguments: (ProjectFiles, Question),
    ) -> wasmtime::Result<InfluenceAnswer> {
        self.call::<_, (Answered,)>(store, instance, arguments).map(|(result,)| result.into())
    }

    pub(crate) fn remap(
        &self,
        store: &mut Store<Run>,
        instance: &Instance,
        arguments: (ProjectFiles, Depth, Vec<u8>),
    ) -> wasmtime::Result<Mapped> {
        self.call::<_, (Mapped,)>(store, instance, arguments).map(|(result,)| result)
    }

    pub(crate) fn compare(
        &self,
        store: &mut Store<Run>,
        instance: &Instance,
        maps: (Vec<u8>, Vec<u8>),
    ) -> wasmtime::Result<InfluenceAnswer> {
        self.call::<_, (Answered,)>(store, instance, maps).map(|(result,)| result.into())
    }

    pub(crate) fn begin(
        &self,
        store: &mut Store<Run>,
        instance: &Instance,
        input: Input,
    ) -> wasmtime::Result<StepAnswer> {
        self.call::<_, (StepAnswer,)>(store, instance, (input,)).map(|(result,)| result)
    }

    pub(crate) fn resume(
        &self,
        store: &mut Store<Run>,
        instance: &Instance,
        arguments: (Input, Vec<u8>, Answer),
    ) -> wasmtime::Result<StepAnswer> {
        self.call::<_, (StepAnswer,)>(store, instance, arguments).map(|(result,)| result)
    }

    fn call<Parameters, Return>(
        &self,
        store: &mut Store<Run>,
        instance: &Instance,
        parameters: Parameters,
    ) -> wasmtime::Result<Return>
    where
        Parameters: ComponentNamedList + Lower,
        Return: ComponentNamedList + Lift,
    {
        instance
            .get_typed_func::<Parameters, Return>(&mut *store, &self.index)
            .map_err(|error| Fault::new(Code::WitSignatureChanged, format!("{}: {:#}", self.name, error)))?
            .call(store, parameters)
    }
}
