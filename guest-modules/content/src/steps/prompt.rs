//! What models are asked. The prompts are files, and what strangers wrote is JSON beside them.

use serde_json::{Value, json};

use crate::bindings::exports::hivesync::build::steps::{Ask, Message, Role};
use crate::facts::Facts;
use crate::narrative::Narrative;
use crate::score::Scored;
use crate::text::{plain, shorten};

const NARRATIVE: &str = include_str!("../../prompts/narrative.md");
const JUDGE: &str = include_str!("../../prompts/judge.md");
/// Tokens of a story, and of marks.
const NARRATIVE_TOKENS: u32 = 1200;
const JUDGE_TOKENS: u32 = 120;
/// Clips that a model is told of, the best ones, and events of each, the nearest.
const CLIPS_MAX: usize = 12;
const EVENTS_MAX: usize = 5;
/// Characters of a title and of a summary that a model is told.
const TITLE_MAX: usize = 120;
const SUMMARY_MAX: usize = 400;
/// Characters of a reply that a model is shown again.
const REPLY_MAX: usize = 4000;

/// Asks for a story; `again` holds a reply that is none, and what is wrong with it.
pub(super) fn narrative(
    facts: &Facts,
    clips: &[Scored],
    tokens_max: u32,
    again: Option<(&str, String)>,
) -> Ask {
    let mut messages = vec![say(Role::System, NARRATIVE), say(Role::User, &told(facts, clips).to_string())];
    if let Some((reply, problem)) = again {
        let reply: String = reply.chars().take(REPLY_MAX).collect();
        messages.push(say(Role::Assistant, &reply));
        messages.push(say(Role::User, &format!("{problem} Reply with JSON of the schema alone.")));
    }
    Ask {
        purpose: "content-narrative".to_owned(),
        messages,
        schema: Some(narrative_schema().to_string()),
        max_tokens: NARRATIVE_TOKENS.min(tokens_max).max(1),
    }
}

/// Asks for the marks of a post.
pub(super) fn judge(facts: &Facts, clips: &[Scored], post: &Narrative, tokens_max: u32) -> Ask {
    let about = json!({ "post": post, "facts": told(facts, clips) });
    let mark = json!({ "type": "integer", "minimum": 0, "maximum": 100 });
    let schema = json!({
        "type": "object", "additionalProperties": false,
        "required": ["coherence", "correctness", "dev_signal", "narrative_flow"],
        "properties": {
            "coherence": mark, "correctness": mark, "dev_signal": mark, "narrative_flow": mark,
        },
    });
    Ask {
        purpose: "content-judge".to_owned(),
        messages: vec![say(Role::System, JUDGE), say(Role::User, &about.to_string())],
        schema: Some(schema.to_string()),
        max_tokens: JUDGE_TOKENS.min(tokens_max).max(1),
    }
}

fn say(role: Role, text: &str) -> Message {
    Message { role, text: text.to_owned(), pictures: Vec::new() }
}

/// The facts as a model sees them: the best clips first, in short.
fn told(facts: &Facts, clips: &[Scored]) -> Value {
    let mut best: Vec<&Scored> = clips.iter().collect();
    best.sort_by_key(|clip| std::cmp::Reverse(clip.score));
    let line = |text: &str, max| shorten(&plain(text), max);
    let clip = |scored: &&Scored| {
        let (clip, events) = (&scored.matched.clip, &scored.matched.events);
        let events: Vec<Value> = events
            .iter()
            .take(EVENTS_MAX)
            .map(|found| json!({ "kind": found.kind, "title": line(&found.title, TITLE_MAX) }))
            .collect();
        json!({
            "title": line(&clip.clip_title, TITLE_MAX),
            "category": clip.content_category,
            "said": clip.transcript_summary.as_ref().map(|text| line(text, SUMMARY_MAX)),
            "repository": clip.github_summary.as_ref().map(|text| line(text, SUMMARY_MAX)),
            "events": events,
        })
    };
    json!({
        "kind": facts.content_type,
        "date": facts.date,
        "clips": best.iter().take(CLIPS_MAX).map(clip).collect::<Vec<_>>(),
    })
}

fn narrative_schema() -> Value {
    let line = |max: u32| json!({ "type": "string", "minLength": 1, "maxLength": max });
    json!({
        "type": "object", "additionalProperties": false,
        "required": ["title", "summary", "sections"],
        "properties": {
            "title": line(100),
            "summary": line(180),
            "sections": {
                "type": "array", "minItems": 1, "maxItems": 4,
                "items": {
                    "type": "object", "additionalProperties": false,
                    "required": ["heading", "bullets"],
                    "properties": {
                        "heading": line(80),
                        "bullets": { "type": "array", "minItems": 2, "maxItems": 4, "items": line(140) },
                    },
                },
            },
        },
    })
}
