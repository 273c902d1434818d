//! Decorators in places that their convention does not know.

use swc_core::common::Spanned;
use swc_core::ecma::ast::*;
use swc_core::ecma::visit::{Visit, VisitWith, noop_visit_type};

use super::Refused;
use crate::Platform;
use crate::api::{Decorators, Engine, TransformOptions};

pub(super) struct Search {
    convention: Decorators,
    /// Classes are lowered later on, which loses the static members that a decorated class moves.
    lowers_classes: bool,
    /// There are decorators at all.
    pub(super) any: bool,
    /// Some stand on fields.
    pub(super) has_fields: bool,
    pub(super) refused: Vec<Refused>,
}

impl Search {
    pub(super) fn new(convention: Decorators, options: &TransformOptions) -> Self {
        let lowers_classes = options.platform != Platform::Web && options.engine == Engine::HermesV0;
        Self { convention, lowers_classes, any: false, has_fields: false, refused: Vec::new() }
    }

    fn member(&mut self, decorators: &[Decorator], key: Option<&PropName>) {
        let Some(first) = decorators.first() else { return };
        self.any = true;
        if self.convention != Decorators::Legacy {
            return;
        }
        let message = match key {
            None => "a legacy decorator cannot stand on a private member or an accessor field",
            Some(PropName::Computed(_)) => "a legacy decorator cannot stand on a member with a computed name",
            Some(_) => return,
        };
        self.refused.push(Refused { at: first.span_lo(), message });
    }
}

impl Visit for Search {
    noop_visit_type!();

    fn visit_class(&mut self, node: &Class) {
        if let Some(first) = node.decorators.first() {
            self.any = true;
            let is_standard = self.convention == Decorators::Standard;
            if is_standard && self.lowers_classes && node.body.iter().any(is_static_field) {
                let message =
                    "a decorated class with static fields cannot be compiled for a React Native before 0.84";
                self.refused.push(Refused { at: first.span_lo(), message });
            }
        }
        node.visit_children_with(self);
    }

    fn visit_class_member(&mut self, node: &ClassMember) {
        match node {
            ClassMember::Method(method) => self.member(&method.function.decorators, Some(&method.key)),
            ClassMember::ClassProp(field) => {
                self.has_fields |= !field.decorators.is_empty();
                self.member(&field.decorators, Some(&field.key));
            }
            ClassMember::PrivateMethod(method) => self.member(&method.function.decorators, None),
            ClassMember::PrivateProp(field) => self.member(&field.decorators, None),
            ClassMember::AutoAccessor(accessor) => self.member(&accessor.decorators, None),
            _ => {}
        }
        node.visit_children_with(self);
    }

    fn visit_param(&mut self, node: &Param) {
        self.parameter(&node.decorators);
        node.visit_children_with(self);
    }

    fn visit_ts_param_prop(&mut self, node: &TsParamProp) {
        self.parameter(&node.decorators);
        node.visit_children_with(self);
    }
}

impl Search {
    fn parameter(&mut self, decorators: &[Decorator]) {
        let Some(first) = decorators.first() else { return };
        self.any = true;
        if self.convention != Decorators::Typescript {
            let message = "a decorator on a parameter is TypeScript's alone; Babel has none";
            self.refused.push(Refused { at: first.span_lo(), message });
        }
    }
}

fn is_static_field(member: &ClassMember) -> bool {
    match member {
        ClassMember::ClassProp(field) => field.is_static,
        ClassMember::PrivateMethod(method) => method.is_static,
        ClassMember::PrivateProp(field) => field.is_static,
        ClassMember::AutoAccessor(accessor) => accessor.is_static,
        _ => false,
    }
}
