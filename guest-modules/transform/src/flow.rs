//! What Flow needs before its types can be stripped like TypeScript's, and what Babel's presets
//! strip beyond that.

use swc_core::common::{DUMMY_SP, SyntaxContext};
use swc_core::ecma::ast::*;
use swc_core::ecma::visit::{VisitMut, VisitMutWith, noop_visit_mut_type};

use crate::snippet;

/// Removes imports that carry nothing but types. Flow, unlike TypeScript, keeps an import of a
/// value that is never used, because evaluating its module may be the point.
pub(crate) fn drop_type_imports(module: &mut Module) {
    module.body.retain_mut(|item| match item {
        ModuleItem::ModuleDecl(ModuleDecl::Import(import)) => {
            let written = import.specifiers.len();
            import.specifiers.retain(|specifier| match specifier {
                ImportSpecifier::Named(named) => !named.is_type_only,
                _ => true,
            });
            !import.type_only && (written == 0 || !import.specifiers.is_empty())
        }
        ModuleItem::ModuleDecl(ModuleDecl::ExportNamed(export)) => {
            let written = export.specifiers.len();
            export.specifiers.retain(|specifier| match specifier {
                ExportSpecifier::Named(named) => !named.is_type_only,
                _ => true,
            });
            !export.type_only && (written == 0 || !export.specifiers.is_empty())
        }
        ModuleItem::ModuleDecl(ModuleDecl::ExportAll(export)) => !export.type_only,
        ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(export)) => !is_declared(&export.decl),
        ModuleItem::Stmt(Stmt::Decl(declaration)) => !is_declared(declaration),
        _ => true,
    });
}

/// `declare var x` binds nothing, so that `x` stays a global.
fn is_declared(declaration: &Decl) -> bool {
    match declaration {
        Decl::Class(class) => class.declare,
        Decl::Fn(function) => function.declare,
        Decl::Var(variables) => variables.declare,
        Decl::TsEnum(declaration) => declaration.declare,
        Decl::TsModule(declaration) => declaration.declare,
        Decl::TsInterface(_) | Decl::TsTypeAlias(_) => true,
        Decl::Using(_) => false,
    }
}

/// Which fields without a value are taken for declarations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fields {
    /// Those with a type: `state: State;` says a type and defines nothing.
    Typed,
    /// All of them, as the presets of React Native and Expo have it, TypeScript included.
    All,
}

/// Removes fields that only declare. The bare field that stripping leaves would define the
/// property anew, as undefined, over what a parent class has set.
pub(crate) fn drop_fields(module: &mut Module, fields: Fields) {
    module.visit_mut_with(&mut DropFields { fields });
}

struct DropFields {
    fields: Fields,
}

impl VisitMut for DropFields {
    noop_visit_mut_type!();

    fn visit_mut_class(&mut self, node: &mut Class) {
        node.visit_mut_children_with(self);
        let all = self.fields == Fields::All;
        node.body.retain(|member| match member {
            ClassMember::ClassProp(field) => {
                field.value.is_some() || !field.decorators.is_empty() || !(all || field.type_ann.is_some())
            }
            _ => true,
        });
    }
}

/// The package that gives Flow's enums their methods.
const ENUMS_RUNTIME: &str = "flow-enums-runtime";

/// `enum E {A, B}` becomes `const E = require("flow-enums-runtime").Mirrored(["A", "B"])`, as
/// Babel's plugin writes it.
pub(crate) fn lower_enums(module: &mut Module, unresolved: SyntaxContext) {
    module.visit_mut_with(&mut Enums { unresolved });
}

struct Enums {
    unresolved: SyntaxContext,
}

impl Enums {
    fn lower(&self, declaration: &TsEnumDecl) -> VarDecl {
        let runtime = snippet::call(
            Expr::Ident(snippet::ident("require", self.unresolved)),
            vec![snippet::string(ENUMS_RUNTIME)],
            declaration.span,
        );
        let name = |member: &TsEnumMember| match &member.id {
            TsEnumMemberId::Ident(ident) => ident.sym.to_string(),
            TsEnumMemberId::Str(text) => text.value.to_string_lossy().into_owned(),
        };
        let mirrored = declaration.members.iter().all(|member| member.init.is_none());
        let value = if mirrored {
            let elems = declaration
                .members
                .iter()
                .map(|member| {
                    Some(ExprOrSpread { spread: None, expr: Box::new(snippet::string(&name(member))) })
                })
                .collect();
            let callee = snippet::member(runtime, &"Mirrored".into(), DUMMY_SP);
            let names = Expr::Array(ArrayLit { span: DUMMY_SP, elems });
            snippet::call(Expr::Member(callee), vec![names], DUMMY_SP)
        } else {
            let names: Vec<String> = declaration.members.iter().map(name).collect();
            let entries = names.iter().zip(&declaration.members).map(|(name, member)| {
                let value = member.init.as_deref().cloned().unwrap_or_else(|| snippet::string(name));
                (name.as_str(), value)
            });
            snippet::call(runtime, vec![snippet::object(entries.collect())], DUMMY_SP)
        };
        VarDecl {
            span: declaration.span,
            ctxt: SyntaxContext::empty(),
            kind: VarDeclKind::Const,
            declare: false,
            decls: vec![VarDeclarator {
                span: DUMMY_SP,
                name: declaration.id.clone().into(),
                init: Some(Box::new(value)),
                definite: false,
            }],
        }
    }
}

impl VisitMut for Enums {
    noop_visit_mut_type!();

    fn visit_mut_decl(&mut self, node: &mut Decl) {
        node.visit_mut_children_with(self);
        if let Decl::TsEnum(declaration) = node {
            *node = Decl::Var(Box::new(self.lower(declaration)));
        }
    }

    fn visit_mut_module_decl(&mut self, node: &mut ModuleDecl) {
        node.visit_mut_children_with(self);
    }
}
