//! What holds for one run: ceiling ∩ policy ∩ what the module asks for.
//!
//! **Invariant:** no input makes the result wider than the ceiling, than the policy, or
//! than what the module imports.

use std::collections::BTreeSet;

use hivesync_types::{CompileLimits, Digest, Limits};
use serde::Serialize;

use crate::keys::Keyed;
use crate::policy::{Determinism, Profile};
use crate::{Grants, Interface, Layer2Rule, ModuleRule, Names, Policy, PolicyError, Problem, Wall, World};

/// The most that a host grants, whatever a policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceiling {
    /// For a run.
    pub limits: Limits,
    /// For compiling.
    pub compile: CompileLimits,
    /// The ways of ending a run that this host has.
    pub determinism: Vec<Determinism>,
    /// The profiles this host has a runner for.
    pub profiles: Vec<Profile>,
    /// The walls without which this host runs nothing, whatever a policy excuses.
    pub walls: BTreeSet<Wall>,
}

impl Ceiling {
    /// What this code grants at most. The fast variant is not offered: every run counts
    /// its instructions.
    pub fn of_this_host() -> Self {
        Self {
            limits: Limits::ceilings(),
            compile: CompileLimits::ceilings(),
            determinism: vec![Determinism::Strict],
            profiles: vec![Profile::Sealed, Profile::Wasi],
            walls: [Wall::NoNewPrivs, Wall::Rlimits, Wall::Seccomp].into(),
        }
    }
}

/// What a module, and whoever asked for the run, want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asks {
    /// The world the module is built for.
    pub world: World,
    /// The interfaces it imports functions from.
    pub imports: BTreeSet<Interface>,
    /// Lower limits for this run, such as a shorter deadline; higher values change nothing.
    pub limits: Limits,
}

impl Asks {
    /// A module of `world` with these imports, content with the policy's limits.
    pub fn new(world: World, imports: impl IntoIterator<Item = Interface>) -> Self {
        Self { world, imports: imports.into_iter().collect(), limits: Limits::ceilings() }
    }

    /// Everything the policy could give to a module of its first world: what `explain`
    /// shows when there is no module.
    pub fn everything(policy: &Policy) -> Self {
        let absent = match policy.profile {
            Profile::Sealed => World::PreviewBundler,
            Profile::Wasi => World::WasiCommand,
        };
        let world = policy.module.worlds.first().copied().unwrap_or(absent);
        Self::new(world, policy.grants.keys().copied())
    }
}

/// What holds for one run. Two of equal digest permit the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct EffectivePolicy {
    /// Of the policy file.
    pub name: String,
    /// Of the policy file.
    pub purpose: String,
    /// What stands around the guest.
    pub profile: Profile,
    /// The module's world.
    pub world: World,
    /// Which modules may run.
    pub module: ModuleRule,
    /// What is linked.
    pub grants: Grants,
    /// What the run may use.
    pub limits: Limits,
    /// What may decide when it ends.
    pub determinism: Determinism,
    /// What compiling may take.
    pub compile: CompileLimits,
    /// Which walls must stand.
    pub layer2: Layer2Rule,
}

impl Policy {
    /// The policy asks for no more than the ceiling; else `policy.ceiling`. To be asked
    /// before anything is done under the policy, compiling included.
    pub fn check_ceiling(&self, ceiling: &Ceiling) -> Result<(), PolicyError> {
        above_ceiling(ceiling, self).into_iter().next().map_or(Ok(()), Err)
    }
}

/// Intersects the three. Pure: the same arguments give the same answer.
///
/// Checked in this order: the policy against the ceiling (`policy.ceiling`), the world
/// (`policy.denied`), the imports (`wit.import-not-granted`).
pub fn effective(ceiling: &Ceiling, policy: &Policy, asks: &Asks) -> Result<EffectivePolicy, PolicyError> {
    policy.check_ceiling(ceiling)?;
    let refuse = |key: &str, problem| Err(PolicyError::new(key, problem).at(policy.place(key)));
    if !policy.module.worlds.contains(&asks.world) {
        return refuse("module.worlds", Problem::WorldNotAllowed(asks.world.to_string()));
    }
    if let Some(interface) = asks.imports.iter().find(|interface| !policy.grants.contains_key(interface)) {
        return refuse("grants", Problem::ImportNotGranted(interface.to_string()));
    }
    let asked = |interface: &Interface| asks.imports.contains(interface);
    Ok(EffectivePolicy {
        name: policy.name.clone(),
        purpose: policy.purpose.clone(),
        profile: policy.profile,
        world: asks.world,
        module: policy.module.clone(),
        grants: policy.grants.iter().filter(|(name, _)| asked(name)).map(|(k, v)| (*k, v.clone())).collect(),
        limits: policy.limits.lowered(&asks.limits),
        determinism: policy.determinism,
        compile: policy.compile,
        layer2: policy.layer2.clone(),
    })
}

/// Every key with which the policy asks for more than the ceiling.
pub(crate) fn above_ceiling(ceiling: &Ceiling, policy: &Policy) -> Vec<PolicyError> {
    let mut errors = Vec::new();
    let mut refuse = |key: &str, problem| errors.push(PolicyError::new(key, problem).at(policy.place(key)));
    if !ceiling.profiles.contains(&policy.profile) {
        refuse("profile", Problem::NotOffered(format!("the profile `{}`", policy.profile.as_str())));
    }
    if !ceiling.determinism.contains(&policy.determinism) {
        refuse(
            "determinism.mode",
            Problem::NotOffered(format!("the mode `{}`", policy.determinism.as_str())),
        );
    }
    for wall in &ceiling.walls {
        let excused = policy.layer2.allow_degraded.as_ref().is_some_and(|rule| rule.walls.contains(wall));
        if excused {
            refuse("layer2.allow-degraded.walls", Problem::NotOffered(format!("runs without `{wall}`")));
        }
        if !policy.layer2.require.contains(wall) {
            refuse("layer2.require", Problem::NotOffered(format!("runs without `{wall}`")));
        }
    }
    let limits = policy.limits.pairs().zip(ceiling.limits.values());
    let compile = policy.compile.pairs().zip(ceiling.compile.values());
    for ((key, value), ceiling) in limits.chain(compile) {
        if value > ceiling {
            refuse(&key.path(), Problem::AboveCeiling { value, ceiling });
        }
    }
    errors
}

impl EffectivePolicy {
    /// The interface is linked.
    pub fn grants(&self, interface: Interface) -> bool {
        self.grants.contains_key(&interface)
    }

    /// The linked interfaces by WIT name, as a runner is told them.
    pub fn granted_names(&self) -> Vec<String> {
        self.grants.keys().map(|interface| interface.as_str().to_owned()).collect()
    }

    /// The file may be in the project image: what is not allowed here is left out when
    /// the image is packed, so that no runner ever holds it.
    pub fn allows_project_path(&self, path: &str) -> bool {
        self.names(Interface::Project).is_some_and(|names| names.allows(path))
    }

    /// An artifact may have this name. Whether it is a name at all is decided elsewhere.
    pub fn allows_artifact(&self, name: &str) -> bool {
        self.names(Interface::Artifacts).is_some_and(|names| names.allows(name))
    }

    fn names(&self, interface: Interface) -> Option<&Names> {
        self.grants.get(&interface).and_then(crate::Grant::names)
    }

    /// Names what this permits. Words for people (name, purpose, reasons) are not part of it.
    pub fn digest(&self) -> Digest {
        let lines = self.authority();
        let fields: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
        Digest::of_fields(&fields)
    }

    /// Everything that permits something, one `key=value` a field, in a fixed order.
    fn authority(&self) -> Vec<String> {
        let mut lines = vec![
            format!("schema={}", crate::policy::SCHEMA),
            format!("profile={}", self.profile.as_str()),
            format!("world={}", self.world),
            format!("determinism.mode={}", self.determinism.as_str()),
            format!("module.accept={:?}", self.module.accept),
        ];
        lines.extend(sorted("module.digests", &self.module.digests));
        lines.extend(sorted("module.signers", &self.module.signers));
        lines.extend(sorted("module.revoked", &self.module.revoked));
        lines.extend(sorted("module.worlds", &self.module.worlds));
        for (interface, grant) in &self.grants {
            lines.push(format!("grants.{interface}"));
            if let Some(names) = grant.names() {
                lines.extend(sorted(&format!("grants.{interface}.include"), &names.include));
                lines.extend(sorted(&format!("grants.{interface}.deny"), &names.deny));
            }
        }
        lines.extend(self.limits.pairs().map(|(key, value)| format!("{}={value}", key.path())));
        lines.extend(self.compile.pairs().map(|(key, value)| format!("{}={value}", key.path())));
        lines.extend(sorted("layer2.require", &self.layer2.require));
        if let Some(degraded) = &self.layer2.allow_degraded {
            lines.extend(sorted("layer2.allow-degraded.walls", &degraded.walls));
        }
        lines
    }
}

/// One field a value, in the order of their texts: the order in the file means nothing.
fn sorted<T: ToString>(key: &str, values: impl IntoIterator<Item = T>) -> Vec<String> {
    let mut lines: Vec<String> =
        values.into_iter().map(|value| format!("{key}={}", value.to_string())).collect();
    lines.sort_unstable();
    lines
}

#[cfg(test)]
mod tests;
