//! Static view configs for `codegenNativeComponent<Props>("Name")`.
//!
//! Without them the new runtime of React Native cannot show a native component: it asks the
//! JavaScript side what props and events the view has. The answer is read from the type of the
//! props, in Flow or TypeScript, and written as React Native's own Babel plugin writes it.
//!
//! It does not check types: what cannot be understood is a diagnostic.

mod component;
mod types;
mod write;

use swc_core::common::{BytePos, Mark, SourceMap, sync::Lrc};
use swc_core::ecma::ast::*;
use swc_core::ecma::parser::{Syntax, parse_file_as_module};
use swc_core::ecma::transforms::base::resolver;
use swc_core::ecma::utils::DropSpan;
use swc_core::ecma::visit::VisitMutWith;

/// Why a component cannot be described.
#[derive(Debug)]
pub(crate) struct Unclear {
    pub(crate) at: BytePos,
    pub(crate) message: String,
}

/// The statements, as text, that take the place of the default export; none when the module
/// declares no native component.
pub(crate) fn describe(module: &Module) -> Option<Result<String, Unclear>> {
    let call = module.body.iter().find_map(component::default_export)?;
    // A compiled package has lost the types; its component is looked up when it runs.
    call.type_args.as_ref()?;
    Some(component::read(module, call).map(|component| write::statements(&component)))
}

/// Puts the statements into a module whose types are gone.
pub(crate) fn splice(
    module: &mut Module,
    text: String,
    map: &Lrc<SourceMap>,
    unresolved: Mark,
    top_level: Mark,
) {
    let file = map.new_source_file(swc_core::common::FileName::Internal("view-config".into()).into(), text);
    let Ok(parsed) =
        parse_file_as_module(&file, Syntax::default(), EsVersion::latest(), None, &mut Vec::new())
    else {
        return;
    };
    let mut program = Program::Module(parsed);
    resolver(unresolved, top_level, false).process(&mut program);
    program.visit_mut_with(&mut DropSpan);
    let Program::Module(parsed) = program else { return };
    let mut statements = Some(parsed.body);
    let mut body = Vec::with_capacity(module.body.len() + 8);
    for item in module.body.drain(..) {
        if component::default_export(&item).is_some() {
            body.extend(statements.take().into_iter().flatten());
        } else if !component::is_commands(&item) {
            body.push(item);
        }
    }
    module.body = body;
}
