//! What a module imports and exports, read from its declarations.

use std::collections::HashMap;

use swc_core::atoms::Atom;
use swc_core::common::{DUMMY_SP, Span};
use swc_core::ecma::ast::*;
use swc_core::ecma::utils::{find_pat_ids, private_ident};

use super::Contexts;
use crate::snippet;

/// Everything a module asks of one other module.
pub(super) struct Edge {
    pub(super) source: Atom,
    pub(super) span: Span,
    /// The variable that holds the required module.
    pub(super) holder: Ident,
    /// Local names and what they stand for; none for the namespace.
    pub(super) imports: Vec<(Id, Option<Atom>)>,
    /// Exported name and the other module's name.
    pub(super) reexports: Vec<(Atom, Atom)>,
    pub(super) reexported_namespaces: Vec<Atom>,
    pub(super) reexports_all: bool,
}

/// A module without its module syntax.
pub(super) struct Record {
    /// In order of first appearance.
    pub(super) edges: Vec<Edge>,
    /// Exported name and local binding.
    pub(super) exports: Vec<(Atom, Id)>,
    /// Exported names that are assigned where the module says `export default <expression>`.
    pub(super) assigned: Vec<Atom>,
    /// Bindings that are hoisted functions.
    pub(super) functions: Vec<Id>,
    pub(super) body: Vec<ModuleItem>,
}

struct Collector {
    contexts: Contexts,
    record: Record,
    by_source: HashMap<Atom, usize>,
    /// `export { local as exported }`, decided once all imports are known.
    specifiers: Vec<(Atom, Id)>,
}

impl Record {
    pub(super) fn collect(body: Vec<ModuleItem>, contexts: Contexts) -> Self {
        let record = Record {
            edges: Vec::new(),
            exports: Vec::new(),
            assigned: Vec::new(),
            functions: Vec::new(),
            body: Vec::with_capacity(body.len()),
        };
        let mut collector = Collector { contexts, record, by_source: HashMap::new(), specifiers: Vec::new() };
        for item in body {
            match item {
                ModuleItem::ModuleDecl(declaration) => collector.declaration(declaration),
                ModuleItem::Stmt(statement) => {
                    if let Stmt::Decl(Decl::Fn(function)) = &statement {
                        collector.record.functions.push(function.ident.to_id());
                    }
                    collector.record.body.push(ModuleItem::Stmt(statement));
                }
            }
        }
        collector.resolve_specifiers();
        collector.record
    }
}

impl Collector {
    fn declaration(&mut self, declaration: ModuleDecl) {
        match declaration {
            ModuleDecl::Import(import) => self.import(import),
            ModuleDecl::ExportDecl(export) => self.export_declaration(export.decl),
            ModuleDecl::ExportNamed(export) => self.export_named(export),
            ModuleDecl::ExportDefaultDecl(export) => self.export_default(export),
            ModuleDecl::ExportDefaultExpr(export) => {
                self.record.assigned.push("default".into());
                self.assign_export(&"default".into(), *export.expr, export.span);
            }
            ModuleDecl::ExportAll(export) => {
                if let Some(edge) = self.edge(&export.src, export.span) {
                    edge.reexports_all = true;
                }
            }
            ModuleDecl::TsExportAssignment(export) => {
                let module = Expr::Ident(snippet::ident("module", self.contexts.unresolved));
                let target = snippet::member(module, &"exports".into(), export.span);
                self.push(snippet::statement(snippet::assign(target, *export.expr)));
            }
            // Left over only in declaration files.
            ModuleDecl::TsImportEquals(_) | ModuleDecl::TsNamespaceExport(_) => {}
        }
    }

    fn import(&mut self, import: ImportDecl) {
        let Some(edge) = self.edge(&import.src, import.span) else { return };
        for specifier in import.specifiers {
            let (local, name) = match specifier {
                ImportSpecifier::Named(named) => {
                    let name =
                        named.imported.map_or_else(|| named.local.sym.clone(), |name| export_name(&name));
                    (named.local, Some(name))
                }
                ImportSpecifier::Default(default) => (default.local, Some("default".into())),
                ImportSpecifier::Namespace(namespace) => (namespace.local, None),
            };
            edge.imports.push((local.to_id(), name));
        }
    }

    fn export_named(&mut self, export: NamedExport) {
        let Some(source) = export.src else {
            for specifier in export.specifiers {
                if let ExportSpecifier::Named(ExportNamedSpecifier { orig, exported, .. }) = specifier
                    && let ModuleExportName::Ident(local) = orig
                {
                    let name = exported.map_or_else(|| local.sym.clone(), |name| export_name(&name));
                    self.specifiers.push((name, local.to_id()));
                }
            }
            return;
        };
        let Some(edge) = self.edge(&source, export.span) else { return };
        for specifier in export.specifiers {
            match specifier {
                ExportSpecifier::Namespace(namespace) => {
                    edge.reexported_namespaces.push(export_name(&namespace.name));
                }
                ExportSpecifier::Default(default) => {
                    edge.reexports.push((default.exported.sym, "default".into()));
                }
                ExportSpecifier::Named(named) => {
                    let name = export_name(&named.orig);
                    let exported = named.exported.map_or_else(|| name.clone(), |name| export_name(&name));
                    edge.reexports.push((exported, name));
                }
            }
        }
    }

    fn export_declaration(&mut self, declaration: Decl) {
        match declaration {
            Decl::Fn(function) => {
                self.record.functions.push(function.ident.to_id());
                self.record.exports.push((function.ident.sym.clone(), function.ident.to_id()));
                self.push(Stmt::Decl(Decl::Fn(function)));
            }
            Decl::Class(class) => {
                let (name, id) = (class.ident.sym.clone(), class.ident.to_id());
                self.push(Stmt::Decl(Decl::Class(class)));
                self.record.exports.push((name, id));
            }
            Decl::Var(variables) => {
                for declarator in &variables.decls {
                    let ids: Vec<Id> = find_pat_ids(&declarator.name);
                    self.record.exports.extend(ids.into_iter().map(|id| (id.0.clone(), id)));
                }
                self.push(Stmt::Decl(Decl::Var(variables)));
            }
            other => self.push(Stmt::Decl(other)),
        }
    }

    fn export_default(&mut self, export: ExportDefaultDecl) {
        let declaration = match export.decl {
            DefaultDecl::Fn(FnExpr { ident, function }) => {
                let ident = ident.unwrap_or_else(|| private_ident!("_default"));
                self.record.functions.push(ident.to_id());
                self.record.exports.push(("default".into(), ident.to_id()));
                Decl::Fn(FnDecl { ident, declare: false, function })
            }
            DefaultDecl::Class(ClassExpr { ident, class }) => {
                let ident = ident.unwrap_or_else(|| private_ident!("_default"));
                self.record.exports.push(("default".into(), ident.to_id()));
                Decl::Class(ClassDecl { ident, declare: false, class })
            }
            DefaultDecl::TsInterfaceDecl(_) => return,
        };
        self.push(Stmt::Decl(declaration));
    }

    /// An export of an import is a re-export; every other one is of a local binding.
    fn resolve_specifiers(&mut self) {
        for (exported, local) in std::mem::take(&mut self.specifiers) {
            let import = self.record.edges.iter_mut().find_map(|edge| {
                let found = edge.imports.iter().find(|(id, _)| *id == local);
                found.map(|(_, name)| name.clone()).map(|name| (edge, name))
            });
            match import {
                Some((edge, Some(name))) => edge.reexports.push((exported, name)),
                Some((edge, None)) => edge.reexported_namespaces.push(exported),
                None => self.record.exports.push((exported, local)),
            }
        }
    }

    fn edge(&mut self, source: &Str, span: Span) -> Option<&mut Edge> {
        let name: Atom = source.value.to_atom_lossy().into_owned();
        let index = *self.by_source.entry(name.clone()).or_insert_with(|| {
            self.record.edges.push(Edge {
                holder: holder_for(&name, span),
                source: name,
                span: source.span,
                imports: Vec::new(),
                reexports: Vec::new(),
                reexported_namespaces: Vec::new(),
                reexports_all: false,
            });
            self.record.edges.len() - 1
        });
        let edge = self.record.edges.get_mut(index)?;
        if edge.span.is_dummy() {
            // Another pass asked first; what the person wrote is the better place.
            edge.span = source.span;
        }
        Some(edge)
    }

    fn assign_export(&mut self, name: &Atom, value: Expr, span: Span) {
        let exports = Expr::Ident(snippet::ident("exports", self.contexts.unresolved));
        let target = snippet::member(exports, name, span);
        self.push(snippet::statement(snippet::assign(target, value)));
    }

    fn push(&mut self, statement: Stmt) {
        self.record.body.push(ModuleItem::Stmt(statement));
    }
}

fn export_name(name: &ModuleExportName) -> Atom {
    match name {
        ModuleExportName::Ident(ident) => ident.sym.clone(),
        ModuleExportName::Str(text) => text.value.to_atom_lossy().into_owned(),
    }
}

/// `_button` for `./Button.js`: what shows up in stack traces and in the debugger.
fn holder_for(source: &str, span: Span) -> Ident {
    let last = source.rsplit('/').find(|part| !part.is_empty()).unwrap_or(source);
    let stem = last.split('.').next().unwrap_or(last);
    let mut name = String::from("_");
    name.extend(
        stem.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '_' }),
    );
    let mut ident = private_ident!(span, Atom::from(name));
    ident.span = DUMMY_SP;
    ident
}
