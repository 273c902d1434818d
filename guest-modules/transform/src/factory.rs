//! What it means for a module to stand in the factory that `__d` is given.

use swc_core::common::{Mark, SyntaxContext};
use swc_core::ecma::ast::*;
use swc_core::ecma::transforms::base::rename::rename;
use swc_core::ecma::utils::private_ident;

use crate::snippet;

/// Takes `"use strict"` out of the tree, because the head of the factory repeats it.
pub(crate) fn take_use_strict(program: &mut Program) -> bool {
    let Program::Module(module) = program else { return false };
    let before = module.body.len();
    let mut in_directives = true;
    module.body.retain(|item| {
        let ModuleItem::Stmt(statement) = item else { return true };
        in_directives &= snippet::is_directive(statement);
        !(in_directives && statement.is_use_strict())
    });
    before != module.body.len()
}

/// The factory's parameters. A module that declares one of them with `let` or `class` would not
/// even parse inside the factory, so its binding is called something else.
const PARAMETERS: [&str; 7] =
    ["global", "require", "module", "exports", "_$$_IMPORT_DEFAULT", "_$$_IMPORT_ALL", "_dependencyMap"];

/// Renames the bindings that clash.
pub(crate) fn rename_parameters(program: &mut Program, top_level: Mark) {
    let Program::Module(module) = &mut *program else { return };
    let context = SyntaxContext::empty().apply_mark(top_level);
    let mut clashing = Vec::new();
    for item in &module.body {
        let names: Vec<Id> = match item {
            ModuleItem::Stmt(Stmt::Decl(Decl::Var(variables))) if variables.kind != VarDeclKind::Var => {
                swc_core::ecma::utils::find_pat_ids(&variables.decls)
            }
            ModuleItem::Stmt(Stmt::Decl(Decl::Class(class))) => vec![class.ident.to_id()],
            _ => continue,
        };
        for name in names {
            if PARAMETERS.contains(&&*name.0) && name.1 == context {
                let renamed = private_ident!(swc_core::atoms::Atom::from(format!("_{}", name.0)));
                clashing.push((name, renamed.to_id()));
            }
        }
    }
    if !clashing.is_empty() {
        let map = clashing.into_iter().collect();
        program.mutate(rename(&map));
    }
}
