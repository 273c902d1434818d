//! The names of a CSS module: which are its own, what they become, and what it exports.
//!
//! Names are made as the bundlers of React Native's web apps make them, from the path alone, so
//! that a class is called the same in every build.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use super::edits::Edits;
use super::rules::{Part, is_keyframes, trimmed};
use super::tokens::{Kind, Token};

/// The digits of a name's beginning, six bits each.
const DIGITS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ1234567890_-";

/// A part of the value that a name is exported with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    /// What another sheet exports under this name: its dependency, and the name.
    Elsewhere(usize, String),
}

/// What a module exports: names in the order in which they appear.
#[derive(Debug, Default)]
pub(super) struct Names {
    exported: Vec<(String, Vec<Value>)>,
    /// The place of each name in the list.
    places: HashMap<String, usize>,
    keyframes: HashSet<String>,
    /// `composes` of names that the sheet does not have: the place and the name.
    pub(super) unknown: Vec<(usize, String)>,
}

/// One `composes`: who, what, and where it is written.
struct Composition {
    class: String,
    values: Vec<Composed>,
}

enum Composed {
    Own(String, usize),
    Value(Value),
}

/// Renames what is the sheet's own, and says what it exports.
pub(super) fn rename(sheet: &str, path: &str, parts: &[Part<'_>], edits: &mut Edits) -> Names {
    let mut pass = Pass {
        sheet,
        prefix: prefix(path),
        edits,
        names: Names::default(),
        rules: Vec::new(),
        compositions: Vec::new(),
    };
    pass.names.keyframes = parts.iter().filter_map(|part| keyframes_name(sheet, part)).collect();
    for part in parts {
        pass.part(part);
    }
    let Pass { names, compositions, .. } = pass;
    names.composed(&compositions)
}

impl Names {
    pub(super) fn exported(&self) -> &[(String, Vec<Value>)] {
        &self.exported
    }

    fn add(&mut self, name: &str, value: String) {
        if !self.places.contains_key(name) {
            self.places.insert(name.to_owned(), self.exported.len());
            self.exported.push((name.to_owned(), vec![Value::Text(value)]));
        }
    }

    fn value_of(&self, name: &str) -> Option<&Vec<Value>> {
        self.places.get(name).and_then(|place| self.exported.get(*place)).map(|(_, value)| value)
    }

    /// Adds what classes are composed of, in the order of the sheet: what a class is composed of
    /// stands before it there.
    fn composed(mut self, compositions: &[Composition]) -> Self {
        for composition in compositions {
            let mut added = Vec::new();
            for value in &composition.values {
                match value {
                    Composed::Value(value) => added.push(value.clone()),
                    Composed::Own(name, place) => match self.value_of(name) {
                        Some(values) if *name != composition.class => added.extend(values.clone()),
                        _ => self.unknown.push((*place, name.clone())),
                    },
                }
            }
            let place = self.places.get(&composition.class).copied();
            if let Some((_, values)) = place.and_then(|place| self.exported.get_mut(place)) {
                for value in added {
                    // Once is enough, and twice each would double with every class in a row.
                    if !values.contains(&value) {
                        values.push(value);
                    }
                }
            }
        }
        self
    }
}

/// What a class is called: a hash of the path, and never a digit first.
fn prefix(path: &str) -> String {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    let low = hasher.finish().to_le_bytes();
    let number = low.iter().take(4).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    // Four bytes are six digits of six bits, the last one filled up.
    let wide = number << 4;
    let digits = (0..6).rev().filter_map(|place| {
        let index = usize::try_from((wide >> (6 * place)) & 63).ok()?;
        DIGITS.get(index).copied().map(char::from)
    });
    let digits: String = digits.collect();
    let first = digits.starts_with(|first: char| first.is_ascii_digit()).then_some("_");
    format!("{}{digits}", first.unwrap_or_default())
}

struct Pass<'a> {
    sheet: &'a str,
    prefix: String,
    edits: &'a mut Edits,
    names: Names,
    /// The classes of the selectors around: what `composes` speaks of.
    rules: Vec<Rc<[String]>>,
    compositions: Vec<Composition>,
}

impl Pass<'_> {
    fn part(&mut self, part: &Part<'_>) {
        match part {
            Part::Selectors(selectors) => {
                let is_export = self.text(selectors).trim() == ":export";
                if is_export {
                    // A rule that matches nothing.
                    self.edits.replace_all(selectors, ":not(*)");
                }
                let classes = self.selectors(selectors);
                self.rules.push(if is_export { Rc::new([":export".to_owned()]) } else { classes.into() });
            }
            Part::AtRule(rule) => {
                self.at_rule(rule);
                let around = self.rules.last().cloned();
                self.rules.push(around.unwrap_or_else(|| Rc::new([])));
            }
            Part::Declaration(declaration) => self.declaration(declaration),
            Part::End => {
                self.rules.pop();
            }
            Part::Statement(_) => {}
        }
    }

    fn text(&self, tokens: &[Token]) -> String {
        tokens.iter().map(|token| token.text(self.sheet)).collect()
    }

    /// The new name of `name`, which is exported from now on.
    fn own(&mut self, name: &str) -> String {
        let plain = unescaped(name);
        self.names.add(&plain, format!("{}_{plain}", self.prefix));
        format!("{}_{name}", self.prefix)
    }

    fn rename_at(&mut self, start: usize, end: usize) {
        let name = self.sheet.get(start..end).unwrap_or_default().to_owned();
        let renamed = self.own(&name);
        self.edits.replace(start..end, renamed);
    }

    /// Renames classes and ids, except within `:global(…)`. The classes are the answer.
    fn selectors(&mut self, tokens: &[Token]) -> Vec<String> {
        let mut classes = Vec::new();
        // Of each open parenthesis, whether names within are the sheet's own, and whether it is
        // one of `:global(` or `:local(`, which go.
        let mut open: Vec<(bool, bool)> = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|before| tokens.get(before));
            let is_own = open.last().is_none_or(|(own, _)| *own);
            match token.kind {
                Kind::Function => {
                    let scope = before
                        .filter(|before| before.is_sign(b':'))
                        .and_then(|_| scope(token.text(self.sheet)));
                    if let (Some(_), Some(colon)) = (scope, before) {
                        self.edits.remove(colon.range.start..token.range.end);
                    }
                    open.push((scope.unwrap_or(is_own), scope.is_some()));
                }
                Kind::Sign(b'(') => open.push((is_own, false)),
                Kind::Sign(b')') => {
                    if let Some((_, true)) = open.pop() {
                        self.edits.remove(token.range.clone());
                    }
                }
                Kind::Ident if is_own && before.is_some_and(|before| before.is_sign(b'.')) => {
                    classes.push(unescaped(token.text(self.sheet)));
                    self.rename_at(token.range.start, token.range.end);
                }
                Kind::Hash if is_own => self.rename_at(token.range.start + 1, token.range.end),
                _ => {}
            }
        }
        classes
    }

    fn at_rule(&mut self, rule: &[Token]) {
        let Some((name, prelude)) = rule.split_first() else { return };
        let name = name.text(self.sheet).to_ascii_lowercase();
        let first = trimmed(prelude).first();
        match (name.as_str(), first) {
            (_, Some(first)) if is_keyframes(self.sheet, rule) && first.kind == Kind::Ident => {
                self.rename_at(first.range.start, first.range.end);
            }
            ("@container", Some(first))
                if first.kind == Kind::Ident && !self.is_word(first, &["not", "none", "style"]) =>
            {
                self.rename_at(first.range.start, first.range.end);
            }
            ("@scope", Some(_)) => {
                self.selectors(prelude);
            }
            _ => {}
        }
    }

    fn is_word(&self, token: &Token, words: &[&str]) -> bool {
        words.contains(&token.text(self.sheet).to_ascii_lowercase().as_str())
    }

    fn declaration(&mut self, declaration: &[Token]) {
        let Some(colon) = declaration.iter().position(|token| token.is_sign(b':')) else { return };
        let (name, value) = declaration.split_at(colon);
        let value = trimmed(value.get(1..).unwrap_or_default());
        let name = self.text(trimmed(name)).to_ascii_lowercase();
        if self.rules.last().is_some_and(|rule| rule.iter().any(|name| name == ":export")) {
            self.edits.replace_all(declaration, "");
            let value = self.text(value);
            let written = self.text(trimmed(declaration.get(..colon).unwrap_or_default()));
            return self.names.add(&written, value);
        }
        match name.trim_start_matches("-webkit-") {
            "composes" => {
                self.edits.replace_all(declaration, "");
                self.compose(value);
            }
            "animation" | "animation-name" => {
                for token in value.iter().filter(|token| token.kind == Kind::Ident) {
                    if self.names.keyframes.contains(token.text(self.sheet)) {
                        self.rename_at(token.range.start, token.range.end);
                    }
                }
            }
            "container" | "container-name" => {
                let names = value.iter().take_while(|token| !token.is_sign(b'/'));
                for token in names.filter(|token| token.kind == Kind::Ident) {
                    if !self.is_word(token, &["none", "inherit", "initial", "unset", "revert"]) {
                        self.rename_at(token.range.start, token.range.end);
                    }
                }
            }
            _ => {}
        }
    }

    /// `composes: a b`, `composes: a from "./b.module.css"`, `composes: a from global`.
    fn compose(&mut self, value: &[Token]) {
        let words: Vec<&Token> = value.iter().filter(|token| token.kind != Kind::Space).collect();
        let from = words.iter().position(|token| self.is_word(token, &["from"]));
        let (names, source) = words.split_at(from.unwrap_or(words.len()));
        let source = source.get(1).copied();
        let dependency = source.filter(|source| source.kind == Kind::Text).map(|source| {
            let specifier = source.text(self.sheet).trim_matches(['"', '\'']);
            self.edits.depend(specifier, source.range.start)
        });
        let composed = names.iter().map(|name| {
            let text = unescaped(name.text(self.sheet));
            match (source, dependency) {
                (None, _) => Composed::Own(text, name.range.start),
                (Some(_), Some(dependency)) => Composed::Value(Value::Elsewhere(dependency, text)),
                (Some(_), None) => Composed::Value(Value::Text(text)),
            }
        });
        let composed: Vec<Composed> = composed.collect();
        let classes = self.rules.last().cloned();
        for class in classes.iter().flat_map(|classes| classes.iter()) {
            let values = composed.iter().map(|value| match value {
                Composed::Own(name, place) => Composed::Own(name.clone(), *place),
                Composed::Value(value) => Composed::Value(value.clone()),
            });
            self.compositions.push(Composition { class: class.clone(), values: values.collect() });
        }
    }
}

/// What a name with escapes is: `a\:b` is `a:b`, `\31 x` is `1x`.
fn unescaped(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut rest = name.chars().peekable();
    while let Some(next) = rest.next() {
        if next != '\\' {
            plain.push(next);
            continue;
        }
        let mut number = 0_u32;
        let mut digits = 0;
        while let Some(digit) = rest.peek().and_then(|digit| digit.to_digit(16)).filter(|_| digits < 6) {
            number = number * 16 + digit;
            digits += 1;
            rest.next();
        }
        if digits == 0 {
            plain.extend(rest.next());
        } else {
            rest.next_if(|space| space.is_ascii_whitespace());
            plain.push(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }
    plain
}

/// Whether names within are the sheet's own.
fn scope(function: &str) -> Option<bool> {
    match function.to_ascii_lowercase().as_str() {
        "global(" => Some(false),
        "local(" => Some(true),
        _ => None,
    }
}

fn keyframes_name(sheet: &str, part: &Part<'_>) -> Option<String> {
    let Part::AtRule(rule) = part else { return None };
    let first = trimmed(rule.get(1..)?).first().filter(|_| is_keyframes(sheet, rule))?;
    Some(first.text(sheet).to_owned())
}
