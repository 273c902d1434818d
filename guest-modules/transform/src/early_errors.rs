//! What the language refuses before a program runs and the parser lets pass. An engine would
//! refuse the whole bundle for it.
//!
//! **Invariant:** only what was written is looked at; what a pass has made has no place.

use std::collections::{HashMap, HashSet};

use swc_core::atoms::Atom;
use swc_core::common::{BytePos, Spanned, SyntaxContext};
use swc_core::ecma::ast::*;
use swc_core::ecma::utils::find_pat_ids;

use crate::snippet;

/// A place and what is wrong there.
pub(crate) type Mistake = (BytePos, &'static str);

const EXPORTED_TWICE: &str = "this name is already exported";
const NOT_DECLARED: &str = "what is exported here is not declared";

/// Names that are exported twice, or that are not there.
pub(crate) fn exports(items: &[ModuleItem], unresolved: SyntaxContext) -> Vec<Mistake> {
    let mut seen = HashSet::new();
    let mut mistakes = Vec::new();
    for declaration in items.iter().filter_map(ModuleItem::as_module_decl) {
        for (name, at) in exported(declaration) {
            if !seen.insert(name) && !at.is_dummy() {
                mistakes.push((at, EXPORTED_TWICE));
            }
        }
        if let ModuleDecl::ExportNamed(NamedExport { specifiers, src: None, .. }) = declaration {
            mistakes.extend(specifiers.iter().filter_map(|specifier| match specifier {
                ExportSpecifier::Named(ExportNamedSpecifier {
                    orig: ModuleExportName::Ident(name), ..
                }) if name.ctxt == unresolved && !name.span.is_dummy() => Some((name.span.lo, NOT_DECLARED)),
                _ => None,
            }));
        }
    }
    mistakes
}

fn exported(declaration: &ModuleDecl) -> Vec<(Atom, BytePos)> {
    match declaration {
        ModuleDecl::ExportDefaultDecl(default) => vec![("default".into(), default.span.lo)],
        ModuleDecl::ExportDefaultExpr(default) => vec![("default".into(), default.span.lo)],
        ModuleDecl::ExportDecl(export) => match &export.decl {
            Decl::Var(variables) => find_pat_ids::<_, Ident>(&variables.decls)
                .into_iter()
                .map(|name| (name.sym.clone(), name.span.lo))
                .collect(),
            Decl::Fn(function) => vec![(function.ident.sym.clone(), function.ident.span.lo)],
            Decl::Class(class) => vec![(class.ident.sym.clone(), class.ident.span.lo)],
            _ => Vec::new(),
        },
        ModuleDecl::ExportNamed(named) => named.specifiers.iter().map(named_export).collect(),
        _ => Vec::new(),
    }
}

fn named_export(specifier: &ExportSpecifier) -> (Atom, BytePos) {
    let name = match specifier {
        ExportSpecifier::Namespace(namespace) => &namespace.name,
        ExportSpecifier::Default(default) => return (default.exported.sym.clone(), default.exported.span.lo),
        ExportSpecifier::Named(named) => named.exported.as_ref().unwrap_or(&named.orig),
    };
    (name.atom().into_owned(), name.span().lo)
}

/// Parameters of one name.
pub(crate) fn parameters<'p>(patterns: impl Iterator<Item = &'p Pat>) -> Option<Mistake> {
    let mut seen = HashSet::new();
    let names = patterns.flat_map(find_pat_ids::<_, Ident>);
    let twice = names.into_iter().find(|name| !seen.insert(name.to_id()) && !name.span.is_dummy());
    twice.map(|name| (name.span.lo, "two parameters have this name"))
}

/// Whether the directive of a function or a file makes it strict.
pub(crate) fn says_use_strict<'s>(statements: impl Iterator<Item = &'s Stmt>) -> bool {
    statements.take_while(|statement| snippet::is_directive(statement)).any(|statement| {
        matches!(statement, Stmt::Expr(ExprStmt { expr, .. })
            if matches!(&**expr, Expr::Lit(Lit::Str(text)) if text.value == "use strict"))
    })
}

/// Whether one of these is more than a name.
pub(crate) fn are_patterns(parameters: &[Param]) -> bool {
    parameters.iter().any(|parameter| !parameter.pat.is_ident())
}

/// The private names of a class, with what is wrong among its members.
pub(crate) fn members(class: &Class) -> (HashSet<Atom>, Vec<Mistake>) {
    let mut kinds: HashMap<Atom, Vec<MethodKind>> = HashMap::new();
    let mut mistakes = Vec::new();
    for member in &class.body {
        if let Some(at) = static_prototype(member) {
            mistakes.push((at, "a class has its own `prototype` and no static member of that name"));
        }
        let Some((key, kind)) = private_name(member) else { continue };
        let known = kinds.entry(key.name.clone()).or_default();
        let is_pair = matches!(
            (known.as_slice(), kind),
            ([MethodKind::Getter], MethodKind::Setter) | ([MethodKind::Setter], MethodKind::Getter)
        );
        if !known.is_empty() && !is_pair && !key.span.is_dummy() {
            mistakes.push((key.span.lo, "this private name has already been declared"));
        }
        known.push(kind);
    }
    (kinds.into_keys().collect(), mistakes)
}

/// The private name that a member declares; a field counts as a method.
fn private_name(member: &ClassMember) -> Option<(&PrivateName, MethodKind)> {
    match member {
        ClassMember::PrivateMethod(method) => Some((&method.key, method.kind)),
        ClassMember::PrivateProp(field) => Some((&field.key, MethodKind::Method)),
        ClassMember::AutoAccessor(AutoAccessor { key: Key::Private(key), .. }) => {
            Some((key, MethodKind::Method))
        }
        _ => None,
    }
}

fn static_prototype(member: &ClassMember) -> Option<BytePos> {
    let (key, is_static) = match member {
        ClassMember::Method(method) => (&method.key, method.is_static),
        ClassMember::ClassProp(field) => (&field.key, field.is_static),
        _ => return None,
    };
    let is_prototype = match key {
        PropName::Ident(name) => name.sym == "prototype",
        PropName::Str(text) => text.value == "prototype",
        _ => false,
    };
    (is_static && is_prototype && !key.span().is_dummy()).then_some(key.span().lo)
}

/// A second `__proto__: …` in one literal.
pub(crate) fn second_prototype(object: &ObjectLit) -> Option<Mistake> {
    let mut found = object.props.iter().filter_map(|property| match property {
        PropOrSpread::Prop(property) => match &**property {
            Prop::KeyValue(KeyValueProp { key: PropName::Ident(name), .. }) if name.sym == "__proto__" => {
                Some(name.span)
            }
            Prop::KeyValue(KeyValueProp { key: PropName::Str(text), .. }) if text.value == "__proto__" => {
                Some(text.span)
            }
            _ => None,
        },
        PropOrSpread::Spread(_) => None,
    });
    let second = found.nth(1).filter(|span| !span.is_dummy())?;
    Some((second.lo, "the prototype of this object is already given"))
}
