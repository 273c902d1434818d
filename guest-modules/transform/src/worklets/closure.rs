//! What a worklet takes along from around it.

use std::collections::HashSet;

use swc_core::atoms::Atom;
use swc_core::common::SyntaxContext;
use swc_core::ecma::ast::*;
use swc_core::ecma::utils::find_pat_ids;
use swc_core::ecma::visit::{Visit, VisitWith, noop_visit_type};

use super::names;
use super::routine::Routine;

/// The names a worklet reads that are declared outside of it, in the order of their first use.
/// Globals that every runtime has are left where they are.
pub(super) fn captured(routine: &Routine, unresolved: SyntaxContext) -> Vec<Ident> {
    let mut inside = Declared::default();
    inside.ids.extend(find_pat_ids::<_, Id>(&routine.params));
    routine.params.visit_with(&mut inside);
    routine.body.visit_with(&mut inside);
    inside.ids.extend(routine.name.iter().filter(|_| routine.names_itself).map(Ident::to_id));
    let mut used =
        Used { inside: inside.ids, unresolved, names: HashSet::default(), captured: Vec::default() };
    routine.params.visit_with(&mut used);
    routine.body.visit_with(&mut used);
    used.captured
}

/// Every name that a function or something inside it declares.
#[derive(Default)]
struct Declared {
    ids: HashSet<Id>,
}

impl Visit for Declared {
    noop_visit_type!();

    fn visit_var_declarator(&mut self, node: &VarDeclarator) {
        self.ids.extend(find_pat_ids::<_, Id>(&node.name));
        node.visit_children_with(self);
    }

    fn visit_param(&mut self, node: &Param) {
        self.ids.extend(find_pat_ids::<_, Id>(&node.pat));
        node.visit_children_with(self);
    }

    fn visit_arrow_expr(&mut self, node: &ArrowExpr) {
        self.ids.extend(find_pat_ids::<_, Id>(&node.params));
        node.visit_children_with(self);
    }

    fn visit_catch_clause(&mut self, node: &CatchClause) {
        self.ids.extend(find_pat_ids::<_, Id>(&node.param));
        node.visit_children_with(self);
    }

    fn visit_fn_decl(&mut self, node: &FnDecl) {
        self.ids.insert(node.ident.to_id());
        node.visit_children_with(self);
    }

    fn visit_fn_expr(&mut self, node: &FnExpr) {
        self.ids.extend(node.ident.iter().map(Ident::to_id));
        node.visit_children_with(self);
    }

    fn visit_class_decl(&mut self, node: &ClassDecl) {
        self.ids.insert(node.ident.to_id());
        node.visit_children_with(self);
    }

    fn visit_class_expr(&mut self, node: &ClassExpr) {
        self.ids.extend(node.ident.iter().map(Ident::to_id));
        node.visit_children_with(self);
    }
}

struct Used {
    inside: HashSet<Id>,
    unresolved: SyntaxContext,
    names: HashSet<Atom>,
    captured: Vec<Ident>,
}

impl Used {
    fn read(&mut self, name: &Ident) {
        let is_global = name.ctxt == self.unresolved && names::is_global(&name.sym);
        if !is_global && !self.inside.contains(&name.to_id()) && self.names.insert(name.sym.clone()) {
            self.captured.push(name.clone());
        }
    }
}

impl Visit for Used {
    noop_visit_type!();

    fn visit_expr(&mut self, node: &Expr) {
        if let Expr::Ident(name) = node {
            self.read(name);
        }
        node.visit_children_with(self);
    }

    fn visit_prop(&mut self, node: &Prop) {
        if let Prop::Shorthand(name) = node {
            self.read(name);
        }
        node.visit_children_with(self);
    }
}
