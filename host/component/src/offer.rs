//! What this host offers and asks for: the worlds of `wit/` as component types.

use std::path::Path;
use std::sync::OnceLock;

use semver::Version;
use wasmparser::Validator;
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType, ComponentType};
use wasmparser::types::{Types, TypesRef};
use wit_parser::{PackageId, Resolve, SourceMap};

/// The files of `wit/`, compiled in: the host offers what it was built with.
const FILES: &[(&str, &str)] = &[
    ("artifacts.wit", include_str!("../../../wit/artifacts.wit")),
    ("bundler.wit", include_str!("../../../wit/bundler.wit")),
    ("influence.wit", include_str!("../../../wit/influence.wit")),
    ("log.wit", include_str!("../../../wit/log.wit")),
    ("mapper.wit", include_str!("../../../wit/mapper.wit")),
    ("module-types.wit", include_str!("../../../wit/module-types.wit")),
    ("modules.wit", include_str!("../../../wit/modules.wit")),
    ("plugins.wit", include_str!("../../../wit/plugins.wit")),
    ("progress.wit", include_str!("../../../wit/progress.wit")),
    ("project.wit", include_str!("../../../wit/project.wit")),
    ("steps.wit", include_str!("../../../wit/steps.wit")),
    ("types.wit", include_str!("../../../wit/types.wit")),
    ("worlds.wit", include_str!("../../../wit/worlds.wit")),
];

/// The package of `wit/`, parsed.
pub(crate) struct Package {
    pub(crate) resolve: Resolve,
    pub(crate) id: PackageId,
}

/// Parses the compiled-in files.
pub(crate) fn package() -> anyhow::Result<Package> {
    let mut sources = SourceMap::new();
    for (name, text) in FILES {
        sources.push(Path::new(name), *text);
    }
    let mut resolve = Resolve::default();
    let group = sources.parse().map_err(|(_, error)| error)?;
    let id = resolve.push_group(group)?;
    Ok(Package { resolve, id })
}

/// The worlds as types.
pub(crate) struct Offer {
    types: Types,
    /// `hivesync:build`.
    pub(crate) package: String,
    /// The version of the package.
    pub(crate) version: Version,
    /// Every interface of the package, by its short name.
    pub(crate) interfaces: Vec<String>,
}

/// One world as a type, with the arena its ids point into.
#[derive(Clone, Copy)]
pub(crate) struct WorldType<'a> {
    pub(crate) types: TypesRef<'a>,
    pub(crate) world: &'a ComponentType,
}

/// The offer of this build; none only if `wit/` itself is broken, which a test excludes.
pub(crate) fn offer() -> Option<&'static Offer> {
    static OFFER: OnceLock<Option<Offer>> = OnceLock::new();
    OFFER.get_or_init(|| Offer::read().ok()).as_ref()
}

impl Offer {
    fn read() -> anyhow::Result<Self> {
        let Package { resolve, id } = package()?;
        let bytes = wit_component::encode(&resolve, id)?;
        let types = Validator::new().validate_all(&bytes)?;
        let package = resolve.packages.get(id).ok_or_else(|| anyhow::anyhow!("no package"))?;
        let version = package.name.version.clone().ok_or_else(|| anyhow::anyhow!("no version"))?;
        Ok(Self {
            types,
            package: format!("{}:{}", package.name.namespace, package.name.name),
            version,
            interfaces: package.interfaces.keys().cloned().collect(),
        })
    }

    /// The world called `name`: the encoded package exports a component type by its
    /// name, which in turn exports the world itself.
    pub(crate) fn world(&self, name: &str) -> Option<WorldType<'_>> {
        let types = self.types.as_ref();
        let outer = component_type(types, &types.component_item_for_export(name)?.ty)?;
        let (_, inner) = outer.exports.iter().next()?;
        Some(WorldType { types, world: component_type(types, &inner.ty)? })
    }
}

fn component_type<'a>(types: TypesRef<'a>, entity: &ComponentEntityType) -> Option<&'a ComponentType> {
    match entity {
        ComponentEntityType::Type { created: ComponentAnyTypeId::Component(id), .. }
        | ComponentEntityType::Component(id) => types.get(*id),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_worlds_of_the_package_are_offered() {
        let offer = offer().unwrap();
        assert_eq!(offer.package, "hivesync:build");
        let bundler = offer.world("preview-bundler").unwrap().world;
        let imports: Vec<_> = bundler.imports.keys().map(String::as_str).collect();
        assert!(imports.contains(&"hivesync:build/mapper@0.1.0"), "{imports:?}");
        assert!(bundler.exports.contains_key("hivesync:build/bundler@0.1.0"));
        assert!(offer.world("transform").unwrap().world.exports.contains_key("hivesync:build/modules@0.1.0"));
        assert!(offer.world("absent").is_none());
    }

    #[test]
    fn every_file_of_the_folder_is_compiled_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit");
        let mut found: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".wit"))
            .collect();
        found.sort();
        assert_eq!(found, FILES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
