//! Which decorators the project's configuration asks for.

use super::tokens::{Token, tokens};
use super::{BABEL_FILES, Host, Image};
use crate::wire::{Decorators, Flavour};

/// The package whose plugin compiles decorators for Babel.
pub(crate) const DECORATORS_PLUGIN: &str = "@babel/plugin-proposal-decorators";
/// Other names of it.
const PLUGIN_NAMES: [&str; 3] =
    [DECORATORS_PLUGIN, "module:@babel/plugin-proposal-decorators", "@babel/proposal-decorators"];
const EXPO_PRESETS: [&str; 2] = ["babel-preset-expo", "expo"];

/// The convention that the app's Babel configuration names. Expo's preset has the legacy one
/// unless it is told otherwise; without Babel it is TypeScript's configuration that counts. None
/// where there are no decorators, or a version of them that only Babel's own plugin knows.
pub(crate) fn decorators(
    host: &dyn Host,
    image: &Image,
    flavour: Flavour,
    experimental: bool,
) -> Option<Decorators> {
    let read = |file: std::rc::Rc<str>| host.read(&file).ok();
    let text = super::app_file(image, &BABEL_FILES).and_then(read).unwrap_or_default();
    let tokens = tokens(&String::from_utf8_lossy(&text));
    if let Some(options) = options_of(&tokens, &PLUGIN_NAMES) {
        return convention(options);
    }
    match flavour {
        Flavour::Expo => of_expo(options_of(&tokens, &EXPO_PRESETS).unwrap_or_default()),
        Flavour::ReactNative => None,
        Flavour::Web if experimental => Some(Decorators::Typescript),
        Flavour::Web => Some(Decorators::Standard),
    }
}

/// Whether `name` is the plugin's, with options that make it one of ours.
pub(super) fn is_compiled(name: &str, tokens: &[Token]) -> bool {
    PLUGIN_NAMES.contains(&name) && options_of(tokens, &PLUGIN_NAMES).and_then(convention).is_some()
}

fn options_of<'a>(tokens: &'a [Token], names: &[&str]) -> Option<&'a [Token]> {
    let at = tokens.iter().position(|token| is_text(token, names))?;
    tokens.get(at + 1..).map(object)
}

fn of_expo(options: &[Token]) -> Option<Decorators> {
    let at =
        options.windows(2).position(|pair| matches!(pair, [key, colon] if is_key(key, colon, "decorators")));
    match at.and_then(|at| options.get(at + 2..)) {
        None => Some(Decorators::Legacy),
        Some([value, ..]) if value.text() == "false" => None,
        Some(rest) => convention(rest),
    }
}

/// What `{ legacy: true }` or `{ version: "…" }` says.
fn convention(options: &[Token]) -> Option<Decorators> {
    options.windows(3).find_map(|window| {
        let [key, colon, value] = window else { return None };
        if is_key(key, colon, "legacy") && value.text() == "true" {
            return Some(Decorators::Legacy);
        }
        match value.text() {
            "legacy" if is_key(key, colon, "version") => Some(Decorators::Legacy),
            "2023-11" if is_key(key, colon, "version") => Some(Decorators::Standard),
            _ => None,
        }
    })
}

fn is_key(key: &Token, colon: &Token, name: &str) -> bool {
    key.text() == name && colon.is_sign(':')
}

fn is_text(token: &Token, names: &[&str]) -> bool {
    matches!(token, Token::Text(text, _) if names.contains(&text.as_str()))
}

/// The tokens of the object that follows a name and its comma, inner objects included.
fn object(tokens: &[Token]) -> &[Token] {
    let [comma, open, ..] = tokens else { return &[] };
    if !comma.is_sign(',') || !open.is_sign('{') {
        return &[];
    }
    let mut depth = 0_u32;
    for (at, token) in tokens.iter().enumerate() {
        if token.is_sign('{') {
            depth = depth.saturating_add(1);
        } else if token.is_sign('}') {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return tokens.get(..at).unwrap_or_default();
            }
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Project;

    fn found(config: &str, flavour: Flavour) -> Option<Decorators> {
        let project = Project::new().file("babel.config.js", config);
        decorators(&project, &Image::read(&project), flavour, false)
    }

    fn of_plugin(options: &str) -> Option<Decorators> {
        let config =
            format!("module.exports = {{ plugins: [['@babel/plugin-proposal-decorators'{options}]] }};");
        found(&config, Flavour::ReactNative)
    }

    #[test]
    fn the_plugins_options_say_which_decorators_there_are() {
        assert_eq!(of_plugin(", { legacy: true }"), Some(Decorators::Legacy));
        assert_eq!(of_plugin(", { 'version': 'legacy' }"), Some(Decorators::Legacy));
        assert_eq!(of_plugin(", { version: '2023-11' }"), Some(Decorators::Standard));
        assert_eq!(of_plugin(", { version: '2022-03' }"), None);
        assert_eq!(of_plugin("], ['other', { legacy: true }"), None);
    }

    #[test]
    fn expo_has_legacy_decorators_unless_its_preset_is_told_otherwise() {
        let expo =
            |options: &str| found(&format!("presets: [['babel-preset-expo'{options}]]"), Flavour::Expo);
        assert_eq!(expo(""), Some(Decorators::Legacy));
        assert_eq!(expo(", { jsxImportSource: 'x' }"), Some(Decorators::Legacy));
        assert_eq!(expo(", { native: {}, decorators: { version: '2023-11' } }"), Some(Decorators::Standard));
        assert_eq!(expo(", { decorators: false }"), None);
        assert_eq!(found("", Flavour::ReactNative), None);
    }

    #[test]
    fn a_web_app_without_babel_has_what_its_typescript_configuration_says() {
        let project = Project::new();
        let of = |experimental| decorators(&project, &Image::read(&project), Flavour::Web, experimental);
        assert_eq!(of(true), Some(Decorators::Typescript));
        assert_eq!(of(false), Some(Decorators::Standard));
    }
}
