//! Whether two functions are of one type, and where they first differ.

use std::collections::HashSet;

use wasmparser::component_types::{
    ComponentDefinedType, ComponentDefinedTypeId, ComponentFuncType, ComponentValType,
};

use crate::render::Types;

/// The first place at which a module's function differs from the host's: one clause,
/// such as ``in `path`: `u32` in the module, `string` here``.
pub(crate) fn difference(
    module: (&Types<'_>, &ComponentFuncType),
    host: (&Types<'_>, &ComponentFuncType),
) -> Option<String> {
    let mut comparison =
        Comparison { module: module.0, host: host.0, equal: HashSet::new(), path: Vec::new() };
    comparison.function(module.1, host.1).err()
}

/// Structural comparison, both sides in step. Pairs that were found equal are not
/// compared again, so that types which share their parts take linear time.
struct Comparison<'a, 'm, 'h> {
    module: &'a Types<'m>,
    host: &'a Types<'h>,
    equal: HashSet<(ComponentDefinedTypeId, ComponentDefinedTypeId)>,
    path: Vec<String>,
}

type Same = Result<(), String>;

impl Comparison<'_, '_, '_> {
    fn function(&mut self, module: &ComponentFuncType, host: &ComponentFuncType) -> Same {
        if module.async_ != host.async_ {
            return self.differs(kind_of_call(module), kind_of_call(host));
        }
        let names = |function: &ComponentFuncType| {
            function.params.iter().map(|(name, _)| name.to_string()).collect::<Vec<_>>()
        };
        if names(module) != names(host) {
            return self.differs(
                &format!("parameters ({})", names(module).join(", ")),
                &format!("parameters ({})", names(host).join(", ")),
            );
        }
        for ((name, module), (_, host)) in module.params.iter().zip(&host.params) {
            self.within(format!("parameter `{name}`"), |this| this.value(*module, *host))?;
        }
        self.within("the result".to_owned(), |this| this.payload(module.result, host.result))
    }

    fn value(&mut self, module: ComponentValType, host: ComponentValType) -> Same {
        let equal = match (self.resolved(module, Side::Module), self.resolved(host, Side::Host)) {
            (ComponentValType::Primitive(a), ComponentValType::Primitive(b)) => a == b,
            (ComponentValType::Type(a), ComponentValType::Type(b)) => return self.defined(a, b),
            _ => false,
        };
        if equal { Ok(()) } else { self.differs_in_type(module, host) }
    }

    /// A type that is nothing but a name for a primitive is that primitive.
    fn resolved(&self, ty: ComponentValType, side: Side) -> ComponentValType {
        let arena = match side {
            Side::Module => self.module.arena,
            Side::Host => self.host.arena,
        };
        match ty {
            ComponentValType::Type(id) => match arena.get(id) {
                Some(ComponentDefinedType::Primitive(primitive)) => ComponentValType::Primitive(*primitive),
                _ => ty,
            },
            ComponentValType::Primitive(_) => ty,
        }
    }

    fn payload(&mut self, module: Option<ComponentValType>, host: Option<ComponentValType>) -> Same {
        match (module, host) {
            (None, None) => Ok(()),
            (Some(module), Some(host)) => self.value(module, host),
            (Some(module), None) => self.differs(&format!("`{}`", self.module.show(module)), "nothing"),
            (None, Some(host)) => self.differs("nothing", &format!("`{}`", self.host.show(host))),
        }
    }

    fn defined(&mut self, module: ComponentDefinedTypeId, host: ComponentDefinedTypeId) -> Same {
        if self.equal.contains(&(module, host)) {
            return Ok(());
        }
        self.structure(module, host)?;
        self.equal.insert((module, host));
        Ok(())
    }

    fn structure(&mut self, module: ComponentDefinedTypeId, host: ComponentDefinedTypeId) -> Same {
        use ComponentDefinedType as Ty;
        let (module_arena, host_arena) = (self.module.arena, self.host.arena);
        let (Some(a), Some(b)) = (module_arena.get(module), host_arena.get(host)) else {
            return self.differs("an unknown type", "an unknown type");
        };
        match (a, b) {
            (Ty::Record(a), Ty::Record(b)) => {
                self.names("fields", a.fields.keys(), b.fields.keys())?;
                a.fields.iter().zip(b.fields.values()).try_for_each(|((name, a), b)| {
                    self.within(format!("field `{name}`"), |this| this.value(*a, *b))
                })
            }
            (Ty::Variant(a), Ty::Variant(b)) => {
                self.names("cases", a.cases.keys(), b.cases.keys())?;
                a.cases.iter().zip(b.cases.values()).try_for_each(|((name, a), b)| {
                    self.within(format!("case `{name}`"), |this| this.payload(a.ty, b.ty))
                })
            }
            (Ty::Enum(a), Ty::Enum(b)) => self.names("cases", a.iter(), b.iter()),
            (Ty::Flags(a), Ty::Flags(b)) => self.names("flags", a.iter(), b.iter()),
            (Ty::List { element: a, .. }, Ty::List { element: b, .. }) => {
                self.within("the element".to_owned(), |this| this.value(*a, *b))
            }
            (Ty::Tuple(a), Ty::Tuple(b)) if a.types.len() == b.types.len() => {
                a.types.iter().zip(&b.types).enumerate().try_for_each(|(index, (a, b))| {
                    self.within(format!("part {index}"), |this| this.value(*a, *b))
                })
            }
            (Ty::Option { ty: a, .. }, Ty::Option { ty: b, .. }) => {
                self.within("the option".to_owned(), |this| this.value(*a, *b))
            }
            (Ty::Result { ok: a, err: c, .. }, Ty::Result { ok: b, err: d, .. }) => {
                self.within("`ok`".to_owned(), |this| this.payload(*a, *b))?;
                self.within("`err`".to_owned(), |this| this.payload(*c, *d))
            }
            // The host's interfaces have no other kind of type.
            _ => self.differs_in_type(ComponentValType::Type(module), ComponentValType::Type(host)),
        }
    }

    fn names<'n, N: PartialEq + ToString + 'n>(
        &self,
        what: &str,
        module: impl Iterator<Item = &'n N>,
        host: impl Iterator<Item = &'n N>,
    ) -> Same {
        let (module, host): (Vec<_>, Vec<_>) = (module.collect(), host.collect());
        if module == host {
            return Ok(());
        }
        let missing: Vec<_> =
            host.iter().filter(|name| !module.contains(name)).map(|name| name.to_string()).collect();
        let extra: Vec<_> =
            module.iter().filter(|name| !host.contains(name)).map(|name| name.to_string()).collect();
        match (missing.is_empty(), extra.is_empty()) {
            (true, true) => self.differs(&format!("{what} in another order"), &format!("{what} in order")),
            (false, true) => self.differs(&format!("no {}", quoted(&missing)), &format!("{what} with it")),
            (true, false) => self.differs(&format!("also {}", quoted(&extra)), &format!("{what} without it")),
            (false, false) => self.differs(&quoted(&extra), &quoted(&missing)),
        }
    }

    fn differs_in_type(&self, module: ComponentValType, host: ComponentValType) -> Same {
        self.differs(&format!("`{}`", self.module.show(module)), &format!("`{}`", self.host.show(host)))
    }

    fn differs(&self, module: &str, host: &str) -> Same {
        let place =
            if self.path.is_empty() { String::new() } else { format!("in {}: ", self.path.join(", ")) };
        Err(format!("{place}{module} in the module, {host} here"))
    }

    fn within(&mut self, place: String, compare: impl FnOnce(&mut Self) -> Same) -> Same {
        self.path.push(place);
        let same = compare(self);
        self.path.pop();
        same
    }
}

#[derive(Clone, Copy)]
enum Side {
    Module,
    Host,
}

fn kind_of_call(function: &ComponentFuncType) -> &'static str {
    if function.async_ { "an asynchronous function" } else { "a synchronous function" }
}

fn quoted(names: &[String]) -> String {
    let shown: Vec<_> = names.iter().take(4).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(shown.len());
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}
