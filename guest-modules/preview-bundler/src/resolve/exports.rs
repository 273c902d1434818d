//! The `exports` and `imports` of a package, in Metro's reading of them.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Edge, Resolver, Target};
use crate::image::Found;
use crate::packages::Package;
use crate::paths::join;

/// Which of the two maps is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MapKind {
    Exports,
    Imports,
}

impl MapKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Exports => "exports",
            Self::Imports => "imports",
        }
    }
}

/// Why a map has no answer. The caller goes on with files, as Metro does.
#[derive(Debug)]
pub(super) struct MapFault {
    pub(super) reason: String,
}

fn fault<T>(reason: impl Into<String>) -> Result<T, MapFault> {
    Err(MapFault { reason: reason.into() })
}

/// A map before conditions, in the order of the manifest.
type Entries<'a> = Vec<(String, Cow<'a, Value>)>;

/// A map after conditions: a subpath and its target, null kept as none.
type Targets = Vec<(String, Option<String>)>;

impl Resolver<'_> {
    /// The file that `subpath` (`.`, `./a`, `#a`) stands for.
    pub(super) fn resolve_map(
        &self,
        kind: MapKind,
        map: &Value,
        package: &Package,
        subpath: &str,
        edge: Edge,
    ) -> Result<Target, MapFault> {
        let name = kind.name();
        let entries = match kind {
            MapKind::Exports => normal_exports(map)?,
            MapKind::Imports => normal_imports(map)?,
        };
        let listed = |key: &str| key == subpath || pattern_match(key, subpath).is_some();
        if !entries.iter().any(|(key, _)| listed(key)) {
            return fault(format!("\"{subpath}\" is not listed in its {name}"));
        }
        let targets = self.reduce(&entries, edge, name)?;
        let Some((target, star)) = find_target(&targets, subpath) else {
            return fault(format!("\"{subpath}\" is listed in its {name}, but not for these conditions"));
        };
        let inner = target.strip_prefix("./").unwrap_or(target);
        let is_bad = |part: &str| matches!(part, "" | "." | ".." | "node_modules");
        if kind == MapKind::Exports && inner.split(['/', '\\']).any(is_bad) {
            return fault(format!("the target \"{target}\" of \"{subpath}\" in its {name} is not allowed"));
        }
        let target = star.map_or_else(|| target.to_owned(), |star| target.replace('*', star));
        let path = join(&package.root, &target).or_else(|_| fault("a target leaves the project"))?;
        if self.settings.is_asset(&path)
            && let Some(asset) = self.resolve_asset(&path)
        {
            return Ok(asset);
        }
        match self.image.lookup(&path) {
            Some(Found::File(real)) => Ok(Target::File(real)),
            _ => fault(format!("\"{subpath}\" leads to \"{target}\" in its {name}, which is not there")),
        }
    }

    fn reduce(&self, entries: &Entries<'_>, edge: Edge, name: &str) -> Result<Targets, MapFault> {
        let mut targets = Targets::new();
        for (key, value) in entries {
            match self.settings.reduce(value, edge) {
                Some(Reduced::NoMatch) => {}
                Some(Reduced::Null) => targets.push((key.clone(), None)),
                Some(Reduced::Path(path)) if path.starts_with("./") => {
                    targets.push((key.clone(), Some(path.to_owned())));
                }
                Some(Reduced::Path(_)) | None => {
                    return fault(format!("a target in its {name} does not begin with \"./\""));
                }
            }
        }
        Ok(targets)
    }
}

/// What conditions leave of a target.
pub(super) enum Reduced<'a> {
    NoMatch,
    Null,
    Path(&'a str),
}

impl super::Settings {
    /// Follows the conditions of `value` to a path; none when something else stands there.
    pub(super) fn reduce<'v>(&self, value: &'v Value, edge: Edge) -> Option<Reduced<'v>> {
        let mut value = value;
        loop {
            match value {
                Value::String(path) => return Some(Reduced::Path(path)),
                Value::Null => return Some(Reduced::Null),
                // Below the first level a list matches no condition.
                Value::Array(_) => return Some(Reduced::Null),
                Value::Object(conditions) => {
                    let matching = conditions.iter().find(|(name, _)| self.has_condition(name, edge));
                    match matching {
                        Some((_, inner)) => value = inner,
                        None if conditions.contains_key("default") => return Some(Reduced::NoMatch),
                        None => return Some(Reduced::Null),
                    }
                }
                Value::Bool(_) | Value::Number(_) => return None,
            }
        }
    }
}

/// The target of `subpath` and what its `*` stands for: an exact key first, then the pattern
/// with the longest beginning.
fn find_target<'a>(targets: &'a Targets, subpath: &'a str) -> Option<(&'a str, Option<&'a str>)> {
    let exact = targets.iter().find(|(key, _)| key == subpath);
    if let Some((_, Some(target))) = exact {
        return Some((target, None));
    }
    let mut patterns: Vec<_> =
        targets.iter().filter_map(|(key, target)| key.find('*').map(|at| (at, key, target))).collect();
    patterns.sort_by(|left, right| right.0.cmp(&left.0).then(right.1.len().cmp(&left.1.len())));
    let (star, target) = patterns
        .into_iter()
        .find_map(|(_, key, target)| pattern_match(key, subpath).map(|star| (star, target)))?;
    Some((target.as_deref()?, Some(star)))
}

/// What `*` stands for when `pattern` matches `subpath`; none without exactly one `*`.
fn pattern_match<'a>(pattern: &str, subpath: &'a str) -> Option<&'a str> {
    let (base, trailer) = pattern.split_once('*')?;
    if trailer.contains('*') {
        return None;
    }
    let rest = subpath.strip_prefix(base)?;
    if trailer.is_empty() {
        return Some(rest);
    }
    if subpath.len() < pattern.len() {
        return None;
    }
    rest.strip_suffix(trailer)
}

fn normal_exports(exports: &Value) -> Result<Entries<'_>, MapFault> {
    let root = match exports {
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().find(|item| item.as_str().is_some_and(|path| path.starts_with("./")))
        }
        Value::Array(items) => items.first(),
        other => Some(other),
    };
    match root {
        Some(path @ Value::String(_)) => Ok(vec![(".".to_owned(), Cow::Borrowed(path))]),
        Some(Value::Object(map)) => normal_object(map),
        _ => fault("its exports are of no known shape"),
    }
}

fn normal_object(map: &Map<String, Value>) -> Result<Entries<'_>, MapFault> {
    let subpaths = map.keys().filter(|key| key.starts_with('.')).count();
    let imports = map.keys().filter(|key| key.starts_with('#')).count();
    let flat = map.iter().map(|(key, value)| Ok((key.clone(), first_of_list(value)?)));
    if subpaths + imports == map.len() {
        return flat.map(|entry| entry.map(|(key, value)| (key, Cow::Borrowed(value)))).collect();
    }
    if subpaths != 0 {
        return fault("its exports mix subpaths and conditions");
    }
    let conditions: Map<String, Value> =
        flat.map(|entry| entry.map(|(key, value)| (key, value.clone()))).collect::<Result<_, _>>()?;
    Ok(vec![(".".to_owned(), Cow::Owned(Value::Object(conditions)))])
}

fn normal_imports(imports: &Value) -> Result<Entries<'_>, MapFault> {
    let Some(map) = imports.as_object().filter(|map| !map.is_empty()) else {
        return fault("its imports are empty or no object");
    };
    if map.keys().any(|key| !key.starts_with('#')) {
        return fault("its imports have a name that does not start with \"#\"");
    }
    Ok(map.iter().map(|(key, value)| (key.clone(), Cow::Borrowed(value))).collect())
}

/// A list stands for its first item.
fn first_of_list(value: &Value) -> Result<&Value, MapFault> {
    match value {
        Value::Array(items) => match items.first() {
            Some(first) if !first.is_array() => Ok(first),
            _ => fault("its exports hold a list of no known shape"),
        },
        other => Ok(other),
    }
}
