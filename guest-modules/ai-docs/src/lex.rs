//! Comments, strings and nesting of a file that is not parsed.
//!
//! **Invariant:** where it cannot tell, a line counts as the inside of a string, and nothing is
//! written there.

use crate::language::{Language, Slashes};

/// One line of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Line {
    /// Brackets, or levels of indent, that are open where it begins.
    pub(crate) depth: usize,
    /// It begins inside of a string or a comment.
    pub(crate) inside: bool,
}

/// The lines of a text.
pub(crate) fn lines(text: &str, language: Language) -> Vec<Line> {
    match language {
        Language::Slashes(rules) => Lexer::new(text, rules).lines(),
        Language::Hash { triple } => indented(text, triple),
        Language::Script { .. } | Language::Other => vec![Line::default(); text.split('\n').count()],
    }
}

/// By indent, as Python nests; a string of three quotes is inside.
fn indented(text: &str, triple: bool) -> Vec<Line> {
    let mut open: Option<&str> = None;
    let mut continued = false;
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let depth = line.len().saturating_sub(line.trim_start().len()).div_ceil(4);
        lines.push(Line { depth, inside: open.is_some() || continued });
        continued = line.trim_end().ends_with('\\');
        if !triple {
            continue;
        }
        let mut rest = line;
        while let Some((at, quote)) = next_quote(rest, open) {
            open = if open.is_some() { None } else { Some(quote) };
            rest = rest.get(at + 3..).unwrap_or_default();
        }
    }
    lines
}

/// The next three quotes that open or close; a `#` or a plain string before them hides them.
fn next_quote(rest: &str, open: Option<&str>) -> Option<(usize, &'static str)> {
    if let Some(open) = open {
        let quote = if open == "\"\"\"" { "\"\"\"" } else { "'''" };
        return rest.find(quote).map(|at| (at, quote));
    }
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'#' => return None,
            b'"' | b'\'' => {
                let quote = if *byte == b'"' { "\"\"\"" } else { "'''" };
                if rest.get(at..).is_some_and(|rest| rest.starts_with(quote)) {
                    return Some((at, quote));
                }
                at = end_of_plain(bytes, at, *byte);
            }
            _ => at += 1,
        }
    }
    None
}

fn end_of_plain(bytes: &[u8], from: usize, quote: u8) -> usize {
    let mut at = from + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if *byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    at
}

struct Lexer<'a> {
    bytes: &'a [u8],
    rules: Slashes,
    at: usize,
    depth: usize,
    lines: Vec<Line>,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, rules: Slashes) -> Self {
        Self { bytes: text.as_bytes(), rules, at: 0, depth: 0, lines: vec![Line::default()] }
    }

    fn lines(mut self) -> Vec<Line> {
        while let Some(byte) = self.bytes.get(self.at).copied() {
            match byte {
                b'/' if self.starts(b"//") => self.skip_line(),
                b'/' if self.starts(b"/*") => self.comment(),
                b'"' if self.rules.triple && self.starts(b"\"\"\"") => self.until(b"\"\"\"", 3, false),
                b'r' if self.rules.raw && self.raw_hashes().is_some() => self.raw(),
                b'"' => self.until(b"\"", 1, true),
                b'`' if self.rules.backtick => self.until(b"`", 1, false),
                b'\'' if self.rules.lifetimes => self.character(),
                b'\'' => self.until(b"'", 1, true),
                b'(' | b'[' | b'{' => {
                    self.depth += 1;
                    self.at += 1;
                }
                b')' | b']' | b'}' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.at += 1;
                }
                _ => self.step(false),
            }
        }
        self.lines
    }

    fn starts(&self, with: &[u8]) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(with))
    }

    fn step(&mut self, inside: bool) {
        if self.bytes.get(self.at) == Some(&b'\n') {
            self.lines.push(Line { depth: self.depth, inside });
        }
        self.at += 1;
    }

    fn skip_line(&mut self) {
        while self.at < self.bytes.len() && self.bytes.get(self.at) != Some(&b'\n') {
            self.at += 1;
        }
    }

    fn comment(&mut self) {
        let mut open = 1_usize;
        self.at += 2;
        while self.at < self.bytes.len() && open > 0 {
            if self.starts(b"*/") {
                open -= 1;
                self.at += 2;
            } else if self.rules.nests && self.starts(b"/*") {
                open += 1;
                self.at += 2;
            } else {
                self.step(true);
            }
        }
    }

    fn until(&mut self, end: &[u8], opening: usize, escapes: bool) {
        self.at += opening;
        while self.at < self.bytes.len() {
            if escapes && self.starts(b"\\") {
                self.at += 1;
                self.step(true);
            } else if self.starts(end) {
                self.at += end.len();
                return;
            } else {
                self.step(true);
            }
        }
    }

    fn raw_hashes(&self) -> Option<usize> {
        let before = self.at.checked_sub(1).and_then(|at| self.bytes.get(at));
        if before.is_some_and(|byte| byte.is_ascii_alphanumeric() && *byte != b'b' || *byte == b'_') {
            return None;
        }
        let rest = self.bytes.get(self.at + 1..)?;
        let hashes = rest.iter().take_while(|byte| **byte == b'#').count();
        (rest.get(hashes) == Some(&b'"')).then_some(hashes)
    }

    fn raw(&mut self) {
        let hashes = self.raw_hashes().unwrap_or_default();
        let mut end = vec![b'"'];
        end.extend(std::iter::repeat_n(b'#', hashes));
        self.until(&end, hashes + 2, false);
    }

    /// `'x'`, `'\n'`, or the sign of a lifetime.
    fn character(&mut self) {
        let escaped = self.bytes.get(self.at + 1) == Some(&b'\\');
        let rest = std::str::from_utf8(self.bytes.get(self.at + 1..).unwrap_or_default()).unwrap_or_default();
        let closes = rest.chars().nth(1) == Some('\'');
        if escaped || closes { self.until(b"'", 1, true) } else { self.at += 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inside(path: &str, text: &str) -> Vec<bool> {
        lines(text, Language::of(path)).into_iter().map(|line| line.inside).collect()
    }

    #[test]
    fn a_line_inside_of_a_string_or_a_comment_is_known() {
        assert_eq!(inside("a.rs", "let a = r#\"x\n\"y\n\"#;\nb"), [false, true, true, false]);
        assert_eq!(
            inside("a.rs", "fn a<'b>(c: &'b str) { let d = '\"'; }\nlet e = \"f\n\";\ng"),
            [false, false, true, false]
        );
        assert_eq!(inside("a.rs", "/* /* a\n*/\n*/\nb"), [false, true, true, false]);
        assert_eq!(inside("a.go", "a := `b\n// c\n`\nd"), [false, true, true, false]);
        assert_eq!(
            inside("a.py", "a = \"\"\"b\n# c\n\"\"\"\nd = '\"\"\"'\ne \\\n+ f"),
            [false, true, true, false, false, true]
        );
        assert_eq!(inside("a.kt", "val a = \"\"\"\nb\n\"\"\"\nc"), [false, true, true, false]);
        assert_eq!(inside("a.c", "char a = '\"';\n\"b\\\nc\";\nd"), [false, false, true, false]);
    }

    #[test]
    fn nesting_is_what_is_open_where_a_line_begins() {
        let depth = |path: &str, text: &str| -> Vec<usize> {
            lines(text, Language::of(path)).into_iter().map(|line| line.depth).collect()
        };
        assert_eq!(depth("a.rs", "fn a() {\n    if b {\n        c(\"{\");\n    }\n}\n"), [0, 1, 2, 2, 1, 0]);
        assert_eq!(depth("a.py", "def a():\n    if b:\n        c\nd"), [0, 1, 2, 0]);
    }
}
