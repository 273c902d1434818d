//! The call that makes a worklet: the function as it was, with its code as text, its hash and
//! what it has captured hung on it.

use std::collections::HashMap;

use swc_core::common::{DUMMY_SP, Mark, SyntaxContext};
use swc_core::ecma::ast::*;
use swc_core::ecma::utils::private_ident;
use swc_core::ecma::visit::VisitMutWith;

use super::code::{self, Code};
use super::rename::Renamed;
use super::routine::{NO_CLOSURE, Routine};
use super::{Captured, Context, closure};
use crate::snippet::{self, ident, member};

/// Where in the line of the stack trace the plugin's own marker stands; the runtime knows it.
const STACK_COLUMN: i32 = -27;

/// A worklet that is made.
pub(super) struct Made {
    /// The call of the factory.
    pub(super) call: Expr,
    /// `const _worklet_…_init_data = …`, for the module's top.
    pub(super) init_data: Stmt,
}

/// Makes a worklet of a function whose own worklets are made already.
pub(super) fn make(mut routine: Routine, context: &mut Context<'_>) -> std::io::Result<Made> {
    let takes_along = !routine.has(NO_CLOSURE);
    routine.strip_directives();
    let unresolved = SyntaxContext::empty().apply_mark(context.unresolved);
    let names = if takes_along { closure::captured(&routine, unresolved) } else { Vec::new() };
    let mut captured: Vec<_> = names.into_iter().map(|name| Captured { name, is_class: false }).collect();
    context.made += 1;
    let (name, react_name) = code::names(&routine, context.path, context.made);
    let code = code::write(&routine, &name, &mut captured, context)?;
    let hash = code::hash(&code.text);
    let data = context.init_data_name(hash);
    let init_data =
        snippet::declare(VarDeclKind::Const, data.clone().into(), init_data(code, context), DUMMY_SP);

    let parts = Parts { routine, captured, name, react_name, hash, data };
    Ok(Made { call: parts.call(context), init_data })
}

/// `{ code, location, sourceMap }`
fn init_data(code: Code, context: &Context<'_>) -> Expr {
    let mut entries = vec![("code", snippet::string(&code.text))];
    if context.dev {
        entries.push(("location", snippet::string(context.path)));
    }
    if let Some(map) = &code.map {
        entries.push(("sourceMap", snippet::string(map)));
    }
    snippet::object(entries)
}

struct Parts {
    routine: Routine,
    captured: Vec<Captured>,
    name: String,
    react_name: String,
    hash: f64,
    data: Ident,
}

impl Parts {
    /// `(function nameFactory({ data, a }) { … return name; })({ data, a })`
    fn call(mut self, context: &Context<'_>) -> Expr {
        let span = self.routine.span;
        let inside = SyntaxContext::empty().apply_mark(Mark::new());
        let fresh = |name: &Ident| Ident { ctxt: inside, span: DUMMY_SP, ..name.clone() };
        let own = private(&self.react_name);
        let mut names: HashMap<Id, Ident> =
            self.captured.iter().map(|one| (one.name.to_id(), fresh(&one.name))).collect();
        if let Some(name) = self.routine.name.as_ref().filter(|_| self.routine.names_itself) {
            names.insert(name.to_id(), own.clone());
        }
        let mut renamed = Renamed::new(names);
        self.routine.params.visit_mut_with(&mut renamed);
        self.routine.body.visit_mut_with(&mut renamed);

        let outer: Vec<Ident> =
            std::iter::once(&self.data).chain(self.captured.iter().map(|one| &one.name)).cloned().collect();
        let parameters = snippet::shorthand_pattern(outer.iter().map(fresh).collect());
        let arguments = snippet::shorthand_object(outer);
        let factory = private(&format!("{}Factory", self.name));
        let body = self.statements(&own, fresh, context);
        let function = Box::new(snippet::function(vec![parameters], body));
        let factory = Expr::Fn(FnExpr { ident: Some(factory), function });
        let factory = Expr::Paren(ParenExpr { span: DUMMY_SP, expr: Box::new(factory) });
        snippet::call(factory, vec![arguments], span)
    }

    fn statements(self, own: &Ident, fresh: impl Fn(&Ident) -> Ident, context: &Context<'_>) -> Vec<Stmt> {
        let set = |name: &str, value: Expr| {
            let target = member(Expr::Ident(own.clone()), &name.into(), DUMMY_SP);
            snippet::statement(snippet::assign(target, value))
        };
        let constant =
            |name: Ident, value: Expr| snippet::declare(VarDeclKind::Const, name.into(), value, DUMMY_SP);
        let marker = private("_e");
        let closure = snippet::object_of(self.captured.iter().map(|one| one.entry(&fresh)).collect());
        let lines = self.captured.len();
        let function = self.routine.into_expression();
        let mut statements = Vec::new();
        if context.dev {
            statements.push(constant(marker.clone(), stack_marker(lines, context.unresolved)));
        }
        statements.push(constant(own.clone(), function));
        statements.push(set("__closure", closure));
        statements.push(set("__workletHash", snippet::float(self.hash)));
        if context.dev {
            statements.push(set("__pluginVersion", snippet::string(context.version)));
        }
        statements.push(set("__initData", Expr::Ident(fresh(&self.data))));
        if context.dev {
            statements.push(set("__stackDetails", Expr::Ident(marker)));
        }
        let own = Box::new(Expr::Ident(own.clone()));
        statements.push(Stmt::Return(ReturnStmt { span: DUMMY_SP, arg: Some(own) }));
        statements
    }
}

fn private(name: &str) -> Ident {
    private_ident!(swc_core::atoms::Atom::from(name))
}

/// `[new global.Error(), lines, column]`: where the stack trace of a worklet begins.
fn stack_marker(captured: usize, unresolved: Mark) -> Expr {
    let global = ident("global", SyntaxContext::empty().apply_mark(unresolved));
    let error = member(Expr::Ident(global), &"Error".into(), DUMMY_SP);
    let error = Expr::New(NewExpr {
        span: DUMMY_SP,
        callee: Box::new(Expr::Member(error)),
        args: Some(Vec::new()),
        ..NewExpr::default()
    });
    // The plugin counts the lines that its own printer gives the closure.
    let captured = i32::try_from(captured).unwrap_or(i32::MAX - 2);
    let line = if captured > 0 { -1 - captured } else { 1 };
    snippet::array(vec![error, snippet::float(f64::from(line)), snippet::float(f64::from(STACK_COLUMN))])
}
