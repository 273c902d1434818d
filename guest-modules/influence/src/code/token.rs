//! Words, strings and brackets of JavaScript and what is like it.

/// A piece of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    Word(&'t str),
    /// A string without its quotes, or a template without anything put in.
    Text(&'t str),
    Mark(u8),
    /// `=>`.
    Arrow,
    /// A number, a regular expression, or a template with something put in.
    Other,
}

/// A piece, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind<'t>,
    pub(super) line: u32,
    /// Nothing stands in front of it on its line.
    pub(super) first: bool,
    /// Brackets around it.
    pub(super) depth: u32,
}

/// Words behind which a slash begins a regular expression.
const BEFORE_REGEX: [&str; 14] = [
    "return",
    "typeof",
    "case",
    "in",
    "of",
    "delete",
    "void",
    "throw",
    "new",
    "else",
    "do",
    "instanceof",
    "yield",
    "await",
];

/// Splits a program into its pieces.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer {
        text,
        at: 0,
        line: 1,
        first: true,
        open: Vec::new(),
        tokens: Vec::new(),
        barren: Barren::default(),
    };
    if text.starts_with("#!") {
        lexer.skip_line();
    }
    while lexer.step() {}
    lexer.tokens
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    first: bool,
    /// Brackets that are open; true where one belongs to a template.
    open: Vec<bool>,
    tokens: Vec<Token<'t>>,
    barren: Barren,
}

/// Up to where an end was looked for in vain, so that nothing is looked for twice.
#[derive(Debug, Default)]
struct Barren {
    single: usize,
    double: usize,
    regex: usize,
    comment: bool,
    template: bool,
}

impl<'t> Lexer<'t> {
    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at.saturating_add(ahead)).copied().unwrap_or(0)
    }

    fn push(&mut self, kind: Kind<'t>) {
        let depth = u32::try_from(self.open.len()).unwrap_or(u32::MAX);
        self.tokens.push(Token { kind, line: self.line, first: self.first, depth });
        self.first = false;
    }

    fn skip_line(&mut self) {
        while self.at < self.text.len() && self.byte(0) != b'\n' {
            self.at += 1;
        }
    }

    /// Reads one piece; false at the end.
    fn step(&mut self) -> bool {
        if self.at >= self.text.len() {
            return false;
        }
        match self.byte(0) {
            b'\n' => {
                self.line = self.line.saturating_add(1);
                self.first = true;
                self.at += 1;
            }
            b'/' => self.slash(),
            quote @ (b'"' | b'\'') => self.string(quote),
            b'`' if !self.barren.template => {
                self.at += 1;
                self.template(false);
            }
            b'=' if self.byte(1) == b'>' => {
                self.push(Kind::Arrow);
                self.at += 2;
            }
            mark @ (b'(' | b'[' | b'{') => {
                self.push(Kind::Mark(mark));
                self.open.push(false);
                self.at += 1;
            }
            mark @ (b')' | b']' | b'}') => self.close(mark),
            byte if byte.is_ascii_whitespace() => self.at += 1,
            byte if byte.is_ascii_digit() => {
                self.push(Kind::Other);
                self.word();
            }
            byte if is_word(byte) => {
                let start = self.at;
                self.word();
                let word = self.text.get(start..self.at).unwrap_or_default();
                self.push(Kind::Word(word));
            }
            byte => {
                self.push(Kind::Mark(byte));
                self.at += 1;
            }
        }
        true
    }

    fn word(&mut self) {
        while is_word(self.byte(0)) {
            self.at += 1;
        }
    }

    fn close(&mut self, mark: u8) {
        self.at += 1;
        if self.open.pop() == Some(true) && mark == b'}' {
            if !self.barren.template {
                self.template(true);
            }
            return;
        }
        self.push(Kind::Mark(mark));
    }

    /// A comment, a regular expression, or a mark.
    fn slash(&mut self) {
        match self.byte(1) {
            b'/' => self.skip_line(),
            b'*' => {
                let rest = self.text.get(self.at + 2..).unwrap_or_default();
                let found = if self.barren.comment { None } else { rest.find("*/") };
                let Some(length) = found else {
                    self.barren.comment = true;
                    return self.mark();
                };
                let comment = rest.get(..length).unwrap_or_default();
                self.line = self.line.saturating_add(lines(comment));
                self.at += length + 4;
            }
            _ if self.may_be_regex() => match self.regex() {
                Some(end) => {
                    self.push(Kind::Other);
                    self.at = end;
                    self.word();
                }
                None => self.mark(),
            },
            _ => self.mark(),
        }
    }

    fn mark(&mut self) {
        let byte = self.byte(0);
        self.push(Kind::Mark(byte));
        self.at += 1;
    }

    fn may_be_regex(&self) -> bool {
        match self.tokens.last().map(|token| token.kind) {
            None | Some(Kind::Arrow) => true,
            Some(Kind::Word(word)) => BEFORE_REGEX.contains(&word),
            Some(Kind::Text(_) | Kind::Other) => false,
            // The last one closes an element.
            Some(Kind::Mark(mark)) => !matches!(mark, b')' | b']' | b'}' | b'<') && self.byte(1) != b'>',
        }
    }

    /// Where a regular expression that begins here ends.
    fn regex(&mut self) -> Option<usize> {
        if self.at < self.barren.regex {
            return None;
        }
        let mut set = false;
        let mut at = self.at + 1;
        loop {
            match self.text.as_bytes().get(at).copied() {
                None | Some(b'\n') => {
                    self.barren.regex = at;
                    return None;
                }
                Some(b'\\') => at += 1,
                Some(b'[') => set = true,
                Some(b']') => set = false,
                Some(b'/') if !set => return Some(at + 1),
                Some(_) => {}
            }
            at += 1;
        }
    }

    /// A string; an apostrophe in the words of an element is a mark.
    fn string(&mut self, quote: u8) {
        let start = self.at + 1;
        let barren = if quote == b'"' { &mut self.barren.double } else { &mut self.barren.single };
        if self.at < *barren {
            return self.mark();
        }
        let mut at = start;
        loop {
            match self.text.as_bytes().get(at).copied() {
                None | Some(b'\n') => {
                    *barren = at;
                    return self.mark();
                }
                Some(b'\\') => at += 2,
                Some(byte) if byte == quote => break,
                Some(_) => at += 1,
            }
        }
        let text = self.text.get(start..at).unwrap_or_default();
        self.push(Kind::Text(text));
        self.line = self.line.saturating_add(lines(text));
        self.at = at + 1;
    }

    /// What stands in a template up to its end or to `${`; `again` behind what was put in.
    fn template(&mut self, again: bool) {
        let start = self.at;
        let mut at = start;
        loop {
            match self.text.as_bytes().get(at).copied() {
                None => {
                    self.barren.template = true;
                    return;
                }
                Some(b'\\') => at += 2,
                Some(b'`') => break,
                Some(b'$') if self.text.as_bytes().get(at + 1) == Some(&b'{') => {
                    let text = self.text.get(start..at).unwrap_or_default();
                    if !again {
                        self.push(Kind::Other);
                    }
                    self.line = self.line.saturating_add(lines(text));
                    self.open.push(true);
                    self.at = at + 2;
                    return;
                }
                Some(_) => at += 1,
            }
        }
        let text = self.text.get(start..at).unwrap_or_default();
        if !again {
            self.push(Kind::Text(text));
        }
        self.line = self.line.saturating_add(lines(text));
        self.at = at + 1;
    }
}

fn lines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX)
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'@') || byte >= 0x80
}
