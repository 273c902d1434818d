//! Answers that were given before, so that a run can be made again without a model.

use std::collections::BTreeMap;

use hivesync_protocol::wit::steps::Answer;
use hivesync_types::Digest;
use serde::{Deserialize, Serialize};

/// What the file begins with.
const SCHEMA: &str = "hivesync-answers/1";

/// The answers of a run by the questions' names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "File", into = "File")]
pub struct Recorded {
    answers: BTreeMap<Digest, Kept>,
}

/// Why a file holds no answers.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    /// It is no JSON of this shape.
    #[error("the file of answers cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
    /// It is of another version.
    #[error("the file of answers is of another version than {SCHEMA}")]
    Version,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    ask: Digest,
    purpose: String,
    answer: Answer,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    answers: Vec<Kept>,
}

impl TryFrom<File> for Recorded {
    type Error = RecordedError;

    fn try_from(file: File) -> Result<Self, RecordedError> {
        if file.schema != SCHEMA {
            return Err(RecordedError::Version);
        }
        Ok(Self { answers: file.answers.into_iter().map(|kept| (kept.ask, kept)).collect() })
    }
}

impl From<Recorded> for File {
    fn from(recorded: Recorded) -> Self {
        Self { schema: SCHEMA.to_owned(), answers: recorded.answers.into_values().collect() }
    }
}

impl Recorded {
    /// Reads what [`Recorded::to_json`] wrote.
    ///
    /// # Errors
    ///
    /// [`RecordedError`] where it did not.
    pub fn from_json(text: &str) -> Result<Self, RecordedError> {
        serde_json::from_str::<File>(text)?.try_into()
    }

    /// In the order of the questions' names, so that equal records are equal bytes.
    ///
    /// # Errors
    ///
    /// Where it does not encode, which no record does.
    pub fn to_json(&self) -> Result<String, RecordedError> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The answer to a question.
    pub fn get(&self, ask: &Digest) -> Option<&Answer> {
        self.answers.get(ask).map(|kept| &kept.answer)
    }

    /// Keeps an answer. A later one to the same question takes its place.
    pub fn put(&mut self, ask: Digest, purpose: String, answer: Answer) {
        self.answers.insert(ask, Kept { ask, purpose, answer });
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use hivesync_protocol::wit::steps::{AskError, Finish, Reply};

    use super::*;

    #[test]
    fn what_was_answered_is_read_back_byte_by_byte() {
        let mut recorded = Recorded::default();
        let text = "ü\n\u{0}\"".to_owned();
        let reply = Reply { text, finish: Finish::Length, prompt_tokens: 1, reply_tokens: 2 };
        recorded.put(Digest::of(b"2"), "judge".to_owned(), Answer::Failed(AskError::Timeout));
        recorded.put(Digest::of(b"1"), "file-summary".to_owned(), Answer::Reply(reply.clone()));
        let json = recorded.to_json().unwrap();
        let again = Recorded::from_json(&json).unwrap();
        assert_eq!(again, recorded);
        assert_eq!(again.to_json().unwrap(), json);
        assert_eq!(again.get(&Digest::of(b"1")), Some(&Answer::Reply(reply)));
        assert_eq!(again.get(&Digest::of(b"3")), None);
    }

    #[test]
    fn a_file_of_another_kind_or_version_is_refused() {
        assert!(matches!(Recorded::from_json("[]"), Err(RecordedError::Malformed(_))));
        let other = "{\"schema\":\"hivesync-answers/2\",\"answers\":[]}";
        assert!(matches!(Recorded::from_json(other), Err(RecordedError::Version)));
    }
}
