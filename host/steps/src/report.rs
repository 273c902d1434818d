//! What came of a run.

use hivesync_models::Recorded;
use hivesync_protocol::wit::steps::Attachment;
use hivesync_protocol::wit::types::Diagnostic;
use hivesync_types::{Code, Digest};
use serde_json::Value;

/// What came of a run.
#[derive(Debug)]
pub struct RunReport {
    /// The hash of definition, modules, policies and input.
    pub run: Digest,
    /// How it ended.
    pub end: End,
    /// Every try of every step, in order.
    pub steps: Vec<StepReport>,
    /// The result of the last step that was done; `null` when none was.
    pub result: Value,
    /// What the steps made beside their results.
    pub attachments: Vec<Attachment>,
    /// Everything that was answered, for a run without a model.
    pub recorded: Recorded,
}

impl RunReport {
    /// The stable code of a run without a result, and what is said about it; none where there is
    /// a result.
    ///
    /// A step names what is wrong in its own words, such as `docs.no-reply`; what stands behind
    /// the dot says whether a model, its reply or the request is meant.
    pub fn problem(&self) -> Option<(Code, &str)> {
        match &self.end {
            End::Completed => None,
            End::Blocked { reason } => Some((Code::PipelineBlocked, reason)),
            End::Failed { code, evidence, diagnostics } => {
                let first = diagnostics.first().map_or("", |first| first.code.as_str());
                let code = match first.rsplit('.').next() {
                    Some("no-reply") if self.is_spent() => Code::AiBudgetSpent,
                    Some("no-reply") => Code::AiNoReply,
                    Some("unreadable-reply") => Code::AiReplyUnreadable,
                    Some("request" | "syntax") => Code::RequestInvalid,
                    _ => *code,
                };
                Some((code, if evidence.is_empty() { code.sentence() } else { evidence }))
            }
        }
    }

    /// The last question was not asked because nothing was left to ask it with.
    fn is_spent(&self) -> bool {
        let last = self.steps.last().and_then(|step| step.asks.last());
        last.is_some_and(|ask| ask.failed == Some("budget"))
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// Its last step was done.
    Completed,
    /// A decision, or a budget that is spent, stopped it for a person to look at.
    Blocked {
        /// In words.
        reason: String,
    },
    /// A step gave no result.
    Failed {
        /// The stable code.
        code: Code,
        /// A counter and its limit, a trap's name, what the step says first.
        evidence: String,
        /// What the step says is wrong.
        diagnostics: Vec<Diagnostic>,
    },
}

/// One try of a step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// The step.
    pub step: String,
    /// Counts from 1.
    pub attempt: u32,
    /// Guest instructions of all its calls.
    pub fuel: u64,
    /// Microseconds in the sandbox, of all its calls.
    pub sandbox_us: u64,
    /// Microseconds that models took.
    pub models_us: u64,
    /// What it asked, in order.
    pub asks: Vec<AskReport>,
    /// What it made; none where it made nothing.
    pub result: Option<Value>,
    /// What followed, and why; none where the run ended with it.
    pub trail: Option<Trail>,
}

/// What was decided after a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// `end`, `block`, `retry` or a step.
    pub then: String,
    /// The decision's reason; none when no decision held.
    pub reason: Option<String>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskReport {
    /// What it was for.
    pub purpose: String,
    /// Names it in the record of answers.
    pub key: Digest,
    /// Who answered: `local`, `primary`, `fallback`, or `record`; none when nobody did.
    pub by: Option<&'static str>,
    /// Why there is no reply.
    pub failed: Option<&'static str>,
    /// Tokens of the question and of the reply, where there is one.
    pub tokens: Option<(u32, u32)>,
    /// The provider did not count them.
    pub estimated: bool,
    /// Each try that came to nothing: who, and why.
    pub faults: Vec<(&'static str, String)>,
    /// The run was cut off after this was asked and before it was answered, so it was asked
    /// again.
    pub asked_again: bool,
    /// The provider recognised it and gave the same reply again.
    pub replayed: bool,
}
