//! Guests written by hand, small enough to see through.

use std::os::fd::OwnedFd;

use hivesync_protocol::Call;
use hivesync_protocol::wit::modules::{Engine, Flavour, SourceKind, TransformInput, TransformOptions};
use hivesync_protocol::wit::types::Platform;

use crate::compiler::compile;

/// A place in the guest's memory that holds an empty success of every export.
const EMPTY: u32 = 1024;

/// A module of world `transform` whose `transform` does `body`, which leaves the address
/// of the result. `extra` stands between the functions.
pub(crate) fn transformer(extra: &str, body: &str) -> OwnedFd {
    module("transform", "", extra, &[("hivesync:build/modules@0.1.0#transform", "(param i32)", body)])
}

/// A module of world `preview-bundler` whose `bundle` does `body`.
pub(crate) fn bundler(imports: &str, extra: &str, body: &str) -> OwnedFd {
    let parameters = "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)";
    module("preview-bundler", imports, extra, &[("hivesync:build/bundler@0.1.0#bundle", parameters, body)])
}

/// Returns an empty success.
pub(crate) fn ok() -> String {
    format!("i32.const {EMPTY}")
}

fn module(world: &str, imports: &str, extra: &str, exports: &[(&str, &str, &str)]) -> OwnedFd {
    let mut functions: String = exports
        .iter()
        .map(|(name, parameters, body)| {
            format!("(func (export \"{name}\") {parameters} (result i32) {body})\n")
        })
        .collect();
    if world == "transform" {
        functions.push_str(LINK);
    }
    let text = format!(
        r#"(module
            {imports}
            (memory (export "memory") 2)
            {extra}
            (global $heap (mut i32) (i32.const 65536))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (global.set $heap (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
                (global.get $heap)
                (global.set $heap (i32.add (global.get $heap) (local.get 3))))
            {functions})"#
    );
    let core = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    compile(&hivesync_component::encode(&core, world).unwrap())
}

/// `link` of a module that is never asked to.
const LINK: &str = r#"(func (export "hivesync:build/modules@0.1.0#link")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) unreachable)"#;

/// `count` transforms of a small source.
pub(crate) fn transform(count: usize) -> Call {
    Call::Transform { inputs: vec![input(b"x".to_vec()); count], options: options(), stays: false }
}

pub(crate) fn input(source: Vec<u8>) -> TransformInput {
    TransformInput {
        path: "index.js".to_owned(),
        kind: SourceKind::Script,
        sources: vec![source],
        asset: None,
        in_package: false,
    }
}

pub(crate) fn options() -> TransformOptions {
    TransformOptions {
        platform: Platform::Ios,
        dev: false,
        minify: false,
        flavour: Flavour::ReactNative,
        inline_requires: true,
        asset_registry: "react-native/asset-registry".to_owned(),
        env: Vec::new(),
        jsx_import_source: "react".to_owned(),
        engine: Engine::HermesV1,
        worklets: None,
        decorators: None,
    }
}

/// A request of `bundler.bundle`.
pub(crate) fn bundle() -> Call {
    Call::Bundle(hivesync_protocol::wit::bundler::Request {
        platform: Platform::Ios,
        dev: false,
        minify: false,
        app: String::new(),
        entry: None,
        env: Vec::new(),
    })
}
