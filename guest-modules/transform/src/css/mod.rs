//! Style sheets: nothing on a phone, a `<style>` element on the web.
//!
//! A sheet called `*.module.css` is a module of its class names besides. Rules are not understood
//! and not minified: what is changed are names, imports and addresses, and the rest of the text
//! stays what was written.

mod addresses;
mod edits;
mod names;
mod rules;
mod tokens;

use crate::api::{Dependency, DependencyKind, Flavour, TransformInput, TransformOptions, TransformOutput};
use crate::diagnose::{Fault, SourceText};
use crate::emit::{self, Frame};
use crate::{Diagnostic, Platform};
use edits::{Asked, Edits, Piece};
use names::{Names, Value};

pub(crate) fn transform(
    input: &TransformInput,
    options: &TransformOptions,
) -> Result<TransformOutput, Vec<Diagnostic>> {
    let source = SourceText::of(input)?;
    let is_module = is_module(&input.path);
    if options.platform != Platform::Web {
        let body = if is_module { "module.exports={unstable_styles:{}};" } else { "" };
        return Ok(emit::plain(source, Frame::Module, body, Vec::new()));
    }
    if let Some(fault) = unsupported(&input.path) {
        return Err(vec![source.error(fault, None)]);
    }
    let tokens = tokens::tokens(source.text);
    let (parts, unpaired) = rules::parts(source.text, &tokens);
    let mut edits = Edits::default();
    let conditional = addresses::imports(source.text, &parts, &mut edits);
    let names = is_module.then(|| names::rename(source.text, source.path, &parts, &mut edits));
    let sheets = edits.asked().len();
    addresses::files(source.text, &tokens, &mut edits);
    let errors = unknown_names(source, names.as_ref());
    if !errors.is_empty() {
        return Err(errors);
    }
    let (pieces, asked) = edits.apply(source.text);
    let mut body: String = (0..sheets).map(|index| format!("require(_dependencyMap[{index}]);\n")).collect();
    body.push_str(&style(source.path, &pieces));
    if let Some(names) = &names {
        body.push_str(&exports(names, options.flavour));
    }
    let mut warnings: Vec<_> = unpaired.into_iter().map(|place| unpaired_brace(source, place)).collect();
    warnings.extend(conditional.iter().map(|import| conditional_import(source, import.place)));
    let mut output = emit::plain(source, Frame::Module, &body, warnings);
    output.dependencies = asked.iter().map(|asked| dependency(source, asked)).collect();
    Ok(output)
}

/// Names are the sheet's own: `Button.module.css`, `Button.module.web.css`.
fn is_module(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let platforms = [".native", ".ios", ".android", ".web"];
    let stem = platforms.iter().find_map(|platform| stem.strip_suffix(platform)).unwrap_or(stem);
    stem.ends_with(".module")
}

fn unsupported(path: &str) -> Option<Fault<'static>> {
    let dialect = [".scss", ".sass", ".less"].into_iter().find(|extension| path.ends_with(extension))?;
    Some(Fault {
        code: "bundle.css-dialect",
        message: format!("{dialect} files are not supported"),
        hint: Some("compile the file to CSS and import that"),
    })
}

/// Adds the sheet to the page.
fn style(path: &str, pieces: &[Piece]) -> String {
    let texts = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => emit::quoted(text),
        // An asset is its address, or an object that has it.
        Piece::Address(index, behind) => format!(
            "\"url(\\\"\" + (function (file) {{ return file.uri || file; }})(require(_dependencyMap[{index}])) + {}",
            emit::quoted(&format!("{behind}\")"))
        ),
    });
    let texts: Vec<String> = texts.collect();
    format!(
        "if (typeof document !== \"undefined\") {{\n  var style = document.createElement(\"style\");\n  \
         style.setAttribute(\"data-path\", {});\n  style.textContent = {};\n  \
         document.head.appendChild(style);\n}}",
        emit::quoted(path),
        texts.join(" + "),
    )
}

/// The names as an object. React Native's style sheets for the web take them under
/// `unstable_styles` in Expo apps.
fn exports(names: &Names, flavour: Flavour) -> String {
    let entries = names.exported().iter().map(|(name, values)| {
        let texts: Vec<String> = values.iter().map(text_of).collect();
        format!("{}:{}", emit::quoted(name), texts.join(" + \" \" + "))
    });
    let entries: Vec<String> = entries.collect();
    let object = format!("\nvar names = {{{}}};\n", entries.join(","));
    if flavour != Flavour::Expo {
        return object + "module.exports = names;";
    }
    object
        + "var styles = {};\nfor (var name in names) styles[name] = {$$css: true, _: names[name]};\n\
           module.exports = Object.assign({}, names, {unstable_styles: styles});"
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Text(text) => emit::quoted(text),
        Value::Elsewhere(index, name) => format!("require(_dependencyMap[{index}])[{}]", emit::quoted(name)),
    }
}

fn dependency(source: SourceText<'_>, asked: &Asked) -> Dependency {
    let place = source.place(asked.place);
    Dependency {
        specifier: asked.specifier.clone(),
        kind: DependencyKind::Import,
        optional: false,
        line: place.line,
        column: place.column,
        context: None,
    }
}

fn unknown_names(source: SourceText<'_>, names: Option<&Names>) -> Vec<Diagnostic> {
    let unknown = names.into_iter().flat_map(|names| &names.unknown);
    let error = |(place, name): &(usize, String)| {
        let fault = Fault {
            code: "bundle.css-modules",
            message: format!("the class is composed of {name}, which this sheet does not have before it"),
            hint: Some("define the class above, or say `from` which sheet it comes"),
        };
        source.error(fault, Some(*place))
    };
    unknown.map(error).collect()
}

fn unpaired_brace(source: SourceText<'_>, place: usize) -> Diagnostic {
    let fault = Fault {
        code: "bundle.syntax",
        message: "this brace has no partner, so a browser reads the rules around it differently".to_owned(),
        hint: Some("close every block that is opened"),
    };
    source.warning(fault, Some(place))
}

fn conditional_import(source: SourceText<'_>, place: usize) -> Diagnostic {
    let fault = Fault {
        code: "bundle.css-url",
        message: "a style sheet that is imported under a condition is not added to the bundle".to_owned(),
        hint: Some("import the sheet without it and put its rules into a block with the condition"),
    };
    source.warning(fault, Some(place))
}
