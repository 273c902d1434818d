//! Resource limits.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Limits of one process. `None` leaves a limit as it is. Core files are always off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resources {
    /// Seconds of processor time, all threads together; stops what no clock inside stops.
    pub cpu_seconds: Option<u64>,
    /// Bytes of private writable memory.
    pub data_bytes: Option<u64>,
    /// Bytes of address space. Not for a runner, whose engine reserves far more than it uses.
    pub address_bytes: Option<u64>,
    /// Bytes of the main thread's stack.
    pub stack_bytes: Option<u64>,
    /// Open descriptors.
    pub descriptors: Option<u64>,
    /// Processes and threads of this user in this user namespace.
    pub processes: Option<u64>,
    /// Bytes a file may grow to.
    pub file_bytes: Option<u64>,
}

impl Resources {
    /// Lowers the limits, soft and hard alike, so that they cannot be raised again.
    pub(crate) fn lower(&self) -> Result<(), String> {
        let wanted = [
            (Resource::Core, Some(0)),
            (Resource::Cpu, self.cpu_seconds),
            (Resource::Data, self.data_bytes),
            (Resource::As, self.address_bytes),
            (Resource::Stack, self.stack_bytes),
            (Resource::Nofile, self.descriptors),
            (Resource::Nproc, self.processes),
            (Resource::Fsize, self.file_bytes),
        ];
        for (resource, limit) in wanted {
            if let Some(limit) = limit {
                setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })
                    .map_err(|error| format!("{resource:?}: {error}"))?;
            }
        }
        Ok(())
    }
}
