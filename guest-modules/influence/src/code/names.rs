//! Lists of names: what an import brings, and what is exported of what was declared before.

use std::collections::BTreeMap;

use super::outline::{Binding, Outline};
use super::token::{Kind, Token};

/// Pieces of one list of names or parameters. Stops lists that never end from being read again
/// and again.
pub(super) const CLAUSE_MAX: usize = 2_000;

/// `a, { b, c as d }, * as e`.
pub(super) fn bind(names: &[Token<'_>], import: usize, bindings: &mut Vec<Binding>) {
    let mut braces = false;
    let mut at = 0;
    while let Some(token) = names.get(at) {
        let word = |ahead: usize| match names.get(at + ahead).map(|token| token.kind) {
            Some(Kind::Word(word)) => Some(word),
            _ => None,
        };
        let renamed = (word(1) == Some("as")).then(|| word(2)).flatten();
        match token.kind {
            Kind::Mark(b'{') => braces = true,
            Kind::Mark(b'}') => braces = false,
            Kind::Mark(b'*') | Kind::Word(_) if renamed.is_some() => {
                let imported = word(0).unwrap_or("*").to_owned();
                bindings.push(Binding { local: renamed.unwrap_or_default().to_owned(), imported, import });
                at += 2;
            }
            Kind::Word("type") => {}
            Kind::Word(name) => {
                let imported = if braces { name } else { "default" };
                bindings.push(Binding { local: name.to_owned(), imported: imported.to_owned(), import });
            }
            _ => {}
        }
        at += 1;
    }
}

/// `export { a, b as c }` and `export default a`, which name what was declared elsewhere.
pub(super) fn export_by_name(tokens: &[Token<'_>], outline: &mut Outline) {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (at, declared) in outline.declared.iter().enumerate() {
        places.entry(declared.name.clone()).or_insert(at);
    }
    let mut name = |local: &str, exported: &str| {
        if let Some(declared) = places.get(local).and_then(|at| outline.declared.get_mut(*at)) {
            declared.exported.get_or_insert_with(|| exported.to_owned());
        }
    };
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Word("export")) {
        let kind = |ahead: usize| tokens.get(at + ahead).map(|token| token.kind);
        match (kind(1), kind(2)) {
            (Some(Kind::Word("default")), Some(Kind::Word(local))) => name(local, "default"),
            (Some(Kind::Mark(b'{')), _) => {
                let rest = tokens.get(at + 2..).unwrap_or_default();
                let list = rest.iter().take(CLAUSE_MAX).take_while(|one| one.depth > token.depth);
                let words: Vec<&str> = list
                    .filter_map(|one| if let Kind::Word(word) = one.kind { Some(word) } else { None })
                    .collect();
                let mut words = words.iter().peekable();
                while let Some(local) = words.next() {
                    if words.next_if(|word| **word == "as").is_some() {
                        name(local, words.next().unwrap_or(local));
                    } else {
                        name(local, local);
                    }
                }
            }
            _ => {}
        }
    }
}
