//! What a program seems to ask for, by its looks: texts behind `require(`, `import(`, `from`
//! and `import`. Too much does no harm: what leads nowhere is left out, and what is never
//! loaded costs its bytes.

/// Longer texts are no names.
const SPECIFIER_BYTES_MAX: usize = 256;

/// Specifiers of `require(…)` and `require.resolve(…)`.
pub(super) fn required(text: &str) -> impl Iterator<Item = &str> {
    ["require(", "require.resolve("].into_iter().flat_map(|word| after(text, word).chain(chosen(text, word)))
}

/// Specifiers of every way to import.
pub(super) fn imported(text: &str) -> impl Iterator<Item = &str> {
    required(text).chain(after(text, "import(")).chain(after(text, "from")).chain(after(text, "import"))
}

/// Whether a program seems to be an ES module. One that is none is run as it is all the same.
pub(super) fn is_module(path: &str, text: &str) -> bool {
    let begins = |line: &str| {
        let line = line.trim_start();
        ["import", "export"].iter().any(|word| {
            let rest = line.strip_prefix(word);
            rest.is_some_and(|rest| rest.starts_with([' ', '{', '*', '"', '\'']))
        })
    };
    !path.ends_with(".cjs") && text.split(['\n', ';']).any(begins)
}

/// The texts that stand behind `word`.
fn after<'t>(text: &'t str, word: &'static str) -> impl Iterator<Item = &'t str> {
    text.match_indices(word).filter_map(move |(at, _)| literal(text.get(at + word.len()..)?))
}

/// The texts that an expression behind `word` chooses from: `options.file || './file.json'`.
fn chosen<'t>(text: &'t str, word: &'static str) -> impl Iterator<Item = &'t str> {
    let arguments = text.match_indices(word).filter_map(move |(at, _)| {
        let rest = text.get(at + word.len()..)?;
        rest.split([')', '\n', ';']).next()
    });
    arguments.flat_map(|argument| argument.split(['|', '?', ':']).skip(1).filter_map(literal))
}

/// The specifier that `text` begins with.
fn literal(text: &str) -> Option<&str> {
    let rest = text.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`'))?;
    let inner = rest.get(1..)?;
    let specifier = inner.get(..inner.find(quote)?)?;
    let is_name = !specifier.is_empty() && specifier.len() <= SPECIFIER_BYTES_MAX;
    (is_name && !specifier.contains(['\n', '$', ' '])).then_some(specifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_es_module_is_known_by_how_its_lines_begin() {
        assert!(is_module("a.js", "'use strict'; export default 1"));
        assert!(is_module("a.mjs", "\n  import{a}from'b'"));
        assert!(!is_module("a.js", "const exported = 1; important()"));
        assert!(!is_module("a.cjs", "export default 1"));
    }

    #[test]
    fn every_way_to_import_is_seen_and_texts_elsewhere_are_not() {
        let text = "import a from './a';import\"./b\";export * from `./c`;const d = require( './d' );\n\
                    import('./e').then(); const x = 'from'; y('./no'); require(name); require(`./${x}`);";
        let mut found: Vec<&str> = imported(text).collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, ["./a", "./b", "./c", "./d", "./e"]);
    }

    #[test]
    fn what_an_expression_chooses_from_is_seen() {
        let text = "require(own || './a.json'); require(own ?? \"./b\"); require(dev ? './c' : './d');\n\
                    require(own || name); require('./e') || './no'; require(f('./no'))";
        let mut found: Vec<&str> = required(text).collect();
        found.sort_unstable();
        assert_eq!(found, ["./a.json", "./b", "./c", "./d", "./e"]);
    }
}
