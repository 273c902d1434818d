//! Style sheets and the names of CSS modules.

use transform::api::{Flavour, SourceKind, TransformOptions};

use crate::sources::{Made, failing, file, made, options, web};

fn sheet(path: &str, text: &str) -> Made {
    made(&file(path, SourceKind::Css, text), &web())
}

/// `"name": "class"` of every name that the golden has.
fn golden_names() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join("names.json")).unwrap();
    let names: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    names.into_iter().map(|(name, value)| (name, value.as_str().unwrap().to_owned())).collect()
}

fn root() -> std::path::PathBuf {
    std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/parity/css")
}

#[test]
fn names_are_those_that_metro_gives_them() {
    let text = std::fs::read_to_string(root().join("sheet.module.css")).unwrap();
    let module = sheet("src/sheet.module.css", &text);
    let golden = golden_names();
    assert!(golden.len() > 8);
    for (name, class) in golden {
        let entry = format!("\"{name}\":\"{}\"", class.replace(' ', "\" + \" \" + \""));
        assert!(module.code.contains(&entry), "{entry} in {}", module.code);
    }
}

#[test]
fn what_is_global_keeps_its_name_and_what_is_exported_leaves_the_sheet() {
    let text = ":global(.theme) .a { color: red }\n:export { accent: #e8a600; }\n";
    let module = sheet("a.module.css", text);
    assert!(module.code.contains(".theme ._1ZEqVW_a { color: red }"), "{}", module.code);
    assert!(module.code.contains("\"accent\":\"#e8a600\""), "{}", module.code);
    assert!(!module.code.contains("accent: #"), "{}", module.code);
}

#[test]
fn a_class_is_composed_of_others_and_of_other_sheets() {
    let text =
        ".base { x: y }\n.a { composes: base; composes: b from './b.module.css'; composes: g from global }";
    let module = sheet("a.module.css", text);
    assert_eq!(module.specifiers(), ["./b.module.css"]);
    let value = "\"a\":\"_1ZEqVW_a\" + \" \" + \"_1ZEqVW_base\" + \" \" + require(_dependencyMap[0])[\"b\"] + \" \" + \"g\"";
    assert!(module.code.contains(value), "{}", module.code);
    assert!(!module.code.contains("composes"), "{}", module.code);
    let errors = failing(&file("a.module.css", SourceKind::Css, ".a {\n  composes: missing;\n}"), &web());
    assert_eq!((errors[0].code.as_str(), errors[0].line, errors[0].column), ("bundle.css-modules", 2, 13));
}

#[test]
fn composing_in_a_row_does_not_grow_beyond_the_names_there_are() {
    let rules = (1..200).map(|n| format!(".c{n} {{ composes: c{} c{}; }}\n", n - 1, n - 1));
    let text = format!(".c0 {{ x: y }}\n{}", rules.collect::<String>());
    assert!(sheet("a.module.css", &text).code.len() < 2_000_000);
}

#[test]
fn files_in_a_sheet_are_dependencies_and_addresses_elsewhere_stay() {
    let text = "@import url('theme.css');\n@import 'https://a.b/c.css';\n.a { background: url(img/x.png), url(\"/y.png\"), \
                url(data:z); src: url('f.eot?#iefix') }";
    let module = sheet("a.css", text);
    assert_eq!(module.specifiers(), ["./theme.css", "./img/x.png", "./f.eot"]);
    assert_eq!((module.dependencies[1].line, module.dependencies[1].column), (3, 18));
    for part in ["@import 'https://a.b/c.css'", "url(\\\"/y.png\\\")", "url(data:z)", "?#iefix"] {
        assert!(module.code.contains(part), "{part} in {}", module.code);
    }
    assert!(!module.code.contains("theme.css"), "{}", module.code);
}

#[test]
fn what_cannot_be_kept_is_warned_about_by_its_place() {
    let module = sheet("a.css", "@import 'print.css' print;\n.a { color: red;\n");
    let found: Vec<_> =
        module.diagnostics.iter().map(|warning| (warning.code.as_str(), warning.line)).collect();
    assert_eq!(found, [("bundle.syntax", 2), ("bundle.css-url", 1)]);
}

#[test]
fn an_expo_app_gets_styles_for_react_native_beside_the_names() {
    let expo = TransformOptions { flavour: Flavour::Expo, ..web() };
    let module = made(&file("a.module.css", SourceKind::Css, ".a { x: y }"), &expo);
    assert!(module.code.contains("unstable_styles: styles"), "{}", module.code);
    let phone = made(&file("a.module.css", SourceKind::Css, ".a { x: y }"), &options());
    assert!(phone.code.contains("module.exports={unstable_styles:{}};"), "{}", phone.code);
}
