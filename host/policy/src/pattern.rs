//! Path patterns: `*` inside a segment, `**` for any number of whole segments.
//!
//! There are no classes, no braces and no escapes: a reviewer must see what a pattern
//! covers without a manual.

use std::fmt;

use serde::Serialize;

use crate::Problem;

/// Bytes of one pattern; a longer one is no rule but an attack on the reader.
const PATTERN_BYTES_MAX: usize = 256;
/// Segments of one pattern, which bounds the work of a comparison: a bit each, and one for the end.
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
        matches!(self.0.as_str(), "**" | "**/*")
    }

    /// The whole path is covered. Takes time proportional to pattern × path and no
    /// memory: every file of a project is held against every pattern.
    pub fn matches(&self, path: &str, case: LetterCase) -> bool {
        if self.is_everything() {
            return true;
        }
        match self.0.strip_prefix("**/") {
            Some(name) if !name.contains('/') => {
                let last = path.rsplit('/').next().unwrap_or_default();
                segment_matches(name, last, case)
            }
            _ => self.walks(path, case),
        }
    }

    /// Follows the path, keeping in `reached` a bit for each place in the pattern at
    /// which the rest of the path may still fit.
    fn walks(&self, path: &str, case: LetterCase) -> bool {
        let mut reached = self.past_any(1);
        for segment in path.split('/') {
            let mut next = 0_u64;
            for (place, wanted) in self.0.split('/').enumerate() {
                let here = 1_u64 << place;
                match wanted {
                    _ if reached & here == 0 => {}
                    "**" => next |= here,
                    _ if segment_matches(wanted, segment, case) => next |= here << 1,
                    _ => {}
                }
            }
            reached = self.past_any(next);
        }
        reached & (1 << self.0.split('/').count()) != 0
    }

    /// With the places that are reached because `**` may stand for nothing.
    fn past_any(&self, mut reached: u64) -> u64 {
        for (place, wanted) in self.0.split('/').enumerate() {
            if wanted == "**" {
                reached |= (reached & (1 << place)) << 1;
            }
        }
        reached
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `*` stands for any characters, also none.
fn segment_matches(wanted: &str, segment: &str, case: LetterCase) -> bool {
    let (wanted, segment) = (wanted.as_bytes(), segment.as_bytes());
    let mut parts = wanted.split(|byte| *byte == b'*');
    let head = parts.next().unwrap_or_default();
    if !segment.get(..head.len()).is_some_and(|start| same(start, head, case)) {
        return false;
    }
    let mut rest = segment.get(head.len()..).unwrap_or_default();
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts.filter(|part| !part.is_empty()) {
        let Some(at) = rest.windows(part.len()).position(|window| same(window, part, case)) else {
            return false;
        };
        rest = rest.get(at.saturating_add(part.len())..).unwrap_or_default();
    }
    let end = rest.len().checked_sub(last.len()).and_then(|from| rest.get(from..));
    end.is_some_and(|end| same(end, last, case))
}

fn same(a: &[u8], b: &[u8], case: LetterCase) -> bool {
    match case {
        LetterCase::Kept => a == b,
        LetterCase::Folded => a.eq_ignore_ascii_case(b),
    }
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
