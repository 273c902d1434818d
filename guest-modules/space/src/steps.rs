//! The steps of the pipelines `space-image` and `space-analysis`, each a function of its
//! parameters.

mod prompt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Diagnostic;
use crate::bindings::exports::hivesync::build::steps as api;
use crate::bindings::hivesync::build::types::Severity as Grave;
use crate::compare::{Compared, read_findings};
use crate::picture::{PictureError, Quality, measure};
use crate::rules::{Plan, Recommendation, check, recommend};
use crate::spaces::{SchemaError, Space, Spaces, read_spaces};
use crate::supervise::{Retries, decide, decide_early, read_audit};

/// How often a model may be asked for one thing before it is given up.
const ROUNDS_MAX: u32 = 2;
/// What a preview is called.
const PREVIEW: &str = "preview.jpg";

/// What a step is told.
#[derive(Debug, Deserialize)]
struct Params {
    attempt: u32,
    input: Value,
    #[serde(default)]
    results: Results,
    step: Kind,
    tokens_max: u32,
}

/// Which step it is.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Kind {
    Image,
    Info,
    Compare,
    /// With how often the description may be tried again.
    Supervise {
        retries: u32,
    },
}

#[derive(Debug, Deserialize)]
struct ImageInput {
    quality: Quality,
}

#[derive(Debug, Deserialize)]
struct SpaceInput {
    /// What the user wants.
    request: String,
    plan: Plan,
    /// Sizes of the previews, by the names of the attachments.
    images: Value,
    /// How often the whole run may still try again, of which this is a part.
    retries_left: u32,
}

/// What the steps before have made.
#[derive(Debug, Default, Deserialize)]
struct Results {
    info: Option<Described>,
    compare: Option<Compared>,
}

/// What the step `info` makes.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Described {
    /// There is a description.
    is_valid: bool,
    schema_errors: Vec<SchemaError>,
    spaces: Vec<Space>,
    global_notes: String,
    /// How often a model was asked.
    rounds: u32,
}

impl Described {
    fn description(&self) -> Spaces {
        Spaces { spaces: self.spaces.clone(), global_notes: self.global_notes.clone() }
    }
}

/// What is known when an answer comes.
#[derive(Debug, Serialize, Deserialize)]
struct State {
    /// How often a model was asked before.
    round: u32,
}

type Outcome = Result<api::Outcome, Vec<Diagnostic>>;

/// Begins a step.
pub(crate) fn begin(input: &api::Input) -> Outcome {
    let params: Params = read(&input.params)?;
    match params.step {
        Kind::Image => image(&params, &input.attachments),
        Kind::Info => ask_info(&params, &input.attachments, 0, None),
        Kind::Compare => begin_comparison(&params),
        Kind::Supervise { retries } => begin_supervision(params, retries),
    }
}

/// Goes on with an answer.
pub(crate) fn resume(input: &api::Input, state: &[u8], answer: api::Answer) -> Outcome {
    let params: Params = read(&input.params)?;
    let State { round } = serde_json::from_slice(state).map_err(|_| missing())?;
    let reply = match answer {
        api::Answer::Reply(reply) => reply.text,
        api::Answer::Failed(error) => return Err(refused("ai.no-reply", no_answer(error))),
    };
    match params.step {
        Kind::Image => Err(missing()),
        Kind::Info => described(&params, &input.attachments, &reply, round),
        Kind::Compare => compared(&params, &reply, round),
        Kind::Supervise { retries } => supervised(params, retries, &reply, round),
    }
}

/// Measures the one picture that there is.
fn image(params: &Params, attachments: &[api::Attachment]) -> Outcome {
    let ImageInput { quality } = told(&params.input)?;
    let [picture] = attachments else { return Err(missing()) };
    let measured = measure(&picture.bytes, quality).map_err(|error| {
        let code = match error {
            PictureError::Kind => "space.image-kind",
            PictureError::TooManyBytes(_) | PictureError::TooLarge(..) => "space.image-too-large",
            PictureError::Damaged(_) | PictureError::NoPreview => "space.image-damaged",
        };
        refused(code, &error.sentence())
    })?;
    let preview = api::Attachment { name: PREVIEW.to_owned(), bytes: measured.preview.jpeg.clone() };
    done(&measured, vec![preview])
}

fn ask_info(
    params: &Params,
    attachments: &[api::Attachment],
    round: u32,
    again: prompt::Again<'_>,
) -> Outcome {
    let input: SpaceInput = told(&params.input)?;
    if attachments.is_empty() {
        return Err(refused("space.no-images", "There is no picture to look at."));
    }
    // Another try says what was wrong with the one before, or it would be the same question.
    let before = params.results.compare.as_ref().map(|compared| &compared.failures);
    let facts = json!({
        "request": input.request, "plan": input.plan, "pictures": input.images,
        "attempt": params.attempt, "wrong_before": before,
    });
    let pictures = attachments.iter().map(|picture| picture.name.clone()).collect();
    asked(prompt::info(&facts, pictures, params.tokens_max, again), round)
}

/// Reads a description, or asks once more. One that cannot be mended is for the supervisor.
fn described(params: &Params, attachments: &[api::Attachment], reply: &str, round: u32) -> Outcome {
    let made = match read_spaces(reply) {
        Ok(Spaces { spaces, global_notes }) => {
            Described { is_valid: true, schema_errors: Vec::new(), spaces, global_notes, rounds: round + 1 }
        }
        Err(errors) if round + 1 < ROUNDS_MAX => {
            let again = Some((reply, sentences(&errors)));
            return ask_info(params, attachments, round + 1, again);
        }
        Err(schema_errors) => Described {
            is_valid: false,
            schema_errors,
            spaces: Vec::new(),
            global_notes: String::new(),
            rounds: round + 1,
        },
    };
    done(&made, Vec::new())
}

/// The rules come first; where they find enough, nobody is asked.
fn begin_comparison(params: &Params) -> Outcome {
    let input: SpaceInput = told(&params.input)?;
    let described = params.results.info.as_ref().filter(|info| info.is_valid).ok_or_else(missing)?;
    let failures = check(&described.spaces, input.plan);
    let recommendation = recommend(&failures);
    if recommendation != Recommendation::Proceed {
        return done(&Compared { recommendation, failures, is_compared: false }, Vec::new());
    }
    let ask = prompt::compare(&input.request, &described.description(), params.tokens_max, None);
    asked(ask, 0)
}

fn compared(params: &Params, reply: &str, round: u32) -> Outcome {
    let input: SpaceInput = told(&params.input)?;
    let described = params.results.info.as_ref().ok_or_else(missing)?;
    match read_findings(reply, &described.spaces) {
        Ok(found) => {
            let mut failures = check(&described.spaces, input.plan);
            failures.extend(found);
            let recommendation = recommend(&failures);
            done(&Compared { recommendation, failures, is_compared: true }, Vec::new())
        }
        Err(error) if round + 1 < ROUNDS_MAX => {
            let again = Some((reply, sentences(&[error])));
            let ask = prompt::compare(&input.request, &described.description(), params.tokens_max, again);
            asked(ask, round + 1)
        }
        Err(error) => Err(refused("ai.unreadable-reply", &sentences(&[error]))),
    }
}

fn begin_supervision(params: Params, retries: u32) -> Outcome {
    let input: SpaceInput = told(&params.input)?;
    let retries = left(params.attempt, retries, &input);
    let described = params.results.info.ok_or_else(missing)?;
    match decide_early(described.schema_errors.clone(), params.results.compare, retries) {
        Ok(verdict) => done(&verdict, Vec::new()),
        Err(compared) => {
            let spaces = described.description();
            asked(prompt::audit(&input.request, &spaces, &compared, params.tokens_max, None), 0)
        }
    }
}

fn supervised(params: Params, retries: u32, reply: &str, round: u32) -> Outcome {
    let input: SpaceInput = told(&params.input)?;
    let retries = left(params.attempt, retries, &input);
    let described = params.results.info.ok_or_else(missing)?;
    let audit = match read_audit(reply) {
        Ok(audit) => Some(audit),
        Err(problem) if round + 1 < ROUNDS_MAX => {
            let compared = params.results.compare.ok_or_else(missing)?;
            let (spaces, again) = (described.description(), Some((reply, problem)));
            let ask = prompt::audit(&input.request, &spaces, &compared, params.tokens_max, again);
            return asked(ask, round + 1);
        }
        Err(_) => None,
    };
    done(&decide(described.schema_errors, params.results.compare, audit, retries), Vec::new())
}

/// Every supervision but the first comes after a retry.
fn left(attempt: u32, retries: u32, input: &SpaceInput) -> Retries {
    let used = attempt.saturating_sub(1);
    Retries { step: retries.saturating_sub(used), run: input.retries_left.saturating_sub(used) }
}

fn sentences(errors: &[SchemaError]) -> String {
    let one = |error: &SchemaError| match error.path.as_str() {
        "" => format!("The reply {}.", error.message),
        path => format!("`{path}` {}.", error.message),
    };
    errors.iter().map(one).collect::<Vec<_>>().join(" ")
}

fn read(params: &str) -> Result<Params, Vec<Diagnostic>> {
    serde_json::from_str(params).map_err(|error| unreadable(&error))
}

fn told<T: for<'a> Deserialize<'a>>(input: &Value) -> Result<T, Vec<Diagnostic>> {
    T::deserialize(input).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> Vec<Diagnostic> {
    refused("space.bad-input", &format!("What the step is told cannot be read: {error}."))
}

fn done(result: &impl Serialize, attachments: Vec<api::Attachment>) -> Outcome {
    let json = serde_json::to_string(result).map_err(|_| missing())?;
    Ok(api::Outcome::Done(api::Output { json, attachments }))
}

fn asked(ask: api::Ask, round: u32) -> Outcome {
    let state = serde_json::to_vec(&State { round }).map_err(|_| missing())?;
    Ok(api::Outcome::Ask(api::Question { ask, state }))
}

fn missing() -> Vec<Diagnostic> {
    refused("space.out-of-order", "A step before this one has not made what this one needs.")
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

fn refused(code: &str, message: &str) -> Vec<Diagnostic> {
    vec![Diagnostic {
        severity: Grave::Error,
        code: code.to_owned(),
        message: message.to_owned(),
        path: None,
        line: 0,
        column: 0,
        frame: None,
        hint: None,
    }]
}

#[cfg(test)]
mod tests;
