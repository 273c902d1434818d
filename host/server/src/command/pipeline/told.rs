//! Pipelines and runs, for people and for programs.

use std::fmt::Write as _;

use hivesync_pipeline::CheckedPipeline;
use hivesync_protocol::wit::steps::Attachment;
use hivesync_steps::{AskReport, End, RunReport, StepReport};
use hivesync_types::Digest;
use serde_json::{Value, json};

use super::run_json;
use crate::exit::Exit;
use crate::progress::print_quietly;
use crate::report::{self, Problem};

/// Prints which pipelines can run; 1 when one cannot.
pub(super) fn checked(pipelines: &[CheckedPipeline], json: bool) -> Exit {
    let ok = pipelines.iter().all(|pipeline| pipeline.problems.is_empty());
    if json {
        let one = |pipeline: &CheckedPipeline| {
            let problems: Vec<Value> = pipeline
                .problems
                .iter()
                .map(|problem| json!({ "key": problem.key, "message": problem.message }))
                .collect();
            json!({ "name": pipeline.name, "ok": problems.is_empty(), "problems": problems })
        };
        let pipelines: Vec<Value> = pipelines.iter().map(one).collect();
        print_quietly(&report::line(&json!({ "pipelines": pipelines })));
    } else {
        for pipeline in pipelines {
            let mut text = format!(
                "{}: {}\n",
                pipeline.name,
                if pipeline.problems.is_empty() { "ok" } else { "has problems" }
            );
            for problem in &pipeline.problems {
                let _ = writeln!(text, "  {problem}");
            }
            print_quietly(&text);
        }
    }
    if ok { Exit::Done } else { Exit::Project }
}

/// Prints a run that has a result.
pub(super) fn completed(report: &RunReport, json: bool) {
    if json {
        let answer = json!({ "command": "pipeline", "ok": true, "result": run_json(report) });
        print_quietly(&report::line(&answer));
        return;
    }
    print_quietly(&trail(report));
    let result = serde_json::to_string_pretty(&report.result).unwrap_or_default();
    print_quietly(&format!("{result}\n"));
}

/// Prints a run that has none.
pub(super) fn failed(report: &RunReport, problem: &Problem, json: bool) {
    if json {
        let mut answer = problem.to_json("pipeline");
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("run".to_owned(), run_json(report));
        }
        print_quietly(&report::line(&answer));
        return;
    }
    print_quietly(&trail(report));
    problem.print();
}

/// What happened, a line a step and a line a question.
fn trail(report: &RunReport) -> String {
    let mut text = String::new();
    for step in &report.steps {
        let _ = write!(text, "{} (try {})", step.step, step.attempt);
        if let Some(trail) = &step.trail {
            let _ = write!(text, " -> {}", trail.then);
            if let Some(reason) = &trail.reason {
                let _ = write!(text, ": {reason}");
            }
        }
        text.push('\n');
        for ask in &step.asks {
            let _ = writeln!(text, "  {}", ask_text(ask));
        }
    }
    text
}

fn ask_text(ask: &AskReport) -> String {
    let mut text = format!("asked {}", ask.purpose);
    match (ask.by, ask.failed, ask.tokens) {
        (_, Some(failed), _) => {
            let _ = write!(text, ": no reply ({failed})");
        }
        (by, None, Some((prompt, reply))) => {
            let about = if ask.estimated { "about " } else { "" };
            let _ = write!(text, ": {} answered, {about}{prompt} + {reply} tokens", by.unwrap_or("nobody"));
        }
        (_, None, None) => {}
    }
    for (place, fault) in &ask.faults {
        let _ = write!(text, "; {place} {fault}");
    }
    if ask.asked_again {
        text.push_str(if ask.replayed {
            "; asked again, and not paid twice"
        } else {
            "; may have been asked twice"
        });
    }
    text
}

pub(super) const fn status(end: &End) -> &'static str {
    match end {
        End::Completed => "completed",
        End::Blocked { .. } => "blocked",
        End::Failed { .. } => "failed",
    }
}

pub(super) fn step_json(step: &StepReport) -> Value {
    let trail = step.trail.as_ref().map(|trail| json!({ "then": trail.then, "reason": trail.reason }));
    json!({
        "step": step.step,
        "attempt": step.attempt,
        "fuel": step.fuel,
        "sandbox_us": step.sandbox_us,
        "models_us": step.models_us,
        "asks": step.asks.iter().map(ask_json).collect::<Vec<_>>(),
        "decision": trail,
    })
}

fn ask_json(ask: &AskReport) -> Value {
    let faults: Vec<Value> =
        ask.faults.iter().map(|(place, fault)| json!({ "by": place, "fault": fault })).collect();
    json!({
        "purpose": ask.purpose,
        "key": ask.key,
        "by": ask.by,
        "failed": ask.failed,
        "prompt_tokens": ask.tokens.map(|tokens| tokens.0),
        "reply_tokens": ask.tokens.map(|tokens| tokens.1),
        "estimated": ask.estimated,
        "faults": faults,
        "asked_again": ask.asked_again,
        "replayed": ask.replayed,
    })
}

pub(super) fn attachment_json(made: &Attachment) -> Value {
    json!({ "name": made.name, "bytes": made.bytes.len(), "digest": Digest::of(&made.bytes) })
}
