//! Modules that are no modules, need what is switched off, or would take too long.

use hivesync_component::{Shape, survey};
use hivesync_types::Code;

use crate::guest::LIMITS;

fn component(core: &str) -> Vec<u8> {
    wat::parse_str(format!("(component (core module {core}))")).unwrap()
}

fn code(bytes: &[u8]) -> Option<Code> {
    survey(bytes, &LIMITS).err().map(|refusal| refusal.code())
}

fn sentence(bytes: &[u8]) -> String {
    survey(bytes, &LIMITS).unwrap_err().to_string()
}

#[test]
fn what_is_no_component_is_told_apart() {
    let whole = component("(func)");
    assert_eq!(code(&whole), None);
    assert_eq!(code(b"\x7fELF\x02\x01\x01"), Some(Code::ModulePrecompiledBytes));
    assert_eq!(code(&wat::parse_str("(module (func))").unwrap()), Some(Code::ModuleNotAComponent));
    assert_eq!(code(b""), Some(Code::ModuleInvalid));
    assert_eq!(code(b"noise that is nothing"), Some(Code::ModuleInvalid));
    for end in 0..whole.len() {
        let cut = code(&whole[..end]);
        assert!(matches!(cut, Some(Code::ModuleInvalid) | None), "{end}: {cut:?}");
    }
}

#[test]
fn one_byte_more_than_allowed_is_too_large() {
    let bytes = component("(func)");
    let size = u64::try_from(bytes.len()).unwrap();
    let at = |module_bytes| survey(&bytes, &hivesync_types::CompileLimits { module_bytes, ..LIMITS });
    assert!(at(size).is_ok());
    assert_eq!(at(size - 1).unwrap_err().code(), Code::ModuleTooLarge);
}

#[test]
fn a_feature_that_is_off_is_named() {
    let table = [
        ("(memory i64 1)", "memory64"),
        ("(memory 1 1 shared)", "threads"),
        ("(tag (param i32))", "exceptions"),
        ("(type (struct (field i32)))", "gc"),
        ("(func (param externref))", "gc-types"),
        ("(func (result v128) (i32x4.relaxed_trunc_f32x4_s (v128.const f32x4 1 2 3 4)))", "relaxed-simd"),
        (
            "(func (param i64 i64 i64 i64) (result i64 i64) (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))",
            "wide-arithmetic",
        ),
        ("(type $f (func)) (type $c (cont $f))", "stack-switching"),
        ("(func (param i32) (result i32) (i32.atomic.load (local.get 0))) (memory 1)", "threads"),
        ("(memory 1 (pagesize 1))", "custom-page-sizes"),
        ("(type $f (func)) (func (param (ref $f)))", "function-references"),
    ];
    for (core, feature) in table {
        let bytes = component(core);
        assert_eq!(code(&bytes), Some(Code::ModuleFeatureDisabled), "{core}");
        assert!(sentence(&bytes).contains(&format!("`{feature}`")), "{feature}: {}", sentence(&bytes));
    }
    let twin = "(memory 1) (type (func (param i32))) (func (result v128) (v128.const i32x4 1 2 3 4))";
    assert_eq!(code(&component(twin)), None);
}

#[test]
fn asynchronous_functions_and_wide_strings_are_off() {
    let lift = |option: &str| {
        wat::parse_str(format!(
            r#"(component (core module $m (memory (export "m") 1) (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable) (func (export "f") (param i32 i32)))
               (core instance $i (instantiate $m))
               (func (export "f") (param "s" string)
                 (canon lift (core func $i "f") (memory (core memory $i "m")) (realloc (core func $i "r")) {option})))"#
        ))
        .unwrap()
    };
    assert_eq!(code(&lift("string-encoding=utf8")), None);
    for option in ["string-encoding=utf16", "string-encoding=latin1+utf16"] {
        assert!(sentence(&lift(option)).contains("`utf-16-strings`"));
    }
    let stream =
        wat::parse_str(r#"(component (type $s (stream u8)) (import "f" (func (param "s" $s))))"#).unwrap();
    assert_eq!(code(&stream), Some(Code::ModuleFeatureDisabled));
    assert!(sentence(&stream).contains("component-model-async"), "{}", sentence(&stream));
}

/// A core module below and above a bound.
type Bomb = (&'static str, fn(usize) -> String, usize, usize);

#[test]
fn every_measure_has_a_module_above_and_one_below() {
    let bombs: &[Bomb] = &[
        ("functions", |n| "(func)".repeat(n), 100_000, 100_001),
        ("longest function", |n| format!("(func {})", "nop ".repeat(n)), 524_286, 524_287),
        ("blocks in blocks", |n| format!("(func {}{})", "block ".repeat(n), "end ".repeat(n)), 4_000, 4_001),
        (
            "branch table",
            |n| format!("(func (block (br_table {}0 (i32.const 0))))", "0 ".repeat(n)),
            20_000,
            20_001,
        ),
        ("locals", |n| format!("(func (local {}))", "i64 ".repeat(n)), 20_000, 20_001),
        ("globals", |n| "(global i32 (i32.const 0))".repeat(n), 50_000, 50_001),
        ("segments", |n| format!("(memory 1){}", r#"(data (i32.const 0) "")"#.repeat(n)), 100_000, 100_001),
        ("longest name", |n| format!(r#"(func (export "{}"))"#, "n".repeat(n)), 4_096, 4_097),
        ("a bound of the parser", |n| format!(r#"(func (export "{}"))"#, "n".repeat(n)), 4_000, 1 << 20),
    ];
    for (what, make, below, above) in bombs {
        assert_eq!(code(&component(&make(*below))), None, "{what} below");
        let bytes = component(&make(*above));
        assert_eq!(code(&bytes), Some(Code::CompileLimit), "{what} above");
        assert!(sentence(&bytes).contains(what), "{what}: {}", sentence(&bytes));
    }
}

#[test]
fn a_million_openings_of_types_do_not_reach_the_stack() {
    for (levels, expected) in [(8, None), (1_000_000, Some(Code::CompileLimit))] {
        let bytes = nested_instance_types(levels);
        assert_eq!(code(&bytes), expected, "{levels} levels");
    }
}

/// `(type (instance (type (instance …))))`, written out: a text of that depth could
/// not be parsed.
fn nested_instance_types(levels: usize) -> Vec<u8> {
    let mut ty = [0x42, 1, 1].repeat(levels);
    ty.extend([0x42, 0]);
    let mut section = vec![1];
    section.extend(ty);
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    bytes.push(7);
    let mut length = section.len();
    loop {
        let low = u8::try_from(length & 0x7f).unwrap();
        length >>= 7;
        bytes.push(if length == 0 { low } else { low | 0x80 });
        if length == 0 {
            break;
        }
    }
    bytes.extend(section);
    bytes
}

#[test]
fn the_shape_tells_what_was_counted() {
    let bytes = component(
        r#"(func (param i32) (local i64 i64) (block (loop (br_table 0 1 (local.get 0))))) (func (export "name"))"#,
    );
    let shape = survey(&bytes, &LIMITS).unwrap();
    assert_eq!(
        Shape { function_bytes: 0, code_bytes: 0, ..shape },
        Shape {
            functions: 2,
            types: 2,
            exports: 1,
            modules: 1,
            name_bytes: 4,
            locals: 2,
            nesting: 2,
            branch_targets: 1,
            ..Shape::default()
        }
    );
}
