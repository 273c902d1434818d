//! A pipeline as it is written: TOML, checked before anything of it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use hivesync_types::{Digest, bounds};
use serde::Deserialize;
use serde_json::Value;

use crate::decision::{Condition, Decision, Test, Then};

/// The pipelines that come with the program.
pub const SHIPPED: &[(&str, &str)] = &[
    ("ai-docs", include_str!("../pipelines/ai-docs.toml")),
    ("content-post", include_str!("../pipelines/content-post.toml")),
    ("space-analysis", include_str!("../pipelines/space-analysis.toml")),
    ("space-image", include_str!("../pipelines/space-image.toml")),
];

const SCHEMA: &str = "hivesync-pipeline/1";
/// Steps of a pipeline.
const STEPS_MAX: usize = 32;
/// Decisions of a step.
const DECISIONS_MAX: usize = 16;
/// How often a step may be tried again.
const RETRIES_A_STEP_MAX: u32 = 3;
/// How often all steps of a run together may be.
const RETRIES_A_RUN_MAX: u32 = 10;
const NAME_BYTES_MAX: usize = 64;

/// A pipeline, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// What it is for, in one sentence.
    pub purpose: String,
    /// How often the steps of one run may be tried again, all together.
    pub retries: u32,
    /// The first one is where a run begins.
    pub steps: Vec<Step>,
    /// Of its text.
    pub digest: Digest,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its name within the pipeline.
    pub name: String,
    /// The module: `ai-docs` is `ai_docs.wasm`.
    pub module: String,
    /// The policy that it runs under.
    pub policy: String,
    /// How often it may ask a model each time it is tried.
    pub asks: u32,
    /// How often it may be tried again.
    pub retries: u32,
    /// What it is told beside the run's input: `step` of its parameters.
    pub params: Value,
    /// What its result decides, in order.
    pub decisions: Vec<Decision>,
    /// What follows when no decision holds.
    pub next: Then,
}

/// What is wrong with a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key, such as `steps.judge.next`; empty for the text as a whole.
    pub key: String,
    /// What is wrong, in one sentence.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.key, self.message)
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDefinition {
    schema: String,
    name: String,
    purpose: String,
    #[serde(default)]
    retries: u32,
    steps: Vec<RawStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStep {
    name: String,
    module: String,
    #[serde(default = "usual_policy")]
    policy: String,
    #[serde(default)]
    asks: u32,
    #[serde(default)]
    retries: u32,
    #[serde(default)]
    params: BTreeMap<String, Value>,
    #[serde(default)]
    decisions: Vec<RawDecision>,
    next: Then,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDecision {
    value: String,
    equals: Option<Value>,
    below: Option<f64>,
    at_least: Option<f64>,
    then: Then,
    reason: String,
}

fn usual_policy() -> String {
    "pipeline-step".to_owned()
}

impl Definition {
    /// Reads and checks a definition.
    ///
    /// # Errors
    ///
    /// Every [`Problem`] that there is, in the order of the text; a text that is no TOML or has
    /// a key that nobody reads is one.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let raw: RawDefinition = toml::from_str(text)
            .map_err(|error| vec![problem("", error.to_string().trim_end().replace('\n', " "))])?;
        let mut found = Found::default();
        found.head(&raw);
        let names: Vec<String> = raw.steps.iter().map(|step| step.name.clone()).collect();
        let mut seen = BTreeSet::new();
        let mut steps = Vec::new();
        for step in raw.steps {
            if !seen.insert(step.name.clone()) {
                found.say(&format!("steps.{}", step.name), "two steps have this name");
            }
            steps.push(found.step(step, &names));
        }
        found.reachable(&steps);
        if !found.0.is_empty() {
            return Err(found.0);
        }
        let (name, purpose, retries) = (raw.name, raw.purpose, raw.retries);
        let read = Self { name, purpose, retries, steps, digest: Digest::of(text.as_bytes()) };
        let problems = read.untried();
        if problems.is_empty() { Ok(read) } else { Err(problems) }
    }

    /// The step of this name.
    pub fn step(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// Ways back to a step that may not be tried again: nothing could ever go there.
    fn untried(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for step in &self.steps {
            for back in step.leads_to().filter_map(|(then, _)| self.tried_again(step, then)) {
                if back.retries == 0 || self.retries == 0 {
                    let key = format!("steps.{}.retries", back.name);
                    let from = &step.name;
                    problems
                        .push(problem(&key, format!("`{from}` leads back here, and no retry is allowed")));
                }
            }
        }
        problems
    }

    /// The step of which this would be another try: the same once more, or one that stands
    /// before it. None where it leads on.
    pub fn tried_again<'a>(&'a self, step: &'a Step, then: &Then) -> Option<&'a Step> {
        let place = |name: &str| self.steps.iter().position(|step| step.name == name);
        match then {
            Then::Retry => Some(step),
            Then::Step(name) if place(name) <= place(&step.name) => self.step(name),
            Then::Step(_) | Then::End | Then::Block => None,
        }
    }
}

impl Step {
    /// The file of its module.
    pub fn file(&self) -> String {
        format!("{}.wasm", self.module.replace('-', "_"))
    }

    /// Where it can lead: by a decision, or without one.
    pub fn leads_to(&self) -> impl Iterator<Item = (&Then, Option<&Decision>)> {
        let decided = self.decisions.iter().map(|decision| (&decision.then, Some(decision)));
        decided.chain([(&self.next, None)])
    }
}

fn problem(key: &str, message: impl Into<String>) -> Problem {
    Problem { key: key.to_owned(), message: message.into() }
}

#[derive(Default)]
struct Found(Vec<Problem>);

impl Found {
    fn say(&mut self, key: &str, message: impl Into<String>) {
        self.0.push(problem(key, message));
    }

    fn head(&mut self, raw: &RawDefinition) {
        if raw.schema != SCHEMA {
            self.say("schema", format!("is not {SCHEMA}"));
        }
        self.name("name", &raw.name);
        if raw.purpose.trim().is_empty() {
            self.say("purpose", "is empty: say in one sentence what the pipeline is for");
        }
        if raw.retries > RETRIES_A_RUN_MAX {
            self.say("retries", format!("is over {RETRIES_A_RUN_MAX}"));
        }
        if raw.steps.is_empty() || raw.steps.len() > STEPS_MAX {
            self.say("steps", format!("a pipeline has 1 to {STEPS_MAX}"));
        }
    }

    fn name(&mut self, key: &str, name: &str) {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=NAME_BYTES_MAX).contains(&name.len()) || !name.bytes().all(plain) {
            self.say(key, format!("is not 1 to {NAME_BYTES_MAX} of a-z 0-9 -"));
        }
        if ["end", "block", "retry"].contains(&name) {
            self.say(key, "is a word that means something else after `then`");
        }
    }

    fn step(&mut self, raw: RawStep, names: &[String]) -> Step {
        let at = |key: &str| format!("steps.{}.{key}", raw.name);
        self.name(&at("name"), &raw.name);
        self.name(&at("module"), &raw.module);
        self.name(&at("policy"), &raw.policy);
        if usize::try_from(raw.asks).unwrap_or(usize::MAX) > bounds::STEP_ASKS_MAX {
            self.say(&at("asks"), format!("is over {}", bounds::STEP_ASKS_MAX));
        }
        if raw.retries > RETRIES_A_STEP_MAX {
            self.say(&at("retries"), format!("is over {RETRIES_A_STEP_MAX}"));
        }
        if raw.decisions.len() > DECISIONS_MAX {
            self.say(&at("decisions"), format!("there are over {DECISIONS_MAX}"));
        }
        self.known(&at("next"), &raw.next, names);
        if raw.next == Then::Retry {
            self.say(&at("next"), "a step that is always tried again never ends");
        }
        let decisions = raw.decisions.into_iter().enumerate().filter_map(|(index, decision)| {
            self.known(&format!("{}.{index}.then", at("decisions")), &decision.then, names);
            if decision.then == Then::Retry && raw.retries == 0 {
                self.say(&at("retries"), "is 0, and a decision asks for another try");
            }
            self.decision(&format!("{}.{index}", at("decisions")), decision)
        });
        Step {
            decisions: decisions.collect(),
            asks: raw.asks,
            retries: raw.retries,
            params: Value::Object(raw.params.clone().into_iter().collect()),
            next: raw.next.clone(),
            module: raw.module.clone(),
            policy: raw.policy.clone(),
            name: raw.name.clone(),
        }
    }

    fn decision(&mut self, key: &str, raw: RawDecision) -> Option<Decision> {
        if !raw.value.is_empty() && !raw.value.starts_with('/') {
            self.say(&format!("{key}.value"), "is no JSON pointer: it begins with /");
        }
        if raw.reason.trim().is_empty() {
            self.say(&format!("{key}.reason"), "is empty: say in one sentence why");
        }
        let test = match (raw.equals, raw.below, raw.at_least) {
            (Some(value), None, None) => Test::Equals(value),
            (None, Some(bound), None) => Test::Below(bound),
            (None, None, Some(bound)) => Test::AtLeast(bound),
            _ => {
                self.say(key, "has not exactly one of equals, below, at_least");
                return None;
            }
        };
        Some(Decision { when: Condition { value: raw.value, test }, then: raw.then, reason: raw.reason })
    }

    fn known(&mut self, key: &str, then: &Then, names: &[String]) {
        if let Then::Step(name) = then
            && !names.contains(name)
        {
            self.say(key, format!("there is no step `{name}`"));
        }
    }

    fn reachable(&mut self, steps: &[Step]) {
        let mut reached = BTreeSet::new();
        let mut left: Vec<&str> = steps.first().map(|step| step.name.as_str()).into_iter().collect();
        while let Some(name) = left.pop() {
            if !reached.insert(name.to_owned()) {
                continue;
            }
            for step in steps.iter().filter(|step| step.name == name) {
                left.extend(step.leads_to().filter_map(|(then, _)| match then {
                    Then::Step(name) => Some(name.as_str()),
                    _ => None,
                }));
            }
        }
        for step in steps.iter().filter(|step| !reached.contains(&step.name)) {
            self.say(&format!("steps.{}", step.name), "no step leads to it");
        }
    }
}

#[cfg(test)]
mod tests;
