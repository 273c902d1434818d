//! A policy that has been read and believed.

use std::fmt;

use hivesync_types::{Code, CompileLimits, Limits};
use serde::Serialize;

use crate::place::Places;
use crate::raw::{RawPolicy, known_keys};
use crate::{Grants, Layer2Rule, ModuleRule, Place, PolicyError, Problem};

mod sections;

/// The only schema there is.
pub(crate) const SCHEMA: &str = "hivesync-policy/1";

/// Bytes of a policy file; a longer one is not for people.
pub(crate) const POLICY_BYTES_MAX: usize = 65_536;

/// What stands around the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// The interfaces of `wit/` and nothing else.
    Sealed,
    /// The same walls, with the directories `/project` and `/out` for modules that
    /// stock toolchains make.
    Wasi,
}

impl Profile {
    /// The word in a policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sealed => "sealed",
            Self::Wasi => "wasi",
        }
    }
}

/// What may decide when a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Determinism {
    /// Instructions are counted: the same input ends the same way everywhere.
    Strict,
    /// Only time counts: about a third faster, and never cached.
    Fast,
}

impl Determinism {
    /// The word in a policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Fast => "fast",
        }
    }
}

/// One policy file, understood. It may still ask for more than a host grants: see
/// [`crate::effective`].
#[derive(Debug, Clone)]
pub struct Policy {
    /// Names the policy in audit records.
    pub name: String,
    /// What it is for, in one sentence.
    pub purpose: String,
    /// What stands around the guest.
    pub profile: Profile,
    /// Which modules it stands for.
    pub module: ModuleRule,
    /// What they may do.
    pub grants: Grants,
    /// What a run may use.
    pub limits: Limits,
    /// What may decide when a run ends.
    pub determinism: Determinism,
    /// What compiling may take.
    pub compile: CompileLimits,
    /// Which walls must stand.
    pub layer2: Layer2Rule,
    pub(crate) places: Places,
}

/// A file that is no policy: everything that is wrong with it, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct InvalidPolicy {
    /// At least one.
    pub problems: Vec<PolicyError>,
}

impl InvalidPolicy {
    /// The code of the first problem.
    pub fn code(&self) -> Code {
        self.problems.first().map_or(Code::PolicyInvalid, PolicyError::code)
    }
}

impl fmt::Display for InvalidPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{problem}")?;
        }
        Ok(())
    }
}

impl Policy {
    /// Reads a policy file. Every problem is reported, not only the first.
    pub fn parse(text: &str) -> Result<Self, InvalidPolicy> {
        let (raw, places, unknown) = read(text)?;
        match Self::try_from((raw, places)) {
            Ok(policy) if unknown.is_empty() => Ok(policy),
            Ok(_) => Err(in_order(unknown)),
            Err(invalid) => Err(in_order(unknown.into_iter().chain(invalid.problems).collect())),
        }
    }

    /// Where `key` stands in the file.
    pub fn place(&self, key: &str) -> Option<Place> {
        self.places.get(key)
    }
}

/// The file as written, where its keys stand, and the keys that no policy has.
fn read(text: &str) -> Result<(RawPolicy, Places, Vec<PolicyError>), InvalidPolicy> {
    if text.len() > POLICY_BYTES_MAX {
        let problem = Problem::Syntax(format!("the file is longer than {POLICY_BYTES_MAX} bytes"));
        return Err(in_order(vec![PolicyError::new("", problem)]));
    }
    let mut table =
        toml::de::DeTable::parse(text).map_err(|error| syntax(text, &Places::default(), &error))?;
    let places = Places::of(text, table.get_ref());
    let known = known_keys();
    let unknown = places.keys().filter(|(key, _)| !known.iter().any(|name| name == key));
    let unknown: Vec<PolicyError> = unknown
        .filter(|(key, _)| parent(key).is_none_or(|table| known.iter().any(|name| name == table)))
        .map(|(key, place)| {
            PolicyError::new(key, Problem::UnknownKey { nearest: nearest(key, &known) }).at(Some(place))
        })
        .collect();
    // Taken out, so that the rest of the file is looked at too; the caller refuses the
    // file all the same.
    for error in &unknown {
        remove(table.get_mut(), &error.key);
    }
    let read = RawPolicy::deserialize_from(table).map_err(|error| syntax(text, &places, &error));
    match read {
        Ok(raw) => Ok((raw, places, unknown)),
        Err(invalid) => Err(in_order(unknown.into_iter().chain(invalid.problems).collect())),
    }
}

impl RawPolicy {
    fn deserialize_from(table: toml::Spanned<toml::de::DeTable<'_>>) -> Result<Self, toml::de::Error> {
        serde::Deserialize::deserialize(toml::de::Deserializer::from(table))
    }
}

fn syntax(text: &str, places: &Places, error: &toml::de::Error) -> InvalidPolicy {
    let span = error.span();
    let key = span.as_ref().and_then(|span| places.key_at(text, span)).unwrap_or_default();
    let problem = Problem::Syntax(error.message().trim_end().replace('\n', ", "));
    let place = span.map(|span| Place::of(text, span.start));
    InvalidPolicy { problems: vec![PolicyError::new(key, problem).at(place)] }
}

fn parent(key: &str) -> Option<&str> {
    key.rsplit_once('.').map(|(table, _)| table)
}

fn remove(table: &mut toml::de::DeTable<'_>, key: &str) {
    match key.split_once('.') {
        None => {
            let written = table.keys().find(|name| name.get_ref() == key).cloned();
            written.map(|name| table.remove(&name));
        }
        Some((head, rest)) => {
            for (name, value) in table.iter_mut() {
                if let (true, toml::de::DeValue::Table(inner)) = (name.get_ref() == head, value.get_mut()) {
                    remove(inner, rest);
                }
            }
        }
    }
}

/// The known key of the same table that takes the fewest changed letters to reach; none
/// when that would be most of it.
fn nearest(key: &str, known: &[String]) -> Option<String> {
    let siblings = known.iter().filter(|name| parent(name) == parent(key));
    let best = siblings.map(|name| (changes(key, name), name)).min()?;
    (best.0 <= key.len().div_ceil(4).min(4)).then(|| best.1.clone())
}

/// How many letters must be put in, taken out or changed.
fn changes(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (index, from) in a.chars().enumerate() {
        let mut left = index.saturating_add(1);
        let mut diagonal = index;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, to) in row.iter_mut().skip(1).zip(b.chars()) {
            let kept = diagonal.saturating_add(usize::from(from != to));
            diagonal = *cell;
            *cell = kept.min(left.saturating_add(1)).min(diagonal.saturating_add(1));
            left = *cell;
        }
    }
    row.last().copied().unwrap_or_default()
}

fn in_order(mut problems: Vec<PolicyError>) -> InvalidPolicy {
    problems.sort_by_key(|problem| problem.place);
    InvalidPolicy { problems }
}

#[cfg(test)]
mod tests;
