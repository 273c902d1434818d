//! Decorators that are refused, each by its place. What the others do is in `semantics.rs`.

use transform::Platform;
use transform::api::{Decorators, Engine, SourceKind, TransformOptions};

use crate::sources::{app, failing, file, made, options, web};

fn with(convention: Decorators) -> TransformOptions {
    TransformOptions { decorators: Some(convention), ..options() }
}

#[test]
fn without_a_convention_a_decorator_is_a_syntax_error_that_says_what_to_do() {
    let errors = failing(&app("a.js", "let a;\n@seen class Bee {}\n"), &options());
    assert_eq!((errors[0].code.as_str(), errors[0].line), ("bundle.syntax", 2), "{errors:?}");
    assert!(errors[0].hint.as_ref().unwrap().contains("@babel/plugin-proposal-decorators"), "{errors:?}");
}

#[test]
fn where_legacy_decorators_have_no_meaning_they_are_refused_by_place() {
    let refused = |source: &str| {
        let errors = failing(&file("a.ts", SourceKind::Typescript, source), &with(Decorators::Legacy));
        let found = errors.iter().map(|error| (error.code.clone(), error.line, error.column));
        found.collect::<Vec<_>>()
    };
    let at = |line, column| vec![("bundle.unsupported-syntax".to_owned(), line, column)];
    assert_eq!(refused("class A {\n  @x [key()] = 1;\n}"), at(2, 3));
    assert_eq!(refused("class A {\n\n  @x #own = 1;\n}"), at(3, 3));
    assert_eq!(refused("class A { constructor(@x name: string) {} }"), at(1, 23));
    let source = "class A { constructor(@x name: string) {} @x [key()] = 1; }";
    let module = made(&file("a.ts", SourceKind::Typescript, source), &with(Decorators::Typescript));
    assert!(!module.code.contains("@x"), "{}", module.code);
}

#[test]
fn an_older_hermes_does_not_get_what_lowering_classes_would_lose() {
    let source = "@seen class Bee { static kind = 1; }";
    let old = TransformOptions { engine: Engine::HermesV0, ..with(Decorators::Standard) };
    assert_eq!(failing(&app("a.js", source), &old)[0].code, "bundle.unsupported-syntax");
    for fine in [
        with(Decorators::Standard),
        TransformOptions { platform: Platform::Web, ..old.clone() },
        TransformOptions { decorators: Some(Decorators::Legacy), ..old },
    ] {
        assert!(!made(&app("a.js", source), &fine).code.contains("@seen"));
    }
}

#[test]
fn a_minified_module_keeps_the_order_in_which_decorators_are_evaluated() {
    let source = "@one() class A { @two() a() {} @three() b() {} }";
    let minified =
        TransformOptions { dev: false, minify: true, decorators: Some(Decorators::Legacy), ..web() };
    let code = made(&app("a.js", source), &minified).code;
    let places = ["one()", "two()", "three()", "class"].map(|text| code.find(text).unwrap());
    assert!(places.is_sorted(), "{code}");
    assert!(!code.contains("_dec"), "{code}");
}
