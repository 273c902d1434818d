//! What a `require` of Node leads to. Programs of the build are found by Node's rules, which
//! know neither platforms nor the fields that bundlers read.

use serde_json::Value;

use crate::image::{Found, Image};
use crate::packages::Packages;
use crate::paths::{child, dirname, is_relative, join};

/// Export conditions that hold for `require` in Node.
const CONDITIONS: [&str; 4] = ["node", "require", "module-sync", "default"];
/// Endings that may be left out.
const ENDINGS: [&str; 5] = ["", ".js", ".json", ".cjs", ".mjs"];

/// Export conditions that hold for `import`.
const IMPORT_CONDITIONS: [&str; 4] = ["node", "import", "module-sync", "default"];

/// The file that `specifier` stands for when `origin` imports it; one for `require` if there is
/// no other.
pub(super) fn import(
    image: &Image,
    packages: &Packages<'_>,
    origin: &str,
    specifier: &str,
) -> Option<String> {
    let find = |conditions| resolve_with(image, packages, origin, specifier, conditions);
    find(&IMPORT_CONDITIONS).or_else(|| find(&CONDITIONS))
}

/// The file that `specifier` stands for when `origin` asks for it.
pub(super) fn resolve(
    image: &Image,
    packages: &Packages<'_>,
    origin: &str,
    specifier: &str,
) -> Option<String> {
    resolve_with(image, packages, origin, specifier, &CONDITIONS)
}

fn resolve_with(
    image: &Image,
    packages: &Packages<'_>,
    origin: &str,
    specifier: &str,
    conditions: &[&str],
) -> Option<String> {
    let folder = dirname(origin);
    if is_relative(specifier) {
        return file_or_folder(image, packages, &join(folder, specifier).ok()?);
    }
    if specifier.starts_with('#') {
        let (package, _) = packages.closest(origin)?;
        let target = entry(package.fields.get("imports")?, specifier, conditions)?;
        return file_or_folder(image, packages, &join(&package.root, &target).ok()?);
    }
    let (name, inside) = split(specifier)?;
    let mut from = folder;
    loop {
        if let Some(found) =
            in_folder(image, packages, &child(&child(from, "node_modules"), name), inside, conditions)
        {
            return Some(found);
        }
        if from.is_empty() {
            return None;
        }
        from = dirname(from);
    }
}

fn in_folder(
    image: &Image,
    packages: &Packages<'_>,
    folder: &str,
    inside: &str,
    conditions: &[&str],
) -> Option<String> {
    let exports = packages.at(folder).and_then(|package| {
        let map = package.fields.get("exports")?.clone();
        Some((package.root.clone(), map))
    });
    if let Some((root, map)) = exports {
        let subpath = if inside.is_empty() { ".".to_owned() } else { format!("./{inside}") };
        let target = entry(&map, &subpath, conditions)?;
        return image.file(&join(&root, &target).ok()?).map(|file| file.to_string());
    }
    file_or_folder(image, packages, child(folder, inside).trim_end_matches('/'))
}

/// The name of a package and the path inside it.
fn split(specifier: &str) -> Option<(&str, &str)> {
    let scope = if specifier.starts_with('@') { specifier.find('/')? + 1 } else { 0 };
    let end = specifier.get(scope..)?.find('/').map_or(specifier.len(), |at| scope + at);
    let (name, rest) = specifier.split_at_checked(end)?;
    (!name.is_empty()).then_some((name, rest.trim_start_matches('/')))
}

fn file_or_folder(image: &Image, packages: &Packages<'_>, path: &str) -> Option<String> {
    let file = |path: &str| {
        ENDINGS.iter().find_map(|ending| image.file(&format!("{path}{ending}"))).map(|file| file.to_string())
    };
    if let Some(found) = file(path) {
        return Some(found);
    }
    let Found::Directory(folder) = image.lookup(path)? else { return None };
    let main = packages.at(&folder).and_then(|package| package.text("main").map(str::to_owned));
    let main = main.and_then(|main| {
        let path = join(&folder, &main).ok()?;
        file(&path).or_else(|| file(&child(&path, "index")))
    });
    main.or_else(|| file(&child(&folder, "index")))
}

/// The target of `subpath` in an `exports` or `imports` map.
fn entry(map: &Value, subpath: &str, conditions: &[&str]) -> Option<String> {
    let entries = map.as_object().filter(|entries| entries.keys().all(|key| key.starts_with(['.', '#'])));
    let Some(entries) = entries.filter(|entries| !entries.is_empty()) else {
        return (subpath == ".").then(|| target(map, conditions)).flatten();
    };
    if let Some(exact) = entries.get(subpath) {
        return target(exact, conditions);
    }
    let patterns = entries.iter().filter_map(|(key, value)| {
        let (before, after) = key.split_once('*')?;
        let star = subpath.strip_prefix(before)?.strip_suffix(after)?;
        Some((before.len(), star, value))
    });
    let (_, star, value) = patterns.max_by_key(|(length, ..)| *length)?;
    Some(target(value, conditions)?.replace('*', star))
}

fn target(value: &Value, conditions: &[&str]) -> Option<String> {
    match value {
        Value::String(path) => Some(path.clone()),
        Value::Array(options) => options.iter().find_map(|option| target(option, conditions)),
        Value::Object(entries) => entries
            .iter()
            .filter(|(name, _)| conditions.contains(&name.as_str()))
            .find_map(|(_, value)| target(value, conditions)),
        _ => None,
    }
}
