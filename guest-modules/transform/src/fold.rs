//! Folding constants and dropping what can no longer be reached, for production.
//!
//! It runs before dependencies are collected, so that what only development needs never enters
//! the bundle.

use swc_core::common::Mark;
use swc_core::common::pass::Repeat;
use swc_core::ecma::ast::{Pass, Program};
use swc_core::ecma::transforms::optimization::simplify::{
    const_propagation::constant_propagation, dce, dead_branch_remover, expr_simplifier,
};

pub(crate) fn fold(program: &mut Program, unresolved: Mark) {
    constant_propagation().process(program);
    Repeat::new((
        expr_simplifier(unresolved, Default::default()),
        dead_branch_remover(unresolved),
        dce::dce(dce::Config::default(), unresolved),
    ))
    .process(program);
}
