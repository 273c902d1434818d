//! Where in a policy file something stands.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::Serialize;

/// A place in a text, both one-based; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The character in the line.
    pub column: u32,
}

impl Place {
    /// The place of the byte at `offset`; the end of the text for one beyond it.
    pub(crate) fn of(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline.saturating_add(1));
        let column = before.get(line_start..).unwrap_or_default().chars().count();
        Self { line: count(before.matches('\n').count()), column: count(column) }
    }
}

fn count(zero_based: usize) -> u32 {
    u32::try_from(zero_based).unwrap_or(u32::MAX).saturating_add(1)
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// The place of every key of a file, by its dotted name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places(BTreeMap<String, Place>);

impl Places {
    /// Reads the keys of a parsed file. Tables in arrays do not occur in a policy.
    pub(crate) fn of(text: &str, table: &toml::de::DeTable<'_>) -> Self {
        let mut places = Self::default();
        places.collect(text, "", table);
        places
    }

    fn collect(&mut self, text: &str, prefix: &str, table: &toml::de::DeTable<'_>) {
        for (key, value) in table {
            let name = match prefix {
                "" => key.get_ref().to_string(),
                _ => format!("{prefix}.{}", key.get_ref()),
            };
            if let Some(inner) = value.get_ref().as_table() {
                self.collect(text, &name, inner);
            }
            self.0.insert(name, Place::of(text, key.span().start));
        }
    }

    /// The place of `key`, else of the nearest table around it that is written down.
    pub(crate) fn get(&self, key: &str) -> Option<Place> {
        let mut name = key;
        loop {
            if let Some(place) = self.0.get(name) {
                return Some(*place);
            }
            name = name.rsplit_once('.')?.0;
        }
    }

    /// The key whose own place is nearest before `span`: what a value's error is about.
    pub(crate) fn key_at(&self, text: &str, span: &Range<usize>) -> Option<String> {
        let place = Place::of(text, span.start);
        let before = self.0.iter().filter(|(_, at)| **at <= place);
        before.max_by_key(|(name, at)| (**at, name.len())).map(|(name, _)| name.clone())
    }

    /// Every key that is written down, dotted, in order of name.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&str, Place)> {
        self.0.iter().map(|(name, place)| (name.as_str(), *place))
    }

    /// The key itself is written down.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        assert_eq!(Place::of("a\nbé c", 0), Place { line: 1, column: 1 });
        assert_eq!(Place::of("a\nbé c", 5), Place { line: 2, column: 3 });
        assert_eq!(Place::of("a\n", 99), Place { line: 2, column: 1 });
    }

    #[test]
    fn a_key_that_is_absent_is_shown_at_the_table_it_belongs_to() {
        let text = "name = \"x\"\n[limits]\nfuel = 1\n";
        let places = Places::of(text, toml::de::DeTable::parse(text).unwrap().get_ref());
        assert_eq!(places.get("limits.fuel"), Some(Place { line: 3, column: 1 }));
        assert_eq!(places.get("limits.wall-ms"), Some(Place { line: 2, column: 2 }));
        assert_eq!(places.get("module.worlds"), None);
        assert!(places.has("name") && !places.has("limits.wall-ms"));
    }
}
