//! `super` of object literals, for an engine whose `super` is not to be trusted.
//!
//! The compiler's own pass knows methods alone, so accessors are methods while it runs.

use swc_core::common::DUMMY_SP;
use swc_core::ecma::ast::*;
use swc_core::ecma::transforms::compat::es2015;
use swc_core::ecma::utils::private_ident;
use swc_core::ecma::visit::{VisitMut, VisitMutWith, noop_visit_mut_type};

use crate::snippet;

/// Leads `super` in methods and accessors of objects to the object's prototype. It must run before
/// classes are lowered: within one, they would take it for theirs.
pub(crate) fn lower(program: &mut Program) {
    let (getter, setter) = (private_ident!("_getter"), private_ident!("_setter"));
    program.visit_mut_with(&mut AsMethods { getter: &getter, setter: &setter });
    es2015::object_super().process(program);
    program.visit_mut_with(&mut AsAccessors { getter: &getter, setter: &setter });
}

/// `get key() {}` becomes `[getter(key)]() {}`.
struct AsMethods<'a> {
    getter: &'a Ident,
    setter: &'a Ident,
}

impl VisitMut for AsMethods<'_> {
    noop_visit_mut_type!();

    fn visit_mut_prop(&mut self, node: &mut Prop) {
        node.visit_mut_children_with(self);
        let (key, function, marker) = match node {
            Prop::Getter(getter) => (&getter.key, &getter.function, self.getter),
            Prop::Setter(setter) => (&setter.key, &setter.function, self.setter),
            _ => return,
        };
        let marked = snippet::call(marker.clone().into(), vec![value_of(key)], DUMMY_SP);
        let key = PropName::Computed(ComputedPropName { span: DUMMY_SP, expr: Box::new(marked) });
        *node = Prop::Method(MethodProp { key, function: function.clone() });
    }
}

/// The way back.
struct AsAccessors<'a> {
    getter: &'a Ident,
    setter: &'a Ident,
}

impl VisitMut for AsAccessors<'_> {
    noop_visit_mut_type!();

    fn visit_mut_prop(&mut self, node: &mut Prop) {
        node.visit_mut_children_with(self);
        let Prop::Method(MethodProp { key: PropName::Computed(computed), function }) = node else { return };
        let Expr::Call(CallExpr { callee: Callee::Expr(callee), args, .. }) = &*computed.expr else { return };
        let (Expr::Ident(marker), [written]) = (&**callee, args.as_slice()) else { return };
        let key = name_of(&written.expr);
        if marker.to_id() == self.getter.to_id() {
            *node = Prop::Getter(GetterProp { span: DUMMY_SP, key, function: function.clone() });
        } else if marker.to_id() == self.setter.to_id() {
            *node = Prop::Setter(SetterProp { span: DUMMY_SP, key, function: function.clone() });
        }
    }
}

fn value_of(key: &PropName) -> Expr {
    match key {
        PropName::Ident(name) => snippet::string(&name.sym),
        PropName::Str(text) => Expr::Lit(Lit::Str(text.clone())),
        PropName::Num(number) => Expr::Lit(Lit::Num(number.clone())),
        PropName::BigInt(number) => Expr::Lit(Lit::BigInt(number.clone())),
        PropName::Computed(computed) => (*computed.expr).clone(),
    }
}

fn name_of(value: &Expr) -> PropName {
    match value {
        Expr::Lit(Lit::Str(text)) => PropName::Str(text.clone()),
        Expr::Lit(Lit::Num(number)) => PropName::Num(number.clone()),
        other => PropName::Computed(ComputedPropName { span: DUMMY_SP, expr: Box::new(other.clone()) }),
    }
}
