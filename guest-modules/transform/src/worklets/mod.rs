//! Worklets: functions that run on another runtime than the one they were written for.
//!
//! React Native's animation libraries mark them with the directive `'worklet'` or take them as
//! callbacks. Each is turned into a call that makes the function as it was and hangs on it what
//! the other runtime needs: its code as text, a hash of that, and the values it captured. This is
//! what the Babel plugin of react-native-worklets does; the shape of its result is the contract
//! with the native half.
//!
//! It does not make the bundle of its own that newer versions can keep worklets in.
//!
//! **Invariant:** a worklet's text names nothing but its parameters, what it declares, what stands
//! in `__closure`, and the globals that every runtime has.

mod closure;
mod code;
mod factory;
mod file;
mod marks;
mod names;
mod rename;
mod routine;
mod style_warning;

use std::collections::HashSet;

use swc_core::common::{BytePos, DUMMY_SP, Mark};
use swc_core::ecma::ast::*;
use swc_core::ecma::utils::private_ident;
use swc_core::ecma::visit::{VisitMut, VisitMutWith, noop_visit_mut_type};

use marks::Marks;
use routine::{LIMIT_HOISTING, Routine, WORKLET};

use crate::snippet;

/// What all worklets of a module share.
pub(crate) struct Context<'a> {
    pub(crate) map: &'a code::Map,
    /// The path of the source.
    pub(crate) path: &'a str,
    pub(crate) dev: bool,
    /// The plugin whose contract this keeps.
    pub(crate) version: &'a str,
    pub(crate) unresolved: Mark,
    /// Worklets made so far.
    made: u32,
    init_data: HashSet<String>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        map: &'a code::Map,
        path: &'a str,
        version: &'a str,
        dev: bool,
        unresolved: Mark,
    ) -> Self {
        Self { map, path, dev, version, unresolved, made: 0, init_data: HashSet::default() }
    }

    /// A name for a worklet's constants that no other has.
    fn init_data_name(&mut self, hash: f64) -> Ident {
        let plain = format!("_worklet_{hash}_init_data");
        let mut name = plain.clone();
        let mut count = 1_u32;
        while !self.init_data.insert(name.clone()) {
            count += 1;
            name = format!("{plain}{count}");
        }
        private_ident!(swc_core::atoms::Atom::from(name))
    }
}

/// A name that a worklet captured.
struct Captured {
    name: Ident,
    /// Instances of it are made, so its factory travels in its place.
    is_class: bool,
}

impl Captured {
    /// The name in the worklet's text.
    fn in_code(&self) -> Ident {
        if !self.is_class {
            return self.name.clone();
        }
        Ident { sym: file::factory_name(&self.name.sym), ..self.name.clone() }
    }

    /// Its entry in `__closure`.
    fn entry(&self, fresh: impl Fn(&Ident) -> Ident) -> (swc_core::atoms::Atom, Expr) {
        let value = Expr::Ident(fresh(&self.name));
        if !self.is_class {
            return (self.name.sym.clone(), value);
        }
        let factory = file::factory_name(&self.name.sym);
        let member = snippet::member(value, &factory, DUMMY_SP);
        (factory, Expr::Member(member))
    }
}

/// What could not be done.
pub(crate) struct Refused {
    pub(crate) at: BytePos,
    pub(crate) message: String,
}

/// Whether a source is worth a look at all.
pub(crate) fn may_have_worklets(text: &str) -> bool {
    names::may_have_worklets(text)
}

/// Makes the worklets of a module whose types are gone and whose JSX still stands.
pub(crate) fn make(module: &mut Module, context: Context<'_>) -> Vec<Refused> {
    if context.dev {
        style_warning::warn(module, context.unresolved);
    }
    let classes = file::mark(module);
    let marks = marks::find(module);
    let mut refused: Vec<Refused> = marks
        .misplaced
        .iter()
        .map(|at| Refused {
            at: *at,
            message: "an object of worklets may only hold functions and names of functions".to_owned(),
        })
        .collect();
    let mut pass = Pass {
        context,
        marks,
        classes,
        reach: Reach::All,
        hoisted: Vec::new(),
        frames: Vec::new(),
        failures: Vec::new(),
    };
    module.visit_mut_with(&mut pass);
    refused.append(&mut pass.failures);
    refused
}

/// Which functions become worklets where the pass stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    All,
    /// Inside of a worklet whose text is not written yet: only those with the directive.
    Directives,
}

struct Pass<'a> {
    context: Context<'a>,
    marks: Marks,
    /// Classes that become worklets, by the span of their body.
    classes: file::Classes,
    reach: Reach,
    /// Constants to put before the current statement of the module.
    hoisted: Vec<Stmt>,
    /// The same for each function body around the current place.
    frames: Vec<Vec<Stmt>>,
    failures: Vec<Refused>,
}

impl Pass<'_> {
    fn is_worklet(&self, span: swc_core::common::Span, body: Option<&FunctionBody>) -> bool {
        body.is_some_and(|body| routine::body_has(body, WORKLET))
            || (self.reach == Reach::All && self.marks.functions.contains(&span))
    }

    fn worklet(&mut self, mut routine: Routine) -> Expr {
        self.marks.functions.remove(&routine.span);
        let before = std::mem::replace(&mut self.reach, Reach::Directives);
        routine.params.visit_mut_with(self);
        routine.body.visit_mut_with(self);
        self.reach = before;

        let at = routine.span.lo;
        let limited = routine.has(LIMIT_HOISTING);
        let mut made = match factory::make(routine, &mut self.context) {
            Ok(made) => made,
            Err(error) => {
                self.failures.push(Refused { at, message: error.to_string() });
                return snippet::undefined();
            }
        };
        match self.frames.last_mut() {
            Some(frame) if limited => frame.push(made.init_data),
            _ => self.hoisted.push(made.init_data),
        }
        if self.reach == Reach::All {
            made.call.visit_mut_children_with(self);
        }
        made.call
    }

    fn function(&mut self, name: Option<Ident>, function: &mut Box<Function>) -> Expr {
        self.worklet(Routine::of_function(name, std::mem::take(&mut **function)))
    }

    fn is_function_worklet(&self, function: &Function) -> bool {
        self.is_worklet(function.span, function.body.as_ref())
    }
}

/// `const name = value`
fn constant(name: Ident, value: Expr) -> Decl {
    Decl::Var(Box::new(snippet::variable(VarDeclKind::Const, name.into(), value, DUMMY_SP)))
}

impl VisitMut for Pass<'_> {
    noop_visit_mut_type!();

    fn visit_mut_expr(&mut self, node: &mut Expr) {
        match node {
            Expr::Fn(function) if self.is_function_worklet(&function.function) => {
                *node = self.function(function.ident.take(), &mut function.function);
            }
            Expr::Arrow(arrow) => {
                let body = match &*arrow.body {
                    ArrowFunctionBody::FunctionBody(body) => Some(body),
                    ArrowFunctionBody::Expr(_) => None,
                };
                if self.is_worklet(arrow.span, body) {
                    *node = self.worklet(Routine::of_arrow(std::mem::take(arrow)));
                } else {
                    node.visit_mut_children_with(self);
                }
            }
            Expr::Object(object) => {
                if self.reach == Reach::All {
                    file::make_context_object(object);
                }
                node.visit_mut_children_with(self);
            }
            _ => node.visit_mut_children_with(self),
        }
    }

    fn visit_mut_prop(&mut self, node: &mut Prop) {
        match node {
            Prop::Method(method) if self.is_function_worklet(&method.function) => {
                let function = std::mem::take(&mut *method.function);
                let value = self.worklet(Routine::of_method(&method.key, function));
                let key = method.key.clone();
                *node = Prop::KeyValue(KeyValueProp { key, value: Box::new(value) });
            }
            _ => node.visit_mut_children_with(self),
        }
    }

    fn visit_mut_decl(&mut self, node: &mut Decl) {
        match node {
            Decl::Fn(function) if self.is_function_worklet(&function.function) => {
                let name = function.ident.clone();
                let value = self.function(Some(name.clone()), &mut function.function);
                *node = constant(name, value);
            }
            Decl::Class(class) if self.reach == Reach::All && self.classes.contains(&class.class) => {
                self.classes.unmark(&mut class.class);
                let name = class.ident.clone();
                let mut value = file::class_factory(name.clone(), std::mem::take(&mut *class.class));
                value.visit_mut_with(self);
                *node = constant(name, value);
            }
            _ => node.visit_mut_children_with(self),
        }
    }

    fn visit_mut_module_decl(&mut self, node: &mut ModuleDecl) {
        if let ModuleDecl::ExportDefaultDecl(export) = node
            && let DefaultDecl::Fn(function) = &mut export.decl
            && self.is_function_worklet(&function.function)
        {
            let value = self.function(function.ident.take(), &mut function.function);
            *node =
                ModuleDecl::ExportDefaultExpr(ExportDefaultExpr { span: export.span, expr: Box::new(value) });
            return;
        }
        node.visit_mut_children_with(self);
    }

    fn visit_mut_function_body(&mut self, node: &mut FunctionBody) {
        self.frames.push(Vec::new());
        node.visit_mut_children_with(self);
        if let Some(mut first) = self.frames.pop().filter(|first| !first.is_empty()) {
            first.append(&mut node.stmts);
            node.stmts = first;
        }
    }

    fn visit_mut_module_items(&mut self, items: &mut Vec<ModuleItem>) {
        let mut with_data = Vec::with_capacity(items.len());
        for mut item in items.drain(..) {
            item.visit_mut_with(self);
            with_data.extend(self.hoisted.drain(..).map(ModuleItem::Stmt));
            with_data.push(item);
        }
        *items = with_data;
    }
}
