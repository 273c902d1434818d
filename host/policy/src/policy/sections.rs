//! From what is written to what is meant, a section at a time. Problems are collected,
//! so that one look shows them all.

use std::collections::BTreeSet;
use std::str::FromStr;

use hivesync_types::Digest;

use super::{Determinism, InvalidPolicy, Policy, Profile, SCHEMA, in_order};
use crate::keys::Keyed;
use crate::layer2::Degraded;
use crate::place::Places;
use crate::raw::{RawDegraded, RawGrants, RawLayer2, RawModule, RawPolicy};
use crate::{
    Accept, Grant, Grants, Interface, Layer2Rule, ModuleRule, Names, Pattern, PolicyError, Problem, Scope,
    Signer, Wall, World,
};

/// Characters of a purpose or a reason.
const SENTENCE_CHARACTERS_MAX: usize = 400;
/// Bytes of a policy's name.
const NAME_BYTES_MAX: usize = 64;
/// Patterns of one list; more are no rule that a person could check.
const PATTERNS_MAX: usize = 256;
/// Digests or signers of one list.
const IDENTITIES_MAX: usize = 256;

impl TryFrom<(RawPolicy, Places)> for Policy {
    type Error = InvalidPolicy;

    fn try_from((raw, places): (RawPolicy, Places)) -> Result<Self, InvalidPolicy> {
        let mut check = Check { places: &places, problems: Vec::new() };
        check.schema(raw.schema.as_deref());
        let policy = Self {
            name: check.name(raw.name),
            purpose: check.sentence("purpose", raw.purpose, &Problem::BadText("the purpose is empty")),
            profile: check.profile(raw.profile.as_deref()),
            module: check.module(&raw.module),
            grants: check.grants(raw.grants),
            limits: check.numbers(&raw.limits.written()),
            determinism: check.determinism(raw.determinism.mode.as_deref()),
            compile: check.numbers(&raw.compile.written()),
            layer2: check.layer2(raw.layer2),
            places: places.clone(),
        };
        check.profile_fits(&policy);
        match check.problems {
            problems if problems.is_empty() => Ok(policy),
            problems => Err(in_order(problems)),
        }
    }
}

/// Collects what is wrong on the way.
struct Check<'a> {
    places: &'a Places,
    problems: Vec<PolicyError>,
}

impl Check<'_> {
    fn problem(&mut self, key: &str, problem: Problem) {
        self.problems.push(PolicyError::new(key, problem).at(self.places.get(key)));
    }

    fn schema(&mut self, written: Option<&str>) {
        match written {
            Some(SCHEMA) => {}
            None => self.problem("schema", Problem::Missing),
            Some(other) => {
                let problem = Problem::UnknownWord { word: other.to_owned(), allowed: format!("`{SCHEMA}`") };
                self.problem("schema", problem);
            }
        }
    }

    fn name(&mut self, written: Option<String>) -> String {
        let Some(name) = written else {
            self.problem("name", Problem::Missing);
            return String::new();
        };
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(plain) {
            self.problem("name", Problem::BadText("a name is 1 to 64 of `a-z 0-9 -`"));
        }
        name
    }

    /// A sentence for people: not empty, one line, no control characters.
    fn sentence(&mut self, key: &str, written: Option<String>, when_empty: &Problem) -> String {
        let Some(sentence) = written else {
            self.problem(key, Problem::Missing);
            return String::new();
        };
        if sentence.trim().is_empty() {
            self.problem(key, when_empty.clone());
        } else if sentence.chars().count() > SENTENCE_CHARACTERS_MAX || sentence.chars().any(char::is_control)
        {
            self.problem(key, Problem::BadText("this is one line of at most 400 characters"));
        }
        sentence
    }

    /// One of `words`, else the first of them.
    fn word<T: Copy>(&mut self, key: &str, written: Option<&str>, words: &[(&str, T)], absent: T) -> T {
        let Some(written) = written else { return absent };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == written) {
            return *value;
        }
        let allowed = words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        self.problem(key, Problem::UnknownWord { word: written.to_owned(), allowed });
        absent
    }

    fn words<T: Copy + PartialEq>(&mut self, key: &str, written: &[String], words: &[(&str, T)]) -> Vec<T> {
        let mut values = Vec::new();
        let Some((_, any)) = words.first() else { return values };
        for word in written {
            let problems = self.problems.len();
            let value = self.word(key, Some(word), words, *any);
            if self.problems.len() > problems {
                continue;
            }
            if values.contains(&value) {
                self.problem(key, Problem::Contradiction("a word stands in the list twice"));
            }
            values.push(value);
        }
        values
    }

    fn profile(&mut self, written: Option<&str>) -> Profile {
        let words = [Profile::Sealed, Profile::Wasi].map(|profile| (profile.as_str(), profile));
        self.word("profile", written, &words, Profile::Sealed)
    }

    fn determinism(&mut self, written: Option<&str>) -> Determinism {
        let words = [Determinism::Strict, Determinism::Fast].map(|mode| (mode.as_str(), mode));
        self.word("determinism.mode", written, &words, Determinism::Strict)
    }

    fn module(&mut self, raw: &RawModule) -> ModuleRule {
        let words =
            [("nothing", Accept::Nothing), ("built-here", Accept::BuiltHere), ("named", Accept::Named)];
        let rule = ModuleRule {
            accept: self.word("module.accept", raw.accept.as_deref(), &words, Accept::Nothing),
            digests: self.digests("module.digests", &raw.digests),
            signers: self.signers(&raw.signers),
            revoked: self.digests("module.revoked", &raw.revoked),
            worlds: self.words(
                "module.worlds",
                &raw.worlds,
                &World::ALL.map(|world| (world.as_str(), world)),
            ),
        };
        let lists_are_empty = raw.digests.is_empty() && raw.signers.is_empty();
        if rule.accept == Accept::Named && lists_are_empty {
            let problem = "`named` needs a digest or a signer";
            self.problem("module.accept", Problem::Contradiction(problem));
        }
        if rule.accept != Accept::Named && !lists_are_empty {
            let problem = "digests and signers are read under `accept = \"named\"` only";
            self.problem("module.accept", Problem::Contradiction(problem));
        }
        rule
    }

    fn digests(&mut self, key: &str, written: &[String]) -> Vec<Digest> {
        self.few(key, written.len(), IDENTITIES_MAX);
        let mut digests = Vec::new();
        for text in written {
            match Digest::from_str(text) {
                Ok(digest) => digests.push(digest),
                Err(_) => self.problem(key, Problem::BadDigest(text.clone())),
            }
        }
        digests
    }

    fn signers(&mut self, written: &[String]) -> Vec<Signer> {
        self.few("module.signers", written.len(), IDENTITIES_MAX);
        let mut signers = Vec::new();
        for text in written {
            match Signer::from_str(text) {
                Ok(signer) => signers.push(signer),
                Err(problem) => self.problem("module.signers", problem),
            }
        }
        signers
    }

    fn few(&mut self, key: &str, count: usize, most: usize) {
        if count > most {
            self.problem(key, Problem::BadText("the list is longer than 256 entries"));
        }
    }

    fn grants(&mut self, raw: RawGrants) -> Grants {
        let mut grants = Grants::new();
        if let Some(project) = raw.project {
            let include = self.patterns("grants.project.include", &project.include);
            let deny = self.patterns("grants.project.deny", &project.deny);
            if project.include.is_empty() {
                self.problem("grants.project.include", Problem::Missing);
            }
            let scope = Scope::Names(Names { include, deny });
            grants.insert(Interface::Project, self.grant(Interface::Project, project.reason, scope));
        }
        if let Some(artifacts) = raw.artifacts {
            let include = self.patterns("grants.artifacts.names", &artifacts.names);
            if artifacts.names.is_empty() {
                self.problem("grants.artifacts.names", Problem::Missing);
            }
            let scope = Scope::Names(Names { include, deny: Vec::new() });
            grants.insert(Interface::Artifacts, self.grant(Interface::Artifacts, artifacts.reason, scope));
        }
        let whole =
            [(Interface::Log, raw.log), (Interface::Progress, raw.progress), (Interface::Mapper, raw.mapper)];
        for (interface, raw) in whole {
            if let Some(raw) = raw {
                grants.insert(interface, self.grant(interface, raw.reason, Scope::Whole));
            }
        }
        grants
    }

    fn grant(&mut self, interface: Interface, reason: Option<String>, scope: Scope) -> Grant {
        let key = format!("grants.{interface}.reason");
        Grant { reason: self.sentence(&key, reason, &Problem::NoReason), scope }
    }

    fn patterns(&mut self, key: &str, written: &[String]) -> Vec<Pattern> {
        self.few(key, written.len(), PATTERNS_MAX);
        let mut patterns = Vec::new();
        for text in written {
            match Pattern::parse(text) {
                Ok(pattern) => patterns.push(pattern),
                Err(problem) => self.problem(key, problem),
            }
        }
        patterns
    }

    /// Defaults where nothing is written; too little is a problem here, too much is one
    /// for the ceiling.
    fn numbers<T: Keyed>(&mut self, written: &[Option<u64>]) -> T {
        for (key, value) in T::KEYS.iter().zip(written) {
            if let Some(value) = value.filter(|value| *value < key.floor) {
                self.problem(&key.path(), Problem::BelowFloor { value, floor: key.floor });
            }
        }
        T::from_values(T::KEYS.iter().zip(written).map(|(key, value)| value.unwrap_or(key.default)))
    }

    fn layer2(&mut self, raw: RawLayer2) -> Layer2Rule {
        let words: Vec<(&str, Wall)> = Wall::ALL.iter().map(|wall| (wall.as_str(), *wall)).collect();
        let require: BTreeSet<Wall> = match raw.require {
            None => Wall::ALL.iter().copied().collect(),
            Some(written) => self.words("layer2.require", &written, &words).into_iter().collect(),
        };
        let allow_degraded = raw.allow_degraded.map(|raw| self.degraded(raw, &words, &require));
        Layer2Rule { require, allow_degraded }
    }

    fn degraded(&mut self, raw: RawDegraded, words: &[(&str, Wall)], require: &BTreeSet<Wall>) -> Degraded {
        const KEY: &str = "layer2.allow-degraded.walls";
        let walls: BTreeSet<Wall> = self.words(KEY, &raw.walls, words).into_iter().collect();
        if raw.walls.is_empty() {
            self.problem(KEY, Problem::Missing);
        }
        if !walls.is_subset(require) {
            self.problem(KEY, Problem::Contradiction("a wall that is not required needs no exception"));
        }
        let reason = self.sentence("layer2.allow-degraded.reason", raw.reason, &Problem::NoReason);
        Degraded { walls, reason }
    }

    /// A WASI module speaks another language than ours, so a policy is for one of them.
    fn profile_fits(&mut self, policy: &Policy) {
        let wasi = policy.profile == Profile::Wasi;
        let worlds = &policy.module.worlds;
        if worlds.iter().any(|world| (*world == World::WasiCommand) != wasi) {
            let problem = "world `wasi:cli/command` and profile `wasi` belong together";
            self.problem("module.worlds", Problem::Contradiction(problem));
        }
        for interface in [Interface::Progress, Interface::Mapper] {
            if wasi && policy.grants.contains_key(&interface) {
                let problem = "a WASI module has no way to use this grant";
                self.problem(&format!("grants.{interface}"), Problem::Contradiction(problem));
            }
        }
    }
}
