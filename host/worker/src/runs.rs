//! Runs of pipelines: what a job works on, whom it asks, and what of it is kept.
//!
//! What a run works on is written down before its first step, and every question before it is
//! asked. So a job that another worker takes over is the same run: it goes on where it was, and
//! what was answered is not asked again.
//!
//! What this does not do: know what a pipeline is for, or where its result goes.
//!
//! **Invariant:** nobody is asked for a job that another worker has, or beyond what its payer may
//! spend on a day.

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use hivesync_jobs::{Claimed, Verdict};
use hivesync_models::{Answered, Models};
use hivesync_pipeline::{BuildError, Shelf};
use hivesync_protocol::wit::steps::{Answer, Attachment};
use hivesync_steps::{
    Answers, AskedFor, BeginningOf, Begun, Ledger, LedgerError, RunInput, RunRecord, RunReport, StepReport,
};
use hivesync_storage::StorageError;
use hivesync_storage::sql::model_asks::{self, Known, NewAsk, Payer};
use hivesync_storage::sql::pipeline_inputs;
use hivesync_storage::sql::step_runs::{self, StepRun, StepsOf};
use hivesync_types::{Code, Fault};
use serde_json::Value;

use crate::Worker;
use crate::build::moment;
use crate::forge::Forge;
use crate::posts;
use crate::spaces;

/// The queue of these jobs.
pub(crate) const QUEUE: &str = "pipeline_jobs";

/// What runs pipelines, and what may be spent.
pub struct Runs {
    /// The pipelines of the installation.
    pub shelf: Shelf,
    /// Who is asked.
    pub models: Models,
    /// Tokens of a day of all payers together.
    pub tokens_of_all: u64,
    /// Tokens of a day of one service that asks for posts.
    pub tokens_of_service: u64,
    /// Where posts are proposed; none where they are only handed out.
    pub forge: Option<Forge>,
}

/// A run that a job needs.
pub(crate) struct Run<'a> {
    pub(crate) pipeline: &'a str,
    /// The job's id.
    pub(crate) job_id: &'a str,
    /// What it works on, where the job has not begun before.
    pub(crate) input: Value,
    pub(crate) attachments: Vec<Attachment>,
    /// The longest reply, in tokens.
    pub(crate) tokens_max: u32,
    pub(crate) payer: Payer,
}

/// A record as an object.
pub(crate) fn bytes_of(record: &RunRecord) -> Result<Bytes, RunError> {
    record.to_json().map(Bytes::from).map_err(|_| RunError::Nonsense)
}

/// Hears how far a run is.
pub(crate) trait Listener: Sync {
    /// The run has come to a step. False when the job is another worker's.
    fn reached(&self, step: &str) -> impl Future<Output = Result<bool, StorageError>> + Send;
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error(transparent)]
    Start(#[from] BuildError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("what was kept of the job cannot be read")]
    Nonsense,
    #[error("{0} is more than the tier that this was asked for with has")]
    Tier(&'static str),
    #[error("{message}")]
    Ended { code: Code, message: String },
}

impl RunError {
    /// The stable code.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Start(error) => error.code(),
            Self::Storage(error) => error.code(),
            Self::Nonsense => Code::HostInternal,
            Self::Tier(_) => Code::TierUpgradeRequired,
            Self::Ended { code, .. } => *code,
        }
    }

    /// Another claim of the job may do better. What models answered is kept, and would come out
    /// the same.
    pub(crate) fn is_passing(&self) -> bool {
        let code = self.code();
        let answered = matches!(code, Code::AiNoReply | Code::AiReplyUnreadable);
        code.fault() == Fault::Host && code.is_retryable() && !answered
    }

    /// What whoever asked is told. Of our own faults it is the code's sentence alone.
    pub(crate) fn shown(&self) -> String {
        let code = self.code();
        match self {
            // What a step says of a model or of a reply says nothing of this host.
            Self::Ended { message, .. } if matches!(code, Code::AiNoReply | Code::AiReplyUnreadable) => {
                message.clone()
            }
            _ if code.fault() == Fault::Host => code.sentence().to_owned(),
            _ => self.to_string(),
        }
    }
}

/// Does the work of one claim, whatever its job is.
pub(crate) async fn work(worker: &Arc<Worker>, claim: Claimed) -> Verdict {
    if let Some(verdict) = posts::work(worker, claim).await {
        return verdict;
    }
    match spaces::work(worker, claim).await {
        Some(verdict) => verdict,
        // Its row is gone: its time is over.
        None => Verdict::Succeeded,
    }
}

/// Runs a pipeline for a job, to its result, and to what it takes to make it again.
pub(crate) async fn run(
    worker: &Worker,
    run: Run<'_>,
    listener: &impl Listener,
) -> Result<(RunReport, RunRecord), RunError> {
    let (report, record) = report(worker, run, listener).await?;
    match report.problem() {
        None => Ok((report, record)),
        Some((code, message)) => Err(RunError::Ended { code, message: message.to_owned() }),
    }
}

/// The same to its end, whatever that is.
pub(crate) async fn report(
    worker: &Worker,
    run: Run<'_>,
    listener: &impl Listener,
) -> Result<(RunReport, RunRecord), RunError> {
    let kept = pipeline_inputs::keep(&worker.db, run.job_id, &run.input.to_string(), moment(worker)).await?;
    let input = RunInput {
        input: serde_json::from_str(&kept).map_err(|_| RunError::Nonsense)?,
        attachments: run.attachments,
        tokens_max: run.tokens_max,
        who: format!("job {}", run.job_id),
        name: run.job_id.to_owned(),
    };
    let beginning = BeginningOf::run(run.pipeline, &input);
    let ledger = Written { worker, job_id: run.job_id, payer: &run.payer, listener };
    let answers = Answers { models: &worker.runs.models, ledger: &ledger };
    let report = worker.runs.shelf.run(run.pipeline, input, &answers).await?;
    tell(worker, (run.pipeline, run.job_id), &report).await;
    let record = beginning.ended(&report);
    Ok((report, record))
}

/// What a run took, for the log and the tables: numbers and names of ours, and no word of a user or
/// a model. A run is as good without them.
pub(crate) async fn tell(worker: &Worker, (pipeline, job_id): (&str, &str), report: &RunReport) {
    for step in &report.steps {
        let tokens = step.asks.iter().filter_map(|ask| ask.tokens).map(|(asked, said)| asked + said);
        tracing::info!(
            job.id = %job_id,
            step.name = %step.step,
            step.attempt = step.attempt,
            sandbox_us = step.sandbox_us,
            models_us = step.models_us,
            model.tokens = tokens.sum::<u32>(),
            model.asked_again = step.asks.iter().any(|ask| ask.asked_again),
            "a step of a pipeline was done",
        );
    }
    let steps: Vec<StepRun> = report.steps.iter().map(step_run).collect();
    let run = report.run.to_hex();
    let of = StepsOf { run: &run, pipeline, job_id };
    if let Err(error) = step_runs::keep(&worker.db, of, &steps, moment(worker)).await {
        tracing::warn!(job.id = %job_id, %error, "what the steps of a run took was not kept");
    }
}

fn step_run(step: &StepReport) -> StepRun {
    StepRun {
        step: step.step.clone(),
        attempt: step.attempt,
        is_done: step.result.is_some(),
        fuel: step.fuel,
        sandbox_us: step.sandbox_us,
        models_us: step.models_us,
        asks: u32::try_from(step.asks.len()).unwrap_or(u32::MAX),
    }
}

/// A ledger in the tables.
struct Written<'a, L> {
    worker: &'a Worker,
    job_id: &'a str,
    payer: &'a Payer,
    listener: &'a L,
}

impl<L: Listener> Ledger for Written<'_, L> {
    async fn enter(&self, step: &str) -> Result<(), LedgerError> {
        match self.listener.reached(step).await {
            Ok(true) => {}
            Ok(false) => return Err(LedgerError("the job is another worker's".to_owned())),
            Err(error) => return Err(told(&error)),
        }
        (self.worker.news)(self.job_id);
        Ok(())
    }

    async fn begin(&self, asked: &AskedFor<'_>) -> Result<Begun, LedgerError> {
        let (run, question) = (asked.run.to_hex(), asked.key.to_hex());
        let tokens = u64::from(asked.question.tokens_expected()) + u64::from(asked.question.ask().max_tokens);
        let ask = NewAsk { run: &run, question: &question, job_id: self.job_id, tokens };
        let known = model_asks::begin(&self.worker.db, ask, self.payer, moment(self.worker)).await;
        Ok(match known.map_err(|error| told(&error))? {
            Known::New => Begun::New,
            Known::Unanswered => Begun::Unanswered,
            Known::Spent => Begun::Spent,
            Known::Answered(answer) => {
                let answer = serde_json::from_str(&answer);
                Begun::Answered(answer.map_err(|_| LedgerError("a kept answer is none".to_owned()))?)
            }
        })
    }

    async fn settle(&self, asked: &AskedFor<'_>, answered: &Answered) -> Result<(), LedgerError> {
        let (run, question) = (asked.run.to_hex(), asked.key.to_hex());
        let took = match &answered.answer {
            Answer::Reply(reply) => u64::from(reply.prompt_tokens) + u64::from(reply.reply_tokens),
            Answer::Failed(_) => 0,
        };
        let answer = serde_json::to_string(&answered.answer)
            .map_err(|_| LedgerError("an answer cannot be written as JSON".to_owned()))?;
        let kept =
            model_asks::settle(&self.worker.db, (&run, &question), (&answer, took), moment(self.worker));
        kept.await.map_err(|error| told(&error))
    }
}

fn told(error: &StorageError) -> LedgerError {
    LedgerError(error.to_string())
}
