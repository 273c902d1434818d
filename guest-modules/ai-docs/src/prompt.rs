//! What a model is told: the prompts of `prompts/`, and the form of the reply.

use serde_json::{Value, json};

use crate::language::Language;
use crate::request::{Kind, Request};
use crate::select::Selection;
use crate::{Ask, Message, Role};

/// Goes up with every change of a prompt or of a form.
pub(crate) const VERSION: u32 = 1;
/// Bytes of a reply that is shown to the model again.
const SHOWN_AGAIN_BYTES_MAX: usize = 8192;

impl Kind {
    /// What the question is for.
    pub(crate) const fn purpose(self) -> &'static str {
        match self {
            Self::Summary => "file-summary",
            Self::Comments => "inline-comments",
            Self::Rename => "rename-suggestions",
            Self::Full => "full-file",
        }
    }

    const fn prompt(self) -> &'static str {
        match self {
            Self::Summary => include_str!("../prompts/file-summary.md"),
            Self::Comments => include_str!("../prompts/inline-comments.md"),
            Self::Rename => include_str!("../prompts/rename-suggestions.md"),
            Self::Full => include_str!("../prompts/full-file.md"),
        }
    }

    /// The JSON schema of a reply.
    pub(crate) fn schema(self) -> Value {
        let text = json!({ "type": "string" });
        let list = |item: Value| json!({ "type": "array", "items": item });
        let line = json!({ "type": "integer" });
        let comment = object(&[("line", line.clone()), ("text", text.clone())]);
        let rename =
            object(&[("from", text.clone()), ("to", text.clone()), ("line", line), ("reason", text.clone())]);
        match self {
            Self::Summary => object(&[("summary", text.clone()), ("points", list(text))]),
            Self::Comments => object(&[("comments", list(comment))]),
            Self::Rename => object(&[("renames", list(rename))]),
            Self::Full => object(&[("summary", text), ("comments", list(comment))]),
        }
    }
}

fn object(properties: &[(&str, Value)]) -> Value {
    let required: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let properties: serde_json::Map<String, Value> =
        properties.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

/// The first question.
pub(crate) fn question(request: &Request, selection: &Selection, max_tokens: u32) -> Ask {
    let mut about = format!("File `{}`, in {}.", plain(&request.path), Language::of(&request.path).name());
    if let Some(range) = request.range {
        about.push_str(&format!(" Lines {} to {} are meant.", range.start, range.end));
    }
    // A fence that the file cannot close: its lines begin with their number.
    let text = format!("{about}\n\n<file>\n{}</file>\n", selection.text);
    Ask {
        purpose: request.kind.purpose().to_owned(),
        messages: vec![message(Role::System, request.kind.prompt()), message(Role::User, &text)],
        schema: Some(request.kind.schema().to_string()),
        max_tokens,
    }
}

/// The question again, after a reply that was none.
pub(crate) fn repair(mut first: Ask, reply: &str, problem: &str) -> Ask {
    let end = (0..=reply.len().min(SHOWN_AGAIN_BYTES_MAX)).rev().find(|end| reply.is_char_boundary(*end));
    let shown = reply.get(..end.unwrap_or_default()).unwrap_or_default();
    first.messages.push(message(Role::Assistant, if shown.is_empty() { "{}" } else { shown }));
    let again = include_str!("../prompts/repair.md").replace("{problem}", problem);
    first.messages.push(message(Role::User, &again));
    first
}

fn message(role: Role, text: &str) -> Message {
    Message { role, text: text.to_owned(), pictures: Vec::new() }
}

/// A path is a user's text as well.
fn plain(path: &str) -> String {
    path.chars()
        .map(|character| if character == '`' || crate::redact::acts(character) { '_' } else { character })
        .collect()
}
