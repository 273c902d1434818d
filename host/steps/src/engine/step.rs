//! One try of one step: calls, with questions between them.

use std::time::Instant;

use hivesync_models::{Answered, Question, Recorded};
use hivesync_protocol::wit::steps::{Answer, Ask, AskError, Input, Outcome, Output};
use hivesync_sandbox::{StepRequest, StepRun};
use hivesync_types::{Code, Digest};

use super::{Answers, End, Engine, RunInput, failed};
use crate::definition::Step;
use crate::ledger::{AskedFor, Begun, Ledger, LedgerError};
use crate::report::{AskReport, StepReport};

/// One try.
pub(super) struct Try<'a, L> {
    pub(super) engine: &'a Engine,
    pub(super) step: &'a Step,
    pub(super) attempt: u32,
    pub(super) run: Digest,
    pub(super) input: &'a RunInput,
    pub(super) answers: &'a Answers<'a, L>,
}

impl<L: Ledger> Try<'_, L> {
    /// Calls the step until it is done. Every call is a process of its own.
    pub(super) async fn take(
        self,
        input: Input,
        recorded: &mut Recorded,
    ) -> (Result<Output, End>, StepReport) {
        let mut report = StepReport {
            step: self.step.name.clone(),
            attempt: self.attempt,
            fuel: 0,
            sandbox_us: 0,
            models_us: 0,
            asks: Vec::new(),
            result: None,
            trail: None,
        };
        let mut request = StepRequest::Begin(input.clone());
        let outcome = loop {
            let question = match self.call(request, &mut report).await {
                Ok(Outcome::Done(output)) => break Ok(output),
                Ok(Outcome::Ask(question)) => question,
                Err(end) => break Err(end),
            };
            match self.ask(question.ask, &input, &mut report, recorded).await {
                Ok(answer) => {
                    request = StepRequest::Resume { input: input.clone(), state: question.state, answer };
                }
                Err(end) => break Err(end),
            }
        };
        (outcome, report)
    }

    async fn call(&self, request: StepRequest, report: &mut StepReport) -> Result<Outcome, End> {
        let Some(module) = self.engine.module(self.step) else {
            return Err(failed(Code::HostInternal, "the step's module is not loaded"));
        };
        let run = StepRun { module: module.clone(), request, limits: None, who: self.input.who.clone() };
        let outcome = self.engine.sandbox.step(run).await.map_err(|error| sandboxed(&error))?;
        report.fuel = report.fuel.saturating_add(outcome.record.fuel.used);
        report.sandbox_us = report.sandbox_us.saturating_add(outcome.record.wall_us.used);
        match outcome.result {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(diagnostics)) => {
                let evidence = diagnostics.first().map(|first| first.message.clone()).unwrap_or_default();
                Err(End::Failed { code: Code::GuestStepError, evidence, diagnostics })
            }
            Err(error) => Err(sandboxed(&error)),
        }
    }

    async fn ask(
        &self,
        ask: Ask,
        input: &Input,
        report: &mut StepReport,
        recorded: &mut Recorded,
    ) -> Result<Answer, End> {
        let asked = u32::try_from(report.asks.len()).unwrap_or(u32::MAX);
        if asked >= self.step.asks {
            return Err(failed(Code::LimitAsks, &format!("{} of {}", asked + 1, self.step.asks)));
        }
        let question = Question::new(ask, &input.attachments, self.input.tokens_max);
        let purpose = question.ask().purpose.clone();
        let key = Digest::of_fields(&[
            b"hivesync-asked/1",
            self.step.name.as_bytes(),
            &self.attempt.to_le_bytes(),
            &asked.to_le_bytes(),
            question.digest().as_bytes(),
        ]);
        let place = AskedFor { run: self.run, key, step: &self.step.name, question: &question };
        let begun = Instant::now();
        let (answered, by, asked_again) = self.put(&place).await?;
        let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        report.models_us = report.models_us.saturating_add(took);
        recorded.put(key, purpose.clone(), answered.answer.clone());
        report.asks.push(asked_report(purpose, key, &answered, by, asked_again));
        Ok(answered.answer)
    }

    /// The answer, who gave it, and whether somebody may have been asked before.
    async fn put(&self, place: &AskedFor<'_>) -> Result<(Answered, Option<&'static str>, bool), End> {
        let ledger = self.answers.ledger;
        let again = match ledger.begin(place).await.map_err(|error| unwritten(&error))? {
            Begun::Answered(answer) => return Ok((without_asking(answer), Some("record"), false)),
            Begun::Spent => {
                let answered = without_asking(Answer::Failed(AskError::Budget));
                return Ok((answered, None, false));
            }
            Begun::NotRecorded => {
                let evidence = format!("{} asks {}", place.step, place.key);
                return Err(failed(Code::AnswerNotRecorded, &evidence));
            }
            Begun::New => false,
            Begun::Unanswered => true,
        };
        let key = Digest::of_fields(&[place.run.as_bytes(), place.key.as_bytes()]);
        let answered = self.answers.models.ask(place.question, &key).await;
        ledger.settle(place, &answered).await.map_err(|error| unwritten(&error))?;
        let by = answered.place.map(hivesync_models::Place::as_str);
        Ok((answered, by, again))
    }
}

fn without_asking(answer: Answer) -> Answered {
    Answered { answer, place: None, faults: Vec::new(), replayed: false, estimated: false }
}

fn sandboxed(error: &hivesync_sandbox::Error) -> End {
    failed(error.code(), &error.evidence())
}

fn unwritten(error: &LedgerError) -> End {
    failed(Code::HostStorage, &error.to_string())
}

fn asked_report(
    purpose: String,
    key: Digest,
    answered: &Answered,
    by: Option<&'static str>,
    asked_again: bool,
) -> AskReport {
    let (failed, tokens) = match &answered.answer {
        Answer::Reply(reply) => (None, Some((reply.prompt_tokens, reply.reply_tokens))),
        Answer::Failed(error) => (Some(word(*error)), None),
    };
    let faults = answered.faults.iter().map(|(place, fault)| (place.as_str(), fault.to_string()));
    let faults = faults.collect();
    let Answered { replayed, estimated, .. } = *answered;
    AskReport { purpose, key, by, failed, tokens, estimated, faults, asked_again, replayed }
}

/// As it stands in reports.
const fn word(error: AskError) -> &'static str {
    match error {
        AskError::Unavailable => "unavailable",
        AskError::Timeout => "timeout",
        AskError::Refused => "refused",
        AskError::Budget => "budget",
        AskError::Unreadable => "unreadable",
    }
}
