use hivesync_types::Code;
use proptest::prelude::*;

use super::*;
use crate::keys::all_keys;
use crate::{Degraded, shipped};

fn bundler() -> Policy {
    Policy::parse(shipped("preview-bundler").unwrap()).unwrap()
}

fn all_imports() -> Asks {
    Asks::new(World::PreviewBundler, Interface::ALL)
}

#[test]
fn what_is_refused_is_refused_with_its_code_and_key() {
    type Change = fn(&mut Ceiling, &mut Policy, &mut Asks);
    let table: [(&str, Change, Code, &str); 9] = [
        ("another world", |_, _, asks| asks.world = World::Transform, Code::PolicyDenied, "module.worlds"),
        (
            "an import without a grant",
            |_, policy, _| policy.grants.retain(|name, _| *name != Interface::Mapper),
            Code::WitImportNotGranted,
            "grants",
        ),
        (
            "the fast mode",
            |_, p, _| p.determinism = Determinism::Fast,
            Code::PolicyCeiling,
            "determinism.mode",
        ),
        (
            "a profile without a runner",
            |ceiling, policy, _| {
                ceiling.profiles = vec![Profile::Sealed];
                policy.profile = Profile::Wasi;
            },
            Code::PolicyCeiling,
            "profile",
        ),
        (
            "a run without seccomp",
            |_, policy, _| {
                let walls = [Wall::Seccomp].into();
                policy.layer2.allow_degraded = Some(Degraded { walls, reason: "x".to_owned() });
            },
            Code::PolicyCeiling,
            "layer2.allow-degraded.walls",
        ),
        (
            "a run that does not ask for rlimits",
            |_, policy, _| policy.layer2.require.retain(|wall| *wall != Wall::Rlimits),
            Code::PolicyCeiling,
            "layer2.require",
        ),
        ("a lower ceiling", |ceiling, _, _| ceiling.limits.fuel = 1, Code::PolicyCeiling, "limits.fuel"),
        (
            "more memory",
            |_, p, _| p.limits.memory_bytes = 536_870_913,
            Code::PolicyCeiling,
            "limits.memory-bytes",
        ),
        ("more time", |_, p, _| p.compile.cpu_seconds = 601, Code::PolicyCeiling, "compile.cpu-seconds"),
    ];
    for (name, change, code, key) in table {
        let (mut ceiling, mut policy, mut asks) = (Ceiling::of_this_host(), bundler(), all_imports());
        change(&mut ceiling, &mut policy, &mut asks);
        let error = effective(&ceiling, &policy, &asks).expect_err(name);
        assert_eq!((error.code(), error.key.as_str()), (code, key), "{name}");
    }
    assert!(effective(&Ceiling::of_this_host(), &bundler(), &all_imports()).is_ok());
}

#[test]
fn every_ceiling_is_the_most_and_not_one_above() {
    for key in all_keys() {
        let text = |value: u64| {
            let policy = shipped("default").unwrap().replace("worlds = []", "worlds = [\"transform\"]");
            // A key name stands in two sections; the rest of the file decides nothing here.
            let head = policy.split("[limits]").next().unwrap().to_owned();
            Policy::parse(&format!("{head}[{}]\n{} = {value}\n", key.section, key.name)).unwrap()
        };
        let asks = Asks::new(World::Transform, []);
        let ceiling = Ceiling::of_this_host();
        assert!(effective(&ceiling, &text(key.ceiling), &asks).is_ok(), "{}", key.path());
        let error = effective(&ceiling, &text(key.ceiling + 1), &asks).unwrap_err();
        assert_eq!((error.code(), error.key), (Code::PolicyCeiling, key.path()));
        assert!(error.place.is_some());
    }
}

#[test]
fn a_grant_that_the_module_does_not_import_does_not_become_effective() {
    let asks = Asks::new(World::PreviewBundler, [Interface::Log]);
    let effective = effective(&Ceiling::of_this_host(), &bundler(), &asks).unwrap();
    assert_eq!(effective.granted_names(), ["log"]);
    assert!(!effective.allows_project_path("package.json"));
    assert!(!effective.allows_artifact("main.jsbundle"));
}

#[test]
fn the_bundler_sees_sources_and_no_secrets() {
    let effective = effective(&Ceiling::of_this_host(), &bundler(), &all_imports()).unwrap();
    for path in ["App.tsx", "node_modules/react/index.js", "src/env.ts", "assets/a.png"] {
        assert!(effective.allows_project_path(path), "{path}");
    }
    for path in [".env", "app/.env.local", ".git/config", ".npmrc", "keys/release.keystore", "a/.ENV"] {
        assert!(!effective.allows_project_path(path), "{path}");
    }
    for name in ["main.jsbundle", "main.jsbundle.map", "assets/a/b.png", "drawable-mdpi/a.png", "raw/a.ttf"] {
        assert!(effective.allows_artifact(name), "{name}");
    }
    for name in ["metadata.json", "logs.txt", "index.html", "raw/a/b"] {
        assert!(!effective.allows_artifact(name), "{name}");
    }
}

#[test]
fn the_digest_changes_with_what_is_permitted_and_not_with_its_words() {
    let ceiling = Ceiling::of_this_host();
    let digest = |policy: &Policy| effective(&ceiling, policy, &all_imports()).unwrap().digest();
    let original = digest(&bundler());
    let text = shipped("preview-bundler").unwrap();
    let changed = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        digest(&Policy::parse(&text.replace(from, to)).unwrap())
    };
    assert_eq!(changed("People watch", "Everybody watches"), original);
    assert_eq!(changed("name = \"preview-bundler\"", "name = \"other\""), original);
    assert_eq!(
        changed("\"**/.npmrc\",\n    \"**/.yarnrc*\"", "\"**/.yarnrc*\",\n    \"**/.npmrc\""),
        original
    );
    assert_ne!(changed("134_217_728", "134_217_727"), original);
    assert_ne!(changed("    \"**/*.pem\",\n", ""), original);
    assert_ne!(changed("\"raw/*\"", "\"raw/**\""), original);
}

proptest! {
    /// Whatever a policy and a module ask for: the answer is an error, or nothing in it
    /// exceeds the ceiling, the policy, or the asks.
    #[test]
    fn nothing_makes_a_policy_wider(
        policy_factors in prop::collection::vec(0_u64..40, 21),
        ask_factors in prop::collection::vec(0_u64..40, 15),
        imports in prop::collection::btree_set(prop::sample::select(Interface::ALL.to_vec()), 0..5),
    ) {
        let ceiling = Ceiling::of_this_host();
        let scaled = |factor: &u64, top: u64| top / 32 * factor;
        let mut policy = bundler();
        let ceilings = all_keys().map(|key| key.ceiling);
        let mut numbers = policy_factors.iter().zip(ceilings).map(|(f, top)| scaled(f, top));
        policy.limits = Limits::from_values(&mut numbers);
        policy.compile = CompileLimits::from_values(&mut numbers);
        let asked = ask_factors.iter().zip(Limits::KEYS).map(|(f, key)| scaled(f, key.ceiling));
        let asks = Asks { limits: Limits::from_values(asked), ..Asks::new(World::PreviewBundler, imports) };
        match effective(&ceiling, &policy, &asks) {
            Err(error) => prop_assert_eq!(error.code(), Code::PolicyCeiling),
            Ok(effective) => {
                let numbers = effective.limits.values().into_iter()
                    .zip(ceiling.limits.values()).zip(policy.limits.values()).zip(asks.limits.values());
                for (((value, ceiling), policy), asked) in numbers {
                    prop_assert!(value <= ceiling && value <= policy && value <= asked);
                }
                prop_assert!(effective.grants.keys().eq(asks.imports.iter()));
            }
        }
    }
}
