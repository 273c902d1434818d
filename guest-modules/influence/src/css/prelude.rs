//! What stands between the name of an at-rule and its block.

use cssparser::{Parser, Token};
use html5ever::Namespace;
use selectors::parser::ParseRelative;

use super::declaration::Reader;
use super::sheet::Condition;
use super::supports;
use crate::select::{self, Name, SelectorList};

type Failed = cssparser::ParseError<()>;

fn failed() -> Failed {
    cssparser::ParseError::custom(())
}

/// An at-rule that matters to a page at rest; the others are one.
pub(super) enum Prelude {
    Import {
        url: String,
        /// A layer without a name is `Some(None)`.
        layer: Option<Option<Vec<String>>>,
        conditions: Vec<Condition>,
    },
    Namespace {
        prefix: Option<Name>,
        url: Namespace,
    },
    Media(String),
    Container(String),
    /// Its text, and whether it holds.
    Supports(String, bool),
    StartingStyle,
    Layers(Vec<Vec<String>>),
    Scope {
        start: Option<SelectorList>,
        end: Option<SelectorList>,
    },
    Other,
}

/// Known, and nothing of what they hold applies to an element.
const OTHERS: [&str; 16] = [
    "font-face",
    "keyframes",
    "-webkit-keyframes",
    "page",
    "property",
    "counter-style",
    "font-feature-values",
    "font-palette-values",
    "view-transition",
    "position-try",
    "color-profile",
    "viewport",
    "-ms-viewport",
    "function",
    "custom-media",
    "namespace",
];

/// Reads the prelude of the at-rule `name`, which is in lower case.
pub(super) fn parse(
    name: &str,
    input: &mut Parser<'_>,
    reader: &mut Reader<'_>,
    selecting: &select::Context,
) -> Result<Prelude, Failed> {
    match name {
        "import" => import(input, reader),
        "namespace" => namespace(input),
        "media" => Ok(Prelude::Media(rest(input)?)),
        "container" => match rest(input)? {
            text if text.is_empty() => Err(failed()),
            text => Ok(Prelude::Container(text)),
        },
        "supports" => {
            input.skip_whitespace();
            let start = input.state();
            let holds = supports::holds(input, reader);
            input.reset(&start);
            Ok(Prelude::Supports(rest(input)?, holds))
        }
        "starting-style" => {
            input.expect_exhausted().map_err(|_| failed())?;
            Ok(Prelude::StartingStyle)
        }
        "layer" => layers(input),
        "scope" => scope(input, selecting),
        name if OTHERS.contains(&name) => {
            rest(input)?;
            Ok(Prelude::Other)
        }
        _ => Err(failed()),
    }
}

/// The text up to the end, with its spaces made one.
fn rest(input: &mut Parser<'_>) -> Result<String, Failed> {
    input.skip_whitespace();
    let start = input.position();
    while let Ok(token) = input.next() {
        if matches!(token, Token::BadString(_) | Token::BadUrl(_)) {
            return Err(failed());
        }
    }
    Ok(input.slice_from(start).split_ascii_whitespace().collect::<Vec<_>>().join(" "))
}

fn import(input: &mut Parser<'_>, reader: &mut Reader<'_>) -> Result<Prelude, Failed> {
    let url = input.expect_url_or_string().map_err(|_| failed())?.to_string();
    let mut conditions = Vec::new();
    let layer = if input.try_parse(|input| input.expect_ident_matching("layer")).is_ok() {
        Some(None)
    } else {
        let named = input.try_parse(|input| {
            input.expect_function_matching("layer").map_err(|_| failed())?;
            input.parse_nested_block(layer_name)
        });
        named.ok().map(Some)
    };
    let supported = input.try_parse(|input| {
        input.expect_function_matching("supports").map_err(|_| failed())?;
        input.parse_nested_block(|input| {
            let start = input.position();
            let begin = input.state();
            let mut holds = supports::holds(input, reader);
            if !holds {
                // A bare declaration stands without parentheses here.
                input.reset(&begin);
                let name = input.expect_ident_cloned().ok().filter(|_| input.expect_colon().is_ok());
                holds = name.is_some_and(|name| reader.read(&name, input, (0, 0), &mut Vec::new()).is_ok());
                while input.next().is_ok() {}
            }
            Ok::<_, Failed>((input.slice_from(start).to_owned(), holds))
        })
    });
    if let Ok((text, false)) = supported {
        conditions.push(Condition::Never(format!("supports {text}")));
    }
    let media = rest(input)?;
    if !media.is_empty() {
        conditions.push(Condition::Media(media));
    }
    Ok(Prelude::Import { url, layer, conditions })
}

fn namespace(input: &mut Parser<'_>) -> Result<Prelude, Failed> {
    let prefix = input.try_parse(Parser::expect_ident_cloned).ok().map(|prefix| Name::from(&*prefix));
    let url = input.expect_url_or_string().map_err(|_| failed())?;
    let url = Namespace::from(&*url);
    input.expect_exhausted().map_err(|_| failed())?;
    Ok(Prelude::Namespace { prefix, url })
}

fn layer_name(input: &mut Parser<'_>) -> Result<Vec<String>, Failed> {
    let wide = ["initial", "inherit", "unset", "revert", "revert-layer", "default"];
    let mut names = Vec::new();
    loop {
        let name = input.expect_ident().map_err(|_| failed())?.to_string();
        if wide.iter().any(|wide| wide.eq_ignore_ascii_case(&name)) {
            return Err(failed());
        }
        names.push(name);
        let dot = input.try_parse(|input| match input.next_including_whitespace() {
            Ok(Token::Delim('.')) => Ok(()),
            _ => Err(()),
        });
        if dot.is_err() {
            return Ok(names);
        }
    }
}

fn layers(input: &mut Parser<'_>) -> Result<Prelude, Failed> {
    if input.is_exhausted() {
        return Ok(Prelude::Layers(Vec::new()));
    }
    Ok(Prelude::Layers(input.parse_comma_separated(layer_name)?))
}

fn scope(input: &mut Parser<'_>, selecting: &select::Context) -> Result<Prelude, Failed> {
    let list = |input: &mut Parser<'_>| {
        input.parse_nested_block(|input| {
            let relative = if selecting.nested { ParseRelative::ForNesting } else { ParseRelative::No };
            let list = select::parse_list(selecting, input, relative).map_err(|_| failed())?;
            input.expect_exhausted().map_err(|_| failed())?;
            Ok(list)
        })
    };
    let mut start = None;
    if input.try_parse(Parser::expect_parenthesis_block).is_ok() {
        start = Some(list(input)?);
    }
    let mut end = None;
    if input.try_parse(|input| input.expect_ident_matching("to")).is_ok() {
        input.expect_parenthesis_block().map_err(|_| failed())?;
        end = Some(list(input)?);
    }
    input.expect_exhausted().map_err(|_| failed())?;
    Ok(Prelude::Scope { start, end })
}
