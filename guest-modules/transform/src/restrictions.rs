//! Syntax that has no meaning in a bundle, said plainly; and `import.meta`, which gets one.

use std::collections::HashSet;

use swc_core::common::BytePos;
use swc_core::common::Spanned;
use swc_core::ecma::ast::*;
use swc_core::ecma::utils::find_pat_ids;
use swc_core::ecma::visit::{VisitMut, VisitMutWith, noop_visit_mut_type};

use crate::api::TransformOptions;
use crate::esm::Contexts;
use crate::snippet;

/// What is allowed where the bundle runs.
pub(crate) struct Rules<'a> {
    /// The bundle is for Hermes.
    pub(crate) native: bool,
    pub(crate) expo: bool,
    pub(crate) options: &'a TransformOptions,
    pub(crate) contexts: Contexts,
}

/// A place that cannot be bundled.
pub(crate) struct Broken {
    pub(crate) at: BytePos,
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
    pub(crate) hint: &'static str,
}

pub(crate) fn apply(program: &mut Program, rules: &Rules<'_>) -> Vec<Broken> {
    let mut pass = Pass { rules, functions: 0, broken: Vec::new() };
    program.visit_mut_with(&mut pass);
    pass.broken
}

/// The names that `let`, `const`, `class` and `import` give in one block.
#[derive(Default)]
struct Names {
    seen: HashSet<Id>,
    twice: Vec<BytePos>,
}

impl Names {
    fn declare(&mut self, declaration: &Decl) {
        match declaration {
            Decl::Var(variables) if variables.kind != VarDeclKind::Var => {
                for name in find_pat_ids::<_, Ident>(&variables.decls) {
                    self.add(&name);
                }
            }
            Decl::Class(class) => self.add(&class.ident),
            _ => {}
        }
    }

    fn import(&mut self, import: &ImportDecl) {
        for specifier in &import.specifiers {
            self.add(specifier.local());
        }
    }

    fn add(&mut self, name: &Ident) {
        if !self.seen.insert(name.to_id()) && !name.span.is_dummy() {
            self.twice.push(name.span.lo);
        }
    }
}

struct Pass<'a> {
    rules: &'a Rules<'a>,
    /// Functions around the current place.
    functions: u32,
    broken: Vec<Broken>,
}

impl Pass<'_> {
    fn top_level_await(&mut self, at: BytePos) {
        if self.functions == 0 {
            self.broken.push(Broken {
                at,
                code: "bundle.top-level-await",
                message: "`await` outside of a function does not work in a bundle",
                hint: "move it into an async function and call that",
            });
        }
    }

    /// The parser leaves this to whoever resolves names; a `let` that became `var` would hide it.
    fn declared_twice(&mut self, names: Names) {
        self.broken.extend(names.twice.into_iter().map(|at| Broken {
            at,
            code: "bundle.syntax",
            message: "this name has already been declared",
            hint: "give one of the two another name",
        }));
    }

    fn inside_function(&mut self, visit: impl FnOnce(&mut Self)) {
        self.functions += 1;
        visit(self);
        self.functions -= 1;
    }

    fn import_meta(&self) -> Expr {
        let global = |name: &str| Expr::Ident(snippet::ident(name, self.rules.contexts.unresolved));
        if self.rules.expo {
            let registry = "__ExpoImportMetaRegistry".into();
            let span = swc_core::common::DUMMY_SP;
            return Expr::Member(snippet::member(global("globalThis"), &registry, span));
        }
        let mut env: Vec<(&str, Expr)> = self
            .rules
            .options
            .env
            .iter()
            .map(|(name, value)| (name.as_str(), snippet::string(value)))
            .collect();
        let mode = if self.rules.options.dev { "development" } else { "production" };
        env.push(("MODE", snippet::string(mode)));
        env.push(("DEV", snippet::boolean(self.rules.options.dev)));
        env.push(("PROD", snippet::boolean(!self.rules.options.dev)));
        snippet::object(vec![("url", snippet::string("")), ("env", snippet::object(env))])
    }
}

impl VisitMut for Pass<'_> {
    noop_visit_mut_type!();

    fn visit_mut_function(&mut self, node: &mut Function) {
        self.inside_function(|pass| node.visit_mut_children_with(pass));
    }

    fn visit_mut_arrow_expr(&mut self, node: &mut ArrowExpr) {
        self.inside_function(|pass| node.visit_mut_children_with(pass));
    }

    fn visit_mut_await_expr(&mut self, node: &mut AwaitExpr) {
        self.top_level_await(node.span.lo);
        node.visit_mut_children_with(self);
    }

    fn visit_mut_for_of_stmt(&mut self, node: &mut ForOfStmt) {
        if node.is_await {
            self.top_level_await(node.span.lo);
        }
        node.visit_mut_children_with(self);
    }

    fn visit_mut_expr(&mut self, node: &mut Expr) {
        node.visit_mut_children_with(self);
        if matches!(node, Expr::MetaProp(MetaPropExpr { kind: MetaPropKind::ImportMeta, .. })) {
            *node = self.import_meta();
        }
    }

    fn visit_mut_module_items(&mut self, node: &mut Vec<ModuleItem>) {
        let mut names = Names::default();
        for item in node.iter() {
            match item {
                ModuleItem::Stmt(Stmt::Decl(declaration))
                | ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(ExportDecl { decl: declaration, .. })) => {
                    names.declare(declaration);
                }
                ModuleItem::ModuleDecl(ModuleDecl::Import(import)) => names.import(import),
                _ => {}
            }
        }
        self.declared_twice(names);
        node.visit_mut_children_with(self);
    }

    fn visit_mut_stmts(&mut self, node: &mut Vec<Stmt>) {
        let mut names = Names::default();
        for statement in node.iter() {
            if let Stmt::Decl(declaration) = statement {
                names.declare(declaration);
            }
        }
        self.declared_twice(names);
        node.visit_mut_children_with(self);
    }

    fn visit_mut_decl(&mut self, node: &mut Decl) {
        if let Decl::Using(using) = node
            && self.rules.native
        {
            self.broken.push(Broken {
                at: using.span.lo,
                code: "bundle.unsupported-syntax",
                message: "Hermes does not know `using`",
                hint: "use `const` and dispose in a `finally` block",
            });
        }
        node.visit_mut_children_with(self);
    }

    fn visit_mut_regex(&mut self, node: &mut Regex) {
        if self.rules.native && node.flags.contains('v') {
            self.broken.push(Broken {
                at: node.span().lo,
                code: "bundle.unsupported-syntax",
                message: "Hermes does not know the flag `v` of regular expressions",
                hint: "use the flag `u`",
            });
        }
    }
}
