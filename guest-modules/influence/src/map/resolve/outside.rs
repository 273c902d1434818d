//! What files of other languages than JavaScript mean by a name: modules of Go, sheets of Sass,
//! and paths in data.

use super::{Meant, Paths, join};

/// Modules that one `go.mod` names.
const MODULES_MAX: usize = 1_000;

/// The module of a `go.mod`, and those that it takes from folders of the project.
pub(super) fn go_modules(folder: &str, text: &str) -> Vec<(String, String)> {
    let mut modules = Vec::new();
    let mut replacing = false;
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        if let Some(name) = line.strip_prefix("module ") {
            modules.push((name.trim().trim_matches('"').to_owned(), folder.to_owned()));
        }
        replacing = (replacing || line.starts_with("replace (")) && !line.starts_with(')');
        let one = line.strip_prefix("replace ").or(replacing.then_some(line));
        if let Some((name, to)) = one.and_then(|one| one.split_once("=>")) {
            let (name, to) = (name.split_whitespace().next().unwrap_or_default(), to.trim());
            if to.starts_with("./") || to.starts_with("../") {
                modules.push((name.to_owned(), join(folder, to)));
            }
        }
        if modules.len() >= MODULES_MAX {
            break;
        }
    }
    modules
}

impl Paths<'_> {
    /// A package of Go is every file of its folder but the tests.
    pub(super) fn go(&self, from: &str, specifier: &str) -> Meant {
        let below = |module: &str| {
            let rest = specifier.strip_prefix(module)?;
            (rest.is_empty() || rest.starts_with('/')).then_some(rest)
        };
        let found = self.modules.iter().find_map(|(name, folder)| Some((folder, below(name)?)));
        let Some((folder, rest)) = found else {
            // The library of the language has names without a domain.
            let foreign = specifier.split('/').next().is_some_and(|domain| domain.contains('.'));
            return match foreign {
                true => self.by_path(from, specifier, crate::code::Language::Go),
                false => Meant::Nothing,
            };
        };
        let folder = join(folder, rest.trim_start_matches('/'));
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let inside = self.known.range(prefix.as_str()..).take_while(|path| path.starts_with(&prefix));
        let own = inside.filter(|path| {
            let name = path.get(prefix.len()..).unwrap_or_default();
            !name.contains('/') && name.ends_with(".go") && !name.ends_with("_test.go")
        });
        let files: Vec<String> = own.map(|path| (*path).to_owned()).collect();
        if files.is_empty() { Meant::Missing } else { Meant::Files(files) }
    }

    /// A sheet, with an extension, as a part or as the index of a folder where it is written
    /// without.
    pub(super) fn sass(&self, from: &str, specifier: &str) -> Meant {
        let plain = specifier.split(['?', '#']).next().unwrap_or_default();
        if plain.is_empty() || plain.contains("://") || plain.starts_with("//") || plain.starts_with("sass:")
        {
            return Meant::Nothing;
        }
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let bases = [join(folder, plain), join("", plain)];
        for base in &bases {
            let (above, name) = base.rsplit_once('/').unwrap_or(("", base));
            let stems =
                [base.clone(), join(above, &format!("_{name}")), join(base, "_index"), join(base, "index")];
            for stem in &stems {
                for ending in ["", ".scss", ".sass", ".less", ".css"] {
                    let path = format!("{stem}{ending}");
                    if self.known.contains(path.as_str()) {
                        return Meant::File(path);
                    }
                }
            }
        }
        if plain.starts_with('.') {
            return Meant::Missing;
        }
        Meant::Package(super::package_name(plain.trim_start_matches('~')).to_owned())
    }

    /// A value that names a file: from its own folder, or from the top of the project.
    pub(super) fn named(&self, from: &str, value: &str) -> Meant {
        let value = value.split(['#', '?']).next().unwrap_or_default();
        if value.is_empty() || value.contains("://") || value.ends_with('/') {
            return Meant::Nothing;
        }
        let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
        let found = [join(folder, value), join("", value)];
        let found = found.into_iter().find(|path| path != from && self.known.contains(path.as_str()));
        found.map_or(Meant::Nothing, Meant::File)
    }
}
