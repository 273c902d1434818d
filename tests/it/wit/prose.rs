//! Whether everything is documented, in the form an auditor expects.

use wit_parser::{Docs, TypeDefKind};

use super::Wit;

/// The four lines of a function, in their order.
const LINES: [&str; 4] = ["**Policy:**", "**Bounds:**", "**Fails:**", "**Traps:**"];

fn text(docs: &Docs) -> &str {
    docs.contents.as_deref().unwrap_or_default().trim()
}

fn sentence(docs: &Docs) -> bool {
    let text = text(docs);
    !text.is_empty() && text.ends_with(['.', ':'])
}

#[test]
fn every_interface_says_what_authority_it_gives() {
    for (name, interface) in Wit::read().interfaces() {
        let docs = text(&interface.docs);
        assert_eq!(docs.matches("**Authority:**").count(), 1, "{name}");
        let authority = docs.split("**Authority:**").nth(1).unwrap().trim();
        assert!(authority.len() > 10 && authority.ends_with('.'), "{name}");
        let gives_none = authority.starts_with("none.");
        let callable_by_guests = !interface.functions.is_empty()
            && !["bundler", "influence", "modules", "plugins", "steps"].contains(&name);
        assert_ne!(gives_none, callable_by_guests, "{name}");
    }
}

#[test]
fn every_function_has_its_four_lines_in_order() {
    let wit = Wit::read();
    let mut functions = 0;
    for (name, interface) in wit.interfaces() {
        for (function, item) in &interface.functions {
            let docs = text(&item.docs);
            let places: Vec<_> = LINES.iter().map(|line| docs.find(line).unwrap_or(usize::MAX)).collect();
            assert!(
                places.is_sorted() && places.iter().all(|place| *place < usize::MAX),
                "{name}.{function}"
            );
            assert!(!docs.starts_with("**"), "{name}.{function} begins without saying what it does");
            functions += 1;
        }
    }
    assert!(functions >= 10);
}

#[test]
fn every_type_is_documented_and_so_is_what_its_names_do_not_say() {
    let wit = Wit::read();
    for (_, definition) in &wit.resolve.types {
        let Some(name) = &definition.name else { continue };
        if matches!(definition.kind, TypeDefKind::Type(wit_parser::Type::Id(_))) {
            continue;
        }
        assert!(sentence(&definition.docs), "{name}");
        if let TypeDefKind::Variant(variant) = &definition.kind {
            for case in &variant.cases {
                assert!(sentence(&case.docs), "{name}.{}", case.name);
            }
        }
        if let (TypeDefKind::Enum(cases), true) = (&definition.kind, name.ends_with("-error")) {
            for case in &cases.cases {
                assert!(sentence(&case.docs), "{name}.{}", case.name);
            }
        }
    }
}

#[test]
fn every_world_has_its_purpose_its_limits_and_a_reason_for_each_import() {
    let source = std::fs::read_to_string(crate::golden::repository("wit/worlds.wit")).unwrap();
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    for (index, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("import ")) {
        assert!(lines[index - 1].starts_with("/// Because "), "{line}");
    }
    let wit = Wit::read();
    for world in super::WORLDS {
        let world = &wit.resolve.worlds[wit.world(world)];
        let docs = text(&world.docs);
        assert!(docs.contains("It may not "), "{}", world.name);
        assert!(world.imports.len() < 10, "{}", world.name);
    }
}

#[test]
fn nothing_is_a_resource() {
    let wit = Wit::read();
    let resources =
        wit.resolve.types.iter().filter(|(_, definition)| {
            matches!(definition.kind, TypeDefKind::Resource | TypeDefKind::Handle(_))
        });
    assert_eq!(resources.count(), 0);
}
