//! What follows: go on, try again, or wait for a person.

use serde::{Deserialize, Serialize};

use crate::compare::Compared;
use crate::rules::Recommendation;
use crate::spaces::SchemaError;
use crate::text::{is_visible, json};

/// Below this a description contradicts itself too much to go on.
const CONSISTENCY_MIN: f64 = 0.7;
/// Characters of an audit's notes.
pub(crate) const NOTES_MAX: usize = 500;

/// What a model says of description and comparison together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// 0 to 1: how well the parts agree.
    pub consistency: f64,
    /// Whether what is said follows from what is seen.
    pub reasoning: Reasoning,
    /// In words.
    pub notes: String,
}

/// Whether conclusions follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reasoning {
    /// They do.
    Sound,
    /// They do not.
    Poor,
}

/// What is left to try again with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retries {
    /// Of the step.
    pub step: u32,
    /// Of the whole run.
    pub run: u32,
}

impl Retries {
    /// Another try can be had.
    pub const fn is_left(self) -> bool {
        self.step > 0 && self.run > 0
    }
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Go on with the next step.
    Proceed,
    /// Describe the spaces again.
    Retry,
    /// A person must look.
    Block,
}

/// A decision, and everything that it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// What follows.
    pub decision: Decision,
    /// Where the description is not of its schema.
    pub schema_validations: Vec<SchemaError>,
    /// What rules and comparison found.
    pub rule_checks: Option<Compared>,
    /// What a model said of it all; none where nobody had to be asked, or the reply was none.
    pub llm_audit: Option<Audit>,
    /// What was left before this decision.
    pub retries: Retries,
    /// Why it does not go on.
    pub block_reason: Option<String>,
}

/// Reads an audit.
///
/// # Errors
/// Where it is not of the schema, in words for the model.
pub fn read_audit(reply: &str) -> Result<Audit, String> {
    let audit: Audit = json(reply).map_err(|why| format!("The reply is not of the schema: {why}."))?;
    if !(0.0..=1.0).contains(&audit.consistency) {
        return Err("`consistency` is not from 0 to 1.".to_owned());
    }
    if audit.notes.chars().count() > NOTES_MAX || !is_visible(&audit.notes) {
        return Err(format!("`notes` is longer than {NOTES_MAX} characters, or has some that are not seen."));
    }
    Ok(audit)
}

/// What can be decided before a model is asked; none where its word counts.
pub(crate) fn decide_early(
    errors: Vec<SchemaError>,
    compared: Option<Compared>,
    retries: Retries,
) -> Result<Verdict, Compared> {
    let verdict = |decision, errors, compared, reason: &str| Verdict {
        decision,
        schema_validations: errors,
        rule_checks: compared,
        llm_audit: None,
        retries,
        block_reason: (decision == Decision::Block).then(|| reason.to_owned()),
    };
    let Some(compared) = compared.filter(|_| errors.is_empty()) else {
        return Ok(verdict(Decision::Block, errors, None, "The description is not of its schema."));
    };
    match compared.recommendation {
        Recommendation::BlockForHuman => {
            Ok(verdict(Decision::Block, errors, Some(compared), "What was found needs a person."))
        }
        Recommendation::RetryInfo if retries.is_left() => {
            Ok(verdict(Decision::Retry, errors, Some(compared), ""))
        }
        Recommendation::RetryInfo => Ok(verdict(
            Decision::Block,
            errors,
            Some(compared),
            "A rule does not hold, and no retry is left.",
        )),
        Recommendation::Proceed => Err(compared),
    }
}

/// What follows from a description, its comparison and a model's audit. An audit that could not
/// be read is no reason to go on.
pub fn decide(
    errors: Vec<SchemaError>,
    compared: Option<Compared>,
    audit: Option<Audit>,
    retries: Retries,
) -> Verdict {
    let compared = match decide_early(errors, compared, retries) {
        Ok(verdict) => return verdict,
        Err(compared) => compared,
    };
    let (decision, reason) = match &audit {
        None => (Decision::Block, Some("The model's audit cannot be read.")),
        Some(audit) if audit.consistency < CONSISTENCY_MIN => {
            (Decision::Block, Some("The description contradicts itself."))
        }
        Some(Audit { reasoning: Reasoning::Sound, .. }) => (Decision::Proceed, None),
        Some(_) if retries.is_left() => (Decision::Retry, None),
        Some(_) => (Decision::Block, Some("The reasoning is poor, and no retry is left.")),
    };
    Verdict {
        decision,
        schema_validations: Vec::new(),
        rule_checks: Some(compared),
        llm_audit: audit,
        retries,
        block_reason: reason.map(str::to_owned),
    }
}

#[cfg(test)]
mod tests;
