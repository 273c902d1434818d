//! A style sheet taken apart into preludes and declarations.
//!
//! Blocks are kept on a stack of its own, so that no nesting exhausts anything.

use super::tokens::{Kind, Token};

/// What stands between two of `{`, `;` and `}`.
#[derive(Debug)]
pub(super) enum Part<'t> {
    /// `@name …;`
    Statement(&'t [Token]),
    /// `@name … {`
    AtRule(&'t [Token]),
    /// The selectors before `{`.
    Selectors(&'t [Token]),
    /// `name: value`, within a rule.
    Declaration(&'t [Token]),
    /// `}`
    End,
}

/// The parts in their order, and the places of braces without a partner.
pub(super) fn parts<'t>(sheet: &str, tokens: &'t [Token]) -> (Vec<Part<'t>>, Vec<usize>) {
    let mut found = Vec::new();
    let mut unpaired = Vec::new();
    let mut blocks: Vec<(usize, Block)> = Vec::new();
    let mut start = 0;
    while start < tokens.len() {
        let end = end_of_part(tokens, start);
        let part = trimmed(tokens.get(start..end).unwrap_or_default());
        let sign = tokens.get(end);
        let is_at_rule = part.first().is_some_and(|token| token.kind == Kind::AtKeyword);
        if sign.is_some_and(|sign| sign.is_sign(b'{')) {
            let within = blocks.last().map(|(_, block)| *block);
            found.push(if is_at_rule || within == Some(Block::Keyframes) {
                Part::AtRule(part)
            } else {
                Part::Selectors(part)
            });
            let place = sign.map_or(0, |sign| sign.range.start);
            blocks.push((
                place,
                if is_at_rule && is_keyframes(sheet, part) { Block::Keyframes } else { Block::Rules },
            ));
        } else {
            match part {
                [] => {}
                _ if is_at_rule => found.push(Part::Statement(part)),
                _ if !blocks.is_empty() => found.push(Part::Declaration(part)),
                _ => {}
            }
            if let Some(sign) = sign.filter(|sign| sign.is_sign(b'}')) {
                found.push(Part::End);
                if blocks.pop().is_none() {
                    unpaired.push(sign.range.start);
                }
            }
        }
        start = end + 1;
    }
    unpaired.extend(blocks.iter().map(|(place, _)| *place));
    (found, unpaired)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Rules,
    /// What stands before its blocks is no selector.
    Keyframes,
}

/// With or without a vendor's prefix.
pub(super) fn is_keyframes(sheet: &str, rule: &[Token]) -> bool {
    rule.first().is_some_and(|token| token.text(sheet).to_ascii_lowercase().ends_with("keyframes"))
}

/// The place of the next `{`, `;` or `}` outside of parentheses and brackets.
fn end_of_part(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_usize;
    let rest = tokens.iter().enumerate().skip(start);
    for (at, token) in rest {
        match token.kind {
            Kind::Function | Kind::Sign(b'(' | b'[') => depth += 1,
            Kind::Sign(b')' | b']') => depth = depth.saturating_sub(1),
            Kind::Sign(b'{' | b'}') => return at,
            Kind::Sign(b';') if depth == 0 => return at,
            _ => {}
        }
    }
    tokens.len()
}

/// Without the space at both ends.
pub(super) fn trimmed(mut tokens: &[Token]) -> &[Token] {
    while let [Token { kind: Kind::Space, .. }, rest @ ..] | [rest @ .., Token { kind: Kind::Space, .. }] =
        tokens
    {
        tokens = rest;
    }
    tokens
}
