//! Building small trees.

use swc_core::atoms::Atom;
use swc_core::common::{DUMMY_SP, Span, SyntaxContext};
use swc_core::ecma::ast::*;
use swc_core::ecma::utils::is_valid_prop_ident;

pub(crate) fn ident(name: &str, context: SyntaxContext) -> Ident {
    Ident::new(name.into(), DUMMY_SP, context)
}

pub(crate) fn string(value: &str) -> Expr {
    Expr::Lit(Lit::Str(value.into()))
}

pub(crate) fn undefined() -> Expr {
    Expr::Unary(UnaryExpr { span: DUMMY_SP, op: UnaryOp::Void, arg: Box::new(number(0)) })
}

pub(crate) fn number(value: u32) -> Expr {
    Expr::Lit(Lit::Num(Number { span: DUMMY_SP, value: f64::from(value), raw: None }))
}

pub(crate) fn float(value: f64) -> Expr {
    Expr::Lit(Lit::Num(Number { span: DUMMY_SP, value, raw: None }))
}

pub(crate) fn boolean(value: bool) -> Expr {
    Expr::Lit(Lit::Bool(Bool { span: DUMMY_SP, value }))
}

/// `object.name`, or `object["name"]` where the name is not an identifier.
pub(crate) fn member(object: Expr, name: &Atom, span: Span) -> MemberExpr {
    let prop = if is_valid_prop_ident(name) {
        MemberProp::Ident(IdentName::new(name.clone(), DUMMY_SP))
    } else {
        MemberProp::Computed(ComputedPropName { span: DUMMY_SP, expr: Box::new(string(name)) })
    };
    MemberExpr { span, obj: Box::new(object), prop }
}

/// `object[index]`
pub(crate) fn element(object: Expr, index: u32) -> Expr {
    let expr = Box::new(number(index));
    let prop = MemberProp::Computed(ComputedPropName { span: DUMMY_SP, expr });
    Expr::Member(MemberExpr { span: DUMMY_SP, obj: Box::new(object), prop })
}

pub(crate) fn call(callee: Expr, arguments: Vec<Expr>, span: Span) -> Expr {
    Expr::Call(CallExpr {
        span,
        ctxt: SyntaxContext::empty(),
        callee: Callee::Expr(Box::new(callee)),
        args: arguments.into_iter().map(|expr| ExprOrSpread { spread: None, expr: Box::new(expr) }).collect(),
        type_args: None,
    })
}

/// `target = value`
pub(crate) fn assign(target: MemberExpr, value: Expr) -> Expr {
    Expr::Assign(AssignExpr {
        span: DUMMY_SP,
        op: AssignOp::Assign,
        left: AssignTarget::Simple(SimpleAssignTarget::Member(target)),
        right: Box::new(value),
    })
}

pub(crate) fn statement(expression: Expr) -> Stmt {
    Stmt::Expr(ExprStmt { span: DUMMY_SP, expr: Box::new(expression) })
}

/// `kind name = value;`
pub(crate) fn declare(kind: VarDeclKind, name: Pat, value: Expr, span: Span) -> Stmt {
    Stmt::Decl(Decl::Var(Box::new(variable(kind, name, value, span))))
}

/// The declaration alone.
pub(crate) fn variable(kind: VarDeclKind, name: Pat, value: Expr, span: Span) -> VarDecl {
    VarDecl {
        span,
        ctxt: SyntaxContext::empty(),
        kind,
        declare: false,
        decls: vec![VarDeclarator { span, name, init: Some(Box::new(value)), definite: false }],
    }
}

/// `function () { return value; }`
pub(crate) fn getter(value: Expr) -> Expr {
    let body = vec![Stmt::Return(ReturnStmt { span: DUMMY_SP, arg: Some(Box::new(value)) })];
    Expr::Fn(FnExpr { ident: None, function: Box::new(function(Vec::new(), body)) })
}

pub(crate) fn function(parameters: Vec<Pat>, body: Vec<Stmt>) -> Function {
    Function {
        params: parameters
            .into_iter()
            .map(|pat| Param { span: DUMMY_SP, decorators: Vec::new(), pat })
            .collect(),
        body: Some(FunctionBody { span: DUMMY_SP, stmts: body }),
        ..Function::default()
    }
}

/// `{ key: value, … }`
pub(crate) fn object(entries: Vec<(&str, Expr)>) -> Expr {
    let props = entries
        .into_iter()
        .map(|(key, value)| {
            let key = if is_valid_prop_ident(key) {
                PropName::Ident(IdentName::new(key.into(), DUMMY_SP))
            } else {
                PropName::Str(key.into())
            };
            PropOrSpread::Prop(Box::new(Prop::KeyValue(KeyValueProp { key, value: Box::new(value) })))
        })
        .collect();
    Expr::Object(ObjectLit { span: DUMMY_SP, props })
}

/// `{ key: value, … }` of identifiers.
pub(crate) fn object_of(entries: Vec<(Atom, Expr)>) -> Expr {
    let entry = |(key, value): (Atom, Expr)| {
        let key = PropName::Ident(IdentName::new(key, DUMMY_SP));
        PropOrSpread::Prop(Box::new(Prop::KeyValue(KeyValueProp { key, value: Box::new(value) })))
    };
    Expr::Object(ObjectLit { span: DUMMY_SP, props: entries.into_iter().map(entry).collect() })
}

/// `{ a, b }` as a value.
pub(crate) fn shorthand_object(names: Vec<Ident>) -> Expr {
    let entry = |name| PropOrSpread::Prop(Box::new(Prop::Shorthand(name)));
    Expr::Object(ObjectLit { span: DUMMY_SP, props: names.into_iter().map(entry).collect() })
}

/// `{ a, b }` as a pattern.
pub(crate) fn shorthand_pattern(names: Vec<Ident>) -> Pat {
    let entry =
        |name: Ident| ObjectPatProp::Assign(AssignPatProp { span: DUMMY_SP, key: name.into(), value: None });
    Pat::Object(ObjectPat {
        span: DUMMY_SP,
        props: names.into_iter().map(entry).collect(),
        optional: false,
        type_ann: None,
    })
}

pub(crate) fn array(values: Vec<Expr>) -> Expr {
    let elems =
        values.into_iter().map(|expr| Some(ExprOrSpread { spread: None, expr: Box::new(expr) })).collect();
    Expr::Array(ArrayLit { span: DUMMY_SP, elems })
}

/// `Object.defineProperty(exports, name, descriptor);`
pub(crate) fn define_export(name: &str, descriptor: Vec<(&str, Expr)>, unresolved: SyntaxContext) -> Stmt {
    let define = member(Expr::Ident(ident("Object", unresolved)), &"defineProperty".into(), DUMMY_SP);
    let arguments = vec![Expr::Ident(ident("exports", unresolved)), string(name), object(descriptor)];
    statement(call(Expr::Member(define), arguments, DUMMY_SP))
}

/// The string an expression is, when it is one without evaluating anything.
pub(crate) fn constant_string(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(Lit::Str(text)) => Some(text.value.to_string_lossy().into_owned()),
        Expr::Tpl(template) if template.exprs.is_empty() => {
            template.quasis.first()?.cooked.as_ref().map(|text| text.to_string_lossy().into_owned())
        }
        Expr::Bin(binary) if binary.op == BinaryOp::Add => {
            Some(constant_string(&binary.left)? + &constant_string(&binary.right)?)
        }
        Expr::Paren(inner) => constant_string(&inner.expr),
        _ => None,
    }
}

/// A string that stands alone, as `"use strict"` does.
pub(crate) fn is_directive(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Expr(ExprStmt { expr, .. }) if matches!(&**expr, Expr::Lit(Lit::Str(_))))
}
