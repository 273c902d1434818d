//! Which functions a call turns into worklets: callbacks of hooks, of gestures and of layout
//! animations, written at the call or under a name that leads to them.
//!
//! **Invariant:** nothing is changed here; a function is known by its span.

use std::collections::{HashMap, HashSet};

use swc_core::common::{BytePos, Span, Spanned};
use swc_core::ecma::ast::*;
use swc_core::ecma::utils::find_pat_ids;
use swc_core::ecma::visit::{Visit, VisitWith, noop_visit_type};

use super::names::{self, Takes};

/// How many names may lead from one to the next.
const ALIASES_MAX: usize = 64;

/// What calls turn into worklets.
#[derive(Default)]
pub(super) struct Marks {
    pub(super) functions: HashSet<Span>,
    /// Elements of callback objects that are no callbacks.
    pub(super) misplaced: Vec<BytePos>,
}

pub(super) fn find(module: &Module) -> Marks {
    let mut reading = Reading::default();
    module.visit_with(&mut reading);
    let mut marks = Marks::default();
    for (value, takes) in std::mem::take(&mut reading.arguments) {
        reading.mark(&value, takes, &mut marks);
    }
    marks
}

/// What an argument, or the value behind a name, is.
#[derive(Clone)]
enum Value {
    Function(Span),
    Object(Vec<Entry>),
    Name(Id),
    Other,
}

#[derive(Clone)]
enum Entry {
    Callback(Value),
    Misplaced(BytePos),
}

#[derive(Default)]
struct Binding {
    /// What its declaration gives it; none for a parameter or an import.
    declared: Option<Value>,
    /// What plain assignments give it, in order; `Other` for every other way of writing.
    written: Vec<Value>,
    is_function: bool,
}

#[derive(Default)]
struct Reading {
    bindings: HashMap<Id, Binding>,
    arguments: Vec<(Value, Takes)>,
}

impl Reading {
    fn mark(&self, value: &Value, takes: Takes, marks: &mut Marks) {
        match self.resolve(value, takes) {
            Some(Value::Function(span)) => {
                marks.functions.insert(*span);
            }
            Some(Value::Object(entries)) => {
                for entry in entries {
                    match entry {
                        Entry::Callback(value) => self.mark(value, Takes::Functions, marks),
                        Entry::Misplaced(at) => marks.misplaced.push(*at),
                    }
                }
            }
            _ => {}
        }
    }

    fn resolve<'a>(&'a self, value: &'a Value, takes: Takes) -> Option<&'a Value> {
        let mut value = value;
        for _ in 0..ALIASES_MAX {
            let Value::Name(name) = value else { return Some(value).filter(|value| accepted(value, takes)) };
            let binding = self.bindings.get(name)?;
            value = if binding.is_function || binding.written.is_empty() {
                binding.declared.as_ref()?
            } else {
                binding.written.iter().rev().find(|value| accepted(value, takes))?
            };
        }
        None
    }

    fn declare(&mut self, name: &Ident, value: Value) {
        self.bindings.entry(name.to_id()).or_default().declared = Some(value);
    }

    fn write(&mut self, name: Id, value: Value) {
        self.bindings.entry(name).or_default().written.push(value);
    }

    fn arguments_of(&mut self, call: &CallExpr) {
        let Callee::Expr(callee) = &call.callee else { return };
        let callee = last(callee);
        let hook = called_name(callee).and_then(|name| names::HOOKS.iter().find(|hook| hook.name == name));
        for (index, argument) in call.args.iter().enumerate() {
            let value = || value_of(&argument.expr);
            if let Some(hook) = hook {
                if hook.arguments.contains(&index) {
                    self.arguments.push((value(), hook.takes));
                }
            } else if is_gesture_callback(callee) {
                self.arguments.push((value(), Takes::Both));
            } else if is_layout_callback(callee)
                && let function @ Value::Function(_) = value()
            {
                self.arguments.push((function, Takes::Functions));
            }
        }
    }
}

fn accepted(value: &Value, takes: Takes) -> bool {
    match value {
        Value::Function(_) => takes != Takes::Objects,
        Value::Object(_) => takes != Takes::Functions,
        Value::Name(_) | Value::Other => false,
    }
}

fn value_of(expression: &Expr) -> Value {
    match expression {
        Expr::Paren(inner) => value_of(&inner.expr),
        Expr::Fn(function) => Value::Function(function.function.span),
        Expr::Arrow(arrow) => Value::Function(arrow.span),
        Expr::Ident(name) => Value::Name(name.to_id()),
        Expr::Object(object) => Value::Object(object.props.iter().map(entry_of).collect()),
        _ => Value::Other,
    }
}

fn entry_of(prop: &PropOrSpread) -> Entry {
    match prop {
        PropOrSpread::Spread(spread) => Entry::Misplaced(spread.dot3_token.lo),
        PropOrSpread::Prop(prop) => match &**prop {
            Prop::Method(method) => Entry::Callback(Value::Function(method.function.span)),
            Prop::KeyValue(pair) => Entry::Callback(value_of(&pair.value)),
            Prop::Shorthand(name) => Entry::Callback(Value::Name(name.to_id())),
            other => Entry::Misplaced(other.span().lo),
        },
    }
}

/// `f` of `(0, x.f)`.
fn last(callee: &Expr) -> &Expr {
    match callee {
        Expr::Paren(inner) => last(&inner.expr),
        Expr::Seq(sequence) => sequence.exprs.last().map_or(callee, |expression| last(expression)),
        other => other,
    }
}

fn called_name(callee: &Expr) -> Option<&str> {
    match callee {
        Expr::Ident(name) => Some(&name.sym),
        Expr::Member(member) => property(member),
        _ => None,
    }
}

fn property(member: &MemberExpr) -> Option<&str> {
    match &member.prop {
        MemberProp::Ident(name) => Some(&name.sym),
        _ => None,
    }
}

/// The method and what it is called on.
fn method(expression: &Expr) -> Option<(&str, &Expr)> {
    let Expr::Member(member) = expression else { return None };
    Some((property(member)?, last(&member.obj)))
}

/// A call's callee as a method.
fn called_method(expression: &Expr) -> Option<(&str, &Expr)> {
    let Expr::Call(CallExpr { callee: Callee::Expr(callee), .. }) = expression else { return None };
    method(last(callee))
}

/// `Gesture.Pan().….onUpdate`
fn is_gesture_callback(callee: &Expr) -> bool {
    let Some((name, mut object)) = method(callee) else { return false };
    if !names::GESTURE_CALLBACKS.contains(&name) {
        return false;
    }
    while let Some((name, inner)) = called_method(object) {
        if matches!(inner, Expr::Ident(root) if root.sym == "Gesture") && names::GESTURES.contains(&name) {
            return true;
        }
        object = inner;
    }
    false
}

/// `FadeIn.duration(300).withCallback`
fn is_layout_callback(callee: &Expr) -> bool {
    let Some(("withCallback", mut object)) = method(callee) else { return false };
    loop {
        match object {
            Expr::Ident(name) => return names::is_layout_animation(&name.sym),
            Expr::New(made) => {
                return matches!(&*made.callee, Expr::Ident(name) if names::is_layout_animation(&name.sym));
            }
            _ => match called_method(object) {
                Some((name, inner)) if names::LAYOUT_METHODS.contains(&name) => object = inner,
                _ => return false,
            },
        }
    }
}

impl Visit for Reading {
    noop_visit_type!();

    fn visit_call_expr(&mut self, node: &CallExpr) {
        self.arguments_of(node);
        node.visit_children_with(self);
    }

    fn visit_fn_decl(&mut self, node: &FnDecl) {
        self.declare(&node.ident, Value::Function(node.function.span));
        self.bindings.entry(node.ident.to_id()).or_default().is_function = true;
        node.visit_children_with(self);
    }

    fn visit_var_declarator(&mut self, node: &VarDeclarator) {
        if let Pat::Ident(name) = &node.name {
            self.declare(name, node.init.as_deref().map_or(Value::Other, value_of));
        }
        node.visit_children_with(self);
    }

    fn visit_assign_expr(&mut self, node: &AssignExpr) {
        match (&node.left, node.op) {
            (AssignTarget::Simple(SimpleAssignTarget::Ident(name)), AssignOp::Assign) => {
                self.write(name.to_id(), value_of(&node.right));
            }
            (AssignTarget::Simple(SimpleAssignTarget::Ident(name)), _) => {
                self.write(name.to_id(), Value::Other);
            }
            (AssignTarget::Pat(pattern), _) => {
                for name in find_pat_ids::<_, Id>(pattern) {
                    self.write(name, Value::Other);
                }
            }
            _ => {}
        }
        node.visit_children_with(self);
    }

    fn visit_update_expr(&mut self, node: &UpdateExpr) {
        if let Expr::Ident(name) = &*node.arg {
            self.write(name.to_id(), Value::Other);
        }
        node.visit_children_with(self);
    }
}
