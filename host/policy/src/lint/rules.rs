//! What a reviewer asks about. Each rule looks at one thing in a policy that is valid.

use std::collections::BTreeMap;

use super::{Finding, Severity};
use crate::explain::grouped;
use crate::keys::Keyed;
use crate::{Accept, Interface, Pattern, Policy, Wall};

/// A rule adds what it finds.
type Rule = fn(&Policy, &mut Vec<Finding>);

/// All of them.
pub(super) const RULES: &[Rule] = &[
    everything,
    secrets,
    patterns,
    reasons,
    ceilings,
    walls,
    identity,
    worlds,
    unused_limits,
    limits_out_of_reach,
];

/// Paths that hold what nobody wants in a bundle.
const SECRETS: &[&str] =
    &[".env", ".env.local", "app/.env.production", ".git/config", ".npmrc", "certs/key.pem"];

/// Words of a reason that says nothing.
const EMPTY_WORDS: &[&str] =
    &["todo", "fixme", "tbd", "xxx", "n/a", "because", "needed", "required", "…", "..."];

/// Words of the shortest reason that can say why.
const REASON_WORDS_MIN: usize = 4;

fn warn(policy: &Policy, rule: &'static str, key: &str, message: String, hint: &str) -> Finding {
    Finding {
        severity: Severity::Warning,
        rule,
        key: key.to_owned(),
        place: policy.place(key),
        message,
        hint: hint.to_owned(),
    }
}

/// A grant of names that covers every name.
fn everything(policy: &Policy, findings: &mut Vec<Finding>) {
    for (interface, grant) in &policy.grants {
        let Some(names) = grant.names() else { continue };
        let everything = names.include.iter().find(|pattern| pattern.is_everything());
        let (Some(pattern), true) = (everything, names.deny.is_empty()) else { continue };
        let key = match interface {
            Interface::Artifacts => "grants.artifacts.names",
            _ => "grants.project.include",
        };
        let message = format!("`{pattern}` covers every name there is");
        findings.push(warn(policy, "everything", key, message, "Name what the module needs."));
    }
}

/// Secrets that the module could read.
fn secrets(policy: &Policy, findings: &mut Vec<Finding>) {
    let grant = policy.grants.get(&Interface::Project);
    let Some(names) = grant.and_then(crate::Grant::names) else { return };
    let readable: Vec<&str> = SECRETS.iter().copied().filter(|path| names.allows(path)).collect();
    if !readable.is_empty() {
        let message = format!("the module could read {}", readable.join(", "));
        let hint = "Add `**/.env*`, `**/.git/**`, `**/.npmrc` and `**/*.pem` to `grants.project.deny`.";
        findings.push(warn(policy, "secrets-readable", "grants.project.deny", message, hint));
    }
}

/// Patterns that do nothing.
fn patterns(policy: &Policy, findings: &mut Vec<Finding>) {
    for (interface, grant) in &policy.grants {
        let Some(names) = grant.names() else { continue };
        let include = if *interface == Interface::Artifacts { "names" } else { "include" };
        let include = format!("grants.{interface}.{include}");
        for (key, list) in [(&include, &names.include), (&format!("grants.{interface}.deny"), &names.deny)] {
            for pattern in repeated(list) {
                let message = format!("`{pattern}` stands in the list twice");
                findings.push(warn(policy, "pattern-repeated", key, message, "Remove one of them."));
            }
        }
        if names.include.len() > 1 && names.include.iter().any(Pattern::is_everything) {
            let message = "beside a pattern for everything the others decide nothing".to_owned();
            findings.push(warn(policy, "pattern-redundant", &include, message, "Keep the narrow ones."));
        }
        for pattern in names.include.iter().filter(|pattern| names.deny.contains(pattern)) {
            let message = format!("`{pattern}` is included and denied, so it is denied");
            findings.push(warn(
                policy,
                "pattern-cancelled",
                &include,
                message,
                "Remove it from one of the lists.",
            ));
        }
    }
}

fn repeated(list: &[Pattern]) -> Vec<&Pattern> {
    let again =
        |(index, pattern): &(usize, &Pattern)| list.iter().take(*index).any(|before| before == *pattern);
    list.iter().enumerate().filter(again).map(|(_, pattern)| pattern).collect()
}

/// Reasons that say nothing, or the same twice.
fn reasons(policy: &Policy, findings: &mut Vec<Finding>) {
    let grants =
        policy.grants.iter().map(|(interface, grant)| (format!("grants.{interface}.reason"), &grant.reason));
    let degraded = policy.layer2.allow_degraded.iter();
    let degraded = degraded.map(|rule| ("layer2.allow-degraded.reason".to_owned(), &rule.reason));
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (key, reason) in grants.chain(degraded) {
        if says_nothing(reason) {
            let message = format!("the reason \"{reason}\" does not say why");
            findings.push(warn(policy, "reason-weak", &key, message, "Say what would not work without it."));
        }
        let plain = reason.trim().trim_end_matches('.').to_lowercase();
        match seen.get(&plain) {
            Some(other) => {
                let message = format!("the reason is the same as that of `{other}`");
                let hint = "Say for each why it is needed, or remove the one that is not.";
                findings.push(warn(policy, "reason-repeated", &key, message, hint));
            }
            None => drop(seen.insert(plain, key)),
        }
    }
}

fn says_nothing(reason: &str) -> bool {
    let words: Vec<String> = reason
        .split_whitespace()
        .map(|word| word.trim_matches([',', '.', ':', '!', ';']).to_lowercase())
        .filter(|word| !EMPTY_WORDS.contains(&word.as_str()))
        .collect();
    words.len() < REASON_WORDS_MIN
}

/// Numbers that a policy has raised as far as they go.
fn ceilings(policy: &Policy, findings: &mut Vec<Finding>) {
    for (key, value) in policy.limits.pairs().chain(policy.compile.pairs()) {
        if value == key.ceiling && value > key.default {
            let message =
                format!("{} is the ceiling; the default is {}", grouped(value), grouped(key.default));
            let hint = "Measure what a run uses and leave some room above it.";
            findings.push(warn(policy, "at-ceiling", &key.path(), message, hint));
        }
    }
}

/// Walls that may be missing.
fn walls(policy: &Policy, findings: &mut Vec<Finding>) {
    if let Some(rule) = &policy.layer2.allow_degraded {
        let walls: Vec<&str> = rule.walls.iter().map(|wall| wall.as_str()).collect();
        let message = format!("runs are made even where {} is missing", walls.join(", "));
        let hint = "Run on a kernel that has it, and remove the exception.";
        findings.push(warn(policy, "allow-degraded", "layer2.allow-degraded", message, hint));
    }
    let missing: Vec<&str> = Wall::ALL
        .iter()
        .filter(|wall| !policy.layer2.require.contains(wall))
        .map(|wall| wall.as_str())
        .collect();
    if !missing.is_empty() {
        let message = format!("{} is not required", missing.join(", "));
        let hint = "Leave `layer2.require` out: then every wall is required.";
        findings.push(warn(policy, "wall-not-required", "layer2.require", message, hint));
    }
}

/// Who may run.
fn identity(policy: &Policy, findings: &mut Vec<Finding>) {
    let module = &policy.module;
    if module.accept == Accept::Named && module.signers.is_empty() {
        let message = "no signature is asked for".to_owned();
        let hint = "Name in `module.signers` whose review the digests stand for.";
        findings.push(warn(policy, "unsigned", "module.signers", message, hint));
    }
    if module.accept == Accept::BuiltHere {
        let message = "whatever this host's own build makes may run".to_owned();
        let hint = "Name digests or signers for a host that gets its modules from elsewhere.";
        let finding = warn(policy, "built-here", "module.accept", message, hint);
        findings.push(Finding { severity: Severity::Note, ..finding });
    }
    for digest in module.digests.iter().filter(|digest| module.revoked.contains(digest)) {
        let message = format!("{digest} is named and revoked, so it does not run");
        findings.push(warn(
            policy,
            "named-and-revoked",
            "module.digests",
            message,
            "Remove it from `digests`.",
        ));
    }
}

/// Grants and worlds that do not meet.
fn worlds(policy: &Policy, findings: &mut Vec<Finding>) {
    let worlds = &policy.module.worlds;
    if worlds.is_empty() || policy.module.accept == Accept::Nothing {
        // A file that grants nothing either is a template, such as the manual.
        let template =
            worlds.is_empty() && policy.module.accept == Accept::Nothing && policy.grants.is_empty();
        if !template {
            let key = if worlds.is_empty() { "module.worlds" } else { "module.accept" };
            let message = "nothing can run under this policy".to_owned();
            findings.push(warn(policy, "nothing-runs", key, message, "Say which modules it is for."));
        }
        return;
    }
    for interface in policy.grants.keys() {
        if !worlds.iter().any(|world| world.imports().contains(interface)) {
            let message = format!("no world of this policy imports `{interface}`");
            findings.push(warn(
                policy,
                "grant-unused",
                &format!("grants.{interface}"),
                message,
                "Remove the grant.",
            ));
        }
    }
    for world in worlds {
        for interface in world.imports().iter().filter(|interface| !policy.grants.contains_key(interface)) {
            let message =
                format!("modules of world `{world}` may import `{interface}`, and then do not start");
            let hint = "Grant it with a reason if the modules need it.";
            let finding = warn(policy, "import-not-granted", "grants", message, hint);
            findings.push(Finding { severity: Severity::Note, ..finding });
        }
    }
}

/// Numbers that were written down for a power that is not granted.
fn unused_limits(policy: &Policy, findings: &mut Vec<Finding>) {
    let limits = &policy.limits;
    let table = [
        ("limits.jobs", limits.jobs, Interface::Mapper),
        ("limits.artifacts", limits.artifacts, Interface::Artifacts),
        ("limits.artifact-bytes", limits.artifact_bytes, Interface::Artifacts),
        ("limits.log-lines", limits.log_lines, Interface::Log),
        ("limits.log-bytes", limits.log_bytes, Interface::Log),
    ];
    // The manual writes every number down.
    if policy.grants.is_empty() && policy.module.accept == Accept::Nothing {
        return;
    }
    for (key, value, interface) in table {
        if value > 0 && policy.places.has(key) && !policy.grants.contains_key(&interface) {
            let message = format!("the limit is set and `{interface}` is not granted");
            findings.push(warn(
                policy,
                "limit-unused",
                key,
                message,
                "Remove the limit or grant the interface.",
            ));
        }
    }
}

/// Numbers that another number makes meaningless.
fn limits_out_of_reach(policy: &Policy, findings: &mut Vec<Finding>) {
    let limits = &policy.limits;
    let table = [
        ("limits.cpu-ms", limits.cpu_ms, "limits.wall-ms", limits.wall_ms),
        ("limits.host-call-ms", limits.host_call_ms, "limits.wall-ms", limits.wall_ms),
        ("limits.transfer-bytes", limits.transfer_bytes, "limits.host-call-bytes", limits.host_call_bytes),
        ("limits.stack-bytes", limits.stack_bytes, "limits.memory-bytes", limits.memory_bytes),
    ];
    for (key, value, other, bound) in table {
        if value > bound {
            let message = format!("{} cannot be reached: `{other}` is {}", grouped(value), grouped(bound));
            findings.push(warn(policy, "limit-unreachable", key, message, "Lower it below the other limit."));
        }
    }
}
