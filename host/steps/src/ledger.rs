//! What a run has asked, and what it was answered.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use hivesync_models::{Answered, Question, Recorded};
use hivesync_protocol::wit::steps::Answer;
use hivesync_types::Digest;

/// A question at its place in a run.
#[derive(Debug, Clone, Copy)]
pub struct AskedFor<'a> {
    /// The run.
    pub run: Digest,
    /// The question's place in it, and the question: the step, the try, how many it had asked
    /// before, and what is asked. The same in every run of the same input.
    pub key: Digest,
    /// The step.
    pub step: &'a str,
    /// The question.
    pub question: &'a Question,
}

/// What is known of a question before anybody is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nobody was asked yet, and now it is written down that somebody will be.
    New,
    /// Somebody was asked, and whoever asked went away before there was an answer.
    Unanswered,
    /// It was answered.
    Answered(Answer),
    /// The owner of the run may not spend so much today.
    Spent,
    /// Answers come from a record, and it has none to this question.
    NotRecorded,
}

/// The ledger cannot be read or written: nobody may be asked.
#[derive(Debug, thiserror::Error)]
#[error("what was asked cannot be written down: {0}")]
pub struct LedgerError(pub String);

/// Where questions and answers are kept.
pub trait Ledger: Send + Sync {
    /// Hears that a run has come to a step. An error stops the run.
    fn enter(&self, _step: &str) -> impl Future<Output = Result<(), LedgerError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Writes down that a question is asked, unless it was.
    fn begin(&self, asked: &AskedFor<'_>) -> impl Future<Output = Result<Begun, LedgerError>> + Send;

    /// Writes down the answer.
    fn settle(
        &self,
        asked: &AskedFor<'_>,
        answered: &Answered,
    ) -> impl Future<Output = Result<(), LedgerError>> + Send;
}

/// A ledger in memory, for one run: answers of a record, or a record of answers.
#[derive(Debug, Default)]
pub struct Kept {
    recorded: Mutex<Recorded>,
    /// Nobody is asked: what is not recorded is not answered.
    closed: bool,
}

impl Kept {
    /// Keeps what is answered.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers from a record and nothing else.
    pub fn replaying(recorded: Recorded) -> Self {
        Self { recorded: Mutex::new(recorded), closed: true }
    }

    /// What was answered.
    pub fn into_recorded(self) -> Recorded {
        self.recorded.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger for Kept {
    async fn begin(&self, asked: &AskedFor<'_>) -> Result<Begun, LedgerError> {
        let recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match recorded.get(&asked.key) {
            Some(answer) => Begun::Answered(answer.clone()),
            None if self.closed => Begun::NotRecorded,
            None => Begun::New,
        })
    }

    async fn settle(&self, asked: &AskedFor<'_>, answered: &Answered) -> Result<(), LedgerError> {
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        recorded.put(asked.key, asked.question.ask().purpose.clone(), answered.answer.clone());
        Ok(())
    }
}
