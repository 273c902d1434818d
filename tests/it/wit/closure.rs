//! What a world lets a component import, down to the function.

use std::fmt::Write as _;

use wit_parser::{WorldItem, WorldKey};

use super::{WORLDS, Wit};
use crate::golden::assert_golden;

/// One line an item: `import project.read`; an interface without functions is
/// listed as types only.
fn closure(wit: &Wit, world: &str) -> String {
    let world = &wit.resolve.worlds[wit.world(world)];
    let mut text = String::new();
    for (direction, items) in [("import", &world.imports), ("export", &world.exports)] {
        for (key, item) in items {
            describe(wit, &mut text, direction, key, item);
        }
    }
    text
}

fn describe(wit: &Wit, text: &mut String, direction: &str, key: &WorldKey, item: &WorldItem) {
    let name = wit.resolve.name_world_key(key);
    let WorldItem::Interface { id, .. } = item else {
        let _ = writeln!(text, "{direction} {name} (bare)");
        return;
    };
    let functions = &wit.resolve.interfaces[*id].functions;
    if functions.is_empty() {
        let _ = writeln!(text, "{direction} {name} (types only)");
    }
    for function in functions.keys() {
        let _ = writeln!(text, "{direction} {name} {function}");
    }
}

#[test]
fn a_world_offers_what_its_golden_closure_lists_and_nothing_more() {
    let wit = Wit::read();
    for world in WORLDS {
        assert_golden(&format!("worlds/{world}.txt"), &closure(&wit, world));
    }
}

#[test]
fn the_pure_worlds_import_no_function() {
    for world in ["transform", "plugin-host", "influence-map", "pipeline-step"] {
        let closure = closure(&Wit::read(), world);
        for line in closure.lines().filter(|line| line.starts_with("import")) {
            assert!(line.ends_with("(types only)"), "{line}");
        }
    }
}
