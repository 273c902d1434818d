//! Worklets, compared with what the plugin of react-native-worklets makes of the same sources.
//!
//! The goldens are remade by `node tests/parity/babel/worklets.mjs --root APP`. Code is compared
//! as trees printed by one printer, with the names that either compiler invents put in order. Two differences are left out of the sources: the
//! plugin lowers `a?.b?.c` to one condition and we to two, and it lowers the classes that it moves.

#![allow(missing_docs, unreachable_pub, dead_code)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "worklets/reading.rs"]
mod reading;
mod sources;

use std::path::PathBuf;

use serde_json::{Value, json};
use sources::{app, failing, file, made, options, package};
use transform::api::{Flavour, SourceKind, TransformInput, TransformOptions};

fn worklets_on(dev: bool) -> TransformOptions {
    TransformOptions {
        dev,
        flavour: Flavour::Expo,
        inline_requires: false,
        worklets: Some("0.10.1".to_owned()),
        ..options()
    }
}

fn source(name: &str) -> (TransformInput, Value) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/parity/babel/worklets");
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let golden = folder.join(name).with_extension("json");
    let golden = serde_json::from_str(&std::fs::read_to_string(golden).unwrap()).unwrap();
    let kind = if name.ends_with('x') { SourceKind::Tsx } else { SourceKind::Typescript };
    (file(name, kind, &text), golden)
}

/// Ours and the plugin's worklets of one source, development and production.
#[track_caller]
fn are_the_plugins(name: &str) {
    let (input, golden) = source(name);
    for (mode, dev) in [("dev", true), ("prod", false)] {
        let module = made(&input, &worklets_on(dev));
        let ours = reading::worklets(&module.code);
        assert_eq!(
            ours.iter().map(|worklet| worklet.hash).collect::<Vec<_>>(),
            ours.iter().map(|worklet| reading::hash(&worklet.code)).collect::<Vec<_>>(),
            "{name} {mode}: a hash is not that of its code"
        );
        let ours: Vec<Value> = ours.iter().map(reading::Worklet::normalized).collect();
        let theirs: Vec<Value> =
            golden[mode]["worklets"].as_array().unwrap().iter().map(reading::normalized).collect();
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(
                serde_json::to_string_pretty(ours).unwrap(),
                serde_json::to_string_pretty(theirs).unwrap(),
                "{name} {mode}"
            );
        }
        assert_eq!(ours.len(), theirs.len(), "{name} {mode}: another number of worklets");
        let warnings = module.code.matches("getUseOfValueInStyleWarning").count();
        assert_eq!(json!(warnings), golden[mode]["warnings"], "{name} {mode}");
    }
}

#[test]
fn functions_with_the_directive_are_what_the_plugin_makes_of_them() {
    are_the_plugins("directive.ts");
}

#[test]
fn nested_worklets_are_what_the_plugin_makes_of_them() {
    are_the_plugins("nested.ts");
}

#[test]
fn callbacks_of_hooks_gestures_and_layouts_are_what_the_plugin_makes_of_them() {
    are_the_plugins("hooks.tsx");
}

#[test]
fn functions_behind_names_are_what_the_plugin_makes_of_them() {
    are_the_plugins("references.ts");
}

#[test]
fn a_file_with_the_directive_is_what_the_plugin_makes_of_it() {
    are_the_plugins("file.ts");
}

#[test]
fn context_objects_and_instances_are_what_the_plugin_makes_of_them() {
    are_the_plugins("objects.ts");
}

#[test]
fn a_shared_value_in_an_inline_style_warns_where_the_plugin_warns() {
    are_the_plugins("style.tsx");
}

#[test]
fn without_the_plugin_a_worklet_is_a_plain_function() {
    let source = "export const f = () => { 'worklet'; return 1; };";
    let module = made(&app("a.js", source), &TransformOptions { worklets: None, ..worklets_on(true) });
    assert!(!module.code.contains("__workletHash"), "{}", module.code);
    assert!(made(&app("a.js", source), &worklets_on(true)).code.contains("__workletHash"));
}

#[test]
fn a_worklet_is_named_after_its_library_and_file() {
    let source = "export function f() { 'worklet'; }\nexport const g = () => { 'worklet'; };";
    let module =
        made(&package("node_modules/@scope/some-kit/lib/my-file.native.js", source), &worklets_on(true));
    let names: Vec<_> = reading::worklets(&module.code).into_iter().map(|worklet| worklet.name).collect();
    assert_eq!(names, ["f_Scope_myFileNativeJs1", "scope_myFileNativeJs2"]);
}

#[test]
fn equal_worklets_have_constants_of_their_own() {
    let source = "f(() => { 'worklet'; return 1; }, () => { 'worklet'; return 1; });";
    let module = made(&app("a.js", source), &worklets_on(false));
    let ours = reading::worklets(&module.code);
    assert_eq!(ours.len(), 2);
    assert_ne!(ours[0].hash, ours[1].hash, "the number in the name tells them apart");
}

#[test]
fn what_is_captured_is_the_import_at_the_time_of_the_call_and_a_parameter_inside() {
    let source = "import { a } from './a';\nexport const f = () => { 'worklet'; return a(); };";
    let module = made(&app("x.js", source), &worklets_on(false));
    assert!(module.code.contains("a: _a.a"), "{}", module.code);
    assert!(module.code.contains("return a();"), "{}", module.code);
}

#[test]
fn a_worklet_class_travels_as_its_factory() {
    let source = "class Bee { __workletClass = true; fly() { return speed; } }\n\
                  export const f = () => { 'worklet'; return new Bee().fly(); };";
    let module = made(&app("x.js", source), &worklets_on(false));
    let ours = reading::worklets(&module.code);
    assert_eq!(ours[0].closure, ["speed"]);
    assert!(ours[0].code.starts_with("function Bee__classFactory_xJs1()"), "{}", ours[0].code);
    assert_eq!(ours[1].closure, ["Bee__classFactory"]);
    assert!(ours[1].code.contains("const Bee=Bee__classFactory();"), "{}", ours[1].code);
    assert!(!module.code.contains("__workletClass"), "{}", module.code);
}

#[test]
fn a_spread_among_callbacks_is_refused_with_its_place() {
    let source = "useAnimatedScrollHandler({\n  ...handlers });";
    let errors = failing(&app("x.js", source), &worklets_on(false));
    assert_eq!((errors[0].code.as_str(), errors[0].line), ("bundle.unsupported-syntax", 2));
    made(&app("x.js", "useAnimatedScrollHandler({ onScroll });"), &worklets_on(false));
}
