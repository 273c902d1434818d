//! `hivesync docs`: one file through the pipeline `ai-docs`.

use std::fmt::Write as _;

use hivesync_steps::RunReport;
use hivesync_types::Code;
use serde_json::{Value, json};

use crate::cli::{DocsArguments, DocsKind};
use crate::command::pipeline::{Wanted, problem_of, run_json, take, tell, text};
use crate::exit::Exit;
use crate::progress::print_quietly;
use crate::report::{self, Problem};

/// The pipeline.
const PIPELINE: &str = "ai-docs";

pub(crate) fn run(arguments: &DocsArguments) -> Exit {
    let json = arguments.run.json;
    let report = input(arguments).and_then(|input| {
        take(Wanted::new(PIPELINE, input, Vec::new(), arguments.run.tokens), &arguments.run)
    });
    let report = match report {
        Ok(report) => report,
        Err(problem) => return tell("docs", json, &problem),
    };
    if let Some(problem) = problem_of(&report) {
        return tell("docs", json, &problem);
    }
    if json {
        let answer = json!({ "command": "docs", "ok": true, "result": run_json(&report) });
        print_quietly(&report::line(&answer));
    } else {
        print_quietly(&page(&report));
    }
    Exit::Done
}

fn input(arguments: &DocsArguments) -> Result<Value, Problem> {
    let kind = match arguments.kind {
        DocsKind::Summary => "summary",
        DocsKind::Comments => "comments",
        DocsKind::Rename => "rename",
        DocsKind::Full => "full",
    };
    let path = arguments.file.to_string_lossy().trim_start_matches(['/', '.']).to_owned();
    let mut input = json!({ "path": path, "text": text(&arguments.file)?, "kind": kind });
    if let (Some(range), Some(input)) = (&arguments.range, input.as_object_mut()) {
        input.insert("range".to_owned(), lines(range)?);
    }
    Ok(input)
}

fn lines(range: &str) -> Result<Value, Problem> {
    let numbers = range.split_once('-').or(Some((range, range)));
    let numbers =
        numbers.and_then(|(start, end)| Some((start.parse::<u32>().ok()?, end.parse::<u32>().ok()?)));
    match numbers {
        Some((start, end)) => Ok(json!({ "start": start, "end": end })),
        None => {
            let message = format!("`{range}` is not a range of lines such as 10-20");
            Err(Problem::with_code(Code::RequestInvalid, &message))
        }
    }
}

/// For a person: the summary, what to know, and the diff.
fn page(report: &RunReport) -> String {
    let result = &report.result;
    let mut page = String::new();
    if let Some(summary) = result.get("summary").and_then(Value::as_str) {
        let _ = writeln!(page, "{summary}");
    }
    for point in result.get("points").and_then(Value::as_array).into_iter().flatten() {
        let _ = writeln!(page, "- {}", point.as_str().unwrap_or_default());
    }
    let diff = result.get("diff").and_then(Value::as_str).unwrap_or_default();
    if !diff.is_empty() {
        let _ = write!(page, "{diff}");
    }
    for left in result.get("left_out").and_then(Value::as_array).into_iter().flatten() {
        let reason = left.get("reason").and_then(Value::as_str).unwrap_or_default();
        let _ = writeln!(page, "left out: {} {reason}", left.get("suggestion").unwrap_or(&Value::Null));
    }
    if page.is_empty() {
        page.push_str("nothing to propose\n");
    }
    page
}
