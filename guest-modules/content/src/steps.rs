//! The steps of the pipeline `content-post`, each a function of its parameters.

mod prompt;
mod propose;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::bindings::exports::hivesync::build::steps as api;
use crate::facts::Facts;
use crate::judge::{Verdict, read_verdict};
use crate::matching::{Matched, match_events};
use crate::narrative::{Narrative, read_narrative};
use crate::post::{mean, write};
use crate::score::{Scored, score};
use crate::{Diagnostic, Severity};

/// Where posts lie in a repository.
const FOLDER: &str = "content/posts";
/// How often a model may tell a story before it is given up.
const ROUNDS_MAX: u32 = 2;
/// The names of what is made beside the results.
const POST: &str = "post.md";
const PATCH: &str = "post.patch";

/// What a step is told.
#[derive(Debug, Deserialize)]
struct Params {
    input: Facts,
    results: Results,
    step: Kind,
    tokens_max: u32,
}

/// Which step it is.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Kind {
    Match,
    Score,
    Write,
    Judge,
    Propose,
}

/// What the steps before have made.
#[derive(Debug, Default, Deserialize)]
struct Results {
    write: Option<Written>,
    judge: Option<Judged>,
}

/// What the step `write` makes beside the post.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Written {
    narrative: Narrative,
    slug: String,
    tags: Vec<String>,
    content_score: f64,
}

/// What the step `judge` makes.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Judged {
    /// The reply was one.
    is_readable: bool,
    /// The post may be shown.
    is_pass: bool,
    verdict: Option<Value>,
}

/// What is known when an answer comes.
#[derive(Debug, Serialize, Deserialize)]
struct State {
    /// How often a model was asked before.
    round: u32,
}

/// Begins a step.
pub(crate) fn begin(input: &api::Input) -> Result<api::Outcome, Vec<Diagnostic>> {
    let params = read(input)?;
    let clips = scored(&params.input);
    if clips.is_empty() {
        return Err(refused("content.request", "There is no clip to write about.".to_owned()));
    }
    match params.step {
        Kind::Match => done(&matched(&clips), Vec::new()),
        Kind::Score => done(&scores(&clips), Vec::new()),
        Kind::Write => {
            let ask = prompt::narrative(&params.input, &clips, params.tokens_max, None);
            asked(ask, &State { round: 0 })
        }
        Kind::Judge => {
            let written = params.results.write.ok_or_else(missing)?;
            let ask = prompt::judge(&params.input, &clips, &written.narrative, params.tokens_max);
            asked(ask, &State { round: 0 })
        }
        Kind::Propose => propose(&params, &clips, &input.attachments),
    }
}

/// Goes on with an answer.
pub(crate) fn resume(
    input: &api::Input,
    state: &[u8],
    answer: api::Answer,
) -> Result<api::Outcome, Vec<Diagnostic>> {
    let params = read(input)?;
    let state: State = serde_json::from_slice(state).map_err(|_| missing())?;
    let reply = match answer {
        api::Answer::Reply(reply) => reply.text,
        api::Answer::Failed(error) => return Err(refused("content.no-reply", no_answer(error).to_owned())),
    };
    let clips = scored(&params.input);
    match params.step {
        Kind::Write => told(&params, &clips, &reply, state.round),
        Kind::Judge => done(&judged(&reply), Vec::new()),
        Kind::Match | Kind::Score | Kind::Propose => Err(missing()),
    }
}

/// Makes a post of what a model told, or asks once more.
fn told(params: &Params, clips: &[Scored], reply: &str, round: u32) -> Result<api::Outcome, Vec<Diagnostic>> {
    let narrative = match read_narrative(reply) {
        Ok(narrative) => narrative,
        Err(problem) if round + 1 < ROUNDS_MAX => {
            let again = Some((reply, problem.sentence()));
            let ask = prompt::narrative(&params.input, clips, params.tokens_max, again);
            return asked(ask, &State { round: round + 1 });
        }
        Err(problem) => return Err(refused("content.unreadable-reply", problem.sentence())),
    };
    let post = write(&narrative, clips, &params.input.date);
    let written = Written { narrative, slug: post.slug, tags: post.tags, content_score: mean(clips) };
    let attachment = api::Attachment { name: POST.to_owned(), bytes: post.markdown.into_bytes() };
    done(&written, vec![attachment])
}

/// What a reply says of a post. One that cannot be read is no pass.
fn judged(reply: &str) -> Judged {
    match read_verdict(reply) {
        Ok(verdict) => Judged { is_readable: true, is_pass: verdict.is_pass, verdict: marks(verdict) },
        Err(_) => Judged { is_readable: false, is_pass: false, verdict: None },
    }
}

fn marks(verdict: Verdict) -> Option<Value> {
    serde_json::to_value(verdict).ok()
}

/// The branch and the patch, and everything that is said of the post.
fn propose(
    params: &Params,
    clips: &[Scored],
    attachments: &[api::Attachment],
) -> Result<api::Outcome, Vec<Diagnostic>> {
    let written = params.results.write.as_ref().ok_or_else(missing)?;
    let judged = params.results.judge.as_ref().filter(|judged| judged.is_pass).ok_or_else(missing)?;
    let post = attachments.iter().find(|made| made.name == POST).ok_or_else(missing)?;
    let post = str::from_utf8(&post.bytes).map_err(|_| missing())?;
    let path = format!("{FOLDER}/{}.md", written.slug);
    let patch = propose::patch(&path, &written.narrative.title, post, &params.input.date);
    let result = json!({
        "suggested_title": written.narrative.title,
        "suggested_tags": written.tags,
        "content_score": written.content_score,
        "verdict": judged.verdict,
        "clips": scores(clips).get("clips"),
        "branch": format!("post/{}", written.slug),
        "path": path,
    });
    let attachment = api::Attachment { name: PATCH.to_owned(), bytes: patch.into_bytes() };
    done(&result, vec![attachment])
}

fn scored(facts: &Facts) -> Vec<Scored> {
    let matched = match_events(facts.clips.clone(), &facts.events);
    matched.into_iter().map(|matched| Scored { score: score(&matched), matched }).collect()
}

fn matched(clips: &[Scored]) -> Value {
    let one = |Matched { clip, events }: &Matched| json!({ "content_item_id": clip.content_item_id, "events": events });
    json!({ "clips": clips.iter().map(|clip| one(&clip.matched)).collect::<Vec<_>>() })
}

fn scores(clips: &[Scored]) -> Value {
    let one = |clip: &Scored| {
        json!({
            "content_item_id": clip.matched.clip.content_item_id,
            "score": clip.score,
            "events": clip.matched.events.len(),
            "confidence": clip.matched.events.iter().map(|found| found.confidence).max(),
        })
    };
    json!({ "clips": clips.iter().map(one).collect::<Vec<_>>(), "content_score": mean(clips) })
}

fn read(input: &api::Input) -> Result<Params, Vec<Diagnostic>> {
    serde_json::from_str(&input.params).map_err(|error| {
        refused("content.request", format!("What the step is told cannot be read: {error}."))
    })
}

fn done(result: &impl Serialize, attachments: Vec<api::Attachment>) -> Result<api::Outcome, Vec<Diagnostic>> {
    let json = serde_json::to_string(result).map_err(|_| missing())?;
    Ok(api::Outcome::Done(api::Output { json, attachments }))
}

fn asked(ask: api::Ask, state: &State) -> Result<api::Outcome, Vec<Diagnostic>> {
    let state = serde_json::to_vec(state).map_err(|_| missing())?;
    Ok(api::Outcome::Ask(api::Question { ask, state }))
}

fn missing() -> Vec<Diagnostic> {
    refused("content.out-of-order", "A step before this one has not made what this one needs.".to_owned())
}

const fn no_answer(error: api::AskError) -> &'static str {
    match error {
        api::AskError::Unavailable => "No model could be asked.",
        api::AskError::Timeout => "No model answered in time.",
        api::AskError::Refused => "The model would not answer.",
        api::AskError::Budget => "What may be spent on models is spent.",
        api::AskError::Unreadable => "What the model answered is no answer.",
    }
}

fn refused(code: &str, message: String) -> Vec<Diagnostic> {
    vec![Diagnostic {
        severity: Severity::Error,
        code: code.to_owned(),
        message,
        path: None,
        line: 0,
        column: 0,
        frame: None,
        hint: None,
    }]
}

#[cfg(test)]
mod tests;
