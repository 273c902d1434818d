//! Collecting what a module asks for, and numbering it.
//!
//! The order, the identity of a dependency (its name and how it is asked for), what counts as
//! optional, and the code of each call are Metro's.

use std::collections::{HashMap, HashSet};

use swc_core::common::{BytePos, DUMMY_SP, Span, Spanned};
use swc_core::ecma::ast::*;
use swc_core::ecma::visit::{VisitMut, VisitMutWith, noop_visit_mut_type};

use crate::api::{ContextRequest, DependencyKind};
use crate::esm::Contexts;
use crate::require_context;
use crate::snippet::{self, call, constant_string, element, ident};

/// Metro's module behind `import()`, as a specifier.
const ASYNC_REQUIRE: &str = "metro-runtime/src/modules/asyncRequire";
/// Expo's, where Expo's conventions apply.
const ASYNC_REQUIRE_EXPO: &str = "expo/internal/async-require-module";
/// The last parameter of the factory.
const MAP: &str = "_dependencyMap";

/// A dependency before its place is known as line and column.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) specifier: String,
    pub(crate) kind: DependencyKind,
    pub(crate) optional: bool,
    pub(crate) at: Option<BytePos>,
    pub(crate) context: Option<ContextRequest>,
}

/// A call that nobody can resolve while bundling.
pub(crate) struct Unresolvable {
    pub(crate) at: BytePos,
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
    pub(crate) hint: &'static str,
}

/// How calls are to be written.
pub(crate) struct Rules {
    pub(crate) contexts: Contexts,
    pub(crate) expo: bool,
    /// Names stay beside the numbers, for error messages.
    pub(crate) keep_names: bool,
    /// A computed `require` throws when it runs instead of keeping the bundle from being made.
    pub(crate) in_package: bool,
}

pub(crate) struct Collected {
    pub(crate) dependencies: Vec<Found>,
    pub(crate) unresolvable: Vec<Unresolvable>,
}

pub(crate) fn collect(module: &mut Module, rules: Rules, line_of: &dyn Fn(BytePos) -> u32) -> Collected {
    let mut collector = Collector {
        rules,
        line_of,
        collected: Collected { dependencies: Vec::new(), unresolvable: Vec::new() },
        by_key: HashMap::new(),
        blocks: vec![Block { is_try: false, statements: 0 }],
        caught: HashSet::new(),
    };
    module.visit_mut_with(&mut collector);
    collector.collected
}

/// The block that encloses a call, and how many statements lie between.
struct Block {
    is_try: bool,
    statements: u32,
}

struct Collector<'a> {
    rules: Rules,
    line_of: &'a dyn Fn(BytePos) -> u32,
    collected: Collected,
    by_key: HashMap<(String, u8, Option<String>), usize>,
    blocks: Vec<Block>,
    /// Calls at the beginning of a promise chain that handles rejection.
    caught: HashSet<Span>,
}

/// What a call asks for.
enum Request {
    Require(DependencyKind),
    DynamicImport,
    MaybeSyncImport,
    Prefetch,
    Weak,
    Context,
}

impl Collector<'_> {
    fn request(&self, node: &CallExpr) -> Option<Request> {
        let contexts = &self.rules.contexts;
        let callee = match &node.callee {
            Callee::Import(_) => return Some(Request::DynamicImport),
            Callee::Expr(callee) => callee,
            Callee::Super(_) => return None,
        };
        match &**callee {
            Expr::Ident(name) if name.ctxt == contexts.import => {
                Some(Request::Require(DependencyKind::Import))
            }
            Expr::Ident(name) if name.ctxt == contexts.unresolved && name.sym == "require" => {
                Some(Request::Require(DependencyKind::Require))
            }
            Expr::Ident(name) if name.ctxt == contexts.unresolved && name.sym == "__prefetchImport" => {
                Some(Request::Prefetch)
            }
            Expr::Member(member) => {
                let Expr::Ident(object) = &*member.obj else { return None };
                let MemberProp::Ident(property) = &member.prop else { return None };
                if object.sym != "require" || object.ctxt != contexts.unresolved {
                    return None;
                }
                match &*property.sym {
                    "context" => Some(Request::Context),
                    "resolveWeak" => Some(Request::Weak),
                    "unstable_importMaybeSync" => Some(Request::MaybeSyncImport),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn rewrite(&mut self, node: &mut Expr) -> bool {
        let Expr::Call(asked) = &mut *node else { return false };
        let Some(request) = self.request(asked) else { return false };
        let optional = self.is_optional(asked.span);
        if let Request::Context = request {
            let Some((specifier, context)) = self.context_request(asked) else { return true };
            let at = Some(asked.span.lo);
            let found =
                Found { specifier, kind: DependencyKind::Require, optional, at, context: Some(context) };
            let index = self.register(found);
            *node = self.require_call(index, None, asked.span);
            return true;
        }
        let Some(specifier) = single_name(asked) else {
            self.unresolvable(node);
            return true;
        };
        let at = asked.args.first().map(|argument| argument.span().lo).filter(|at| !at.is_dummy());
        let span = asked.span;
        let kind = match request {
            Request::Require(kind) => kind,
            Request::DynamicImport | Request::MaybeSyncImport | Request::Prefetch => {
                DependencyKind::DynamicImport
            }
            Request::Weak | Request::Context => DependencyKind::Weak,
        };
        let found = Found { specifier: specifier.clone(), kind, optional, at, context: None };
        let index = self.register(found);
        match request {
            Request::Require(_) => {
                self.number_call(asked, index, &specifier);
            }
            Request::Weak | Request::Context => *node = element(self.map(), index),
            Request::DynamicImport => *node = self.dynamic_import(index, &specifier, None, span),
            Request::MaybeSyncImport => {
                *node = self.dynamic_import(index, &specifier, Some("unstable_importMaybeSync"), span);
            }
            Request::Prefetch => *node = self.dynamic_import(index, &specifier, Some("prefetch"), span),
        }
        true
    }

    /// `require("a")` becomes `require(_dependencyMap[0], "a")`.
    fn number_call(&self, asked: &mut CallExpr, index: u32, specifier: &str) {
        let mut arguments = vec![element(self.map(), index)];
        if self.rules.keep_names {
            arguments.push(snippet::string(specifier));
        }
        asked.args =
            arguments.into_iter().map(|expr| ExprOrSpread { spread: None, expr: Box::new(expr) }).collect();
        if let Callee::Expr(callee) = &mut asked.callee
            && let Expr::Ident(name) = &mut **callee
        {
            name.ctxt = self.rules.contexts.unresolved;
        }
    }

    fn require_call(&self, index: u32, specifier: Option<&str>, span: Span) -> Expr {
        let mut arguments = vec![element(self.map(), index)];
        arguments.extend(specifier.map(snippet::string));
        call(Expr::Ident(ident("require", self.rules.contexts.unresolved)), arguments, span)
    }

    /// One bundle holds everything, so loading is only a promise of what is there.
    fn dynamic_import(&mut self, index: u32, specifier: &str, method: Option<&str>, span: Span) -> Expr {
        let module = if self.rules.expo { ASYNC_REQUIRE_EXPO } else { ASYNC_REQUIRE };
        let found = Found {
            specifier: module.to_owned(),
            kind: DependencyKind::Require,
            optional: false,
            at: None,
            context: None,
        };
        let helper = self.register(found);
        let names = self.rules.keep_names;
        let mut callee = self.require_call(helper, names.then_some(module), DUMMY_SP);
        if let Some(method) = method {
            callee = Expr::Member(snippet::member(callee, &method.into(), DUMMY_SP));
        }
        let paths = Expr::Member(snippet::member(self.map(), &"paths".into(), DUMMY_SP));
        let mut arguments = vec![element(self.map(), index), paths];
        if names {
            arguments.push(snippet::string(specifier));
        }
        call(callee, arguments, span)
    }

    fn map(&self) -> Expr {
        Expr::Ident(ident(MAP, self.rules.contexts.unresolved))
    }

    fn register(&mut self, found: Found) -> u32 {
        let kind = match found.kind {
            DependencyKind::Require => 0,
            DependencyKind::Import => 1,
            DependencyKind::DynamicImport => 2,
            DependencyKind::Weak => 3,
        };
        let context = found.context.as_ref().map(|context| {
            format!("{}\0{}\0{}\0{}", context.recursive, context.pattern, context.flags, context.mode)
        });
        let next = self.collected.dependencies.len();
        let index = *self.by_key.entry((found.specifier.clone(), kind, context)).or_insert(next);
        match self.collected.dependencies.get_mut(index) {
            Some(known) => known.optional &= found.optional,
            None => self.collected.dependencies.push(found),
        }
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    fn unresolvable(&mut self, node: &mut Expr) {
        let at = node.span().lo;
        if self.rules.in_package {
            let line = if at.is_dummy() { 0 } else { (self.line_of)(at) };
            *node = throwing(line, self.rules.contexts);
            return;
        }
        self.collected.unresolvable.push(Unresolvable {
            at,
            code: "bundle.dynamic-require",
            message: "the name of the module must be one string that is known before the program runs",
            hint: "write the name out, or choose between several calls with `if`",
        });
    }

    fn context_request(&mut self, asked: &CallExpr) -> Option<(String, ContextRequest)> {
        let (at, message) = match require_context::read(&asked.args) {
            Ok(request) => return Some(request),
            Err((at, message)) => (at.unwrap_or(asked.span.lo), message),
        };
        self.collected.unresolvable.push(Unresolvable {
            at,
            code: "bundle.invalid-context",
            message,
            hint: "write it as `require.context('./folder', true, /\\.js$/, 'sync')`, each value written out",
        });
        None
    }

    /// Metro looks at most three statements up for the `try`.
    fn is_optional(&self, span: Span) -> bool {
        let in_try = self.blocks.last().is_some_and(|block| block.is_try && block.statements < 3);
        in_try || self.caught.contains(&span)
    }

    /// Notes the call that begins a chain ending in `.catch(…)` or `.then(…, …)`.
    fn note_caught(&mut self, node: &Expr) {
        let Expr::Call(outer) = node else { return };
        if !handles_rejection(outer) {
            return;
        }
        let mut current = outer;
        while let Callee::Expr(callee) = &current.callee
            && let Expr::Member(member) = &**callee
            && member.prop.is_ident()
            && let Expr::Call(inner) = &*member.obj
        {
            self.caught.insert(inner.span);
            current = inner;
        }
    }
}

impl VisitMut for Collector<'_> {
    noop_visit_mut_type!();

    fn visit_mut_expr(&mut self, node: &mut Expr) {
        self.note_caught(node);
        if !self.rewrite(node) {
            node.visit_mut_children_with(self);
        }
    }

    /// In the order in which they are written.
    fn visit_mut_class(&mut self, node: &mut Class) {
        node.decorators.visit_mut_with(self);
        node.super_class.visit_mut_with(self);
        node.body.visit_mut_with(self);
    }

    fn visit_mut_callee(&mut self, node: &mut Callee) {
        node.visit_mut_children_with(self);
    }

    fn visit_mut_block_stmt(&mut self, node: &mut BlockStmt) {
        self.blocks.push(Block { is_try: false, statements: 0 });
        node.visit_mut_children_with(self);
        self.blocks.pop();
    }

    fn visit_mut_function_body(&mut self, node: &mut FunctionBody) {
        self.blocks.push(Block { is_try: false, statements: 0 });
        node.visit_mut_children_with(self);
        self.blocks.pop();
    }

    fn visit_mut_try_stmt(&mut self, node: &mut TryStmt) {
        self.blocks.push(Block { is_try: true, statements: 0 });
        node.block.visit_mut_children_with(self);
        self.blocks.pop();
        node.handler.visit_mut_with(self);
        node.finalizer.visit_mut_with(self);
    }

    fn visit_mut_stmt(&mut self, node: &mut Stmt) {
        if node.is_block() {
            node.visit_mut_children_with(self);
            return;
        }
        self.count_statement(1);
        node.visit_mut_children_with(self);
        self.count_statement(-1);
    }
}

impl Collector<'_> {
    fn count_statement(&mut self, change: i32) {
        if let Some(block) = self.blocks.last_mut() {
            block.statements = block.statements.saturating_add_signed(change);
        }
    }
}

fn handles_rejection(node: &CallExpr) -> bool {
    let Callee::Expr(callee) = &node.callee else { return false };
    let Expr::Member(member) = &**callee else { return false };
    let MemberProp::Ident(name) = &member.prop else { return false };
    let handler = match &*name.sym {
        "catch" => node.args.first(),
        "then" => node.args.get(1),
        _ => None,
    };
    handler.is_some_and(|handler| match &*handler.expr {
        Expr::Lit(Lit::Null(_)) => false,
        Expr::Ident(name) => name.sym != "undefined",
        _ => true,
    })
}

/// The one string argument of a call. Import attributes may follow it.
fn single_name(node: &CallExpr) -> Option<String> {
    let is_import = matches!(node.callee, Callee::Import(_));
    let (first, rest) = node.args.split_first()?;
    if first.spread.is_some() || (!rest.is_empty() && !is_import) {
        return None;
    }
    constant_string(&first.expr)
}

/// `(function () { throw new Error("…"); })()`
fn throwing(line: u32, contexts: Contexts) -> Expr {
    let text = format!("Dynamic require defined at line {line}; not supported when bundling");
    let error = Expr::New(NewExpr {
        callee: Box::new(Expr::Ident(ident("Error", contexts.unresolved))),
        args: Some(vec![ExprOrSpread { spread: None, expr: Box::new(snippet::string(&text)) }]),
        ..NewExpr::default()
    });
    let body = vec![Stmt::Throw(ThrowStmt { span: DUMMY_SP, arg: Box::new(error) })];
    let function = Box::new(snippet::function(Vec::new(), body));
    let function = Expr::Fn(FnExpr { ident: None, function });
    call(Expr::Paren(ParenExpr { span: DUMMY_SP, expr: Box::new(function) }), Vec::new(), DUMMY_SP)
}
