//! The records of `wit/`, against their mirrors in `host/protocol`: names, order, types.

use std::collections::BTreeMap;
use std::fs;

use wit_parser::{Resolve, Type, TypeDefKind, TypeId, TypeOwner};

use super::Wit;
use crate::golden::repository;

/// Interfaces whose values only ever cross the boundary inside the runner.
const NOT_MIRRORED: &[&str] = &["project"];

/// A type by name: one line a field or case, `name: type`.
type Shapes = BTreeMap<String, Vec<String>>;

#[test]
fn every_value_of_an_interface_has_a_mirror_with_the_same_fields_in_the_same_order() {
    let wit = Wit::read();
    let mut compared = 0;
    for (interface, _) in wit.interfaces().filter(|(name, _)| !NOT_MIRRORED.contains(name)) {
        let file = match interface {
            // Their values are those of `module-types`, under the name users know.
            "modules" | "plugins" => continue,
            "module-types" => "modules",
            name => name,
        };
        let path = repository(&format!("host/protocol/src/wit/{file}.rs"));
        let mirror = mirrored(&fs::read_to_string(path).unwrap());
        let stated = stated(&wit, interface);
        compared += stated.len();
        assert_eq!(stated, mirror, "{interface}");
    }
    assert!(compared >= 20);
}

/// The values that an interface defines itself, written as Rust.
fn stated(wit: &Wit, interface: &str) -> Shapes {
    let owner = wit.resolve.packages[wit.package].interfaces[interface];
    let mut shapes = Shapes::new();
    for (id, definition) in &wit.resolve.types {
        let (Some(name), true) = (&definition.name, definition.owner == TypeOwner::Interface(owner)) else {
            continue;
        };
        if let Some(lines) = lines_of(&wit.resolve, id) {
            shapes.insert(camel(name), lines);
        }
    }
    shapes
}

fn lines_of(resolve: &Resolve, id: TypeId) -> Option<Vec<String>> {
    let lines = match &resolve.types[id].kind {
        TypeDefKind::Record(record) => record
            .fields
            .iter()
            .map(|field| format!("{}: {}", snake(&field.name), rust(resolve, &field.ty)))
            .collect(),
        TypeDefKind::Variant(variant) => {
            let payload = |ty: &Option<Type>| {
                ty.as_ref().map_or(String::new(), |ty| format!("({})", rust(resolve, ty)))
            };
            variant.cases.iter().map(|case| format!("{}{}", camel(&case.name), payload(&case.ty))).collect()
        }
        TypeDefKind::Enum(cases) => cases.cases.iter().map(|case| camel(&case.name)).collect(),
        // The use of another interface's type, not a definition.
        TypeDefKind::Type(Type::Id(_)) => return None,
        TypeDefKind::Type(ty) => vec![format!("= {}", rust(resolve, ty))],
        other => panic!("a kind of type that has no mirror yet: {}", other.as_str()),
    };
    Some(lines)
}

fn rust(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".to_owned(),
        Type::U8 => "u8".to_owned(),
        Type::U32 => "u32".to_owned(),
        Type::U64 => "u64".to_owned(),
        Type::String => "String".to_owned(),
        Type::Id(id) => rust_of(resolve, *id),
        other => panic!("a type that has no mirror yet: {other:?}"),
    }
}

fn rust_of(resolve: &Resolve, id: TypeId) -> String {
    let definition = &resolve.types[id];
    if let Some(name) = &definition.name {
        return camel(name);
    }
    match &definition.kind {
        TypeDefKind::List(item) => format!("Vec<{}>", rust(resolve, item)),
        TypeDefKind::Option(item) => format!("Option<{}>", rust(resolve, item)),
        TypeDefKind::Tuple(tuple) => {
            let items: Vec<_> = tuple.types.iter().map(|item| rust(resolve, item)).collect();
            format!("({})", items.join(", "))
        }
        other => panic!("a kind of type that has no mirror yet: {}", other.as_str()),
    }
}

fn camel(name: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('-').map(word).collect()
}

fn snake(name: &str) -> String {
    name.replace('-', "_")
}

/// The types of a mirror's source.
fn mirrored(source: &str) -> Shapes {
    let mut shapes = Shapes::new();
    for item in syn::parse_file(source).unwrap().items {
        let (name, lines) = match item {
            syn::Item::Struct(item) => {
                let field =
                    |field: &syn::Field| format!("{}: {}", field.ident.as_ref().unwrap(), written(&field.ty));
                (item.ident, item.fields.iter().map(field).collect())
            }
            syn::Item::Enum(item) => {
                let case = |case: &syn::Variant| {
                    let payload: Vec<_> = case.fields.iter().map(|field| written(&field.ty)).collect();
                    let payload =
                        if payload.is_empty() { String::new() } else { format!("({})", payload.join(", ")) };
                    format!("{}{payload}", case.ident)
                };
                (item.ident, item.variants.iter().map(case).collect())
            }
            syn::Item::Type(item) => (item.ident, vec![format!("= {}", written(&item.ty))]),
            _ => continue,
        };
        shapes.insert(name.to_string(), lines);
    }
    shapes
}

/// A type as it is written, with the paths in front of names taken away.
fn written(ty: &syn::Type) -> String {
    match ty {
        syn::Type::Tuple(tuple) => {
            let items: Vec<_> = tuple.elems.iter().map(written).collect();
            format!("({})", items.join(", "))
        }
        syn::Type::Path(path) => {
            let last = path.path.segments.last().unwrap();
            match &last.arguments {
                syn::PathArguments::AngleBracketed(arguments) => {
                    let items: Vec<_> = arguments
                        .args
                        .iter()
                        .map(|argument| match argument {
                            syn::GenericArgument::Type(ty) => written(ty),
                            _ => panic!("a mirror has types only"),
                        })
                        .collect();
                    format!("{}<{}>", last.ident, items.join(", "))
                }
                _ => last.ident.to_string(),
            }
        }
        _ => panic!("a mirror has names and tuples only"),
    }
}
