//! What of a reply is believed: its form, and nothing else yet.

use serde::{Deserialize, Serialize};

use crate::redact::acts;
use crate::request::Kind;

const SUMMARY_CHARACTERS_MAX: usize = 2000;
const POINTS_MAX: usize = 8;
const POINT_CHARACTERS_MAX: usize = 300;
const COMMENTS_MAX: usize = 40;
const COMMENT_CHARACTERS_MAX: usize = 400;
const RENAMES_MAX: usize = 20;
const NAME_CHARACTERS_MAX: usize = 64;
const REASON_CHARACTERS_MAX: usize = 300;

/// A reply of its form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Said {
    pub(crate) summary: Option<String>,
    pub(crate) points: Option<Vec<String>>,
    pub(crate) comments: Option<Vec<Comment>>,
    pub(crate) renames: Option<Vec<Suggestion>>,
}

/// A comment above a line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Comment {
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// A better name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suggestion {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) line: usize,
    pub(crate) reason: String,
}

/// Reads a reply; `lines` is how many the file has. The error is for the model: it says what is
/// wrong without a word of the reply.
pub(crate) fn read(kind: Kind, text: &str, lines: usize) -> Result<Said, String> {
    let mut said: Said = serde_json::from_str(unfenced(text)).map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        match error.classify() {
            serde_json::error::Category::Data => format!("the JSON has another form at {place}"),
            _ => format!("it is no JSON at {place}"),
        }
    })?;
    let wanted = match kind {
        Kind::Summary => [true, true, false, false],
        Kind::Comments => [false, false, true, false],
        Kind::Rename => [false, false, false, true],
        Kind::Full => [true, false, true, false],
    };
    let found =
        [said.summary.is_some(), said.points.is_some(), said.comments.is_some(), said.renames.is_some()];
    if found != wanted {
        return Err("it has not exactly the keys that were asked for".to_owned());
    }
    if let Some(summary) = &mut said.summary {
        *summary = text_of("summary", summary, SUMMARY_CHARACTERS_MAX)?;
    }
    for point in count("points", &mut said.points, POINTS_MAX)? {
        *point = text_of("points", point, POINT_CHARACTERS_MAX)?;
    }
    for comment in count("comments", &mut said.comments, COMMENTS_MAX)? {
        comment.text = text_of("comments", &comment.text, COMMENT_CHARACTERS_MAX)?;
        place("comments", comment.line, lines)?;
    }
    for rename in count("renames", &mut said.renames, RENAMES_MAX)? {
        rename.from = text_of("from", &rename.from, NAME_CHARACTERS_MAX)?;
        rename.to = text_of("to", &rename.to, NAME_CHARACTERS_MAX)?;
        rename.reason = text_of("reason", &rename.reason, REASON_CHARACTERS_MAX)?;
        place("renames", rename.line, lines)?;
    }
    Ok(said)
}

/// Models put JSON into a fence, whatever they are told.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix("```json").or_else(|| text.strip_prefix("```"));
    inner.and_then(|inner| inner.trim().strip_suffix("```")).unwrap_or(text).trim()
}

fn count<'a, T>(key: &str, list: &'a mut Option<Vec<T>>, most: usize) -> Result<&'a mut [T], String> {
    let list = list.as_deref_mut().unwrap_or_default();
    if list.len() > most { Err(format!("`{key}` has more than {most} entries")) } else { Ok(list) }
}

fn place(key: &str, line: usize, lines: usize) -> Result<(), String> {
    if (1..=lines).contains(&line) {
        Ok(())
    } else {
        Err(format!("`{key}` names a line that the file does not have"))
    }
}

/// One line of text, without signs that act.
fn text_of(key: &str, text: &str, most: usize) -> Result<String, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text: String = words.join(" ").chars().filter(|character| !acts(*character)).collect();
    let characters = text.chars().count();
    if characters == 0 || characters > most {
        return Err(format!("`{key}` has a text that is not of 1 to {most} characters"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_of_the_form_is_read_with_or_without_a_fence() {
        let json = "{\"summary\":\"Adds\\n  numbers.\",\"points\":[\"It is\\u202e pure.\"]}";
        for text in [json.to_owned(), format!("```json\n{json}\n```"), format!("  ```\n{json}```\n")] {
            let said = read(Kind::Summary, &text, 3).unwrap();
            assert_eq!(said.summary.as_deref(), Some("Adds numbers."));
            assert_eq!(said.points, Some(vec!["It is pure.".to_owned()]));
        }
    }

    #[test]
    fn what_is_of_another_form_is_refused_without_repeating_it() {
        let comment =
            |line: &str, text: &str| format!("{{\"comments\":[{{\"line\":{line},\"text\":\"{text}\"}}]}}");
        let many = format!("{{\"comments\":[{}]}}", vec!["{\"line\":1,\"text\":\"a\"}"; 41].join(","));
        for (kind, text, problem) in [
            (Kind::Summary, "Sure! Here it is.".to_owned(), "it is no JSON at line 1 column 1"),
            (
                Kind::Summary,
                "{\"summary\":\"a\"}".to_owned(),
                "it has not exactly the keys that were asked for",
            ),
            (
                Kind::Summary,
                "{\"summary\":1,\"points\":[]}".to_owned(),
                "the JSON has another form at line 1 column 12",
            ),
            (Kind::Comments, comment("4", "a"), "`comments` names a line that the file does not have"),
            (Kind::Comments, comment("0", "a"), "`comments` names a line that the file does not have"),
            (Kind::Comments, comment("1", " "), "`comments` has a text that is not of 1 to 400 characters"),
            (
                Kind::Comments,
                comment("1", &"x".repeat(401)),
                "`comments` has a text that is not of 1 to 400 characters",
            ),
            (Kind::Comments, many, "`comments` has more than 40 entries"),
            (
                Kind::Rename,
                "{\"renames\":[],\"summary\":\"x\"}".to_owned(),
                "it has not exactly the keys that were asked for",
            ),
        ] {
            assert_eq!(read(kind, &text, 3), Err(problem.to_owned()), "{text}");
        }
        assert!(read(Kind::Comments, &comment("3", &"x".repeat(400)), 3).is_ok());
    }
}
