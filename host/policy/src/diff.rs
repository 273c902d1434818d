//! Which way a change of a policy goes, field by field.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::explain::grouped;
use crate::keys::Keyed;
use crate::{Accept, Grant, Policy};

/// Which way one field went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// The new policy permits more.
    Wider,
    /// The new policy permits less.
    Narrower,
    /// Some of it more, some of it less: to be read as wider.
    Different,
    /// Only words for people changed.
    Words,
}

impl Direction {
    /// The word in a report.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wider => "wider",
            Self::Narrower => "narrower",
            Self::Different => "different",
            Self::Words => "words",
        }
    }

    /// Somebody must look at it before it counts.
    pub const fn needs_approval(self) -> bool {
        matches!(self, Self::Wider | Self::Different)
    }
}

/// One field that is not the same in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Which way it went.
    pub direction: Direction,
    /// The key, dotted.
    pub key: String,
    /// How it was.
    pub old: String,
    /// How it is.
    pub new: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<9} {}: {} -> {}", self.direction.as_str(), self.key, self.old, self.new)
    }
}

/// The fields that differ, in order of key.
pub fn diff(old: &Policy, new: &Policy) -> Vec<Change> {
    let (old, new) = (facts(old), facts(new));
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    keys.into_iter().filter_map(|key| change(key, old.get(key), new.get(key))).collect()
}

fn change(key: &str, old: Option<&Fact>, new: Option<&Fact>) -> Option<Change> {
    let direction = match (old, new) {
        _ if old == new => return None,
        (Some(Fact::Power(_)), Some(Fact::Power(_))) => return None,
        (Some(old), Some(new)) => old.direction_to(new),
        (None, Some(Fact::Power(_))) => Direction::Wider,
        (Some(Fact::Power(_)), None) => Direction::Narrower,
        // What hangs on a grant or an exception comes and goes with it, and that has a
        // line of its own.
        _ => return None,
    };
    let shown = |fact: Option<&Fact>| fact.map_or_else(|| "absent".to_owned(), Fact::to_string);
    Some(Change { direction, key: key.to_owned(), old: shown(old), new: shown(new) })
}

/// One field, with what makes it wider.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fact {
    /// More is wider.
    Number(u64),
    /// A later rank is wider; two words of one rank are different.
    Rank(u8, &'static str),
    /// More entries are wider.
    Allowed(BTreeSet<String>),
    /// More entries are narrower.
    Forbidden(BTreeSet<String>),
    /// More entries are wider, but none asks for nothing and is widest.
    Proofs(BTreeSet<String>),
    /// Its presence permits something; what exactly, its own fields say.
    Power(String),
    /// For people.
    Words(String),
}

impl Fact {
    fn direction_to(&self, new: &Self) -> Direction {
        match (self, new) {
            (Self::Number(old), Self::Number(new)) if new > old => Direction::Wider,
            (Self::Number(_), Self::Number(_)) => Direction::Narrower,
            (Self::Rank(old, _), Self::Rank(new, _)) => match new.cmp(old) {
                std::cmp::Ordering::Greater => Direction::Wider,
                std::cmp::Ordering::Less => Direction::Narrower,
                std::cmp::Ordering::Equal => Direction::Different,
            },
            (Self::Allowed(old), Self::Allowed(new)) => grown(old, new),
            (Self::Forbidden(old), Self::Forbidden(new)) => grown(new, old),
            (Self::Proofs(old), Self::Proofs(_)) if old.is_empty() => Direction::Narrower,
            (Self::Proofs(_), Self::Proofs(new)) if new.is_empty() => Direction::Wider,
            (Self::Proofs(old), Self::Proofs(new)) => grown(old, new),
            (Self::Words(_), Self::Words(_)) => Direction::Words,
            _ => Direction::Different,
        }
    }
}

fn grown(old: &BTreeSet<String>, new: &BTreeSet<String>) -> Direction {
    match (old.is_subset(new), new.is_subset(old)) {
        (true, _) => Direction::Wider,
        (_, true) => Direction::Narrower,
        (false, false) => Direction::Different,
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(value) => f.write_str(&grouped(*value)),
            Self::Rank(_, word) => f.write_str(word),
            Self::Power(scope) => f.write_str(scope),
            Self::Allowed(set) | Self::Forbidden(set) | Self::Proofs(set) => {
                let list: Vec<&str> = set.iter().map(String::as_str).collect();
                write!(f, "[{}]", list.join(", "))
            }
            Self::Words(words) => write!(f, "{words:?}"),
        }
    }
}

fn set<T: ToString>(values: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    values.into_iter().map(|value| value.to_string()).collect()
}

/// What a grant covers, for the line that says that it came or went.
fn scope(grant: &Grant) -> String {
    let list = |patterns: &[crate::Pattern]| {
        patterns.iter().map(crate::Pattern::as_str).collect::<Vec<_>>().join(", ")
    };
    match grant.names() {
        None => "granted".to_owned(),
        Some(names) if names.deny.is_empty() => format!("granted for {}", list(&names.include)),
        Some(names) => format!("granted for {} but never {}", list(&names.include), list(&names.deny)),
    }
}

/// Everything a policy says, by dotted key.
fn facts(policy: &Policy) -> BTreeMap<String, Fact> {
    let accept = match policy.module.accept {
        Accept::Nothing => Fact::Rank(0, "nothing"),
        Accept::BuiltHere => Fact::Rank(1, "built-here"),
        Accept::Named => Fact::Rank(1, "named"),
    };
    let mut facts = BTreeMap::new();
    let mut put = |key: &str, fact| facts.insert(key.to_owned(), fact);
    put("name", Fact::Words(policy.name.clone()));
    put("purpose", Fact::Words(policy.purpose.clone()));
    put("profile", Fact::Rank(u8::from(policy.profile != crate::Profile::Sealed), policy.profile.as_str()));
    put("module.accept", accept);
    put("module.digests", Fact::Proofs(set(&policy.module.digests)));
    put("module.signers", Fact::Proofs(set(&policy.module.signers)));
    put("module.revoked", Fact::Forbidden(set(&policy.module.revoked)));
    put("module.worlds", Fact::Allowed(set(&policy.module.worlds)));
    let mode = policy.determinism;
    put("determinism.mode", Fact::Rank(u8::from(mode != crate::Determinism::Strict), mode.as_str()));
    put("layer2.require", Fact::Forbidden(set(&policy.layer2.require)));
    let degraded = policy.layer2.allow_degraded.as_ref();
    let excused = degraded.map(|rule| set(&rule.walls)).unwrap_or_default();
    put("layer2.allow-degraded.walls", Fact::Allowed(excused));
    if let Some(rule) = degraded {
        put("layer2.allow-degraded.reason", Fact::Words(rule.reason.clone()));
    }
    for (key, value) in policy.limits.pairs().chain(policy.compile.pairs()) {
        put(&key.path(), Fact::Number(value));
    }
    for (interface, grant) in &policy.grants {
        put(&format!("grants.{interface}"), Fact::Power(scope(grant)));
        put(&format!("grants.{interface}.reason"), Fact::Words(grant.reason.clone()));
        if let Some(names) = grant.names() {
            let include = if *interface == crate::Interface::Artifacts { "names" } else { "include" };
            put(&format!("grants.{interface}.{include}"), Fact::Allowed(set(&names.include)));
            if *interface == crate::Interface::Project {
                put(&format!("grants.{interface}.deny"), Fact::Forbidden(set(&names.deny)));
            }
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped;

    fn after(from: &str, to: &str) -> Vec<(Direction, String)> {
        let text = shipped("preview-bundler").unwrap();
        assert!(text.contains(from), "{from}");
        let old = Policy::parse(text).unwrap();
        let new = Policy::parse(&text.replacen(from, to, 1)).unwrap();
        diff(&old, &new).into_iter().map(|change| (change.direction, change.key)).collect()
    }

    #[test]
    fn a_policy_does_not_differ_from_itself() {
        assert_eq!(after("built-here", "built-here"), []);
    }

    #[test]
    fn each_change_is_called_by_its_direction() {
        use Direction::{Different, Narrower, Wider, Words};
        let mapper = "[grants.mapper]\nreason = \"Transforming thousands of modules takes more than one core, and is \
                      worth keeping between builds.\"\n";
        let table = [
            ("134_217_728", "134_217_729", Wider, "limits.artifact-bytes"),
            ("134_217_728", "134_217_727", Narrower, "limits.artifact-bytes"),
            ("    \"**/.npmrc\",\n", "", Wider, "grants.project.deny"),
            ("\"**/.npmrc\",", "\"**/.npmrc\", \"x/**\",", Narrower, "grants.project.deny"),
            ("\"raw/*\"", "\"raw/*\", \"x/*\"", Wider, "grants.artifacts.names"),
            ("\"raw/*\"", "\"raw/**\"", Different, "grants.artifacts.names"),
            ("People watch", "People look at", Words, "grants.progress.reason"),
            ("[limits]", "[layer2]\nrequire = [\"seccomp\"]\n[limits]", Wider, "layer2.require"),
            ("[limits]", "[determinism]\nmode = \"fast\"\n[limits]", Wider, "determinism.mode"),
        ];
        for (from, to, direction, key) in table {
            assert_eq!(after(from, to), [(direction, key.to_owned())], "{from} -> {to}");
        }
        assert_eq!(after(mapper, ""), [(Narrower, "grants.mapper".to_owned())]);
    }

    #[test]
    fn asking_for_no_proof_any_more_is_wider() {
        let digest = |byte: &str| format!("sha256:{}", byte.repeat(32));
        let named = |digests: String| format!("accept = \"named\"\ndigests = [{digests}]");
        let parse = |accept: &str| {
            let text = shipped("preview-bundler").unwrap().replace("accept = \"built-here\"", accept);
            Policy::parse(&text).unwrap()
        };
        let one = parse(&named(format!("\"{}\"", digest("aa"))));
        let two = parse(&named(format!("\"{}\", \"{}\"", digest("aa"), digest("bb"))));
        let built_here = parse("accept = \"built-here\"");
        let of = |old: &Policy, new: &Policy| {
            diff(old, new).iter().map(|change| change.direction).collect::<Vec<_>>()
        };
        let signed = parse(
            "accept = \"named\"\nsigners = [\"ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a\"]",
        );
        // The signer is asked for no more, and the digest newly is.
        assert_eq!(of(&signed, &one), [Direction::Narrower, Direction::Wider]);
        assert_eq!(of(&one, &two), [Direction::Wider]);
        assert_eq!(of(&two, &one), [Direction::Narrower]);
        assert_eq!(of(&one, &built_here), [Direction::Different, Direction::Wider]);
    }
}
