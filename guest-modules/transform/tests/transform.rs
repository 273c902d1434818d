//! Sources in, modules out.

// What the tests share is test code too, though the lint cannot see it.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "transform/css.rs"]
mod css;
#[path = "transform/decorators.rs"]
mod decorators;
#[path = "transform/refresh.rs"]
mod refresh;
mod sources;

use sources::{app, asset, failing, file, made, options, package, web};
use transform::api::{DependencyKind, Engine, SourceKind, TransformOptions};
use transform::{Platform, Severity};

#[test]
fn every_syntax_error_has_a_place_a_frame_and_a_hint() {
    let errors = failing(&app("a.js", "let ok = 1;\nlet é😀x = ;\n"), &options());
    let first = &errors[0];
    assert_eq!((first.code.as_str(), first.severity), ("bundle.syntax", Severity::Error));
    assert_eq!(first.line, 2);
    assert!(first.frame.as_ref().unwrap().contains("> 2 | let"), "{:?}", first.frame);
    assert!(first.hint.is_some());
    let several = failing(&app("a.js", "export {};\nwith (a) {}\nvar b = 010;\n"), &options());
    let lines: Vec<_> = several.iter().map(|error| error.line).collect();
    assert_eq!(lines, [2, 3], "{several:?}");
}

#[test]
fn a_name_is_not_declared_twice() {
    let twice = failing(&app("a.js", "import a from 'a';\nlet a = 1;\n{ let a; const a = 1; }"), &options());
    let lines: Vec<_> = twice.iter().map(|error| (error.code.as_str(), error.line)).collect();
    assert_eq!(lines, [("bundle.syntax", 2), ("bundle.syntax", 3)]);
    assert!(
        made(&app("a.js", "var a; var a; function a() {} { let a; }"), &options()).code.contains("var a")
    );
}

#[test]
fn a_file_that_is_not_utf8_is_refused_by_its_place() {
    let mut input = app("a.js", "");
    input.sources = vec![b"let a = 1;\nlet b = '\xff';".to_vec()];
    let errors = failing(&input, &options());
    assert_eq!((errors[0].code.as_str(), errors[0].line, errors[0].column), ("bundle.encoding", 2, 10));
}

#[test]
fn nesting_beyond_reason_is_a_diagnostic_and_below_it_works() {
    let nested = |depth: usize| format!("x = {}1{};", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(failing(&app("a.js", &nested(10_000)), &options())[0].code, "bundle.nesting");
    assert!(made(&app("a.js", &nested(300)), &options()).code.ends_with("}"));
}

#[test]
fn exports_have_names_before_anything_runs() {
    let module = made(&app("a.js", "import './b'; export const x = 1; export function f() {}"), &options());
    let order = ["exports.f = f", "exports.x = void 0", "require(_dependencyMap[0]", "exports.x = 1"];
    let places: Vec<_> = order.iter().map(|text| module.code.find(text).unwrap()).collect();
    assert!(places.is_sorted(), "{}", module.code);
    assert!(module.is_esm);
}

#[test]
fn imports_are_evaluated_late_only_where_that_is_the_convention() {
    let source = "import {a} from './a'; export const f = () => a();";
    let lazy = made(&app("x.js", source), &options());
    assert!(lazy.code.contains("()=>(0, require(_dependencyMap[0], \"./a\").a)()"), "{}", lazy.code);
    let eager = made(&app("x.js", source), &web());
    assert!(eager.code.contains("var _a = require(_dependencyMap[0], \"./a\");"), "{}", eager.code);
    assert!(eager.code.contains("\"use strict\";"), "only eager modules are strict: {}", eager.code);
    assert!(!lazy.code.contains("use strict"));
}

#[test]
fn react_itself_is_never_evaluated_late() {
    let module = made(&app("x.js", "import {useState} from 'react'; f(() => useState());"), &options());
    assert!(module.code.contains("var _react = require("), "{}", module.code);
}

#[test]
fn what_only_development_needs_is_no_dependency_in_production() {
    let source = "if (__DEV__) require('./dev');\nif (process.env.NODE_ENV !== 'production') require('./dev2');\n\
                  const big = Platform.OS === 'android' ? require('./android') : require('./other');\nuse(big);";
    let mut production = options();
    production.dev = false;
    assert_eq!(made(&app("a.js", source), &production).specifiers(), ["./other"]);
    let development = made(&app("a.js", source), &options());
    assert_eq!(development.specifiers(), ["./dev", "./dev2", "./android", "./other"]);
}

#[test]
fn declared_values_are_put_in_and_others_are_not() {
    let mut options = options();
    options.env = vec![("EXPO_PUBLIC_URL".to_owned(), "https://a.b".to_owned())];
    let module = made(
        &app("a.js", "f(process.env.EXPO_PUBLIC_URL, process.env.HOME, {process}.process.env);"),
        &options,
    );
    assert!(module.code.contains("f(\"https://a.b\", process.env.HOME"), "{}", module.code);
}

#[test]
fn a_require_in_a_try_block_is_optional_and_one_outside_is_not() {
    let module = made(
        &app(
            "a.js",
            "try { require('a'); } catch { require('b'); }\nimport('c').catch(() => {}); import('d');",
        ),
        &options(),
    );
    let optional: Vec<_> =
        module.dependencies.iter().map(|found| (found.specifier.as_str(), found.optional)).collect();
    let runtime = ("metro-runtime/src/modules/asyncRequire", false);
    assert_eq!(optional, [("a", true), ("b", false), ("c", true), runtime, ("d", false)]);
}

#[test]
fn a_computed_require_fails_in_an_app_and_throws_later_in_a_package() {
    let errors = failing(&app("a.js", "f();\n  require(name);"), &options());
    assert_eq!((errors[0].code.as_str(), errors[0].line, errors[0].column), ("bundle.dynamic-require", 2, 3));
    let module =
        made(&package("node_modules/p/a.js", "export const f = (name) => require(name);"), &options());
    assert!(module.code.contains("Dynamic require defined at line 1"), "{}", module.code);
}

#[test]
fn each_way_of_asking_is_a_dependency_of_its_own() {
    let source = "import 'a'; require('a'); require.resolveWeak('a');\n\
                  require.context('./routes', true, /^(?!api).*$/u, 'lazy');";
    let module = made(&app("a.js", source), &options());
    let kinds: Vec<_> = module.dependencies.iter().map(|found| found.kind).collect();
    assert!(
        matches!(
            kinds.as_slice(),
            [DependencyKind::Import, DependencyKind::Require, DependencyKind::Weak, DependencyKind::Require]
        ),
        "{kinds:?}"
    );
    let context = module.dependencies[3].context.as_ref().unwrap();
    assert_eq!(
        (context.pattern.as_str(), context.flags.as_str(), context.mode.as_str()),
        ("^(?!api).*$", "u", "lazy")
    );
    assert_eq!(module.dependencies[1].line, 1);
    assert_eq!(module.dependencies[1].column, 21);
}

#[test]
fn a_loop_variable_is_fresh_in_each_round_on_hermes() {
    let source = "for (let i = 0; i < 3; i++) later(() => i);";
    assert!(made(&app("a.js", source), &options()).code.contains("_loop(i)"));
    assert!(made(&app("a.js", source), &web()).code.contains("let i = 0"));
}

#[test]
fn await_outside_of_a_function_is_said_plainly() {
    let errors = failing(&app("a.js", "export {};\nawait start();"), &web());
    assert_eq!((errors[0].code.as_str(), errors[0].line), ("bundle.top-level-await", 2));
    assert!(made(&app("a.js", "export async function f() { await 1; }"), &web()).is_esm);
}

#[test]
fn a_polyfill_is_a_call_and_not_a_factory() {
    let mut input = app("console.js", "global.console = {};");
    input.kind = SourceKind::Polyfill;
    let module = made(&input, &options());
    assert!(module.code.starts_with("(function(global){\nglobal.console = {};\n})(typeof globalThis"));
    assert!(module.code.ends_with(":this);"));
}

#[test]
fn a_module_may_call_its_own_things_like_the_factory_s_parameters() {
    let module =
        made(&app("a.js", "const global = {}; class module {}\nexport { global, module };"), &options());
    assert!(!module.code.contains("var global") && !module.code.contains("class module "), "{}", module.code);
}

#[test]
fn native_components_are_described_from_their_types() {
    let source = "import type {ViewProps} from 'V';\ntype Props = $ReadOnly<{...ViewProps, tint?: ?ColorValue, \
                  onDone?: ?DirectEventHandler<null>}>;\nexport default (codegenNativeComponent<Props>('Thing'): T);";
    let module = made(&file("ThingNativeComponent.js", SourceKind::Script, source), &options());
    for part in ["uiViewClassName: \"Thing\"", "\"topDone\"", "colorAttribute", "__INTERNAL_VIEW_CONFIG"] {
        assert!(module.code.contains(part), "{part} in {}", module.code);
    }
    let unclear = source.replace("ColorValue", "Elsewhere");
    let errors = failing(&app("ThingNativeComponent.js", &unclear), &options());
    assert_eq!((errors[0].code.as_str(), errors[0].line), ("bundle.view-config", 2));
}

#[test]
fn json_is_a_module_and_broken_json_has_a_place() {
    let module = made(&file("a.json", SourceKind::Json, "{\"a\": [1]}\n"), &options());
    assert!(module.code.contains("module.exports = {\"a\": [1]};"));
    let errors = failing(&file("a.json", SourceKind::Json, "{\n  \"a\": 1,\n}"), &options());
    assert_eq!((errors[0].code.as_str(), errors[0].line), ("bundle.json", 3));
}

#[test]
fn a_style_sheet_is_nothing_on_a_phone_and_a_style_on_the_web() {
    let sheet = "/* c */ @import \"./base.css\";\n.a { color: red; background: url(x.png) }";
    let phone = made(&file("a.css", SourceKind::Css, sheet), &options());
    assert!(phone.code.ends_with("_dependencyMap){\n}") && phone.dependencies.is_empty());
    let page = made(&file("a.css", SourceKind::Css, sheet), &web());
    assert_eq!(page.specifiers(), ["./base.css", "./x.png"]);
    assert!(page.code.contains("createElement(\"style\")") && page.code.contains(".a { color: red;"));
}

#[test]
fn an_image_is_registered_with_its_size_scales_and_digest() {
    let module = made(&asset(), &options());
    assert_eq!(module.specifiers(), ["react-native/asset-registry"]);
    let expected = "registerAsset({__packager_asset:true,httpServerLocation:\"/assets/images\",width:8,height:16,\
                    scales:[2,3],hash:\"90f4d8a6b5f7f0bd2e5dcf0c5e0d8a4b\",name:\"bee\",type:\"png\"})";
    let (before, after) = expected.split_at(expected.find("hash:").unwrap());
    assert!(module.code.contains(before), "{}", module.code);
    assert!(module.code.contains(&after[39..]), "{}", module.code);
    let mut page = web();
    page.platform = Platform::Web;
    assert!(made(&asset(), &page).code.contains("module.exports=\"assets/images/bee@2x.png\";"));
}

#[test]
fn equal_input_gives_equal_bytes() {
    let source = "export * from './a'; import x, {y} from './b'; for (const k of x) y(() => k);";
    assert_eq!(made(&app("a.js", source), &options()), made(&app("a.js", source), &options()));
}

#[test]
fn a_place_in_the_code_is_found_in_the_source() {
    let module = made(&app("src/a.js", "// é😀\nexport const x = 1,\n  boom = () => fail(x);\n"), &options());
    let line = module.code.lines().position(|line| line.contains("fail(")).unwrap();
    let column = module.code.lines().nth(line).unwrap().find("fail(").unwrap();
    let map = swc_sourcemap::SourceMap::from_slice(module.map.as_bytes()).unwrap();
    let token = map.lookup_token(u32::try_from(line).unwrap(), u32::try_from(column).unwrap()).unwrap();
    assert_eq!((token.get_src_line(), token.get_src_col()), (2, 15));
    assert_eq!(map.get_source(0).map(|source| source.to_string()).as_deref(), Some("src/a.js"));
    assert!(map.get_source_contents(0).is_some_and(|text| text.contains("é😀")));
}

#[test]
fn a_module_of_types_alone_is_still_named_in_its_map() {
    let module = made(&app("a.ts", "export type A = 1;"), &options());
    let map = swc_sourcemap::SourceMap::from_slice(module.map.as_bytes()).unwrap();
    assert_eq!(map.get_source(0).map(|source| source.to_string()).as_deref(), Some("a.ts"));
}

#[test]
fn an_element_is_compiled_however_it_is_spaced() {
    for element in ["<A/>", "<A / >", "<A>x</A>", "<></>"] {
        let module = made(&app("a.js", &format!("f({element});")), &options());
        assert_eq!(module.specifiers(), ["react/jsx-runtime"], "{element}");
    }
}

#[test]
fn in_an_app_with_nativewind_elements_of_compiled_packages_know_class_names() {
    let wind =
        TransformOptions { jsx_import_source: "nativewind".to_owned(), inline_requires: false, ..options() };
    let forms = [
        "import React from 'react';\nexport default () => React.createElement(A);",
        "import * as React from 'react';\nexport default () => React.createElement(A);",
        "import { createElement } from 'react';\nexport default () => createElement(A);",
        "var React = require('react');\nmodule.exports = () => React.createElement(A);",
        "var _react = _interopRequireDefault(require('react'));\nmodule.exports = () => _react.default.createElement(A);",
    ];
    for source in forms {
        let module = made(&package("node_modules/cards/index.js", source), &wind);
        assert!(module.specifiers().contains(&"react-native-css-interop"), "{source}: {}", module.code);
        assert!(
            module.code.contains(".createInteropElement)(A)")
                || module.code.contains(".createInteropElement(A)"),
            "{}",
            module.code
        );
        let plain = made(&package("node_modules/cards/index.js", source), &options());
        assert!(!plain.code.contains("createInteropElement"), "{}", plain.code);
        let own = made(&package("node_modules/react-native/index.js", source), &wind);
        assert!(!own.code.contains("createInteropElement"), "{}", own.code);
    }
    let other = "const document = page();\nmodule.exports = () => document.createElement('p');";
    assert_eq!(made(&package("node_modules/cards/index.js", other), &wind).specifiers(), [""; 0]);
}

#[test]
fn an_older_hermes_gets_neither_classes_nor_async_functions() {
    let source = "export class Bee extends Base { #age = 1; static kind = 'bee'; static { init(Bee); }\n\
                  async fly({ to }, ...rest) { return super.fly(await to, this.#age, ...rest); } }\n\
                  export const later = async ({ a, ...others }) => { for (let i of a) keep(() => i); return others; };\n\
                  export const day = /(?<year>[0-9]+)/;";
    let old = TransformOptions { engine: Engine::HermesV0, ..options() };
    let code = made(&app("a.js", source), &old).code;
    for word in ["class Bee", "async ", "await ", "#age", "let ", "{ to }", "...others", "/(?<"] {
        assert!(!code.contains(word), "{word}: {code}");
    }
    let code = made(&app("a.js", source), &options()).code;
    assert!(code.contains("class Bee") && code.contains("async ") && code.contains("#age"), "{code}");
}
