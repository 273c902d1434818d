//! What the Hermes engine of React Native cannot run, written differently.
//!
//! Hermes V1 runs classes, private names, async functions and destructuring, but: loops share
//! one slot for a `let` that closures capture, async generators and static blocks are refused,
//! async arrows forget parameters that are patterns, classes in a `finally` block and `super` in
//! the accessors of an object literal are miscompiled. It does not say so in every case, which is
//! why nothing here may be left out. Expo's preset works around the same.

use swc_core::common::{DUMMY_SP, Mark};
use swc_core::ecma::ast::*;
use swc_core::ecma::transforms::compat::{es2015, es2017, es2018, es2022};
use swc_core::ecma::utils::private_ident;
use swc_core::ecma::visit::{Visit, VisitMut, VisitMutWith, VisitWith, noop_visit_mut_type, noop_visit_type};

use crate::api::Engine;
use crate::{object_super, snippet};

pub(crate) fn lower(program: &mut Program, engine: Engine, unresolved: Mark) {
    match engine {
        Engine::HermesV1 => lower_for_v1(program, unresolved),
        Engine::HermesV0 => lower_for_v0(program, unresolved),
    }
}

/// Hermes before React Native 0.84 has functions, arrows, generators, templates and spread, but no
/// classes, no async functions and no names for groups of a regular expression. The order is that
/// of the compiler's own presets: what one pass makes, a later one lowers.
fn lower_for_v0(program: &mut Program, unresolved: Mark) {
    object_super::lower(program);
    let fields = es2022::class_properties::Config { set_public_fields: true, ..Default::default() };
    es2022::es2022(es2022::Config { class_properties: fields }, unresolved).process(program);
    es2018::es2018(es2018::Config::default()).process(program);
    es2017::es2017(es2017::Config::default(), unresolved).process(program);
    es2015::classes(es2015::classes::Config::default()).process(program);
    es2015::new_target().process(program);
    es2015::parameters(es2015::parameters::Config::default(), unresolved).process(program);
    es2015::destructuring(es2015::destructuring::Config::default()).process(program);
    es2015::block_scoping(unresolved).process(program);
}

fn lower_for_v1(program: &mut Program, unresolved: Mark) {
    let mut features = Features::default();
    program.visit_with(&mut features);
    if features.async_arrows {
        program.visit_mut_with(&mut AsyncArrows);
    }
    if features.finally_blocks {
        program.visit_mut_with(&mut ClassesInFinally { inside: false });
    }
    if features.super_members {
        program.visit_mut_with(&mut SuperInAccessors { found: false });
    }
    if features.static_blocks {
        es2022::static_blocks().process(program);
    }
    if features.async_generators {
        es2017::async_to_generator(es2017::async_to_generator::Config::default(), unresolved)
            .process(program);
    }
    es2015::block_scoping(unresolved).process(program);
}

/// What a module uses, so that passes with nothing to do are not run.
#[derive(Default)]
struct Features {
    async_arrows: bool,
    async_generators: bool,
    static_blocks: bool,
    finally_blocks: bool,
    super_members: bool,
}

impl Visit for Features {
    noop_visit_type!();

    fn visit_function(&mut self, node: &Function) {
        self.async_generators |= node.is_async && node.is_generator;
        node.visit_children_with(self);
    }

    fn visit_arrow_expr(&mut self, node: &ArrowExpr) {
        self.async_arrows |= node.is_async && !node.params.iter().all(Pat::is_ident);
        node.visit_children_with(self);
    }

    fn visit_try_stmt(&mut self, node: &TryStmt) {
        self.finally_blocks |= node.finalizer.is_some();
        node.visit_children_with(self);
    }

    fn visit_super_prop_expr(&mut self, node: &SuperPropExpr) {
        self.super_members = true;
        node.visit_children_with(self);
    }

    fn visit_static_block(&mut self, node: &StaticBlock) {
        self.static_blocks = true;
        node.visit_children_with(self);
    }
}

/// `async ({a}, b = 1) => body` becomes `async (_p0, _p1) => { let {a} = _p0; … }`; with a rest
/// parameter it becomes a plain arrow around an async one.
struct AsyncArrows;

impl VisitMut for AsyncArrows {
    noop_visit_mut_type!();

    fn visit_mut_arrow_expr(&mut self, node: &mut ArrowExpr) {
        node.visit_mut_children_with(self);
        if !node.is_async || node.params.iter().all(Pat::is_ident) {
            return;
        }
        if node.params.iter().any(Pat::is_rest) {
            wrap_async(node);
            return;
        }
        let mut declarations = Vec::new();
        for parameter in node.params.iter_mut().filter(|parameter| !parameter.is_ident()) {
            let name = private_ident!("_parameter");
            let pattern = std::mem::replace(parameter, Pat::Ident(name.clone().into()));
            let value = Expr::Ident(name.clone());
            let (target, value) = match pattern {
                Pat::Assign(assign) => (*assign.left, or_default(value, *assign.right)),
                other => (other, value),
            };
            declarations.push(snippet::declare(VarDeclKind::Let, target, value, DUMMY_SP));
        }
        prepend(&mut node.body, declarations);
    }
}

/// `async (...rest) => body` becomes `(...rest) => (async () => body)()`.
fn wrap_async(node: &mut ArrowExpr) {
    let placeholder = ArrowFunctionBody::FunctionBody(FunctionBody::default());
    let body = std::mem::replace(&mut *node.body, placeholder);
    let inner = ArrowExpr { is_async: true, body: Box::new(body), ..ArrowExpr::default() };
    let inner = Expr::Paren(ParenExpr { span: DUMMY_SP, expr: Box::new(Expr::Arrow(inner)) });
    node.is_async = false;
    *node.body = ArrowFunctionBody::Expr(Box::new(snippet::call(inner, Vec::new(), DUMMY_SP)));
}

/// `value === void 0 ? default : value`
fn or_default(value: Expr, default: Expr) -> Expr {
    let test = Expr::Bin(BinExpr {
        span: DUMMY_SP,
        op: BinaryOp::EqEqEq,
        left: Box::new(value.clone()),
        right: Box::new(snippet::undefined()),
    });
    Expr::Cond(CondExpr {
        span: DUMMY_SP,
        test: Box::new(test),
        cons: Box::new(default),
        alt: Box::new(value),
    })
}

fn prepend(body: &mut ArrowFunctionBody, mut declarations: Vec<Stmt>) {
    match body {
        ArrowFunctionBody::FunctionBody(block) => {
            declarations.append(&mut block.stmts);
            block.stmts = declarations;
        }
        ArrowFunctionBody::Expr(value) => {
            let value = std::mem::replace(value, Box::new(Expr::Invalid(Invalid { span: DUMMY_SP })));
            declarations.push(Stmt::Return(ReturnStmt { span: DUMMY_SP, arg: Some(value) }));
            *body = ArrowFunctionBody::FunctionBody(FunctionBody { span: DUMMY_SP, stmts: declarations });
        }
    }
}

/// A class in a `finally` block is made by a function of its own.
struct ClassesInFinally {
    inside: bool,
}

impl ClassesInFinally {
    fn with(&mut self, inside: bool, visit: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.inside, inside);
        visit(self);
        self.inside = before;
    }
}

impl VisitMut for ClassesInFinally {
    noop_visit_mut_type!();

    fn visit_mut_try_stmt(&mut self, node: &mut TryStmt) {
        node.block.visit_mut_with(self);
        node.handler.visit_mut_with(self);
        self.with(true, |pass| node.finalizer.visit_mut_with(pass));
    }

    fn visit_mut_function_body(&mut self, node: &mut FunctionBody) {
        self.with(false, |pass| node.visit_mut_children_with(pass));
    }

    fn visit_mut_class(&mut self, node: &mut Class) {
        self.with(false, |pass| node.visit_mut_children_with(pass));
    }

    fn visit_mut_decl(&mut self, node: &mut Decl) {
        node.visit_mut_children_with(self);
        if let (true, Decl::Class(class)) = (self.inside, &mut *node) {
            let name = class.ident.clone();
            let class = std::mem::take(&mut class.class);
            let value = made_by_function(Expr::Class(ClassExpr { ident: Some(name.clone()), class }));
            if let Stmt::Decl(made) = snippet::declare(VarDeclKind::Let, name.into(), value, DUMMY_SP) {
                *node = made;
            }
        }
    }

    fn visit_mut_expr(&mut self, node: &mut Expr) {
        node.visit_mut_children_with(self);
        if self.inside && node.is_class() {
            let class = std::mem::replace(node, Expr::Invalid(Invalid { span: DUMMY_SP }));
            *node = made_by_function(class);
        }
    }
}

/// `(() => value)()`
fn made_by_function(value: Expr) -> Expr {
    let body = Box::new(ArrowFunctionBody::Expr(Box::new(value)));
    let arrow = Expr::Arrow(ArrowExpr { body, ..ArrowExpr::default() });
    let arrow = Expr::Paren(ParenExpr { span: DUMMY_SP, expr: Box::new(arrow) });
    snippet::call(arrow, Vec::new(), DUMMY_SP)
}

/// `{ get a() { return super.a; } }` becomes `{ get ["a"]() { return super.a; } }`.
struct SuperInAccessors {
    /// `super.x` was seen in the current function.
    found: bool,
}

impl SuperInAccessors {
    fn accessor(&mut self, key: &mut PropName, visit: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.found, false);
        visit(self);
        let text = match key {
            PropName::Ident(name) => Some(snippet::string(&name.sym)),
            PropName::Str(text) => Some(Expr::Lit(Lit::Str(text.clone()))),
            _ => None,
        };
        if let (true, Some(text)) = (self.found, text) {
            *key = PropName::Computed(ComputedPropName { span: DUMMY_SP, expr: Box::new(text) });
        }
        self.found = before;
    }

    fn apart(&mut self, visit: impl FnOnce(&mut Self)) {
        let before = self.found;
        visit(self);
        self.found = before;
    }
}

impl VisitMut for SuperInAccessors {
    noop_visit_mut_type!();

    fn visit_mut_super_prop_expr(&mut self, node: &mut SuperPropExpr) {
        self.found = true;
        node.visit_mut_children_with(self);
    }

    fn visit_mut_getter_prop(&mut self, node: &mut GetterProp) {
        let GetterProp { key, function, .. } = node;
        self.accessor(key, |pass| function.visit_mut_children_with(pass));
    }

    fn visit_mut_setter_prop(&mut self, node: &mut SetterProp) {
        let SetterProp { key, function, .. } = node;
        self.accessor(key, |pass| function.visit_mut_children_with(pass));
    }

    fn visit_mut_function(&mut self, node: &mut Function) {
        self.apart(|pass| node.visit_mut_children_with(pass));
    }

    fn visit_mut_class(&mut self, node: &mut Class) {
        self.apart(|pass| node.visit_mut_children_with(pass));
    }
}
