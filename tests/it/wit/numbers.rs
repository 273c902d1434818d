//! The numbers in the prose, against the constants of the code.

use hivesync_policy::Keyed as _;
use hivesync_types::{Limits, bounds};

use super::Wit;

/// Numbers in a text, as they stand there.
fn numbers(text: &str) -> Vec<u64> {
    let words = text.split(|c: char| !c.is_ascii_digit());
    words.filter(|word| !word.is_empty()).map(|word| word.parse().unwrap()).collect()
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap()
}

/// Each function whose bounds hold numbers, with the constants they stand for.
fn expected() -> Vec<(&'static str, &'static str, Vec<u64>)> {
    let limits = Limits::defaults();
    vec![
        ("project", "entries", vec![wide(bounds::ENTRIES_PER_CALL_MAX)]),
        ("project", "read", vec![limits.transfer_bytes]),
        ("artifacts", "write", vec![limits.artifacts, limits.artifact_bytes, limits.transfer_bytes]),
        ("log", "write", vec![wide(bounds::LOG_LINE_BYTES_MAX), limits.log_lines, limits.log_bytes]),
        ("mapper", "transform", vec![wide(bounds::MAP_JOBS_PER_CALL_MAX), limits.jobs]),
        ("mapper", "rewrite", vec![wide(bounds::MAP_JOBS_PER_CALL_MAX), wide(bounds::PLUGIN_PROGRAMS_MAX)]),
        ("mapper", "link", vec![wide(bounds::LINK_MODULES_MAX)]),
        ("steps", "begin", step_numbers()),
        ("steps", "resume", vec![wide(bounds::REPLY_BYTES_MAX), wide(bounds::STEP_ASKS_MAX)]),
    ]
}

fn step_numbers() -> Vec<u64> {
    vec![
        wide(bounds::STEP_JSON_BYTES_MAX),
        wide(bounds::STEP_ATTACHMENTS_MAX),
        wide(bounds::ASK_MESSAGES_MAX),
        wide(bounds::ASK_TEXT_BYTES_MAX),
        wide(bounds::ASK_SCHEMA_BYTES_MAX),
        wide(bounds::ASK_PICTURES_MAX),
        1,
        u64::from(bounds::ASK_TOKENS_MAX),
        wide(bounds::STEP_STATE_BYTES_MAX),
    ]
}

#[test]
fn numbers_in_the_bounds_of_a_function_are_those_of_the_code() {
    let wit = Wit::read();
    let mut expected = expected();
    for (name, interface) in wit.interfaces() {
        for (function, item) in &interface.functions {
            let docs = item.docs.contents.as_deref().unwrap();
            let bounds = docs.split("**Bounds:**").nth(1).unwrap().split("**Fails:**").next().unwrap();
            let found = numbers(bounds);
            let known = expected.iter().position(|(i, f, _)| *i == name && *f == function);
            let known = known.map(|index| expected.swap_remove(index).2).unwrap_or_default();
            assert_eq!(found, known, "{name}.{function}");
        }
    }
    assert!(expected.is_empty(), "{expected:?}");
}

#[test]
fn numbers_about_names_are_those_of_the_code() {
    let wit = Wit::read();
    let (_, artifacts) = wit.interfaces().find(|(name, _)| *name == "artifacts").unwrap();
    let docs = artifacts.functions["write"].docs.contents.as_deref().unwrap();
    let rule = docs.split("**Policy:**").next().unwrap();
    let name = format!("1 to {} bytes", bounds::ARTIFACT_NAME_BYTES_MAX);
    let segment = format!("a segment is 1 to {} of", bounds::ARTIFACT_SEGMENT_BYTES_MAX);
    assert!(rule.contains(&name) && rule.contains(&segment), "{rule}");
    let steps = std::fs::read_to_string(crate::golden::repository("wit/steps.wit")).unwrap();
    for (most, of) in [
        (bounds::STEP_ATTACHMENT_NAME_BYTES_MAX, "A-Z a-z 0-9 . _ -"),
        (bounds::ASK_PURPOSE_BYTES_MAX, "a-z 0-9 -"),
    ] {
        assert!(steps.contains(&format!("1 to {most} of `{of}`")), "{most} of {of}");
    }
    let project = std::fs::read_to_string(crate::golden::repository("wit/project.wit")).unwrap();
    assert!(project.contains(&format!("at most {} bytes", bounds::PATH_BYTES_MAX)));
}

#[test]
fn numbers_in_the_table_of_imports_are_those_of_the_prose() {
    let readme = std::fs::read_to_string(crate::golden::repository("wit/README.md")).unwrap();
    // What a guest offers has no row there.
    for (interface, function, expected) in expected().into_iter().filter(|(name, ..)| *name != "steps") {
        let row = crate::policy::rows(&readme)
            .into_iter()
            .find(|cells| cells[0] == interface && cells[1] == function)
            .unwrap();
        let found = numbers(&row[3]);
        // The table leaves out the bytes of one call that every function has.
        assert!(expected.starts_with(&found) && !found.is_empty(), "{interface}.{function}: {found:?}");
    }
}
