//! The aliases that Babel's module resolver is given as literals.

use super::literal::skip_value;
use super::tokens::{Token, tokens};
use super::{BABEL_FILES, Diagnostic, Host, Image, codes, diagnose};

/// Names of the plugin in a configuration.
const PLUGIN_NAMES: [&str; 3] =
    ["module-resolver", "babel-plugin-module-resolver", "module:babel-plugin-module-resolver"];

/// What the plugin would do to specifiers.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct BabelAliases {
    /// A name and what stands for it: a path that begins with a dot, or a package.
    pub(crate) aliases: Vec<(String, String)>,
    /// Folders that are searched like `node_modules`.
    pub(crate) roots: Vec<String>,
}

/// The aliases of the project's Babel configuration. Those that are no literals are named in a warning.
pub(crate) fn babel_aliases(
    host: &dyn Host,
    image: &Image,
    remarks: &mut Vec<Diagnostic>,
) -> Option<BabelAliases> {
    let file = &super::app_file(image, &BABEL_FILES)?;
    let bytes = host.read(file).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let tokens = tokens(&text);
    let start = tokens.iter().position(|token| PLUGIN_NAMES.contains(&token.text()))?;
    let options = tokens.get(start..).unwrap_or_default();
    let mut skipped = Vec::new();
    let aliases = literal_entries(behind(options, "alias", '{'), &mut skipped);
    let roots = behind(options, "root", '[');
    let roots = roots.iter().take_while(|token| !token.is_sign(']'));
    let roots = roots.filter_map(|token| match token {
        Token::Text(folder, _) => Some(folder.clone()),
        Token::Word(..) | Token::Sign(..) => None,
    });
    let roots = roots.collect();
    if let Some((_, line)) = skipped.first() {
        let names: Vec<&str> = skipped.iter().map(|(name, _)| name.as_str()).collect();
        let message = format!("these aliases are no plain texts and have no effect: {}", names.join(", "));
        let warning = diagnose::at(codes::UNSUPPORTED_CONFIG, message, file, (*line, 0), &text);
        let hint = "write each as a name and a path, such as \"@\": \"./src\"";
        remarks.push(diagnose::hint(diagnose::warning(warning), hint));
    }
    Some(BabelAliases { aliases, roots })
}

/// What follows `name: (`.
fn behind<'a>(tokens: &'a [Token], name: &str, bracket: char) -> &'a [Token] {
    let found = tokens.windows(3).position(|window| {
        let [key, colon, open] = window else { return false };
        key.text() == name && colon.is_sign(':') && open.is_sign(bracket)
    });
    found.and_then(|at| tokens.get(at + 3..)).unwrap_or_default()
}

/// `key: "value"` up to the closing brace. A value that is something else goes to `skipped`.
fn literal_entries(tokens: &[Token], skipped: &mut Vec<(String, u32)>) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    let mut rest = tokens.iter().peekable();
    while let Some(key) = rest.next().filter(|token| !token.is_sign('}')) {
        if key.text().is_empty() || rest.next_if(|token| token.is_sign(':')).is_none() {
            continue;
        }
        let value = rest.next();
        let ends = rest.peek().is_none_or(|token| token.is_sign(',') || token.is_sign('}'));
        let is_pattern = key.text().starts_with('^') || key.text().ends_with('$');
        match value {
            Some(Token::Text(target, _)) if ends && !is_pattern => {
                entries.push((key.text().to_owned(), target.clone()));
            }
            _ => {
                skipped.push((key.text().to_owned(), key.line()));
                skip_value(&mut rest);
            }
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Project;

    #[test]
    fn literal_aliases_are_read_and_others_are_named() {
        let config = "module.exports = { presets: ['module:@react-native/babel-preset'], plugins: [\n\
            ['module-resolver', { root: ['./src', \"./lib\"], extensions: ['.js'],\n\
            alias: { '@': './src', ui: './src/ui', // the kit\n\
            deep: path.join(__dirname, { a: 'b' }), '^x-(.+)': './x', old: 'new-package' } }]] };";
        let project = Project::new().file("babel.config.js", config);
        let mut remarks = Vec::new();
        let found = babel_aliases(&project, &Image::read(&project), &mut remarks).unwrap();
        let pairs = [("@", "./src"), ("ui", "./src/ui"), ("old", "new-package")];
        assert_eq!(found.aliases, pairs.map(|(name, target)| (name.to_owned(), target.to_owned())));
        assert_eq!(found.roots, ["./src", "./lib"]);
        let messages: Vec<_> = remarks.iter().map(|remark| (remark.message.as_str(), remark.line)).collect();
        assert_eq!(messages, [("these aliases are no plain texts and have no effect: deep, ^x-(.+)", 4)]);
    }
}
