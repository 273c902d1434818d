//! The types a module declares, and how to look through them.

use std::collections::HashMap;

use swc_core::atoms::Atom;
use swc_core::common::Spanned;
use swc_core::ecma::ast::*;

use super::Unclear;

/// The parser writes a Flow spread as a property of this name.
const SPREAD: &str = "__flow_spread";
/// Types that refer to each other in a circle end here.
const DEPTH_MAX: u32 = 64;

#[derive(Clone, Copy)]
pub(super) enum Declared<'a> {
    Alias(&'a TsType),
    Interface(&'a TsInterfaceDecl),
}

/// Aliases and interfaces by name.
pub(super) struct Types<'a> {
    by_name: HashMap<&'a Atom, Declared<'a>>,
}

/// A property of an object type.
pub(super) struct Property<'a> {
    pub(super) name: Atom,
    pub(super) value: &'a TsType,
    /// It stands in the type itself and not in one that is spread into it or extended by it.
    pub(super) own: bool,
}

impl<'a> Types<'a> {
    pub(super) fn of(module: &'a Module) -> Self {
        let declarations = module.body.iter().filter_map(|item| match item {
            ModuleItem::Stmt(Stmt::Decl(declaration)) => Some(declaration),
            ModuleItem::ModuleDecl(ModuleDecl::ExportDecl(export)) => Some(&export.decl),
            _ => None,
        });
        let by_name = declarations
            .filter_map(|declaration| match declaration {
                Decl::TsTypeAlias(alias) => Some((&alias.id.sym, Declared::Alias(&alias.type_ann))),
                Decl::TsInterface(interface) => Some((&interface.id.sym, Declared::Interface(interface))),
                _ => None,
            })
            .collect();
        Self { by_name }
    }

    pub(super) fn get(&self, name: &Atom) -> Option<Declared<'a>> {
        self.by_name.get(name).copied()
    }

    /// All properties of an object type, in order, with what is spread or extended in its place.
    pub(super) fn properties(&self, of: &'a TsType) -> Result<Vec<Property<'a>>, Unclear> {
        let mut properties = Vec::new();
        self.collect(of, true, 0, &mut properties)?;
        Ok(properties)
    }

    fn collect(
        &self,
        of: &'a TsType,
        own: bool,
        depth: u32,
        into: &mut Vec<Property<'a>>,
    ) -> Result<(), Unclear> {
        if depth > DEPTH_MAX {
            return Err(unclear(of, "the type of the props refers to itself".to_owned()));
        }
        match of {
            TsType::TsParenthesizedType(inner) => self.collect(&inner.type_ann, own, depth + 1, into),
            TsType::TsTypeLit(literal) => self.members(&literal.members, own, depth, into),
            TsType::TsUnionOrIntersectionType(TsUnionOrIntersectionType::TsIntersectionType(both)) => {
                both.types.iter().try_for_each(|part| self.collect(part, own, depth + 1, into))
            }
            TsType::TsTypeRef(reference) => {
                let name = reference_name(reference);
                if is_readonly(&name)
                    && let Some(inner) = argument(reference, 0)
                {
                    return self.collect(inner, own, depth + 1, into);
                }
                self.named(&name, of, own, depth, into)
            }
            _ => Err(unclear(of, "the props must be an object type".to_owned())),
        }
    }

    fn named(
        &self,
        name: &Atom,
        at: &impl Spanned,
        own: bool,
        depth: u32,
        into: &mut Vec<Property<'a>>,
    ) -> Result<(), Unclear> {
        match self.get(name) {
            Some(Declared::Alias(alias)) => self.collect(alias, own, depth + 1, into),
            Some(Declared::Interface(interface)) => {
                if depth > DEPTH_MAX {
                    return Err(unclear(at, "the type of the props refers to itself".to_owned()));
                }
                for parent in &interface.extends {
                    let Expr::Ident(parent_name) = &*parent.expr else { continue };
                    self.named(&parent_name.sym, parent, false, depth + 1, into)?;
                }
                self.members(&interface.body.body, own, depth, into)
            }
            // What every view has is known to the runtime.
            None if name == "ViewProps" => Ok(()),
            None => Err(unclear(at, format!("the type {name} is not declared in this file"))),
        }
    }

    fn members(
        &self,
        members: &'a [TsTypeElement],
        own: bool,
        depth: u32,
        into: &mut Vec<Property<'a>>,
    ) -> Result<(), Unclear> {
        for member in members {
            let TsTypeElement::TsPropertySignature(property) = member else { continue };
            let Some(value) = property.type_ann.as_ref().map(|annotation| &*annotation.type_ann) else {
                continue;
            };
            let name = match &*property.key {
                Expr::Ident(name) => name.sym.clone(),
                Expr::Lit(Lit::Str(text)) => text.value.to_atom_lossy().into_owned(),
                _ => continue,
            };
            if name == SPREAD {
                self.collect(value, false, depth + 1, into)?;
            } else {
                into.push(Property { name, value, own });
            }
        }
        Ok(())
    }
}

pub(super) fn unclear(at: &impl Spanned, message: String) -> Unclear {
    Unclear { at: at.span().lo, message }
}

/// The last part of a name such as `CodegenTypes.Int32`.
pub(super) fn reference_name(reference: &TsTypeRef) -> Atom {
    match &reference.type_name {
        TsEntityName::Ident(name) => name.sym.clone(),
        TsEntityName::TsQualifiedName(qualified) => qualified.right.sym.clone(),
    }
}

pub(super) fn argument(reference: &TsTypeRef, index: usize) -> Option<&TsType> {
    reference.type_params.as_ref()?.params.get(index).map(|argument| &**argument)
}

pub(super) fn is_readonly(name: &str) -> bool {
    matches!(name, "$ReadOnly" | "Readonly" | "$Exact")
}

pub(super) fn is_array(name: &str) -> bool {
    matches!(name, "$ReadOnlyArray" | "ReadonlyArray" | "Array")
}

/// The parts of a type that are neither null nor undefined.
pub(super) fn without_null(of: &TsType) -> Vec<&TsType> {
    match of {
        TsType::TsParenthesizedType(inner) => without_null(&inner.type_ann),
        TsType::TsUnionOrIntersectionType(TsUnionOrIntersectionType::TsUnionType(union)) => {
            union.types.iter().flat_map(|part| without_null(part)).collect()
        }
        TsType::TsKeywordType(keyword) => match keyword.kind {
            TsKeywordTypeKind::TsNullKeyword
            | TsKeywordTypeKind::TsUndefinedKeyword
            | TsKeywordTypeKind::TsVoidKeyword => Vec::new(),
            _ => vec![of],
        },
        _ => vec![of],
    }
}
