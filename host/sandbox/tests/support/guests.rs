//! Guests of a few lines, written by hand so that no toolchain is needed for them.

#![allow(dead_code, reason = "each program that shares this file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a guest that does not assemble is a broken test")]

use hivesync_component::encode;

/// What a hand-written coordinator does before it returns an empty report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coordinator {
    /// Nothing.
    Noop,
    /// Has these many files transformed, named `f0000.js` and so on, and writes
    /// `main.jsbundle` out of their code.
    Map(u32),
    /// Never ends.
    Spin,
    /// Clears 64 KiB for ever: no clock inside the process looks between two fuel checks
    /// as rarely as here.
    Fill,
    /// A trap.
    Unreachable,
    /// Writes an artifact under this name.
    Write(&'static str),
}

/// The arguments of `transform`: the jobs, and options that are all zeroes.
const ARGUMENTS: u32 = 3072;
const JOBS: u32 = 65_536;
const JOB_BYTES: u32 = 64;
const NAMES: u32 = 4_194_304;
const NAME_BYTES: u32 = 8;
const PIECES: u32 = 6_291_456;

/// A coordinator as a component.
pub(crate) fn coordinator(what: Coordinator) -> Vec<u8> {
    component(what, "")
}

/// A coordinator that does nothing and carries this many bytes of data.
pub(crate) fn large_coordinator(bytes: usize) -> Vec<u8> {
    // Past everything the others use, and no zeroes, which would not be stored.
    component(Coordinator::Noop, &format!(r#"(data (i32.const 8388608) "{}")"#, "x".repeat(bytes)))
}

fn component(what: Coordinator, data: &str) -> Vec<u8> {
    let body = match what {
        Coordinator::Noop => String::new(),
        Coordinator::Spin => "(loop $l (br $l))".to_owned(),
        Coordinator::Fill => {
            "(loop $l (memory.fill (i32.const 8388608) (i32.const 1) (i32.const 8388608)) (br $l))".to_owned()
        }
        Coordinator::Unreachable => "unreachable".to_owned(),
        Coordinator::Write(name) => format!(
            "(call $write (i32.const 512) (i32.const {}) (i32.const {PIECES}) (i32.const 0) (i32.const 2056))
             (if (i32.load8_u (i32.const 2056)) (then unreachable))",
            name.len()
        ),
        Coordinator::Map(count) => map_body(count),
    };
    let name = if let Coordinator::Write(name) = what { name } else { "main.jsbundle" };
    let imports = match what {
        Coordinator::Map(_) | Coordinator::Write(_) => {
            r#"(import "hivesync:build/project@0.1.0" "entries" (func (param i32 i32)))
               (import "hivesync:build/mapper@0.1.0" "transform" (func $map (param i32 i32)))
               (import "hivesync:build/artifacts@0.1.0" "write" (func $write (param i32 i32 i32 i32 i32)))"#
        }
        _ => "",
    };
    let text = format!(
        r#"(module
            {imports}
            (memory (export "memory") 256)
            (global $next (mut i32) (i32.const 12582912))
            (data (i32.const 512) "{name}")
            {data}
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
              (local $at i32)
              (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
              (global.set $next (i32.add (local.get $at) (local.get 3)))
              (local.get $at))
            (func (export "hivesync:build/bundler@0.1.0#bundle")
              (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
              (local $i i32) (local $at i32) (local $from i32) (local $n i32)
              {body}
              (i32.const 1024)))"#
    );
    encode(&wat::parse_str(text).unwrap(), "preview-bundler").unwrap()
}

/// Lays the jobs out in memory, has them transformed, and writes their code in order.
fn map_body(count: u32) -> String {
    format!(
        r#"
        (block $done (loop $jobs
          (br_if $done (i32.ge_u (local.get $i) (i32.const {count})))
          (local.set $at (i32.add (i32.const {NAMES}) (i32.mul (local.get $i) (i32.const {NAME_BYTES}))))
          (i32.store8 (local.get $at) (i32.const 102))
          (i32.store8 offset=1 (local.get $at)
            (i32.add (i32.const 48) (i32.rem_u (i32.div_u (local.get $i) (i32.const 1000)) (i32.const 10))))
          (i32.store8 offset=2 (local.get $at)
            (i32.add (i32.const 48) (i32.rem_u (i32.div_u (local.get $i) (i32.const 100)) (i32.const 10))))
          (i32.store8 offset=3 (local.get $at)
            (i32.add (i32.const 48) (i32.rem_u (i32.div_u (local.get $i) (i32.const 10)) (i32.const 10))))
          (i32.store8 offset=4 (local.get $at)
            (i32.add (i32.const 48) (i32.rem_u (local.get $i) (i32.const 10))))
          (i32.store8 offset=5 (local.get $at) (i32.const 46))
          (i32.store8 offset=6 (local.get $at) (i32.const 106))
          (i32.store8 offset=7 (local.get $at) (i32.const 115))
          (local.set $from (i32.add (i32.const {JOBS}) (i32.mul (local.get $i) (i32.const {JOB_BYTES}))))
          (i32.store (local.get $from) (local.get $at))
          (i32.store offset=4 (local.get $from) (i32.const {NAME_BYTES}))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $jobs)))
        (i32.store (i32.const {ARGUMENTS}) (i32.const {JOBS}))
        (i32.store offset=4 (i32.const {ARGUMENTS}) (i32.const {count}))
        (call $map (i32.const {ARGUMENTS}) (i32.const 2048))
        (local.set $i (i32.const 0))
        (local.set $at (i32.load (i32.const 2048)))
        (block $kept (loop $pieces
          (br_if $kept (i32.ge_u (local.get $i) (i32.load (i32.const 2052))))
          (if (i32.eqz (i32.load8_u (local.get $at))) (then
            (local.set $from (i32.add (i32.const {PIECES}) (i32.mul (local.get $n) (i32.const 12))))
            (i32.store8 (local.get $from) (i32.const 1))
            (i32.store offset=4 (local.get $from) (i32.load offset=4 (local.get $at)))
            (local.set $n (i32.add (local.get $n) (i32.const 1)))))
          (local.set $at (i32.add (local.get $at) (i32.const 40)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $pieces)))
        (call $write (i32.const 512) (i32.const 13) (i32.const {PIECES}) (local.get $n) (i32.const 2056))
        (if (i32.load8_u (i32.const 2056)) (then unreachable))"#
    )
}

/// A transform that returns each source as it is; one that begins with `L` never ends,
/// and one that begins with `U` traps. It burns fuel with every byte.
pub(crate) fn transform() -> Vec<u8> {
    let text = r#"(module
        (memory (export "memory") 64)
        (global $next (mut i32) (i32.const 65536))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
          (local $at i32)
          (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
          (global.set $next (i32.add (local.get $at) (local.get 3)))
          (local.get $at))
        (func (export "hivesync:build/modules@0.1.0#transform") (param $in i32) (result i32)
          (local $source i32) (local $n i32)
          (local.set $source (i32.load offset=12 (local.get $in)))
          (i32.store (i32.const 1028) (i32.load (local.get $source)))
          (i32.store (i32.const 1032) (i32.load offset=4 (local.get $source)))
          (if (i32.eq (i32.load8_u (i32.load (local.get $source))) (i32.const 76)) (then (loop $l (br $l))))
          (if (i32.eq (i32.load8_u (i32.load (local.get $source))) (i32.const 85)) (then unreachable))
          (local.set $n (i32.load offset=4 (local.get $source)))
          (block $done (loop $burn
            (br_if $done (i32.eqz (local.get $n)))
            (local.set $n (i32.sub (local.get $n) (i32.const 1)))
            (br $burn)))
          (i32.const 1024))
        (func (export "hivesync:build/modules@0.1.0#link")
          (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
          (i32.const 1024)))"#;
    encode(&wat::parse_str(text).unwrap(), "transform").unwrap()
}

/// A step that asks with its parameters as the message, for as many tokens as wanted, and is
/// done with what the model said; without a reply it traps. `asks_for_ever`: it asks again
/// instead of being done.
pub(crate) fn step(max_tokens: u32, asks_for_ever: bool) -> Vec<u8> {
    let ask = format!(
        "(i32.store8 (i32.const 2048) (i32.const 1))
         (i32.store (i32.const 2052) (local.get 0))
         (i32.store (i32.const 2056) (local.get 1))
         (i32.store8 (i32.const 1028) (i32.const 1))
         (i32.store (i32.const 1032) (i32.const 512))
         (i32.store (i32.const 1036) (i32.const 4))
         (i32.store (i32.const 1040) (i32.const 2048))
         (i32.store (i32.const 1044) (i32.const 1))
         (i32.store (i32.const 1060) (i32.const {max_tokens}))
         (i32.store (i32.const 1064) (i32.const 512))
         (i32.store (i32.const 1068) (i32.const 4))
         (i32.const 1024)"
    );
    let again = if asks_for_ever { ask.as_str() } else { "(i32.const 1024)" };
    let text = format!(
        r#"(module
        (memory (export "memory") 64)
        (data (i32.const 512) "test")
        (global $next (mut i32) (i32.const 65536))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
          (local $at i32)
          (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
          (global.set $next (i32.add (local.get $at) (local.get 3)))
          (local.get $at))
        (func (export "hivesync:build/steps@0.1.0#begin") (param i32 i32 i32 i32) (result i32)
          {ask})
        (func (export "hivesync:build/steps@0.1.0#resume")
          (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
          (if (local.get 6) (then unreachable))
          (i32.store (i32.const 1032) (local.get 7))
          (i32.store (i32.const 1036) (local.get 8))
          {again}))"#
    );
    encode(&wat::parse_str(text).unwrap(), "pipeline-step").unwrap()
}
