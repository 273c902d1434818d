//! Web bundles, in a real browser.

use serde_json::Value;

use super::app::{build, node, printed};

/// What the page shows once `ready` holds; the test fails on any error the page met.
fn shown(app: &str, more: &[&str], ready: &str) -> String {
    let built = build(app, "web", more);
    let browser = std::env::var_os("HIVESYNC_BROWSER").unwrap_or_else(|| "chromium".into());
    let mut visit = node("web.mjs");
    visit.arg(built.path("")).arg("--browser").arg(browser).args(["--ready", ready]);
    visit.args(["--evaluate", "document.body.innerText"]);
    let answer: Value = serde_json::from_str(&printed(&mut visit)).unwrap();
    assert_eq!(answer["errors"], Value::Array(Vec::new()), "the page met errors");
    answer["value"].as_str().unwrap().to_owned()
}

#[test]
fn a_page_of_material_ui_renders_in_the_browser() {
    let text = shown("web-mui", &["--minify"], "document.querySelector('[data-testid=hives]')");
    for expected in ["Hive ledger", "Linden: 25.7 kg", "last on 12 July 2026", "0 jars"] {
        assert!(text.to_lowercase().contains(&expected.to_lowercase()), "{expected} is missing in:\n{text}");
    }
}

#[test]
fn a_development_bundle_renders_in_the_browser_too() {
    let text = shown("web-mui", &["--dev"], "document.querySelector('[data-testid=hives]')");
    assert!(text.contains("Orchard: 17.1 kg"), "{text}");
}

#[test]
fn the_showcase_renders_in_the_browser_with_its_font_and_pictures() {
    let ready = "document.body.innerText.includes('Meadow') && document.fonts.check('16px \"Young Serif\"')";
    let text = shown("hive-notes", &["--minify"], ready);
    for expected in ["Sunday, 21 June", "38.4 kg", "queen not seen"] {
        assert!(text.contains(expected), "{expected} is missing in:\n{text}");
    }
}

/// An app of a few files that needs no packages.
const LATER: [(&str, &str); 7] = [
    ("package.json", r#"{"name":"later","private":true}"#),
    ("index.html", r#"<body><p id="app"></p><script type="module" src="/src/main.js"></script></body>"#),
    (
        "src/main.js",
        "import { add } from './page';\nadd('main');\nimport('./screen')\n  .then((screen) => screen.default())\n  \
         .then(() => import('./other'))\n  .then((other) => add(other.name))\n  \
         .then(() => { document.body.dataset.ready = '1'; });\n",
    ),
    (
        "src/page.js",
        "export const add = (text) => { document.getElementById('app').textContent += `${text} `; };",
    ),
    (
        "src/screen.js",
        "import { add } from './page';\nimport { both } from './both';\nexport default () => add(`screen ${both}`);",
    ),
    ("src/both.js", "export const both = 'shared';"),
    ("src/other.js", "import { both } from './both';\nexport const name = `other ${both}`;"),
];

#[test]
fn a_screen_that_is_imported_later_loads_under_the_viewers_policy() {
    let project = project_of(&LATER);
    let app = project.path().to_str().unwrap();
    let built = build(app, "web", &["--minify"]);
    let parts: Vec<&String> = built.files.keys().filter(|name| name.starts_with("assets/chunks/")).collect();
    assert_eq!(parts.len(), 6, "three parts with their maps: {parts:?}");
    let first = String::from_utf8_lossy(&built.files["main.jsbundle"]);
    assert!(!first.contains("screen ") && first.contains("main"), "{first}");
    let text = shown(app, &["--minify"], "document.body.dataset.ready");
    assert_eq!(text.trim(), "main screen shared other shared");
}

/// Names, addresses and decorators of files that need no packages.
const STYLED: [(&str, &str); 6] = [
    ("package.json", r#"{"name":"styled","private":true}"#),
    ("index.html", r#"<body><p id="app"></p><script type="module" src="/src/main.ts"></script></body>"#),
    (
        "src/main.ts",
        "import names from './box.module.css';\nconst said: string[] = [];\n\
         const say = (text: string) => (value: any, { kind }: any) => { said.push(`${kind} ${text}`); };\n\
         @say('first') class Box { @say('second') tint = 'amber'; }\n\
         const app = document.getElementById('app')!;\napp.className = names.box;\n\
         const style = getComputedStyle(app);\n\
         const address = /url\\(\"(.*)\"\\)/.exec(style.backgroundImage)![1];\n\
         const image = new Image();\nimage.onload = () => { document.body.dataset.ready = '1'; };\nimage.src = address;\n\
         app.textContent = [style.color, style.outlineStyle, new Box().tint, ...said].join(', ');\n",
    ),
    (
        "src/box.module.css",
        ".box { composes: frame from './frame.module.css'; color: rgb(1, 2, 3); background: url(dot.svg); }",
    ),
    ("src/frame.module.css", ".frame { outline: dotted; }"),
    (
        "src/dot.svg",
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"4\" height=\"4\"><circle r=\"2\"/></svg>",
    ),
];

#[test]
fn names_of_a_css_module_files_in_it_and_decorators_work_in_the_browser() {
    let project = project_of(&STYLED);
    let app = project.path().to_str().unwrap();
    let text = shown(app, &["--minify"], "document.body.dataset.ready");
    assert_eq!(text.trim(), "rgb(1, 2, 3), dotted, amber, field second, class first");
}

/// A folder with these files.
fn project_of(files: &[(&str, &str)]) -> tempfile::TempDir {
    let project = tempfile::tempdir().unwrap();
    for folder in ["node_modules", "src"] {
        std::fs::create_dir_all(project.path().join(folder)).unwrap();
    }
    for (name, text) in files {
        std::fs::write(project.path().join(name), text).unwrap();
    }
    project
}
