//! Whole files, objects and classes that are worklets.

use std::collections::HashSet;

use swc_core::atoms::Atom;
use swc_core::common::{DUMMY_SP, Span};
use swc_core::ecma::ast::*;
use swc_core::ecma::utils::private_ident;
use swc_core::ecma::visit::{Visit, VisitWith, noop_visit_type};

use super::routine::{self, WORKLET};
use crate::snippet::{self, member, statement};

const CONTEXT_OBJECT: &str = "__workletContextObject";
const CONTEXT_OBJECT_FACTORY: &str = "__workletContextObjectFactory";
const CLASS: &str = "__workletClass";

/// What a class's factory is called.
pub(super) fn factory_name(class: &str) -> Atom {
    format!("{class}__classFactory").into()
}

/// Classes that become worklets.
#[derive(Default)]
pub(super) struct Classes {
    of_file: HashSet<Span>,
}

impl Classes {
    /// Whether `class` is one.
    pub(super) fn contains(&self, class: &Class) -> bool {
        self.of_file.contains(&class.span) || class.body.iter().any(is_class_mark)
    }

    /// Takes the mark off, so that the class is made once.
    pub(super) fn unmark(&mut self, class: &mut Class) {
        class.body.retain(|member| !is_class_mark(member));
        self.of_file.remove(&class.span);
    }
}

fn is_class_mark(member: &ClassMember) -> bool {
    matches!(member, ClassMember::ClassProp(field) if matches!(&field.key, PropName::Ident(name) if name.sym == CLASS))
}

/// In a file that begins with `'worklet'`, everything that stands at its top gets the directive.
pub(super) fn mark(module: &mut Module) -> Classes {
    let mut classes = Classes::default();
    let mut directives = module.body.iter().map_while(|item| match item {
        ModuleItem::Stmt(statement) => routine::directive_text(statement),
        ModuleItem::ModuleDecl(_) => None,
    });
    if !directives.any(|text| text == WORKLET) {
        return classes;
    }
    let mut in_head = true;
    module.body.retain(|item| {
        let text = match item {
            ModuleItem::Stmt(statement) if in_head => routine::directive_text(statement),
            _ => None,
        };
        in_head = text.is_some();
        text.as_deref() != Some(WORKLET)
    });
    // A compiled package exports before it declares; its functions are constants from here on.
    let (exports, others): (Vec<_>, Vec<_>) = module.body.drain(..).partition(is_commonjs_export);
    module.body = others.into_iter().chain(exports).collect();
    for item in &mut module.body {
        mark_item(item, &mut classes);
    }
    classes
}

fn is_commonjs_export(item: &ModuleItem) -> bool {
    let ModuleItem::Stmt(Stmt::Expr(ExprStmt { expr, .. })) = item else { return false };
    let Expr::Assign(assignment) = &**expr else { return false };
    matches!(
        &assignment.left,
        AssignTarget::Simple(SimpleAssignTarget::Member(target))
            if matches!(&*target.obj, Expr::Ident(object) if object.sym == "exports")
    )
}

fn mark_item(item: &mut ModuleItem, classes: &mut Classes) {
    match item {
        ModuleItem::Stmt(Stmt::Decl(declaration))
        | ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(ExportDecl { decl: declaration, .. })) => {
            mark_declaration(declaration, classes);
        }
        ModuleItem::Stmt(Stmt::Expr(statement)) => mark_value(&mut statement.expr),
        ModuleItem::ModuleDecl(ModuleDecl::ExportDefaultExpr(export)) => mark_value(&mut export.expr),
        ModuleItem::ModuleDecl(ModuleDecl::ExportDefaultDecl(export)) => match &mut export.decl {
            DefaultDecl::Fn(function) => mark_function(&mut function.function),
            DefaultDecl::Class(class) => {
                classes.of_file.insert(class.class.span);
            }
            DefaultDecl::TsInterfaceDecl(_) => {}
        },
        _ => {}
    }
}

fn mark_declaration(declaration: &mut Decl, classes: &mut Classes) {
    match declaration {
        Decl::Fn(function) => mark_function(&mut function.function),
        Decl::Class(class) => {
            classes.of_file.insert(class.class.span);
        }
        Decl::Var(variables) => {
            for init in variables.decls.iter_mut().filter_map(|declarator| declarator.init.as_mut()) {
                mark_value(init);
            }
        }
        _ => {}
    }
}

fn mark_value(value: &mut Expr) {
    match value {
        Expr::Paren(inner) => mark_value(&mut inner.expr),
        Expr::Fn(function) => mark_function(&mut function.function),
        Expr::Arrow(arrow) => {
            let body =
                std::mem::replace(&mut *arrow.body, ArrowFunctionBody::FunctionBody(FunctionBody::default()));
            let mut body = match body {
                ArrowFunctionBody::FunctionBody(body) => body,
                ArrowFunctionBody::Expr(value) => {
                    let span = arrow.span;
                    FunctionBody { span, stmts: vec![Stmt::Return(ReturnStmt { span, arg: Some(value) })] }
                }
            };
            mark_body(&mut body);
            *arrow.body = ArrowFunctionBody::FunctionBody(body);
        }
        Expr::Object(object) if uses_this(object) => mark_context_object(object),
        Expr::Object(object) => {
            for prop in &mut object.props {
                let PropOrSpread::Prop(prop) = prop else { continue };
                match &mut **prop {
                    Prop::Method(method) => mark_function(&mut method.function),
                    Prop::KeyValue(pair) => mark_value(&mut pair.value),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn mark_function(function: &mut Function) {
    if let Some(body) = &mut function.body {
        mark_body(body);
    }
}

fn mark_body(body: &mut FunctionBody) {
    if !routine::body_has(body, WORKLET) {
        body.stmts.insert(0, routine::directive(WORKLET));
    }
}

/// Whether a method of the object speaks of `this`.
fn uses_this(object: &ObjectLit) -> bool {
    let mut search = This::default();
    for prop in &object.props {
        if let PropOrSpread::Prop(prop) = prop
            && let Prop::Method(method) = &**prop
        {
            method.visit_with(&mut search);
        }
    }
    search.found
}

#[derive(Default)]
struct This {
    found: bool,
}

impl Visit for This {
    noop_visit_type!();

    fn visit_this_expr(&mut self, _: &ThisExpr) {
        self.found = true;
    }
}

fn is_context_mark(prop: &PropOrSpread) -> bool {
    let PropOrSpread::Prop(prop) = prop else { return false };
    matches!(&**prop, Prop::KeyValue(KeyValueProp { key: PropName::Ident(name), .. }) if name.sym == CONTEXT_OBJECT)
}

fn mark_context_object(object: &mut ObjectLit) {
    if !object.props.iter().any(is_context_mark) {
        object.props.push(pair(CONTEXT_OBJECT, snippet::boolean(true)));
    }
}

/// An object with the mark gets a worklet that makes it anew on the other runtime.
pub(super) fn make_context_object(object: &mut ObjectLit) {
    let before = object.props.len();
    object.props.retain(|prop| !is_context_mark(prop));
    if object.props.len() == before {
        return;
    }
    let copy = Box::new(Expr::Object(object.clone()));
    let body =
        vec![routine::directive(WORKLET), Stmt::Return(ReturnStmt { span: DUMMY_SP, arg: Some(copy) })];
    let factory = FnExpr { ident: None, function: Box::new(snippet::function(Vec::new(), body)) };
    object.props.push(pair(CONTEXT_OBJECT_FACTORY, Expr::Fn(factory)));
}

fn pair(key: &str, value: Expr) -> PropOrSpread {
    let key = PropName::Ident(IdentName::new(key.into(), DUMMY_SP));
    PropOrSpread::Prop(Box::new(Prop::KeyValue(KeyValueProp { key, value: Box::new(value) })))
}

/// `(function () { function C__classFactory() { 'worklet'; class C {…} C.C__classFactory =
/// C__classFactory; return C; } const C = C__classFactory(); return C; })()`
///
/// The plugin lowers the class on the way; the engines that run worklets today know classes.
pub(super) fn class_factory(name: Ident, class: Class) -> Expr {
    let inner = private_ident!(name.sym.clone());
    let factory = private_ident!(factory_name(&name.sym));
    let give_back = |name: &Ident| {
        let arg = Some(Box::new(Expr::Ident(name.clone())));
        Stmt::Return(ReturnStmt { span: DUMMY_SP, arg })
    };
    let own = member(Expr::Ident(name.clone()), &factory.sym, DUMMY_SP);
    let declaration = ClassDecl { ident: name.clone(), declare: false, class: Box::new(class) };
    let body = vec![
        routine::directive(WORKLET),
        Stmt::Decl(Decl::Class(declaration)),
        statement(snippet::assign(own, Expr::Ident(factory.clone()))),
        give_back(&name),
    ];
    let function = Box::new(snippet::function(Vec::new(), body));
    let made = snippet::call(Expr::Ident(factory.clone()), Vec::new(), DUMMY_SP);
    let outer = vec![
        Stmt::Decl(Decl::Fn(FnDecl { ident: factory, declare: false, function })),
        snippet::declare(VarDeclKind::Const, inner.clone().into(), made, DUMMY_SP),
        give_back(&inner),
    ];
    let outer = Expr::Fn(FnExpr { ident: None, function: Box::new(snippet::function(Vec::new(), outer)) });
    let outer = Expr::Paren(ParenExpr { span: DUMMY_SP, expr: Box::new(outer) });
    snippet::call(outer, Vec::new(), DUMMY_SP)
}
