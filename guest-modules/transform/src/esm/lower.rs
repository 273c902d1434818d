//! Writing the record of a module as statements.

use std::collections::{HashMap, HashSet};

use swc_core::atoms::Atom;
use swc_core::common::DUMMY_SP;
use swc_core::ecma::ast::*;
use swc_core::ecma::utils::{QueryRef, RefRewriter, private_ident};
use swc_core::ecma::visit::VisitMutWith;

use super::Contexts;
use super::live::{self, Names};
use super::record::{Edge, Record};
use crate::snippet::{self, define_export, getter, ident, member, statement};

/// Which helpers the code calls; `emit` writes them before it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Interop {
    pub(crate) default: bool,
    pub(crate) star: bool,
}

/// Calls to these are unresolved names that `emit` declares.
pub(crate) const INTEROP_DEFAULT: &str = "_$$_INTEROP";
pub(crate) const EXPORT_STAR: &str = "_$$_EXPORT_STAR";
/// A parameter of the factory.
pub(crate) const IMPORT_ALL: &str = "_$$_IMPORT_ALL";

/// How a required module is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    Plain,
    Default,
    Namespace,
}

pub(super) fn lower(
    mut record: Record,
    contexts: Contexts,
    mark_exports: bool,
) -> (Vec<ModuleItem>, Interop) {
    let mut interop = Interop::default();
    let mut names = Names::default();
    for (exported, local) in &record.exports {
        names.entry(local.clone()).or_default().push(exported.clone());
    }
    live::rewrite(&mut record.body, &names, contexts.unresolved);

    let mut head = Vec::new();
    if mark_exports {
        head.push(define_export("__esModule", vec![("value", snippet::boolean(true))], contexts.unresolved));
    }
    let own_names = own_names(&record);
    head.extend(initial_exports(&record, contexts));
    let mut imports = HashMap::new();
    for edge in &record.edges {
        let view = view(edge);
        interop.default |= view == View::Default;
        interop.star |= edge.reexports_all;
        head.extend(require_statements(edge, view, contexts, &own_names));
        for (local, name) in &edge.imports {
            imports.insert(local.clone(), (edge.holder.clone(), name.clone()));
        }
    }

    let (directives, mut body) = split_directives(record.body);
    body.visit_mut_with(&mut RefRewriter { query: Imports { names: imports } });
    let mut items = directives;
    items.extend(head.into_iter().map(ModuleItem::Stmt));
    items.extend(body);
    (items, interop)
}

/// Babel's rule: both a default and a name, or the namespace itself, need the namespace object.
fn view(edge: &Edge) -> View {
    let mut default = false;
    let mut named = false;
    let mut namespace = !edge.reexported_namespaces.is_empty();
    let imported = edge.imports.iter().map(|(_, name)| name.as_ref());
    for name in imported.chain(edge.reexports.iter().map(|(_, name)| Some(name))) {
        match name {
            None => namespace = true,
            Some(name) if name == "default" => default = true,
            Some(_) => named = true,
        }
    }
    match (namespace || (default && named), default) {
        (true, _) => View::Namespace,
        (false, true) => View::Default,
        (false, false) => View::Plain,
    }
}

/// Names that `export *` must not overwrite.
fn own_names(record: &Record) -> Vec<Atom> {
    let mut names: Vec<Atom> = record.exports.iter().map(|(name, _)| name.clone()).collect();
    names.extend(record.assigned.iter().cloned());
    for edge in &record.edges {
        names.extend(edge.reexports.iter().map(|(name, _)| name.clone()));
        names.extend(edge.reexported_namespaces.iter().cloned());
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// `exports.b = exports.a = void 0`, hoisted functions and re-exports, in the order of their names.
fn initial_exports(record: &Record, contexts: Contexts) -> Vec<Stmt> {
    let functions: HashSet<&Id> = record.functions.iter().collect();
    let mut entries: Vec<(Atom, Option<Stmt>)> = Vec::new();
    for (name, local) in &record.exports {
        let hoisted = functions.contains(local).then(|| {
            let value = Expr::Ident(Ident::from(local.clone()));
            statement(snippet::assign(export_target(name, contexts), value))
        });
        entries.push((name.clone(), hoisted));
    }
    entries.extend(record.assigned.iter().map(|name| (name.clone(), None)));
    for edge in &record.edges {
        entries.extend(edge.reexported_namespaces.iter().map(|name| (name.clone(), None)));
        for (exported, name) in &edge.reexports {
            let value = Expr::Member(member(Expr::Ident(edge.holder.clone()), name, DUMMY_SP));
            let descriptor = vec![("enumerable", snippet::boolean(true)), ("get", getter(value))];
            let defined = define_export(exported, descriptor, contexts.unresolved);
            entries.push((exported.clone(), Some(defined)));
        }
    }
    entries.sort_by(|(left, _), (right, _)| left.encode_utf16().cmp(right.encode_utf16()));
    entries.dedup_by(|(later, _), (earlier, _)| later == earlier);
    write_initial(entries, contexts)
}

fn write_initial(entries: Vec<(Atom, Option<Stmt>)>, contexts: Contexts) -> Vec<Stmt> {
    let mut statements = Vec::new();
    let mut chain: Option<Expr> = None;
    for (name, initial) in entries {
        match initial {
            Some(initial) => {
                statements.extend(chain.take().map(statement));
                statements.push(initial);
            }
            None => {
                let value = chain.take().unwrap_or_else(snippet::undefined);
                chain = Some(snippet::assign(export_target(&name, contexts), value));
            }
        }
    }
    statements.extend(chain.map(statement));
    statements
}

fn require_statements(edge: &Edge, view: View, contexts: Contexts, own_names: &[Atom]) -> Vec<Stmt> {
    let required = |callee: &str| {
        let mut source = Str::from(edge.source.clone());
        source.span = edge.span;
        let callee = Expr::Ident(ident(callee, contexts.import));
        snippet::call(callee, vec![Expr::Lit(Lit::Str(source))], edge.span)
    };
    let value = match view {
        View::Plain => required("require"),
        View::Default => {
            let callee = Expr::Ident(ident(INTEROP_DEFAULT, contexts.unresolved));
            snippet::call(callee, vec![required("require")], DUMMY_SP)
        }
        View::Namespace => required(IMPORT_ALL),
    };
    let only_evaluated = edge.imports.is_empty()
        && edge.reexports.is_empty()
        && edge.reexported_namespaces.is_empty()
        && !edge.reexports_all;
    if only_evaluated {
        return vec![statement(value)];
    }
    let holder = || Expr::Ident(edge.holder.clone());
    let mut statements =
        vec![snippet::declare(VarDeclKind::Var, edge.holder.clone().into(), value, DUMMY_SP)];
    if edge.reexports_all {
        let callee = Expr::Ident(ident(EXPORT_STAR, contexts.unresolved));
        let exports = Expr::Ident(ident("exports", contexts.unresolved));
        let own = own_names.iter().map(|name| (&**name, snippet::number(1))).collect();
        statements.push(statement(snippet::call(
            callee,
            vec![holder(), exports, snippet::object(own)],
            DUMMY_SP,
        )));
    }
    for name in &edge.reexported_namespaces {
        statements.push(statement(snippet::assign(export_target(name, contexts), holder())));
    }
    statements
}

fn export_target(name: &Atom, contexts: Contexts) -> MemberExpr {
    member(Expr::Ident(ident("exports", contexts.unresolved)), name, DUMMY_SP)
}

fn split_directives(body: Vec<ModuleItem>) -> (Vec<ModuleItem>, Vec<ModuleItem>) {
    let count = body
        .iter()
        .take_while(|item| matches!(item, ModuleItem::Stmt(statement) if snippet::is_directive(statement)))
        .count();
    let mut directives = body;
    let rest = directives.split_off(count);
    (directives, rest)
}

/// Reads of imported names.
struct Imports {
    names: HashMap<Id, (Ident, Option<Atom>)>,
}

impl QueryRef for Imports {
    fn query_ref(&self, local: &Ident) -> Option<Box<Expr>> {
        let (holder, name) = self.names.get(&local.to_id())?;
        let mut holder = holder.clone();
        holder.span = local.span;
        Some(Box::new(match name {
            Some(name) => Expr::Member(member(Expr::Ident(holder), name, local.span)),
            None => Expr::Ident(holder),
        }))
    }

    fn should_fix_this(&self, local: &Ident) -> bool {
        self.names.get(&local.to_id()).is_some_and(|(_, name)| name.is_some())
    }
}

/// A binding that nothing else can be called like.
pub(super) fn private(name: &str) -> Ident {
    private_ident!(Atom::from(name))
}
