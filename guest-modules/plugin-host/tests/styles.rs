//! Compiling the styles of NativeWind, with programs that stand for Tailwind and the others.
//! That the real ones run is shown where they are installed.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use plugin_host::api::{PluginOptions, Program, SourceFile};
use plugin_host::{Answer, Platform, rewrite};

const COMPILER: &str = "node_modules/react-native-css-interop/dist/css-to-rn/index.js";

/// Tells the selectors and declarations that it saw.
const STYLES: &str = r#"
    const { transform } = require("lightningcss");
    exports.cssToReactNativeRuntime = (css, options) => {
        const seen = [];
        transform({
            code: new TextEncoder().encode(css),
            visitor: {
                Declaration: (found) => void seen.push(found.property),
                StyleSheetExit: (sheet) => {
                    seen.push(sheet.rules.length);
                    for (const { value } of sheet.rules) seen.push(...(value.declarations?.declarations ?? []).map((found) => found.property));
                },
            },
            customAtRules: { cssInterop: { prelude: "<custom-ident>+" } },
        });
        return { seen, rem: options.inlineRem, third: 1 / 3, none: undefined };
    };
"#;
const POSTCSS: &str = r#"
    const rule = (params) => ({ params, error: (text) => Object.assign(new Error(text), { line: 1, column: 1 }) });
    module.exports = (plugins) => ({
        process: async (root) => ({ css: root.text + plugins[0].config.content.map((file) => file.raw).join("") }),
    });
    module.exports.parse = (text) => ({
        text,
        walkAtRules: (name, tell) => [...text.matchAll(/@import ([^;]+);/g)].forEach((found) => tell(rule(found[1]))),
    });
"#;

fn compiled(config: &str, platform: Platform, sheet: &str) -> Answer {
    let files = [
        ("tailwind.config.js", config),
        (COMPILER, STYLES),
        ("node_modules/tailwindcss/index.js", "module.exports = (config) => ({ config });"),
        ("node_modules/postcss/index.js", POSTCSS),
        (
            "node_modules/micromatch/index.js",
            "module.exports = (files, patterns) => files.filter((file) => patterns.includes(file));",
        ),
        ("node_modules/nativewind/dist/metro/common.js", "exports.cssToReactNativeRuntimeOptions = {};"),
        ("src/é.js", ".é{--x:1}"),
        ("src/other.js", ".other{color:red}"),
    ];
    let names = ["tailwindcss", "postcss", "micromatch", "nativewind/dist/metro/common"];
    let programs = files.iter().enumerate().map(|(index, (path, _))| Program {
        path: (*path).to_owned(),
        requires: names.iter().map(|name| (*name).to_owned()).zip(2..).filter(|_| index == 0).collect(),
    });
    let options = PluginOptions {
        programs: programs.collect(),
        compiler: 1,
        platform,
        dev: false,
        env: vec![("NATIVEWIND_INLINE_REM".to_owned(), "14".to_owned())],
        known: vec![],
    };
    let texts = files.iter().map(|(_, text)| text.as_bytes().to_vec()).collect();
    let source = SourceFile { path: "global.css".to_owned(), bytes: sheet.as_bytes().to_vec() };
    rewrite(&[source], texts, options).unwrap().remove(0)
}

fn text(answer: Answer) -> String {
    String::from_utf8(answer.unwrap().unwrap().code).unwrap()
}

const CONFIG: &str = "module.exports = { content: ['./src/é.js'] };";

#[test]
fn a_sheet_becomes_the_script_that_gives_the_styles_to_the_app() {
    let script = text(compiled(CONFIG, Platform::Ios, "@cssInterop set a;"));
    let head =
        "import { injectData } from \"react-native-css-interop/dist/runtime/native/styles\";injectData(";
    let data = script.strip_prefix(head).unwrap().strip_suffix(");").unwrap();
    assert_eq!(data, r#"{"seen":["custom",2,"custom"],"rem":14,"third":0.333}"#);
}

#[test]
fn declarations_behind_a_nested_rule_belong_to_the_rule_around_them() {
    let script = text(compiled(CONFIG, Platform::Ios, "a{color:red;@cssInterop x y;opacity:1}"));
    assert!(script.contains(r#""color","opacity","custom"],"rem""#), "{script}");
}

#[test]
fn on_the_web_it_stays_a_sheet() {
    assert_eq!(text(compiled(CONFIG, Platform::Web, "a{}")), "a{}.é{--x:1}");
}

#[test]
fn what_cannot_be_compiled_is_said() {
    let message = |config: &str, sheet: &str| {
        let faults = compiled(config, Platform::Ios, sheet).unwrap_err();
        (faults[0].message.clone(), faults[0].line)
    };
    let (of_packages, _) = message("module.exports = { content: ['./node_modules/x/*.js'] };", "");
    assert!(of_packages.contains("only the app's own are read"), "{of_packages}");
    let (missing, line) = message(CONFIG, "@import './absent.css';");
    assert!(missing.contains("./absent.css is not a style sheet of the app"), "{missing}");
    assert_eq!(line, 1);
    let (broken, _) = message(CONFIG, ".a { color: red; } }");
    assert!(broken.contains("Invalid empty selector"), "{broken}");
}
