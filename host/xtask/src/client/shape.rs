//! Schemas as types.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Fields that nobody is shown, wherever they stand.
const SECRETS: [&str; 6] = ["access_token", "refresh_token", "token", "session_token", "secret", "key"];
/// Words that cannot be names.
const KEYWORDS: [&str; 5] = ["type", "ref", "use", "match", "move"];

/// A schema's name as a type's.
pub(super) fn type_name(name: &str) -> String {
    name.replace('_', "")
}

/// The shape that a part of the document stands for, where it only names one.
fn target(part: &Value) -> Option<&str> {
    part.get("$ref")?.as_str()?.rsplit('/').next()
}

/// The shapes that a part of the document names.
pub(super) fn references(part: &Value) -> Vec<String> {
    let mut names = Vec::new();
    match part {
        Value::Object(members) => {
            names.extend(target(part).map(str::to_owned));
            names.extend(members.values().flat_map(references));
        }
        Value::Array(all) => names.extend(all.iter().flat_map(references)),
        _ => {}
    }
    names
}

/// A shape of the document.
pub(super) fn schema<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    document.pointer("/components/schemas")?.get(name)
}

/// The declaration of a shape, and of those that stand in it without a name. `used` learns what it names.
pub(super) fn declared(document: &Value, name: &str, used: &mut BTreeSet<String>) -> Result<String> {
    let schema = schema(document, name).with_context(|| format!("there is no shape {name}"))?;
    declaration(&type_name(name), schema, used).with_context(|| format!("the shape {name}"))
}

fn declaration(name: &str, schema: &Value, used: &mut BTreeSet<String>) -> Result<String> {
    let mut text = comment(schema);
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return Ok(text + &words_of(name, words));
    }
    if let Some(all) = schema.get("allOf").and_then(Value::as_array) {
        return Ok(text + &joined(name, all, used)?);
    }
    if schema.get("properties").is_some() {
        let (fields, inner) = fields(name, schema, used)?;
        text.push_str(&record(name, &fields, schema));
        return Ok(text + &inner);
    }
    let mut inner = String::new();
    let alias = typed(name, schema, used, &mut inner)?;
    writeln!(text, "pub type {name} = {alias};\n")?;
    Ok(text + &inner)
}

/// A closed list of words; one that only a newer server says is `Newer`.
fn words_of(name: &str, words: &[Value]) -> String {
    let mut text =
        format!("#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]\npub enum {name} {{\n");
    for word in words.iter().filter_map(Value::as_str) {
        let _ = writeln!(text, "#[serde(rename = \"{word}\")]\n{},", pascal(word));
    }
    text + "/// What only a newer server says.\n#[serde(other)]\nNewer,\n}\n\n"
}

/// A shape that takes in others.
fn joined(name: &str, all: &[Value], used: &mut BTreeSet<String>) -> Result<String> {
    let (mut lines, mut inner, mut own) = (String::new(), String::new(), Value::Null);
    for part in all {
        match target(part) {
            Some(target) => {
                used.insert(target.to_owned());
                let field = snake(&type_name(target));
                writeln!(lines, "#[serde(flatten)]\npub {field}: {},", type_name(target))?;
            }
            None => {
                let (fields, more) = fields(name, part, used)?;
                lines.push_str(&fields);
                inner.push_str(&more);
                own = part.clone();
            }
        }
    }
    Ok(record(name, &lines, &own) + &inner)
}

fn record(name: &str, fields: &str, schema: &Value) -> String {
    let properties = schema.get("properties").and_then(Value::as_object);
    let hides = properties.is_some_and(|fields| fields.keys().any(|field| SECRETS.contains(&field.as_str())));
    let debug = if hides { "" } else { "Debug, " };
    let is_required = schema.get("required").and_then(Value::as_array).is_some_and(|names| !names.is_empty());
    let default = if is_required || fields.contains("flatten") { "" } else { "Default, " };
    let mut text = format!(
        "#[derive({debug}Clone, {default}PartialEq, Serialize, Deserialize)]\npub struct {name} {{\n{fields}}}\n\n"
    );
    if hides {
        let _ = write!(
            text,
            "impl std::fmt::Debug for {name} {{\nfn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{\n\
             // It holds what nobody is shown.\nf.debug_struct(\"{name}\").finish_non_exhaustive()\n}}\n}}\n\n"
        );
    }
    text
}

/// The lines of a record's fields, and the types that stand in them without a name.
fn fields(name: &str, schema: &Value, used: &mut BTreeSet<String>) -> Result<(String, String)> {
    let properties = schema.get("properties").and_then(Value::as_object).context("it has no properties")?;
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let (mut lines, mut inner) = (String::new(), String::new());
    for (field, property) in properties {
        let kind = typed(&format!("{name}{}", pascal(field)), property, used, &mut inner)?;
        lines.push_str(&comment(property));
        let raw = if KEYWORDS.contains(&field.as_str()) { "r#" } else { "" };
        if required.contains(&field.as_str()) {
            writeln!(lines, "pub {raw}{field}: {kind},")?;
        } else {
            let kind = if kind.starts_with("Option<") { kind } else { format!("Option<{kind}>") };
            writeln!(
                lines,
                "#[serde(default, skip_serializing_if = \"Option::is_none\")]\npub {raw}{field}: {kind},"
            )?;
        }
    }
    Ok((lines, inner))
}

/// A schema as a type; one without a name of its own is declared in `inner` under `name`.
pub(super) fn typed(
    name: &str,
    schema: &Value,
    used: &mut BTreeSet<String>,
    inner: &mut String,
) -> Result<String> {
    if let Some(target) = target(schema) {
        used.insert(target.to_owned());
        return Ok(type_name(target));
    }
    if let Some(all) = schema.get("oneOf").and_then(Value::as_array) {
        let is_null = |schema: &&Value| schema.get("type").and_then(Value::as_str) == Some("null");
        let rest: Vec<&Value> = all.iter().filter(|schema| !is_null(schema)).collect();
        return match rest.as_slice() {
            [one] if rest.len() < all.len() => Ok(format!("Option<{}>", typed(name, one, used, inner)?)),
            // One of several: whoever reads it looks.
            _ => Ok("Value".to_owned()),
        };
    }
    if schema.get("enum").is_some() || schema.get("properties").is_some() {
        inner.push_str(&declaration(name, schema, used)?);
        return Ok(name.to_owned());
    }
    match schema.get("type") {
        Some(Value::String(kind)) => plain(name, kind, schema, used, inner),
        Some(Value::Array(kinds)) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            match kinds.as_slice() {
                [kind, "null"] | ["null", kind] => {
                    Ok(format!("Option<{}>", plain(name, kind, schema, used, inner)?))
                }
                _ => Ok("Value".to_owned()),
            }
        }
        _ => Ok("Value".to_owned()),
    }
}

fn plain(
    name: &str,
    kind: &str,
    schema: &Value,
    used: &mut BTreeSet<String>,
    inner: &mut String,
) -> Result<String> {
    let is_natural = schema.get("minimum").and_then(Value::as_i64).is_some_and(|least| least >= 0);
    Ok(match kind {
        "string" => "String".to_owned(),
        "integer" => if is_natural { "u64" } else { "i64" }.to_owned(),
        "number" => "f64".to_owned(),
        "boolean" => "bool".to_owned(),
        "array" => match schema.get("items") {
            Some(items) => format!("Vec<{}>", typed(name, items, used, inner)?),
            None => "Vec<Value>".to_owned(),
        },
        "object" => match schema.get("additionalProperties").filter(|values| values.is_object()) {
            Some(values) => {
                format!("std::collections::BTreeMap<String, {}>", typed(name, values, used, inner)?)
            }
            None => "serde_json::Map<String, Value>".to_owned(),
        },
        other => bail!("{name} is of the kind {other}"),
    })
}

/// What the document says of it.
pub(super) fn comment(part: &Value) -> String {
    let said = part.get("description").or_else(|| part.get("summary")).and_then(Value::as_str);
    said.map_or_else(String::new, |said| {
        format!("/// {}\n", said.split_whitespace().collect::<Vec<_>>().join(" "))
    })
}

/// `some_words.of-it` as `SomeWordsOfIt`.
pub(super) fn pascal(text: &str) -> String {
    let parts = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    let name: String = parts
        .map(|part| {
            let (first, rest) = part.split_at(1);
            first.to_ascii_uppercase() + rest
        })
        .collect();
    // No name begins with a digit.
    if name.starts_with(|letter: char| letter.is_ascii_digit()) { format!("Of{name}") } else { name }
}

/// `SomeWords` as `some_words`.
fn snake(text: &str) -> String {
    let mut name = String::new();
    for letter in text.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
