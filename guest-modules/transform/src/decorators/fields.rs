//! Fields as assignments in the constructor, parameters that are properties among them.

use swc_core::common::{DUMMY_SP, Mark};
use swc_core::ecma::ast::*;
use swc_core::ecma::transforms::compat::es2022;
use swc_core::ecma::utils::private_ident;
use swc_core::ecma::visit::{VisitMut, VisitMutWith, noop_visit_mut_type};

/// Every field becomes an assignment.
pub(super) fn assign(program: &mut Program, unresolved: Mark) {
    let config = es2022::class_properties::Config {
        set_public_fields: true,
        private_as_properties: true,
        ..Default::default()
    };
    es2022::class_properties(config, unresolved).process(program);
}

/// `constructor(public name) {}` becomes the first field, `name = _name`, and a plain parameter.
/// What stands for the parameter is replaced once the field is in the constructor.
#[derive(Default)]
pub(super) struct ParameterFields {
    stand_ins: Vec<(Id, Ident)>,
}

impl ParameterFields {
    pub(super) fn put_back(&self, program: &mut Program) {
        if !self.stand_ins.is_empty() {
            program.visit_mut_with(&mut PutBack { stand_ins: &self.stand_ins });
        }
    }

    fn field(&mut self, property: &TsParamProp) -> ClassMember {
        let name = match &property.param {
            TsParamPropParam::Ident(name) => Some(name.id.clone()),
            TsParamPropParam::Assign(assigned) => assigned.left.as_ident().map(|name| name.id.clone()),
        };
        let name = name.unwrap_or_default();
        let stand_in = private_ident!("_parameter");
        self.stand_ins.push((stand_in.to_id(), name.clone()));
        ClassMember::ClassProp(ClassProp {
            span: DUMMY_SP,
            key: PropName::Ident(name.into()),
            value: Some(Box::new(stand_in.into())),
            ..ClassProp::default()
        })
    }
}

impl VisitMut for ParameterFields {
    noop_visit_mut_type!();

    fn visit_mut_class(&mut self, node: &mut Class) {
        node.visit_mut_children_with(self);
        let mut fields = Vec::new();
        for member in &mut node.body {
            let ClassMember::Constructor(constructor) = member else { continue };
            for parameter in &mut constructor.params {
                let ParamOrTsParamProp::TsParamProp(property) = parameter else { continue };
                fields.push(self.field(property));
                let pat = match property.param.clone() {
                    TsParamPropParam::Ident(name) => Pat::Ident(name),
                    TsParamPropParam::Assign(assigned) => Pat::Assign(assigned),
                };
                let decorators = std::mem::take(&mut property.decorators);
                *parameter = ParamOrTsParamProp::Param(Param { span: property.span, decorators, pat });
            }
        }
        fields.append(&mut node.body);
        node.body = fields;
    }
}

struct PutBack<'a> {
    stand_ins: &'a [(Id, Ident)],
}

impl VisitMut for PutBack<'_> {
    noop_visit_mut_type!();

    fn visit_mut_ident(&mut self, node: &mut Ident) {
        if let Some((_, parameter)) = self.stand_ins.iter().find(|(id, _)| *id == node.to_id()) {
            *node = parameter.clone();
        }
    }
}
