//! The shapes of the document as TypeScript, and what each operation takes and answers.

use std::fmt::Write as _;

use serde_json::Value;

use super::METHODS;

/// The declarations, as a file of their own.
pub(super) fn types(document: &Value) -> String {
    let mut text = String::from("// Made from /openapi.json of the same server. Do not change it by hand.\n");
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten() {
        text.push_str(&comment(schema, ""));
        // Writing into a text cannot fail.
        let _ = writeln!(text, "export type {name} = {};\n", shape(document, schema, ""));
    }
    text.push_str("/** What each operation takes, and what it answers when all goes well. */\n");
    text.push_str("export interface Operations {\n");
    for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        for (method, operation) in METHODS.iter().filter_map(|method| Some((method, item.get(method)?))) {
            let body = operation.pointer("/requestBody/content/application~1json/schema");
            let body = body.map_or_else(|| "undefined".to_owned(), |schema| shape(document, schema, "  "));
            let _ = writeln!(
                text,
                "  \"{} {path}\": {{ body: {body}; answer: {} }};",
                method.to_uppercase(),
                answer(document, operation)
            );
        }
    }
    text + "}\n"
}

/// What an operation answers as JSON; nothing where it answers none.
fn answer(document: &Value, operation: &Value) -> String {
    let all = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
    let good = all.filter(|(status, _)| status.starts_with('2'));
    let mut shapes: Vec<String> = good
        .filter_map(|(_, response)| response.pointer("/content/application~1json/schema"))
        .map(|schema| shape(document, schema, "  "))
        .collect();
    shapes.dedup();
    if shapes.is_empty() { "undefined".to_owned() } else { shapes.join(" | ") }
}

/// A schema as a type.
fn shape(document: &Value, schema: &Value, indent: &str) -> String {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        let known = target.strip_prefix("#/components/schemas/").filter(|name| !name.contains('/'));
        // What stands inside of another shape has no name of its own.
        let inner = || document.pointer(target.trim_start_matches('#')).unwrap_or(&Value::Null);
        return known.map_or_else(|| shape(document, inner(), indent), str::to_owned);
    }
    for (name, between) in [("oneOf", " | "), ("anyOf", " | "), ("allOf", " & ")] {
        if let Some(all) = schema.get(name).and_then(Value::as_array) {
            let each: Vec<_> = all.iter().map(|schema| shape(document, schema, indent)).collect();
            return format!("({})", each.join(between));
        }
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.iter().map(Value::to_string).collect::<Vec<_>>().join(" | ");
    }
    match schema.get("type") {
        Some(Value::Array(kinds)) => {
            let each = kinds.iter().filter_map(Value::as_str);
            each.map(|kind| plain(document, schema, kind, indent)).collect::<Vec<_>>().join(" | ")
        }
        Some(Value::String(kind)) => plain(document, schema, kind, indent),
        _ => "unknown".to_owned(),
    }
}

fn plain(document: &Value, schema: &Value, kind: &str, indent: &str) -> String {
    match kind {
        "string" => "string".to_owned(),
        "integer" | "number" => "number".to_owned(),
        "boolean" => "boolean".to_owned(),
        "null" => "null".to_owned(),
        "array" => {
            let items =
                schema.get("items").map_or("unknown".to_owned(), |items| shape(document, items, indent));
            format!("Array<{items}>")
        }
        _ => object(document, schema, indent),
    }
}

fn object(document: &Value, schema: &Value, indent: &str) -> String {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        let values = schema.get("additionalProperties").filter(|values| values.is_object());
        let values = values.map_or("unknown".to_owned(), |values| shape(document, values, indent));
        return format!("Record<string, {values}>");
    };
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|known| known == name));
    let deeper = format!("{indent}  ");
    let mut text = "{\n".to_owned();
    for (name, property) in properties {
        let mark = if is_required(name) { "" } else { "?" };
        text.push_str(&comment(property, &deeper));
        let _ = writeln!(text, "{deeper}\"{name}\"{mark}: {};", shape(document, property, &deeper));
    }
    text + indent + "}"
}

fn comment(schema: &Value, indent: &str) -> String {
    let Some(text) = schema.get("description").and_then(Value::as_str) else { return String::new() };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").replace("*/", "* /");
    format!("{indent}/** {line} */\n")
}
