//! Which file an import means: by path, by extension, as a folder's index, by the `paths` of
//! `tsconfig.json`, and by the `exports` or `main` of a package of the project.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::files::Project;
use crate::code::Language;

mod outside;

/// What an import means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meant {
    /// A file of the project.
    File(String),
    /// Every file of a package of the project.
    Files(Vec<String>),
    /// A package that is installed, by its name.
    Package(String),
    /// A relative path behind which there is no file.
    Missing,
    /// Not one at all: a name within a module.
    Nothing,
}

const EXTENSIONS: [&str; 13] =
    ["ts", "tsx", "js", "jsx", "mjs", "cjs", "mts", "cts", "json", "vue", "svelte", "d.ts", "css"];

/// Aliases of one `tsconfig.json` that are followed, and steps of one `extends` chain.
const ALIASES_MAX: usize = 1_000;

/// The paths of a project, and what its manifests say about them.
#[derive(Debug)]
pub(super) struct Paths<'p> {
    known: BTreeSet<&'p str>,
    /// By folder: the pattern before its star, what follows it, and where it leads.
    aliases: BTreeMap<String, Vec<(String, String, Vec<String>)>>,
    /// By name: the folder and the manifest.
    packages: BTreeMap<String, (String, Value)>,
    /// Modules of Go and their folders, the longest name first.
    modules: Vec<(String, String)>,
}

impl<'p> Paths<'p> {
    pub(super) fn new(project: &'p Project) -> Self {
        let known = project.files.keys().map(String::as_str).chain(project.names.iter().map(String::as_str));
        let mut paths = Self {
            known: known.collect(),
            aliases: BTreeMap::new(),
            packages: BTreeMap::new(),
            modules: Vec::new(),
        };
        for (path, bytes) in &project.files {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            match name {
                "package.json" => paths.package(folder, bytes),
                "tsconfig.json" | "jsconfig.json" => paths.tsconfig(folder, bytes),
                "go.mod" => {
                    paths.modules.extend(outside::go_modules(folder, &String::from_utf8_lossy(bytes)))
                }
                _ => {}
            }
        }
        paths.modules.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        paths
    }

    fn package(&mut self, folder: &str, bytes: &[u8]) {
        let Ok(manifest) = serde_json::from_slice::<Value>(bytes) else { return };
        if let Some(name) = manifest.get("name").and_then(Value::as_str) {
            self.packages.insert(name.to_owned(), (folder.to_owned(), manifest));
        }
    }

    fn tsconfig(&mut self, folder: &str, bytes: &[u8]) {
        let text = without_comments(&String::from_utf8_lossy(bytes));
        let Ok(config) = serde_json::from_str::<Value>(&text) else { return };
        let options = config.get("compilerOptions");
        let base = options.and_then(|options| options.get("baseUrl")).and_then(Value::as_str);
        let paths = options.and_then(|options| options.get("paths")).and_then(Value::as_object);
        let root = join(folder, base.unwrap_or("."));
        let mut aliases = Vec::new();
        for (pattern, targets) in paths.into_iter().flatten().take(ALIASES_MAX) {
            let (before, behind) = pattern.split_once('*').unwrap_or((pattern, "\u{0}"));
            let targets = targets.as_array().into_iter().flatten().filter_map(Value::as_str);
            let targets = targets.map(|target| join(&root, target)).collect();
            aliases.push((before.to_owned(), behind.to_owned(), targets));
        }
        if base.is_some() {
            aliases.push((String::new(), String::new(), vec![join(&root, "*")]));
        }
        // The longest pattern counts.
        aliases.sort_by_key(|(before, _, _)| std::cmp::Reverse(before.len()));
        self.aliases.insert(folder.to_owned(), aliases);
    }

    /// What `specifier` means in the file `from`.
    pub(super) fn resolve(&self, from: &str, specifier: &str, language: Language) -> Meant {
        match language {
            Language::Script | Language::Embedded => self.script(from, specifier),
            Language::Python => self.python(from, specifier),
            Language::Rust => self.rust(from, specifier),
            Language::Go => self.go(from, specifier),
            Language::Sass => self.sass(from, specifier),
            Language::Json | Language::Plain => self.named(from, specifier),
            Language::Php | Language::Ruby => self.by_path(from, specifier, language),
        }
    }

    fn script(&self, from: &str, specifier: &str) -> Meant {
        let specifier = specifier.split(['?', '!']).next().unwrap_or_default();
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        if specifier.starts_with('.') || specifier.starts_with('/') {
            let found = self.file(&join(folder, specifier));
            return found.map_or(Meant::Missing, Meant::File);
        }
        if specifier.is_empty() || specifier.contains("://") || specifier.starts_with("data:") {
            return Meant::Nothing;
        }
        if let Some(found) = self.alias(folder, specifier) {
            return Meant::File(found);
        }
        let name = package_name(specifier);
        match self.packages.get(name) {
            Some((folder, manifest)) => {
                let rest = specifier.get(name.len()..).unwrap_or_default();
                self.in_package(folder, manifest, rest).map_or(Meant::Missing, Meant::File)
            }
            None => Meant::Package(name.to_owned()),
        }
    }

    /// By the nearest configuration above the file.
    fn alias(&self, folder: &str, specifier: &str) -> Option<String> {
        let mut at = Some(folder);
        let aliases = loop {
            if let Some(found) = self.aliases.get(at?) {
                break found;
            }
            at = match at {
                Some("") | None => None,
                Some(folder) => Some(folder.rsplit_once('/').map_or("", |(above, _)| above)),
            };
        };
        aliases.iter().find_map(|(before, behind, targets)| {
            let rest = match behind.as_str() {
                "\u{0}" => (specifier == before).then_some("")?,
                behind => specifier.strip_prefix(before.as_str())?.strip_suffix(behind)?,
            };
            targets.iter().find_map(|target| self.file(&target.replacen('*', rest, 1)))
        })
    }

    fn in_package(&self, folder: &str, manifest: &Value, rest: &str) -> Option<String> {
        let exports = manifest.get("exports");
        let key = format!(".{rest}");
        let exported = exports.and_then(|exports| {
            let own = exports.get(&key);
            let whole = (rest.is_empty() && exports.get(".").is_none()).then_some(exports);
            own.or(whole).and_then(target)
        });
        if let Some(target) = exported {
            return self.file(&join(folder, target));
        }
        if !rest.is_empty() {
            return self.file(&join(folder, rest.trim_start_matches('/')));
        }
        let named = ["source", "module", "main"].iter().filter_map(|key| manifest.get(key)?.as_str());
        let mut named = named.map(|target| join(folder, target));
        named.find_map(|target| self.file(&target)).or_else(|| self.file(folder))
    }

    /// A path, with an extension or as a folder where there is no such file.
    fn file(&self, path: &str) -> Option<String> {
        let has = |path: &str| self.known.contains(path).then(|| path.to_owned());
        let with = |path: &str| EXTENSIONS.iter().find_map(|extension| has(&format!("{path}.{extension}")));
        let source = || {
            // TypeScript names the file that its own will become.
            let (stem, extension) = path.rsplit_once('.')?;
            let sources: &[&str] = match extension {
                "js" | "jsx" => &["ts", "tsx"],
                "mjs" => &["mts"],
                "cjs" => &["cts"],
                _ => return None,
            };
            sources.iter().find_map(|source| has(&format!("{stem}.{source}")))
        };
        let index = || {
            let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
            let manifest = self.packages.values().find(|(at, _)| at == path && !path.is_empty());
            let main = manifest.and_then(|(_, manifest)| manifest.get("main")).and_then(Value::as_str);
            let main = main.map(|main| join(path, main)).and_then(|main| has(&main).or_else(|| with(&main)));
            main.or_else(|| with(&format!("{folder}index")))
        };
        has(path).or_else(|| with(path)).or_else(source).or_else(index)
    }

    fn python(&self, from: &str, specifier: &str) -> Meant {
        // A name of a module that is perhaps none itself.
        let (specifier, perhaps) = match specifier.strip_suffix('?') {
            Some(specifier) => (specifier, true),
            None => (specifier, false),
        };
        let dots = specifier.bytes().take_while(|byte| *byte == b'.').count();
        let rest = specifier.get(dots..).unwrap_or_default().replace('.', "/");
        let mut folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let module = |base: &str| {
            let path = join(base, &rest);
            let own = (!rest.is_empty()).then(|| format!("{path}.py"));
            let init = if path.is_empty() { "__init__.py".to_owned() } else { format!("{path}/__init__.py") };
            own.into_iter().chain([init]).find(|path| self.known.contains(path.as_str()))
        };
        if dots > 0 {
            for _ in 1..dots {
                folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
            }
            let otherwise = if perhaps || rest.is_empty() { Meant::Nothing } else { Meant::Missing };
            return module(folder).map_or(otherwise, Meant::File);
        }
        loop {
            if let Some(found) = module(folder) {
                return Meant::File(found);
            }
            if folder.is_empty() {
                break;
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
        match specifier.split('.').next() {
            Some(name) if !perhaps => Meant::Package(name.to_owned()),
            _ => Meant::Nothing,
        }
    }

    fn rust(&self, from: &str, specifier: &str) -> Meant {
        let Some(name) = specifier.strip_prefix("mod ") else {
            let name = specifier.split("::").next().unwrap_or_default();
            return match name {
                "crate" | "self" | "super" | "" => Meant::Nothing,
                name => Meant::Package(name.to_owned()),
            };
        };
        let (folder, file) = from.rsplit_once('/').unwrap_or(("", from));
        let base = match file {
            "mod.rs" | "lib.rs" | "main.rs" => folder.to_owned(),
            file => join(folder, file.trim_end_matches(".rs")),
        };
        let module = join(&base, name);
        let found = [format!("{module}.rs"), format!("{module}/mod.rs")];
        let found = found.into_iter().find(|path| self.known.contains(path.as_str()));
        found.map_or(Meant::Missing, Meant::File)
    }

    fn by_path(&self, from: &str, specifier: &str, language: Language) -> Meant {
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let near = join(folder, specifier);
        let ending = match language {
            Language::Ruby => ".rb",
            _ => "",
        };
        for path in [near.clone(), format!("{near}{ending}"), specifier.to_owned()] {
            if self.known.contains(path.as_str()) {
                return Meant::File(path);
            }
        }
        if specifier.starts_with('.') {
            return Meant::Missing;
        }
        match language {
            Language::Php => Meant::Package(specifier.split('\\').next().unwrap_or_default().to_owned()),
            _ => Meant::Package(specifier.to_owned()),
        }
    }
}

/// `@scope/name` or `name`.
fn package_name(specifier: &str) -> &str {
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    let end = specifier.match_indices('/').nth(parts - 1).map_or(specifier.len(), |(at, _)| at);
    specifier.get(..end).unwrap_or(specifier)
}

/// The first file that a value of `exports` names, through its conditions.
fn target(value: &Value) -> Option<&str> {
    let mut at = value;
    // Conditions nest as deeply as somebody writes them, and JSON not without end.
    for _ in 0..16 {
        match at {
            Value::String(path) => return Some(path),
            Value::Object(conditions) => {
                let wanted = ["source", "import", "module", "require", "default"];
                at = wanted.iter().find_map(|key| conditions.get(*key))?;
            }
            Value::Array(all) => at = all.first()?,
            _ => return None,
        }
    }
    None
}

/// `path` from within `folder`.
pub(super) fn join(folder: &str, path: &str) -> String {
    let mut segments: Vec<&str> = match path.starts_with('/') || folder.is_empty() {
        true => Vec::new(),
        false => folder.split('/').collect(),
    };
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    segments.join("/")
}

/// JSON as `tsconfig.json` is written: with comments, and commas in front of brackets.
fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('"', _) => {
                plain.push(c);
                let mut escaped = false;
                for c in chars.by_ref() {
                    plain.push(c);
                    if c == '"' && !escaped {
                        break;
                    }
                    escaped = c == '\\' && !escaped;
                }
            }
            ('/', Some('/')) => {
                for c in chars.by_ref() {
                    if c == '\n' {
                        break;
                    }
                }
            }
            ('/', Some('*')) => {
                let mut last = ' ';
                chars.next();
                for c in chars.by_ref() {
                    if last == '*' && c == '/' {
                        break;
                    }
                    last = c;
                }
            }
            (']' | '}', _) => {
                let trimmed = plain.trim_end().trim_end_matches(',').len();
                plain.truncate(trimmed);
                plain.push(c);
            }
            _ => plain.push(c),
        }
    }
    plain
}
