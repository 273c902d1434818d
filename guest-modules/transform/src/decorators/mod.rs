//! Decorators, compiled as the project's own compiler would compile them.
//!
//! TypeScript's convention and the standard one are passes of the compiler we build on. Babel's
//! legacy convention, which most React Native code is written for, is ours: it hands a field's
//! decorator a descriptor with an initializer, where TypeScript's hands it nothing.
//!
//! **Invariant:** no decorator is left in the tree, and one that cannot be compiled is refused.

mod fields;
mod legacy;
mod refused;

use swc_core::common::{BytePos, Mark};
use swc_core::ecma::ast::*;
use swc_core::ecma::transforms::proposal::decorator_2023_11::decorator_2023_11;
use swc_core::ecma::transforms::proposal::decorators::{Config, decorators};
use swc_core::ecma::visit::{VisitMutWith, VisitWith};

use crate::api::{Decorators, TransformOptions};
use fields::ParameterFields;

/// A decorator that stands where its convention has none.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) at: BytePos,
    pub(crate) message: &'static str,
}

/// A module that has decorators.
pub(crate) struct Decorated {
    convention: Decorators,
    /// Both older conventions replace what a field does, which a field that defines its property
    /// would undo.
    assigns_fields: bool,
    parameters: ParameterFields,
}

impl Decorated {
    /// Looks at a module before its types are gone; none when it has no decorators.
    pub(crate) fn find(
        program: &Program,
        text: &str,
        options: &TransformOptions,
    ) -> Result<Option<Self>, Vec<Refused>> {
        // Every decorator begins with this sign; most sources have none even in comments.
        let Some(convention) = options.decorators.filter(|_| text.contains('@')) else { return Ok(None) };
        let mut found = refused::Search::new(convention, options);
        program.visit_with(&mut found);
        if !found.refused.is_empty() {
            return Err(found.refused);
        }
        let assigns_fields = match convention {
            Decorators::Legacy => found.has_fields,
            Decorators::Typescript => true,
            Decorators::Standard => false,
        };
        let parameters = ParameterFields::default();
        Ok(found.any.then_some(Self { convention, assigns_fields, parameters }))
    }

    /// How they are compiled.
    pub(crate) fn convention(&self) -> Decorators {
        self.convention
    }

    /// Before types are gone: parameters that are properties are assigned before the fields are.
    pub(crate) fn keep_parameters(&mut self, program: &mut Program) {
        if self.assigns_fields {
            program.visit_mut_with(&mut self.parameters);
        }
    }

    /// Once types are gone, and before anything else looks at classes.
    pub(crate) fn lower(&self, program: &mut Program, unresolved: Mark) {
        match self.convention {
            Decorators::Legacy => {
                let marker = legacy::lower(program, unresolved);
                self.assign_fields(program, unresolved);
                legacy::define_fields(program, marker);
            }
            Decorators::Typescript => {
                let config =
                    Config { legacy: true, emit_metadata: false, use_define_for_class_fields: false };
                decorators(config).process(program);
                self.assign_fields(program, unresolved);
            }
            Decorators::Standard => decorator_2023_11().process(program),
        }
    }

    fn assign_fields(&self, program: &mut Program, unresolved: Mark) {
        if self.assigns_fields {
            fields::assign(program, unresolved);
            self.parameters.put_back(program);
        }
    }
}
