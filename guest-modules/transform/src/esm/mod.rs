//! ES modules become CommonJS, as Babel defines it.
//!
//! What decides whether programs work, and what the tests hold on to:
//! names are created first (`exports.x = void 0`), exported functions are hoisted, an export is
//! written at its declaration and again at every assignment, an import is read where it is used,
//! and a re-export is a getter. A cycle therefore sees `undefined` and never a dead zone.
//!
//! It does not decide when a module is evaluated: that is `inline_requires`.

mod live;
mod lower;
mod record;

use swc_core::common::SyntaxContext;
use swc_core::ecma::ast::Module;

pub(crate) use lower::{EXPORT_STAR, INTEROP_DEFAULT, Interop};

/// The contexts that tell apart what is called the same.
#[derive(Clone, Copy)]
pub(crate) struct Contexts {
    /// Names the module does not declare: `exports`, `require`, globals.
    pub(crate) unresolved: SyntaxContext,
    /// The `require` of an import declaration; `dependencies` gives it its plain name back.
    pub(crate) import: SyntaxContext,
}

/// Rewrites `module` in place; `mark_exports` is false for a CommonJS source to which another
/// pass has added imports.
pub(crate) fn lower(module: &mut Module, contexts: Contexts, mark_exports: bool) -> Interop {
    let body = std::mem::take(&mut module.body);
    let record = record::Record::collect(body, contexts);
    let (body, interop) = lower::lower(record, contexts, mark_exports);
    module.body = body;
    interop
}
