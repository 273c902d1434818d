//! Exported bindings stay live: every write to one is a write to `exports` too.

use std::collections::HashMap;

use swc_core::atoms::Atom;
use swc_core::common::{DUMMY_SP, SyntaxContext};
use swc_core::ecma::ast::*;
use swc_core::ecma::utils::find_pat_ids;
use swc_core::ecma::visit::{VisitMut, VisitMutWith, noop_visit_mut_type};

use super::lower::private;
use crate::snippet::{self, ident, member, statement};

/// The exported names of each local binding.
pub(super) type Names = HashMap<Id, Vec<Atom>>;

pub(super) fn rewrite(body: &mut Vec<ModuleItem>, names: &Names, unresolved: SyntaxContext) {
    if !names.is_empty() {
        body.visit_mut_with(&mut LiveExports { names, unresolved });
    }
}

struct LiveExports<'a> {
    names: &'a Names,
    unresolved: SyntaxContext,
}

impl LiveExports<'_> {
    /// `exports.a = exports.b = value`
    fn export(&self, local: &Id, value: Expr) -> Expr {
        let names = self.names.get(local).map(Vec::as_slice).unwrap_or_default();
        names.iter().fold(value, |value, name| {
            let exports = Expr::Ident(ident("exports", self.unresolved));
            snippet::assign(member(exports, name, DUMMY_SP), value)
        })
    }

    fn export_current(&self, local: &Id) -> Expr {
        self.export(local, Expr::Ident(Ident::from(local.clone())))
    }

    fn exported_in(&self, pattern: &impl swc_core::ecma::visit::VisitWith<Targets>) -> Vec<Id> {
        let mut targets = Targets::default();
        pattern.visit_with(&mut targets);
        targets.ids.retain(|id| self.names.contains_key(id));
        targets.ids
    }

    /// `(value => (exports.a = a, …, value))(expression)`: the value stays what it was.
    fn then_export(&self, expression: Expr, locals: &[Id]) -> Expr {
        let value = private("_value");
        let mut steps: Vec<Box<Expr>> =
            locals.iter().map(|local| Box::new(self.export_current(local))).collect();
        steps.push(Box::new(Expr::Ident(value.clone())));
        let sequence = Expr::Seq(SeqExpr { span: DUMMY_SP, exprs: steps });
        let arrow = Expr::Arrow(ArrowExpr {
            params: vec![value.into()],
            body: Box::new(ArrowFunctionBody::Expr(Box::new(sequence))),
            ..ArrowExpr::default()
        });
        let arrow = Expr::Paren(ParenExpr { span: DUMMY_SP, expr: Box::new(arrow) });
        snippet::call(arrow, vec![expression], DUMMY_SP)
    }

    /// Exports a declaration's names: in the initializer where that keeps a function's name,
    /// else by statements that follow.
    fn declaration(&self, variables: &mut VarDecl) -> Vec<Stmt> {
        let mut after = Vec::new();
        for declarator in &mut variables.decls {
            let Some(init) = &mut declarator.init else { continue };
            match &declarator.name {
                Pat::Ident(name) if self.names.contains_key(&name.to_id()) => {
                    if names_its_function(init) {
                        after.push(statement(self.export_current(&name.to_id())));
                    } else {
                        let value = std::mem::replace(&mut **init, Expr::dummy_value());
                        **init = self.export(&name.to_id(), value);
                    }
                }
                Pat::Ident(_) => {}
                pattern => {
                    let ids: Vec<Id> = find_pat_ids(pattern);
                    let exported = ids.iter().filter(|id| self.names.contains_key(*id));
                    after.extend(exported.map(|id| statement(self.export_current(id))));
                }
            }
        }
        after
    }

    fn after_statement(&self, statement: &mut Stmt) -> Vec<Stmt> {
        match statement {
            Stmt::Decl(Decl::Var(variables)) => self.declaration(variables),
            Stmt::Decl(Decl::Class(class)) if self.names.contains_key(&class.ident.to_id()) => {
                vec![snippet::statement(self.export_current(&class.ident.to_id()))]
            }
            _ => Vec::new(),
        }
    }

    fn loop_head(&self, head: &ForHead, body: &mut Box<Stmt>) {
        let exported = match head {
            ForHead::VarDecl(variables) => {
                let mut ids: Vec<Id> = find_pat_ids(&variables.decls);
                ids.retain(|id| self.names.contains_key(id));
                ids
            }
            ForHead::Pat(pattern) => self.exported_in(pattern),
            ForHead::UsingDecl(_) => return,
        };
        if exported.is_empty() {
            return;
        }
        let mut stmts: Vec<Stmt> =
            exported.iter().map(|id| snippet::statement(self.export_current(id))).collect();
        stmts.push(std::mem::take(&mut **body));
        **body = Stmt::Block(BlockStmt { span: DUMMY_SP, ctxt: SyntaxContext::empty(), stmts });
    }
}

impl VisitMut for LiveExports<'_> {
    noop_visit_mut_type!();

    fn visit_mut_module_items(&mut self, items: &mut Vec<ModuleItem>) {
        items.visit_mut_children_with(self);
        let mut with_exports = Vec::with_capacity(items.len());
        for mut item in items.drain(..) {
            let after = match &mut item {
                ModuleItem::Stmt(statement) => self.after_statement(statement),
                ModuleItem::ModuleDecl(_) => Vec::new(),
            };
            with_exports.push(item);
            with_exports.extend(after.into_iter().map(ModuleItem::Stmt));
        }
        *items = with_exports;
    }

    fn visit_mut_stmts(&mut self, statements: &mut Vec<Stmt>) {
        statements.visit_mut_children_with(self);
        let mut with_exports = Vec::with_capacity(statements.len());
        for mut statement in statements.drain(..) {
            let after = self.after_statement(&mut statement);
            with_exports.push(statement);
            with_exports.extend(after);
        }
        *statements = with_exports;
    }

    fn visit_mut_for_stmt(&mut self, node: &mut ForStmt) {
        node.visit_mut_children_with(self);
        if let Some(VarDeclOrExpr::VarDecl(variables)) = &mut node.init {
            for declarator in &mut variables.decls {
                if let (Pat::Ident(name), Some(init)) = (&declarator.name, &mut declarator.init) {
                    let value = std::mem::replace(&mut **init, Expr::dummy_value());
                    **init = self.export(&name.to_id(), value);
                }
            }
        }
    }

    fn visit_mut_for_in_stmt(&mut self, node: &mut ForInStmt) {
        node.visit_mut_children_with(self);
        self.loop_head(&node.left, &mut node.body);
    }

    fn visit_mut_for_of_stmt(&mut self, node: &mut ForOfStmt) {
        node.visit_mut_children_with(self);
        self.loop_head(&node.left, &mut node.body);
    }

    fn visit_mut_expr(&mut self, node: &mut Expr) {
        node.visit_mut_children_with(self);
        let exported = match &*node {
            Expr::Assign(assignment) => self.exported_in(&assignment.left),
            Expr::Update(update) => match &*update.arg {
                Expr::Ident(name) if self.names.contains_key(&name.to_id()) => vec![name.to_id()],
                _ => return,
            },
            _ => return,
        };
        let Some(first) = exported.first() else { return };
        let simple = match &*node {
            Expr::Assign(assignment) => matches!(
                &assignment.left,
                AssignTarget::Simple(SimpleAssignTarget::Ident(_) | SimpleAssignTarget::Paren(_))
            ),
            Expr::Update(update) => update.prefix,
            _ => false,
        };
        let expression = std::mem::replace(node, Expr::dummy_value());
        *node = if simple { self.export(first, expression) } else { self.then_export(expression, &exported) };
    }
}

/// `const f = () => 1` names the function; `const f = exports.f = () => 1` would not.
fn names_its_function(init: &Expr) -> bool {
    match init {
        Expr::Arrow(_) => true,
        Expr::Fn(function) => function.ident.is_none(),
        Expr::Class(class) => class.ident.is_none(),
        Expr::Paren(inner) => names_its_function(&inner.expr),
        _ => false,
    }
}

/// The bindings that an assignment's left side writes.
#[derive(Default)]
pub(super) struct Targets {
    ids: Vec<Id>,
}

impl swc_core::ecma::visit::Visit for Targets {
    fn visit_simple_assign_target(&mut self, node: &SimpleAssignTarget) {
        if let SimpleAssignTarget::Ident(name) = node {
            self.ids.push(name.to_id());
        }
    }

    fn visit_pat(&mut self, node: &Pat) {
        match node {
            Pat::Ident(name) => self.ids.push(name.to_id()),
            Pat::Expr(expression) => {
                if let Expr::Ident(name) = &**expression {
                    self.ids.push(name.to_id());
                }
            }
            _ => swc_core::ecma::visit::VisitWith::visit_children_with(node, self),
        }
    }

    fn visit_assign_pat_prop(&mut self, node: &AssignPatProp) {
        self.ids.push(node.key.to_id());
    }

    fn visit_expr(&mut self, _: &Expr) {}
}

/// Taking an expression out leaves this behind for a moment.
trait DummyValue {
    fn dummy_value() -> Self;
}

impl DummyValue for Expr {
    fn dummy_value() -> Self {
        Expr::Invalid(Invalid { span: DUMMY_SP })
    }
}
