//! A component's imports and exports against a world.

use hivesync_protocol::World;
use hivesync_types::{Code, CompileLimits, Digest};
use wasmparser::component_types::{ComponentEntityType, ComponentInstanceType, ComponentItem};
use wasmparser::types::TypesRef;
use wasmparser::{Parser, Payload};

use crate::{Refusal, Shape, survey, wasi, world};

/// A module that fits its world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleInfo {
    /// Of the module's bytes.
    pub digest: Digest,
    /// The world it was compared with.
    pub world: World,
    /// What it imports, in order of the component.
    pub imports: Vec<ImportedInterface>,
    /// The names of its exports.
    pub exports: Vec<String>,
    /// Its measures.
    pub shape: Shape,
}

/// One imported interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedInterface {
    /// The name that policies use, such as `log`; with its package outside of ours.
    pub name: String,
    /// The version the module was built for.
    pub version: String,
    /// The functions it uses. None: the interface is imported for its types, which is
    /// no authority.
    pub functions: Vec<String>,
}

impl ModuleInfo {
    /// The interfaces that the module needs granted. A command of a stock toolchain
    /// imports more than it uses, and so it needs none: it gets what its policy gives.
    pub fn asks(&self) -> impl Iterator<Item = &str> {
        let ours = self.world != World::WasiCommand;
        let used = self.imports.iter().filter(move |import| ours && !import.functions.is_empty());
        used.map(|import| import.name.as_str())
    }
}

/// Checks that `bytes` are a component that can be compiled within `limits`, import
/// nothing but what `world` offers and `grants` (interfaces by their short name)
/// allow, and export what `world` asks for.
///
/// # Errors
///
/// [`Refusal`], the first that is met: those of [`survey`], then the imports in the
/// component's order, then the exports in the world's order.
pub fn check(
    bytes: &[u8],
    world: World,
    grants: &[impl AsRef<str>],
    limits: &CompileLimits,
) -> Result<ModuleInfo, Refusal> {
    let shape = survey(bytes, limits)?;
    let types = crate::survey::validate(bytes)?;
    let names = Names::read(bytes)?;
    let component = Component { types: types.as_ref(), names: &names };
    let imports = match world {
        World::WasiCommand => wasi::check(&component)?,
        World::PreviewBundler => world::compare(&component, "preview-bundler", grants)?,
        World::PluginHost => world::compare(&component, "plugin-host", grants)?,
        World::InfluenceMap => world::compare(&component, "influence-map", grants)?,
        World::PipelineStep => world::compare(&component, "pipeline-step", grants)?,
        World::Transform => world::compare(&component, "transform", grants)?,
    };
    Ok(ModuleInfo { digest: Digest::of(bytes), world, imports, exports: names.exports, shape })
}

/// The names at the component's own level, in order.
pub(crate) struct Names {
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
}

impl Names {
    fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        let invalid = |error: wasmparser::Error| Refusal::Invalid { what: error.to_string() };
        let mut names = Self { imports: Vec::new(), exports: Vec::new() };
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(invalid)? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                    depth = depth.saturating_add(1)
                }
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        names.imports.push(import.map_err(invalid)?.name.name.to_owned());
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        names.exports.push(export.map_err(invalid)?.name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(names)
    }
}

/// A validated component.
pub(crate) struct Component<'a> {
    pub(crate) types: TypesRef<'a>,
    pub(crate) names: &'a Names,
}

impl<'a> Component<'a> {
    /// The instance behind an import or export; none for a function, a module, a value.
    pub(crate) fn instance(&self, item: Option<&ComponentItem>) -> Option<&'a ComponentInstanceType> {
        instance(self.types, item)
    }
}

pub(crate) fn instance<'a>(
    types: TypesRef<'a>,
    item: Option<&ComponentItem>,
) -> Option<&'a ComponentInstanceType> {
    match item?.ty {
        ComponentEntityType::Instance(id) => types.get(id),
        _ => None,
    }
}

/// What an instance holds beside types: functions, and things no interface of ours has.
pub(crate) fn functions(
    instance: &ComponentInstanceType,
) -> impl Iterator<Item = (&str, &ComponentEntityType)> {
    instance
        .exports
        .iter()
        .filter(|(_, item)| match item.ty {
            ComponentEntityType::Type { created, .. } => {
                matches!(created, wasmparser::component_types::ComponentAnyTypeId::Resource(_))
            }
            _ => true,
        })
        .map(|(name, item)| (name.as_str(), &item.ty))
}

pub(crate) fn refuse(code: Code, sentence: String) -> Refusal {
    Refusal::Wit { code, sentence }
}
