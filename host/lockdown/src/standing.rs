//! Which walls stand.

use hivesync_protocol::Layer2;
use hivesync_types::Code;

use crate::{Beneath, Filter, Resources, capabilities, files, process};

/// One wall of the operating system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wall {
    /// Namespaces of its own: users, network, processes, mounts, IPC, host name.
    Namespaces,
    /// Landlock without any rule: no file, no TCP, no signal or abstract socket outwards.
    Landlock,
    /// The list of permitted system calls.
    Seccomp,
    /// Resource limits.
    Rlimits,
    /// No new privileges, no capabilities, not dumpable, dies with its parent.
    Privileges,
}

impl Wall {
    /// Every wall, in the order in which they are built.
    pub const ALL: [Self; 5] =
        [Self::Namespaces, Self::Privileges, Self::Landlock, Self::Rlimits, Self::Seccomp];

    /// The name used in policies, arguments and the audit.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::Landlock => "landlock",
            Self::Seccomp => "seccomp",
            Self::Rlimits => "rlimits",
            Self::Privileges => "privileges",
        }
    }
}

/// What to do when a wall cannot be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Degraded {
    /// Do not run.
    Refuse,
    /// Run, and say in [`Layer2`] what is missing.
    Allow,
}

/// How a process is to be locked down.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What to do when a wall cannot be built.
    pub degraded: Degraded,
    /// The limits to lower.
    pub resources: Resources,
    /// Walls to leave out, so that a test proves another one alone.
    #[cfg(feature = "evil")]
    pub without: Vec<Wall>,
}

impl Plan {
    /// A plan with every wall.
    pub fn new(degraded: Degraded, resources: Resources) -> Self {
        Self {
            degraded,
            resources,
            #[cfg(feature = "evil")]
            without: Vec::new(),
        }
    }

    /// The wall is to be built.
    pub fn wants(&self, wall: Wall) -> bool {
        #[cfg(feature = "evil")]
        if self.without.contains(&wall) {
            return false;
        }
        Wall::ALL.contains(&wall)
    }
}

/// A wall cannot be built and must be.
#[derive(Debug, thiserror::Error)]
#[error("the wall `{}` cannot be built: {detail}", wall.as_str())]
pub struct LockdownError {
    /// Which one.
    pub wall: Wall,
    /// What the system said.
    pub detail: String,
}

impl LockdownError {
    /// The stable code of this error.
    pub const fn code(&self) -> Code {
        Code::PolicyDegradedLayer2
    }
}

/// The walls that stand so far.
#[derive(Debug)]
pub struct Standing {
    plan: Plan,
    layer2: Layer2,
}

/// Builds what can be built while the process has one thread and may still open things.
/// `namespaces` are those the process was made in, by name.
pub fn enter(plan: Plan, namespaces: &[&str]) -> Result<Standing, LockdownError> {
    enter_beside(plan, namespaces, &[])
}

/// As [`enter`], except that Landlock leaves the directories of `beneath` reachable.
pub fn enter_beside(
    plan: Plan,
    namespaces: &[&str],
    beneath: &[Beneath<'_>],
) -> Result<Standing, LockdownError> {
    let mut standing = Standing { plan, layer2: Layer2::default() };
    standing.layer2.namespaces = namespaces.iter().map(|name| (*name).to_owned()).collect();
    if namespaces.is_empty() {
        standing.settle::<()>(Wall::Namespaces, Err("the process shares the host's".to_owned()))?;
    }
    let privileges = standing.build(Wall::Privileges, || {
        process::die_with_parent()?;
        process::forbid_new_privileges()?;
        process::forbid_dumps()?;
        capabilities::drop_all()
    })?;
    standing.layer2.no_new_privs = privileges.is_some();
    standing.layer2.landlock_abi = standing.build(Wall::Landlock, || files::forbid_all_but(beneath))?;
    let resources = standing.plan.resources;
    standing.layer2.rlimits = standing.build(Wall::Rlimits, || resources.lower())?.is_some();
    Ok(standing)
}

impl Standing {
    /// Puts a list of permitted system calls around every thread of the process, on top
    /// of those that stand. The audit names the last, which is the narrowest.
    pub fn filter(&mut self, filter: &Filter) -> Result<(), LockdownError> {
        let stood = self.layer2.seccomp.is_some();
        if self.build_again(Wall::Seccomp, stood, || filter.install())?.is_some() {
            self.layer2.seccomp = Some(filter.digest());
        }
        Ok(())
    }

    /// Lowers limits further, once it is known what a run may use.
    pub fn lower(&mut self, resources: Resources) -> Result<(), LockdownError> {
        let stood = self.layer2.rlimits;
        self.build_again(Wall::Rlimits, stood, || resources.lower()).map(drop)
    }

    /// What stands, as the audit records it.
    pub fn layer2(&self) -> &Layer2 {
        &self.layer2
    }

    /// Builds more of a wall. Where it stood before, it has been told that it stands:
    /// from then on nothing that is missing can be lived with.
    fn build_again<T>(
        &self,
        wall: Wall,
        stood: bool,
        build: impl FnOnce() -> Result<T, String>,
    ) -> Result<Option<T>, LockdownError> {
        if stood {
            return build().map(Some).map_err(|detail| LockdownError { wall, detail });
        }
        self.build(wall, build)
    }

    fn build<T>(
        &self,
        wall: Wall,
        build: impl FnOnce() -> Result<T, String>,
    ) -> Result<Option<T>, LockdownError> {
        if !self.plan.wants(wall) {
            return Ok(None);
        }
        self.settle(wall, build())
    }

    fn settle<T>(&self, wall: Wall, built: Result<T, String>) -> Result<Option<T>, LockdownError> {
        match built {
            Ok(value) => Ok(Some(value)),
            Err(_) if self.plan.degraded == Degraded::Allow || !self.plan.wants(wall) => Ok(None),
            Err(detail) => Err(LockdownError { wall, detail }),
        }
    }
}
