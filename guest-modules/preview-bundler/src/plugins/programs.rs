//! The files that a configuration's plugins consist of: the configuration, the compiler, the
//! plugins it names, and what they ask for.

use std::collections::HashMap;

use super::{node, specifiers};
use crate::Host;
use crate::config::{DECORATORS_PLUGIN, babel_texts, is_babel_known};
use crate::image::Image;
use crate::packages::Packages;
use crate::paths::{in_package, is_relative};
use crate::wire::Program;

/// The compiler of plugins.
const COMPILER: &str = "@babel/core";
/// What makes CommonJS of a program that is an ES module.
const COMMONJS: &str = "@babel/plugin-transform-modules-commonjs";
/// Files of the presets that bring it, where the app does not have it by itself.
const PRESETS: [&str; 2] =
    ["node_modules/@react-native/babel-preset/index.js", "node_modules/babel-preset-expo/index.js"];
/// Files beyond which a program is not followed; the host takes no more.
const PROGRAMS_MAX: usize = 8192;

/// The programs and the one that runs the others.
pub(super) struct Programs {
    pub(super) list: Vec<Program>,
    pub(super) compiler: u32,
}

/// The programs of the configuration `file`; none when it names no plugin that is not known.
pub(super) fn collect(
    host: &dyn Host,
    image: &Image,
    packages: &Packages<'_>,
    file: &str,
    compiles_decorators: bool,
) -> Option<Programs> {
    let bytes = host.read(file).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let mut closure = Closure::new(host, image, packages);
    closure.place(file)?;
    let found = closure.named(file, &text);
    // Beside others it stays Babel's: they may rely on what it leaves.
    let is_needed = |path: &String| !(compiles_decorators && path.contains(DECORATORS_PLUGIN));
    if !found.iter().any(is_needed) && !text.contains("visitor") {
        return None;
    }
    let origins = std::iter::once(file).chain(found.iter().map(String::as_str));
    let compiler = origins.into_iter().find_map(|origin| node::resolve(image, packages, origin, COMPILER))?;
    let compiler = closure.place(&compiler)?;
    closure.follow(&found);
    Some(closure.programs(compiler))
}

/// Whether the plugin or preset that the configuration `file` calls `name` is there.
pub(crate) fn is_installed(
    image: &Image,
    packages: &Packages<'_>,
    (file, kind, name): (&str, &str, &str),
) -> bool {
    node::resolve(image, packages, file, &full_name(kind, name)).is_some()
}

/// Programs, and what each asks for.
pub(super) struct Closure<'a> {
    host: &'a dyn Host,
    image: &'a Image,
    packages: &'a Packages<'a>,
    list: Vec<Program>,
    places: HashMap<String, u32>,
}

impl<'a> Closure<'a> {
    pub(super) fn new(host: &'a dyn Host, image: &'a Image, packages: &'a Packages<'a>) -> Self {
        Self { host, image, packages, list: Vec::new(), places: HashMap::new() }
    }

    /// Everything that was placed; `compiler` runs the others.
    pub(super) fn programs(self, compiler: u32) -> Programs {
        Programs { list: self.list, compiler }
    }

    /// The index of the program `path`, which is added if it is new.
    pub(super) fn place(&mut self, path: &str) -> Option<u32> {
        if let Some(place) = self.places.get(path) {
            return Some(*place);
        }
        let place = u32::try_from(self.list.len()).ok().filter(|_| self.list.len() < PROGRAMS_MAX)?;
        self.list.push(Program { path: path.to_owned(), requires: Vec::new() });
        self.places.insert(path.to_owned(), place);
        Some(place)
    }

    /// Adds what the texts of a configuration may name, under `plugin:` or `preset:` and the
    /// name as written, and says which files these are.
    fn named(&mut self, file: &str, text: &str) -> Vec<String> {
        let mut found = Vec::new();
        for name in babel_texts(text).iter().filter(|name| !is_babel_known(name)) {
            for kind in ["plugin", "preset"] {
                let Some(target) = self.of_name(file, kind, name) else { continue };
                // A compiler that is asked by a preset uses the full name.
                self.link(file, &full_name(kind, name), &target);
                if self.link(file, &format!("{kind}:{name}"), &target).is_some() {
                    found.push(target);
                }
            }
        }
        let required = specifiers::required(text).filter(|name| !is_babel_known(name));
        found.extend(required.filter_map(|name| node::resolve(self.image, self.packages, file, name)));
        found
    }

    fn of_name(&self, file: &str, kind: &str, name: &str) -> Option<String> {
        let resolve = |name: &str| node::resolve(self.image, self.packages, file, name);
        if is_relative(name) {
            // A folder is rather an alias than a plugin.
            return resolve(name)
                .filter(|path| !path.ends_with(&format!("{name}/index.js").replace("./", "")));
        }
        resolve(&full_name(kind, name))
    }

    /// Says that `from` asks for `target` by this name.
    pub(super) fn link(&mut self, from: &str, specifier: &str, target: &str) -> Option<()> {
        let place = self.place(target)?;
        let from = self.places.get(from).and_then(|from| usize::try_from(*from).ok())?;
        let requires = &mut self.list.get_mut(from)?.requires;
        if !requires.iter().any(|(known, _)| known == specifier) {
            requires.push((specifier.to_owned(), place));
        }
        Some(())
    }

    /// Reads every program and adds what it asks for, until nothing is new.
    fn follow(&mut self, named: &[String]) {
        let mut next = 0;
        while let Some(path) = self.list.get(next).map(|program| program.path.clone()) {
            next += 1;
            if path.ends_with(".json") {
                continue;
            }
            let Ok(bytes) = self.host.read(&path) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            self.follow_file(&path, &text);
            if next > 1 && (!in_package(&path) || named.contains(&path)) {
                // A preset may name plugins as a configuration does.
                self.named(&path, &text);
            }
        }
    }
}

impl Closure<'_> {
    /// Adds what every program asks for, and nothing that one names otherwise.
    pub(super) fn follow_programs(&mut self) {
        let mut next = 0;
        while let Some(path) = self.list.get(next).map(|program| program.path.clone()) {
            next += 1;
            if let Some(bytes) = self.host.read(&path).ok().filter(|_| !path.ends_with(".json")) {
                self.follow_file(&path, &String::from_utf8_lossy(&bytes));
            }
        }
    }

    /// Adds what one program asks for, and what compiles it if it is an ES module.
    fn follow_file(&mut self, path: &str, text: &str) {
        let is_module = specifiers::is_module(path, text);
        for specifier in specifiers::required(text) {
            if let Some(target) = node::resolve(self.image, self.packages, path, specifier) {
                self.link(path, specifier, &target);
            }
        }
        if !is_module {
            return;
        }
        for specifier in specifiers::imported(text) {
            if let Some(target) = node::import(self.image, self.packages, path, specifier) {
                self.link(path, specifier, &target);
            }
        }
        let configuration = self.list.first().map(|program| program.path.clone()).unwrap_or_default();
        let origins = [path, configuration.as_str()].into_iter().chain(PRESETS);
        let mut found = origins.map(|origin| node::resolve(self.image, self.packages, origin, COMMONJS));
        if let Some(target) = found.find_map(|found| found) {
            self.link(path, COMMONJS, &target);
        }
    }
}

/// The package that Babel takes for a name in a configuration.
fn full_name(kind: &str, name: &str) -> String {
    if let Some(exact) = name.strip_prefix("module:") {
        return exact.to_owned();
    }
    let prefix = format!("babel-{kind}");
    let Some(scoped) = name.strip_prefix('@') else {
        let is_full = name.contains('/') || name == prefix || name.starts_with(&format!("{prefix}-"));
        return if is_full { name.to_owned() } else { format!("{prefix}-{name}") };
    };
    match scoped.split_once('/') {
        None => format!("{name}/{prefix}"),
        Some((_, inner)) if inner.contains('/') || inner.contains(&prefix) => name.to_owned(),
        Some(("babel", inner)) if inner.starts_with(&format!("{kind}-")) => name.to_owned(),
        Some(("babel", inner)) => format!("@babel/{kind}-{inner}"),
        Some((scope, inner)) => format!("@{scope}/{prefix}-{inner}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_completed_as_babel_does() {
        for (kind, name, full) in [
            ("plugin", "lodash", "babel-plugin-lodash"),
            ("plugin", "babel-plugin-x", "babel-plugin-x"),
            ("plugin", "module:x", "x"),
            ("plugin", "a/b", "a/b"),
            ("plugin", "@babel/transform-x", "@babel/plugin-transform-x"),
            ("plugin", "@babel/plugin-x", "@babel/plugin-x"),
            ("preset", "@babel/env", "@babel/preset-env"),
            ("plugin", "@org/x", "@org/babel-plugin-x"),
            ("plugin", "@org/babel-plugin-x", "@org/babel-plugin-x"),
            ("plugin", "@org", "@org/babel-plugin"),
            ("plugin", "@org/x/y", "@org/x/y"),
            ("preset", "mine", "babel-preset-mine"),
        ] {
            assert_eq!(full_name(kind, name), full);
        }
    }
}
