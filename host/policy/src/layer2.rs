//! Which walls of the operating system must stand around a runner.

use std::collections::BTreeSet;
use std::fmt;

use hivesync_protocol::Layer2;
use serde::Serialize;

use crate::{PolicyError, Problem};

macro_rules! walls {
    ($($variant:ident $text:literal $sentence:literal;)*) => {
        /// One wall of the second layer.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum Wall {
            $(
                #[doc = $sentence]
                #[serde(rename = $text)]
                $variant,
            )*
        }

        impl Wall {
            /// Every wall, in the order of the manual.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word in a policy.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// What it keeps a broken engine from, in one sentence.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)* }
            }
        }
    };
}

walls! {
    UserNamespace "user-namespace" "The runner is nobody on this machine.";
    NetNamespace "net-namespace" "The runner has no network device.";
    PidNamespace "pid-namespace" "The runner sees no other process.";
    MountNamespace "mount-namespace" "The runner changes no mount of the machine.";
    IpcNamespace "ipc-namespace" "The runner shares no memory segment or queue.";
    UtsNamespace "uts-namespace" "The runner cannot rename the machine.";
    Landlock "landlock" "The kernel refuses files, ports and foreign processes.";
    Seccomp "seccomp" "The kernel kills the runner on a system call it does not need.";
    Rlimits "rlimits" "The kernel bounds files, processes, core dumps and processor time.";
    NoNewPrivs "no-new-privs" "The runner gains no privilege and cannot be dumped.";
}

impl fmt::Display for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Wall {
    /// The walls that a runner reports to stand.
    pub fn standing(report: &Layer2) -> BTreeSet<Self> {
        let stands = |wall: &Self| match wall {
            Self::Landlock => report.landlock_abi.is_some(),
            Self::Seccomp => report.seccomp.is_some(),
            Self::Rlimits => report.rlimits,
            Self::NoNewPrivs => report.no_new_privs,
            namespace => {
                report.namespaces.iter().any(|name| namespace.as_str() == format!("{name}-namespace"))
            }
        };
        Self::ALL.iter().copied().filter(stands).collect()
    }
}

/// Walls that may be missing, and why that is bearable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Degraded {
    /// The walls.
    pub walls: BTreeSet<Wall>,
    /// Why.
    pub reason: String,
}

/// The section `layer2`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Layer2Rule {
    /// The walls without which no runner is used.
    pub require: BTreeSet<Wall>,
    /// The exception.
    pub allow_degraded: Option<Degraded>,
}

impl Layer2Rule {
    /// The required walls that are missing, all of them excused by the policy; the
    /// audit record names them. One that is not excused is `policy.degraded-layer2`.
    pub fn judge(&self, standing: &BTreeSet<Wall>) -> Result<Vec<Wall>, PolicyError> {
        let missing: Vec<Wall> = self.require.difference(standing).copied().collect();
        let excused =
            |wall: &&Wall| self.allow_degraded.as_ref().is_some_and(|rule| rule.walls.contains(wall));
        match missing.iter().find(|wall| !excused(wall)) {
            Some(wall) => Err(PolicyError::new("layer2.require", Problem::WallMissing(wall.to_string()))),
            None => Ok(missing),
        }
    }
}

#[cfg(test)]
mod tests {
    use hivesync_types::Code;

    use super::*;

    #[test]
    fn a_required_wall_that_is_missing_ends_it_unless_it_is_excused() {
        let rule = Layer2Rule { require: Wall::ALL.iter().copied().collect(), allow_degraded: None };
        let all: BTreeSet<Wall> = rule.require.clone();
        assert_eq!(rule.judge(&all), Ok(vec![]));
        let mut without = all.clone();
        without.remove(&Wall::Landlock);
        assert_eq!(rule.judge(&without).unwrap_err().code(), Code::PolicyDegradedLayer2);
        let degraded = Degraded { walls: [Wall::Landlock].into(), reason: "an old kernel".to_owned() };
        let rule = Layer2Rule { allow_degraded: Some(degraded), ..rule };
        assert_eq!(rule.judge(&without), Ok(vec![Wall::Landlock]));
        without.remove(&Wall::Seccomp);
        assert_eq!(rule.judge(&without).unwrap_err().code(), Code::PolicyDegradedLayer2);
    }

    #[test]
    fn a_report_without_anything_means_no_wall_stands() {
        assert!(Wall::standing(&Layer2::default()).is_empty());
        let names = ["user", "net", "pid", "mount", "ipc", "uts"];
        let report = Layer2 {
            namespaces: names.map(str::to_owned).to_vec(),
            landlock_abi: Some(1),
            seccomp: Some(hivesync_types::Digest::of(b"")),
            rlimits: true,
            no_new_privs: true,
        };
        assert_eq!(Wall::standing(&report).len(), Wall::ALL.len());
    }
}
