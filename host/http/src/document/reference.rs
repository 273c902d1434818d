//! The document as a page to read: no script, nothing from elsewhere.

use std::fmt::Write as _;

use serde_json::Value;

use super::METHODS;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;\
    color:#1b1b1f;background:#fff}code{font:14px ui-monospace,monospace}summary{cursor:pointer;padding:.4rem 0}\
    details{border-top:1px solid #ddd}pre{background:#f4f4f6;padding:.8rem;overflow:auto}b{display:inline-block;\
    min-width:4.5rem;font:600 14px ui-monospace,monospace}a{color:#0b57d0}table{border-collapse:collapse}\
    td{padding:.1rem 1rem .1rem 0;vertical-align:top}@media(prefers-color-scheme:dark){body{color:#e8e8ec;\
    background:#17171a}pre{background:#232328}details{border-color:#3a3a40}a{color:#a8c7fa}}";

/// The page.
pub(super) fn page(document: &Value) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>HiveSync API</title><style>{STYLE}</style><h1>HiveSync API</h1>\
         <p>{}</p><p>For programs: <a href=\"/openapi.json\">openapi.json</a>.</p>",
        escaped(text(document, &["info", "description"]))
    );
    let mut tag = String::new();
    for (path, method, operation) in in_order(document) {
        let own =
            operation.get("tags").and_then(|tags| tags.get(0)).and_then(Value::as_str).unwrap_or("other");
        if own != tag {
            tag = own.to_owned();
            // Writing into a text cannot fail.
            let _ = write!(page, "<h2>{}</h2>", escaped(own));
        }
        let _ = write!(
            page,
            "<details><summary><b>{}</b> <code>{}</code> — {}</summary>{}{}{}</details>",
            method.to_uppercase(),
            escaped(path),
            escaped(text(operation, &["summary"])),
            parameters(operation),
            body(operation),
            responses(operation),
        );
    }
    page.push_str("<h2>Shapes</h2>");
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten() {
        let json = serde_json::to_string_pretty(schema).unwrap_or_default();
        let name = escaped(name);
        let _ = write!(
            page,
            "<details id=\"{name}\"><summary><code>{name}</code></summary><pre>{}</pre></details>",
            escaped(&json)
        );
    }
    page + "</html>\n"
}

/// Every operation, those of one tag together.
fn in_order(document: &Value) -> Vec<(&str, &'static str, &Value)> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let mut all: Vec<_> = paths
        .flat_map(|(path, item)| METHODS.map(|method| (path.as_str(), method, item.get(method))))
        .filter_map(|(path, method, operation)| operation.map(|operation| (path, method, operation)))
        .collect();
    all.sort_by_key(|(_, _, operation)| text(operation, &["tags", "0"]).to_owned());
    all
}

fn parameters(operation: &Value) -> String {
    let all = operation.get("parameters").and_then(Value::as_array);
    let rows: String = all
        .into_iter()
        .flatten()
        .map(|parameter| {
            let part = |name| escaped(text(parameter, &[name]));
            format!("<tr><td><code>{}</code><td>{}<td>{}", part("name"), part("in"), part("description"))
        })
        .collect();
    if rows.is_empty() { rows } else { format!("<table>{rows}</table>") }
}

fn body(operation: &Value) -> String {
    let content = operation.pointer("/requestBody/content").and_then(Value::as_object);
    let each = |(kind, content): (&String, &Value)| {
        format!("<p>Takes <code>{}</code> {}</p>", escaped(kind), shape(content))
    };
    content.into_iter().flatten().map(each).collect()
}

fn responses(operation: &Value) -> String {
    let all = operation.get("responses").and_then(Value::as_object);
    let row = |(status, response): (&String, &Value)| {
        let content = response.get("content").and_then(Value::as_object).into_iter().flatten();
        let shapes: String = content.map(|(_, content)| shape(content)).collect();
        let meaning = escaped(text(response, &["description"]));
        format!("<tr><td><code>{}</code><td>{meaning}<td>{shapes}", escaped(status))
    };
    format!("<table>{}</table>", all.into_iter().flatten().map(row).collect::<String>())
}

/// A link to a shape.
fn shape(content: &Value) -> String {
    let name = text(content, &["schema", "$ref"]).rsplit('/').next().unwrap_or_default();
    let name = escaped(name);
    if name.is_empty() { name } else { format!("<a href=\"#{name}\"><code>{name}</code></a>") }
}

fn text<'a>(value: &'a Value, names: &[&str]) -> &'a str {
    let pointer: String = names.iter().flat_map(|name| ["/", name]).collect();
    value.pointer(&pointer).and_then(Value::as_str).unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
