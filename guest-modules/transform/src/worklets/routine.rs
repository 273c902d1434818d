//! A function on its way to becoming a worklet, whichever way it was written.

use swc_core::common::Span;
use swc_core::ecma::ast::*;

use crate::snippet;

/// The directives that are for us and vanish.
pub(super) const WORKLET: &str = "worklet";
pub(super) const NO_CLOSURE: &str = "no-worklet-closure";
pub(super) const LIMIT_HOISTING: &str = "limit-init-data-hoisting";

/// A function without its kind.
#[derive(Clone)]
pub(super) struct Routine {
    pub(super) span: Span,
    /// Its own name, or that of the method.
    pub(super) name: Option<Ident>,
    /// The name stands for the function inside of it, which a method's does not.
    pub(super) names_itself: bool,
    pub(super) params: Vec<Pat>,
    pub(super) body: ArrowFunctionBody,
    pub(super) is_async: bool,
    pub(super) is_generator: bool,
}

impl Routine {
    pub(super) fn of_function(name: Option<Ident>, function: Function) -> Self {
        Self {
            span: function.span,
            names_itself: name.is_some(),
            name,
            params: function.params.into_iter().map(|param| param.pat).collect(),
            body: ArrowFunctionBody::FunctionBody(function.body.unwrap_or_default()),
            is_async: function.is_async,
            is_generator: function.is_generator,
        }
    }

    pub(super) fn of_method(key: &PropName, function: Function) -> Self {
        let name = match key {
            PropName::Ident(name) => Some(Ident::from(name.clone())),
            _ => None,
        };
        Self { name, names_itself: false, ..Self::of_function(None, function) }
    }

    pub(super) fn of_arrow(arrow: ArrowExpr) -> Self {
        Self {
            span: arrow.span,
            name: None,
            names_itself: false,
            params: arrow.params,
            body: *arrow.body,
            is_async: arrow.is_async,
            is_generator: arrow.is_generator,
        }
    }

    pub(super) fn has(&self, directive: &str) -> bool {
        matches!(&self.body, ArrowFunctionBody::FunctionBody(body) if body_has(body, directive))
    }

    /// Takes our directives out.
    pub(super) fn strip_directives(&mut self) {
        if let ArrowFunctionBody::FunctionBody(body) = &mut self.body {
            strip(&mut body.stmts, &[WORKLET, NO_CLOSURE, LIMIT_HOISTING]);
        }
    }

    /// As an expression without a name. One that is written as `() => value` stays an arrow.
    pub(super) fn into_expression(self) -> Expr {
        match self.body {
            ArrowFunctionBody::FunctionBody(_) => {
                Expr::Fn(FnExpr { ident: None, function: Box::new(self.into_function()) })
            }
            body => Expr::Arrow(ArrowExpr {
                span: self.span,
                params: self.params,
                body: Box::new(body),
                is_async: self.is_async,
                is_generator: self.is_generator,
                ..ArrowExpr::default()
            }),
        }
    }

    /// As a function with a block for its body.
    pub(super) fn into_function(self) -> Function {
        let body = match self.body {
            ArrowFunctionBody::FunctionBody(body) => body,
            ArrowFunctionBody::Expr(value) => {
                let span = self.span;
                FunctionBody { span, stmts: vec![Stmt::Return(ReturnStmt { span, arg: Some(value) })] }
            }
        };
        Function {
            span: self.span,
            body: Some(body),
            is_async: self.is_async,
            is_generator: self.is_generator,
            ..snippet::function(self.params, Vec::new())
        }
    }
}

pub(super) fn body_has(body: &FunctionBody, directive: &str) -> bool {
    let mut directives = body.stmts.iter().map_while(directive_text);
    directives.any(|text| text == directive)
}

/// Takes the directives `words` out of the head of a body.
pub(super) fn strip(statements: &mut Vec<Stmt>, words: &[&str]) {
    let mut in_head = true;
    statements.retain(|statement| {
        let text = directive_text(statement).filter(|_| in_head);
        in_head = text.is_some();
        !text.is_some_and(|text| words.contains(&text.as_str()))
    });
}

/// `"worklet"`, when the statement is nothing but that.
pub(super) fn directive_text(statement: &Stmt) -> Option<String> {
    match statement {
        Stmt::Expr(ExprStmt { expr, .. }) => match &**expr {
            Expr::Lit(Lit::Str(text)) => Some(text.value.to_string_lossy().into_owned()),
            _ => None,
        },
        _ => None,
    }
}

/// The directive as a statement.
pub(super) fn directive(text: &str) -> Stmt {
    snippet::statement(snippet::string(text))
}
