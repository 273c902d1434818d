//! A question as the body of a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hivesync_protocol::wit::steps::{Attachment, Message, Role};
use serde_json::{Map, Value, json};

use crate::provider::Place;
use crate::question::Question;

/// The body of a request in the words of the OpenAI protocol.
pub(crate) fn body(question: &Question, model: &str, place: Place) -> Value {
    let ask = question.ask();
    let messages: Vec<Value> = ask.messages.iter().map(|message| said(question, message)).collect();
    let mut body = Map::new();
    body.insert("model".to_owned(), model.into());
    body.insert("messages".to_owned(), messages.into());
    body.insert("stream".to_owned(), true.into());
    body.insert("stream_options".to_owned(), json!({ "include_usage": true }));
    match place {
        // Servers of open weights know the protocol's first name for it, and let the
        // temperature be chosen; hosted models refuse one or the other.
        Place::Local => {
            body.insert("max_tokens".to_owned(), ask.max_tokens.into());
            body.insert("temperature".to_owned(), 0.into());
        }
        Place::Primary | Place::Fallback => {
            body.insert("max_completion_tokens".to_owned(), ask.max_tokens.into());
        }
    }
    if let Some(schema) = ask.schema.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok()) {
        let named = json!({ "name": ask.purpose, "strict": true, "schema": schema });
        body.insert("response_format".to_owned(), json!({ "type": "json_schema", "json_schema": named }));
    }
    Value::Object(body)
}

fn said(question: &Question, message: &Message) -> Value {
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    let pictures: Vec<&Attachment> =
        message.pictures.iter().filter_map(|name| question.picture(name)).collect();
    if pictures.is_empty() {
        return json!({ "role": role, "content": message.text });
    }
    let mut parts = vec![json!({ "type": "text", "text": message.text })];
    for picture in pictures {
        let url = format!("data:{};base64,{}", media_type(&picture.bytes), STANDARD.encode(&picture.bytes));
        parts.push(json!({ "type": "image_url", "image_url": { "url": url } }));
    }
    json!({ "role": role, "content": parts })
}

/// By its first bytes; what it is called says nothing.
fn media_type(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(b"\x89PNG") {
        "image/png"
    } else if bytes.starts_with(b"RIFF") {
        "image/webp"
    } else {
        "image/jpeg"
    }
}

#[cfg(test)]
mod tests {
    use hivesync_protocol::wit::steps::Ask;

    use super::*;

    #[test]
    fn a_question_becomes_the_request_of_the_protocol() {
        let picture = Attachment { name: "plan.png".to_owned(), bytes: b"\x89PNG!".to_vec() };
        let text = |role, text: &str, pictures: &[&str]| Message {
            role,
            text: text.to_owned(),
            pictures: pictures.iter().map(|name| (*name).to_owned()).collect(),
        };
        let ask = Ask {
            purpose: "info".to_owned(),
            messages: vec![text(Role::System, "Look.", &[]), text(Role::User, "What?", &["plan.png"])],
            schema: Some("{\"type\":\"object\"}".to_owned()),
            max_tokens: 9,
        };
        let question = Question::new(ask, &[picture], 100);
        let shape = json!({ "type": "json_schema",
            "json_schema": { "name": "info", "strict": true, "schema": { "type": "object" } } });
        let hosted = body(&question, "m", Place::Primary);
        assert_eq!(hosted["messages"][0], json!({ "role": "system", "content": "Look." }));
        assert_eq!(hosted["messages"][1]["content"][0], json!({ "type": "text", "text": "What?" }));
        let url = &hosted["messages"][1]["content"][1]["image_url"]["url"];
        assert_eq!(url, "data:image/png;base64,iVBORyE=");
        assert_eq!((&hosted["max_completion_tokens"], &hosted["response_format"]), (&json!(9), &shape));
        assert!(hosted.get("temperature").is_none() && hosted.get("max_tokens").is_none());
        let local = body(&question, "m", Place::Local);
        assert_eq!((&local["max_tokens"], &local["temperature"]), (&json!(9), &json!(0)));
    }
}
