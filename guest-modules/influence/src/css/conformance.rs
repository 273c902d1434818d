//! The cases of css-parsing-tests: texts, and the values, declarations and rules that the
//! standard of their syntax makes of them. They hold what we stand on, the tokenizer and the
//! rules of recovery; which of these a browser keeps is held elsewhere.
//!
//! Numbers are compared without the way in which they were written, and two errors that a
//! browser cannot tell from none (a string or an address that ends with its sheet) are left out.

use std::path::PathBuf;

use cssparser::{
    AtRuleParser, CowRcStr, DeclarationParser, ParseError, Parser, ParserState, QualifiedRuleParser,
    RuleBodyItemParser, RuleBodyParser, StyleSheetParser, Token, parse_important, parse_nth,
};
use serde_json::{Value, json};

/// The standard has no token for ranges of letters any more; they are read from other tokens.
const RANGE: &str = "a range of letters is no token";
/// Nor one for `||`.
const COLUMN: &str = "two bars are no token";
/// These lists are those within a rule, where the signs of HTML comments count. Only whole
/// sheets are read, in which they are skipped.
const TOP: &str = "a sheet skips the signs of HTML comments";

/// Cases whose answer is another here: the file, which one of it, and why.
const DIFFERENT: [(&str, usize, &str); 12] = [
    ("component_value_list.json", 38, RANGE),
    ("component_value_list.json", 39, RANGE),
    ("component_value_list.json", 40, RANGE),
    ("component_value_list.json", 41, RANGE),
    ("component_value_list.json", 42, RANGE),
    ("component_value_list.json", 43, RANGE),
    ("component_value_list.json", 44, RANGE),
    ("component_value_list.json", 45, RANGE),
    ("component_value_list.json", 46, RANGE),
    ("component_value_list.json", 47, COLUMN),
    ("rule_list.json", 10, TOP),
    ("rule_list.json", 12, TOP),
];

/// All of them, by file.
const CASES: [(&str, usize); 5] = [
    ("An+B.json", 128),
    ("component_value_list.json", 50),
    ("declaration_list.json", 10),
    ("rule_list.json", 15),
    ("stylesheet.json", 16),
];

fn cases(file: &str) -> Vec<(String, Value)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/css-parsing");
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let all: Vec<Value> = serde_json::from_str(&text).unwrap();
    let pairs = all.chunks_exact(2).map(|pair| (pair[0].as_str().unwrap().to_owned(), normal(&pair[1])));
    pairs.collect()
}

/// Without what is not compared.
fn normal(value: &Value) -> Value {
    let Value::Array(parts) = value else { return value.clone() };
    let kind = parts.first().and_then(Value::as_str);
    let numeric = matches!(kind, Some("number" | "percentage" | "dimension"));
    let quiet =
        |part: &Value| *part == json!(["error", "eof-in-string"]) || *part == json!(["error", "eof-in-url"]);
    let kept = parts.iter().enumerate().filter(|(at, part)| !(quiet(part) || numeric && *at == 1));
    kept.map(|(at, part)| match part.as_f64() {
        // Browsers keep numbers in 32 bits, and so do we.
        Some(number) if numeric && at == 2 => short(number),
        _ => normal(part),
    })
    .collect()
}

fn short(number: f64) -> Value {
    json!(format!("{number:.5e}"))
}

fn number(kind: &str, value: f32, int: Option<i32>, unit: Option<&str>) -> Value {
    let value = short(int.map_or(f64::from(value), f64::from));
    let mut parts = vec![json!(kind), value, json!(if int.is_some() { "integer" } else { "number" })];
    parts.extend(unit.map(|unit| json!(unit)));
    Value::Array(parts)
}

/// What is left of the input.
fn values(input: &mut Parser<'_>) -> Vec<Value> {
    let mut all = Vec::new();
    while let Ok(token) = input.next_including_whitespace().cloned() {
        let value = value(&token, input);
        // White space around a comment is one.
        if value != json!(" ") || all.last() != Some(&value) {
            all.push(value);
        }
    }
    all
}

fn value(token: &Token<'_>, input: &mut Parser<'_>) -> Value {
    let inside = |head: Vec<Value>, input: &mut Parser<'_>| {
        let all =
            input.parse_nested_block(|input| Ok::<_, ParseError<()>>(values(input))).unwrap_or_default();
        Value::Array(head.into_iter().chain(all).collect())
    };
    match token {
        Token::Ident(text) => json!(["ident", &**text]),
        Token::AtKeyword(text) => json!(["at-keyword", &**text]),
        Token::Hash(text) => json!(["hash", &**text, "unrestricted"]),
        Token::IDHash(text) => json!(["hash", &**text, "id"]),
        Token::QuotedString(text) => json!(["string", &**text]),
        Token::UnquotedUrl(text) => json!(["url", &**text]),
        Token::Delim(one) => json!(one.to_string()),
        Token::Number { value, int_value, .. } => number("number", *value, *int_value, None),
        Token::Percentage { unit_value, int_value, .. } => {
            number("percentage", unit_value * 100.0, *int_value, None)
        }
        Token::Dimension { value, int_value, unit, .. } => {
            number("dimension", *value, *int_value, Some(unit))
        }
        Token::WhiteSpace(_) | Token::Comment(_) => json!(" "),
        Token::Colon => json!(":"),
        Token::Semicolon => json!(";"),
        Token::Comma => json!(","),
        Token::IncludeMatch => json!("~="),
        Token::DashMatch => json!("|="),
        Token::PrefixMatch => json!("^="),
        Token::SuffixMatch => json!("$="),
        Token::SubstringMatch => json!("*="),
        Token::CDO => json!("<!--"),
        Token::CDC => json!("-->"),
        Token::Function(name) => inside(vec![json!("function"), json!(&**name)], input),
        Token::ParenthesisBlock => inside(vec![json!("()")], input),
        Token::SquareBracketBlock => inside(vec![json!("[]")], input),
        Token::CurlyBracketBlock => inside(vec![json!("{}")], input),
        Token::BadUrl(_) => json!(["error", "bad-url"]),
        Token::BadString(_) => json!(["error", "bad-string"]),
        Token::CloseParenthesis => json!(["error", ")"]),
        Token::CloseSquareBracket => json!(["error", "]"]),
        Token::CloseCurlyBracket => json!(["error", "}"]),
    }
}

/// Takes everything that the syntax allows.
struct Everything;

impl<'i> AtRuleParser<'i> for Everything {
    type Prelude = (String, Vec<Value>);
    type AtRule = Value;
    type Error = ();

    fn parse_prelude(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
    ) -> Result<Self::Prelude, ParseError<()>> {
        Ok((name.to_string(), values(input)))
    }

    fn rule_without_block(&mut self, (name, prelude): Self::Prelude, _: &ParserState) -> Result<Value, ()> {
        Ok(json!(["at-rule", name, prelude, null]))
    }

    fn parse_block(
        &mut self,
        (name, prelude): Self::Prelude,
        _: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<Value, ParseError<()>> {
        Ok(json!(["at-rule", name, prelude, values(input)]))
    }
}

impl<'i> QualifiedRuleParser<'i> for Everything {
    type Prelude = Vec<Value>;
    type QualifiedRule = Value;
    type Error = ();

    fn parse_prelude(&mut self, input: &mut Parser<'i>) -> Result<Vec<Value>, ParseError<()>> {
        Ok(values(input))
    }

    fn parse_block(
        &mut self,
        prelude: Vec<Value>,
        _: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<Value, ParseError<()>> {
        Ok(json!(["qualified rule", prelude, values(input)]))
    }
}

impl<'i> DeclarationParser<'i> for Everything {
    type Declaration = Value;
    type Error = ();

    fn parse_value(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
        _: &ParserState,
    ) -> Result<Value, ParseError<()>> {
        let mut all = Vec::new();
        let mut important = false;
        loop {
            let before = input.state();
            let Ok(token) = input.next_including_whitespace().cloned() else { break };
            if token == Token::Delim('!') {
                input.reset(&before);
                if parse_important(input).is_ok() && input.is_exhausted() {
                    important = true;
                    break;
                }
                input.reset(&before);
                let _ = input.next();
            }
            all.push(value(&token, input));
        }
        let begin = all.iter().take_while(|one| **one == json!(" ")).count();
        all.drain(..begin);
        while all.last() == Some(&json!(" ")) {
            all.pop();
        }
        Ok(json!(["declaration", name.to_string(), all, important]))
    }
}

impl RuleBodyItemParser<'_, Value, ()> for Everything {
    fn parse_declarations(&self) -> bool {
        true
    }

    fn parse_qualified(&self) -> bool {
        false
    }
}

/// What a text is as the file asks it.
fn answer(file: &str, text: &str) -> Value {
    let (mut input, mut all) = (Parser::new(text), Everything);
    let or_error = |result: Result<Value, _>| result.unwrap_or_else(|_: ()| json!(["error", "invalid"]));
    match file {
        "An+B.json" => {
            let found = input.parse_entirely(|input| parse_nth(input).map_err(ParseError::<()>::from));
            found.map_or(Value::Null, |(a, b)| json!([a, b]))
        }
        "component_value_list.json" => Value::Array(values(&mut input)),
        "declaration_list.json" => {
            let rules = RuleBodyParser::new(&mut input, &mut all);
            rules.map(|one| or_error(one.map_err(|_| ()))).collect()
        }
        _ => {
            let rules = StyleSheetParser::new(&mut input, &mut all);
            rules.map(|one| or_error(one.map_err(|_| ()))).collect()
        }
    }
}

#[test]
fn values_declarations_and_rules_are_those_of_css_parsing_tests() {
    let mut different = Vec::new();
    let mut report = String::new();
    let mut counts = Vec::new();
    for (file, _) in CASES {
        let cases = cases(file);
        counts.push((file, cases.len()));
        for (at, (text, expected)) in cases.iter().enumerate() {
            let found = answer(file, text);
            if found != *expected {
                different.push((file, at));
                report += &format!("{file} {at}: {text:?}\n  {expected}\n  {found}\n");
            }
        }
    }
    let named: Vec<_> = DIFFERENT.iter().map(|(file, at, _)| (*file, *at)).collect();
    assert_eq!(different, named, "{report}");
    assert_eq!(counts, CASES);
}
