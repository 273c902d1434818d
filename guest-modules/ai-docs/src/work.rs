//! The two calls: what is asked, and what becomes of the answer.

use serde_json::{Value, json};

use crate::change::{Changed, with_comments, with_names};
use crate::diff;
use crate::language::Language;
use crate::redact::redact;
use crate::reply::{self, Comment, Said, Suggestion};
use crate::request::{self, Kind, Request};
use crate::script::Script;
use crate::select::{Selection, select};
use crate::{
    Answer, Ask, AskError, Diagnostic, Finish, Input, Outcome, Output, Question, lex, prompt, refusal,
};

/// Lines of the new text around the first change that are shown.
const SNIPPET_LINES: usize = 12;
const FIRST: &[u8] = b"1";
const AGAIN: &[u8] = b"2";

/// What is known of a file before a model is asked.
struct Prepared {
    request: Request,
    language: Language,
    script: Option<Script>,
    selection: Selection,
    secrets: usize,
    ask: Ask,
}

/// Asks.
///
/// # Errors
/// The request is none, or asks for a change of a file that cannot be parsed.
pub fn begin(input: &Input) -> Result<Outcome, Vec<Diagnostic>> {
    let prepared = Prepared::of(input)?;
    Ok(Outcome::Ask(Question { ask: prepared.ask, state: FIRST.to_vec() }))
}

/// Reads the answer: done, or asked once more.
///
/// # Errors
/// There is no reply, or none of its form after it was asked for twice.
pub fn resume(input: &Input, state: &[u8], answer: Answer) -> Result<Outcome, Vec<Diagnostic>> {
    let prepared = Prepared::of(input)?;
    let reply = match answer {
        Answer::Reply(reply) => reply,
        Answer::Failed(error) => return Err(no_reply(error, &prepared.request.path)),
    };
    let lines = prepared.request.text.split('\n').count();
    let read = match reply.finish {
        Finish::Complete => reply::read(prepared.request.kind, &reply.text, lines),
        Finish::Length => Err("it is longer than it may be and was cut; say less".to_owned()),
    };
    match read {
        Ok(said) => Ok(Outcome::Done(prepared.output(said, if state == AGAIN { 2 } else { 1 })?)),
        Err(problem) if state == FIRST => {
            let ask = prompt::repair(prepared.ask, &reply.text, &problem);
            Ok(Outcome::Ask(Question { ask, state: AGAIN.to_vec() }))
        }
        Err(problem) => Err(refusal(
            "ai.unreadable-reply",
            format!("The model was asked twice and gave no answer of the form that is needed: {problem}."),
            "Ask again, ask for a smaller range, or configure a larger model.",
            Some(&prepared.request.path),
        )),
    }
}

fn no_reply(error: AskError, path: &str) -> Vec<Diagnostic> {
    let (message, hint) = match error {
        AskError::Unavailable => {
            ("No model could be reached.", "Configure one under [models], or see that it is there.")
        }
        AskError::Timeout => ("No model answered in time.", "Ask again, or for a smaller range."),
        AskError::Refused => ("The model would not answer about this file.", "Look at what the file says."),
        AskError::Budget => ("What may be spent on models today is spent.", "Ask again tomorrow."),
        AskError::Unreadable => {
            ("What the model sent is no answer.", "Ask again; if it stays, look at the provider.")
        }
    };
    refusal("ai.no-reply", message.to_owned(), hint, Some(path))
}

impl Prepared {
    fn of(input: &Input) -> Result<Self, Vec<Diagnostic>> {
        let (request, tokens_max) = request::read(&input.params)?;
        let language = Language::of(&request.path);
        let script = match language {
            Language::Script { typescript, jsx } => match Script::parse(&request.text, typescript, jsx) {
                Ok(script) => Some(script),
                // What is only described need not be a program.
                Err(_) if request.kind == Kind::Summary => None,
                Err(error) => return Err(vec![no_program(&request.path, &error)]),
            },
            _ => None,
        };
        let depths: Vec<usize> = match &script {
            Some(script) => script.depths(&request.text),
            None => lex::lines(&request.text, language).into_iter().map(|line| line.depth).collect(),
        };
        let redacted = redact(&request.text);
        let selection = select(&redacted.text, &depths, request.range, request.prompt_tokens);
        let ask = prompt::question(&request, &selection, tokens_max);
        Ok(Self { request, language, script, selection, secrets: redacted.secrets, ask })
    }

    fn output(&self, said: Said, rounds: u32) -> Result<Output, Vec<Diagnostic>> {
        let text = &self.request.text;
        let Said { summary, points, comments, renames } = said;
        let (new, suggestions, left) = match (comments, renames) {
            (Some(comments), _) => {
                let range = self.request.range;
                let changed = with_comments(text, self.language, self.script.as_ref(), range, comments);
                parts(changed, |comment: &Comment| json!({ "line": comment.line, "text": comment.text }))
            }
            (None, Some(renames)) => {
                let changed = with_names(text, self.language, self.script.as_ref(), renames);
                parts(changed, |rename: &Suggestion| json!(rename))
            }
            (None, None) => (text.clone(), Vec::new(), Vec::new()),
        };
        let diff = diff::unified(&self.request.path, text, &new);
        if diff::apply(text, &diff).as_deref() != Some(new.as_str()) && !diff.is_empty() {
            let hint = "This is a fault of the module: report it.";
            let message = "The proposed change does not apply to the file.".to_owned();
            return Err(refusal("ai.change-refused", message, hint, Some(&self.request.path)));
        }
        let json = json!({
            "kind": self.request.kind.purpose(),
            "path": self.request.path,
            "summary": summary,
            "points": points,
            "suggestions": suggestions,
            "left_out": left,
            "diff": diff,
            "snippet": snippet(text, &new),
            "rounds": rounds,
            "lines_not_sent": self.selection.left_out,
            "secrets_taken_out": self.secrets,
            "prompt": format!("{}/{}", self.request.kind.purpose(), prompt::VERSION),
        });
        Ok(Output { json: json.to_string(), attachments: Vec::new() })
    }
}

/// The new text, what was taken, and what was left out and why.
fn parts<T>(changed: Changed<T>, shown: impl Fn(&T) -> Value) -> (String, Vec<Value>, Vec<Value>) {
    let taken = changed.taken.iter().map(&shown).collect();
    let left =
        changed.left.iter().map(|(item, why)| json!({ "suggestion": shown(item), "reason": why })).collect();
    (changed.text, taken, left)
}

/// The first lines that are new, with those around them; nothing where nothing is.
fn snippet(old: &str, new: &str) -> String {
    let Some(first) = new.split('\n').zip(old.split('\n')).position(|(new, old)| new != old) else {
        return String::new();
    };
    let lines: Vec<&str> = new.split('\n').skip(first.saturating_sub(1)).take(SNIPPET_LINES).collect();
    lines.join("\n")
}

fn no_program(path: &str, error: &crate::script::NoProgram) -> Diagnostic {
    let message = format!("The file cannot be parsed: {}.", error.message.trim_end_matches('.'));
    let hint = "Correct the file first, or ask for a summary, which needs no program.";
    let mut found = refusal("ai.syntax", message, hint, Some(path));
    let mut first = found.remove(0);
    first.line = u32::try_from(error.line).unwrap_or_default();
    first
}

#[cfg(test)]
mod tests;
