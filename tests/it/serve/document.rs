//! The document of the API, the types made of it and its page.
//!
//! The goldens are what a server answers; `cargo xtask bless` keeps them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::client::Answer;
use super::server::Server;
use crate::golden::assert_golden;

fn got(server: &Server, path: &str) -> (Answer, String) {
    let answer = server.ask("GET", path).send();
    assert_eq!(answer.status, 200, "{path}");
    let text = String::from_utf8(answer.body.clone()).unwrap();
    (answer, text)
}

fn paths(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    document["paths"].as_object().unwrap().iter()
}

#[test]
fn the_document_is_the_one_that_was_looked_at_and_its_references_lead_somewhere() {
    let (answer, text) = got(&Server::start(), "/openapi.json");
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_golden("api/openapi.json", &text);
    let document = answer.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let (mut references, mut values) = (0, vec![&document]);
    while let Some(value) = values.pop() {
        if let Some(target) = value.get("$ref").and_then(Value::as_str) {
            references += 1;
            assert!(document.pointer(target.strip_prefix('#').unwrap()).is_some(), "{target}");
        }
        values.extend(value.as_object().into_iter().flatten().map(|(_, value)| value));
        values.extend(value.as_array().into_iter().flatten());
    }
    assert!(references > 100, "{references}");
    let mut ids = BTreeSet::new();
    for (path, item) in paths(&document) {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id), "{method} {path}: {id} is another operation, too");
            assert!(operation["summary"].as_str().unwrap().ends_with('.'), "{method} {path}");
            let named = operation["parameters"].as_array().unwrap().iter();
            let named = named.filter(|parameter| parameter["in"] == "path").count();
            assert_eq!(named, path.matches('{').count(), "{method} {path}");
        }
    }
}

#[test]
fn the_types_are_those_that_were_looked_at_and_every_path_has_one() {
    let server = Server::start();
    let (_, types) = got(&server, "/openapi.d.ts");
    assert_golden("api/openapi.d.ts", &types);
    for (path, _) in paths(&got(&server, "/openapi.json").0.json()) {
        assert!(types.contains(&format!(" {path}\":")), "{path}");
    }
}

#[test]
fn the_page_of_the_document_has_no_script_and_loads_nothing() {
    let server = Server::start();
    let (answer, page) = got(&server, "/docs");
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    for part in ["<script", "http://", "https://", "@import", "<link", "<img"] {
        assert!(!page.contains(part), "{part}");
    }
    for (path, _) in paths(&got(&server, "/openapi.json").0.json()) {
        assert!(page.contains(path.as_str()), "{path}");
    }
}
