//! `@Component({…})` and `@Directive({…})`: what a class of Angular is called in templates, and
//! where its own template and sheets are.

use super::names::CLAUSE_MAX;
use super::token::{Kind, Token};

/// What the decorator of a class says.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Decorated {
    /// The index into [`super::Outline::declared`] of the class.
    pub(crate) class: usize,
    /// The elements that it stands for, as it is written.
    pub(crate) selector: String,
    /// The file of its template.
    pub(crate) template_url: Option<String>,
    /// Its template, with the line where that begins.
    pub(crate) template: Option<(String, u32)>,
    pub(crate) style_urls: Vec<String>,
    pub(crate) line: u32,
}

/// Reads what stands behind the name of the decorator, which is the first token.
pub(super) fn decorated(tokens: &[Token<'_>], class: usize) -> Option<Decorated> {
    let (first, rest) = tokens.split_first()?;
    let kind = |at: usize| rest.get(at).map(|token| token.kind);
    if (kind(0), kind(1)) != (Some(Kind::Mark(b'(')), Some(Kind::Mark(b'{'))) {
        return None;
    }
    let mut found = Decorated { class, line: first.line, ..Decorated::default() };
    let inside = rest.iter().enumerate().skip(1).take(CLAUSE_MAX);
    for (at, token) in inside.take_while(|(_, token)| token.depth > first.depth) {
        let Kind::Word(key) = token.kind else { continue };
        if token.depth != first.depth.saturating_add(2) || kind(at + 1) != Some(Kind::Mark(b':')) {
            continue;
        }
        let Some(value) = rest.get(at + 2) else { continue };
        match (key, value.kind) {
            ("selector", Kind::Text(text)) => text.clone_into(&mut found.selector),
            ("templateUrl", Kind::Text(text)) => found.template_url = Some(text.to_owned()),
            ("template", Kind::Text(text)) => found.template = Some((text.to_owned(), value.line)),
            ("styleUrl", Kind::Text(text)) => found.style_urls.push(text.to_owned()),
            ("styleUrls", Kind::Mark(b'[')) => {
                let list = rest.get(at + 3..).unwrap_or_default().iter().take(CLAUSE_MAX);
                let list = list.take_while(|one| one.depth > value.depth);
                found.style_urls.extend(list.filter_map(|one| match one.kind {
                    Kind::Text(text) => Some(text.to_owned()),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    Some(found)
}
