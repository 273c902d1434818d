//! Modules that are small to send and large to compile.

use std::fmt::Write as _;

use crate::frame::{Guest, with_component_field};

/// The component named `kind:count`.
pub(crate) fn component(name: &str) -> Vec<u8> {
    let (kind, count) = name.split_once(':').unwrap();
    let count: usize = count.parse().unwrap();
    let fields = match kind {
        "functions" => "(func)".repeat(count),
        "additions" => format!(
            "(func (param i32) (result i32) (local.get 0) {})",
            "(i32.const 1) i32.add ".repeat(count)
        ),
        "blocks" => format!("(func {} {})", "block ".repeat(count), "end ".repeat(count)),
        "targets" => format!("(func (block (br_table {} (i32.const 1))))", "0 ".repeat(count)),
        "locals" => format!("(func (local {}))", "i64 ".repeat(count)),
        // These stand in a module of their own beside the lawful one: the tools that make
        // a component of a module have limits too.
        "types" => return with_component_field(&format!("(core module {})", types(count))),
        "name" => {
            let name = "n".repeat(count);
            return with_component_field(&format!("(core module (func (export \"{name}\")))"));
        }
        other => panic!("no bomb is called {other}"),
    };
    Guest { fields: &fields, ..Guest::default() }.component()
}

/// Different types: equal ones would be one type.
fn types(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        text.push_str("(type (func (param");
        for bit in 0..20 {
            let _ = write!(text, " {}", if number >> bit & 1 == 0 { "i32" } else { "i64" });
        }
        text.push_str(")))");
    }
    text
}
