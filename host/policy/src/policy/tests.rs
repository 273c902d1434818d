use std::collections::BTreeSet;

use super::*;
use crate::keys::{Keyed, all_keys};
use crate::{Accept, Interface, SHIPPED, Wall, shipped};

/// A policy that runs, with `extra` behind it.
fn with(extra: &str) -> String {
    format!(
        "schema = \"hivesync-policy/1\"\nname = \"t\"\npurpose = \"Tests.\"\n\
         [module]\naccept = \"built-here\"\nworlds = [\"preview-bundler\"]\n{extra}"
    )
}

fn problems(text: &str) -> Vec<PolicyError> {
    Policy::parse(text).unwrap_err().problems
}

#[test]
fn every_shipped_policy_is_valid_and_called_as_its_file() {
    for (name, text) in SHIPPED {
        assert_eq!(Policy::parse(text).unwrap().name, name);
    }
}

#[test]
fn the_manual_grants_nothing_and_shows_the_defaults() {
    let manual = Policy::parse(shipped("default").unwrap()).unwrap();
    assert!(manual.grants.is_empty() && manual.module.worlds.is_empty());
    assert_eq!(manual.module.accept, Accept::Nothing);
    assert_eq!(manual.limits, Limits::defaults());
    assert_eq!(manual.compile, CompileLimits::defaults());
    assert_eq!(manual.layer2.require.len(), Wall::ALL.len());
    for key in all_keys() {
        assert!(manual.places.has(&key.path()), "{} is not in the manual", key.path());
    }
}

/// With the examples in its comments brought to life, the manual holds every key that
/// is known, and every key it holds is known.
#[test]
fn the_manual_shows_every_key_there_is() {
    let example = |line: &str| {
        let bare = line.strip_prefix("# ")?;
        (bare.starts_with('[') || bare.split_once(" = ").is_some_and(|(key, _)| !key.contains([' ', '`'])))
            .then(|| bare.to_owned())
    };
    let text = shipped("default").unwrap();
    let lively: Vec<String> =
        text.lines().map(|line| example(line).unwrap_or_else(|| line.to_owned())).collect();
    let text = lively.join("\n");
    let places = Places::of(&text, toml::de::DeTable::parse(&text).unwrap().get_ref());
    let shown: BTreeSet<String> = places.keys().map(|(key, _)| key.to_owned()).collect();
    let known: BTreeSet<String> = known_keys().into_iter().collect();
    assert_eq!(shown, known);
    let policy = Policy::parse(&text).unwrap();
    assert_eq!(policy.grants.len(), Interface::ALL.len());
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_one_that_was_meant() {
    let problems = problems(&with("[limits]\nful = 5_000_000\nzzz = 1\n[grant.log]\nreason = \"x\"\n"));
    let said: Vec<_> = problems.iter().map(|p| (p.key.as_str(), p.place.unwrap().line, p.hint())).collect();
    assert_eq!(said[0], ("limits.ful", 8, "Did you mean `limits.fuel`?".to_owned()));
    assert_eq!(said[1].0, "limits.zzz");
    assert!(said[1].2.starts_with("Remove it"));
    assert_eq!((said[2].0, said[2].2.as_str()), ("grant", "Did you mean `grants`?"));
    assert!(problems.iter().all(|problem| problem.code() == Code::PolicyInvalid));
}

#[test]
fn a_value_of_another_type_is_named_with_its_key_and_place() {
    let problems = problems(&with("[limits]\nfuel = \"much\"\n"));
    assert_eq!(problems[0].key, "limits.fuel");
    assert_eq!(problems[0].place, Some(Place { line: 8, column: 8 }));
    assert!(matches!(problems[0].problem, Problem::Syntax(_)));
}

#[test]
fn text_that_is_not_toml_is_named_with_its_place() {
    let problems = problems("schema = \"hivesync-policy/1\"\nname = \n");
    assert_eq!(problems[0].place.unwrap().line, 2);
    assert_eq!(problems[0].code(), Code::PolicyInvalid);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let text = "name = \"A b\"\nprofile = \"open\"\n[module]\naccept = \"named\"\nworlds = [\"moon\"]\n\
                [grants.log]\nreason = \" \"\n[grants.project]\nreason = \"Why.\"\ninclude = [\"../x\"]\n\
                [limits]\nwall-ms = 1\n";
    let keys: Vec<String> = problems(text).into_iter().map(|problem| problem.key).collect();
    for key in [
        "schema",
        "purpose",
        "name",
        "profile",
        "module.accept",
        "module.worlds",
        "grants.log.reason",
        "grants.project.include",
        "limits.wall-ms",
    ] {
        assert!(keys.iter().any(|found| found == key), "{key} is missing in {keys:?}");
    }
    assert_eq!(keys.len(), 9);
}

#[test]
fn a_floor_is_the_least_and_not_one_below() {
    for key in all_keys().filter(|key| key.floor > 0) {
        let table = |value: u64| with(&format!("[{}]\n{} = {value}\n", key.section, key.name));
        assert!(Policy::parse(&table(key.floor)).is_ok(), "{}", key.path());
        let problems = problems(&table(key.floor - 1));
        assert_eq!(problems[0].key, key.path());
        assert!(matches!(problems[0].problem, Problem::BelowFloor { .. }));
    }
}

#[test]
fn a_grant_without_a_reason_is_refused() {
    let problems = problems(&with("[grants.log]\n[grants.mapper]\nreason = \"\"\n"));
    assert_eq!((problems[0].key.as_str(), &problems[0].problem), ("grants.log.reason", &Problem::Missing));
    assert_eq!(
        (problems[1].key.as_str(), &problems[1].problem),
        ("grants.mapper.reason", &Problem::NoReason)
    );
}

#[test]
fn an_exception_is_for_a_wall_that_is_required() {
    let degraded =
        "[layer2.allow-degraded]\nwalls = [\"landlock\"]\nreason = \"An old kernel, behind a firewall.\"\n";
    assert!(Policy::parse(&with(degraded)).is_ok());
    let problems = problems(&with(&format!("[layer2]\nrequire = [\"seccomp\"]\n{degraded}")));
    assert_eq!(problems[0].key, "layer2.allow-degraded.walls");
    assert!(matches!(problems[0].problem, Problem::Contradiction(_)));
}

#[test]
fn a_wasi_world_needs_the_wasi_profile_and_the_other_way_round() {
    let world = with("").replace("preview-bundler", "wasi:cli/command");
    assert_eq!(problems(&world)[0].key, "module.worlds");
    let profile = with("").replace("[module]", "profile = \"wasi\"\n[module]");
    assert_eq!(problems(&profile)[0].key, "module.worlds");
    assert!(Policy::parse(&world.replace("[module]", "profile = \"wasi\"\n[module]")).is_ok());
}

#[test]
fn a_file_longer_than_people_write_is_refused() {
    let long = |bytes: usize| format!("{}#{}", with(""), "x".repeat(bytes - with("").len() - 1));
    assert!(Policy::parse(&long(POLICY_BYTES_MAX)).is_ok());
    assert_eq!(problems(&long(POLICY_BYTES_MAX + 1))[0].code(), Code::PolicyInvalid);
}

proptest::proptest! {
    /// One character of a good policy is put in, taken out or changed: it stays good, or
    /// every problem has a code, a key or a place, and something to do.
    #[test]
    fn a_policy_with_one_wrong_character_is_good_or_says_what_is_wrong(
        shipped in 0_usize..5,
        at in 0_usize..4000,
        put in proptest::option::of("[\\[\\]\"=.#0-9a-z\\n -]"),
        take in 0_usize..2,
    ) {
        let text: Vec<char> = SHIPPED[shipped].1.chars().collect();
        let at = at.min(text.len() - 1);
        let changed: String = text[..at].iter().copied()
            .chain(put.unwrap_or_default().chars())
            .chain(text[at + take..].iter().copied())
            .collect();
        if let Err(invalid) = Policy::parse(&changed) {
            for problem in invalid.problems {
                proptest::prop_assert_eq!(problem.code(), Code::PolicyInvalid);
                proptest::prop_assert!(problem.place.is_some() || !problem.key.is_empty(), "{}", problem);
                proptest::prop_assert!(problem.hint().ends_with(['.', '?']), "{}", problem);
            }
        }
    }

    #[test]
    fn no_text_makes_the_reader_fail_in_another_way(text in ".{0,200}") {
        if let Err(invalid) = Policy::parse(&text) {
            proptest::prop_assert!(!invalid.problems.is_empty());
            proptest::prop_assert_eq!(invalid.code(), Code::PolicyInvalid);
        }
    }
}
