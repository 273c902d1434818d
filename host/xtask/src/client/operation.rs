//! Operations as methods.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Operation;
use super::shape::{comment, pascal, type_name, typed};

/// A file of operations.
pub(super) struct Made {
    pub(super) text: String,
    /// The types of their queries.
    pub(super) queries: Vec<String>,
}

/// What an operation answers.
enum Answers {
    Json(String),
    Bytes,
    Nothing,
}

/// The file of some operations.
pub(super) fn file(operations: &[Operation<'_>]) -> Result<Made> {
    let (mut methods, mut queries, mut names) = (String::new(), String::new(), Vec::new());
    let (mut used, mut inner) = (BTreeSet::new(), String::new());
    for operation in operations {
        let id = operation.item["operationId"].as_str().context("an operation has a name")?;
        let query = query(id, operation)?;
        if let Some((_, declaration)) = &query {
            let declared = declaration.lines().filter_map(|line| {
                line.strip_prefix("pub struct ").or_else(|| line.strip_prefix("pub enum "))
            });
            names.extend(declared.filter_map(|rest| rest.split(' ').next()).map(str::to_owned));
            queries.push_str(declaration);
        }
        let name = query.map(|(name, _)| name);
        methods.push_str(&method(operation, id, name.as_deref(), &mut used, &mut inner)?);
    }
    let used: Vec<String> = used.iter().map(|name| type_name(name)).collect();
    let mut uses = String::new();
    if methods.contains("Bytes") {
        uses.push_str("use bytes::Bytes;\n");
    }
    if queries.contains("Deserialize") {
        uses.push_str("use serde::{Deserialize, Serialize};\n");
    } else if !names.is_empty() {
        uses.push_str("use serde::Serialize;\n");
    }
    if methods.contains("Value") {
        uses.push_str("use serde_json::Value;\n");
    }
    if !used.is_empty() {
        writeln!(uses, "\nuse super::shapes::{{{}}};", used.join(", "))?;
    }
    let text = format!(
        "\n{uses}use crate::call::Call;\nuse crate::{{Client, ClientError}};\n\n{queries}{inner}impl Client {{\n{methods}}}\n"
    );
    Ok(Made { text, queries: names })
}

fn method(
    operation: &Operation<'_>,
    id: &str,
    query: Option<&str>,
    used: &mut BTreeSet<String>,
    inner: &mut String,
) -> Result<String> {
    let (template, names) = template(operation.path);
    let mut arguments: Vec<String> = names.iter().map(|name| format!("{name}: &str")).collect();
    let segments: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut call = format!(
        "Call::new(\"{}\", \"{template}\", &[{}])",
        operation.method.to_uppercase(),
        segments.join(", ")
    );
    if let Some(query) = query {
        arguments.push(format!("query: &{query}"));
        call.push_str(".query(query)?");
    }
    let contents = operation.item.pointer("/requestBody/content").and_then(Value::as_object);
    if let Some(contents) = contents {
        match (contents.len(), contents.get("application/json")) {
            (1, Some(json)) => {
                let kind = typed(&pascal(id), &json["schema"], used, inner)?;
                arguments.push(format!("body: &{kind}"));
                call.push_str(".json(body)?");
            }
            _ => {
                arguments.push("content_type: &str, body: Bytes".to_owned());
                call.push_str(".bytes(content_type, body)");
            }
        }
    }
    let (answer, end) = match answers(operation, id, used, inner)? {
        Answers::Json(kind) => (kind, "self.send(call).await?.json()"),
        Answers::Bytes => ("Bytes".to_owned(), "Ok(self.send(call).await?.into_bytes())"),
        Answers::Nothing => ("()".to_owned(), "self.send(call).await.map(drop)"),
    };
    let own: String = arguments.iter().map(|argument| format!(", {argument}")).collect();
    Ok(format!(
        "{}pub async fn {id}(&self{own}) -> Result<{answer}, ClientError> {{\nlet call = {call};\n{end}\n}}\n\n",
        comment(operation.item)
    ))
}

/// A path with `{}` for each of its parameters, and their names.
fn template(path: &str) -> (String, Vec<String>) {
    let (mut text, mut names) = (String::new(), Vec::new());
    for (index, part) in path.split('{').enumerate() {
        match part.split_once('}').filter(|_| index > 0) {
            Some((name, rest)) => {
                names.push(name.trim_start_matches('*').to_owned());
                text.push_str("{}");
                text.push_str(rest);
            }
            None => text.push_str(part),
        }
    }
    (text, names)
}

fn answers(
    operation: &Operation<'_>,
    id: &str,
    used: &mut BTreeSet<String>,
    inner: &mut String,
) -> Result<Answers> {
    let all = operation.item["responses"].as_object().context("an operation answers")?;
    let good = all.iter().filter(|(status, _)| status.starts_with('2'));
    let mut contents = good.filter_map(|(_, response)| response.get("content").and_then(Value::as_object));
    let Some(content) = contents.next() else { return Ok(Answers::Nothing) };
    Ok(match content.get("application/json") {
        Some(json) => Answers::Json(typed(&format!("{}Answer", pascal(id)), &json["schema"], used, inner)?),
        None => Answers::Bytes,
    })
}

/// The type of an operation's query, where it has one: its name and its declaration.
fn query(id: &str, operation: &Operation<'_>) -> Result<Option<(String, String)>> {
    let parameters = operation.item["parameters"].as_array();
    let of_query = |parameter: &&Value| parameter["in"] == "query";
    let parameters: Vec<&Value> = parameters.into_iter().flatten().filter(of_query).collect();
    if parameters.is_empty() {
        return Ok(None);
    }
    let name = format!("{}Query", pascal(id));
    let mut text = format!(
        "/// What [`Client::{id}`] is asked for.\n#[allow(missing_docs, reason = \"they are the names of the document\")]\n\
         #[derive(Clone, Default, Serialize)]\npub struct {name} {{\n"
    );
    let mut inner = String::new();
    for parameter in parameters {
        let field = parameter["name"].as_str().context("a parameter has a name")?;
        let own = format!("{name}{}", pascal(field));
        let kind = typed(&own, &parameter["schema"], &mut BTreeSet::new(), &mut inner)?;
        let kind = kind.trim_start_matches("Option<").trim_end_matches('>').to_owned();
        text.push_str(&comment(parameter));
        writeln!(text, "#[serde(skip_serializing_if = \"Option::is_none\")]\npub {field}: Option<{kind}>,")?;
    }
    // Words of a query have the same names as those of the document.
    let inner = inner.replace(
        "#[derive(",
        "#[allow(missing_docs, reason = \"they are the names of the document\")]\n#[derive(",
    );
    Ok(Some((name, text + "}\n\n" + &inner)))
}
