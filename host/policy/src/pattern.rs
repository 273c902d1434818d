//! Path patterns: `*` inside a segment, `**` for any number of whole segments.
//!
//! There are no classes, no braces and no escapes: a reviewer must see what a pattern
//! covers without a manual.

use std::fmt;

use serde::Serialize;

use crate::Problem;

/// Bytes of one pattern; a longer one is no rule but an attack on the reader.
const PATTERN_BYTES_MAX: usize = 256;
/// Segments of one pattern, which bounds the work of a comparison.
const PATTERN_SEGMENTS_MAX: usize = 32;

/// A pattern over paths of segments joined by `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Pattern(String);

/// Whether `a` and `A` are the same letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterCase {
    /// They differ.
    Kept,
    /// They are the same, for ASCII letters: a deny rule must also hold where a file
    /// system does not tell them apart.
    Folded,
}

impl Pattern {
    /// Understands a pattern.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let bad = |why| Err(Problem::BadPattern { pattern: text.to_owned(), why });
        if text.is_empty() {
            return bad("is empty");
        }
        if text.len() > PATTERN_BYTES_MAX {
            return bad("is longer than 256 bytes");
        }
        if text.contains(|c: char| c.is_control()) {
            return bad("holds a control character");
        }
        if text.contains(['\\', '?', '[', ']', '{', '}']) {
            return bad("holds one of `\\ ? [ ] { }`, which have no meaning here");
        }
        if text.split('/').count() > PATTERN_SEGMENTS_MAX {
            return bad("has more than 32 segments");
        }
        for segment in text.split('/') {
            match segment {
                "" => return bad("has an empty segment: it is relative, with one `/` between segments"),
                "." | ".." => return bad("has a segment `.` or `..`"),
                "**" => {}
                _ if segment.contains("**") => return bad("has `**` inside a segment"),
                _ => {}
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The pattern covers everything.
    pub fn is_everything(&self) -> bool {
        matches!(self.0.as_str(), "**" | "**/*" | "*/**")
    }

    /// The whole path is covered. Takes time proportional to pattern × path.
    pub fn matches(&self, path: &str, case: LetterCase) -> bool {
        // `reached` holds, for the pattern's segments so far, how many segments of
        // the path may have been used up.
        let segments: Vec<&str> = path.split('/').collect();
        let mut reached = vec![false; segments.len().saturating_add(1)];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        for wanted in self.0.split('/') {
            reached = match wanted {
                "**" => after_any(&reached),
                _ => after_one(&reached, &segments, wanted, case),
            };
        }
        reached.last().copied().unwrap_or(false)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// From any reached place, every later one.
fn after_any(reached: &[bool]) -> Vec<bool> {
    let mut open = false;
    let from = |here: &bool| {
        open |= *here;
        open
    };
    reached.iter().map(from).collect()
}

/// From any reached place, the next one if its segment fits.
fn after_one(reached: &[bool], segments: &[&str], wanted: &str, case: LetterCase) -> Vec<bool> {
    let fits =
        reached.iter().zip(segments).map(|(here, segment)| *here && segment_matches(wanted, segment, case));
    std::iter::once(false).chain(fits).collect()
}

/// `*` stands for any characters, also none.
fn segment_matches(wanted: &str, segment: &str, case: LetterCase) -> bool {
    let (wanted, segment) = match case {
        LetterCase::Kept => (wanted.to_owned(), segment.to_owned()),
        LetterCase::Folded => (wanted.to_ascii_lowercase(), segment.to_ascii_lowercase()),
    };
    let Some((head, tail)) = wanted.split_once('*') else { return wanted == segment };
    let Some(mut rest) = segment.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = tail.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

/// Which names a grant covers: what is included and not denied.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Names {
    /// At least one must match.
    pub include: Vec<Pattern>,
    /// None may match; compared without regard to the case of ASCII letters.
    pub deny: Vec<Pattern>,
}

impl Names {
    /// The name is covered.
    pub fn allows(&self, name: &str) -> bool {
        let included = self.include.iter().any(|pattern| pattern.matches(name, LetterCase::Kept));
        included && !self.deny.iter().any(|pattern| pattern.matches(name, LetterCase::Folded))
    }
}

#[cfg(test)]
mod tests;
