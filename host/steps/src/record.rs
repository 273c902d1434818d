//! What it takes to make a run again without any model: what it worked on, and what was answered.
//!
//! **Invariant:** a record says what belongs to it by digest: nothing else is taken for it.

use hivesync_models::Recorded;
use hivesync_protocol::wit::steps::Attachment;
use hivesync_types::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::RunInput;
use crate::report::RunReport;

const SCHEMA: &str = "hivesync-run/1";

/// A run that can be made again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    schema: String,
    /// Its pipeline.
    pub pipeline: String,
    /// What the run was called.
    pub name: String,
    /// The hash of definition, modules, policies and input.
    pub run: Digest,
    /// The longest reply, in tokens.
    pub tokens_max: u32,
    /// What it worked on; null where whoever gave it keeps it.
    pub input: Value,
    input_digest: Digest,
    /// What it worked on beside that.
    pub attachments: Vec<RecordedAttachment>,
    /// What was answered.
    pub answers: Recorded,
}

/// A file that a run worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedAttachment {
    /// Its name.
    pub name: String,
    /// Of its bytes.
    pub digest: Digest,
}

/// Why a record and what is there do not make a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// It is no record.
    #[error("it is no record of a run: {0}")]
    Malformed(String),
    /// It is of another version.
    #[error("it is of another version than {SCHEMA}")]
    Version,
    /// The record does not hold it.
    #[error("the record does not hold what the run worked on: give that as well")]
    NoInput,
    /// It is another one.
    #[error("what is given is not what the run worked on")]
    OtherInput,
    /// A file is missing, or is another one.
    #[error("the run worked on the file {0} as well, and that or one of its bytes is not given")]
    Attachment(String),
}

/// A run, as far as it is known before it begins.
#[derive(Debug)]
pub struct BeginningOf {
    pipeline: String,
    name: String,
    tokens_max: u32,
    input: Value,
    attachments: Vec<RecordedAttachment>,
}

impl BeginningOf {
    /// What a record of this run will say of it.
    pub fn run(pipeline: &str, input: &RunInput) -> Self {
        let kept = |made: &Attachment| RecordedAttachment {
            name: made.name.clone(),
            digest: Digest::of(&made.bytes),
        };
        Self {
            pipeline: pipeline.to_owned(),
            name: input.name.clone(),
            tokens_max: input.tokens_max,
            input: input.input.clone(),
            attachments: input.attachments.iter().map(kept).collect(),
        }
    }

    /// With what was answered.
    pub fn ended(self, report: &RunReport) -> RunRecord {
        RunRecord {
            schema: SCHEMA.to_owned(),
            pipeline: self.pipeline,
            name: self.name,
            run: report.run,
            tokens_max: self.tokens_max,
            input_digest: digest(&self.input),
            input: self.input,
            attachments: self.attachments,
            answers: report.recorded.clone(),
        }
    }
}

impl RunRecord {
    /// Without what the run worked on: whoever gave that has it.
    #[must_use]
    pub fn without_input(self) -> Self {
        Self { input: Value::Null, ..self }
    }

    /// As JSON; equal records are equal bytes.
    ///
    /// # Errors
    ///
    /// Where it does not encode, which no record does.
    pub fn to_json(&self) -> Result<String, RecordError> {
        let text =
            serde_json::to_string_pretty(self).map_err(|error| RecordError::Malformed(error.to_string()))?;
        Ok(text + "\n")
    }

    /// Reads what [`RunRecord::to_json`] wrote.
    ///
    /// # Errors
    ///
    /// It is no record, or one of another version.
    pub fn from_json(text: &str) -> Result<Self, RecordError> {
        let record: Self =
            serde_json::from_str(text).map_err(|error| RecordError::Malformed(error.to_string()))?;
        if record.schema == SCHEMA { Ok(record) } else { Err(RecordError::Version) }
    }

    /// What the run works on when it is made again: of the record, or as it is given.
    ///
    /// # Errors
    ///
    /// What is given is not what the run worked on, or something is missing.
    pub fn again(
        &self,
        given: Option<Value>,
        attachments: Vec<Attachment>,
        who: String,
    ) -> Result<RunInput, RecordError> {
        let input = match given {
            Some(given) => given,
            None if self.input.is_null() => return Err(RecordError::NoInput),
            None => self.input.clone(),
        };
        if digest(&input) != self.input_digest {
            return Err(RecordError::OtherInput);
        }
        let mut taken = Vec::new();
        for wanted in &self.attachments {
            let is_it =
                |given: &&Attachment| given.name == wanted.name && Digest::of(&given.bytes) == wanted.digest;
            let found = attachments.iter().find(is_it);
            taken.push(found.ok_or_else(|| RecordError::Attachment(wanted.name.clone()))?.clone());
        }
        let (tokens_max, name) = (self.tokens_max, self.name.clone());
        Ok(RunInput { input, attachments: taken, tokens_max, who, name })
    }
}

fn digest(input: &Value) -> Digest {
    Digest::of(input.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::End;

    fn record() -> RunRecord {
        let input = RunInput {
            input: json!({ "path": "a.js" }),
            attachments: vec![Attachment { name: "a.jpg".to_owned(), bytes: vec![1, 2] }],
            tokens_max: 7,
            who: "job 1".to_owned(),
            name: "1".to_owned(),
        };
        let report = RunReport {
            run: Digest::of(b"run"),
            end: End::Completed,
            steps: Vec::new(),
            result: Value::Null,
            attachments: Vec::new(),
            recorded: Recorded::default(),
        };
        BeginningOf::run("space-analysis", &input).ended(&report)
    }

    fn again(record: &RunRecord, given: Option<Value>, bytes: &[u8]) -> Result<RunInput, RecordError> {
        let attachment = Attachment { name: "a.jpg".to_owned(), bytes: bytes.to_vec() };
        record.again(given, vec![attachment], "somebody".to_owned())
    }

    #[test]
    fn a_record_is_read_back_and_gives_what_the_run_worked_on() {
        let record = record();
        let read = RunRecord::from_json(&record.to_json().unwrap()).unwrap();
        assert_eq!(read, record);
        let input = again(&read, None, &[1, 2]).unwrap();
        assert_eq!((input.input, input.tokens_max, input.name.as_str()), (json!({ "path": "a.js" }), 7, "1"));
        let other = record.to_json().unwrap().replace("hivesync-run/1", "hivesync-run/2");
        assert_eq!(RunRecord::from_json(&other), Err(RecordError::Version));
        assert!(matches!(RunRecord::from_json("{}"), Err(RecordError::Malformed(_))));
    }

    #[test]
    fn nothing_else_is_taken_for_what_a_run_worked_on() {
        let kept = record();
        let (given, other) = (Some(json!({ "path": "a.js" })), Some(json!({ "path": "b.js" })));
        assert!(again(&kept, given.clone(), &[1, 2]).is_ok());
        assert_eq!(again(&kept, other.clone(), &[1, 2]).unwrap_err(), RecordError::OtherInput);
        assert_eq!(again(&kept, None, &[1, 3]).unwrap_err(), RecordError::Attachment("a.jpg".to_owned()));
        let bare = record().without_input();
        assert!(!bare.to_json().unwrap().contains("a.js"));
        assert_eq!(again(&bare, None, &[1, 2]).unwrap_err(), RecordError::NoInput);
        assert_eq!(again(&bare, other, &[1, 2]).unwrap_err(), RecordError::OtherInput);
        assert!(again(&bare, given, &[1, 2]).is_ok());
    }
}
