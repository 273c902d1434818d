//! What is wrong with a configuration file in itself, so that Metro would not start with it: its
//! syntax, and plugins that are not installed.

use super::decorators::is_compiled;
use super::tokens::{Token, tokens};
use super::{BABEL_FILES, METRO_FILES, app_file, is_babel_known};
use crate::image::Image;
use crate::packages::Packages;
use crate::paths::{basename, extension, is_relative};
use crate::plugins::is_installed;
use crate::wire::{SourceKind, TransformOptions};
use crate::{Diagnostic, Host, Job, codes, diagnose};

/// Errors of syntax in the files that configure Metro and Babel. They are parsed as any source is,
/// and run nowhere.
pub(crate) fn syntax(host: &dyn Host, image: &Image, options: &TransformOptions) -> Vec<Diagnostic> {
    let files = [METRO_FILES.as_slice(), &BABEL_FILES].into_iter().filter_map(|names| app_file(image, names));
    let jobs: Vec<Job> = files.filter_map(|file| job(host, &file)).collect();
    if jobs.is_empty() {
        return Vec::new();
    }
    let answers = host.transform(&jobs, options).into_iter().filter_map(Result::err);
    answers.flatten().filter(|found| found.code == "bundle.syntax").collect()
}

fn job(host: &dyn Host, file: &str) -> Option<Job> {
    let is_json = extension(file) == "json" || basename(file) == ".babelrc";
    let (kind, text) = if is_json {
        // Babel takes JSON with comments and bare names: a value of JavaScript.
        let bytes = host.read(file).ok()?;
        (SourceKind::Script, Some(format!("({}\n)", String::from_utf8_lossy(&bytes))))
    } else if extension(file) == "ts" {
        (SourceKind::Typescript, None)
    } else {
        (SourceKind::Script, None)
    };
    Some(Job { path: file.to_owned(), kind, asset: None, in_package: false, text })
}

/// Plugins and presets of the Babel configuration that are listed in any case and not installed.
pub(crate) fn missing_plugins(host: &dyn Host, image: &Image, packages: &Packages<'_>) -> Vec<Diagnostic> {
    let Some(file) = app_file(image, &BABEL_FILES) else { return Vec::new() };
    let Ok(bytes) = host.read(&file) else { return Vec::new() };
    let text = String::from_utf8_lossy(&bytes);
    let tokens = tokens(&text);
    let mut faults = Vec::new();
    for (key, kind) in [("plugins", "plugin"), ("presets", "preset")] {
        for (name, line) in listed(&tokens, key) {
            if is_relative(name)
                || name.starts_with('/')
                || is_babel_known(name)
                || is_compiled(name, &tokens)
                || is_installed(image, packages, (&file, kind, name))
            {
                continue;
            }
            let message = format!("the {kind} \"{name}\" of Babel is not installed");
            let fault = diagnose::at(codes::UNRESOLVED, message, &file, (line, 0), &text);
            faults.push(diagnose::hint(fault, "install it, or take it out of this file"));
        }
    }
    faults
}

/// The names in the first list behind `key`, with their lines; none of them where the list depends
/// on anything.
fn listed<'t>(tokens: &'t [Token], key: &str) -> Vec<(&'t str, u32)> {
    let starts = |window: &[Token]| {
        matches!(window, [name, colon, open]
            if name.text() == key && colon.is_sign(':') && open.is_sign('['))
    };
    let Some(start) = tokens.windows(3).position(starts) else { return Vec::new() };
    let mut names = Vec::new();
    let mut depth = 0_u32;
    let mut begins = false;
    for token in tokens.iter().skip(start.saturating_add(2)) {
        match token {
            Token::Sign('[' | '(' | '{', _) => depth = depth.saturating_add(1),
            Token::Sign(']' | ')' | '}', _) => depth = depth.saturating_sub(1),
            Token::Sign('?' | '&' | '|' | '.', _) if depth == 1 => return Vec::new(),
            Token::Text(name, line) if depth == 1 || (depth == 2 && begins) => {
                names.push((name.as_str(), *line));
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
        begins = token.is_sign('[');
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_in_any_case_counts() {
        let names = |text: &str| {
            let tokens = tokens(text);
            listed(&tokens, "plugins").into_iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
        };
        let text =
            "x = { presets: ['p'], plugins: ['a', ['b', { root: ['c'], d: 'e' }], require('f')] }; 'g'";
        assert_eq!(names(text), ["a", "b"]);
        assert_eq!(names("{ plugins: ['a', dev && 'b'] }"), [""; 0]);
        assert_eq!(names("{ plugins: ['a', ...more] }"), [""; 0]);
        assert_eq!(names("{ \"plugins\": [] }"), [""; 0]);
        assert_eq!(names("const plugins = ['a'];"), [""; 0]);
    }
}
