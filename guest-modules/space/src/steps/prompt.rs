//! What models are asked. The prompts are files, and what strangers wrote is JSON beside them.

use serde::Serialize;
use serde_json::{Value, json};

use crate::bindings::exports::hivesync::build::steps::{Ask, Message, Role};
use crate::compare::{Compared, FINDINGS_MAX, TEXT_MAX};
use crate::spaces::{Category, SPACES_MAX, Spaces};
use crate::supervise::NOTES_MAX;

const INFO: &str = include_str!("../../prompts/info.md");
const COMPARE: &str = include_str!("../../prompts/compare.md");
const AUDIT: &str = include_str!("../../prompts/audit.md");
const INFO_TOKENS: u32 = 8000;
const COMPARE_TOKENS: u32 = 2000;
const AUDIT_TOKENS: u32 = 400;
/// Characters of a reply that a model is shown again.
const REPLY_MAX: usize = 16_000;

/// A reply that is none, and what is wrong with it.
pub(super) type Again<'a> = Option<(&'a str, String)>;

/// Asks what the pictures show.
pub(super) fn info(facts: &Value, pictures: Vec<String>, tokens_max: u32, again: Again<'_>) -> Ask {
    let mut messages = vec![say(Role::System, INFO), say(Role::User, &facts.to_string())];
    if let Some(message) = messages.last_mut() {
        message.pictures = pictures;
    }
    ask("space-info", messages, again, &spaces_schema(), INFO_TOKENS.min(tokens_max))
}

/// Asks whether a description is what the user wants.
pub(super) fn compare(request: &str, spaces: &Spaces, tokens_max: u32, again: Again<'_>) -> Ask {
    let facts = json!({ "request": request, "description": spaces });
    let messages = vec![say(Role::System, COMPARE), say(Role::User, &facts.to_string())];
    ask("space-compare", messages, again, &findings_schema(), COMPARE_TOKENS.min(tokens_max))
}

/// Asks whether description and comparison hang together.
pub(super) fn audit(
    request: &str,
    spaces: &impl Serialize,
    compared: &Compared,
    tokens_max: u32,
    again: Again<'_>,
) -> Ask {
    let facts = json!({ "request": request, "description": spaces, "comparison": compared });
    let messages = vec![say(Role::System, AUDIT), say(Role::User, &facts.to_string())];
    ask("space-audit", messages, again, &audit_schema(), AUDIT_TOKENS.min(tokens_max))
}

fn ask(purpose: &str, mut messages: Vec<Message>, again: Again<'_>, schema: &Value, tokens: u32) -> Ask {
    if let Some((reply, problem)) = again {
        let reply: String = reply.chars().take(REPLY_MAX).collect();
        messages.push(say(Role::Assistant, &reply));
        messages.push(say(Role::User, &format!("{problem} Reply with JSON of the schema alone.")));
    }
    let schema = Some(schema.to_string());
    Ask { purpose: purpose.to_owned(), messages, schema, max_tokens: tokens.max(1) }
}

fn say(role: Role, text: &str) -> Message {
    Message { role, text: text.to_owned(), pictures: Vec::new() }
}

fn object(properties: Value) -> Value {
    let required: Vec<String> =
        properties.as_object().map(|properties| properties.keys().cloned().collect()).unwrap_or_default();
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
}

fn spaces_schema() -> Value {
    let share = json!({ "type": "number", "minimum": 0, "maximum": 1 });
    let text = |max: usize| json!({ "type": "string", "maxLength": max });
    let categories: Vec<&str> = Category::ALL.iter().map(|category| category.as_str()).collect();
    let furnishing = object(json!({
        "item_type": text(100),
        "count": { "type": "integer", "minimum": 1, "maximum": 1000 },
        "confidence": share,
    }));
    let space = object(json!({
        "space_id": { "type": "string", "pattern": "^space_[a-z0-9_]+$" },
        "label": text(100),
        "category": { "type": "string", "enum": categories },
        "confidence": share,
        "detected_furnishings": { "type": "array", "maxItems": 50, "items": furnishing },
        "geometry_notes": text(500),
        "ambiguity_flags": { "type": "array", "maxItems": 20, "items": text(200) },
    }));
    object(json!({
        "spaces": { "type": "array", "maxItems": SPACES_MAX, "items": space },
        "global_notes": text(2000),
    }))
}

fn findings_schema() -> Value {
    let text = json!({ "type": "string", "maxLength": TEXT_MAX });
    let failure = object(json!({
        "description": text,
        "severity": { "type": "string", "enum": ["low", "medium", "high", "critical"] },
        "affected_space_id": { "type": ["string", "null"] },
        "expected": text,
        "actual": text,
    }));
    object(json!({ "failures": { "type": "array", "maxItems": FINDINGS_MAX, "items": failure } }))
}

fn audit_schema() -> Value {
    object(json!({
        "consistency": { "type": "number", "minimum": 0, "maximum": 1 },
        "reasoning": { "type": "string", "enum": ["sound", "poor"] },
        "notes": { "type": "string", "maxLength": NOTES_MAX },
    }))
}
