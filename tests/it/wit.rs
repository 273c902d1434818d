//! The interfaces in `wit/`, against what is said about them elsewhere.

mod closure;
mod grants;
mod mirrors;
mod numbers;
mod prose;

use wit_parser::{Interface, PackageId, Resolve, WorldId, WorldItem};

use crate::golden::repository;

/// The worlds of the package, by name.
const WORLDS: [&str; 5] = ["preview-bundler", "transform", "plugin-host", "influence-map", "pipeline-step"];

/// The parsed package.
struct Wit {
    resolve: Resolve,
    package: PackageId,
}

impl Wit {
    fn read() -> Self {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(repository("wit")).unwrap();
        Self { resolve, package }
    }

    fn world(&self, name: &str) -> WorldId {
        self.resolve.select_world(&[self.package], Some(name)).unwrap()
    }

    /// Every interface of the package by name.
    fn interfaces(&self) -> impl Iterator<Item = (&str, &Interface)> {
        let interfaces = &self.resolve.packages[self.package].interfaces;
        interfaces.iter().map(|(name, id)| (name.as_str(), &self.resolve.interfaces[*id]))
    }

    /// The names of the interfaces from which a component of `world` may import a function.
    fn powers(&self, world: &str) -> Vec<&str> {
        let imports = self.resolve.worlds[self.world(world)].imports.values();
        let interfaces = imports.filter_map(|item| match item {
            WorldItem::Interface { id, .. } => Some(&self.resolve.interfaces[*id]),
            _ => None,
        });
        interfaces
            .filter(|interface| !interface.functions.is_empty())
            .filter_map(|i| i.name.as_deref())
            .collect()
    }
}
