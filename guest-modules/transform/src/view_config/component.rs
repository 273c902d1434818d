//! What a native component accepts, read from the types of its module.

use swc_core::atoms::Atom;
use swc_core::common::Spanned;
use swc_core::ecma::ast::*;

use super::Unclear;
use super::types::{
    Declared, Property, Types, argument, is_array, is_readonly, reference_name, unclear, without_null,
};
use crate::snippet::constant_string;

/// Everything a view config says.
pub(super) struct Component {
    pub(super) name: String,
    pub(super) paper_name: Option<String>,
    pub(super) deprecated_paper_name: Option<String>,
    pub(super) props: Vec<(Atom, Attribute)>,
    pub(super) events: Vec<Event>,
    pub(super) commands: Vec<Command>,
}

/// How a prop travels to the native side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    /// As it is.
    Plain,
    Color,
    Colors,
    Image,
    Point,
    Insets,
}

pub(super) struct Event {
    pub(super) name: Atom,
    pub(super) bubbles: bool,
    pub(super) paper_name: Option<String>,
}

pub(super) struct Command {
    pub(super) name: Atom,
    pub(super) parameters: Vec<Atom>,
}

/// The call in `export default codegenNativeComponent<Props>(…)`, casts looked through.
pub(super) fn default_export(item: &ModuleItem) -> Option<&CallExpr> {
    let ModuleItem::ModuleDecl(ModuleDecl::ExportDefaultExpr(export)) = item else { return None };
    called(&export.expr, "codegenNativeComponent")
}

/// `export const Commands = codegenNativeCommands(…)`
pub(super) fn is_commands(item: &ModuleItem) -> bool {
    commands_call(item).is_some()
}

fn commands_call(item: &ModuleItem) -> Option<&CallExpr> {
    let ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(export)) = item else { return None };
    let Decl::Var(variables) = &export.decl else { return None };
    called(variables.decls.first()?.init.as_deref()?, "codegenNativeCommands")
}

fn called<'a>(expression: &'a Expr, function: &str) -> Option<&'a CallExpr> {
    match expression {
        Expr::Call(call) => {
            let Callee::Expr(callee) = &call.callee else { return None };
            matches!(&**callee, Expr::Ident(name) if name.sym == function).then_some(call)
        }
        Expr::Paren(inner) => called(&inner.expr, function),
        Expr::TsAs(cast) => called(&cast.expr, function),
        Expr::TsSatisfies(cast) => called(&cast.expr, function),
        Expr::TsTypeAssertion(cast) => called(&cast.expr, function),
        Expr::TsNonNull(cast) => called(&cast.expr, function),
        _ => None,
    }
}

pub(super) fn read(module: &Module, call: &CallExpr) -> Result<Component, Unclear> {
    let types = Types::of(module);
    let name = call.args.first().and_then(|argument| constant_string(&argument.expr));
    let Some(name) = name else {
        return Err(unclear(call, "the name of the native component must be written out".to_owned()));
    };
    let props_type = call.type_args.as_ref().and_then(|arguments| arguments.params.first());
    let Some(props_type) = props_type else {
        return Err(unclear(call, "codegenNativeComponent needs the type of the props".to_owned()));
    };
    let options = call.args.get(1).map(|argument| &*argument.expr);
    let mut component = Component {
        name,
        paper_name: option(options, "paperComponentName"),
        deprecated_paper_name: option(options, "paperComponentNameDeprecated"),
        props: Vec::new(),
        events: Vec::new(),
        commands: Vec::new(),
    };
    for property in types.properties(props_type)? {
        match event(&property, &types) {
            Some(event) if property.own => component.events.push(event),
            // React Native's own codegen does not see the events of a type that is spread.
            Some(_) => {}
            None if is_view_style(&property) => {}
            None => {
                let attribute =
                    Reader { types: &types, name: &property.name }.attribute(property.value, 0)?;
                component.props.push((property.name, attribute));
            }
        }
    }
    component.commands = commands(module, &types)?;
    Ok(component)
}

fn option(options: Option<&Expr>, name: &str) -> Option<String> {
    let Expr::Object(options) = options? else { return None };
    options.props.iter().find_map(|prop| {
        let PropOrSpread::Prop(prop) = prop else { return None };
        let Prop::KeyValue(pair) = &**prop else { return None };
        let named = matches!(&pair.key, PropName::Ident(key) if key.sym == name);
        named.then(|| constant_string(&pair.value)).flatten()
    })
}

fn is_view_style(property: &Property<'_>) -> bool {
    property.name == "style"
        && matches!(without_null(property.value).as_slice(),
            [TsType::TsTypeRef(reference)] if reference_name(reference) == "ViewStyleProp")
}

fn event(property: &Property<'_>, types: &Types<'_>) -> Option<Event> {
    let parts = without_null(property.value);
    let [TsType::TsTypeRef(reference)] = parts.as_slice() else { return None };
    let handler = handler(reference, types, 0)?;
    let paper_name = argument(handler, 1).and_then(|name| match name {
        TsType::TsLitType(TsLitType { lit: TsLit::Str(text), .. }) => {
            Some(text.value.to_string_lossy().into_owned())
        }
        _ => None,
    });
    let bubbles = reference_name(handler) == "BubblingEventHandler";
    Some(Event { name: property.name.clone(), bubbles, paper_name })
}

fn handler<'a>(reference: &'a TsTypeRef, types: &Types<'a>, depth: u32) -> Option<&'a TsTypeRef> {
    let name = reference_name(reference);
    if matches!(&*name, "BubblingEventHandler" | "DirectEventHandler") {
        return Some(reference);
    }
    let Some(Declared::Alias(alias)) = types.get(&name) else { return None };
    match without_null(alias).as_slice() {
        [TsType::TsTypeRef(inner)] if depth < 16 => handler(inner, types, depth + 1),
        _ => None,
    }
}

struct Reader<'a> {
    types: &'a Types<'a>,
    name: &'a Atom,
}

impl Reader<'_> {
    fn attribute(&self, of: &TsType, depth: u32) -> Result<Attribute, Unclear> {
        if depth > 64 {
            return Err(unclear(of, format!("the type of the prop {} refers to itself", self.name)));
        }
        let parts = without_null(of);
        let [single] = parts.as_slice() else {
            // A union of literals is a string or a number on the native side.
            return Ok(Attribute::Plain);
        };
        match single {
            TsType::TsTypeRef(reference) => self.named(reference, depth),
            TsType::TsArrayType(array) => self.array(&array.elem_type, depth),
            TsType::TsTypeOperator(operator) => self.attribute(&operator.type_ann, depth + 1),
            TsType::TsKeywordType(keyword) if keyword.kind == TsKeywordTypeKind::TsNumberKeyword => {
                let message = format!("the prop {} must be Int32, Double or Float, not number", self.name);
                Err(unclear(of, message))
            }
            TsType::TsFnOrConstructorType(_) => {
                let message = format!(
                    "the prop {} must be a BubblingEventHandler or a DirectEventHandler, not a function",
                    self.name
                );
                Err(unclear(of, message))
            }
            _ => Ok(Attribute::Plain),
        }
    }

    fn named(&self, reference: &TsTypeRef, depth: u32) -> Result<Attribute, Unclear> {
        let name = reference_name(reference);
        match self.types.get(&name) {
            Some(Declared::Alias(alias)) => return self.attribute(alias, depth + 1),
            Some(Declared::Interface(_)) => return Ok(Attribute::Plain),
            None => {}
        }
        match (&*name, argument(reference, 0)) {
            ("WithDefault", Some(inner)) => self.attribute(inner, depth + 1),
            (name, Some(inner)) if is_readonly(name) => match without_null(inner).as_slice() {
                [TsType::TsTypeLit(_)] => Ok(Attribute::Plain),
                _ => self.attribute(inner, depth + 1),
            },
            (name, Some(element)) if is_array(name) => self.array(element, depth),
            _ => reserved(&name).ok_or_else(|| {
                unclear(reference, format!("the type {name} of the prop {} is not known", self.name))
            }),
        }
    }

    fn array(&self, element: &TsType, depth: u32) -> Result<Attribute, Unclear> {
        if element.as_ts_keyword_type().is_some() {
            return Ok(Attribute::Plain);
        }
        Ok(match self.attribute(element, depth + 1)? {
            Attribute::Color => Attribute::Colors,
            _ => Attribute::Plain,
        })
    }
}

/// The types React Native gives a meaning of its own.
fn reserved(name: &str) -> Option<Attribute> {
    match name {
        "ColorValue" | "ProcessedColorValue" => Some(Attribute::Color),
        "ColorArrayValue" => Some(Attribute::Colors),
        "ImageSource" => Some(Attribute::Image),
        "PointValue" => Some(Attribute::Point),
        "EdgeInsetsValue" => Some(Attribute::Insets),
        "DimensionValue" | "Stringish" | "Int32" | "Double" | "Float" | "UnsafeMixed" | "UnsafeObject" => {
            Some(Attribute::Plain)
        }
        _ => None,
    }
}

fn commands(module: &Module, types: &Types<'_>) -> Result<Vec<Command>, Unclear> {
    let Some(call) = module.body.iter().find_map(commands_call) else { return Ok(Vec::new()) };
    let interface = call.type_args.as_ref().and_then(|arguments| arguments.params.first());
    let Some(TsType::TsTypeRef(reference)) = interface.map(|interface| &**interface) else {
        return Err(unclear(call, "codegenNativeCommands needs the name of an interface".to_owned()));
    };
    let name = reference_name(reference);
    let members = match types.get(&name) {
        Some(Declared::Interface(interface)) => &interface.body.body,
        Some(Declared::Alias(TsType::TsTypeLit(literal))) => &literal.members,
        _ => return Err(unclear(call, format!("the interface {name} is not declared in this file"))),
    };
    members.iter().map(|member| command(member, types)).collect()
}

fn command(member: &TsTypeElement, types: &Types<'_>) -> Result<Command, Unclear> {
    let wrong = || unclear(member, "a native command must be a function with a ref first".to_owned());
    let (key, parameters) = match member {
        TsTypeElement::TsPropertySignature(property) => {
            let value = property.type_ann.as_ref().ok_or_else(wrong)?;
            (&property.key, function_parameters(&value.type_ann, types).ok_or_else(wrong)?)
        }
        TsTypeElement::TsMethodSignature(method) => (&method.key, &method.params),
        _ => return Err(wrong()),
    };
    let Expr::Ident(name) = &**key else { return Err(wrong()) };
    let parameters = parameters
        .iter()
        .skip(1)
        .map(|parameter| match parameter {
            TsFnParam::Ident(name) => Ok(name.id.sym.clone()),
            other => Err(unclear(&other.span(), "the parameters of a native command need names".to_owned())),
        })
        .collect::<Result<_, _>>()?;
    Ok(Command { name: name.sym.clone(), parameters })
}

fn function_parameters<'a>(of: &'a TsType, types: &Types<'a>) -> Option<&'a Vec<TsFnParam>> {
    match of {
        TsType::TsParenthesizedType(inner) => function_parameters(&inner.type_ann, types),
        TsType::TsFnOrConstructorType(TsFnOrConstructorType::TsFnType(function)) => Some(&function.params),
        TsType::TsTypeRef(reference) => match types.get(&reference_name(reference))? {
            Declared::Alias(TsType::TsFnOrConstructorType(TsFnOrConstructorType::TsFnType(function))) => {
                Some(&function.params)
            }
            _ => None,
        },
        _ => None,
    }
}
