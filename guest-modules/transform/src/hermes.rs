//! What the Hermes engine of React Native cannot run, written differently.
//!
//! Hermes V1 runs classes, private names, async functions and destructuring, but: loops share
//! one slot for a `let` that closures capture, async generators and static blocks are refused,
//! and async arrows forget parameters that are patterns. It does not say so in every case, which
//! is why nothing here may be left out.

use swc_core::common::{DUMMY_SP, Mark};
use swc_core::ecma::ast::*;
use swc_core::ecma::transforms::compat::{es2015, es2017, es2022};
use swc_core::ecma::utils::private_ident;
use swc_core::ecma::visit::{Visit, VisitMut, VisitMutWith, VisitWith, noop_visit_mut_type, noop_visit_type};

use crate::snippet;

pub(crate) fn lower(program: &mut Program, unresolved: Mark) {
    let mut features = Features::default();
    program.visit_with(&mut features);
    if features.async_arrows {
        program.visit_mut_with(&mut AsyncArrows);
    }
    if features.static_blocks {
        es2022::static_blocks().process(program);
    }
    if features.async_generators {
        es2017::async_to_generator(es2017::async_to_generator::Config::default(), unresolved).process(program);
    }
    es2015::block_scoping(unresolved).process(program);
}

/// What a module uses, so that passes with nothing to do are not run.
#[derive(Default)]
struct Features {
    async_arrows: bool,
    async_generators: bool,
    static_blocks: bool,
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

    fn visit_static_block(&mut self, node: &StaticBlock) {
        self.static_blocks = true;
        node.visit_children_with(self);
    }
}

/// `async ({a}, b = 1) => body` becomes `async (_p0, _p1) => { let {a} = _p0; … }`.
struct AsyncArrows;

impl VisitMut for AsyncArrows {
    noop_visit_mut_type!();

    fn visit_mut_arrow_expr(&mut self, node: &mut ArrowExpr) {
        node.visit_mut_children_with(self);
        let simple = |pattern: &Pat| match pattern {
            Pat::Ident(_) => true,
            Pat::Rest(rest) => rest.arg.is_ident(),
            _ => false,
        };
        if !node.is_async || node.params.iter().all(simple) {
            return;
        }
        let mut declarations = Vec::new();
        for parameter in node.params.iter_mut().filter(|parameter| !simple(parameter)) {
            let name = private_ident!("_parameter");
            let pattern = std::mem::replace(parameter, Pat::Ident(name.clone().into()));
            let value = Expr::Ident(name.clone());
            let (target, value) = match pattern {
                Pat::Assign(assign) => (*assign.left, or_default(value, *assign.right)),
                Pat::Rest(mut rest) => {
                    let target = std::mem::replace(&mut *rest.arg, Pat::Ident(name.into()));
                    *parameter = Pat::Rest(rest);
                    (target, value)
                }
                other => (other, value),
            };
            declarations.push(snippet::declare(VarDeclKind::Let, target, value, DUMMY_SP));
        }
        prepend(&mut node.body, declarations);
    }
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
