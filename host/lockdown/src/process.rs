//! Attributes of the process itself.

use rustix::process::{DumpableBehavior, Signal};

/// The process is killed when the thread that is its parent ends.
pub(crate) fn die_with_parent() -> Result<(), String> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| error.to_string())
}

/// No executable grants more than the process has, and filters may be installed.
pub(crate) fn forbid_new_privileges() -> Result<(), String> {
    rustix::thread::set_no_new_privs(true).map_err(|error| error.to_string())
}

/// No core file, and no neighbour of the same user may attach or read the memory.
pub(crate) fn forbid_dumps() -> Result<(), String> {
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|error| error.to_string())
}
