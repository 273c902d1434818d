//! One run, step by step.

mod step;

use std::collections::BTreeMap;

use hivesync_models::{Models, Recorded};
use hivesync_protocol::wit::steps::{Attachment, Input, Output};
use hivesync_sandbox::{Module, Sandbox};
use hivesync_types::{Code, Digest};
use serde_json::{Map, Value, json};

use crate::decision::{Then, decide};
use crate::definition::{Definition, Step};
use crate::ledger::Ledger;
use crate::report::{End, RunReport, StepReport, Trail};

/// Steps that one run takes, tries included: a definition may lead back, and must not for ever.
const STEPS_TAKEN_MAX: usize = 64;

/// What a run works on.
#[derive(Debug, Clone)]
pub struct RunInput {
    /// Any JSON.
    pub input: Value,
    /// Pictures and the like. Each name once.
    pub attachments: Vec<Attachment>,
    /// The longest reply that its owner may have, in tokens.
    pub tokens_max: u32,
    /// Whose run it is, for the audit record.
    pub who: String,
    /// What the caller calls it, where it has a name that outlives a process; the same name and
    /// input are the same run.
    pub name: String,
}

/// Where answers come from.
#[derive(Debug)]
pub struct Answers<'a, L> {
    /// Who is asked.
    pub models: &'a Models,
    /// What is written down.
    pub ledger: &'a L,
}

/// Runs pipelines.
#[derive(Debug, Clone)]
pub struct Engine {
    sandbox: Sandbox,
    modules: BTreeMap<(String, String), Module>,
}

/// What a run has gathered so far.
struct Course {
    results: Map<String, Value>,
    attachments: BTreeMap<String, Vec<u8>>,
    steps: Vec<StepReport>,
    recorded: Recorded,
    last: Value,
    tries: BTreeMap<String, u32>,
    retries_left: u32,
}

impl Engine {
    /// Over a sandbox, with the modules of the definitions that it will run, by module and
    /// policy.
    pub fn new(sandbox: Sandbox, modules: BTreeMap<(String, String), Module>) -> Self {
        Self { sandbox, modules }
    }

    /// Names a run: everything but the answers that it is a function of.
    pub fn run_id(&self, definition: &Definition, input: &RunInput) -> Digest {
        let params = input.input.to_string();
        let tokens = input.tokens_max.to_le_bytes();
        let modules: Vec<Digest> =
            definition.steps.iter().filter_map(|step| self.module(step)).map(Module::digest).collect();
        let mut fields: Vec<&[u8]> = vec![b"hivesync-run/1", definition.digest.as_bytes()];
        fields.extend([input.name.as_bytes(), params.as_bytes(), tokens.as_slice()]);
        fields.extend(modules.iter().map(|digest| digest.as_bytes().as_slice()));
        for attachment in &input.attachments {
            fields.extend([attachment.name.as_bytes(), attachment.bytes.as_slice()]);
        }
        Digest::of_fields(&fields)
    }

    /// Runs a pipeline to its end. Dropping the future stops it; with the same ledger, the same
    /// run goes on where it was.
    pub async fn run<L: Ledger>(
        &self,
        definition: &Definition,
        input: RunInput,
        answers: &Answers<'_, L>,
    ) -> RunReport {
        let run = self.run_id(definition, &input);
        let mut course = Course::new(definition, &input);
        let end = self.course(definition, &input, answers, run, &mut course).await;
        let Course { attachments, steps, recorded, last, .. } = course;
        let attachments = attachments.into_iter().map(|(name, bytes)| Attachment { name, bytes }).collect();
        RunReport { run, end, steps, result: last, attachments, recorded }
    }

    fn module(&self, step: &Step) -> Option<&Module> {
        self.modules.get(&(step.module.clone(), step.policy.clone()))
    }

    async fn course<L: Ledger>(
        &self,
        definition: &Definition,
        input: &RunInput,
        answers: &Answers<'_, L>,
        run: Digest,
        course: &mut Course,
    ) -> End {
        let Some(mut step) = definition.steps.first() else { return End::Completed };
        for _ in 0..STEPS_TAKEN_MAX {
            let attempt = course.tries.entry(step.name.clone()).and_modify(|tries| *tries += 1).or_insert(1);
            let attempt = *attempt;
            if let Err(error) = answers.ledger.enter(&step.name).await {
                return failed(Code::HostStorage, &error.to_string());
            }
            let taken = step::Try { engine: self, step, attempt, run, input, answers };
            let (outcome, report) =
                taken.take(course.input(step, attempt, input), &mut course.recorded).await;
            course.steps.push(report);
            let then = match outcome {
                Ok(output) => course.done(step, output),
                // What the host could not do may go well the next time; what a module did will
                // come out the same.
                Err(End::Failed { code, evidence, .. }) if code.is_retryable() && course.has_try(step) => {
                    (Then::Retry, Some(format!("{code}: {evidence}")))
                }
                Err(end) => return end,
            };
            let (then, reason) = course.afford(definition.tried_again(step, &then.0), then);
            course.note(&then, reason.clone());
            step = match then {
                Then::End => return End::Completed,
                Then::Block => return End::Blocked { reason: reason.unwrap_or_default() },
                Then::Retry => step,
                Then::Step(name) => match definition.step(&name) {
                    Some(step) => step,
                    None => return internal(),
                },
            };
        }
        End::Blocked { reason: format!("the run took {STEPS_TAKEN_MAX} steps and has no end") }
    }
}

impl Course {
    fn new(definition: &Definition, input: &RunInput) -> Self {
        let own = input.attachments.iter().map(|own| (own.name.clone(), own.bytes.clone()));
        Self {
            results: Map::new(),
            attachments: own.collect(),
            steps: Vec::new(),
            recorded: Recorded::default(),
            last: Value::Null,
            tries: BTreeMap::new(),
            retries_left: definition.retries,
        }
    }

    /// What a step is told.
    fn input(&self, step: &Step, attempt: u32, run: &RunInput) -> Input {
        let params = json!({
            "attempt": attempt,
            "input": run.input,
            "results": self.results,
            "step": step.params,
            "tokens_max": run.tokens_max,
        });
        let attachments = self
            .attachments
            .iter()
            .map(|(name, bytes)| Attachment { name: name.clone(), bytes: bytes.clone() });
        Input { params: params.to_string(), attachments: attachments.collect() }
    }

    /// Takes a step's output; what follows, and why.
    fn done(&mut self, step: &Step, output: Output) -> (Then, Option<String>) {
        let result: Value = serde_json::from_str(&output.json).unwrap_or(Value::Null);
        self.attachments.extend(output.attachments.into_iter().map(|made| (made.name, made.bytes)));
        let decided = decide(&step.decisions, &result);
        let then = decided.map_or_else(|| step.next.clone(), |decision| decision.then.clone());
        let reason = decided.map(|decision| decision.reason.clone());
        if let Some(report) = self.steps.last_mut() {
            report.result = Some(result.clone());
        }
        self.results.insert(step.name.clone(), result.clone());
        self.last = result;
        (then, reason)
    }

    /// A try that no budget is left for stops the run. `again` is the step of which it would be
    /// another one.
    fn afford(&mut self, again: Option<&Step>, wanted: (Then, Option<String>)) -> (Then, Option<String>) {
        let Some(step) = again else { return wanted };
        if !self.has_try(step) {
            let why = wanted.1.unwrap_or_default();
            return (Then::Block, Some(format!("{why} No try of {} is left.", step.name).trim().to_owned()));
        }
        self.retries_left -= 1;
        wanted
    }

    fn has_try(&self, step: &Step) -> bool {
        let tried = self.tries.get(&step.name).copied().unwrap_or_default();
        tried <= step.retries && self.retries_left > 0
    }

    fn note(&mut self, then: &Then, reason: Option<String>) {
        let word = match then {
            Then::End => "end",
            Then::Block => "block",
            Then::Retry => "retry",
            Then::Step(name) => name,
        };
        if let Some(report) = self.steps.last_mut() {
            report.trail = Some(Trail { then: word.to_owned(), reason });
        }
    }
}

fn internal() -> End {
    failed(Code::HostInternal, "the pipeline leads to a step that it does not have")
}

fn failed(code: Code, evidence: &str) -> End {
    End::Failed { code, evidence: evidence.to_owned(), diagnostics: Vec::new() }
}
