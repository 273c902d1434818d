//! What a program does when something happens: the functions that are named where an event is.
//!
//! Seen are the attributes of elements (`onPress={save}`), `addEventListener('click', save)`,
//! `on('click', save)` and `button.onclick = save`, and in templates those of [`super::template`];
//! of a function that is written in place, what it calls. A name that only running could tell is none.

use super::script::NOT_CALLED;
use super::token::{Kind, Token, tokens};

/// A function that an event leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// The index into [`super::Outline::declared`] of what names the event.
    pub(crate) within: Option<usize>,
    /// As it is written: `onPress`, `click`.
    pub(crate) name: String,
    /// The function; nothing where the words do not tell.
    pub(crate) handler: String,
    pub(crate) line: u32,
}

/// Events of a document's elements that are set by a name of their own.
pub(super) const SET: [&str; 24] = [
    "onabort",
    "onblur",
    "onchange",
    "onclick",
    "onclose",
    "ondblclick",
    "onerror",
    "onfocus",
    "oninput",
    "onkeydown",
    "onkeyup",
    "onload",
    "onmessage",
    "onmousedown",
    "onmousemove",
    "onmouseup",
    "onopen",
    "onpointerdown",
    "onpointerup",
    "onresize",
    "onscroll",
    "onsubmit",
    "ontouchend",
    "ontouchstart",
];

/// Pieces of a function that is written in place.
const PLACE_MAX: usize = 400;

/// The name of an event and what handles it, if `tokens` begin with one.
pub(super) fn handled<'t>(tokens: &[Token<'t>], before: Option<Kind<'t>>) -> Option<(&'t str, Vec<&'t str>)> {
    let kind = |at: usize| tokens.get(at).map(|token| token.kind);
    let Some(Kind::Word(word)) = kind(0) else { return None };
    let member = before == Some(Kind::Mark(b'.'));
    let declared = matches!(before, Some(Kind::Word("const" | "let" | "var")));
    match (kind(1), kind(2), kind(3)) {
        (Some(Kind::Mark(b'=')), Some(Kind::Mark(b'{')), _) if is_attribute(word) && !member && !declared => {
            Some((word, functions(tokens.get(2..)?)))
        }
        (Some(Kind::Mark(b'(')), Some(Kind::Text(event)), Some(Kind::Mark(b',')))
            if listens(word, member) =>
        {
            let comma = tokens.get(3..)?;
            Some((event, functions(comma)))
        }
        (Some(Kind::Mark(b'=')), Some(Kind::Word(handler)), end)
            if member && SET.contains(&word) && is_name(handler, end) =>
        {
            Some((word, vec![handler]))
        }
        _ => None,
    }
}

/// `onPress`, and no `once`.
pub(super) fn is_attribute(word: &str) -> bool {
    word.strip_prefix("on").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

fn listens(word: &str, member: bool) -> bool {
    word == "addEventListener" || member && ["on", "once", "addListener"].contains(&word)
}

/// Whether a word with this behind it is a name alone.
fn is_name(word: &str, behind: Option<Kind<'_>>) -> bool {
    !["function", "async", "new", "null", "undefined", "await"].contains(&word)
        && !matches!(behind, Some(Kind::Mark(b'(' | b'.' | b'[' | b'=') | Kind::Arrow))
}

/// The functions that an expression of a template names or calls.
pub(super) fn functions_in(expression: &str) -> Vec<String> {
    let braces = format!("{{{expression}}}");
    functions(&tokens(&braces)).into_iter().map(str::to_owned).collect()
}

/// The function that is named between the first token and the end of the bracket that it opens or
/// stands in, or those that one written in this place calls.
fn functions<'t>(tokens: &[Token<'t>]) -> Vec<&'t str> {
    let Some((first, mut rest)) = tokens.split_first() else { return Vec::new() };
    // `on('click', '.item', save)`: of which elements.
    if let [text, comma, behind @ ..] = rest
        && matches!((text.kind, comma.kind), (Kind::Text(_), Kind::Mark(b',')))
    {
        rest = behind;
    }
    let around = if first.kind == Kind::Mark(b'{') { first.depth } else { first.depth.saturating_sub(1) };
    let end = rest.iter().take(PLACE_MAX).take_while(|token| token.depth > around).count();
    let inside = rest.get(..end).unwrap_or_default();
    let kind = |at: usize| inside.get(at).map(|token| token.kind);
    if let (Some(Kind::Word(name)), None | Some(Kind::Mark(b','))) = (kind(0), kind(1)) {
        return vec![name];
    }
    let mut found: Vec<&str> = Vec::new();
    for (at, token) in inside.iter().enumerate() {
        let member = at.checked_sub(1).and_then(kind) == Some(Kind::Mark(b'.'));
        let called = kind(at + 1) == Some(Kind::Mark(b'('));
        if let (Kind::Word(name), true, false) = (token.kind, called, member)
            && !NOT_CALLED.contains(&name)
            && !found.contains(&name)
        {
            found.push(name);
        }
    }
    found
}
