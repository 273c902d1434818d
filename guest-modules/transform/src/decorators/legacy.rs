//! Babel's legacy convention.
//!
//! A class becomes a value, `let A = (_dec = …, _dec(_class = (_class2 = class A {…}, …, _class2)) ||
//! _class)`: decorators are evaluated from top to bottom before the class is, members are
//! decorated before the class, and within the class its name stays the undecorated one. A field's
//! decorators are given a descriptor with an initializer; the constructor defines what is left of it.

use swc_core::atoms::Atom;
use swc_core::common::{DUMMY_SP, Mark, SyntaxContext};
use swc_core::ecma::ast::*;
use swc_core::ecma::transforms::base::enable_helper;
use swc_core::ecma::utils::{private_ident, replace_ident};
use swc_core::ecma::visit::{VisitMut, VisitMutWith, noop_visit_mut_type};

use crate::snippet;

/// Compiles everything but the initialisation of decorated fields, which needs fields to be
/// assignments. Returns what stands for it until then.
pub(super) fn lower(program: &mut Program, unresolved: Mark) -> Ident {
    let marker = private_ident!("_decorated");
    let unresolved = SyntaxContext::empty().apply_mark(unresolved);
    let mut pass = Legacy { unresolved, marker, variables: Vec::new() };
    program.visit_mut_with(&mut pass);
    pass.marker
}

/// The initialisation of decorated fields.
pub(super) fn define_fields(program: &mut Program, marker: Ident) {
    program.visit_mut_with(&mut DefineFields { marker });
}

struct Legacy {
    unresolved: SyntaxContext,
    /// Stands for the initialisation of a decorated field until fields are assignments.
    marker: Ident,
    /// To be declared in the function that is being visited.
    variables: Vec<Ident>,
}

impl Legacy {
    fn variable(&mut self, name: &str) -> Ident {
        let name = private_ident!(Atom::from(name));
        self.variables.push(name.clone());
        name
    }

    /// The value that takes the place of a decorated class.
    fn value_of(&mut self, name: Option<Ident>, mut class: Box<Class>) -> Expr {
        let mut first = Vec::new();
        for decorator in decorators_of(&mut class) {
            if !decorator.expr.is_ident() {
                let variable = self.variable("_dec");
                let evaluated = std::mem::replace(&mut decorator.expr, Box::new(variable.clone().into()));
                first.push(assigned(&variable, *evaluated));
            }
        }
        let of_class = std::mem::take(&mut class.decorators);
        let mut value = self.with_members(name, class);
        if !of_class.is_empty() {
            let variable = self.variable("_class");
            for decorator in of_class.into_iter().rev() {
                let call = snippet::call(*decorator.expr, vec![assigned(&variable, value)], decorator.span);
                value = Expr::Bin(BinExpr {
                    span: DUMMY_SP,
                    op: BinaryOp::LogicalOr,
                    left: Box::new(call),
                    right: Box::new(variable.clone().into()),
                });
            }
        }
        first.push(value);
        sequence(first)
    }

    /// The class with its members decorated.
    fn with_members(&mut self, name: Option<Ident>, mut class: Box<Class>) -> Expr {
        let target = private_ident!("_class");
        let mut calls = Vec::new();
        for member in &mut class.body {
            calls.extend(self.decorated(member, &target));
        }
        let value = Expr::Class(ClassExpr { ident: name, class });
        if calls.is_empty() {
            return value;
        }
        self.variables.push(target.clone());
        let mut parts = vec![assigned(&target, value)];
        parts.append(&mut calls);
        parts.push(target.into());
        sequence(parts)
    }

    /// What decorates a member once the class is there.
    fn decorated(&mut self, member: &mut ClassMember, class: &Ident) -> Option<Expr> {
        let (decorators, key, is_static) = match member {
            ClassMember::Method(method) => (&mut method.function.decorators, &method.key, method.is_static),
            ClassMember::ClassProp(field) => (&mut field.decorators, &field.key, field.is_static),
            _ => return None,
        };
        if decorators.is_empty() {
            return None;
        }
        let list = std::mem::take(decorators).into_iter().map(|decorator| *decorator.expr).collect();
        let list = snippet::array(list);
        let key = key_text(key);
        let class = Expr::Ident(class.clone());
        let target =
            if is_static { class } else { snippet::member(class, &"prototype".into(), DUMMY_SP).into() };
        let own = self.own_descriptor(&target, &key);
        let arguments = match member {
            ClassMember::ClassProp(field) if !is_static => {
                let descriptor = self.variable("_descriptor");
                let initializer = field.value.take().map_or(null(), |value| snippet::getter(*value));
                let marked = vec![descriptor.clone().into(), Expr::This(ThisExpr { span: DUMMY_SP })];
                field.value = Some(Box::new(snippet::call(self.marker.clone().into(), marked, DUMMY_SP)));
                let call = decorate(vec![target, key, list, described(initializer)]);
                return Some(assigned(&descriptor, call));
            }
            ClassMember::ClassProp(_) => {
                let value = self.variable("_init");
                vec![target.clone(), key, list, held(&value, own), target]
            }
            _ => vec![target.clone(), key, list, own, target],
        };
        Some(decorate(arguments))
    }

    /// `Object.getOwnPropertyDescriptor(target, key)`
    fn own_descriptor(&self, target: &Expr, key: &Expr) -> Expr {
        let object = Expr::Ident(snippet::ident("Object", self.unresolved));
        let function = snippet::member(object, &"getOwnPropertyDescriptor".into(), DUMMY_SP);
        snippet::call(function.into(), vec![target.clone(), key.clone()], DUMMY_SP)
    }

    /// Visits a function's body; what is to be declared goes to its beginning.
    fn body(&mut self, statements: &mut Vec<Stmt>, visit: impl FnOnce(&mut Self, &mut Vec<Stmt>)) {
        let outer = std::mem::take(&mut self.variables);
        visit(self, statements);
        let own = std::mem::replace(&mut self.variables, outer);
        if let Some(declaration) = declaration(own) {
            let at = statements.iter().take_while(|statement| snippet::is_directive(statement)).count();
            statements.insert(at, declaration);
        }
    }
}

impl VisitMut for Legacy {
    noop_visit_mut_type!();

    fn visit_mut_module(&mut self, node: &mut Module) {
        node.visit_mut_children_with(self);
        node.body =
            std::mem::take(&mut node.body).into_iter().flat_map(|item| self.default_export(item)).collect();
        if let Some(declaration) = declaration(std::mem::take(&mut self.variables)) {
            let is_directive = |item: &&ModuleItem| matches!(item, ModuleItem::Stmt(statement) if snippet::is_directive(statement));
            let at = node.body.iter().take_while(is_directive).count();
            node.body.insert(at, ModuleItem::Stmt(declaration));
        }
    }

    fn visit_mut_function_body(&mut self, node: &mut FunctionBody) {
        self.body(&mut node.stmts, |pass, statements| statements.visit_mut_with(pass));
    }

    fn visit_mut_arrow_expr(&mut self, node: &mut ArrowExpr) {
        node.params.visit_mut_with(self);
        let ArrowFunctionBody::Expr(value) = &mut *node.body else {
            return node.body.visit_mut_with(self);
        };
        let outer = std::mem::take(&mut self.variables);
        value.visit_mut_with(self);
        let own = std::mem::replace(&mut self.variables, outer);
        if let Some(declaration) = declaration(own) {
            // Each call makes a class of its own, so its variables belong to the call.
            let value = std::mem::replace(value, Box::new(null()));
            let result = Stmt::Return(ReturnStmt { span: DUMMY_SP, arg: Some(value) });
            let body = FunctionBody { span: DUMMY_SP, stmts: vec![declaration, result] };
            *node.body = ArrowFunctionBody::FunctionBody(body);
        }
    }

    fn visit_mut_decl(&mut self, node: &mut Decl) {
        node.visit_mut_children_with(self);
        let Decl::Class(declared) = node else { return };
        if is_decorated(&declared.class) {
            let name = declared.ident.clone();
            *node = Decl::Var(Box::new(self.variable_of(name, std::mem::take(&mut declared.class))));
        }
    }

    fn visit_mut_expr(&mut self, node: &mut Expr) {
        node.visit_mut_children_with(self);
        if let Expr::Class(class) = node
            && is_decorated(&class.class)
        {
            *node = self.value_of(class.ident.take(), std::mem::take(&mut class.class));
        }
    }
}

impl Legacy {
    /// `let A = …`. Within the class the name is one of its own.
    fn variable_of(&mut self, name: Ident, mut class: Box<Class>) -> VarDecl {
        let inner = Ident::new(name.sym.clone(), name.span, SyntaxContext::empty().apply_mark(Mark::new()));
        replace_ident(&mut class.body, name.to_id(), &inner);
        let value = self.value_of(Some(inner), class);
        snippet::variable(VarDeclKind::Let, name.into(), value, DUMMY_SP)
    }

    /// `export default class A {}` becomes a variable and its export.
    fn default_export(&mut self, item: ModuleItem) -> Vec<ModuleItem> {
        match item {
            ModuleItem::ModuleDecl(ModuleDecl::ExportDefaultDecl(ExportDefaultDecl {
                decl: DefaultDecl::Class(ClassExpr { ident, class }),
                span,
            })) if is_decorated(&class) => {
                let (name, variable) = match ident {
                    Some(name) => (name.clone(), self.variable_of(name, class)),
                    None => {
                        let name = private_ident!("_class");
                        let value = self.value_of(None, class);
                        (name.clone(), snippet::variable(VarDeclKind::Let, name.into(), value, DUMMY_SP))
                    }
                };
                let specifier = ExportSpecifier::Named(ExportNamedSpecifier {
                    span: DUMMY_SP,
                    orig: ModuleExportName::Ident(name),
                    exported: Some(ModuleExportName::Ident(snippet::ident(
                        "default",
                        SyntaxContext::empty(),
                    ))),
                    is_type_only: false,
                });
                let export = NamedExport {
                    span,
                    specifiers: vec![specifier],
                    src: None,
                    type_only: false,
                    with: None,
                };
                vec![
                    ModuleItem::Stmt(Stmt::Decl(Decl::Var(Box::new(variable)))),
                    ModuleItem::ModuleDecl(ModuleDecl::ExportNamed(export)),
                ]
            }
            other => vec![other],
        }
    }
}

/// `this.x = _decorated(_descriptor, this)` becomes `_initializer_define_property(this, "x",
/// _descriptor, this)`.
struct DefineFields {
    marker: Ident,
}

impl VisitMut for DefineFields {
    noop_visit_mut_type!();

    fn visit_mut_expr(&mut self, node: &mut Expr) {
        node.visit_mut_children_with(self);
        let Expr::Assign(AssignExpr {
            left: AssignTarget::Simple(SimpleAssignTarget::Member(member)),
            right,
            ..
        }) = node
        else {
            return;
        };
        let Expr::Call(CallExpr { callee: Callee::Expr(callee), args, .. }) = &mut **right else { return };
        if !matches!(&**callee, Expr::Ident(name) if name.to_id() == self.marker.to_id()) {
            return;
        }
        let key = match &member.prop {
            MemberProp::Ident(name) => snippet::string(&name.sym),
            MemberProp::Computed(computed) => (*computed.expr).clone(),
            MemberProp::PrivateName(_) => return,
        };
        let mut arguments = vec![(*member.obj).clone(), key];
        arguments.extend(std::mem::take(args).into_iter().map(|argument| *argument.expr));
        let helper = enable_helper!(initializer_define_property);
        *node = helper_call("_initializer_define_property", helper, arguments);
    }
}

fn decorate(arguments: Vec<Expr>) -> Expr {
    let helper = enable_helper!(apply_decorated_descriptor);
    helper_call("_apply_decorated_descriptor", helper, arguments)
}

fn helper_call(name: &str, mark: Mark, arguments: Vec<Expr>) -> Expr {
    let callee = snippet::ident(name, SyntaxContext::empty().apply_mark(mark));
    snippet::call(callee.into(), arguments, DUMMY_SP)
}

/// Those of the class, then those of its members from top to bottom.
fn decorators_of(class: &mut Class) -> impl Iterator<Item = &mut Decorator> {
    let of_members = class.body.iter_mut().filter_map(|member| match member {
        ClassMember::Method(method) => Some(&mut method.function.decorators),
        ClassMember::ClassProp(field) => Some(&mut field.decorators),
        _ => None,
    });
    class.decorators.iter_mut().chain(of_members.flatten())
}

fn is_decorated(class: &Class) -> bool {
    let of_member = |member: &ClassMember| match member {
        ClassMember::Method(method) => !method.function.decorators.is_empty(),
        ClassMember::ClassProp(field) => !field.decorators.is_empty(),
        _ => false,
    };
    !class.decorators.is_empty() || class.body.iter().any(of_member)
}

fn key_text(key: &PropName) -> Expr {
    match key {
        PropName::Ident(name) => snippet::string(&name.sym),
        PropName::Str(text) => Expr::Lit(Lit::Str(text.clone())),
        PropName::Num(number) => Expr::Lit(Lit::Num(number.clone())),
        PropName::BigInt(number) => Expr::Lit(Lit::BigInt(number.clone())),
        PropName::Computed(computed) => (*computed.expr).clone(),
    }
}

/// A descriptor of a field that is yet to be initialised.
fn described(initializer: Expr) -> Expr {
    snippet::object(vec![
        ("configurable", snippet::boolean(true)),
        ("enumerable", snippet::boolean(true)),
        ("writable", snippet::boolean(true)),
        ("initializer", initializer),
    ])
}

/// The descriptor of a static field that has its value: `(v = own, v = v ? v.value : void 0, {…})`.
fn held(value: &Ident, own: Expr) -> Expr {
    let read = snippet::member(value.clone().into(), &"value".into(), DUMMY_SP);
    let chosen = Expr::Cond(CondExpr {
        span: DUMMY_SP,
        test: Box::new(value.clone().into()),
        cons: Box::new(read.into()),
        alt: Box::new(snippet::undefined()),
    });
    let initializer = snippet::getter(value.clone().into());
    sequence(vec![assigned(value, own), assigned(value, chosen), described(initializer)])
}

fn assigned(name: &Ident, value: Expr) -> Expr {
    Expr::Assign(AssignExpr {
        span: DUMMY_SP,
        op: AssignOp::Assign,
        left: name.clone().into(),
        right: Box::new(value),
    })
}

fn sequence(mut parts: Vec<Expr>) -> Expr {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    let exprs = parts.into_iter().map(Box::new).collect();
    let sequence = Expr::Seq(SeqExpr { span: DUMMY_SP, exprs });
    Expr::Paren(ParenExpr { span: DUMMY_SP, expr: Box::new(sequence) })
}

fn null() -> Expr {
    Expr::Lit(Lit::Null(Null { span: DUMMY_SP }))
}

fn declaration(names: Vec<Ident>) -> Option<Stmt> {
    let declarator =
        |name: Ident| VarDeclarator { span: DUMMY_SP, name: name.into(), init: None, definite: false };
    let decls: Vec<_> = names.into_iter().map(declarator).collect();
    let variables = VarDecl { kind: VarDeclKind::Var, decls, ..VarDecl::default() };
    (!variables.decls.is_empty()).then(|| Stmt::Decl(Decl::Var(Box::new(variables))))
}
