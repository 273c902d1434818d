//! What a step's result decides.

use serde::Deserialize;
use serde_json::Value;

/// One rule of a step, as the definition has it: what must hold, and what follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What must hold.
    pub when: Condition,
    /// What follows.
    pub then: Then,
    /// In words, for the report.
    pub reason: String,
}

/// A value of the result, and what it must be.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// A JSON pointer into the step's result, such as `/verdict`.
    pub value: String,
    /// The test.
    pub test: Test,
}

/// What a value must be.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Exactly this.
    Equals(Value),
    /// A number below this one.
    Below(f64),
    /// A number of at least this one.
    AtLeast(f64),
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum Then {
    /// The run is completed.
    End,
    /// The run stops and waits for a person.
    Block,
    /// The step is tried again, while there are retries.
    Retry,
    /// The run goes on there.
    Step(String),
}

impl From<String> for Then {
    fn from(word: String) -> Self {
        match word.as_str() {
            "end" => Self::End,
            "block" => Self::Block,
            "retry" => Self::Retry,
            _ => Self::Step(word),
        }
    }
}

/// The first rule that holds; none when none does. A value that is not there holds nothing.
pub fn decide<'a>(decisions: &'a [Decision], result: &Value) -> Option<&'a Decision> {
    decisions.iter().find(|decision| decision.when.holds(result))
}

impl Condition {
    fn holds(&self, result: &Value) -> bool {
        let Some(found) = result.pointer(&self.value) else { return false };
        match &self.test {
            Test::Equals(wanted) => found == wanted,
            Test::Below(bound) => found.as_f64().is_some_and(|number| number < *bound),
            Test::AtLeast(bound) => found.as_f64().is_some_and(|number| number >= *bound),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(value: &str, test: Test, then: &str) -> Decision {
        let when = Condition { value: value.to_owned(), test };
        Decision { when, then: then.to_owned().into(), reason: String::new() }
    }

    #[test]
    fn the_first_rule_that_holds_decides() {
        let rules = [
            rule("/schema_errors/0/severity", Test::Equals("critical".into()), "block"),
            rule("/consistency", Test::Below(0.7), "retry"),
            rule("/consistency", Test::AtLeast(0.7), "publish"),
        ];
        let then = |result: Value| decide(&rules, &result).map(|decision| decision.then.clone());
        let critical = json!({ "consistency": 1, "schema_errors": [{ "severity": "critical" }] });
        assert_eq!(then(critical), Some(Then::Block));
        assert_eq!(then(json!({ "consistency": 0.69 })), Some(Then::Retry));
        assert_eq!(then(json!({ "consistency": 0.7 })), Some(Then::Step("publish".to_owned())));
        assert_eq!(then(json!({ "consistency": "0.1" })), None, "a text is no number");
        assert_eq!(then(json!([])), None);
    }
}
