//! One declaration to the longhands that it sets.

use std::borrow::Cow;

use cssparser::{Delimiter, Parser, Token, parse_important};
use style::context::QuirksMode;
use style::parser::ParserContext;
use style::properties::{PropertyDeclaration, PropertyId, SourcePropertyDeclaration};
use style::stylesheets::{CssRuleType, Origin, UrlExtraData};
use style_traits::ParsingMode;

use super::chromium;
use super::property::{Properties, Property};

/// A longhand with its value as it was written.
#[derive(Debug, Clone)]
pub(crate) struct Declaration {
    pub(crate) property: Property,
    /// Bytes of the value in the sheet's text.
    pub(crate) value: (u32, u32),
    /// The shorthand that set it, when one did.
    pub(crate) shorthand: Option<Property>,
    pub(crate) important: bool,
    pub(crate) wide: Option<Wide>,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Declaration {
    /// Where its value stands in the text.
    pub(crate) fn written(&self) -> std::ops::Range<usize> {
        crate::at(self.value.0)..crate::at(self.value.1)
    }
}

/// A value that every property takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wide {
    Inherit,
    Initial,
    Unset,
    Revert,
    RevertLayer,
}

impl Wide {
    fn named(text: &str) -> Option<Self> {
        let is = |name: &str| text.eq_ignore_ascii_case(name);
        match () {
            () if is("inherit") => Some(Self::Inherit),
            () if is("initial") => Some(Self::Initial),
            () if is("unset") => Some(Self::Unset),
            () if is("revert") => Some(Self::Revert),
            () if is("revert-layer") => Some(Self::RevertLayer),
            () => None,
        }
    }
}

/// Reads declarations; made once a sheet.
pub(crate) struct Reader<'a> {
    pub(crate) properties: &'a mut Properties,
    context: ParserContext<'a>,
    found: SourcePropertyDeclaration,
}

/// Where relative addresses would lead; nothing is ever fetched from it.
pub(crate) fn nowhere() -> Option<UrlExtraData> {
    url::Url::parse("about:blank").ok().map(UrlExtraData::from)
}

impl<'a> Reader<'a> {
    pub(crate) fn new(properties: &'a mut Properties, base: &'a UrlExtraData, quirks: bool) -> Self {
        super::chromium::enable();
        let quirks = if quirks { QuirksMode::Quirks } else { QuirksMode::NoQuirks };
        let context = ParserContext::new(
            Origin::Author,
            base,
            Some(CssRuleType::Style),
            ParsingMode::DEFAULT,
            quirks,
            Cow::default(),
            None,
            None,
            Default::default(),
        );
        Self { properties, context, found: SourcePropertyDeclaration::default() }
    }

    /// Reads the value of `name` at the input, which ends where the declaration does. What
    /// is invalid gives nothing. `at` is where the declaration begins.
    pub(crate) fn read(
        &mut self,
        name: &str,
        input: &mut Parser<'_>,
        at: (u32, u32),
        out: &mut Vec<Declaration>,
    ) -> Result<(), ()> {
        input.skip_whitespace();
        let (start, begin) = (input.position(), input.state());
        let extent = Extent::of(input)?;
        let finished = input.state();
        let written = input.slice(start..extent.end);
        let declaration = Declaration {
            property: Property::NONE,
            value: (offset(start), offset(extent.end)),
            shorthand: None,
            important: extent.important,
            wide: Wide::named(written),
            line: at.0,
            column: at.1,
        };
        if name.starts_with("--") {
            if name.len() == 2 {
                return Err(());
            }
            let property = self.properties.intern(name);
            out.push(Declaration { property, ..declaration });
            return Ok(());
        }
        let name = name.to_ascii_lowercase();
        if name == "all" {
            return self.all(&declaration, out);
        }
        let known = chromium::known(&name).ok_or(())?;
        if !self.is_valid((&name, known), written, &extent, (input, &begin)) {
            return Err(());
        }
        input.reset(&finished);
        let whole = self.properties.intern(&name);
        for longhand in &known.longhands {
            let property = self.properties.intern(longhand);
            let shorthand = (property != whole && known.longhands.len() > 1).then_some(whole);
            out.push(Declaration { property, shorthand, ..declaration.clone() });
        }
        Ok(())
    }

    fn is_valid(
        &mut self,
        (name, known): (&str, &chromium::Known),
        written: &str,
        extent: &Extent,
        (input, begin): (&mut Parser<'_>, &cssparser::ParserState),
    ) -> bool {
        if extent.words == 0 {
            return false;
        }
        if extent.is_one_word {
            let word = written.to_ascii_lowercase();
            match known.judge(&word) {
                _ if Wide::named(&word).is_some() => return true,
                chromium::Verdict::Valid => return true,
                chromium::Verdict::Invalid => return false,
                chromium::Verdict::Unknown => {}
            }
        }
        if extent.substitutes {
            return true;
        }
        if extent.foreign && !known.takes_names() {
            return false;
        }
        let Ok(id) = PropertyId::parse(name, &self.context) else { return true };
        self.found.clear();
        input.reset(begin);
        let (context, found) = (&mut self.context, &mut self.found);
        let parsed = input.parse_until_before(Delimiter::Bang, |input| {
            PropertyDeclaration::parse_into(found, id, context, input)
        });
        parsed.is_ok() || chromium::takes_anyway(name, written)
    }

    /// `all` sets every longhand but two, and no custom property; it takes no other values.
    fn all(&mut self, declaration: &Declaration, out: &mut Vec<Declaration>) -> Result<(), ()> {
        if declaration.wide.is_none() {
            return Err(());
        }
        let all = self.properties.intern("all");
        for name in chromium::longhands() {
            let property = self.properties.intern(name);
            out.push(Declaration { property, shorthand: Some(all), ..declaration.clone() });
        }
        Ok(())
    }
}

/// How far a value goes, and what is in it.
#[derive(Clone, Copy)]
struct Extent {
    end: cssparser::SourcePosition,
    important: bool,
    words: usize,
    is_one_word: bool,
    /// There is a `var()` or the like: it is judged when it is computed.
    substitutes: bool,
    foreign: bool,
}

impl Extent {
    /// Walks to the end; the input is left there. Errors on what makes every value invalid.
    fn of(input: &mut Parser<'_>) -> Result<Self, ()> {
        let end = input.position();
        let (important, words, is_one_word) = (false, 0, false);
        let mut extent = Self { end, important, words, is_one_word, substitutes: false, foreign: false };
        loop {
            let before = input.state();
            match input.next().cloned() {
                Ok(Token::Delim('!')) => {
                    input.reset(&before);
                    parse_important(input).map_err(|_| ())?;
                    input.expect_exhausted().map_err(|_| ())?;
                    extent.important = true;
                    return Ok(extent);
                }
                Ok(Token::Semicolon) | Err(_) if input.is_exhausted() => return Ok(extent),
                Ok(Token::Semicolon) | Err(_) => return Err(()),
                Ok(token) => {
                    extent.is_one_word = extent.words == 0 && matches!(token, Token::Ident(_));
                    extent.words = extent.words.saturating_add(1);
                    extent.take(&token, input).map_err(|_| ())?;
                }
            }
            extent.end = input.position();
        }
    }

    fn take(&mut self, token: &Token<'_>, input: &mut Parser<'_>) -> Result<(), cssparser::ParseError<()>> {
        match token {
            Token::BadString(_)
            | Token::BadUrl(_)
            | Token::CloseCurlyBracket
            | Token::CloseParenthesis
            | Token::CloseSquareBracket => return Err(cssparser::ParseError::custom(())),
            Token::Ident(word) => self.foreign |= chromium::is_foreign(word),
            Token::Function(name) => {
                self.foreign |= chromium::is_foreign(name);
                self.substitutes |=
                    ["var", "env", "attr", "if"].iter().any(|known| name.eq_ignore_ascii_case(known));
                input.parse_nested_block(|input| self.block(input))?;
            }
            Token::ParenthesisBlock | Token::SquareBracketBlock | Token::CurlyBracketBlock => {
                input.parse_nested_block(|input| self.block(input))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Walks over a block; the tokenizer bounds its depth.
    fn block(&mut self, input: &mut Parser<'_>) -> Result<(), cssparser::ParseError<()>> {
        while let Ok(token) = input.next() {
            let token = token.clone();
            self.take(&token, input)?;
        }
        Ok(())
    }
}

fn offset(position: cssparser::SourcePosition) -> u32 {
    u32::try_from(position.byte_index()).unwrap_or(u32::MAX)
}
