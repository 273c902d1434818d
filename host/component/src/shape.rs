//! The measures of a module that decide how long compiling takes.

use hivesync_types::CompileLimits;

use crate::Refusal;

/// Types of all modules and components together; stops a million of them.
const TYPES_MAX: u64 = 50_000;
/// Imports at all levels together.
const IMPORTS_MAX: u64 = 20_000;
/// Exports at all levels together.
const EXPORTS_MAX: u64 = 50_000;
/// Aliases, instances and canonical functions of all components together.
const ITEMS_MAX: u64 = 100_000;
/// Globals, tables, memories, tags together.
const ENTITIES_MAX: u64 = 50_000;
/// Element and data segments together; stops slow instantiation by many small ones.
const SEGMENTS_MAX: u64 = 100_000;
/// Core modules and components inside the component.
const MODULES_MAX: u64 = 64;
/// Components in components.
const COMPONENT_DEPTH_MAX: u64 = 8;
/// Bytes of one imported or exported name.
const NAME_BYTES_MAX: u64 = 4096;
/// Locals of one function; stops frames that outgrow the stack.
const LOCALS_MAX: u64 = 20_000;
/// Blocks in blocks; stops recursion in the compiler.
const NESTING_MAX: u64 = 4_000;
/// Targets of one branch table.
const BRANCH_TARGETS_MAX: u64 = 20_000;

/// What was counted in a module.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shape {
    /// Functions with a body.
    pub functions: u64,
    /// Bytes of the longest body.
    pub function_bytes: u64,
    /// Bytes of all bodies.
    pub code_bytes: u64,
    /// Types at all levels.
    pub types: u64,
    /// Imports at all levels.
    pub imports: u64,
    /// Exports at all levels.
    pub exports: u64,
    /// Aliases, instances and canonical functions.
    pub items: u64,
    /// Globals, tables, memories and tags.
    pub entities: u64,
    /// Element and data segments.
    pub segments: u64,
    /// Core modules and components inside.
    pub modules: u64,
    /// Components in components.
    pub component_depth: u64,
    /// Bytes of the longest imported or exported name.
    pub name_bytes: u64,
    /// Most locals of a function.
    pub locals: u64,
    /// Deepest nesting of blocks in a function.
    pub nesting: u64,
    /// Most targets of a branch table.
    pub branch_targets: u64,
}

impl Shape {
    /// Compares every measure with what may be compiled.
    pub(crate) fn within(&self, limits: &CompileLimits) -> Result<(), Refusal> {
        let measures = [
            ("functions", self.functions, limits.functions),
            ("bytes of the longest function", self.function_bytes, limits.function_bytes),
            ("types", self.types, TYPES_MAX),
            ("imports", self.imports, IMPORTS_MAX),
            ("exports", self.exports, EXPORTS_MAX),
            ("aliases, instances and canonical functions", self.items, ITEMS_MAX),
            ("globals, tables, memories and tags", self.entities, ENTITIES_MAX),
            ("element and data segments", self.segments, SEGMENTS_MAX),
            ("modules in the component", self.modules, MODULES_MAX),
            ("components in components", self.component_depth, COMPONENT_DEPTH_MAX),
            ("bytes of the longest name", self.name_bytes, NAME_BYTES_MAX),
            ("locals of one function", self.locals, LOCALS_MAX),
            ("blocks in blocks", self.nesting, NESTING_MAX),
            ("targets of one branch table", self.branch_targets, BRANCH_TARGETS_MAX),
        ];
        measures
            .into_iter()
            .find(|(_, found, limit)| found > limit)
            .map_or(Ok(()), |(what, found, limit)| Err(Refusal::Bound { what, found, limit }))
    }
}
