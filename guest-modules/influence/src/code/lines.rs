//! Languages of which a line tells enough: Python, PHP, Go, Rust, Ruby, and the script part of
//! Vue and Svelte files. Which file is read how is decided here.

use std::borrow::Cow;

use super::data::{json, plain};
use super::outline::{Declared, DeclaredKind, ImportKind, Outline, Route};
use super::sass::sass;
use super::script::read_script;
use super::template::template;

/// A language, by the name of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Script,
    /// A page with a script in it: Vue, Svelte, Astro.
    Embedded,
    Python,
    Php,
    Go,
    Rust,
    Ruby,
    /// Sass and Less.
    Sass,
    Json,
    /// YAML and TOML.
    Plain,
}

impl Language {
    pub(crate) fn of(path: &str) -> Option<Self> {
        let (_, extension) = path.rsplit_once('.')?;
        Some(match extension.to_ascii_lowercase().as_str() {
            "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" => Self::Script,
            "vue" | "svelte" | "astro" => Self::Embedded,
            "py" => Self::Python,
            "php" => Self::Php,
            "go" => Self::Go,
            "rs" => Self::Rust,
            "rb" => Self::Ruby,
            "scss" | "sass" | "less" => Self::Sass,
            "json" | "webmanifest" => Self::Json,
            "yaml" | "yml" | "toml" => Self::Plain,
            _ => return None,
        })
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Script => "javascript",
            Self::Embedded => "embedded",
            Self::Python => "python",
            Self::Php => "php",
            Self::Go => "go",
            Self::Rust => "rust",
            Self::Ruby => "ruby",
            Self::Sass => "sass",
            Self::Json => "json",
            Self::Plain => "yaml",
        }
    }

    /// In thousandths, of what is said about a file of it.
    pub(crate) const fn confidence(self) -> u32 {
        match self {
            Self::Script => 950,
            Self::Embedded | Self::Python | Self::Json => 900,
            Self::Php | Self::Go | Self::Rust | Self::Ruby | Self::Sass | Self::Plain => 700,
        }
    }
}

/// Reads a file that is no plain script.
pub(crate) fn read_lines(language: Language, text: &str) -> Outline {
    let mut outline = Outline::default();
    match language {
        Language::Script => return read_script(text),
        Language::Embedded => return embedded(text),
        Language::Sass => return sass(text),
        Language::Json => return json(text),
        Language::Plain => return plain(text),
        Language::Python | Language::Php | Language::Go | Language::Rust | Language::Ruby => {}
    }
    let mut state = State::default();
    for (line, number) in text.lines().zip(1_u32..) {
        for quoted in urls_of(line) {
            outline.url(quoted, number);
        }
        match language {
            Language::Python => python(line, number, &mut state, &mut outline),
            Language::Php => php(line, number, &mut outline),
            Language::Go => go(line, number, &mut state, &mut outline),
            Language::Rust => rust(line, number, &mut outline),
            Language::Ruby => ruby(line, number, &mut outline),
            _ => {}
        }
    }
    outline
}

/// The scripts of a file, with as many empty lines in front as there are lines, and its template.
fn embedded(text: &str) -> Outline {
    let mut script = String::new();
    let mut inside = text.starts_with("---");
    let fenced = inside;
    for (at, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if inside && (trimmed.starts_with("</script") || fenced && at > 0 && trimmed == "---") {
            inside = false;
        }
        if inside && !(fenced && at == 0) {
            script.push_str(line);
        }
        script.push('\n');
        if trimmed.starts_with("<script") && trimmed.ends_with('>') && !trimmed.ends_with("/>") {
            inside = !trimmed.contains("</script");
        }
    }
    let mut outline = read_script(&script);
    template(text, &mut outline);
    outline
}

/// What a line before has left open.
#[derive(Debug, Default)]
struct State {
    /// The delimiter of a long string, or the bracket of a list of imports.
    open: Option<&'static str>,
    /// The module of `from module import (`.
    module: String,
    /// The decorator of the function that comes.
    route: Option<(String, &'static str)>,
}

/// Addresses in a line.
pub(super) fn urls_of(line: &str) -> Vec<&str> {
    if !line.contains("://") {
        return Vec::new();
    }
    let pieces = line.split(['"', '\'', '`', ' ', '(', ')', '<', '>']);
    pieces.filter(|piece| piece.starts_with("http")).collect()
}

fn python(line: &str, number: u32, state: &mut State, outline: &mut Outline) {
    if let Some(open) = state.open {
        if open == ")" {
            let names = line.split('#').next().unwrap_or_default();
            python_names(&state.module, names.trim_end_matches(')'), number, outline);
        }
        if line.contains(open) {
            state.open = None;
        }
        return;
    }
    for delimiter in ["\"\"\"", "'''"] {
        if line.matches(delimiter).count() == 1 {
            state.open = Some(delimiter);
            return;
        }
    }
    let trimmed = line.split('#').next().unwrap_or_default().trim();
    if let Some(modules) = trimmed.strip_prefix("import ") {
        for module in modules.split(',') {
            let module = module.split_whitespace().next().unwrap_or_default();
            outline.import(module, ImportKind::Static, number);
        }
    } else if let Some((module, names)) =
        trimmed.strip_prefix("from ").and_then(|rest| rest.split_once(" import "))
    {
        let module = module.trim();
        let names = names.trim();
        let many = names.strip_prefix('(');
        if many.is_some_and(|names| !names.contains(')')) {
            state.module = module.to_owned();
            state.open = Some(")");
        }
        outline.import(module, ImportKind::Static, number);
        python_names(module, many.unwrap_or(names).trim_end_matches(')'), number, outline);
    } else if let Some(decorator) = trimmed.strip_prefix('@') {
        state.route = route(decorator).or(state.route.take());
    } else {
        let public = !line.starts_with(char::is_whitespace);
        let named = |keyword: &str| {
            let rest = trimmed.strip_prefix("async ").unwrap_or(trimmed).strip_prefix(keyword)?;
            rest.split(['(', ':']).next().map(str::trim)
        };
        let function = named("def ");
        if let (Some(function), Some((path, method))) = (function, state.route.take()) {
            let shows = Some(function.to_owned());
            outline.routes.push(Route { path, method: Some(Cow::Borrowed(method)), shows, line: number });
        }
        if let Some(name) = function.filter(|_| public) {
            declare(outline, name, DeclaredKind::Function, number);
        } else if let Some(name) = named("class ").filter(|_| public) {
            declare(outline, name, DeclaredKind::Class, number);
        }
    }
}

/// A name that is imported may be a module of its own.
fn python_names(module: &str, names: &str, number: u32, outline: &mut Outline) {
    let separator = if module.ends_with('.') { "" } else { "." };
    for name in names.split(',').filter_map(|name| name.split_whitespace().next()) {
        if name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            outline.import(&format!("{module}{separator}{name}?"), ImportKind::Static, number);
        }
    }
}

/// `app.route("/x")`, `router.post("/x")`.
fn route(decorator: &str) -> Option<(String, &'static str)> {
    let (call, rest) = decorator.split_once('(')?;
    let method = match call.rsplit('.').next()? {
        "route" | "get" => "GET",
        "post" => "POST",
        "put" => "PUT",
        "patch" => "PATCH",
        "delete" => "DELETE",
        _ => return None,
    };
    let path = rest.trim_start().strip_prefix(['"', '\''])?.split(['"', '\'']).next()?;
    path.starts_with('/').then(|| (path.to_owned(), method))
}

fn declare(outline: &mut Outline, name: &str, kind: DeclaredKind, line: u32) {
    let name: String = name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    if !name.is_empty() {
        let exported = (!name.starts_with('_')).then(|| name.clone());
        outline.declared.push(Declared { name, kind, exported, line });
    }
}

fn php(line: &str, number: u32, outline: &mut Outline) {
    let trimmed = line.trim();
    for word in ["require_once", "include_once", "require", "include"] {
        let Some(rest) = trimmed.strip_prefix(word) else { continue };
        let own = rest.contains("__DIR__");
        let Some(text) = rest.split(['"', '\'']).nth(1) else { break };
        let path = if own { format!("./{}", text.trim_start_matches('/')) } else { text.to_owned() };
        outline.import(&path, ImportKind::Require, number);
        break;
    }
    if let Some(name) = trimmed.strip_prefix("use ").filter(|_| !line.starts_with(char::is_whitespace)) {
        let name = name.split([';', ' ', '{']).next().unwrap_or_default();
        outline.import(name, ImportKind::Static, number);
    }
    declarations(trimmed, number, &["function "], &["class ", "interface ", "trait "], outline);
}

fn go(line: &str, number: u32, state: &mut State, outline: &mut Outline) {
    let trimmed = line.trim();
    if state.open.is_some() {
        if trimmed.starts_with(')') {
            state.open = None;
        } else if let Some(path) = trimmed.split('"').nth(1).filter(|_| !trimmed.starts_with("//")) {
            outline.import(path, ImportKind::Static, number);
        }
    } else if trimmed.starts_with("import (") {
        state.open = Some(")");
    } else if let Some(path) = trimmed.strip_prefix("import ").and_then(|rest| rest.split('"').nth(1)) {
        outline.import(path, ImportKind::Static, number);
    } else if !line.starts_with(char::is_whitespace) {
        let class = trimmed.ends_with("struct {") || trimmed.ends_with("interface {");
        declarations(trimmed, number, &["func "], if class { &["type "] } else { &[] }, outline);
    }
}

fn rust(line: &str, number: u32, outline: &mut Outline) {
    let trimmed = without_visibility(line.trim());
    if let Some(name) = trimmed.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';')) {
        outline.import(&format!("mod {}", name.trim()), ImportKind::Require, number);
    } else if let Some(rest) = trimmed.strip_prefix("use ") {
        let path = rest.split(['{', ';', ' ']).next().unwrap_or_default().trim_end_matches("::");
        outline.import(path, ImportKind::Static, number);
    } else if !line.starts_with(char::is_whitespace) {
        declarations(
            trimmed,
            number,
            &["fn ", "async fn ", "const fn "],
            &["struct ", "enum ", "trait "],
            outline,
        );
    }
}

fn without_visibility(line: &str) -> &str {
    let Some(rest) = line.strip_prefix("pub") else { return line };
    match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((_, rest)) => rest.trim_start(),
        None => rest.strip_prefix(' ').unwrap_or(line),
    }
}

fn ruby(line: &str, number: u32, outline: &mut Outline) {
    let trimmed = line.trim();
    for (word, prefix) in [("require_relative ", "./"), ("require ", "")] {
        let Some(rest) = trimmed.strip_prefix(word) else { continue };
        if let Some(text) = rest.split(['"', '\'']).nth(1) {
            outline.import(&format!("{prefix}{text}"), ImportKind::Require, number);
        }
    }
    if !line.starts_with(char::is_whitespace) {
        declarations(trimmed, number, &["def "], &["class ", "module "], outline);
    }
}

fn declarations(line: &str, number: u32, functions: &[&str], classes: &[&str], outline: &mut Outline) {
    let line =
        ["abstract ", "final "].iter().fold(line, |line, word| line.strip_prefix(word).unwrap_or(line));
    if let Some(name) = functions.iter().find_map(|word| line.strip_prefix(word)) {
        declare(outline, name, DeclaredKind::Function, number);
    } else if let Some(name) = classes.iter().find_map(|word| line.strip_prefix(word)) {
        declare(outline, name, DeclaredKind::Class, number);
    }
}
