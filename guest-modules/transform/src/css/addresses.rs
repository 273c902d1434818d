//! What a style sheet names by address: sheets that it imports, and files in `url()`.

use super::edits::Edits;
use super::rules::{Part, trimmed};
use super::tokens::{Kind, Token};

/// A sheet that is imported under a condition, which a module cannot keep.
pub(super) struct Conditional {
    pub(super) place: usize,
}

/// The imports that the sheet begins with become dependencies, in order, and leave the text.
pub(super) fn imports(sheet: &str, parts: &[Part<'_>], edits: &mut Edits) -> Vec<Conditional> {
    let mut conditional = Vec::new();
    for part in parts {
        // After any other rule an import has no meaning.
        let Part::Statement(rule) = part else { break };
        let Some((name, prelude)) = rule.split_first() else { continue };
        if !name.text(sheet).eq_ignore_ascii_case("@import") {
            continue;
        }
        let prelude = trimmed(prelude);
        let Some((specifier, rest)) = import(sheet, prelude).filter(|(specifier, _)| is_local(specifier))
        else {
            continue;
        };
        if trimmed(rest).is_empty() {
            let place = prelude.first().map_or(0, |token| token.range.start);
            edits.depend(&specifier_of(&specifier), place);
            remove_statement(sheet, rule, edits);
        } else {
            conditional.push(Conditional { place: name.range.start });
        }
    }
    conditional
}

/// With its semicolon, which alone would spoil the rule behind it.
fn remove_statement(sheet: &str, rule: &[Token], edits: &mut Edits) {
    let (Some(first), Some(last)) = (rule.first(), rule.last()) else { return };
    let behind = sheet.get(last.range.end..).unwrap_or_default();
    let semicolon =
        behind.find(';').filter(|at| behind.get(..*at).is_some_and(|space| space.trim().is_empty()));
    edits.remove(first.range.start..last.range.end + semicolon.map_or(0, |at| at + 1));
}

/// The address and what follows it.
fn import<'t>(sheet: &str, prelude: &'t [Token]) -> Option<(String, &'t [Token])> {
    let (first, rest) = prelude.split_first()?;
    match first.kind {
        Kind::Text => Some((unquoted(first.text(sheet)), rest)),
        Kind::Url => Some((raw(first.text(sheet)), rest)),
        Kind::Function => {
            quoted(sheet, prelude, 0).map(|(address, end)| (address, prelude.get(end..).unwrap_or_default()))
        }
        _ => None,
    }
}

/// Files in `url()` become dependencies whose address is put in when the sheet is used.
pub(super) fn files(sheet: &str, tokens: &[Token], edits: &mut Edits) {
    for (at, token) in tokens.iter().enumerate() {
        let (address, end) = match token.kind {
            Kind::Url => (raw(token.text(sheet)), at + 1),
            Kind::Function => match quoted(sheet, tokens, at) {
                Some(found) => found,
                None => continue,
            },
            _ => continue,
        };
        if !is_local(&address) || address.starts_with(['#', '/']) || is_in_statement(sheet, tokens, at) {
            continue;
        }
        let name_ends = address.find(['?', '#']).unwrap_or(address.len());
        let (name, behind) = address.split_at_checked(name_ends).unwrap_or((&address, ""));
        let last = tokens.get(end - 1).map_or(token.range.end, |last| last.range.end);
        edits.address(token.range.start..last, &specifier_of(name), behind);
    }
}

/// An address of `@import` or `@namespace` is none of a file to ship.
fn is_in_statement(sheet: &str, tokens: &[Token], at: usize) -> bool {
    let before = tokens.get(..at).unwrap_or_default().iter().rev().find(|token| token.kind != Kind::Space);
    before.is_some_and(|before| {
        let text = before.text(sheet).to_ascii_lowercase();
        matches!(text.as_str(), "@import" | "@namespace")
            || before.kind == Kind::Ident && is_namespace(sheet, tokens, at)
    })
}

/// `@namespace name url(…)`
fn is_namespace(sheet: &str, tokens: &[Token], at: usize) -> bool {
    let mut before =
        tokens.get(..at).unwrap_or_default().iter().rev().filter(|token| token.kind != Kind::Space);
    before.nth(1).is_some_and(|token| token.text(sheet).eq_ignore_ascii_case("@namespace"))
}

/// `url("…")` at `at`, and where it ends.
fn quoted(sheet: &str, tokens: &[Token], at: usize) -> Option<(String, usize)> {
    let [function, rest @ ..] = tokens.get(at..)? else { return None };
    if !function.text(sheet).eq_ignore_ascii_case("url(") {
        return None;
    }
    let text = rest.iter().position(|token| token.kind == Kind::Text)?;
    let close = rest.iter().position(|token| token.is_sign(b')'))?;
    let only_text = rest.get(..close)?.iter().filter(|token| token.kind != Kind::Space).count() == 1;
    (only_text && text < close)
        .then(|| (unquoted(rest.get(text).map_or("", |token| token.text(sheet))), at + close + 2))
}

fn unquoted(text: &str) -> String {
    text.trim_matches(['"', '\'']).to_owned()
}

fn raw(url: &str) -> String {
    let inside = url.get(4..).unwrap_or_default();
    inside.strip_suffix(')').unwrap_or(inside).trim().to_owned()
}

fn is_local(address: &str) -> bool {
    let elsewhere = address.starts_with("//") || address.starts_with("data:") || address.contains("://");
    !elsewhere && !address.is_empty() && !address.starts_with("about:") && !address.starts_with("blob:")
}

/// Addresses count from the sheet's folder; `~` and a scope say that a package is meant.
fn specifier_of(address: &str) -> String {
    match address.strip_prefix('~') {
        Some(package) => package.to_owned(),
        None if address.starts_with(['.', '@', '/']) => address.to_owned(),
        None => format!("./{address}"),
    }
}
