//! The project's own build plugins. The compiler here is a small one with Babel's interface, so
//! that nothing has to be installed; each hostile plugin has its twin in the first test.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::project::{Project, unzip};
use crate::golden::repository;

/// Runs each plugin's `text` on the whole source.
const COMPILER: &str = "
    exports.version = '7.0.0';
    exports.transformSync = (code, options) => {
        const texts = options.plugins.map(([plugin, own]) => plugin({}, own ?? {}).text);
        const mappings = code.split('\\n').map((_, line) => (line === 0 ? 'AAAA' : 'AACA')).join(';');
        const map = { version: 3, sources: [options.sourceFileName], sourcesContent: [code], names: [], mappings };
        return { code: texts.reduce((code, text) => text(code, options), code), map };
    };
";

/// The small app with a plugin whose `text` is this expression.
fn project(expression: &str) -> Project {
    Project::small(&[
        (
            "babel.config.js",
            "module.exports = { plugins: [['./plugin.js', { from: 'Hello', to: 'Moin' }]] };",
        ),
        (
            "plugin.js",
            &format!("module.exports = (babel, own) => ({{ text: (code, options) => {expression} }});"),
        ),
        ("node_modules/@babel/core/package.json", "{\"name\":\"@babel/core\",\"main\":\"index.js\"}"),
        ("node_modules/@babel/core/index.js", COMPILER),
    ])
}

fn refused_with(expression: &str) -> String {
    let error = project(expression).refused("PREVIEW_BUILD_FAILED", 1);
    error["diagnostics"].to_string()
}

#[test]
fn a_plugin_of_the_project_rewrites_its_files_and_the_map_leads_to_them() {
    let project = project("code.replace(own.from, own.to)");
    let first = project.build(&[]).done();
    let bundle = unzip(&project.out(), "main.jsbundle");
    assert!(bundle.contains("Moin, ") && !bundle.contains("Hello"), "{bundle}");
    let map = unzip(&project.out(), "main.jsbundle.map");
    assert!(map.contains("Hello, ") && !map.contains("Moin"), "{map}");
    let again = project.build(&[]).done();
    assert_eq!(first["fuel_used"], again["fuel_used"]);
    assert_eq!(bundle, unzip(&project.out(), "main.jsbundle"));
}

/// One attempt of a plugin, and the same shape with what there is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    kind: String,
    code: String,
    says: String,
    attack: String,
    twin: String,
}

#[test]
fn a_plugin_that_asks_for_the_machine_is_told_what_is_not_there_and_its_twin_works() {
    let table = std::fs::read_to_string(repository("tests/escape/plugins.toml")).unwrap();
    let mut table: BTreeMap<String, Vec<Case>> = toml::from_str(&table).unwrap();
    for case in table.remove("case").unwrap() {
        assert_eq!(case.kind, "plugin");
        let error = project(&case.attack).refused("PREVIEW_BUILD_FAILED", 1);
        let found = &error["diagnostics"][0];
        assert_eq!(found["code"], case.code, "{}: {error:#}", case.name);
        assert!(found["message"].as_str().unwrap().contains(&case.says), "{}: {error:#}", case.name);
        let twin = project(&case.twin);
        let ended = twin.build(&[]);
        assert_eq!(ended.code, Some(0), "{}: {}", case.name, ended.stdout);
        assert!(unzip(&twin.out(), "main.jsbundle").contains("Hello, "), "{}", case.name);
    }
}

#[test]
fn a_plugin_that_takes_too_much_is_an_error_of_its_file() {
    for (expression, message) in [
        ("'x'.repeat(1 << 30)", "invalid string length"),
        ("{ const f = () => f() + 1; return f(); }", "Maximum call stack size exceeded"),
        ("{ const kept = []; for (;;) kept.push(new Uint8Array(1 << 20)); }", "out of memory"),
    ] {
        let found = refused_with(expression);
        assert!(found.contains("bundle.plugin-failed") && found.contains("greet.js"), "{found}");
        assert!(found.contains(message) && found.contains("plugin.js:1:"), "{found}");
    }
    // The same shapes, and they end.
    for expression in [
        "code + 'x'.repeat(0)",
        "{ const f = (n) => (n === 0 ? 0 : f(n - 1) + 0); return code + ' '.repeat(f(1000)); }",
        "{ const kept = []; while (kept.length < 32) kept.push(new Uint8Array(1 << 20)); return code; }",
    ] {
        project(expression).build(&[]).done();
    }
}

#[test]
fn a_plugin_that_never_ends_is_stopped_by_the_limits_of_the_build() {
    for (expression, causes) in [
        // On a busy machine its time is over before its fuel.
        ("{ for (;;); }", ["limit.fuel", "limit.cpu", "limit.wall"].as_slice()),
        ("{ const f = (n) => [n].map(f)[0] + 1; return f(1); }", &["limit.stack"]),
    ] {
        let codes = ["SANDBOX_LIMIT_EXCEEDED", "PREVIEW_TIMEOUT"];
        let error = project(expression).refused_as_one_of(&codes, 3);
        assert!(causes.iter().any(|cause| error["cause"] == *cause), "{error:#}");
    }
    let ends = "{ for (let n = 0; n < 100000; n += 1); return [code].map((text) => text)[0]; }";
    project(ends).build(&[]).done();
}
