//! Style sheets as the syntax trees that programs get from npm's `lightningcss`. There it is
//! native code, which cannot run here; the parser behind it is the one used below, of a later
//! release, and the trees are the same but for what `runtime/styles.js` puts back.
//!
//! It does not minify, prefix or print.

use std::fmt;

use lightningcss::error::{ParserError, PrinterError};
use lightningcss::printer::Printer;
use lightningcss::stylesheet::{ParserOptions, StyleSheet};
use lightningcss::traits::{AtRuleParser, ToCss};
use lightningcss::values::syntax::{ParsedComponent, SyntaxString};
use lightningcss_parser::{BasicParseErrorKind, CowRcStr, ParseError, Parser, ParserState};
use serde::Serialize;

/// The rules without a block that programs may declare, all with this prelude.
const PRELUDE: &str = "<custom-ident>+";

/// The tree of `text` as JSON, with rules of the names `custom` read as such.
///
/// # Errors
/// What the parser says, with the line from 1 on.
pub(crate) fn tree(text: &str, custom: &[String]) -> Result<String, String> {
    let mut rules = CustomRules { names: custom };
    let sheet = StyleSheet::parse_with(text, ParserOptions::default(), &mut rules)
        .map_err(|error| error.to_string())?;
    serde_json::to_string(&sheet).map_err(|error| error.to_string())
}

struct CustomRules<'n> {
    names: &'n [String],
}

/// One rule that programs declared.
#[derive(Debug, Clone, Serialize)]
struct CustomRule<'i> {
    name: String,
    prelude: ParsedComponent<'i>,
}

impl ToCss for CustomRule<'_> {
    fn to_css<W: fmt::Write>(&self, _: &mut Printer<'_, '_, W>) -> Result<(), PrinterError> {
        Err(fmt::Error.into())
    }
}

impl<'i> AtRuleParser<'i> for CustomRules<'_> {
    type AtRule = CustomRule<'i>;
    type Error = ParserError<'i>;
    type Prelude = CustomRule<'i>;

    fn parse_prelude<'t>(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i, 't>,
        _: &ParserOptions<'i>,
    ) -> Result<Self::Prelude, ParseError<'i, Self::Error>> {
        if !self.names.iter().any(|known| **known == *name) {
            return Err(input.new_error(BasicParseErrorKind::AtRuleInvalid(name)));
        }
        let syntax = SyntaxString::parse_string(PRELUDE)
            .map_err(|()| input.new_error(BasicParseErrorKind::AtRuleBodyInvalid))?;
        Ok(CustomRule { name: name.to_string(), prelude: syntax.parse_value(input)? })
    }

    fn rule_without_block(
        &mut self,
        prelude: Self::Prelude,
        _: &ParserState,
        _: &ParserOptions<'i>,
        _: bool,
    ) -> Result<Self::AtRule, ()> {
        Ok(prelude)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::tree;

    #[test]
    fn a_tree_has_rules_declarations_and_the_rules_that_were_declared() {
        let text = "@cssInterop set nativewind;\n.a{color:red;width:calc(1px + 2%)}@media print{.b{--x:1}}";
        let tree: Value = serde_json::from_str(&tree(text, &["cssInterop".to_owned()]).unwrap()).unwrap();
        let rules = &tree["rules"];
        assert_eq!(rules[0]["type"], "custom");
        let idents = rules[0]["value"]["prelude"]["value"]["components"].as_array().unwrap();
        assert_eq!(idents.iter().map(|ident| &ident["value"]).collect::<Vec<_>>(), ["set", "nativewind"]);
        assert_eq!(rules[1]["value"]["declarations"]["declarations"][0]["property"], "color");
        assert_eq!(rules[2]["value"]["rules"][0]["type"], "style");
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let fault = tree("\n.a{color:red}}", &[]).unwrap_err();
        assert!(fault.contains(":1:") || fault.contains("2"), "{fault}");
        assert!(tree("@cssInterop set x;", &[]).is_ok(), "an unknown rule is kept as it is");
    }
}
