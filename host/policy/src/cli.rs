//! `hivesync policy explain | lint | diff`: text or JSON, and an exit code.
//!
//! | exit | explain | lint | diff |
//! |---|---|---|---|
//! | 0 | the policy is valid | nothing but notes | nothing became wider |
//! | 1 | – | warnings | something became wider or different |
//! | 2 | the file is refused | the file is refused | one of the files is refused |

use serde::Serialize;
use serde_json::{Value, json};

use crate::lint::Severity;
use crate::{Asks, Ceiling, Policy, PolicyError, diff, effective, explain, explain_json, lint};

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON value and a line break.
    Json,
}

/// What a command prints and ends with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// For standard output.
    pub text: String,
    /// The exit code: see the module.
    pub exit: u8,
}

/// A policy file: what to call it, and its text.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// As the user named it.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// Everything is as it should be.
const EXIT_FINE: u8 = 0;
/// Somebody should look.
const EXIT_LOOK: u8 = 1;
/// A host refuses the file.
const EXIT_REFUSED: u8 = 2;

/// What the policy permits on this host.
pub fn explain_file(file: File<'_>, format: Format) -> Answer {
    let policy = match Policy::parse(file.text) {
        Ok(policy) => policy,
        Err(invalid) => return refused(file, &invalid.problems, format),
    };
    if policy.module.worlds.is_empty() {
        return nothing_runs(file, &policy, format);
    }
    match effective(&Ceiling::of_this_host(), &policy, &Asks::everything(&policy)) {
        Err(error) => refused(file, &[error], format),
        Ok(effective) => {
            let text = match format {
                Format::Text => explain(&effective),
                Format::Json => pretty(&explain_json(&effective)),
            };
            Answer { text, exit: EXIT_FINE }
        }
    }
}

/// A policy that stands for no world has no effective form: there is nothing to permit.
fn nothing_runs(file: File<'_>, policy: &Policy, format: Format) -> Answer {
    let sentence = "It stands for no world, so nothing runs under it.";
    let text = match format {
        Format::Text => format!("{}: {}\n\n{sentence}\n", policy.name, policy.purpose),
        Format::Json => pretty(&json!({ "file": file.name, "policy": null, "message": sentence })),
    };
    Answer { text, exit: EXIT_FINE }
}

/// What a careful reviewer would say.
pub fn lint_file(file: File<'_>, format: Format) -> Answer {
    let findings = lint(file.text);
    let worst = findings.iter().map(|finding| finding.severity).min();
    let exit = match worst {
        Some(Severity::Error) => EXIT_REFUSED,
        Some(Severity::Warning) => EXIT_LOOK,
        Some(Severity::Note) | None => EXIT_FINE,
    };
    let text = match format {
        Format::Json => pretty(&json!({ "file": file.name, "findings": findings })),
        Format::Text => {
            let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
            let lines = findings.iter().map(|finding| format!("{}:{finding}\n", file.name));
            let tally = format!(
                "{}: {} errors, {} warnings, {} notes\n",
                file.name,
                count(Severity::Error),
                count(Severity::Warning),
                count(Severity::Note)
            );
            lines.chain([tally]).collect()
        }
    };
    Answer { text, exit }
}

/// Which way the second policy goes from the first.
pub fn diff_files(old: File<'_>, new: File<'_>, format: Format) -> Answer {
    let (first, second) = match (Policy::parse(old.text), Policy::parse(new.text)) {
        (Ok(first), Ok(second)) => (first, second),
        (Err(invalid), _) => return refused(old, &invalid.problems, format),
        (_, Err(invalid)) => return refused(new, &invalid.problems, format),
    };
    let changes = diff(&first, &second);
    let wider = changes.iter().any(|change| change.direction.needs_approval());
    let verdict = match (changes.is_empty(), wider) {
        (true, _) => "The policies say the same.",
        (false, true) => "The new policy permits something that the old one did not.",
        (false, false) => "The new policy permits nothing that the old one did not.",
    };
    let text = match format {
        Format::Json => pretty(&json!({ "wider": wider, "changes": changes, "verdict": verdict })),
        Format::Text => {
            let lines = changes.iter().map(|change| format!("{change}\n"));
            lines.chain([format!("{verdict}\n")]).collect()
        }
    };
    Answer { text, exit: if wider { EXIT_LOOK } else { EXIT_FINE } }
}

fn refused(file: File<'_>, problems: &[PolicyError], format: Format) -> Answer {
    let text = match format {
        Format::Json => pretty(&json!({ "file": file.name, "errors": problems })),
        Format::Text => problems
            .iter()
            .map(|problem| format!("{}: {}: {problem}\n    {}\n", file.name, problem.code(), problem.hint()))
            .collect(),
    };
    Answer { text, exit: EXIT_REFUSED }
}

fn pretty(value: &Value) -> String {
    // A `Value` has string keys and finite numbers only, so that it always serialises.
    let mut text = to_json(value).unwrap_or_default();
    text.push('\n');
    text
}

fn to_json(value: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SHIPPED, shipped};

    fn file(text: &str) -> File<'_> {
        File { name: "p.toml", text }
    }

    #[test]
    fn shipped_policies_are_explained_and_have_no_warnings() {
        for (name, text) in SHIPPED {
            assert_eq!(explain_file(file(text), Format::Text).exit, 0, "{name}");
            let answer = lint_file(file(text), Format::Text);
            assert_eq!(answer.exit, 0, "{}", answer.text);
        }
    }

    #[test]
    fn exit_codes_say_what_the_table_says() {
        let good = shipped("preview-bundler").unwrap();
        let wider = good.replace("134_217_728", "134_217_729");
        let risky = good.replace("\"**/.env*\",", "");
        let above = good.replace("134_217_728", "268_435_457");
        let bad = "schema = 1";
        assert_eq!(explain_file(file(&above), Format::Text).exit, 2);
        assert_eq!(explain_file(file(bad), Format::Json).exit, 2);
        assert_eq!(lint_file(file(&risky), Format::Text).exit, 1);
        assert_eq!(lint_file(file(&above), Format::Text).exit, 2);
        assert_eq!(lint_file(file(bad), Format::Text).exit, 2);
        assert_eq!(diff_files(file(good), file(good), Format::Text).exit, 0);
        assert_eq!(diff_files(file(good), file(&wider), Format::Text).exit, 1);
        assert_eq!(diff_files(file(&wider), file(good), Format::Text).exit, 0);
        assert_eq!(diff_files(file(good), file(bad), Format::Text).exit, 2);
    }

    #[test]
    fn json_answers_are_json_and_name_code_key_and_place() {
        let above = shipped("preview-bundler").unwrap().replace("134_217_728", "268_435_457");
        let answer: Value = serde_json::from_str(&explain_file(file(&above), Format::Json).text).unwrap();
        assert_eq!(answer["errors"][0]["code"], "policy.ceiling");
        assert_eq!(answer["errors"][0]["key"], "limits.artifact-bytes");
        assert!(answer["errors"][0]["place"]["line"].as_u64().unwrap() > 1);
        assert!(answer["errors"][0]["hint"].as_str().unwrap().contains("268435456"));
        let good = explain_file(file(shipped("preview-bundler").unwrap()), Format::Json);
        let good: Value = serde_json::from_str(&good.text).unwrap();
        assert_eq!(good["policy"]["limits"]["fuel"], 60_000_000_000_u64);
        assert!(good["digest"].as_str().unwrap().starts_with("sha256:"));
    }
}
