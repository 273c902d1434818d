//! Style sheets: nothing on a phone, a `<style>` element on the web.

use crate::api::{Dependency, DependencyKind, TransformInput, TransformOptions, TransformOutput};
use crate::diagnose::{Fault, SourceText};
use crate::emit::{self, Frame};
use crate::{Diagnostic, Platform};

pub(crate) fn transform(
    input: &TransformInput,
    options: &TransformOptions,
) -> Result<TransformOutput, Vec<Diagnostic>> {
    let source = SourceText::of(input)?;
    if options.platform != Platform::Web {
        return Ok(emit::plain(source, Frame::Module, "", Vec::new()));
    }
    if let Some(fault) = unsupported(&input.path) {
        return Err(vec![source.error(fault, None)]);
    }
    let (imports, rest) = leading_imports(source);
    let warnings = relative_urls(source);
    let mut body = String::new();
    for index in 0..imports.len() {
        body.push_str(&format!("require(_dependencyMap[{index}]);\n"));
    }
    body.push_str(&format!(
        "if (typeof document !== \"undefined\") {{\n  var style = document.createElement(\"style\");\n  \
         style.setAttribute(\"data-path\", {});\n  style.textContent = {};\n  \
         document.head.appendChild(style);\n}}",
        emit::quoted(source.path),
        emit::quoted(rest),
    ));
    let mut output = emit::plain(source, Frame::Module, &body, warnings);
    output.dependencies = imports;
    Ok(output)
}

fn unsupported(path: &str) -> Option<Fault<'static>> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.ends_with(".module.css") {
        return Some(Fault {
            code: "bundle.css-modules",
            message: "CSS modules are not supported yet".to_owned(),
            hint: Some("use a plain .css file with class names of its own"),
        });
    }
    let dialect = [".scss", ".sass", ".less"].into_iter().find(|extension| name.ends_with(extension))?;
    Some(Fault {
        code: "bundle.css-dialect",
        message: format!("{dialect} files are not supported"),
        hint: Some("compile the file to CSS and import that"),
    })
}

/// The relative `@import`s that a sheet begins with become modules that are evaluated before it.
fn leading_imports(source: SourceText<'_>) -> (Vec<Dependency>, &str) {
    let mut imports = Vec::new();
    let mut rest = source.text;
    loop {
        let trimmed = skip_comments(rest);
        let Some((specifier, after)) = import_rule(trimmed) else { return (imports, rest) };
        if specifier.contains("://") || specifier.starts_with("//") {
            return (imports, rest);
        }
        let place = source.place(source.text.len() - trimmed.len());
        let written = specifier.strip_prefix('~').unwrap_or(specifier);
        let relative = written.starts_with('.') || specifier.starts_with('~');
        imports.push(Dependency {
            specifier: if relative { written.to_owned() } else { format!("./{written}") },
            kind: DependencyKind::Import,
            optional: false,
            line: place.line,
            column: place.column,
            context: None,
        });
        rest = after;
    }
}

fn skip_comments(text: &str) -> &str {
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix("/*") {
        let Some((_, after)) = comment.split_once("*/") else { return "" };
        rest = after.trim_start();
    }
    rest
}

/// The specifier of `@import "…";` and what follows it. A rule with a media query stays CSS.
fn import_rule(text: &str) -> Option<(&str, &str)> {
    let rule = text.strip_prefix("@import")?;
    let (rule, after) = rule.split_once(';')?;
    let rule = rule.trim();
    let rule = rule.strip_prefix("url(").and_then(|inner| inner.strip_suffix(')')).unwrap_or(rule).trim();
    let quote = rule.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let specifier = rule.strip_prefix(quote)?.strip_suffix(quote)?;
    (!specifier.contains(quote)).then_some((specifier, after))
}

fn relative_urls(source: SourceText<'_>) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    for (at, _) in source.text.match_indices("url(") {
        let target = source.text.get(at + 4..).unwrap_or_default().trim_start_matches([' ', '"', '\'']);
        let elsewhere = ["data:", "http:", "https:", "//", "#", "/"];
        if !elsewhere.into_iter().any(|prefix| target.starts_with(prefix)) {
            let fault = Fault {
                code: "bundle.css-url",
                message: "a file named by url() in a style sheet is not added to the bundle".to_owned(),
                hint: Some("import the file in JavaScript and set the style there, or use a data: URL"),
            };
            warnings.push(source.warning(fault, Some(at)));
        }
    }
    warnings
}
