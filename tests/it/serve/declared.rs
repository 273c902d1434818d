//! Every answer that any test gets is one that the document of the API declares.
//!
//! Streams that a test reads by itself, and what is no answer at all, are not looked at.

use std::sync::LazyLock;

use serde_json::Value;

use crate::golden::repository;

/// As it was looked at: a server that answers another document fails elsewhere.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let text = std::fs::read(repository("tests/golden/api/openapi.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
});

/// The entry of a path; what is spelled out goes before what stands for anything.
fn entry(path: &str) -> Option<(&String, &Value)> {
    let asked: Vec<&str> = path.split('/').collect();
    let paths = DOCUMENT["paths"].as_object()?.iter();
    let fits = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == asked.len()
            && parts.iter().zip(&asked).all(|(part, asked)| part.starts_with('{') || part == asked)
    };
    paths.filter(|(template, _)| fits(template)).min_by_key(|(template, _)| template.matches('{').count())
}

/// What is wrong with an answer of this status, if anything is.
fn undeclared(method: &str, target: &str, status: u16) -> Option<String> {
    let path = target.split('?').next().unwrap();
    // A document that is being made again says nothing yet.
    if !path.starts_with("/api/") || std::env::var_os("HIVESYNC_BLESS").is_some() {
        return None;
    }
    let Some((template, item)) = entry(path) else {
        return (status != 404).then(|| format!("{path} answers {status} and is not in the document"));
    };
    let Some(operation) = item.get(method.to_lowercase()) else {
        return (status != 405).then(|| format!("{method} {template} answers {status}, and is not there"));
    };
    let is_declared = operation["responses"].get(status.to_string()).is_some();
    (!is_declared)
        .then(|| format!("{method} {template} answers {status}, which the document does not declare"))
}

/// Looks at an answer.
#[track_caller]
pub(super) fn assert_declared(method: &str, target: &str, status: u16) {
    if let Some(wrong) = undeclared(method, target, status) {
        panic!("{wrong}");
    }
}

#[test]
fn an_answer_that_the_document_does_not_declare_is_seen() {
    if std::env::var_os("HIVESYNC_BLESS").is_some() {
        return;
    }
    for (method, target, status) in [
        ("GET", "/api/v1/projects?limit=3", 200),
        ("GET", "/api/v1/projects/x", 404),
        ("GET", "/api/v1/nothing", 404),
        ("PUT", "/api/v1/projects", 405),
    ] {
        assert_eq!(undeclared(method, target, status), None);
    }
    for (method, target, status) in [
        ("GET", "/api/v1/projects", 418),
        ("GET", "/api/v1/projects/x", 302),
        ("GET", "/api/v1/nothing", 200),
        ("PUT", "/api/v1/projects", 200),
    ] {
        assert!(undeclared(method, target, status).is_some(), "{method} {target} {status}");
    }
}
