//! `@supports`: decided when a sheet is read, because it does not depend on the viewer.

use cssparser::{Parser, Token};

use super::declaration::Reader;
use crate::select;

type Failed = cssparser::ParseError<()>;

/// Whether the condition at the input holds; what is not understood does not.
pub(super) fn holds(input: &mut Parser<'_>, reader: &mut Reader<'_>) -> bool {
    condition(input, reader).unwrap_or(false) && input.is_exhausted()
}

fn failed() -> Failed {
    cssparser::ParseError::custom(())
}

fn condition(input: &mut Parser<'_>, reader: &mut Reader<'_>) -> Result<bool, Failed> {
    if input.try_parse(|input| input.expect_ident_matching("not")).is_ok() {
        return Ok(!in_parens(input, reader)?);
    }
    let mut answer = in_parens(input, reader)?;
    let mut joined: Option<&str> = None;
    loop {
        let mut words = ["and", "or"].into_iter();
        let word = words.find(|word| input.try_parse(|input| input.expect_ident_matching(word)).is_ok());
        let Some(word) = word else { return Ok(answer) };
        if joined.is_some_and(|before| before != word) {
            return Err(failed());
        }
        joined = Some(word);
        let next = in_parens(input, reader)?;
        answer = if word == "and" { answer && next } else { answer || next };
    }
}

fn in_parens(input: &mut Parser<'_>, reader: &mut Reader<'_>) -> Result<bool, Failed> {
    match input.next().map_err(|_| failed())?.clone() {
        Token::ParenthesisBlock => input.parse_nested_block(|input| Ok(group(input, reader))),
        Token::Function(name) => input.parse_nested_block(|input| {
            let start = input.position();
            while input.next().is_ok() {}
            let argument = input.slice_from(start).trim();
            Ok(match name.to_ascii_lowercase().as_str() {
                "selector" => select::is_supported(argument),
                "font-tech" => {
                    ["color-colrv0", "color-colrv1", "variations", "palettes", "features-opentype"]
                        .contains(&argument.to_ascii_lowercase().as_str())
                }
                "font-format" => ["woff", "woff2", "opentype", "truetype", "collection"]
                    .contains(&argument.to_ascii_lowercase().as_str()),
                _ => false,
            })
        }),
        _ => Err(failed()),
    }
}

/// A condition in parentheses, or a declaration.
fn group(input: &mut Parser<'_>, reader: &mut Reader<'_>) -> bool {
    let start = input.state();
    if let Ok(answer) = condition(input, reader)
        && input.is_exhausted()
    {
        return answer;
    }
    input.reset(&start);
    let declared = input.expect_ident_cloned().ok().filter(|_| input.expect_colon().is_ok());
    let answer = declared.is_some_and(|name| reader.read(&name, input, (0, 0), &mut Vec::new()).is_ok());
    while input.next().is_ok() {}
    answer
}
