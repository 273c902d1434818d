//! Types as people write them in WIT.

use std::collections::HashMap;
use std::fmt::Write as _;

use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentEntityType, ComponentFuncType,
    ComponentInstanceType, ComponentValType,
};
use wasmparser::types::TypesRef;

/// Characters of one rendered signature; the rest is cut. Names keep signatures short,
/// but a module need not name its types.
const TEXT_MAX: usize = 600;
/// Levels of types without a name that are shown.
const DEPTH_MAX: u32 = 6;

/// The types of one side, with the names its interface gives them.
pub(crate) struct Types<'a> {
    pub(crate) arena: TypesRef<'a>,
    names: HashMap<ComponentDefinedTypeId, &'a str>,
}

impl<'a> Types<'a> {
    /// The types as the functions of `interface` see them.
    pub(crate) fn of(arena: TypesRef<'a>, interface: &'a ComponentInstanceType) -> Self {
        let names = interface.exports.iter().filter_map(|(name, item)| match item.ty {
            ComponentEntityType::Type { created: ComponentAnyTypeId::Defined(id), .. } => {
                Some((id, name.as_str()))
            }
            _ => None,
        });
        Self { arena, names: names.collect() }
    }

    /// `func(path: string) -> result<list<u8>, read-error>`.
    pub(crate) fn signature(&self, function: &ComponentFuncType) -> String {
        let mut text = String::from(if function.async_ { "async func(" } else { "func(" });
        for (index, (name, ty)) in function.params.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            // Writing into a String cannot fail.
            let _ = write!(text, "{comma}{name}: ");
            self.value(&mut text, *ty, 0);
        }
        text.push(')');
        if let Some(result) = function.result {
            text.push_str(" -> ");
            self.value(&mut text, result, 0);
        }
        cut(text)
    }

    /// One type, by its name where it has one.
    pub(crate) fn show(&self, ty: ComponentValType) -> String {
        let mut text = String::new();
        self.value(&mut text, ty, 0);
        cut(text)
    }

    fn value(&self, text: &mut String, ty: ComponentValType, depth: u32) {
        match ty {
            _ if text.len() > TEXT_MAX => {}
            ComponentValType::Primitive(primitive) => {
                let _ = write!(text, "{primitive}");
            }
            ComponentValType::Type(id) => match self.names.get(&id) {
                Some(name) => text.push_str(name),
                None if depth >= DEPTH_MAX => text.push('…'),
                None => self.defined(text, id, depth),
            },
        }
    }

    fn defined(&self, text: &mut String, id: ComponentDefinedTypeId, depth: u32) {
        use ComponentDefinedType as Ty;
        let Some(ty) = self.arena.get(id) else { return };
        match ty {
            Ty::Primitive(primitive) => {
                let _ = write!(text, "{primitive}");
            }
            Ty::Record(record) => {
                let fields = record.fields.iter().map(|(name, ty)| (Some(name.as_str()), Some(*ty)));
                self.listed(text, "record { ", fields, " }", depth);
            }
            Ty::Variant(variant) => {
                let cases = variant.cases.iter().map(|(name, case)| (Some(name.as_str()), case.ty));
                self.listed(text, "variant { ", cases, " }", depth);
            }
            Ty::Enum(names) => {
                self.listed(
                    text,
                    "enum { ",
                    names.iter().map(|name| (Some(name.as_str()), None)),
                    " }",
                    depth,
                );
            }
            Ty::Flags(names) => {
                self.listed(
                    text,
                    "flags { ",
                    names.iter().map(|name| (Some(name.as_str()), None)),
                    " }",
                    depth,
                );
            }
            Ty::Tuple(tuple) => {
                self.listed(text, "tuple<", tuple.types.iter().map(|ty| (None, Some(*ty))), ">", depth)
            }
            Ty::List { element, .. } => {
                self.listed(text, "list<", [(None, Some(*element))].into_iter(), ">", depth)
            }
            Ty::Option { ty, .. } => {
                self.listed(text, "option<", [(None, Some(*ty))].into_iter(), ">", depth)
            }
            Ty::Result { ok, err, .. } => match (ok, err) {
                (None, None) => text.push_str("result"),
                (ok, err) => {
                    let parts = [(ok.is_none().then_some("_"), *ok), (err.is_none().then_some("_"), *err)];
                    self.listed(text, "result<", parts.into_iter(), ">", depth);
                }
            },
            Ty::Map { key, value, .. } => {
                self.listed(text, "map<", [(None, Some(*key)), (None, Some(*value))].into_iter(), ">", depth);
            }
            Ty::FixedLengthList { element, length, .. } => {
                self.listed(
                    text,
                    "list<",
                    [(None, Some(*element))].into_iter(),
                    &format!(", {length}>"),
                    depth,
                );
            }
            Ty::Own(_) => text.push_str("own<resource>"),
            Ty::Borrow(_) => text.push_str("borrow<resource>"),
            Ty::Future { .. } => text.push_str("future"),
            Ty::Stream { .. } => text.push_str("stream"),
        }
    }

    fn listed<'n>(
        &self,
        text: &mut String,
        open: &str,
        parts: impl Iterator<Item = (Option<&'n str>, Option<ComponentValType>)>,
        close: &str,
        depth: u32,
    ) {
        text.push_str(open);
        for (index, (name, ty)) in parts.enumerate() {
            if text.len() > TEXT_MAX {
                break;
            }
            if index > 0 {
                text.push_str(", ");
            }
            text.push_str(name.unwrap_or_default());
            if let Some(ty) = ty {
                text.push_str(if name.is_some() { ": " } else { "" });
                self.value(text, ty, depth.saturating_add(1));
            }
        }
        text.push_str(close);
    }
}

fn cut(text: String) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
