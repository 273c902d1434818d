//! The host's side of `wit/`: one file an interface.
//!
//! An interface that is not granted is not linked: there is no function that could
//! refuse, because there is no function.

mod artifacts;
mod log;
mod mapper;
mod progress;
mod project;

pub(crate) use log::LogLedger;

use wasmtime::component::{Linker, LinkerInstance};

use crate::state::Run;

/// How an interface fills its place in the linker.
type Fill = fn(&mut LinkerInstance<'_, Run>) -> wasmtime::Result<()>;

/// Every interface that gives a power, by the name of its grant.
const INTERFACES: [(&str, Fill); 5] = [
    ("artifacts", artifacts::fill),
    ("log", log::fill),
    ("mapper", mapper::fill),
    ("progress", progress::fill),
    ("project", project::fill),
];

/// The package and version of `wit/`.
pub(crate) fn qualified(interface: &str) -> String {
    format!("hivesync:build/{interface}@0.1.0")
}

/// Links what is granted, and nothing else. Interfaces that only name types need no link.
pub(crate) fn link(linker: &mut Linker<Run>, grants: &[String]) -> wasmtime::Result<()> {
    for (name, fill) in INTERFACES {
        if grants.iter().any(|grant| grant == name) {
            fill(&mut linker.instance(&qualified(name))?)?;
        }
    }
    Ok(())
}

/// The interface of `wit/` behind an import's full name, if it is one of this version.
pub(crate) fn known(import: &str) -> Option<&'static str> {
    const TYPES_ONLY: [&str; 2] = ["types", "module-types"];
    INTERFACES.iter().map(|(name, _)| *name).chain(TYPES_ONLY).find(|name| qualified(name) == import)
}

/// The interface can do something, so that it has to be granted.
pub(crate) fn is_power(interface: &str) -> bool {
    INTERFACES.iter().any(|(name, _)| *name == interface)
}
