//! What one run may use.

use serde::{Deserialize, Serialize};

/// The limits of one run, after ceiling, policy and the module's own asks were
/// intersected. Every field has a guest that hits it in `tests/escape`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Limits {
    /// Wall clock of the whole step in milliseconds, all its runners together. The
    /// parent kills at this mark; stops a guest that no clock inside the process can stop.
    pub wall_ms: u64,
    /// Time inside guest code in milliseconds, by a monotonic clock.
    pub cpu_ms: u64,
    /// Guest instructions by the price table of the fuel schedule, the children's included.
    pub fuel: u64,
    /// Bytes of all linear memories of one process together.
    pub memory_bytes: u64,
    /// Elements of all tables of one process together.
    pub table_elements: u64,
    /// Bytes of native stack for guest frames.
    pub stack_bytes: u64,
    /// Calls from the guest into the host.
    pub host_calls: u64,
    /// Bytes handed over in such calls, both directions.
    pub host_call_bytes: u64,
    /// Milliseconds the host worked on the guest's behalf; waiting for pure runs is not counted.
    pub host_call_ms: u64,
    /// Bytes handed over in one call.
    pub transfer_bytes: u64,
    /// Pure runs that a mapping module may ask for.
    pub jobs: u64,
    /// Artifacts of a run.
    pub artifacts: u64,
    /// Bytes of all artifacts of a run.
    pub artifact_bytes: u64,
    /// Lines of a run's log.
    pub log_lines: u64,
    /// Bytes of a run's log.
    pub log_bytes: u64,
}

/// What compiling one module may take, checked before and while the compiler runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CompileLimits {
    /// Bytes of the WebAssembly component.
    pub module_bytes: u64,
    /// Functions of all core modules in it together.
    pub functions: u64,
    /// Bytes of the longest function body.
    pub function_bytes: u64,
    /// Processor time of the compiler in seconds.
    pub cpu_seconds: u64,
    /// Bytes of memory of the compiler.
    pub memory_bytes: u64,
    /// Bytes of machine code it may write.
    pub output_bytes: u64,
}
