//! Reading worklets back out of a module.

use std::collections::HashMap;

use serde_json::{Value, json};
use swc_core::common::sync::Lrc;
use swc_core::common::{FileName, GLOBALS, Globals, Mark, SourceMap};
use swc_core::ecma::ast::*;
use swc_core::ecma::codegen::text_writer::JsWriter;
use swc_core::ecma::codegen::{Config, Emitter};
use swc_core::ecma::parser::{Syntax, parse_file_as_script};
use swc_core::ecma::transforms::base::{fixer::fixer, fixer::paren_remover, rename::rename, resolver};
use swc_core::ecma::visit::{Visit, VisitMut, VisitMutWith, VisitWith};

/// What one call of a factory says.
#[derive(Default)]
pub struct Worklet {
    pub name: String,
    pub kind: String,
    pub closure: Vec<String>,
    pub stack: Option<Vec<i64>>,
    pub version: bool,
    pub details: bool,
    pub keys: Vec<String>,
    pub location: Option<String>,
    pub code: String,
    pub hash: f64,
}

impl Worklet {
    pub fn normalized(&self) -> Value {
        normalized(&json!({
            "name": self.name, "kind": self.kind, "closure": self.closure, "stack": self.stack,
            "version": self.version, "details": self.details, "keys": self.keys,
            "location": self.location, "code": self.code,
        }))
    }
}

/// The plugin's hash, written down a second time.
pub fn hash(text: &str) -> f64 {
    let (mut one, mut two) = (5381_i32, 52711_i32);
    for unit in text.encode_utf16().collect::<Vec<_>>().into_iter().rev() {
        one = one.wrapping_mul(33) ^ i32::from(unit);
        two = two.wrapping_mul(33) ^ i32::from(unit);
    }
    f64::from(one.cast_unsigned()) * 4096.0 + f64::from(two.cast_unsigned())
}

/// The worklets of a module, in the order of the text.
pub fn worklets(code: &str) -> Vec<Worklet> {
    GLOBALS.set(&Globals::new(), || {
        let (_, script) = parse(&format!("({code})"));
        let mut reading = Reading::default();
        script.visit_with(&mut reading);
        let Reading { data, mut found, .. } = reading;
        for (worklet, name) in &mut found {
            let entries = &data[name];
            worklet.keys = entries.iter().map(|(key, _)| key.clone()).collect();
            let text =
                |wanted: &str| entries.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.clone());
            worklet.code = text("code").unwrap();
            worklet.location = text("location");
        }
        found.into_iter().map(|(worklet, _)| worklet).collect()
    })
}

/// Everything that may differ between two printers put in one order.
pub fn normalized(worklet: &Value) -> Value {
    let mut worklet = worklet.clone();
    worklet["name"] = json!(without_numbers(worklet["name"].as_str().unwrap()));
    let code = GLOBALS.set(&Globals::new(), || reprinted(worklet["code"].as_str().unwrap()));
    worklet["code"] = json!(without_numbers(&code));
    for name in worklet["closure"].as_array_mut().unwrap() {
        *name = json!(without_numbers(name.as_str().unwrap()));
    }
    worklet
}

/// The numbers behind a file's name only tell worklets apart, and hashes follow the text.
fn without_numbers(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|character: char| character.is_ascii_digit()) {
        let (before, behind) = rest.split_at(at);
        let end = behind.find(|character: char| !character.is_ascii_digit()).unwrap_or(behind.len());
        out.push_str(before);
        if !before.ends_with("Ts") && !before.ends_with("Tsx") && end < 10 {
            out.push_str(&behind[..end]);
        }
        rest = &behind[end..];
    }
    out + rest
}

fn parse(text: &str) -> (Lrc<SourceMap>, Script) {
    let map: Lrc<SourceMap> = Lrc::default();
    let file = map.new_source_file(FileName::Anon.into(), text.to_owned());
    let script = parse_file_as_script(&file, Syntax::default(), EsVersion::latest(), None, &mut Vec::new());
    (map, script.unwrap_or_else(|error| panic!("{error:?}\n{text}")))
}

/// The code printed by one printer, with private names numbered by their first appearance.
fn reprinted(text: &str) -> String {
    let (map, script) = parse(text);
    let mut program = Program::Script(script);
    paren_remover(None).process(&mut program);
    resolver(Mark::new(), Mark::new(), false).process(&mut program);
    let mut order = PrivateNames::default();
    program.visit_with(&mut order);
    program.mutate(rename(&order.names));
    program.visit_mut_with(&mut Plain);
    fixer(None).process(&mut program);
    let mut out = Vec::new();
    let config = Config::default().with_target(EsVersion::latest());
    let writer = JsWriter::new(map.clone(), "\n", &mut out, None);
    let mut emitter = Emitter { cfg: config, comments: None, cm: map, wr: writer };
    emitter.emit_program(&program).unwrap();
    String::from_utf8(out).unwrap()
}

/// Names that begin with `_` were made by a compiler, and those of function expressions are renamed
/// by the plugin for reasons of its own.
#[derive(Default)]
struct PrivateNames {
    names: swc_core::ecma::transforms::base::rename::RenameMap,
}

impl Visit for PrivateNames {
    fn visit_fn_expr(&mut self, node: &FnExpr) {
        if let Some(name) = &node.ident {
            let next = self.names.len();
            self.names.entry(name.to_id()).or_insert_with(|| format!("_function_{next}_").into());
        }
        node.visit_children_with(self);
    }

    fn visit_ident(&mut self, node: &Ident) {
        if node.sym.starts_with('_') && !node.sym.starts_with("_worklet") && !node.sym.starts_with("__") {
            let next = self.names.len();
            self.names.entry(node.to_id()).or_insert_with(|| format!("_private_{next}_").into());
        }
    }
}

/// `a => { return b; }` and literals without their original spelling.
struct Plain;

impl VisitMut for Plain {
    fn visit_mut_object_pat_prop(&mut self, node: &mut ObjectPatProp) {
        node.visit_mut_children_with(self);
        if let ObjectPatProp::Assign(shorthand) = node
            && shorthand.value.is_none()
        {
            let key = PropName::Ident(Ident::from(shorthand.key.clone()).into());
            let value = Box::new(Pat::Ident(shorthand.key.clone()));
            *node = ObjectPatProp::KeyValue(KeyValuePatProp { key, value });
        }
    }

    fn visit_mut_number(&mut self, node: &mut Number) {
        // A hash follows from the text.
        node.value = if node.value > 1e9 { 0.0 } else { node.value };
        node.raw = None;
    }

    fn visit_mut_str(&mut self, node: &mut Str) {
        node.raw = None;
    }

    fn visit_mut_new_expr(&mut self, node: &mut NewExpr) {
        node.visit_mut_children_with(self);
        node.args.get_or_insert_default();
    }

    fn visit_mut_stmts(&mut self, node: &mut Vec<Stmt>) {
        node.visit_mut_children_with(self);
        // Where temporary variables are declared is the compiler's own business.
        node.retain(|statement| !is_private_declaration(statement));
    }

    fn visit_mut_function_body(&mut self, node: &mut FunctionBody) {
        node.visit_mut_children_with(self);
        node.stmts.retain(|statement| !is_private_declaration(statement));
    }
}

fn is_private_declaration(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Decl(Decl::Var(variables))
        if variables.decls.iter().all(|one| one.init.is_none() && matches!(&one.name, Pat::Ident(name) if name.sym.starts_with('_'))))
}

#[derive(Default)]
struct Reading {
    data: HashMap<String, Vec<(String, String)>>,
    found: Vec<(Worklet, String)>,
}

fn entries(object: &Expr) -> Vec<(String, String)> {
    let Expr::Object(object) = object else { panic!("not an object") };
    let entry = |prop: &PropOrSpread| {
        let PropOrSpread::Prop(prop) = prop else { panic!("a spread") };
        match &**prop {
            Prop::Shorthand(name) => (name.sym.to_string(), String::new()),
            Prop::KeyValue(KeyValueProp { key: PropName::Ident(name), value }) => {
                let text = match &**value {
                    Expr::Lit(Lit::Str(text)) => text.value.to_string_lossy().into_owned(),
                    _ => String::new(),
                };
                (name.sym.to_string(), text)
            }
            other => panic!("{other:?}"),
        }
    };
    object.props.iter().map(entry).collect()
}

impl Visit for Reading {
    fn visit_var_declarator(&mut self, node: &VarDeclarator) {
        if let (Pat::Ident(name), Some(init)) = (&node.name, &node.init)
            && name.sym.contains("_init_data")
        {
            self.data.insert(name.sym.to_string(), entries(init));
        }
        node.visit_children_with(self);
    }

    fn visit_call_expr(&mut self, node: &CallExpr) {
        if let Callee::Expr(callee) = &node.callee {
            let callee = match &**callee {
                Expr::Paren(inner) => &inner.expr,
                other => other,
            };
            if let Expr::Fn(factory) = callee
                && let Some(name) = factory.ident.as_ref().and_then(|name| name.sym.strip_suffix("Factory"))
            {
                self.found.push(read(name, factory.function.body.as_ref().unwrap()));
            }
        }
        node.visit_children_with(self);
    }
}

fn read(name: &str, body: &FunctionBody) -> (Worklet, String) {
    let mut worklet = Worklet { name: name.to_owned(), ..Worklet::default() };
    let mut data = String::new();
    for statement in &body.stmts {
        match statement {
            Stmt::Decl(Decl::Var(variables)) => {
                let one = &variables.decls[0];
                let init = one.init.as_deref().unwrap();
                match init {
                    Expr::Array(parts) => {
                        worklet.stack = Some(parts.elems.iter().skip(1).map(number).collect())
                    }
                    Expr::Arrow(_) => worklet.kind = "arrow".to_owned(),
                    Expr::Fn(function) => {
                        let (is_async, star) = (function.function.is_async, function.function.is_generator);
                        worklet.kind = format!(
                            "{}function{}",
                            if is_async { "async " } else { "" },
                            if star { "*" } else { "" }
                        );
                    }
                    _ => {}
                }
            }
            Stmt::Expr(statement) => {
                let Expr::Assign(assignment) = &*statement.expr else { continue };
                let AssignTarget::Simple(SimpleAssignTarget::Member(target)) = &assignment.left else {
                    continue;
                };
                let MemberProp::Ident(key) = &target.prop else { continue };
                match (&*key.sym, &*assignment.right) {
                    ("__closure", closure) => {
                        worklet.closure = entries(closure).into_iter().map(|(key, _)| key).collect();
                    }
                    ("__workletHash", Expr::Lit(Lit::Num(hash))) => worklet.hash = hash.value,
                    ("__initData", Expr::Ident(name)) => data = name.sym.to_string(),
                    ("__pluginVersion", _) => worklet.version = true,
                    ("__stackDetails", _) => worklet.details = true,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    (worklet, data)
}

fn number(element: &Option<ExprOrSpread>) -> i64 {
    match &*element.as_ref().unwrap().expr {
        Expr::Lit(Lit::Num(number)) => whole(number.value),
        Expr::Unary(UnaryExpr { arg, .. }) => match &**arg {
            Expr::Lit(Lit::Num(number)) => -whole(number.value),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

fn whole(value: f64) -> i64 {
    format!("{value}").parse().unwrap()
}
