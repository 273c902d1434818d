//! Text to selectors.

use cssparser::{Parser as CssParser, Token};
use html5ever::Namespace;
use selectors::parser::{ParseRelative, SelectorParseErrorKind};

use super::pseudo::Direction;
use super::{Kinds, Name, PseudoClass, PseudoElement, Selector, SelectorList};

/// What a sheet says about namespaces.
#[derive(Debug, Clone, Default)]
pub(crate) struct Context {
    pub(crate) default_namespace: Option<Namespace>,
    pub(crate) prefixes: Vec<(Name, Namespace)>,
    /// What is parsed stands inside of another rule.
    pub(crate) nested: bool,
    pub(crate) reading: Reading,
}

/// What becomes of a part that is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A list that forgives leaves it out, and old names stand for new ones.
    #[default]
    Forgiving,
    /// All of it is refused: somebody asks whether it is known.
    Strict,
}

type ParseError = cssparser::ParseError<Refused>;

/// Why a selector is none.
#[derive(Debug, Clone)]
pub(crate) struct Refused;

impl From<SelectorParseErrorKind> for Refused {
    fn from(_: SelectorParseErrorKind) -> Self {
        Self
    }
}

/// The list at the input, up to its end.
pub(crate) fn parse_list(
    context: &Context,
    input: &mut CssParser<'_>,
    relative: ParseRelative,
) -> Result<SelectorList, ParseError> {
    SelectorList::parse(context, input, relative)
}

/// One selector, such as a user types it.
pub(crate) fn parse_one(text: &str) -> Option<SelectorList> {
    let mut input = CssParser::new(text);
    let list = parse_list(&Context::default(), &mut input, ParseRelative::No).ok()?;
    input.is_exhausted().then_some(list)
}

/// Whether `@supports selector(…)` holds.
pub(crate) fn is_supported(text: &str) -> bool {
    let mut input = CssParser::new(text);
    let context = Context { reading: Reading::Strict, ..Context::default() };
    let parsed: Result<Selector, ParseError> = Selector::parse(&context, &mut input);
    parsed.is_ok() && input.is_exhausted()
}

impl<'i> selectors::parser::Parser<'i> for Context {
    type Impl = Kinds;
    type Error = Refused;

    fn parse_slotted(&self) -> bool {
        true
    }

    fn parse_part(&self) -> bool {
        true
    }

    fn parse_nth_child_of(&self) -> bool {
        true
    }

    fn parse_is_and_where(&self) -> bool {
        true
    }

    fn parse_has(&self) -> bool {
        true
    }

    fn parse_parent_selector(&self) -> bool {
        true
    }

    fn parse_host(&self) -> bool {
        true
    }

    fn allow_forgiving_selectors(&self) -> bool {
        self.reading == Reading::Forgiving
    }

    fn is_is_alias(&self, name: &str) -> bool {
        self.reading == Reading::Forgiving
            && (name.eq_ignore_ascii_case("matches") || name.eq_ignore_ascii_case("-webkit-any"))
    }

    fn parse_non_ts_pseudo_class(&self, name: &str) -> Result<PseudoClass, ParseError> {
        PseudoClass::named(name).ok_or_else(unknown)
    }

    fn parse_non_ts_functional_pseudo_class(
        &self,
        name: &str,
        input: &mut CssParser<'i>,
        _after_part: bool,
    ) -> Result<PseudoClass, ParseError> {
        functional(name, input)
    }

    fn parse_pseudo_element(&self, name: &str) -> Result<PseudoElement, ParseError> {
        PseudoElement::named(name).ok_or_else(unknown)
    }

    fn parse_functional_pseudo_element(
        &self,
        name: &str,
        input: &mut CssParser<'i>,
    ) -> Result<PseudoElement, ParseError> {
        functional_element(name, input)
    }

    fn default_namespace(&self) -> Option<Namespace> {
        self.default_namespace.clone()
    }

    fn namespace_for_prefix(&self, prefix: &Name) -> Option<Namespace> {
        let known = self.prefixes.iter().rev().find(|(known, _)| known == prefix);
        known.map(|(_, namespace)| namespace.clone())
    }
}

fn unknown() -> ParseError {
    ParseError::custom(SelectorParseErrorKind::UnsupportedPseudoClassOrElement)
}

fn functional(name: &str, input: &mut CssParser<'_>) -> Result<PseudoClass, ParseError> {
    if name.eq_ignore_ascii_case("lang") {
        let ranges = input.parse_comma_separated(|input| {
            Ok::<_, ParseError>(input.expect_ident_or_string()?.as_ref().to_owned())
        })?;
        return Ok(PseudoClass::Lang(ranges));
    }
    if name.eq_ignore_ascii_case("dir") {
        let direction = input.expect_ident()?;
        let is = |text: &str| direction.eq_ignore_ascii_case(text);
        return Ok(PseudoClass::Dir(match () {
            () if is("ltr") => Direction::LeftToRight,
            () if is("rtl") => Direction::RightToLeft,
            () => Direction::Other,
        }));
    }
    let known = ["state", "active-view-transition-type", "host-context", "-webkit-any-link", "heading"];
    if known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        let argument = rest(input)?;
        return Ok(PseudoClass::Never(format!("{}({argument})", name.to_ascii_lowercase())));
    }
    Err(unknown())
}

fn functional_element(name: &str, input: &mut CssParser<'_>) -> Result<PseudoElement, ParseError> {
    let argument = rest(input)?;
    PseudoElement::function(name, &argument).ok_or_else(unknown)
}

/// The text up to the end of the block; an empty one is no argument.
fn rest(input: &mut CssParser<'_>) -> Result<String, ParseError> {
    input.skip_whitespace();
    let start = input.position();
    let mut any = false;
    while let Ok(token) = input.next() {
        any = true;
        if matches!(token, Token::BadString(_) | Token::BadUrl(_)) {
            return Err(unknown());
        }
    }
    if any { Ok(input.slice_from(start).trim().to_owned()) } else { Err(unknown()) }
}
