//! The module around a hostile function: a core module written as text, with only the
//! imports the case names, made into a component of world `preview-bundler`.
//!
//! The lawful rest is small on purpose: `bundle` calls `$body` and returns the address
//! of a result that the data segment holds, an empty report.

use std::fmt::Write as _;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// What a case puts into the frame.
#[derive(Default)]
pub(crate) struct Guest<'a> {
    pub(crate) imports: &'a [String],
    pub(crate) fields: &'a str,
    pub(crate) body: &'a str,
    pub(crate) pages: u32,
}

/// Import fields by the interface's name; the flat signatures follow from the
/// canonical ABI of the functions in `wit/`.
const IMPORTS: &[(&str, &str)] = &[
    (
        "project",
        r#"(import "hivesync:build/project@0.1.0" "entries" (func $entries (param i32 i32)))
           (import "hivesync:build/project@0.1.0" "read" (func $read (param i32 i32 i32)))"#,
    ),
    ("log", r#"(import "hivesync:build/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#),
    ("progress", r#"(import "hivesync:build/progress@0.1.0" "report" (func $progress (param i32 i32 i32)))"#),
    (
        "artifacts",
        r#"(import "hivesync:build/artifacts@0.1.0" "write" (func $artifacts (param i32 i32 i32 i32 i32)))"#,
    ),
];

/// Functions that turn a refusal into the report's entry, so that the test sees
/// what the guest was told.
const ANSWERS: &[(&str, &str)] = &[
    (
        "artifacts",
        r#"(data (i32.const 4096) "bad-name")
           (data (i32.const 4112) "duplicate")
           (data (i32.const 4128) "unknown-piece")
           (func $answer-artifact
             (if (i32.load8_u (i32.const 3100)) (then
               (i32.store (i32.const 2056) (i32.add (i32.const 4096)
                 (i32.mul (i32.const 16) (i32.load8_u (i32.const 3101)))))
               (i32.store (i32.const 2060)
                 (i32.load8_u (i32.add (i32.const 4144) (i32.load8_u (i32.const 3101))))))))
           (data (i32.const 4144) "\08\09\0d")"#,
    ),
    (
        "project",
        r#"(data (i32.const 4160) "not-found")
           (data (i32.const 4176) "too-large")
           (func $answer-read
             (if (i32.load8_u (i32.const 3100)) (then
               (i32.store (i32.const 2056) (i32.add (i32.const 4160)
                 (i32.mul (i32.const 16) (i32.load8_u (i32.const 3104)))))
               (i32.store (i32.const 2060) (i32.const 9)))))"#,
    ),
];

impl Guest<'_> {
    /// The core module as text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from("(module\n");
        let chosen = |name: &str| self.imports.iter().any(|import| import == name);
        for (_, field) in IMPORTS.iter().filter(|(name, _)| chosen(name)) {
            let _ = writeln!(text, "{field}");
        }
        let pages = self.pages.max(2);
        let _ = write!(
            text,
            r#"(memory (export "memory") {pages})
               (global $answer-at (mut i32) (i32.const 2048))
               (global $realloc-shift (mut i32) (i32.const 0))
               (global $free (mut i32) (i32.const 8192))
               (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                 (local $at i32)
                 (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
                 (global.set $free (i32.add (local.get $at) (local.get 3)))
                 (i32.add (local.get $at) (global.get $realloc-shift)))
               {}
               (func $body {})
               (func (export "hivesync:build/bundler@0.1.0#bundle")
                 (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
                 (call $body) (global.get $answer-at))
            "#,
            self.fields, self.body
        );
        for (_, field) in ANSWERS.iter().filter(|(name, _)| chosen(name)) {
            let _ = writeln!(text, "{field}");
        }
        text.push(')');
        text
    }

    /// The component's bytes.
    pub(crate) fn component(&self) -> Vec<u8> {
        encode(&wat::parse_str(self.text()).unwrap())
    }
}

/// A component of world `transform` that does nothing when it is called.
pub(crate) fn pure_component() -> Vec<u8> {
    let text = r#"(module
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
        (func (export "hivesync:build/modules@0.1.0#transform") (param i32) (result i32) unreachable)
        (func (export "hivesync:build/modules@0.1.0#link")
          (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) unreachable))"#;
    encode_for("transform", &wat::parse_str(text).unwrap())
}

/// A core module made a component of world `preview-bundler`.
pub(crate) fn encode(core: &[u8]) -> Vec<u8> {
    encode_for("preview-bundler", core)
}

pub(crate) fn encode_for(world: &str, core: &[u8]) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let wit = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit");
    let (package, _) = resolve.push_dir(wit).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let mut core = core.to_vec();
    embed_component_metadata(&mut core, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().validate(false).module(&core).unwrap().encode().unwrap()
}

/// The lawful component with `field` behind its last one.
pub(crate) fn with_component_field(field: &str) -> Vec<u8> {
    let text = wasmprinter::print_bytes(Guest::default().component()).unwrap();
    let open = text.trim_end().strip_suffix(')').unwrap();
    wat::parse_str(format!("{open}\n{field}\n)")).unwrap()
}

/// Text as a data segment's string.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "\\{byte:02x}");
        text
    })
}
