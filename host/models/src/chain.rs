//! Whom to ask, in which order, and how often.

use hivesync_protocol::wit::steps::{Answer, AskError, Reply};
use hivesync_types::Digest;

use crate::provider::{Fault, Place, Provider};
use crate::question::Question;

/// The providers of the configuration.
#[derive(Debug, Clone, Default)]
pub struct Models {
    providers: Vec<Provider>,
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// What the step is told.
    pub answer: Answer,
    /// Who answered, or who would not.
    pub place: Option<Place>,
    /// Why each try before came to nothing, in order.
    pub faults: Vec<(Place, Fault)>,
    /// The provider says that it had given this reply before, and gives it again for nothing.
    pub replayed: bool,
    /// The provider did not count; the tokens of the reply are an estimate.
    pub estimated: bool,
}

impl Models {
    /// They are asked in the order local, primary, fallback.
    pub fn new(mut providers: Vec<Provider>) -> Self {
        providers.sort_by_key(|provider| provider.place);
        Self { providers }
    }

    /// There is nobody to ask.
    pub fn is_empty(&self) -> bool {
        self.providers.is_empty()
    }

    /// Whoever is asked first recognises a question that it has answered.
    pub fn is_idempotent(&self) -> bool {
        self.providers.first().is_some_and(|provider| provider.idempotent)
    }

    /// Asks until somebody answers: each provider once, and one of them, after a fault that may
    /// pass, once more. `key` names the question within its run: with it, the question of a run
    /// that went on after a crash is the same request to a provider.
    pub async fn ask(&self, question: &Question, key: &Digest) -> Answered {
        let key = key.to_string();
        let mut faults = Vec::new();
        let mut retries = 1_u32;
        for provider in &self.providers {
            loop {
                let failed = match provider.ask(question, &key).await {
                    Ok(replied) => {
                        let estimated = replied.said.tokens.is_none();
                        let answer = Answer::Reply(reply(replied.said, question));
                        let (place, replayed) = (Some(provider.place), replied.replayed);
                        return Answered { answer, place, faults, replayed, estimated };
                    }
                    Err(failed) => failed,
                };
                let place = provider.place;
                tracing::warn!(model.place = place.as_str(), model.fault = %failed.fault, "a model gave no reply");
                faults.push((place, failed.fault));
                if failed.fault == Fault::Refused {
                    // Another provider would be asked to say what this one will not.
                    return failure(AskError::Refused, Some(place), faults);
                }
                if !failed.fault.is_passing() || retries == 0 {
                    break;
                }
                retries -= 1;
                tokio::time::sleep(failed.pause).await;
            }
        }
        let last = faults.last().map(|(_, fault)| *fault);
        failure(told(last), None, faults)
    }
}

fn failure(error: AskError, place: Option<Place>, faults: Vec<(Place, Fault)>) -> Answered {
    Answered { answer: Answer::Failed(error), place, faults, replayed: false, estimated: false }
}

/// What a step is told of the last fault.
const fn told(fault: Option<Fault>) -> AskError {
    match fault {
        None | Some(Fault::Unreachable | Fault::Busy(_) | Fault::Rejected(_)) => AskError::Unavailable,
        Some(Fault::Timeout) => AskError::Timeout,
        Some(Fault::Refused) => AskError::Refused,
        Some(Fault::Garbage | Fault::CutShort | Fault::TooLong) => AskError::Unreadable,
    }
}

fn reply(said: crate::stream::Said, question: &Question) -> Reply {
    let estimate = || (question.tokens_expected(), u32::try_from(said.text.len() / 4).unwrap_or(u32::MAX));
    let (prompt_tokens, reply_tokens) = said.tokens.unwrap_or_else(estimate);
    Reply { text: said.text, finish: said.finish, prompt_tokens, reply_tokens }
}
