//! Modules of stock toolchains.

use hivesync_component::check;
use hivesync_protocol::World;
use hivesync_types::Code;

use crate::guest::LIMITS;

/// A command that imports `interface` and exports `run` of `version`.
fn command(imports: &[&str], run: &str) -> Vec<u8> {
    let imports: String =
        imports.iter().map(|name| format!(r#"(import "{name}" (instance (export "f" (func))))"#)).collect();
    let export = match run {
        "" => String::new(),
        name => format!(
            r#"(core module $m (func (export "run") (result i32) i32.const 0)) (core instance $i (instantiate $m))
               (func $run (result (result)) (canon lift (core func $i "run")))
               (instance $r (export "run" (func $run))) (export "{name}" (instance $r))"#
        ),
    };
    wat::parse_str(format!("(component {imports} {export})")).unwrap()
}

fn refused(imports: &[&str], run: &str) -> (Code, String) {
    let none: [&str; 0] = [];
    let refusal = check(&command(imports, run), World::WasiCommand, &none, &LIMITS).unwrap_err();
    (refusal.code(), refusal.to_string())
}

const RUN: &str = "wasi:cli/run@0.2.6";

#[test]
fn files_streams_and_clocks_are_linked() {
    let none: [&str; 0] = [];
    let imports = [
        "wasi:filesystem/types@0.2.6",
        "wasi:io/streams@0.2.0",
        "wasi:clocks/wall-clock@0.2.6",
        "wasi:cli/environment@0.2.6",
    ];
    let info = check(&command(&imports, RUN), World::WasiCommand, &none, &LIMITS).unwrap();
    assert_eq!(info.imports[0].name, "wasi:filesystem/types");
}

#[test]
fn sockets_and_http_are_never_linked() {
    for name in [
        "wasi:sockets/tcp@0.2.6",
        "wasi:sockets/network@0.2.6",
        "wasi:http/outgoing-handler@0.2.6",
        "wasi:keyvalue/store@0.2.0",
    ] {
        let (code, sentence) = refused(&[name], RUN);
        assert_eq!(code, Code::WitImportNotGranted, "{name}");
        let (interface, version) = name.split_once('@').unwrap();
        assert!(sentence.contains(interface) && sentence.contains(version), "{sentence}");
    }
}

#[test]
fn other_packages_and_other_lines_of_wasi_are_refused() {
    assert_eq!(refused(&["hivesync:build/log@0.1.0"], RUN).0, Code::WitUnknownImport);
    assert_eq!(refused(&["wasi:cli/stdout@0.3.0"], RUN).0, Code::WitVersionTooNew);
    assert_eq!(refused(&["wasi:cli/stdout@0.1.0"], RUN).0, Code::WitVersionUnsupported);
    assert_eq!(refused(&[], "wasi:cli/run@0.3.0").0, Code::WitVersionTooNew);
    assert_eq!(refused(&[], "").0, Code::WitMissingExport);
}

#[test]
fn a_sealed_world_knows_no_wasi() {
    let none: [&str; 0] = [];
    let refusal =
        check(&command(&["wasi:cli/environment@0.2.0"], RUN), World::Transform, &none, &LIMITS).unwrap_err();
    assert_eq!(refusal.code(), Code::WitUnknownImport);
    assert!(refusal.to_string().contains("wasm32-unknown-unknown"));
}
