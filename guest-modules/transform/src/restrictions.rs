//! Syntax that has no meaning in a bundle, said plainly; and `import.meta`, which gets one.

use std::collections::HashSet;

use swc_core::atoms::Atom;
use swc_core::common::BytePos;
use swc_core::common::Spanned;
use swc_core::ecma::ast::*;
use swc_core::ecma::utils::find_pat_ids;
use swc_core::ecma::visit::{VisitMut, VisitMutWith, noop_visit_mut_type};

use crate::api::TransformOptions;
use crate::early_errors::{self, Mistake};
use crate::esm::Contexts;
use crate::snippet;

/// What is allowed where the bundle runs.
pub(crate) struct Rules<'a> {
    /// The bundle is for Hermes.
    pub(crate) native: bool,
    pub(crate) expo: bool,
    /// Written with `import` or `export`, so that all of it is strict.
    pub(crate) is_esm: bool,
    /// Types may share a name with a value, and be exported beside it.
    pub(crate) is_typescript: bool,
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
    let mut pass =
        Pass { rules, functions: 0, is_strict: rules.is_esm, classes: Vec::new(), broken: Vec::new() };
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

/// A class whose body is being visited.
struct OpenClass {
    is_derived: bool,
    private_names: HashSet<Atom>,
}

struct Pass<'a> {
    rules: &'a Rules<'a>,
    /// Functions around the current place.
    functions: u32,
    is_strict: bool,
    /// Those around the current place.
    classes: Vec<OpenClass>,
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

    fn inside_function(&mut self, is_strict: bool, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.is_strict, is_strict);
        self.functions += 1;
        visit(self);
        self.functions -= 1;
        self.is_strict = outer;
    }

    fn mistakes(&mut self, found: impl IntoIterator<Item = Mistake>) {
        self.broken.extend(found.into_iter().map(|(at, message)| Broken {
            at,
            code: "bundle.syntax",
            message,
            hint: "correct the syntax at the marked place",
        }));
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
        let statements = node.body.iter().flat_map(|body| &body.stmts);
        let is_strict = self.is_strict || early_errors::says_use_strict(statements);
        if is_strict || early_errors::are_patterns(&node.params) {
            self.mistakes(early_errors::parameters(node.params.iter().map(|parameter| &parameter.pat)));
        }
        self.inside_function(is_strict, |pass| node.visit_mut_children_with(pass));
    }

    fn visit_mut_arrow_expr(&mut self, node: &mut ArrowExpr) {
        self.mistakes(early_errors::parameters(node.params.iter()));
        self.inside_function(self.is_strict, |pass| node.visit_mut_children_with(pass));
    }

    fn visit_mut_class(&mut self, node: &mut Class) {
        node.super_class.visit_mut_with(self);
        let (private_names, mistakes) = early_errors::members(node);
        self.mistakes(mistakes);
        self.classes.push(OpenClass { is_derived: node.super_class.is_some(), private_names });
        let outer = std::mem::replace(&mut self.is_strict, true);
        node.body.visit_mut_with(self);
        self.is_strict = outer;
        self.classes.pop();
    }

    fn visit_mut_private_name(&mut self, node: &mut PrivateName) {
        let is_known = self.classes.iter().any(|class| class.private_names.contains(&node.name));
        if !is_known && !node.span.is_dummy() {
            self.mistakes([(node.span.lo, "no class around this place declares this private name")]);
        }
    }

    fn visit_mut_callee(&mut self, node: &mut Callee) {
        if let Callee::Super(called) = node
            && !called.span.is_dummy()
            && self.classes.last().is_some_and(|class| !class.is_derived)
        {
            self.mistakes([(called.span.lo, "this class extends no other, so there is no `super` to call")]);
        }
        node.visit_mut_children_with(self);
    }

    fn visit_mut_unary_expr(&mut self, node: &mut UnaryExpr) {
        if self.is_strict && node.op == UnaryOp::Delete && node.arg.is_ident() && !node.span.is_dummy() {
            self.mistakes([(node.span.lo, "a variable cannot be deleted in strict code")]);
        }
        node.visit_mut_children_with(self);
    }

    fn visit_mut_object_lit(&mut self, node: &mut ObjectLit) {
        self.mistakes(early_errors::second_prototype(node));
        node.visit_mut_children_with(self);
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
        self.is_strict |= early_errors::says_use_strict(node.iter().map_while(ModuleItem::as_stmt));
        if !self.rules.is_typescript {
            self.mistakes(early_errors::exports(node, self.rules.contexts.unresolved));
        }
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
