//! Text to rules.
//!
//! Nesting is resolved while reading: a nested rule's selectors hold those of the rule around
//! it. Declarations behind a nested rule become a rule of their own, because they come later.

use cssparser::{
    AtRuleParser, CowRcStr, DeclarationParser, Parser, ParserState, QualifiedRuleParser, RuleBodyItemParser,
    RuleBodyParser, SourceLocation, StyleSheetParser,
};
use selectors::parser::ParseRelative;

use super::declaration::{Declaration, Reader};
use super::prelude::{self, Prelude};
use super::sheet::{Condition, ConditionId, Conditions, Fault, Import, Item, Rule, Scope, ScopeId, Sheet};
use crate::select::{self, SelectorList};

/// Selectors of one sheet. Stops a sheet that no page could be matched with.
const SELECTORS_MAX: usize = 100_000;
/// Longhands that the declarations of one sheet set. Stops shorthands that multiply.
const DECLARATIONS_MAX: usize = 500_000;
/// Bytes of one list of selectors. Longer lists are refused, as a browser would not.
const SELECTOR_BYTES_MAX: usize = 64 * 1024;
/// Parts of the selectors of one rule, with those of the rules around it in the place of `&`.
/// Stops nesting that multiplies.
const NESTED_PARTS_MAX: u32 = 10_000;

type Failed = cssparser::ParseError<()>;

fn failed() -> Failed {
    cssparser::ParseError::custom(())
}

/// Reads a sheet.
pub(crate) fn parse(text: &str, reader: &mut Reader<'_>, conditions: &mut Conditions) -> Sheet {
    let mut rules = Rules {
        sheet: Sheet::default(),
        reader,
        conditions,
        selecting: select::Context::default(),
        around: Around::default(),
        open: Vec::new(),
        opened: (0, 0),
        may_import: true,
        anonymous: 0,
    };
    let mut input = Parser::new(text);
    let mut parser = StyleSheetParser::new(&mut input, &mut rules);
    while let Some(result) = parser.next() {
        if let Err((_, slice, at)) = result {
            let fault = fault("css.rule", "This rule is not understood and was left out", slice, at);
            parser.parser.note(fault);
        }
        if parser.parser.sheet.limit.is_some() {
            break;
        }
    }
    rules.sheet
}

/// Reads the declarations of a `style` attribute.
pub(crate) fn parse_attribute(text: &str, reader: &mut Reader<'_>) -> Vec<Declaration> {
    let mut conditions = Conditions::default();
    let mut rules = Rules {
        sheet: Sheet::default(),
        reader,
        conditions: &mut conditions,
        selecting: select::Context::default(),
        around: Around { inline: true, ..Around::default() },
        open: Vec::new(),
        opened: (0, 0),
        may_import: false,
        anonymous: 0,
    };
    let mut input = Parser::new(text);
    for result in RuleBodyParser::new(&mut input, &mut rules) {
        let _: Result<(), _> = result;
    }
    rules.open
}

/// What stands around a rule.
#[derive(Debug, Clone, Default)]
struct Around {
    conditions: Vec<ConditionId>,
    layer: Option<u32>,
    scope: Option<ScopeId>,
    /// The selectors of the rule around, and their text.
    parent: Option<(SelectorList, String)>,
    /// Declarations of a scope itself.
    weightless: bool,
    inline: bool,
}

struct Rules<'a, 'b> {
    sheet: Sheet,
    reader: &'a mut Reader<'b>,
    conditions: &'a mut Conditions,
    selecting: select::Context,
    around: Around,
    /// Declarations of the rule that is being read, and where they begin.
    open: Vec<Declaration>,
    opened: (u32, u32),
    may_import: bool,
    anonymous: u32,
}

impl Rules<'_, '_> {
    fn note(&mut self, fault: Fault) {
        self.sheet.faults.note(fault);
    }

    /// Makes a rule of the declarations that were read so far.
    fn flush(&mut self) {
        let declarations = std::mem::take(&mut self.open);
        let Some((selectors, text)) = self.around.parent.clone() else { return };
        if declarations.is_empty() {
            return;
        }
        self.sheet.selectors = self.sheet.selectors.saturating_add(selectors.len());
        self.sheet.declarations = self.sheet.declarations.saturating_add(declarations.len());
        if self.sheet.selectors > SELECTORS_MAX {
            self.sheet.limit = Some("selectors");
            return;
        }
        if self.sheet.declarations > DECLARATIONS_MAX {
            self.sheet.limit = Some("declarations");
            return;
        }
        let (line, column) = self.opened;
        self.sheet.items.push(Item::Rule(Box::new(Rule {
            selectors,
            text,
            declarations,
            conditions: self.around.conditions.clone(),
            layer: self.around.layer,
            scope: self.around.scope,
            line,
            column,
            weightless: self.around.weightless,
        })));
    }

    /// Reads what stands in a block, with `around` around it.
    fn body(&mut self, around: Around, at: SourceLocation, input: &mut Parser<'_>) {
        self.flush();
        let before = std::mem::replace(&mut self.around, around);
        let opened = std::mem::replace(&mut self.opened, place(at));
        let nested = std::mem::replace(&mut self.selecting.nested, self.around.parent.is_some());
        let mut faults = Vec::new();
        for result in RuleBodyParser::new(input, self) {
            if let Err((_, slice, at)) = result {
                faults.push(fault(
                    "css.declaration",
                    "This declaration is not valid and does nothing",
                    slice,
                    at,
                ));
            }
        }
        for fault in faults {
            self.note(fault);
        }
        self.flush();
        self.around = before;
        // What follows in the block around begins where this block ended.
        self.opened =
            if self.around.parent.is_some() { place(input.current_source_location()) } else { opened };
        self.selecting.nested = nested;
    }

    fn condition(&mut self, condition: Condition) -> Around {
        let id = self.conditions.intern(condition);
        let mut around = self.around.clone();
        if !around.conditions.contains(&id) {
            around.conditions.push(id);
        }
        around
    }

    /// The layer of this name inside of the layer around; none names a new one.
    fn layer(&mut self, name: Option<&[String]>) -> u32 {
        let outer = self.around.layer.and_then(|layer| self.sheet.layers.get(crate::at(layer)));
        let mut path = outer.cloned().unwrap_or_default();
        match name {
            Some(names) => path.extend(names.iter().cloned()),
            None => {
                self.anonymous = self.anonymous.saturating_add(1);
                path.push(format!(" {}", self.anonymous));
            }
        }
        let known = self.sheet.layers.iter().position(|known| *known == path);
        let at = known.unwrap_or_else(|| {
            self.sheet.layers.push(path);
            self.sheet.layers.len() - 1
        });
        let id = u32::try_from(at).unwrap_or(u32::MAX);
        self.sheet.items.push(Item::Layer(id));
        id
    }

    fn scope(&mut self, start: Option<SelectorList>, end: Option<SelectorList>) -> Around {
        let id = ScopeId(u32::try_from(self.sheet.scopes.len()).unwrap_or(u32::MAX));
        let start = start.map(|list| self.resolved(&list));
        let end = end.map(|list| list.replace_parent_selector(&SelectorList::scope()));
        self.sheet.scopes.push(Scope { start, end, outer: self.around.scope });
        let parent = Some((SelectorList::implicit_scope(), ":scope".to_owned()));
        Around { scope: Some(id), parent, weightless: true, ..self.around.clone() }
    }

    /// Puts the selectors around in the place of `&`.
    fn resolved(&self, list: &SelectorList) -> SelectorList {
        if !list.slice().iter().any(|selector| selector.has_parent_selector()) {
            return list.clone();
        }
        match &self.around.parent {
            Some((parent, _)) => list.replace_parent_selector(parent),
            None => list.replace_parent_selector(&SelectorList::scope()),
        }
    }
}

impl<'i> QualifiedRuleParser<'i> for Rules<'_, '_> {
    type Prelude = (SelectorList, String);
    type QualifiedRule = ();
    type Error = ();

    fn parse_prelude(&mut self, input: &mut Parser<'i>) -> Result<Self::Prelude, Failed> {
        self.may_import = false;
        let relative = match () {
            () if self.around.weightless => ParseRelative::ForScope,
            () if self.around.parent.is_some() => ParseRelative::ForNesting,
            () => ParseRelative::No,
        };
        input.skip_whitespace();
        let start = input.position();
        let list = select::parse_list(&self.selecting, input, relative).map_err(|_| failed())?;
        let text = input.slice_from(start).trim();
        if text.len() > SELECTOR_BYTES_MAX {
            return Err(failed());
        }
        let resolved = self.resolved(&list);
        let mut parts_left = NESTED_PARTS_MAX;
        if !select::fits(resolved.slice(), &mut parts_left) {
            self.sheet.nested_too_far = true;
            return Err(failed());
        }
        Ok((resolved, text.to_owned()))
    }

    fn parse_block(
        &mut self,
        prelude: Self::Prelude,
        start: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<(), Failed> {
        let around = Around { parent: Some(prelude), weightless: false, ..self.around.clone() };
        self.body(around, start.source_location(), input);
        Ok(())
    }
}

impl<'i> AtRuleParser<'i> for Rules<'_, '_> {
    type Prelude = Prelude;
    type AtRule = ();
    type Error = ();

    fn parse_prelude(&mut self, name: CowRcStr<'i>, input: &mut Parser<'i>) -> Result<Prelude, Failed> {
        if self.around.inline {
            return Err(failed());
        }
        let name = name.to_ascii_lowercase();
        let prelude = prelude::parse(&name, input, self.reader, &self.selecting)?;
        match prelude {
            Prelude::Import { .. } if !self.may_import || self.around.parent.is_some() => {
                return Err(failed());
            }
            Prelude::Namespace { .. } if self.around.parent.is_some() => return Err(failed()),
            Prelude::Import { .. } | Prelude::Namespace { .. } | Prelude::Layers(_) => {}
            _ => self.may_import = false,
        }
        Ok(prelude)
    }

    fn rule_without_block(&mut self, prelude: Prelude, start: &ParserState) -> Result<(), ()> {
        match prelude {
            Prelude::Import { url, layer, conditions } => {
                let layer = layer.map(|name| self.layer(name.as_deref()));
                let conditions = conditions.into_iter().map(|one| self.conditions.intern(one)).collect();
                let (line, _) = place(start.source_location());
                self.sheet.items.push(Item::Import(Import { url, conditions, layer, line }));
                Ok(())
            }
            Prelude::Namespace { prefix: None, url } => {
                self.selecting.default_namespace = Some(url);
                Ok(())
            }
            Prelude::Namespace { prefix: Some(prefix), url } => {
                self.selecting.prefixes.push((prefix, url));
                Ok(())
            }
            Prelude::Layers(names) if !names.is_empty() => {
                self.may_import &= !self.sheet.items.iter().any(|item| matches!(item, Item::Import(_)));
                for name in names {
                    self.layer(Some(&name));
                }
                Ok(())
            }
            _ => Err(()),
        }
    }

    fn parse_block(
        &mut self,
        prelude: Prelude,
        start: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<(), Failed> {
        self.may_import = false;
        let at = start.source_location();
        let around = match prelude {
            Prelude::Media(query) if query.is_empty() => self.around.clone(),
            Prelude::Media(query) => self.condition(Condition::Media(query)),
            Prelude::Container(query) => self.condition(Condition::Container(query)),
            Prelude::Supports(_, true) => self.around.clone(),
            Prelude::Supports(text, false) => self.condition(Condition::Never(format!("supports {text}"))),
            Prelude::StartingStyle => self.condition(Condition::Never("starting-style".to_owned())),
            Prelude::Layers(mut names) if names.len() <= 1 => {
                let layer = self.layer(names.pop().as_deref());
                Around { layer: Some(layer), ..self.around.clone() }
            }
            Prelude::Scope { start, end } => self.scope(start, end),
            Prelude::Other => {
                while input.next().is_ok() {}
                return Ok(());
            }
            Prelude::Import { .. } | Prelude::Namespace { .. } | Prelude::Layers(_) => return Err(failed()),
        };
        self.body(around, at, input);
        Ok(())
    }
}

impl<'i> DeclarationParser<'i> for Rules<'_, '_> {
    type Declaration = ();
    type Error = ();

    fn parse_value(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
        start: &ParserState,
    ) -> Result<(), Failed> {
        let at = place(start.source_location());
        self.reader.read(&name, input, at, &mut self.open).map_err(|()| failed())
    }
}

impl<'i> RuleBodyItemParser<'i, (), ()> for Rules<'_, '_> {
    fn parse_declarations(&self) -> bool {
        self.around.parent.is_some() || self.around.inline
    }

    fn parse_qualified(&self) -> bool {
        !self.around.inline
    }
}

/// One-based.
fn place(at: SourceLocation) -> (u32, u32) {
    (at.line.saturating_add(1), at.column)
}

/// Characters of a message that are quoted from a sheet.
const QUOTED_MAX: usize = 80;

fn fault(code: &'static str, what: &str, slice: &str, at: SourceLocation) -> Fault {
    let first = slice.trim().lines().next().unwrap_or_default();
    let quoted: String = first.chars().take(QUOTED_MAX).collect();
    let (line, column) = place(at);
    Fault { code, message: format!("{what}: `{quoted}`."), line, column, times: 1 }
}
