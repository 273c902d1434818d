//! What a description of spaces must hold to, whatever a model thinks of it.

use serde::{Deserialize, Serialize};

use crate::spaces::{Category, Space};

/// Spaces that a plan has at least.
const SPACES_MIN: usize = 2;
/// Below this a space counts as one that was hardly recognised. Higher than the mark below which
/// it must say why, or this rule could never speak before the one about ambiguity.
const LOW_CONFIDENCE_BELOW: f64 = 0.5;
/// How many of a hundred spaces may be hardly recognised, and how many ambiguous.
const LOW_PERCENT_MAX: usize = 50;
const AMBIGUOUS_PERCENT_MAX: usize = 30;
/// What people who live somewhere cannot do without.
const NEEDED_TO_LIVE: [Category; 3] = [Category::Bathroom, Category::Bedroom, Category::Kitchen];
/// So many failures at most before a person looks.
const FAILURES_MAX: usize = 5;

/// What is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    /// Somebody lives there.
    Residential,
    /// Anything else.
    Other,
}

/// How bad a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth a word.
    Low,
    /// Should be looked at.
    Medium,
    /// The description is not good enough.
    High,
    /// A person must look.
    Critical,
}

/// What kind of failure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// Too few spaces.
    TooFewSpaces,
    /// Too many of them were hardly recognised.
    LowConfidence,
    /// Too many are ambiguous.
    Ambiguous,
    /// A room that people live in has nothing in it.
    Unfurnished,
    /// A home lacks a room.
    MissingRoom,
    /// It is not what the user asked for.
    RequestMismatch,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// What kind.
    #[serde(rename = "type")]
    pub kind: FailureKind,
    /// In a sentence.
    pub description: String,
    /// How bad.
    pub severity: Severity,
    /// The space, where it is one.
    pub affected_space_id: Option<String>,
    /// What should be.
    pub expected: String,
    /// What is.
    pub actual: String,
}

/// What should follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recommendation {
    /// Go on.
    Proceed,
    /// Describe the spaces again.
    RetryInfo,
    /// A person must look.
    BlockForHuman,
}

/// Holds a description against every rule.
pub fn check(spaces: &[Space], plan: Plan) -> Vec<Failure> {
    let mut failures = Vec::new();
    let total = spaces.len();
    if total < SPACES_MIN {
        failures.push(failure(
            FailureKind::TooFewSpaces,
            if total == 0 { Severity::Critical } else { Severity::High },
            (&format!("at least {SPACES_MIN} spaces"), &format!("{total}")),
        ));
    }
    let unsure = spaces.iter().filter(|space| space.confidence < LOW_CONFIDENCE_BELOW).count();
    share(&mut failures, FailureKind::LowConfidence, (unsure, total), LOW_PERCENT_MAX);
    let unclear = spaces.iter().filter(|space| !space.ambiguity_flags.is_empty()).count();
    share(&mut failures, FailureKind::Ambiguous, (unclear, total), AMBIGUOUS_PERCENT_MAX);
    for space in spaces {
        if space.category.is_habitable() && space.detected_furnishings.is_empty() {
            let mut found =
                failure(FailureKind::Unfurnished, Severity::Medium, ("furnishings of the room", "none"));
            found.affected_space_id = Some(space.space_id.clone());
            failures.push(found);
        }
    }
    if plan == Plan::Residential && total > 0 {
        for needed in NEEDED_TO_LIVE {
            if !spaces.iter().any(|space| space.category == needed) {
                let name = needed.as_str();
                failures.push(failure(FailureKind::MissingRoom, Severity::High, (name, "none")));
            }
        }
    }
    failures
}

/// What failures lead to.
pub fn recommend(failures: &[Failure]) -> Recommendation {
    let worst = failures.iter().map(|failure| failure.severity).max();
    match worst {
        Some(Severity::Critical) => Recommendation::BlockForHuman,
        _ if failures.len() > FAILURES_MAX => Recommendation::BlockForHuman,
        Some(Severity::High) => Recommendation::RetryInfo,
        _ => Recommendation::Proceed,
    }
}

fn share(failures: &mut Vec<Failure>, kind: FailureKind, (some, all): (usize, usize), percent: usize) {
    if some * 100 > all * percent {
        let expected = format!("at most {percent} % of the spaces");
        failures.push(failure(kind, Severity::High, (&expected, &format!("{some} of {all}"))));
    }
}

fn failure(kind: FailureKind, severity: Severity, (expected, actual): (&str, &str)) -> Failure {
    let description = match kind {
        FailureKind::TooFewSpaces => "The description has too few spaces.",
        FailureKind::LowConfidence => "Too many spaces were hardly recognised.",
        FailureKind::Ambiguous => "Too many spaces are ambiguous.",
        FailureKind::Unfurnished => "A room that people live in has nothing in it.",
        FailureKind::MissingRoom => "A home lacks a room that it needs.",
        FailureKind::RequestMismatch => "The description is not what was asked for.",
    };
    Failure {
        kind,
        description: description.to_owned(),
        severity,
        affected_space_id: None,
        expected: expected.to_owned(),
        actual: actual.to_owned(),
    }
}

#[cfg(test)]
mod tests;
