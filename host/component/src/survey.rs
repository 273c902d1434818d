//! One pass over the bytes, before anything that takes more than linear time.

use hivesync_types::CompileLimits;
use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentExternName, ComponentType, ComponentTypeDeclaration,
    FunctionBody, InstanceTypeDeclaration, Operator, Parser, Payload, Validator, WasmFeatures,
};

use crate::{Refusal, Shape};

/// What a guest's instructions may be. The compiler compares it with the engine's
/// configuration in a test.
pub const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::COMPONENT_MODEL)
    .difference(WasmFeatures::GC_TYPES);

/// Type declarations inside one type section that may open another level. The parser
/// goes down one call a level, so that a megabyte of openings would overflow the
/// stack of whoever parses it.
const OPENINGS_MAX: u64 = 256;

/// Checks that `bytes` are a valid component of the features that are on, and small
/// enough in every measure to be compiled. Refuses in this order: size, precompiled
/// bytes, no component, a measure, a feature, anything else that is invalid.
pub fn survey(bytes: &[u8], limits: &CompileLimits) -> Result<Shape, Refusal> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if size > limits.module_bytes {
        return Err(Refusal::TooLarge { bytes: size, limit: limits.module_bytes });
    }
    recognise(bytes)?;
    let shape = measure(bytes, limits)?;
    validate(bytes)?;
    Ok(shape)
}

/// Tells apart what people hand in by mistake.
fn recognise(bytes: &[u8]) -> Result<(), Refusal> {
    const OBJECTS: &[(&[u8], &str)] =
        &[(b"\x7fELF", "ELF"), (b"\xcf\xfa\xed\xfe", "Mach-O"), (b"MZ", "PE"), (b"!<arch>", "archive")];
    if let Some((_, format)) = OBJECTS.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(Refusal::Precompiled { format });
    }
    if Parser::is_core_wasm(bytes) {
        return Err(Refusal::NotAComponent);
    }
    if !Parser::is_component(bytes) {
        return Err(Refusal::Invalid {
            what: "the bytes do not begin as a WebAssembly component does".to_owned(),
        });
    }
    Ok(())
}

/// The types of a valid component.
pub(crate) fn validate(bytes: &[u8]) -> Result<wasmparser::types::Types, Refusal> {
    let error = match Validator::new_with_features(FEATURES).validate_all(bytes) {
        Ok(types) => return Ok(types),
        Err(error) => error,
    };
    let missing = error.missing_wasm_feature().or_else(|| first_missing(bytes));
    Err(match missing {
        Some(feature) => Refusal::FeatureDisabled { feature: feature_name(feature), what: error.to_string() },
        None => fault(&error),
    })
}

/// The one feature without which the bytes would not be valid even if all others were
/// on; for errors in which the validator does not name it.
fn first_missing(bytes: &[u8]) -> Option<WasmFeatures> {
    let valid = |features| Validator::new_with_features(features).validate_all(bytes).is_ok();
    if !valid(WasmFeatures::all()) {
        return None;
    }
    let off = WasmFeatures::all().difference(FEATURES);
    Some(off.iter().find(|feature| !valid(WasmFeatures::all().difference(*feature))).unwrap_or(off))
}

/// `MEMORY64` as people write it: `memory64`.
fn feature_name(feature: WasmFeatures) -> String {
    let mut names: Vec<_> = feature
        .iter_names()
        .map(|(name, _)| name.to_lowercase().replace('_', "-").replace("cm-", "component-model-"))
        .collect();
    names.truncate(4);
    names.join(", ")
}

/// An error of the parser: one of its own bounds, or plainly invalid bytes.
fn fault(error: &wasmparser::Error) -> Refusal {
    // The parser has no kind for its bounds; its words are pinned with its version.
    const BOUNDS: &[&str] = &[
        "size is out of bounds",
        "string size out of bounds",
        "exceeds limit",
        "exceeds the limit",
        "too deep",
    ];
    if BOUNDS.iter().any(|words| error.message().contains(words)) {
        return Refusal::Bound { what: "a bound of the parser", found: 1, limit: 0 };
    }
    Refusal::Invalid { what: error.to_string() }
}

/// Counts without validating.
fn measure(bytes: &[u8], limits: &CompileLimits) -> Result<Shape, Refusal> {
    let mut parser = Parser::new(0);
    parser.set_features(WasmFeatures::all());
    let mut survey = Survey { bytes, shape: Shape::default(), depth: 0 };
    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(|error| fault(&error))?;
        survey.payload(payload)?;
        // After every section, so that counting stops soon after a bound is passed.
        survey.shape.within(limits)?;
    }
    Ok(survey.shape)
}

struct Survey<'a> {
    bytes: &'a [u8],
    shape: Shape,
    depth: u64,
}

impl<'a> Survey<'a> {
    fn payload(&mut self, payload: Payload<'a>) -> Result<(), Refusal> {
        let shape = &mut self.shape;
        match payload {
            Payload::TypeSection(section) => shape.types += u64::from(section.count()),
            Payload::FunctionSection(section) => shape.functions += u64::from(section.count()),
            Payload::TableSection(section) => shape.entities += u64::from(section.count()),
            Payload::MemorySection(section) => shape.entities += u64::from(section.count()),
            Payload::TagSection(section) => shape.entities += u64::from(section.count()),
            Payload::GlobalSection(section) => shape.entities += u64::from(section.count()),
            Payload::ElementSection(section) => shape.segments += u64::from(section.count()),
            Payload::DataSection(section) => shape.segments += u64::from(section.count()),
            Payload::ImportSection(section) => {
                shape.imports += u64::from(section.count());
                for import in section.into_imports() {
                    let import = import.map_err(|error| fault(&error))?;
                    self.name(import.module);
                    self.name(import.name);
                }
            }
            Payload::ExportSection(section) => {
                shape.exports += u64::from(section.count());
                for export in section {
                    self.name(export.map_err(|error| fault(&error))?.name);
                }
            }
            Payload::CodeSectionEntry(body) => self.body(&body).map_err(|error| fault(&error))?,
            Payload::ModuleSection { .. } => shape.modules += 1,
            Payload::ComponentSection { .. } => {
                shape.modules += 1;
                self.depth += 1;
                shape.component_depth = shape.component_depth.max(self.depth);
            }
            Payload::End(_) => self.depth = self.depth.saturating_sub(1),
            other => self.component_payload(other)?,
        }
        Ok(())
    }

    fn component_payload(&mut self, payload: Payload<'a>) -> Result<(), Refusal> {
        let shape = &mut self.shape;
        match payload {
            Payload::InstanceSection(section) => shape.items += u64::from(section.count()),
            Payload::ComponentInstanceSection(section) => shape.items += u64::from(section.count()),
            Payload::ComponentAliasSection(section) => shape.items += u64::from(section.count()),
            Payload::CoreTypeSection(section) => shape.types += u64::from(section.count()),
            Payload::ComponentTypeSection(section) => {
                self.openings(section.range())?;
                for ty in section {
                    self.component_type(&ty.map_err(|error| fault(&error))?);
                }
            }
            Payload::ComponentCanonicalSection(section) => {
                shape.items += u64::from(section.count());
                for function in section {
                    plain_strings(&function.map_err(|error| fault(&error))?)?;
                }
            }
            Payload::ComponentImportSection(section) => {
                shape.imports += u64::from(section.count());
                for import in section {
                    self.extern_name(&import.map_err(|error| fault(&error))?.name);
                }
            }
            Payload::ComponentExportSection(section) => {
                shape.exports += u64::from(section.count());
                for export in section {
                    self.extern_name(&export.map_err(|error| fault(&error))?.name);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn name(&mut self, name: &str) {
        let bytes = u64::try_from(name.len()).unwrap_or(u64::MAX);
        self.shape.name_bytes = self.shape.name_bytes.max(bytes);
    }

    fn extern_name(&mut self, name: &ComponentExternName<'_>) {
        self.name(name.name);
        for part in [name.implements, name.version_suffix, name.external_id].into_iter().flatten() {
            self.name(part);
        }
    }

    /// Counts a type and everything declared inside it. The recursion is as deep as
    /// [`Survey::openings`] allows.
    fn component_type(&mut self, ty: &ComponentType<'_>) {
        self.shape.types += 1;
        match ty {
            ComponentType::Component(declarations) => {
                self.shape.items += u64::try_from(declarations.len()).unwrap_or(u64::MAX);
                for declaration in declarations {
                    if let ComponentTypeDeclaration::Type(inner) = declaration {
                        self.component_type(inner);
                    }
                }
            }
            ComponentType::Instance(declarations) => {
                self.shape.items += u64::try_from(declarations.len()).unwrap_or(u64::MAX);
                for declaration in declarations {
                    if let InstanceTypeDeclaration::Type(inner) = declaration {
                        self.component_type(inner);
                    }
                }
            }
            _ => {}
        }
    }

    /// Bounds how deep types in this section can be nested, before they are parsed: a
    /// level is opened by the declaration tag 1 followed by 0x41 or 0x42. Counting
    /// these pairs counts too much rather than too little.
    fn openings(&self, range: std::ops::Range<usize>) -> Result<(), Refusal> {
        let section = self.bytes.get(range).unwrap_or_default();
        let pairs = section.windows(2).filter(|pair| matches!(pair, [1, 0x41 | 0x42])).count();
        let found = u64::try_from(pairs).unwrap_or(u64::MAX);
        if found > OPENINGS_MAX {
            return Err(Refusal::Bound { what: "nested types of one section", found, limit: OPENINGS_MAX });
        }
        Ok(())
    }

    fn body(&mut self, body: &FunctionBody<'_>) -> Result<(), wasmparser::Error> {
        let bytes = u64::try_from(body.range().len()).unwrap_or(u64::MAX);
        let shape = &mut self.shape;
        shape.code_bytes = shape.code_bytes.saturating_add(bytes);
        shape.function_bytes = shape.function_bytes.max(bytes);
        let mut locals = 0_u64;
        for group in body.get_locals_reader()? {
            locals = locals.saturating_add(u64::from(group?.0));
        }
        shape.locals = shape.locals.max(locals);
        let mut depth = 0_u64;
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::Block { .. }
                | Operator::Loop { .. }
                | Operator::If { .. }
                | Operator::Try { .. }
                | Operator::TryTable { .. } => {
                    depth += 1;
                    shape.nesting = shape.nesting.max(depth);
                }
                Operator::End => depth = depth.saturating_sub(1),
                Operator::BrTable { targets } => {
                    shape.branch_targets = shape.branch_targets.max(u64::from(targets.len()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Strings cross the border as UTF-8 only: the other encodings bring a transcoder of
/// the engine into play that no guest of ours needs.
fn plain_strings(function: &CanonicalFunction) -> Result<(), Refusal> {
    let options = match function {
        CanonicalFunction::Lift { options, .. } | CanonicalFunction::Lower { options, .. } => options,
        _ => return Ok(()),
    };
    match options
        .iter()
        .any(|option| matches!(option, CanonicalOption::UTF16 | CanonicalOption::CompactUTF16))
    {
        true => Err(Refusal::FeatureDisabled {
            feature: "utf-16-strings".to_owned(),
            what: "a canonical function encodes its strings as UTF-16".to_owned(),
        }),
        false => Ok(()),
    }
}
