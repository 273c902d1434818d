//! Elements that are made without JSX, in an app whose JSX is compiled for NativeWind.
//!
//! Its preset leads `React.createElement` to a function that knows `className`, in packages too:
//! they were compiled before they were published.

use swc_core::common::{DUMMY_SP, SyntaxContext};
use swc_core::ecma::ast::*;
use swc_core::ecma::utils::private_ident;
use swc_core::ecma::visit::{VisitMut, VisitMutWith, noop_visit_mut_type};

use crate::snippet;

/// The package that brings the function.
const RUNTIME: &str = "react-native-css-interop";
/// What JSX is compiled for in an app with NativeWind.
const SOURCES: [&str; 2] = ["nativewind", RUNTIME];
/// What makes elements for everybody must not make them of itself.
const LEFT_ALONE: [&str; 4] = ["react", "react-native", "react-native-web", RUNTIME];

/// Whether the elements of the module at `path` are led elsewhere.
pub(crate) fn applies(jsx_import_source: &str, path: &str, text: &str) -> bool {
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    SOURCES.contains(&jsx_import_source)
        && text.contains("createElement")
        && !folders.split('/').any(|folder| LEFT_ALONE.contains(&folder))
}

/// Leads them there.
pub(crate) fn lead(module: &mut Module, is_esm: bool, unresolved: SyntaxContext) {
    let mut pass =
        Lead { react: Vec::new(), create: Vec::new(), name: private_ident!("_interop"), used: false };
    for item in &module.body {
        pass.bindings(item);
    }
    module.visit_mut_with(&mut pass);
    if pass.used {
        let item = if is_esm { import(pass.name) } else { require(pass.name, unresolved) };
        let is_directive = |item: &&ModuleItem| matches!(item, ModuleItem::Stmt(statement) if snippet::is_directive(statement));
        let at = module.body.iter().take_while(is_directive).count();
        module.body.insert(at, item);
    }
}

struct Lead {
    /// What React itself is called, as `React` or `_react`.
    react: Vec<Id>,
    /// What its function is called.
    create: Vec<Id>,
    name: Ident,
    used: bool,
}

impl Lead {
    fn bindings(&mut self, item: &ModuleItem) {
        match item {
            ModuleItem::ModuleDecl(ModuleDecl::Import(import))
                if &*import.src.value.to_string_lossy() == "react" =>
            {
                for specifier in &import.specifiers {
                    match specifier {
                        ImportSpecifier::Default(name) => self.react.push(name.local.to_id()),
                        ImportSpecifier::Namespace(name) => self.react.push(name.local.to_id()),
                        ImportSpecifier::Named(name) => self.create.push(name.local.to_id()),
                    }
                }
            }
            ModuleItem::Stmt(Stmt::Decl(Decl::Var(variables))) => {
                for variable in &variables.decls {
                    if let (Pat::Ident(name), Some(value)) = (&variable.name, &variable.init)
                        && is_react(value)
                    {
                        self.react.push(name.to_id());
                    }
                }
            }
            _ => {}
        }
    }

    /// `React`, or `_react.default`.
    fn is_react(&self, object: &Expr) -> bool {
        let known =
            |name: &Ident, names: &[&str]| names.contains(&&*name.sym) && self.react.contains(&name.to_id());
        match object {
            Expr::Ident(name) => known(name, &["React", "react"]),
            Expr::Member(MemberExpr { obj, prop: MemberProp::Ident(property), .. }) => {
                &*property.sym == "default" && matches!(&**obj, Expr::Ident(name) if known(name, &["_react"]))
            }
            _ => false,
        }
    }

    fn function(&mut self) -> Expr {
        self.used = true;
        snippet::member(self.name.clone().into(), &"createInteropElement".into(), DUMMY_SP).into()
    }
}

impl VisitMut for Lead {
    noop_visit_mut_type!();

    fn visit_mut_expr(&mut self, node: &mut Expr) {
        node.visit_mut_children_with(self);
        if let Expr::Member(MemberExpr { obj, prop: MemberProp::Ident(property), .. }) = node
            && &*property.sym == "createElement"
            && self.is_react(obj)
        {
            *node = self.function();
        }
    }

    fn visit_mut_callee(&mut self, node: &mut Callee) {
        node.visit_mut_children_with(self);
        if let Callee::Expr(callee) = node
            && matches!(&**callee, Expr::Ident(name) if &*name.sym == "createElement" && self.create.contains(&name.to_id()))
        {
            **callee = self.function();
        }
    }
}

/// `require("react")`, or that within one call, as a compiler writes it.
fn is_react(value: &Expr) -> bool {
    let Expr::Call(CallExpr { callee: Callee::Expr(callee), args, .. }) = value else { return false };
    let (Expr::Ident(name), [argument, ..]) = (&**callee, args.as_slice()) else { return false };
    match &*argument.expr {
        Expr::Lit(Lit::Str(text)) => &*name.sym == "require" && &*text.value.to_string_lossy() == "react",
        inner => name.sym.starts_with("_interop") && is_react(inner),
    }
}

fn import(name: Ident) -> ModuleItem {
    let specifier = ImportSpecifier::Namespace(ImportStarAsSpecifier { span: DUMMY_SP, local: name });
    ModuleItem::ModuleDecl(ModuleDecl::Import(ImportDecl {
        span: DUMMY_SP,
        specifiers: vec![specifier],
        src: Box::new(RUNTIME.into()),
        type_only: false,
        with: None,
        phase: ImportPhase::Evaluation,
    }))
}

fn require(name: Ident, unresolved: SyntaxContext) -> ModuleItem {
    let callee = Expr::Ident(snippet::ident("require", unresolved));
    let call = snippet::call(callee, vec![snippet::string(RUNTIME)], DUMMY_SP);
    ModuleItem::Stmt(snippet::declare(VarDeclKind::Const, name.into(), call, DUMMY_SP))
}
