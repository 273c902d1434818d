//! Configuration files that are programs: what can be told of them without running them.
//!
//! A file of a shape that is known says nothing that this bundler does not do anyway. Of any
//! other, the words that would change a bundle are named in a warning.

mod broken;
mod decorators;
pub(crate) mod literal;
mod module_resolver;
pub(crate) mod tokens;

use std::rc::Rc;

use crate::image::Image;
use crate::{Diagnostic, Host, codes, diagnose};
pub(crate) use broken::{missing_plugins, syntax};
pub(crate) use decorators::{DECORATORS_PLUGIN, decorators};
pub(crate) use module_resolver::{BabelAliases, babel_aliases};
use tokens::{Token, tokens};

/// Where a configuration of Metro may stand.
pub(crate) const METRO_FILES: [&str; 5] =
    ["metro.config.js", "metro.config.cjs", "metro.config.mjs", "metro.config.ts", "metro.config.json"];
const BABEL_FILES: [&str; 7] = [
    "babel.config.js",
    "babel.config.cjs",
    "babel.config.mjs",
    "babel.config.json",
    ".babelrc",
    ".babelrc.js",
    ".babelrc.json",
];

/// Words of a Metro configuration that change what is bundled.
const METRO_WORDS: [&str; 17] = [
    "assetExts",
    "sourceExts",
    "assetPlugins",
    "babelTransformerPath",
    "blockList",
    "conditionNames",
    "disableHierarchicalLookup",
    "extraNodeModules",
    "getTransformOptions",
    "nodeModulesPaths",
    "resolveRequest",
    "resolverMainFields",
    "customSerializer",
    "unstable_conditionNames",
    "unstable_enablePackageExports",
    "withStorybook",
    "withUniwindConfig",
];

/// Names in a Babel configuration that are done without it, or that only tools need.
const BABEL_KNOWN: [&str; 21] = [
    "@babel/preset-env",
    "@babel/preset-react",
    "@babel/preset-typescript",
    "@babel/preset-flow",
    "@react-native/babel-preset",
    "metro-react-native-babel-preset",
    "babel-preset-expo",
    "expo",
    "module-resolver",
    "babel-plugin-module-resolver",
    "automatic",
    "classic",
    "react",
    "production",
    "development",
    "current",
    "use strict",
    "react-native-worklets/plugin",
    "react-native-reanimated/plugin",
    "nativewind/babel",
    "react-native-css-interop/babel",
];

/// The presets of NativeWind: JSX and elements made without it know `className`, and worklets are
/// prepared.
const NATIVEWIND_PRESETS: [&str; 2] = ["nativewind/babel", "react-native-css-interop/babel"];

/// Whether the app's own Babel plugins are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PluginsRun {
    Yes,
    No,
}

/// Warnings about what the project's configuration files would do and this bundler does not.
pub(crate) fn warnings(host: &dyn Host, image: &Image, plugins: PluginsRun) -> Vec<Diagnostic> {
    let metro = METRO_FILES.iter().filter_map(|file| check(host, image, file, metro_words));
    let babel = BABEL_FILES.iter().filter(|_| plugins == PluginsRun::No);
    metro.chain(babel.filter_map(|file| check(host, image, file, babel_names))).collect()
}

/// The specifier in `jsxImportSource: "…"` of the project's Babel configuration, or the one of
/// NativeWind's preset where that is listed behind it: presets run from the last to the first.
pub(crate) fn jsx_import_source(host: &dyn Host, image: &Image) -> Option<String> {
    let bytes = host.read(&app_file(image, &BABEL_FILES)?).ok()?;
    let tokens = tokens(&String::from_utf8_lossy(&bytes));
    let written = tokens.windows(3).enumerate().find_map(|(at, window)| match window {
        [key, colon, Token::Text(source, _)] if key.text() == "jsxImportSource" && colon.is_sign(':') => {
            Some((at, source.clone()))
        }
        _ => None,
    });
    let preset = tokens.iter().rposition(|token| NATIVEWIND_PRESETS.contains(&token.text()));
    match (written, preset) {
        (Some((at, source)), preset) if preset.is_none_or(|preset| preset < at) => Some(source),
        (_, preset) => preset.map(|_| "react-native-css-interop".to_owned()),
    }
}

/// Whether the app's Babel configuration lists the plugin for worklets.
pub(crate) fn names_worklets(host: &dyn Host, image: &Image) -> bool {
    let plugin = |token: &Token| matches!(token, Token::Text(name, _) if matches!(name.as_str(), "react-native-worklets/plugin" | "react-native-reanimated/plugin") || NATIVEWIND_PRESETS.contains(&name.as_str()));
    let files = BABEL_FILES.iter().filter_map(|file| image.file(&image.in_app(file)));
    files.into_iter().any(|file| {
        host.read(&file).is_ok_and(|bytes| tokens(&String::from_utf8_lossy(&bytes)).iter().any(plugin))
    })
}

/// The names that are never run as plugins of the app. Each may stand behind `module:`.
pub(crate) fn babel_known() -> impl Iterator<Item = &'static str> {
    BABEL_KNOWN.into_iter()
}

/// Whether `name` is one of these.
pub(crate) fn is_babel_known(name: &str) -> bool {
    let name = name.strip_prefix("module:").unwrap_or(name);
    babel_known().any(|known| known == name)
}

/// The app's Babel configuration, by its real path.
pub(crate) fn babel_file(image: &Image) -> Option<String> {
    app_file(image, &BABEL_FILES).map(|file| file.to_string())
}

/// The texts of a Babel configuration, each once; among them are the names of its plugins.
pub(crate) fn babel_texts(program: &str) -> Vec<String> {
    let texts = tokens(program).into_iter().filter_map(|token| match token {
        Token::Text(text, _) if !text.is_empty() => Some(text),
        _ => None,
    });
    let mut seen = std::collections::HashSet::new();
    texts.filter(|text| seen.insert(text.clone())).collect()
}

/// The first of `names` that the app's folder has, by its real path.
fn app_file(image: &Image, names: &[&str]) -> Option<Rc<str>> {
    names.iter().find_map(|name| image.file(&image.in_app(name)))
}

type Finder = fn(&[Token]) -> Vec<(String, u32)>;

fn check(host: &dyn Host, image: &Image, file: &str, find: Finder) -> Option<Diagnostic> {
    let file = &image.in_app(file);
    let bytes = host.read(&image.file(file)?).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let found = find(&tokens(&text));
    let (_, line) = found.first()?;
    let mut names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let message = format!("what this file asks for is not done: {}", names.join(", "));
    let warning =
        diagnose::warning(diagnose::at(codes::UNSUPPORTED_CONFIG, message, file, (*line, 0), &text));
    Some(diagnose::hint(
        warning,
        "express it by tsconfig paths, package.json fields or file names where you can",
    ))
}

fn metro_words(tokens: &[Token]) -> Vec<(String, u32)> {
    let words = tokens.iter().filter(|token| METRO_WORDS.contains(&token.text()));
    words.map(|token| (token.text().to_owned(), token.line())).collect()
}

/// Texts behind `plugins:` or `presets:` that are not known.
fn babel_names(tokens: &[Token]) -> Vec<(String, u32)> {
    let start = tokens.iter().position(|token| matches!(token.text(), "plugins" | "presets"));
    let listed = tokens.iter().skip(start.unwrap_or(tokens.len()));
    let names = listed.filter_map(|token| match token {
        Token::Text(name, line) if looks_like_package(name) => Some((name.clone(), *line)),
        _ => None,
    });
    names.filter(|(name, _)| !is_babel_known(name) && !decorators::is_compiled(name, tokens)).collect()
}

fn looks_like_package(name: &str) -> bool {
    let plugin = name.contains("babel") || name.contains("plugin") || name.contains("preset");
    plugin
        || matches!(
            name,
            "module-resolver"
                | "inline-dotenv"
                | "transform-inline-environment-variables"
                | "styled-components"
                | "lodash"
                | "tamagui"
                | "macros"
                | "relay"
                | "formatjs"
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Project;

    fn codes_of(project: &Project) -> Vec<String> {
        let image = Image::read(project);
        warnings(project, &image, PluginsRun::No).into_iter().map(|warning| warning.message).collect()
    }

    #[test]
    fn configurations_of_the_templates_are_known() {
        let project = Project::new()
            .file(
                "metro.config.js",
                "const { getDefaultConfig, mergeConfig } = require('@react-native/metro-config');\n\
                 /** resolveRequest */ const config = {};\n\
                 module.exports = mergeConfig(getDefaultConfig(__dirname), config);",
            )
            .file("babel.config.js", "module.exports = { presets: ['module:@react-native/babel-preset'] };");
        assert_eq!(codes_of(&project), [""; 0]);
    }

    #[test]
    fn what_would_change_the_bundle_is_named_with_its_line() {
        let project = Project::new()
            .file(
                "metro.config.js",
                "const c = {};\nc.resolver = { extraNodeModules: {}, resolveRequest() {} };",
            )
            .file("babel.config.js", "module.exports = { plugins: ['module-resolver', 'babel-plugin-x'] };");
        let image = Image::read(&project);
        let warnings = warnings(&project, &image, PluginsRun::No);
        let lines: Vec<u32> = warnings.iter().map(|warning| warning.line).collect();
        assert_eq!(lines, [2, 1]);
        let messages: Vec<_> = warnings.iter().map(|warning| warning.message.rsplit(": ").next()).collect();
        assert_eq!(messages, [Some("extraNodeModules, resolveRequest"), Some("babel-plugin-x")]);
    }

    #[test]
    fn plugins_that_run_are_not_warned_about() {
        let text = "module.exports = { presets: ['nativewind/babel'], plugins: ['babel-plugin-x'] };";
        let project = Project::new().file("babel.config.js", text);
        let image = Image::read(&project);
        let last = |plugins| {
            let warnings = warnings(&project, &image, plugins);
            let names = warnings.iter().map(|warning| warning.message.rsplit(": ").next().map(str::to_owned));
            names.flatten().collect::<Vec<_>>()
        };
        assert_eq!(last(PluginsRun::No), ["babel-plugin-x"]);
        assert_eq!(last(PluginsRun::Yes), [""; 0]);
    }

    #[test]
    fn nativewind_is_known_by_its_preset() {
        let text = "module.exports = { presets: ['babel-preset-expo', 'nativewind/babel'] };";
        let project = Project::new().file("babel.config.js", text);
        let image = Image::read(&project);
        let of_preset = Some("react-native-css-interop");
        assert_eq!(jsx_import_source(&project, &image).as_deref(), of_preset);
        assert!(names_worklets(&project, &image));
        assert!(warnings(&project, &image, PluginsRun::No).is_empty());
        for (presets, expected) in [
            ("[['babel-preset-expo', { jsxImportSource: 'nativewind' }], 'nativewind/babel']", of_preset),
            ("['nativewind/babel', ['babel-preset-expo', { jsxImportSource: 'own' }]]", Some("own")),
        ] {
            let project = Project::new()
                .file("babel.config.js", &format!("module.exports = {{ presets: {presets} }};"));
            assert_eq!(jsx_import_source(&project, &Image::read(&project)).as_deref(), expected);
        }
    }

    #[test]
    fn the_jsx_import_source_is_read_from_babel_options() {
        let project = Project::new().file(
            "babel.config.js",
            "module.exports = { presets: [['babel-preset-expo', { jsxImportSource: 'nativewind' }]] };",
        );
        let image = Image::read(&project);
        assert_eq!(jsx_import_source(&project, &image).as_deref(), Some("nativewind"));
    }
}
