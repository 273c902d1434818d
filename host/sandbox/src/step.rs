//! One call of a pipeline's step: it begins, or it goes on with an answer.
//!
//! The module is pure. It does not wait for a model: it returns the question and ends, and
//! whoever asked the model calls again, in a fresh process, with the answer.
//!
//! **Invariant:** an outcome is within the bounds of `wit/steps.wit`, whatever the module
//! returned, and is accounted for in the audit record.

mod bounds;

use hivesync_policy::World;
use hivesync_protocol::wit::steps::{Answer, Attachment, Input, Outcome};
use hivesync_protocol::wit::types::Diagnostic;
use hivesync_protocol::{Call, Return, StepAnswer, Usage};
use hivesync_types::{Code, Digest, Limits};

use crate::asked::Asked;
use crate::audit::{Event, PureRecord};
use crate::error::Error;
use crate::escape::escape_diagnostics;
use crate::module::Module;
use crate::pure::unexpected;
use crate::sandbox::Sandbox;

/// One call of a step.
#[derive(Debug, Clone)]
pub struct StepRun {
    /// Registered for the world `pipeline-step`.
    pub module: Module,
    /// What is called.
    pub request: StepRequest,
    /// Lower limits for this run; higher values change nothing.
    pub limits: Option<Limits>,
    /// Whoever asked, for the audit record.
    pub who: String,
}

/// A call of one of the module's functions.
#[derive(Debug, Clone)]
pub enum StepRequest {
    /// `steps.begin`.
    Begin(Input),
    /// `steps.resume`.
    Resume {
        /// That of the beginning.
        input: Input,
        /// What stood beside the question.
        state: Vec<u8>,
        /// What came of it.
        answer: Answer,
    },
}

/// What came of a call.
#[derive(Debug)]
pub struct StepOutcome {
    /// How far the step has come, what it says is wrong, or why it did not answer.
    pub result: Result<Result<Outcome, Vec<Diagnostic>>, Error>,
    /// The audit record.
    pub record: Box<PureRecord>,
}

impl Sandbox {
    /// Calls a step once.
    ///
    /// Fails with `policy.denied` for a module of another world, with `limit.transfer` for an
    /// input that is larger than a step's may be, with `host.overloaded` when too many wait,
    /// and with `host.storage` when the audit record cannot be written; everything else is
    /// in the outcome. Dropping the future kills the process.
    pub async fn step(&self, wanted: StepRun) -> Result<StepOutcome, Error> {
        if wanted.module.policy().world != World::PipelineStep {
            let evidence = format!("{} is registered for another world", wanted.module.digest());
            return Err(Error::Denied { code: Code::PolicyDenied, evidence });
        }
        bounds::check_request(&wanted.request)?;
        let inner = self.inner();
        let _turn = inner.turn().await?;
        let input = digest(&wanted.request)?;
        let asked = Asked::new(inner, "hivesync-step/1", wanted.module, input, wanted.limits.as_ref());
        let pictures = names(&wanted.request);
        let call = match wanted.request {
            StepRequest::Begin(input) => Call::Begin(input),
            StepRequest::Resume { input, state, answer } => Call::Resume { input, state, answer },
        };
        let (result, usage) = match asked.run(inner, call).await {
            Ok((Return::Step(answer), usage)) => (bounds::check_answer(answer, &pictures), usage),
            Ok((_, usage)) => (Err(unexpected("a step returned something else")), usage),
            Err(error) => (Err(error), Usage::default()),
        };
        let output = match &result {
            Ok(Ok(outcome)) => Some(encoded(outcome)?),
            _ => None,
        };
        let record = asked.record(&wanted.who, &usage, output, result.as_ref().err());
        inner.counter.used(&usage);
        inner.record(Event::Step(Box::new(record.clone())))?;
        let result = result.map(|answer: StepAnswer| answer.map_err(escape_diagnostics));
        Ok(StepOutcome { result, record: Box::new(record) })
    }
}

fn attachments(request: &StepRequest) -> &[Attachment] {
    match request {
        StepRequest::Begin(input) | StepRequest::Resume { input, .. } => &input.attachments,
    }
}

fn names(request: &StepRequest) -> Vec<String> {
    attachments(request).iter().map(|attachment| attachment.name.clone()).collect()
}

/// Names everything that an outcome is a function of, beside the module.
fn digest(request: &StepRequest) -> Result<Digest, Error> {
    let (input, rest) = match request {
        StepRequest::Begin(input) => (input, None),
        StepRequest::Resume { input, state, answer } => (input, Some((state, answer))),
    };
    let answer = match rest {
        Some((_, answer)) => {
            postcard::to_stdvec(answer).map_err(|_| Error::Internal("an answer that does not encode"))?
        }
        None => Vec::new(),
    };
    let mut fields: Vec<&[u8]> = vec![input.params.as_bytes()];
    for attachment in &input.attachments {
        fields.extend([attachment.name.as_bytes(), attachment.bytes.as_slice()]);
    }
    if let Some((state, _)) = rest {
        fields.extend([b"resume".as_slice(), state.as_slice(), answer.as_slice()]);
    }
    Ok(Digest::of_fields(&fields))
}

fn encoded(outcome: &Outcome) -> Result<Digest, Error> {
    let bytes =
        postcard::to_stdvec(outcome).map_err(|_| Error::Internal("an outcome that does not encode"))?;
    Ok(Digest::of(&bytes))
}
