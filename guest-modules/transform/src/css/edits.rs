//! What is changed in the text of a style sheet, and what it asks for.

use std::collections::HashMap;
use std::ops::Range;

use super::tokens::Token;

/// What another file is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) specifier: String,
    /// The byte offset of the place.
    pub(super) place: usize,
}

#[derive(Debug)]
enum Change {
    Text(String),
    /// The address of a file, by its dependency, and what follows it.
    Address(usize, String),
}

/// A piece of the sheet that is made.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// `url("…")` of a dependency, with what follows the file's name.
    Address(usize, String),
}

/// Changes by their place, none within another.
#[derive(Debug, Default)]
pub(super) struct Edits {
    changes: Vec<(Range<usize>, Change)>,
    asked: Vec<Asked>,
    /// The index of each specifier.
    places: HashMap<String, usize>,
}

impl Edits {
    pub(super) fn asked(&self) -> &[Asked] {
        &self.asked
    }

    pub(super) fn replace(&mut self, range: Range<usize>, text: String) {
        self.changes.push((range, Change::Text(text)));
    }

    pub(super) fn remove(&mut self, range: Range<usize>) {
        self.replace(range, String::new());
    }

    /// From the first of the tokens to the last.
    pub(super) fn replace_all(&mut self, tokens: &[Token], text: &str) {
        if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
            self.replace(first.range.start..last.range.end, text.to_owned());
        }
    }

    /// The index of what `specifier` asks for, once however often it is asked.
    pub(super) fn depend(&mut self, specifier: &str, place: usize) -> usize {
        if let Some(known) = self.places.get(specifier) {
            return *known;
        }
        let index = self.asked.len();
        self.asked.push(Asked { specifier: specifier.to_owned(), place });
        self.places.insert(specifier.to_owned(), index);
        index
    }

    /// Puts the address of a file where `range` is.
    pub(super) fn address(&mut self, range: Range<usize>, specifier: &str, behind: &str) {
        let dependency = self.depend(specifier, range.start);
        self.changes.push((range, Change::Address(dependency, behind.to_owned())));
    }

    /// The sheet with its changes. Of two that overlap the first counts.
    pub(super) fn apply(mut self, sheet: &str) -> (Vec<Piece>, Vec<Asked>) {
        self.changes.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut end = 0;
        for (range, change) in self.changes {
            if range.start < end {
                continue;
            }
            text.push_str(sheet.get(end..range.start).unwrap_or_default());
            end = range.end;
            match change {
                Change::Text(replacement) => text.push_str(&replacement),
                Change::Address(dependency, behind) => {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                    pieces.push(Piece::Address(dependency, behind));
                }
            }
        }
        text.push_str(sheet.get(end..).unwrap_or_default());
        pieces.push(Piece::Text(text));
        (pieces, self.asked)
    }
}
