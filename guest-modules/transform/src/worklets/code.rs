//! The code of a worklet as text, which another runtime evaluates, and the hash it goes by.

use swc_core::common::sync::Lrc;
use swc_core::common::{DUMMY_SP, Mark, SourceMap, SyntaxContext};
use swc_core::ecma::ast::*;
use swc_core::ecma::transforms::base::{fixer::fixer, hygiene::hygiene};
use swc_core::ecma::transforms::compat::{es2015, es2020};
use swc_core::ecma::utils::prepend_stmts;
use swc_core::ecma::visit::{Visit, VisitMutWith, VisitWith, noop_visit_type};

use super::rename::Renamed;
use super::routine::Routine;
use super::{Captured, Context};
use crate::emit;
use crate::snippet::{self, ident};

/// A worklet's code.
pub(super) struct Code {
    pub(super) text: String,
    /// In development only.
    pub(super) map: Option<String>,
}

/// Writes `routine` as a function declaration called `name` that finds what it has captured in
/// `this.__closure`. Classes that it makes instances of are taken as their factories.
pub(super) fn write(
    routine: &Routine,
    name: &str,
    captured: &mut Vec<Captured>,
    context: &Context<'_>,
) -> std::io::Result<Code> {
    let mut function = routine.clone().into_function();
    let own = Ident::new(name.into(), DUMMY_SP, SyntaxContext::empty().apply_mark(Mark::new()));
    let mut calls_itself = false;
    if let Some(old) = routine.name.as_ref().filter(|_| routine.names_itself) {
        let mut renamed = Renamed::one(old.to_id(), own.clone());
        function.visit_mut_with(&mut renamed);
        calls_itself = renamed.found;
    }
    let made = made_classes(&function, captured);

    let mut program = Program::Module(Module { body: vec![declaration(own.clone(), function)], ..empty() });
    lower(&mut program, context.unresolved);
    let mut head = Vec::new();
    if calls_itself {
        head.push(constant(own.clone().into(), member_of_this("_recur")));
    }
    if !captured.is_empty() {
        let pattern = snippet::shorthand_pattern(captured.iter().map(Captured::in_code).collect());
        head.push(constant(pattern, member_of_this("__closure")));
    }
    head.extend(made);
    if let Program::Module(module) = &mut program
        && let Some(ModuleItem::Stmt(Stmt::Decl(Decl::Fn(declaration)))) = module.body.last_mut()
        && let Some(body) = &mut declaration.function.body
    {
        prepend_stmts(&mut body.stmts, head.into_iter());
    }
    hygiene().process(&mut program);
    fixer(None).process(&mut program);
    let Program::Module(module) = &program else { return Ok(Code { text: String::new(), map: None }) };
    print(module, context)
}

/// What the engines of older apps did not know, as the plugin itself lowers it.
fn lower(program: &mut Program, unresolved: Mark) {
    es2020::nullish_coalescing(es2020::nullish_coalescing::Config::default()).process(program);
    es2020::optional_chaining(es2020::optional_chaining::Config::default(), unresolved).process(program);
    es2015::arrow(unresolved).process(program);
    let mut tagged = Tagged::default();
    program.visit_with(&mut tagged);
    // A tagged template would call a helper that the other runtime does not have.
    if !tagged.found {
        let loose = es2015::template_literal::Config { ignore_to_primitive: true, mutable_template: true };
        es2015::template_literal(loose).process(program);
    }
    es2015::shorthand().process(program);
}

#[derive(Default)]
struct Tagged {
    found: bool,
}

impl Visit for Tagged {
    noop_visit_type!();

    fn visit_tagged_tpl(&mut self, _: &TaggedTpl) {
        self.found = true;
    }
}

/// `const Bee = Bee__classFactory();` for each captured class of which an instance is made. The
/// class itself cannot travel; its factory, a worklet, can.
fn made_classes(function: &Function, captured: &mut Vec<Captured>) -> Vec<Stmt> {
    let mut instances = Instances::default();
    function.visit_with(&mut instances);
    let mut statements = Vec::new();
    for class in instances.classes {
        let Some(index) =
            captured.iter().position(|known| !known.is_class && known.name.to_id() == class.to_id())
        else {
            continue;
        };
        let mut known = captured.remove(index);
        known.is_class = true;
        let factory = Expr::Ident(known.in_code());
        statements.insert(0, constant(class.into(), snippet::call(factory, Vec::new(), DUMMY_SP)));
        captured.push(known);
    }
    statements
}

#[derive(Default)]
struct Instances {
    classes: Vec<Ident>,
}

impl Visit for Instances {
    noop_visit_type!();

    fn visit_new_expr(&mut self, node: &NewExpr) {
        if let Expr::Ident(class) = &*node.callee {
            self.classes.push(class.clone());
        }
        node.visit_children_with(self);
    }
}

fn empty() -> Module {
    Module { span: DUMMY_SP, body: Vec::new(), shebang: None }
}

fn declaration(ident: Ident, function: Function) -> ModuleItem {
    let function = Box::new(function);
    ModuleItem::Stmt(Stmt::Decl(Decl::Fn(FnDecl { ident, declare: false, function })))
}

fn constant(name: Pat, value: Expr) -> Stmt {
    snippet::declare(VarDeclKind::Const, name, value, DUMMY_SP)
}

fn member_of_this(name: &str) -> Expr {
    let this = Expr::This(ThisExpr { span: DUMMY_SP });
    Expr::Member(snippet::member(this, &name.into(), DUMMY_SP))
}

fn print(module: &Module, context: &Context<'_>) -> std::io::Result<Code> {
    let (text, mappings) = emit::print_bare(module, context.map)?;
    let map = if context.dev { Some(emit::bare_map(context.map, context.path, &mappings)?) } else { None };
    Ok(Code { text, map })
}

/// The plugin's own hash of a text: two running hashes over its UTF-16 code units from the last
/// to the first, put beside each other.
pub(super) fn hash(text: &str) -> f64 {
    let (mut first, mut second) = (5381_u32, 52711_u32);
    let units: Vec<u16> = text.encode_utf16().collect();
    for unit in units.into_iter().rev() {
        first = first.wrapping_mul(33) ^ u32::from(unit);
        second = second.wrapping_mul(33) ^ u32::from(unit);
    }
    f64::from(first) * 4096.0 + f64::from(second)
}

/// What a worklet is called: its own name or nothing, the file, and a number.
pub(super) fn names(routine: &Routine, path: &str, number: u32) -> (String, String) {
    let mut parts = path.split('/');
    let file = path.rsplit('/').next().unwrap_or(path);
    let library = parts.by_ref().find(|part| *part == "node_modules").and_then(|_| parts.next());
    let suffix = match library {
        Some(library) => format!("{library}_{file}{number}"),
        None => format!("{file}{number}"),
    };
    match &routine.name {
        Some(name) => (as_identifier(&format!("{}_{suffix}", name.sym)), name.sym.to_string()),
        None => (as_identifier(&suffix), as_identifier(&suffix)),
    }
}

/// Any text as an identifier: other characters vanish and the letter behind them grows.
fn as_identifier(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    let mut grow = false;
    for character in text.chars() {
        let usable = Ident::is_valid_continue(character);
        if name.is_empty() && (!usable || character.is_ascii_digit()) {
            continue;
        }
        if !usable {
            grow = true;
        } else if std::mem::take(&mut grow) {
            name.extend(character.to_uppercase());
        } else {
            name.push(character);
        }
    }
    if name.is_empty() || ident(&name, SyntaxContext::empty()).is_reserved() {
        name.insert(0, '_');
    }
    name
}

/// The source map shared with the rest of the module.
pub(super) type Map = Lrc<SourceMap>;
