//! What a model finds when it compares a description with what the user asked for.

use serde::{Deserialize, Serialize};

use crate::rules::{Failure, FailureKind, Recommendation, Severity};
use crate::spaces::{SchemaError, Space};
use crate::text::{is_visible, json};

/// Failures of a reply.
pub(crate) const FINDINGS_MAX: usize = 20;
/// Characters of each text.
pub(crate) const TEXT_MAX: usize = 300;

/// A reply, read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Findings {
    /// What is not as it was asked for.
    failures: Vec<Finding>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Finding {
    description: String,
    severity: Severity,
    affected_space_id: Option<String>,
    expected: String,
    actual: String,
}

/// What the step `compare` makes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// What should follow.
    pub recommendation: Recommendation,
    /// What the rules and the model found.
    pub failures: Vec<Failure>,
    /// The model's reply could be read.
    pub is_compared: bool,
}

/// Reads what a model found. A space that it speaks of is one of the description's.
///
/// # Errors
/// Where it is not of the schema.
pub fn read_findings(reply: &str, spaces: &[Space]) -> Result<Vec<Failure>, SchemaError> {
    let wrong = |path: String, message: &str| SchemaError { path, message: message.to_owned() };
    let read: Findings =
        json(reply).map_err(|why| wrong(String::new(), &format!("is not of the schema: {why}")))?;
    if read.failures.len() > FINDINGS_MAX {
        return Err(wrong("failures".to_owned(), &format!("has over {FINDINGS_MAX} entries")));
    }
    let mut failures = Vec::new();
    for (place, finding) in read.failures.into_iter().enumerate() {
        for text in [&finding.description, &finding.expected, &finding.actual] {
            if text.chars().count() > TEXT_MAX || !is_visible(text) {
                let message = format!("has a text over {TEXT_MAX} characters, or one that is not seen");
                return Err(wrong(format!("failures[{place}]"), &message));
            }
        }
        if let Some(id) = &finding.affected_space_id
            && !spaces.iter().any(|space| space.space_id == *id)
        {
            return Err(wrong(
                format!("failures[{place}].affected_space_id"),
                "is no space of the description",
            ));
        }
        let Finding { description, severity, affected_space_id, expected, actual } = finding;
        let kind = FailureKind::RequestMismatch;
        failures.push(Failure { kind, description, severity, affected_space_id, expected, actual });
    }
    Ok(failures)
}
