//! `paths` and `baseUrl` of the app's tsconfig.json or jsconfig.json, `extends` followed.

use serde_json::Value;

use super::Target;
use crate::config::BabelAliases;
use crate::image::Image;
use crate::paths::{child, dirname, join};
use crate::source::strip_json_comments;
use crate::{Diagnostic, Host, codes, diagnose};

/// Files that extend one another are read this deep.
const EXTENDS_DEPTH_MAX: usize = 16;

/// One entry of `paths`.
#[derive(Debug)]
struct Pattern {
    prefix: String,
    /// What follows the star; none for an entry without one.
    suffix: Option<String>,
    /// Specifiers; one that begins with `/` counts from the project root.
    targets: Vec<String>,
}

/// The aliases of an app, as paths of the image.
#[derive(Debug, Default)]
pub(crate) struct PathAliases {
    patterns: Vec<Pattern>,
    base: Option<String>,
    /// Aliases win over packages of the same name even where TypeScript's alone would not.
    pub(super) before_packages: bool,
    /// `compilerOptions.jsxImportSource`.
    pub(crate) jsx_import_source: Option<String>,
    /// `compilerOptions.experimentalDecorators`.
    pub(crate) experimental_decorators: bool,
}

/// `paths` as it is written.
type Paths = Vec<(String, Vec<String>)>;

/// What one file and those it extends say.
#[derive(Default)]
struct Raw {
    base: Option<String>,
    /// The folder of the file that says it, and its entries.
    paths: Option<(String, Paths)>,
    jsx_import_source: Option<String>,
    experimental_decorators: Option<bool>,
}

impl PathAliases {
    /// Reads the app's configuration; none when it has none.
    pub(crate) fn read(host: &dyn Host, image: &Image, faults: &mut Vec<Diagnostic>) -> Option<Self> {
        let files = ["tsconfig.json", "jsconfig.json"].map(|name| image.in_app(name));
        let file = files.iter().find(|file| image.has_file(file))?;
        let reader = Reader { host, image };
        let raw = reader.read(file, EXTENDS_DEPTH_MAX, faults)?;
        let mut patterns = Vec::new();
        if let Some((folder, paths)) = raw.paths {
            let base = raw.base.as_deref().unwrap_or(&folder);
            for (key, targets) in paths {
                let targets = targets.iter().filter(|target| !target.ends_with(".d.ts"));
                let targets = targets.filter_map(|target| Some(format!("/{}", join(base, target).ok()?)));
                let targets: Vec<_> = targets.collect();
                let (prefix, suffix) = match key.split_once('*') {
                    Some((prefix, suffix)) => (prefix.to_owned(), Some(suffix.to_owned())),
                    None => (key, None),
                };
                patterns.push(Pattern { prefix, suffix, targets });
            }
        }
        let mut aliases = Self { patterns, base: raw.base, ..Self::default() };
        aliases.jsx_import_source = raw.jsx_import_source;
        aliases.experimental_decorators = raw.experimental_decorators.unwrap_or_default();
        aliases.sort();
        Some(aliases)
    }

    /// The first target of `specifier` that `resolve` finds.
    pub(super) fn find(&self, specifier: &str, resolve: impl Fn(&str) -> Option<Target>) -> Option<Target> {
        for pattern in &self.patterns {
            let Some(rest) = specifier.strip_prefix(pattern.prefix.as_str()) else { continue };
            let star = match &pattern.suffix {
                None if rest.is_empty() => "",
                None => continue,
                Some(suffix) => match rest.strip_suffix(suffix.as_str()) {
                    Some(star) => star,
                    None => continue,
                },
            };
            let found = pattern.targets.iter().find_map(|target| resolve(&target.replacen('*', star, 1)));
            if found.is_some() {
                return found;
            }
        }
        let base = self.base.as_deref()?;
        resolve(&format!("/{}", join(base, specifier).ok()?))
    }

    /// Adds what Babel's module resolver would do. It rewrites specifiers before anything else
    /// sees them, so these aliases come before what is installed. Paths count from `app`.
    pub(crate) fn add_babel(&mut self, babel: &BabelAliases, app: &str) {
        let rooted = |target: &str| match target.starts_with('.') {
            true => join(app, target).map(|path| format!("/{path}")).ok(),
            false => Some(target.to_owned()),
        };
        for (name, target) in &babel.aliases {
            let Some(target) = rooted(target) else { continue };
            let inside = format!("{}/*", target.trim_end_matches('/'));
            self.patterns.push(Pattern { prefix: name.clone(), suffix: None, targets: vec![target] });
            let prefix = format!("{name}/");
            self.patterns.push(Pattern { prefix, suffix: Some(String::new()), targets: vec![inside] });
        }
        let roots = babel.roots.iter().filter_map(|root| Some(format!("{}/*", rooted(root)?)));
        let targets: Vec<String> = roots.collect();
        if !targets.is_empty() {
            self.patterns.push(Pattern { prefix: String::new(), suffix: Some(String::new()), targets });
        }
        self.before_packages = true;
        self.sort();
    }

    /// Exact entries first, then the longest beginning.
    fn sort(&mut self) {
        self.patterns.sort_by_key(|pattern| (pattern.suffix.is_some(), usize::MAX - pattern.prefix.len()));
    }
}

struct Reader<'a> {
    host: &'a dyn Host,
    image: &'a Image,
}

impl Reader<'_> {
    fn read(&self, path: &str, depth: usize, faults: &mut Vec<Diagnostic>) -> Option<Raw> {
        let depth = depth.checked_sub(1)?;
        let bytes = self.host.read(path).ok()?;
        let text = strip_json_comments(&String::from_utf8_lossy(&bytes));
        let config: Value = match serde_json::from_str(&text) {
            Ok(config) => config,
            Err(error) => {
                let place =
                    (u32::try_from(error.line()).unwrap_or(0), u32::try_from(error.column()).unwrap_or(0));
                let message = diagnose::json_message(&error);
                let fault = diagnose::at(codes::INVALID_TSCONFIG, message, path, place, &text);
                let hint = "correct the file; until then its paths are not there";
                faults.push(diagnose::hint(diagnose::warning(fault), hint));
                return None;
            }
        };
        let folder = dirname(path);
        let mut raw = Raw::default();
        let parents = match config.get("extends") {
            Some(Value::Array(parents)) => parents.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(parent)) => vec![parent.as_str()],
            _ => Vec::new(),
        };
        for parent in parents {
            let parent = self.extended(folder, parent).and_then(|path| self.read(&path, depth, faults));
            if let Some(parent) = parent {
                raw.base = parent.base.or(raw.base);
                raw.paths = parent.paths.or(raw.paths);
                raw.jsx_import_source = parent.jsx_import_source.or(raw.jsx_import_source);
                let experimental = parent.experimental_decorators;
                raw.experimental_decorators = experimental.or(raw.experimental_decorators);
            }
        }
        Some(own_options(&config, folder, raw))
    }

    /// The file that `extends` names: beside the file that extends, or in `node_modules`.
    fn extended(&self, folder: &str, name: &str) -> Option<String> {
        let near = join(folder, name).ok();
        let near = near.into_iter().flat_map(|path| [path.clone(), format!("{path}.json")]);
        let mut candidates: Vec<String> = near.collect();
        let mut ancestor = folder;
        loop {
            let installed = child(&child(ancestor, "node_modules"), name);
            candidates.extend([
                format!("{installed}.json"),
                installed.clone(),
                format!("{installed}/tsconfig.json"),
            ]);
            if ancestor.is_empty() {
                break;
            }
            ancestor = dirname(ancestor);
        }
        candidates.iter().find_map(|path| self.image.file(path)).map(|path| path.to_string())
    }
}

fn own_options(config: &Value, folder: &str, mut raw: Raw) -> Raw {
    let Some(options) = config.get("compilerOptions") else { return raw };
    if let Some(base) = options.get("baseUrl").and_then(Value::as_str) {
        raw.base = join(folder, base.trim_start_matches("${configDir}")).ok();
    }
    if let Some(source) = options.get("jsxImportSource").and_then(Value::as_str) {
        raw.jsx_import_source = Some(source.to_owned());
    }
    if let Some(experimental) = options.get("experimentalDecorators").and_then(Value::as_bool) {
        raw.experimental_decorators = Some(experimental);
    }
    if let Some(paths) = options.get("paths").and_then(Value::as_object) {
        let entries = paths.iter().filter_map(|(key, targets)| {
            let targets = targets.as_array()?.iter().filter_map(Value::as_str);
            let targets = targets.map(|target| target.trim_start_matches("${configDir}/").to_owned());
            Some((key.clone(), targets.collect()))
        });
        raw.paths = Some((folder.to_owned(), entries.collect()));
    }
    raw
}
