//! Answers about a map, for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// Diagnostics that a summary shows.
const SHOWN_MAX: usize = 10;

/// The words for an answer, by what it holds.
pub(super) fn of(answer: &Value) -> String {
    match () {
        () if answer.get("sentences").is_some() => sentences(answer),
        () => summary(answer),
    }
}

/// What `map why` and the other questions say themselves.
fn sentences(answer: &Value) -> String {
    let mut text = String::new();
    for sentence in list(answer, "sentences").filter_map(Value::as_str) {
        let _ = writeln!(text, "{sentence}");
    }
    text
}

fn summary(map: &Value) -> String {
    let mut text = String::new();
    for (key, title) in [("nodes", "Nodes"), ("edges", "Edges")] {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for one in list(map, key) {
            *counts.entry(one.get("type").and_then(Value::as_str).unwrap_or_default()).or_default() += 1;
        }
        let total: usize = counts.values().sum();
        let _ = writeln!(text, "{title}: {total}");
        for (kind, count) in counts {
            let _ = writeln!(text, "  {kind}: {count}");
        }
    }
    let diagnostics: Vec<&Value> = list(map, "diagnostics").collect();
    let _ = writeln!(text, "Diagnostics: {}", diagnostics.len());
    for one in diagnostics.iter().take(SHOWN_MAX) {
        let word = |key: &str| one.get(key).and_then(Value::as_str).unwrap_or_default();
        let line = one.get("line").and_then(Value::as_u64).unwrap_or_default();
        let _ = writeln!(text, "  {}:{line}: {} [{}]", word("path"), word("message"), word("code"));
    }
    if diagnostics.len() > SHOWN_MAX {
        let _ = writeln!(text, "  and {} more in the JSON", diagnostics.len() - SHOWN_MAX);
    }
    let limits: Vec<&str> = map
        .get("limits")
        .into_iter()
        .flat_map(|limits| list(limits, "hit"))
        .filter_map(Value::as_str)
        .collect();
    if !limits.is_empty() {
        let _ = writeln!(text, "The map is partial; thresholds that were met: {}", limits.join(", "));
    }
    text
}

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}
