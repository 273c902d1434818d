//! What is said to the author, and which of it a map has room for.

use std::borrow::Cow;

/// Something to tell the author.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Diagnostic {
    pub(crate) path: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
}

impl Diagnostic {
    /// About a line.
    pub(crate) fn new(path: &str, line: u32, code: &'static str, message: String) -> Self {
        Self { path: path.to_owned(), line, column: 0, code: Cow::Borrowed(code), message }
    }
}

/// Leaves at most so many, in their order, and tells whether there were more. The first ones of
/// every file stay: a sheet of somebody else with a hundred old prefixes must not hide what is
/// wrong with a page.
pub(super) fn cut(all: &mut Vec<Diagnostic>, most: usize) -> bool {
    all.sort();
    if all.len() <= most {
        return false;
    }
    let mut ranked: Vec<(usize, Diagnostic)> = Vec::with_capacity(all.len());
    for one in all.drain(..) {
        let rank = match ranked.last() {
            Some((rank, before)) if before.path == one.path => rank.saturating_add(1),
            _ => 0,
        };
        ranked.push((rank, one));
    }
    ranked.sort();
    ranked.truncate(most);
    all.extend(ranked.into_iter().map(|(_, one)| one));
    all.sort();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_the_first_ones_of_every_file_stay() {
        let one = |path: &str, line| Diagnostic::new(path, line, "x", String::new());
        let mut all: Vec<Diagnostic> = (0..9).rev().map(|line| one("a.css", line)).collect();
        all.extend([one("b.html", 7), one("b.html", 5), one("c.html", 1)]);
        let mut whole = all.clone();
        assert!(!cut(&mut whole, 12));
        assert_eq!(whole.len(), 12);
        assert!(cut(&mut all, 5));
        let left: Vec<(&str, u32)> = all.iter().map(|one| (one.path.as_str(), one.line)).collect();
        assert_eq!(left, [("a.css", 0), ("a.css", 1), ("b.html", 5), ("b.html", 7), ("c.html", 1)]);
    }
}
