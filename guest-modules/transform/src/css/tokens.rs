//! CSS as tokens, as far as names and addresses are to be found in it.
//!
//! **Invariant:** the ranges of the tokens follow one another and cover the text; what is no
//! CSS becomes single signs.

use std::ops::Range;

/// What a piece of a style sheet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// White space and comments.
    Space,
    Ident,
    /// A name with its opening parenthesis.
    Function,
    /// `@` and a name.
    AtKeyword,
    /// `#` and a name.
    Hash,
    /// With its quotes.
    Text,
    /// `url(…)` without quotes inside.
    Url,
    /// Any other character.
    Sign(u8),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

impl Token {
    pub(super) fn is_sign(&self, sign: u8) -> bool {
        self.kind == Kind::Sign(sign)
    }

    pub(super) fn text<'a>(&self, sheet: &'a str) -> &'a str {
        sheet.get(self.range.clone()).unwrap_or_default()
    }
}

pub(super) fn tokens(sheet: &str) -> Vec<Token> {
    let bytes = sheet.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let (kind, end) = token(bytes, at, byte);
        found.push(Token { kind, range: at..end });
        at = end;
    }
    found
}

fn token(bytes: &[u8], at: usize, byte: u8) -> (Kind, usize) {
    let next = bytes.get(at + 1).copied();
    match byte {
        b'/' if next == Some(b'*') => (Kind::Space, end_of_comment(bytes, at)),
        b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' => {
            (Kind::Space, end_while(bytes, at, |byte| byte.is_ascii_whitespace()))
        }
        b'"' | b'\'' => (Kind::Text, end_of_text(bytes, at, byte)),
        b'#' if next.is_some_and(is_name) => (Kind::Hash, end_of_name(bytes, at + 1)),
        b'@' if starts_name(bytes, at + 1) => (Kind::AtKeyword, end_of_name(bytes, at + 1)),
        b'0'..=b'9' => {
            (Kind::Sign(byte), end_while(bytes, at, |byte| is_name(byte) || byte == b'.' || byte == b'%'))
        }
        b'.' if next.is_some_and(|next| next.is_ascii_digit()) => {
            (Kind::Sign(b'0'), end_of_name(bytes, at + 1))
        }
        _ if starts_name(bytes, at) => named(bytes, at),
        _ => (Kind::Sign(byte), at + 1),
    }
}

fn named(bytes: &[u8], at: usize) -> (Kind, usize) {
    let end = end_of_name(bytes, at);
    if bytes.get(end) != Some(&b'(') {
        return (Kind::Ident, end);
    }
    let inside = end_while(bytes, end + 1, |byte| byte.is_ascii_whitespace());
    let is_quoted = matches!(bytes.get(inside), Some(b'"' | b'\''));
    if !bytes.get(at..end).is_some_and(|name| name.eq_ignore_ascii_case(b"url")) || is_quoted {
        return (Kind::Function, end + 1);
    }
    let mut close = inside;
    while let Some(&byte) = bytes.get(close) {
        match byte {
            b')' => return (Kind::Url, close + 1),
            b'\\' => close += 2,
            _ => close += 1,
        }
    }
    (Kind::Url, bytes.len())
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'\\') || !byte.is_ascii()
}

/// A name begins with a letter, after at most two dashes.
fn starts_name(bytes: &[u8], at: usize) -> bool {
    let letter = |byte: Option<&u8>| {
        byte.is_some_and(|byte| is_name(*byte) && !byte.is_ascii_digit() && *byte != b'-')
    };
    match bytes.get(at) {
        Some(b'-') => letter(bytes.get(at + 1)) || bytes.get(at + 1) == Some(&b'-'),
        first => letter(first),
    }
}

fn end_of_name(bytes: &[u8], at: usize) -> usize {
    let mut end = at;
    while let Some(&byte) = bytes.get(end).filter(|byte| is_name(**byte)) {
        end += if byte == b'\\' { 2 } else { 1 };
    }
    // An escape may stand for a character of several bytes.
    while bytes.get(end).is_some_and(|byte| byte & 0xC0 == 0x80) {
        end += 1;
    }
    end.min(bytes.len())
}

fn end_while(bytes: &[u8], at: usize, is_part: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().position(|byte| !is_part(*byte)).map_or(bytes.len(), |length| at + length)
}

fn end_of_comment(bytes: &[u8], at: usize) -> usize {
    let inside = bytes.get(at + 2..).unwrap_or_default();
    inside.windows(2).position(|pair| pair == b"*/").map_or(bytes.len(), |length| at + length + 4)
}

/// A text ends at its quote, or unclosed at the end of its line.
fn end_of_text(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut end = at + 1;
    while let Some(&byte) = bytes.get(end) {
        match byte {
            b'\\' => end += 2,
            b'\n' => return end,
            _ if byte == quote => return end + 1,
            _ => end += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tokens_cover_every_text_without_a_gap() {
        let hostile =
            ["a{", "url(", "url( x\\)", "\"\\", "\\", "#", "@", "/*", "-", "--", ".5em", "é\\é{}", "'a\nb'"];
        for sheet in hostile {
            let mut end = 0;
            for token in tokens(sheet) {
                assert_eq!(token.range.start, end, "{sheet}");
                assert!(sheet.get(token.range.clone()).is_some(), "{sheet}: {token:?}");
                end = token.range.end;
            }
            assert_eq!(end, sheet.len(), "{sheet}");
        }
    }

    #[test]
    fn names_functions_and_addresses_are_told_apart() {
        let sheet = "@media .a-b#c:not(.d){x:url(a b) url('c') .5s}";
        let kinds: Vec<(Kind, &str)> = tokens(sheet)
            .iter()
            .filter(|token| !matches!(token.kind, Kind::Sign(_) | Kind::Space))
            .map(|token| (token.kind, token.text(sheet)))
            .collect();
        let expected = [
            (Kind::AtKeyword, "@media"),
            (Kind::Ident, "a-b"),
            (Kind::Hash, "#c"),
            (Kind::Function, "not("),
            (Kind::Ident, "d"),
            (Kind::Ident, "x"),
            (Kind::Url, "url(a b)"),
            (Kind::Function, "url("),
            (Kind::Text, "'c'"),
        ];
        assert_eq!(kinds, expected);
    }
}
