//! `cargo xtask tidy`: the house rules that a program can check.
//!
//! It reads what git tracks or would track, and changes nothing.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::house::House;

/// Above this many lines a source file is split.
const LINES_MAX: usize = 600;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 8] = ["util", "utils", "helper", "helpers", "common", "misc", "manager", "base"];

/// Documents a newcomer looks for.
const DOCUMENTS: [&str; 6] =
    ["README.md", "ARCHITECTURE.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "wit/README.md"];

/// Marks of unfinished work. Spelled in halves, so that this file does not find itself.
const UNFINISHED: [(&str, &str); 5] =
    [("TO", "DO"), ("FIX", "ME"), ("XX", "X:"), ("todo", "!("), ("unimplemented", "!(")];

/// Files that other people wrote or that programs write.
const NOT_OURS: [&str; 4] = ["tests/apps/", "tests/golden/", "Cargo.lock", "package-lock.json"];

/// One broken rule at one place.
struct Finding {
    place: String,
    rule: String,
}

/// Checks every file and prints what is wrong.
pub(crate) fn run(house: &House) -> Result<()> {
    let listed = command::read(Command::new("git").current_dir(house.root("")).args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    let files: Vec<&str> = listed.lines().filter(|file| house.root(file).is_file()).collect();
    let mut findings = Vec::new();
    for file in &files {
        check_name(file, &mut findings);
        if NOT_OURS.iter().any(|skip| file.contains(skip)) {
            check_places(house, file, &mut findings)?;
            continue;
        }
        let Some(text) = text(house.root(file))? else { continue };
        check_lines(file, &text, &mut findings);
        check_places(house, file, &mut findings)?;
    }
    for document in DOCUMENTS {
        if fs::metadata(house.root(document)).map_or(true, |meta| meta.len() == 0) {
            findings.push(Finding { place: document.to_owned(), rule: "is missing or empty".to_owned() });
        }
    }
    for finding in &findings {
        eprintln!("tidy: {}: {}", finding.place, finding.rule);
    }
    if !findings.is_empty() {
        bail!("{} places are not tidy", findings.len());
    }
    eprintln!("tidy: {} files", files.len());
    Ok(())
}

fn check_name(file: &str, findings: &mut Vec<Finding>) {
    let stems = file.split('/').map(|part| part.split('.').next().unwrap_or(part));
    let ours = !NOT_OURS.iter().any(|skip| file.contains(skip));
    if let Some(name) = stems.into_iter().find(|stem| ours && EMPTY_NAMES.contains(stem)) {
        findings.push(Finding { place: file.to_owned(), rule: format!("the name {name} says nothing") });
    }
}

fn check_lines(file: &str, text: &str, findings: &mut Vec<Finding>) {
    let mut broken =
        |line: usize, rule: String| findings.push(Finding { place: format!("{file}:{line}"), rule });
    let source = file.ends_with(".rs") || file.ends_with(".mjs");
    let guest = file.starts_with("tests/guests/");
    let test = !guest && (file.starts_with("tests/") || file.contains("/tests/"));
    let count = text.lines().count();
    if source && count > LINES_MAX {
        broken(count, format!("longer than {LINES_MAX} lines"));
    }
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        if source && UNFINISHED.iter().any(|(first, second)| line.contains(&format!("{first}{second}"))) {
            broken(number, "unfinished".to_owned());
        }
        if source && test && (line.contains("thread::sleep") || line.contains("time::sleep(")) {
            broken(number, "a test waits on a condition, not on a clock".to_owned());
        }
        // One that says why it waits to be asked for, such as a measurement, is fine.
        if source && line.trim() == concat!("#[", "ignore]") {
            broken(number, "an ignored test without a reason".to_owned());
        }
    }
}

/// Folders of this machine have no place in a repository.
fn check_places(house: &House, file: &str, findings: &mut Vec<Finding>) -> Result<()> {
    let Some(text) = text(house.root(file))? else { return Ok(()) };
    let root = house.root("");
    let above = root.parent().filter(|parent| parent.components().count() > 1);
    let Some(above) = above.map(|path| format!("{}/", path.display())) else { return Ok(()) };
    for (index, line) in text.lines().enumerate() {
        if line.contains(&above) {
            findings.push(Finding {
                place: format!("{file}:{}", index + 1),
                rule: "a folder of this machine".to_owned(),
            });
        }
    }
    Ok(())
}

/// The text of a file; none when it is not text.
fn text(path: PathBuf) -> Result<Option<String>> {
    let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(String::from_utf8(bytes).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(file: &str, text: &str) -> Vec<String> {
        let mut findings = Vec::new();
        check_name(file, &mut findings);
        check_lines(file, text, &mut findings);
        findings.into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_file_of_the_allowed_length_passes_and_one_line_more_does_not() {
        assert!(rules("host/a/src/lib.rs", &"x\n".repeat(LINES_MAX)).is_empty());
        assert_eq!(rules("host/a/src/lib.rs", &"x\n".repeat(LINES_MAX + 1)).len(), 1);
    }

    #[test]
    fn a_name_that_says_nothing_is_found_at_any_depth() {
        assert_eq!(rules("host/utils/src/lib.rs", "").len(), 1);
        assert_eq!(rules("host/a/src/misc.rs", "").len(), 1);
        assert!(rules("host/a/src/commonplace.rs", "").is_empty());
    }

    #[test]
    fn a_sleep_is_refused_in_a_test_and_allowed_elsewhere() {
        assert_eq!(rules("tests/it/a.rs", "std::thread::sleep(x)").len(), 1);
        assert!(rules("host/a/src/lib.rs", "std::thread::sleep(x)").is_empty());
    }
}
