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
