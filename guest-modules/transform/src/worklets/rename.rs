//! Names that stand for another binding inside of a worklet than around it.

use std::collections::HashMap;

use swc_core::ecma::ast::*;
use swc_core::ecma::visit::{VisitMut, noop_visit_mut_type};

/// Gives names another binding, and with it perhaps another text.
pub(super) struct Renamed {
    names: HashMap<Id, Ident>,
    /// One of them was seen.
    pub(super) found: bool,
}

impl Renamed {
    pub(super) fn new(names: HashMap<Id, Ident>) -> Self {
        Self { names, found: false }
    }

    pub(super) fn one(old: Id, new: Ident) -> Self {
        Self::new(HashMap::from([(old, new)]))
    }

    fn other(&mut self, name: &Ident) -> Option<Ident> {
        let new = self.names.get(&name.to_id())?;
        self.found = true;
        Some(Ident { span: name.span, ..new.clone() })
    }
}

impl VisitMut for Renamed {
    noop_visit_mut_type!();

    fn visit_mut_ident(&mut self, node: &mut Ident) {
        if let Some(other) = self.other(node) {
            *node = other;
        }
    }

    fn visit_mut_prop(&mut self, node: &mut Prop) {
        if let Prop::Shorthand(name) = node {
            if let Some(other) = self.other(name) {
                let key = PropName::Ident(name.clone().into());
                *node = Prop::KeyValue(KeyValueProp { key, value: Box::new(Expr::Ident(other)) });
            }
            return;
        }
        swc_core::ecma::visit::VisitMutWith::visit_mut_children_with(node, self);
    }

    fn visit_mut_object_pat_prop(&mut self, node: &mut ObjectPatProp) {
        if let ObjectPatProp::Assign(shorthand) = node
            && let Some(other) = self.other(&shorthand.key)
        {
            let key = PropName::Ident(Ident::from(shorthand.key.clone()).into());
            let name = Pat::Ident(other.into());
            let value = match shorthand.value.take() {
                Some(default) => {
                    Pat::Assign(AssignPat { span: shorthand.span, left: Box::new(name), right: default })
                }
                None => name,
            };
            *node = ObjectPatProp::KeyValue(KeyValuePatProp { key, value: Box::new(value) });
        }
        swc_core::ecma::visit::VisitMutWith::visit_mut_children_with(node, self);
    }
}
