//! Capabilities: a new user namespace starts with all of them.

use rustix::thread::{CapabilitySet, CapabilitySets};

/// Gives up every capability, so that the process is powerless in its own namespaces
/// too: it cannot raise an interface, mount, or change its limits.
pub(crate) fn drop_all() -> Result<(), String> {
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    rustix::thread::set_capabilities(None, none).map_err(|error| error.to_string())
}
