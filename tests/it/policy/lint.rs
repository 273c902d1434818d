//! Whether the lint finds what was put there, and nothing where there is nothing.

use std::collections::BTreeSet;
use std::fs;

use hivesync_policy::{SHIPPED, Severity, lint};

use crate::golden::repository;

/// Name and text of every policy in a folder of `tests/policies/`.
fn policies(folder: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(repository("tests/policies").join(folder)).unwrap();
    let mut policies: Vec<_> = entries
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect();
    policies.sort();
    policies
}

/// The rules that complain; notes are no complaint.
fn complaints(text: &str) -> BTreeSet<&'static str> {
    let findings = lint(text).into_iter().filter(|finding| finding.severity != Severity::Note);
    findings.map(|finding| finding.rule).collect()
}

#[test]
fn every_seeded_mistake_is_found_by_its_rule_and_no_other() {
    let policies = policies("seeded");
    assert!(policies.len() >= 40);
    for (name, text) in policies {
        let expected = text.lines().next().and_then(|line| line.strip_prefix("# expect: ")).expect(&name);
        assert_eq!(complaints(&text), expected.split(' ').collect(), "{name}");
    }
}

#[test]
fn every_finding_says_where_it_is_and_what_to_do() {
    for (name, text) in policies("seeded") {
        for finding in lint(&text) {
            assert!(finding.hint.ends_with(['.', '?']), "{name}: {finding}");
            assert!(!finding.message.is_empty(), "{name}");
            // A key that is missing from the top of the file has no place.
            let nowhere = finding.place.is_none() && !matches!(finding.rule, "missing" | "wall-not-required");
            assert!(!nowhere, "{name}: {finding}");
        }
    }
}

#[test]
fn a_good_policy_gives_no_reason_to_complain() {
    let policies = policies("good");
    assert!(policies.len() >= 8);
    let shipped = SHIPPED.map(|(name, text)| (name.to_owned(), text.to_owned()));
    for (name, text) in policies.into_iter().chain(shipped) {
        assert_eq!(complaints(&text), BTreeSet::new(), "{name}");
    }
}
