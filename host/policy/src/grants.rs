//! What a policy grants: one entry a WIT interface, under the interface's own name.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::Names;

/// An interface of `wit/` that does something. A test compares the list with the
/// imports of the worlds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interface {
    /// `project`: read the project image; `/project` for a WASI module.
    Project,
    /// `artifacts`: hand over what was made; `/out` for a WASI module.
    Artifacts,
    /// `log`: add lines to the run's log; standard output and error for a WASI module.
    Log,
    /// `progress`: move the progress figure.
    Progress,
    /// `mapper`: have pure runs made.
    Mapper,
}

impl Interface {
    /// Every interface, in the order of the manual.
    pub const ALL: [Self; 5] = [Self::Project, Self::Artifacts, Self::Log, Self::Progress, Self::Mapper];

    /// The WIT name, which is also the grant's key.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Artifacts => "artifacts",
            Self::Log => "log",
            Self::Progress => "progress",
            Self::Mapper => "mapper",
        }
    }

    /// What a holder can do, as the end of "it may".
    pub(crate) const fn power(self) -> &'static str {
        match self {
            Self::Project => "read the project image",
            Self::Artifacts => "hand over artifacts",
            Self::Log => "write to the log of its own run",
            Self::Progress => "move the progress figure of its own job",
            Self::Mapper => "have its pure half run over files of the project, many at once",
        }
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The name is no interface that can be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an interface is project, artifacts, log, progress or mapper")]
pub struct ParseInterfaceError;

impl FromStr for Interface {
    type Err = ParseInterfaceError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|interface| interface.as_str() == name).ok_or(ParseInterfaceError)
    }
}

/// What one grant covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// The interface as it is.
    Whole,
    /// Only these names.
    Names(Names),
}

/// One grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// Why the module needs it, in the words of whoever wrote the policy.
    pub reason: String,
    /// What it covers.
    pub scope: Scope,
}

impl Grant {
    /// The names it covers; none when it has no names to choose from.
    pub fn names(&self) -> Option<&Names> {
        match &self.scope {
            Scope::Whole => None,
            Scope::Names(names) => Some(names),
        }
    }
}

/// All grants of a policy. An interface that is absent is not linked.
pub type Grants = BTreeMap<Interface, Grant>;
