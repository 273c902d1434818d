//! Objects that a configuration exports as literals.

use std::iter::Peekable;
use std::slice::Iter;

use super::tokens::{Token, tokens};

/// How deep objects may stand in each other; what is deeper is not read.
const DEPTH_MAX: usize = 16;

/// A value as it is written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Literal {
    Object(Vec<(String, Literal)>),
    Null,
    Text(String),
    /// Anything else, with its line: what it is, only running the file could tell.
    Other(u32),
}

impl Literal {
    /// The value of `key`, the last one where there are several.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(entries) = self else { return None };
        entries.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value behind all of `keys`.
    pub(crate) fn behind(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }
}

/// What the file exports: none where it exports nothing.
pub(crate) fn exported(program: &str) -> Option<Literal> {
    let tokens = tokens(program);
    let is = |token: &Token, word: &str| matches!(token, Token::Word(text, _) if text == word);
    let start = tokens.windows(4).rposition(|window| match window {
        [module, dot, exports, sign] => {
            is(module, "module") && dot.is_sign('.') && is(exports, "exports") && sign.is_sign('=')
        }
        _ => false,
    });
    let start =
        match start {
            Some(start) => start + 4,
            None => tokens.windows(2).rposition(
                |pair| matches!(pair, [export, default] if is(export, "export") && is(default, "default")),
            )? + 2,
        };
    let named = |name: &str| {
        tokens.windows(3).position(|window| match window {
            [declared, own, sign] => {
                (is(declared, "const") || is(declared, "let") || is(declared, "var"))
                    && is(own, name)
                    && sign.is_sign('=')
            }
            _ => false,
        })
    };
    let start = match tokens.get(start) {
        Some(Token::Word(name, _)) => named(name).map_or(start, |declared| declared + 3),
        _ => start,
    };
    Some(value(&mut tokens.get(start..)?.iter().peekable(), 0))
}

fn value(rest: &mut Peekable<Iter<'_, Token>>, depth: usize) -> Literal {
    let line = rest.peek().map_or(0, |token| token.line());
    if depth < DEPTH_MAX && rest.next_if(|token| token.is_sign('{')).is_some() {
        return object(rest, depth);
    }
    let first = rest.peek().copied();
    let length = skip_value(rest);
    match first {
        Some(Token::Text(text, _)) if length == 1 => Literal::Text(text.clone()),
        Some(Token::Word(word, _)) if length == 1 && word == "null" => Literal::Null,
        _ => Literal::Other(line),
    }
}

fn object(rest: &mut Peekable<Iter<'_, Token>>, depth: usize) -> Literal {
    let mut entries = Vec::new();
    while let Some(token) = rest.next().filter(|token| !token.is_sign('}')) {
        if token.is_sign(',') {
            continue;
        }
        let name = token.text();
        if !name.is_empty() && rest.next_if(|token| token.is_sign(':')).is_some() {
            entries.push((name.to_owned(), value(rest, depth + 1)));
        } else {
            // A spread, a method, a computed or a shorthand name.
            skip_value(rest);
            entries.push((name.to_owned(), Literal::Other(token.line())));
        }
    }
    Literal::Object(entries)
}

/// Skips to the comma behind a value, or before the brace that closes the object, and tells how
/// many tokens that were. At the top a semicolon ends it too.
pub(super) fn skip_value<'a>(rest: &mut Peekable<impl Iterator<Item = &'a Token>>) -> usize {
    let (mut depth, mut length) = (0_i32, 0);
    while let Some(token) = rest.peek() {
        if depth == 0 && [',', '}', ';'].iter().any(|sign| token.is_sign(*sign)) {
            return length;
        }
        if ['(', '[', '{'].iter().any(|sign| token.is_sign(*sign)) {
            depth += 1;
        } else if [')', ']', '}'].iter().any(|sign| token.is_sign(*sign)) {
            depth -= 1;
        }
        rest.next();
        length += 1;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_literals_is_read_and_the_rest_is_named_by_its_line() {
        let read = exported(
            "const path = require('path');\nmodule.exports = { a: { 'b-c': null, d: \"e\", }, // x: 1\n\
             f: path.join(__dirname, { g: 'h' }),\n ...more, i() { return { j: null }; },\n k: null };",
        )
        .unwrap();
        assert_eq!(read.behind(&["a", "b-c"]), Some(&Literal::Null));
        assert_eq!(read.behind(&["a", "d"]), Some(&Literal::Text("e".to_owned())));
        assert_eq!(read.get("f"), Some(&Literal::Other(3)));
        assert_eq!(read.get("i"), Some(&Literal::Other(4)));
        assert_eq!(read.get("k"), Some(&Literal::Null));
        assert_eq!(read.behind(&["f", "g"]), None);
    }

    #[test]
    fn every_way_to_export_is_known() {
        let object = Literal::Object(vec![("a".to_owned(), Literal::Null)]);
        for program in [
            "module.exports = {a: null}",
            "export default { a: null };",
            "const config = { a: null };\nmodule.exports = config;",
            "/** @type {x} */\nconst config = { a: null };\nexport default config;",
        ] {
            assert_eq!(exported(program).as_ref(), Some(&object), "{program}");
        }
        assert_eq!(exported("module.exports = make({ a: null });"), Some(Literal::Other(1)));
        assert_eq!(exported("'use strict';"), None);
    }

    #[test]
    fn a_nest_of_objects_ends_where_nobody_would_look() {
        let deep = format!("module.exports = {}", "{a:".repeat(100_000));
        let keys = ["a"; DEPTH_MAX];
        assert_eq!(exported(&deep).unwrap().behind(&keys), Some(&Literal::Other(1)));
    }
}
