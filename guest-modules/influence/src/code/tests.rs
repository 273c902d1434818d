use super::outline::DeclaredKind;
use super::script::read_script;
use super::*;

fn imports(text: &str) -> Vec<(String, ImportKind, u32)> {
    let found = read_script(text).imports.into_iter();
    found.map(|import| (import.specifier, import.kind, import.line)).collect()
}

fn names(text: &str) -> Vec<String> {
    imports(text).into_iter().map(|(name, _, _)| name).collect()
}

#[test]
fn every_form_of_an_import_is_found_with_its_line() {
    let text = "import a from 'a'\nimport * as b from \"b\";\nimport { c, d as e } from './c'\nimport './side'\n\
        export * from './f'; export { g } from './g'\nconst h = require('h')\nconst i = await import('./i')\n\
        import type { J } from './j'\nimport k, { l } from 'k'\nimport m = require('m');";
    use ImportKind::{Dynamic, Reexport, Require, Static, Type};
    let wanted = [
        ("a", Static, 1),
        ("b", Static, 2),
        ("./c", Static, 3),
        ("./side", Static, 4),
        ("./f", Reexport, 5),
        ("./g", Reexport, 5),
        ("h", Require, 6),
        ("./i", Dynamic, 7),
        ("./j", Type, 8),
        ("k", Static, 9),
        ("m", Require, 10),
    ];
    assert_eq!(imports(text), wanted.map(|(name, kind, line)| (name.to_owned(), kind, line)));
}

#[test]
fn what_only_looks_like_an_import_is_none() {
    for text in [
        "// import a from 'a'",
        "/* import a from 'a' */",
        "const x = \"import a from 'a'\"",
        "const x = `\nimport a from 'a'\n`",
        "const x = /import a from 'a'/",
        "object.require('a')",
        "require(name)",
        "import.meta.url",
        "import(`./${name}`)",
        "const x = `${`require('a')`}`",
    ] {
        assert_eq!(names(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn words_of_elements_do_not_hide_what_follows() {
    for before in [
        "const a = <p>Don't</p>;",
        "const a = <p>it`s</p>;",
        "const a = <br/>;",
        "const a = b / c / d;",
        "const a = b.replace(/['\"`]/g, '');",
        "const a = `${b ? `'` : \"}\"}`;",
        "const a = x => /[/\"]/.test(x);",
    ] {
        assert_eq!(names(&format!("{before}\nimport c from 'c'")), ["c"], "{before}");
    }
}

#[test]
fn declarations_exports_elements_and_calls_are_found() {
    let text = "import { Card as Box } from './card'\nexport default function App() { return <Box>{title()}</Box> }\n\
        function title() { return 'x' }\nexport const Side = memo(() => <App />)\nclass Store {}\nexport { Store as Shop }\n\
        const limit = 3;\nexport const plus = (a: number): number => a + limit";
    let outline = read_script(text);
    let declared: Vec<_> =
        outline.declared.iter().map(|one| (one.name.as_str(), one.kind, one.exported.as_deref())).collect();
    use DeclaredKind::{Component, Function};
    assert_eq!(
        declared,
        [
            ("App", Component, Some("default")),
            ("title", Function, None),
            ("Side", Component, Some("Side")),
            ("Store", Component, Some("Shop")),
            ("plus", Function, Some("plus")),
        ]
    );
    let uses: Vec<_> = outline.uses.iter().map(|one| (one.within, one.name.as_str(), one.element)).collect();
    assert!(uses.contains(&(Some(0), "Box", true)) && uses.contains(&(Some(0), "title", false)), "{uses:?}");
    assert!(uses.contains(&(Some(2), "App", true)), "{uses:?}");
    assert_eq!(outline.bindings[0].imported, "Card");
}

#[test]
fn routes_and_addresses_are_found() {
    let outline = read_script(
        "app.get('/bees/:id', show)\n<Route path=\"/hives\" element={<Hives />} />\nfetch('https://api.example/v1?x=1')",
    );
    let routes: Vec<_> = outline
        .routes
        .iter()
        .map(|one| (one.path.as_str(), one.method.as_deref(), one.shows.as_deref()))
        .collect();
    assert_eq!(routes, [("/bees/:id", Some("GET"), None), ("/hives", None, Some("Hives"))]);
    assert_eq!(outline.urls, [("https://api.example/v1?x=1".to_owned(), 3)]);
}

#[test]
fn events_lead_to_the_functions_that_are_named_for_them() {
    let events = |text: &str| {
        let found = read_script(text).events.into_iter();
        found.map(|one| format!("{} {} {}", one.name, one.handler, one.line)).collect::<Vec<_>>()
    };
    for (text, wanted) in [
        (
            "const a = <Button\nonPress={save} onBlur={() => { check(item); this.x(); }} />",
            "onPress save 2, onBlur check 2",
        ),
        ("addEventListener('load', start)", "load start 1"),
        ("button.addEventListener('click', save, { once: true })", "click save 1"),
        ("$(document).on('click', '.item', choose)", "click choose 1"),
        ("server.on('close', function () { tidy(1); tidy(2); })", "close tidy 1"),
        ("button.onclick = save;", "onclick save 1"),
        ("a = <A onPress={props.onPress} onClose={() => a.b()} />", "onPress  1, onClose  1"),
        ("const onPress = { save }", ""),
        ("a.one = b; a.once('x'); on('x', save); once={save}", ""),
        ("button.onclick = make(); button.onkeyup = null; button.onload = x => y", ""),
    ] {
        assert_eq!(events(text).join(", "), wanted, "{text}");
    }
    let within = read_script("function A() { return <B onPress={save} /> }").events[0].within;
    assert_eq!(within, Some(0));
    let many = read_script(&"<A onPress={save}/>\n".repeat(10_001));
    assert!(many.cut && many.events.len() == 10_000, "{}", many.events.len());
}

#[test]
fn python_imports_are_found_over_several_lines_and_not_in_texts() {
    let text = "\"\"\"\nimport no\n\"\"\"\nimport a.b as c, d\nfrom .e import (\n    f,\n    g as h,\n)\n\
        @app.route('/x')\ndef shown(): pass\n";
    let outline = read_lines(Language::Python, text);
    let found: Vec<_> = outline.imports.iter().map(|one| one.specifier.as_str()).collect();
    assert_eq!(found, ["a.b", "d", ".e", ".e.f?", ".e.g?"]);
    assert_eq!(outline.routes[0].shows.as_deref(), Some("shown"));
}

#[test]
fn other_languages_name_their_files() {
    for (language, text, wanted) in [
        (
            Language::Php,
            "<?php\nrequire_once __DIR__ . '/lib/a.php';\nuse App\\Models\\Bee;",
            "./lib/a.php App\\Models\\Bee",
        ),
        (Language::Go, "import (\n\t\"fmt\"\n\tb \"example.com/b\"\n)", "fmt example.com/b"),
        (Language::Rust, "pub(crate) mod a;\nuse serde::{Value};", "mod a serde"),
        (Language::Ruby, "require_relative 'a'\nrequire 'json'", "./a json"),
        (
            Language::Embedded,
            "<template><p/></template>\n<script setup>\nimport A from './A.vue'\n</script>",
            "./A.vue",
        ),
    ] {
        let found: Vec<_> = read_lines(language, text).imports.into_iter().map(|one| one.specifier).collect();
        assert_eq!(found.join(" "), wanted);
    }
}

/// Texts that make a careless reader look for the same end again and again.
#[test]
fn hostile_texts_are_read_in_time_that_grows_with_them() {
    for piece in [
        "\\'",
        "/*",
        "`",
        "${",
        "/[",
        "((((",
        "<a ",
        "\"\\\"",
        "import {",
        "export {",
        "const a = (",
        "<a onA={",
    ] {
        let text = piece.repeat(200_000 / piece.len());
        let outline = read_script(&text);
        assert!(outline.imports.is_empty(), "{piece}");
    }
}
