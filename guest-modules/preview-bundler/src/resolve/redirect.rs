//! The `browser` specification: main fields that are objects replace files and bare names.

use serde_json::Value;

use super::{Resolver, Settings};
use crate::packages::Package;
use crate::paths::join;

/// What stands in the place of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Redirect {
    /// Nothing: an empty module.
    Empty,
    /// This.
    To(String),
}

/// The replacement that `package` has for the first of `names` that it replaces, each also
/// with `.js` and `.json` behind it. An earlier main field wins over a later one.
pub(crate) fn replacement(package: &Package, names: &[&str], settings: &Settings) -> Option<Redirect> {
    let maps: Vec<_> = settings
        .main_fields
        .iter()
        .filter_map(|field| package.fields.get(*field).and_then(Value::as_object))
        .collect();
    if maps.is_empty() {
        return None;
    }
    let names = names.iter().flat_map(|name| ["", ".js", ".json"].map(|suffix| format!("{name}{suffix}")));
    names.into_iter().find_map(|name| read(maps.iter().find_map(|map| map.get(&name))?))
}

fn read(value: &Value) -> Option<Redirect> {
    match value {
        Value::Bool(false) => Some(Redirect::Empty),
        Value::String(target) => Some(Redirect::To(target.clone())),
        _ => None,
    }
}

/// The main file of a package, by the main fields and the package's own replacements of it.
pub(crate) fn main_file(package: &Package, settings: &Settings) -> String {
    let main = settings.main_fields.iter().find_map(|field| package.text(field)).unwrap_or("index");
    let twin = match main.strip_prefix("./") {
        Some(rest) => rest.to_owned(),
        None => format!("./{main}"),
    };
    let variants = [main, &twin].map(|name| {
        let stem = name.strip_suffix(".js").or_else(|| name.strip_suffix(".json")).unwrap_or(name);
        (name.to_owned(), stem.to_owned())
    });
    for (name, stem) in &variants {
        match replacement(package, &[name, stem], settings) {
            Some(Redirect::To(target)) => return target,
            Some(Redirect::Empty) => return main.to_owned(),
            None => {}
        }
    }
    main.to_owned()
}

impl Resolver<'_> {
    /// A path of the image after the replacements of the package it lies in.
    pub(crate) fn redirect_path(&self, path: &str) -> Redirect {
        let unchanged = || Redirect::To(path.to_owned());
        let Some((package, inside)) = self.packages.closest(path) else { return unchanged() };
        let name = format!("./{inside}");
        match replacement(&package, &[&name], &self.settings) {
            Some(Redirect::Empty) => Redirect::Empty,
            Some(Redirect::To(target)) => match join(&package.root, &target) {
                Ok(joined) => Redirect::To(joined),
                Err(_) => unchanged(),
            },
            None => unchanged(),
        }
    }
}
