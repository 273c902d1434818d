//! Reads a policy as a careful reviewer would.
//!
//! Errors are what makes a host refuse the file. Warnings are what a reviewer should
//! ask about. Notes are worth knowing and need no answer.

use std::fmt;

use serde::Serialize;

use crate::effective::above_ceiling;
use crate::{Ceiling, Place, Policy, PolicyError};

mod rules;

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A host refuses the file.
    Error,
    /// Somebody should be asked.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word in a report.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One thing a reviewer would say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How serious it is.
    pub severity: Severity,
    /// The rule that found it.
    pub rule: &'static str,
    /// The key it is about.
    pub key: String,
    /// Where that stands, or would stand.
    pub place: Option<Place>,
    /// What is the matter, in one sentence.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = self.place {
            write!(f, "{}:{}: ", place.line, place.column)?;
        }
        write!(f, "{}: ", self.severity.as_str())?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        write!(f, "{} [{}]\n    {}", self.message, self.rule, self.hint)
    }
}

impl From<PolicyError> for Finding {
    fn from(error: PolicyError) -> Self {
        Self {
            severity: Severity::Error,
            rule: error.problem.rule(),
            message: error.problem.to_string(),
            hint: error.hint(),
            place: error.place,
            key: error.key,
        }
    }
}

/// Everything there is to say about a policy file, errors first, then by place.
pub fn lint(text: &str) -> Vec<Finding> {
    let mut findings: Vec<Finding> = match Policy::parse(text) {
        Err(invalid) => invalid.problems.into_iter().map(Finding::from).collect(),
        Ok(policy) => {
            let refused = above_ceiling(&Ceiling::of_this_host(), &policy);
            let mut findings: Vec<Finding> = refused.into_iter().map(Finding::from).collect();
            for rule in rules::RULES {
                rule(&policy, &mut findings);
            }
            findings
        }
    };
    findings.sort_by_key(|finding| (finding.severity, finding.place));
    findings
}
