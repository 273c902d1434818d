//! Modules that may run: admitted by a policy, checked, and compiled.

use std::fs::File;
use std::sync::Arc;

use hivesync_policy::{
    Asks, Candidate, Ceiling, EffectivePolicy, Interface, ModuleSignature, Policy, PolicyError, World,
    effective,
};
use hivesync_protocol::CompilerIdentity;
use hivesync_types::{Code, Digest};

use crate::compiled::{Compiled, CompiledCache, Order, Origin};
use crate::error::Error;
use crate::escape::escape_line;

/// A module that somebody wants to run.
#[derive(Debug, Clone, Copy)]
pub struct Registration<'a> {
    /// The WebAssembly component.
    pub bytes: &'a [u8],
    /// What it is built for.
    pub world: World,
    /// What the host's owner allows.
    pub policy: &'a Policy,
    /// The signatures that came with it.
    pub signatures: &'a [ModuleSignature],
    /// The modules that this host's own build made.
    pub built_here: &'a [Digest],
}

/// A module that may run. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Module(Arc<Registered>);

#[derive(Debug)]
struct Registered {
    digest: Digest,
    identity: CompilerIdentity,
    compiled: Arc<Compiled>,
    effective: EffectivePolicy,
}

impl Module {
    /// Of the WebAssembly bytes.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// What holds for its runs.
    pub fn policy(&self) -> &EffectivePolicy {
        &self.0.effective
    }

    /// Where its machine code came from.
    pub fn origin(&self) -> Origin {
        self.0.compiled.origin
    }

    /// The engine its machine code is made for.
    pub(crate) fn identity(&self) -> CompilerIdentity {
        self.0.identity
    }

    /// The sealed machine code.
    pub(crate) fn code(&self) -> &File {
        &self.0.compiled.code
    }
}

/// The words of the two crates for a world.
pub(crate) const fn world_of(world: World) -> hivesync_protocol::World {
    match world {
        World::PreviewBundler => hivesync_protocol::World::PreviewBundler,
        World::Transform => hivesync_protocol::World::Transform,
        World::WasiCommand => hivesync_protocol::World::WasiCommand,
    }
}

/// Checked in this order: the policy against the ceiling, its word on these bytes, the
/// component against its world, compiling, and the policy's word on what it asks for.
pub(crate) async fn register(cache: &CompiledCache, wanted: Registration<'_>) -> Result<Module, Error> {
    // First, because compiling already takes what the policy says.
    wanted.policy.check_ceiling(&Ceiling::of_this_host()).map_err(denied)?;
    let digest = Digest::of(wanted.bytes);
    let candidate = Candidate { digest, signatures: wanted.signatures, built_here: wanted.built_here };
    wanted.policy.module.admit(&candidate).map_err(denied)?;
    let grants: Vec<String> = wanted.policy.grants.keys().map(ToString::to_string).collect();
    let order = Order {
        digest,
        bytes: wanted.bytes,
        world: world_of(wanted.world),
        grants: &grants,
        limits: wanted.policy.compile,
    };
    let compiled = cache.load(order).await?;
    let asked = match wanted.world {
        // It imports more than it uses; what the policy gives is what it asks for.
        World::WasiCommand => wanted.policy.grants.keys().copied().collect(),
        World::PreviewBundler | World::Transform => interfaces(&compiled.asks)?,
    };
    let asks = Asks::new(wanted.world, asked);
    let effective = effective(&Ceiling::of_this_host(), wanted.policy, &asks).map_err(denied)?;
    let identity = cache.identity().await?;
    Ok(Module(Arc::new(Registered { digest, identity, compiled, effective })))
}

fn interfaces(names: &[String]) -> Result<Vec<Interface>, Error> {
    let unknown =
        |name: &String| Error::Denied { code: Code::WitUnknownImport, evidence: escape_line(name, 200) };
    names.iter().map(|name| name.parse().map_err(|_| unknown(name))).collect()
}

/// The policy's refusal with its key and what to do.
pub(crate) fn denied(error: PolicyError) -> Error {
    let evidence = format!("{}: {} {}", error.key, error.problem, error.hint());
    Error::Denied { code: error.code(), evidence: escape_line(&evidence, 4096) }
}
