//! One component's imports and exports against one world of ours.

use hivesync_types::Code;
use wasmparser::component_types::{ComponentEntityType, ComponentInstanceType, ComponentItem};
use wasmparser::types::TypesRef;

use crate::Refusal;
use crate::check::{Component, ImportedInterface, functions, instance, refuse};
use crate::compare::difference;
use crate::name::{InterfaceName, Skew, skew};
use crate::offer::{Offer, WorldType, offer};
use crate::render::Types;

/// Compares every import with what `world` offers and `grants` allow, and every export
/// with what `world` asks for.
pub(crate) fn compare(
    component: &Component<'_>,
    world: &str,
    grants: &[impl AsRef<str>],
) -> Result<Vec<ImportedInterface>, Refusal> {
    let broken = || Refusal::Invalid { what: "this host was built with a broken `wit/`".to_owned() };
    let offer = offer().ok_or_else(broken)?;
    let host = offer.world(world).ok_or_else(broken)?;
    let context = Context { offer, host, world };
    let mut imports = Vec::new();
    for name in &component.names.imports {
        let item = component.types.component_item_for_import(name);
        imports.push(context.import(component.types, name, item, grants)?);
    }
    for (name, item) in &host.world.exports {
        context.export(component, name, item)?;
    }
    Ok(imports)
}

struct Context<'a> {
    offer: &'a Offer,
    host: WorldType<'a>,
    world: &'a str,
}

impl Context<'_> {
    fn import(
        &self,
        types: TypesRef<'_>,
        name: &str,
        item: Option<&ComponentItem>,
        grants: &[impl AsRef<str>],
    ) -> Result<ImportedInterface, Refusal> {
        let parsed = InterfaceName::parse(name).filter(|parsed| parsed.package == self.offer.package);
        let (Some(parsed), Some(module)) = (parsed, instance(types, item)) else {
            return Err(self.foreign(name));
        };
        if !self.offer.interfaces.iter().any(|known| known == parsed.interface) {
            return Err(self.unknown_interface(&parsed));
        }
        self.version(&parsed, "imports")?;
        let names: Vec<_> = functions(module).map(|(name, _)| name.to_owned()).collect();
        if !names.is_empty() {
            self.granted(&parsed, &names, types, module, grants)?;
        }
        let version = parsed.version_text();
        Ok(ImportedInterface { name: parsed.interface.to_owned(), version, functions: names })
    }

    /// A name outside our package.
    fn foreign(&self, name: &str) -> Refusal {
        let fix = match InterfaceName::parse(name) {
            Some(parsed) if parsed.package.starts_with("wasi:") => {
                "build the module for wasm32-unknown-unknown, or give it a policy of profile `wasi`"
            }
            _ => "remove the import",
        };
        refuse(
            Code::WitUnknownImport,
            format!(
                "the module imports `{}`, and world `{}` offers only interfaces of `{}@{}`; {fix}",
                name.escape_debug(),
                self.world,
                self.offer.package,
                self.offer.version,
            ),
        )
    }

    fn unknown_interface(&self, name: &InterfaceName<'_>) -> Refusal {
        let known: Vec<_> = self.world_interfaces().map(|known| format!("`{known}`")).collect();
        refuse(
            Code::WitUnknownImport,
            format!(
                "the module imports interface `{name}` ({}), which this host ({}) does not have; world `{}` offers {}; remove the import",
                name.version_text(),
                self.offer.version,
                self.world,
                if known.is_empty() { "no interface".to_owned() } else { known.join(", ") },
            ),
        )
    }

    fn world_interfaces(&self) -> impl Iterator<Item = &str> {
        self.host
            .world
            .imports
            .iter()
            .filter(|(_, item)| {
                instance(self.host.types, Some(item))
                    .is_some_and(|instance| functions(instance).next().is_some())
            })
            .filter_map(|(name, _)| Some(InterfaceName::parse(name)?.interface))
    }

    fn version(&self, name: &InterfaceName<'_>, verb: &str) -> Result<(), Refusal> {
        let host = &self.offer.version;
        let Some(module) = &name.version else {
            return Err(refuse(
                Code::WitVersionUnsupported,
                format!(
                    "the module {verb} interface `{name}` without a version, and this host has {host}; \
                     build it against this host's `wit/` (`{}@{host}`)",
                    self.offer.package
                ),
            ));
        };
        let (code, fix) = match skew(module, host) {
            Skew::Served => return Ok(()),
            Skew::TooNew => (Code::WitVersionTooNew, "update this host, or build the module"),
            Skew::Unsupported => (Code::WitVersionUnsupported, "build the module again"),
        };
        Err(refuse(
            code,
            format!(
                "the module {verb} interface `{name}` in version {module}, and this host has {host}; \
                 {fix} against this host's `wit/` (`{}@{host}`)",
                self.offer.package
            ),
        ))
    }

    fn granted(
        &self,
        name: &InterfaceName<'_>,
        functions: &[String],
        types: TypesRef<'_>,
        module: &ComponentInstanceType,
        grants: &[impl AsRef<str>],
    ) -> Result<(), Refusal> {
        let host = self.host.world.imports.iter().find(|(host, _)| {
            InterfaceName::parse(host).is_some_and(|host| host.interface == name.interface)
        });
        let used =
            functions.iter().map(|name| format!("`{}`", name.escape_debug())).collect::<Vec<_>>().join(", ");
        let Some(host) = host.and_then(|(_, item)| instance(self.host.types, Some(item))) else {
            return Err(refuse(
                Code::WitImportNotGranted,
                format!(
                    "the module imports {used} of interface `{name}` ({}), which world `{}` ({}) never grants; \
                     remove the import, or register the module for a world that has it",
                    name.version_text(),
                    self.world,
                    self.offer.version,
                ),
            ));
        };
        if !grants.iter().any(|grant| grant.as_ref() == name.interface) {
            return Err(refuse(
                Code::WitImportNotGranted,
                format!(
                    "the module imports {used} of interface `{name}` ({}), and the policy does not grant it; \
                     add `[grants.{}]` with a reason to the policy, or remove the import",
                    name.version_text(),
                    name.interface,
                ),
            ));
        }
        self.functions(name, (types, module), (self.host.types, host))
    }

    /// Every function the module imports exists here with the same type.
    fn functions(
        &self,
        name: &InterfaceName<'_>,
        module: (TypesRef<'_>, &ComponentInstanceType),
        host: (TypesRef<'_>, &ComponentInstanceType),
    ) -> Result<(), Refusal> {
        for (function, entity) in functions(module.1) {
            let Some(known) = host.1.exports.get(function) else {
                let have: Vec<_> = functions(host.1).map(|(name, _)| format!("`{name}`")).collect();
                return Err(refuse(
                    Code::WitUnknownImport,
                    format!(
                        "the module imports function `{}` of interface `{name}` ({}), which has {} in this host ({}); \
                         build the module against this host's `wit/`",
                        function.escape_debug(),
                        name.version_text(),
                        have.join(", "),
                        self.offer.version,
                    ),
                ));
            };
            self.same_type(name, function, (module, entity), (host, &known.ty))?;
        }
        Ok(())
    }

    fn same_type(
        &self,
        name: &InterfaceName<'_>,
        function: &str,
        (module, module_type): ((TypesRef<'_>, &ComponentInstanceType), &ComponentEntityType),
        (host, host_type): ((TypesRef<'_>, &ComponentInstanceType), &ComponentEntityType),
    ) -> Result<(), Refusal> {
        let sentence = |found: &str, offered: &str, first: &str| {
            refuse(
                Code::WitSignatureChanged,
                format!(
                    "function `{}` of interface `{name}` is `{found}` in the module ({}) and `{offered}` in this host ({}){first}; \
                     generate the module's bindings from this host's `wit/` and build it again",
                    function.escape_debug(),
                    name.version_text(),
                    self.offer.version,
                ),
            )
        };
        let (ComponentEntityType::Func(found), ComponentEntityType::Func(offered)) = (module_type, host_type)
        else {
            return Err(sentence("no function", "a function", ""));
        };
        let module_types = Types::of(module.0, module.1);
        let host_types = Types::of(host.0, host.1);
        let (Some(found), Some(offered)) = (module.0.get(*found), host.0.get(*offered)) else {
            return Err(sentence("an unknown type", "an unknown type", ""));
        };
        match difference((&module_types, found), (&host_types, offered)) {
            None => Ok(()),
            Some(first) => Err(sentence(
                &module_types.signature(found),
                &host_types.signature(offered),
                &format!(", first difference {first}"),
            )),
        }
    }

    /// The component exports what the world does, under a version that fits.
    fn export(&self, component: &Component<'_>, name: &str, item: &ComponentItem) -> Result<(), Refusal> {
        let Some((wanted, host)) = InterfaceName::parse(name).zip(instance(self.host.types, Some(item)))
        else {
            return Ok(());
        };
        let found = component.names.exports.iter().find(|export| {
            InterfaceName::parse(export).is_some_and(|export| {
                export.package == wanted.package && export.interface == wanted.interface
            })
        });
        let Some(found) = found else { return Err(self.missing_interface(&wanted, host)) };
        let Some(parsed) = InterfaceName::parse(found) else {
            return Err(self.missing_interface(&wanted, host));
        };
        self.version(&parsed, "exports")?;
        let item = component.types.component_item_for_export(found);
        let Some(module) = component.instance(item) else {
            return Err(self.missing_interface(&wanted, host));
        };
        for (function, offered) in functions(host) {
            let Some(exported) = module.exports.get(function) else {
                return Err(self.missing_function(&parsed, function, host, offered));
            };
            self.same_type(
                &parsed,
                function,
                ((component.types, module), &exported.ty),
                ((self.host.types, host), offered),
            )?;
        }
        Ok(())
    }

    fn missing_interface(&self, wanted: &InterfaceName<'_>, host: &ComponentInstanceType) -> Refusal {
        let names: Vec<_> = functions(host).map(|(name, _)| format!("`{name}`")).collect();
        refuse(
            Code::WitMissingExport,
            format!(
                "the module does not export interface `{wanted}` ({}) with {}, which world `{}` asks for; \
                 implement it, or register the module for the world it was built for",
                self.offer.version,
                names.join(", "),
                self.world,
            ),
        )
    }

    fn missing_function(
        &self,
        name: &InterfaceName<'_>,
        function: &str,
        host: &ComponentInstanceType,
        offered: &ComponentEntityType,
    ) -> Refusal {
        let signature = match offered {
            ComponentEntityType::Func(id) => {
                self.host.types.get(*id).map(|function| Types::of(self.host.types, host).signature(function))
            }
            _ => None,
        };
        refuse(
            Code::WitMissingExport,
            format!(
                "the module exports interface `{name}` ({}) without function `{function}`, which is `{}` in this host ({}); \
                 build the module against this host's `wit/` and implement it",
                name.version_text(),
                signature.unwrap_or_default(),
                self.offer.version,
            ),
        )
    }
}
