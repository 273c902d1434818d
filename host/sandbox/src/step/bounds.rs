//! What a step may be given and what it may return, as `wit/steps.wit` promises.

use std::collections::BTreeSet;

use hivesync_protocol::StepAnswer;
use hivesync_protocol::wit::steps::{Answer, Ask, Attachment, Outcome, Question};
use hivesync_types::{Code, bounds};
use serde::de::IgnoredAny;

use super::StepRequest;
use crate::error::Error;
use crate::escape::escape_line;
use crate::outputs::check;

/// Bytes of a name that are quoted.
const QUOTED_BYTES_MAX: usize = 128;

/// The host's own half: what is more than this never reaches a process.
pub(super) fn check_request(request: &StepRequest) -> Result<(), Error> {
    let (input, state, answer) = match request {
        StepRequest::Begin(input) => (input, None, None),
        StepRequest::Resume { input, state, answer } => (input, Some(state), Some(answer)),
    };
    within(Code::LimitTransfer, input.params.len(), bounds::STEP_JSON_BYTES_MAX)?;
    within(Code::LimitTransfer, state.map_or(0, Vec::len), bounds::STEP_STATE_BYTES_MAX)?;
    if let Some(Answer::Reply(reply)) = answer {
        within(Code::LimitTransfer, reply.text.len(), bounds::REPLY_BYTES_MAX)?;
    }
    check_attachments(&input.attachments)
}

/// The guest's half. `pictures` are the names that a question may speak of.
pub(super) fn check_answer(answer: StepAnswer, pictures: &[String]) -> Result<StepAnswer, Error> {
    match &answer {
        Ok(Outcome::Done(output)) => {
            within(Code::LimitTransfer, output.json.len(), bounds::STEP_JSON_BYTES_MAX)?;
            if serde_json::from_str::<IgnoredAny>(&output.json).is_err() {
                return Err(bad("the result is no JSON".to_owned()));
            }
            check_attachments(&output.attachments)?;
        }
        Ok(Outcome::Ask(question)) => check_question(question, pictures)?,
        Err(diagnostics) if diagnostics.is_empty() => {
            return Err(bad("the step failed and does not say why".to_owned()));
        }
        Err(_) => {}
    }
    Ok(answer)
}

fn check_question(question: &Question, pictures: &[String]) -> Result<(), Error> {
    let Question { ask, state } = question;
    let ask_limit = |used, limit| within(Code::LimitAsk, used, limit);
    ask_limit(state.len(), bounds::STEP_STATE_BYTES_MAX)?;
    ask_limit(ask.messages.len(), bounds::ASK_MESSAGES_MAX)?;
    ask_limit(ask.messages.iter().map(|message| message.text.len()).sum(), bounds::ASK_TEXT_BYTES_MAX)?;
    ask_limit(ask.messages.iter().map(|message| message.pictures.len()).sum(), bounds::ASK_PICTURES_MAX)?;
    check(Code::LimitAsk, u64::from(ask.max_tokens), u64::from(bounds::ASK_TOKENS_MAX))?;
    if let Some(schema) = &ask.schema {
        ask_limit(schema.len(), bounds::ASK_SCHEMA_BYTES_MAX)?;
        if serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(schema).is_err() {
            return Err(bad("the schema of a question is no JSON object".to_owned()));
        }
    }
    check_words(ask, pictures)
}

fn check_words(ask: &Ask, pictures: &[String]) -> Result<(), Error> {
    let purpose = ask.purpose.as_str();
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !(1..=bounds::ASK_PURPOSE_BYTES_MAX).contains(&purpose.len()) || !purpose.bytes().all(plain) {
        return Err(bad(format!("a question's purpose is `{}`", quoted(purpose))));
    }
    if ask.messages.is_empty() || ask.max_tokens == 0 {
        return Err(bad("a question asks for nothing".to_owned()));
    }
    let named = ask.messages.iter().flat_map(|message| &message.pictures);
    match named.into_iter().find(|name| !pictures.contains(name)) {
        Some(name) => {
            Err(bad(format!("a question speaks of `{}`, which the step was not given", quoted(name))))
        }
        None => Ok(()),
    }
}

fn check_attachments(attachments: &[Attachment]) -> Result<(), Error> {
    within(Code::LimitTransfer, attachments.len(), bounds::STEP_ATTACHMENTS_MAX)?;
    let mut seen = BTreeSet::new();
    for Attachment { name, .. } in attachments {
        if !is_attachment_name(name) || !seen.insert(name) {
            return Err(bad(format!("an attachment is called `{}`, or so are two", quoted(name))));
        }
    }
    Ok(())
}

fn is_attachment_name(name: &str) -> bool {
    (1..=bounds::STEP_ATTACHMENT_NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

fn within(code: Code, used: usize, limit: usize) -> Result<(), Error> {
    let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    check(code, wide(used), wide(limit))
}

fn quoted(text: &str) -> String {
    escape_line(text, QUOTED_BYTES_MAX)
}

fn bad(evidence: String) -> Error {
    Error::Stopped { code: Code::GuestBadValue, evidence, backtrace: Vec::new() }
}

#[cfg(test)]
mod tests;
