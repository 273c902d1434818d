//! Modules that may run: admitted by a policy, checked, and compiled.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hivesync_policy::{
    Asks, Candidate, Ceiling, EffectivePolicy, Interface, ModuleSignature, Policy, PolicyError, World,
    effective,
};
use hivesync_protocol::CompilerIdentity;
use hivesync_types::{Code, Digest};
use tokio::sync::OnceCell;

use crate::compiled::{Compiled, CompiledCache, Order, Origin, Source};
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

/// A module of this host's own installation.
#[derive(Debug, Clone, Copy)]
pub struct InstalledModule<'a> {
    /// The WebAssembly component. Whoever can write it is trusted as the executables are.
    pub path: &'a Path,
    /// What it is built for.
    pub world: World,
    /// What the host's owner allows.
    pub policy: &'a Policy,
}

/// A module that may run. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Module(Arc<Registered>);

#[derive(Debug)]
struct Registered {
    digest: Digest,
    identity: CompilerIdentity,
    code: MachineCode,
    effective: EffectivePolicy,
}

/// A module's machine code, or where it is when a run first needs it.
#[derive(Debug)]
enum MachineCode {
    Loaded(Arc<Compiled>),
    Kept { cache: Arc<CompiledCache>, order: Order, loaded: OnceCell<Arc<Compiled>> },
}

impl MachineCode {
    fn at_hand(&self) -> Option<&Arc<Compiled>> {
        match self {
            Self::Loaded(compiled) => Some(compiled),
            Self::Kept { loaded, .. } => loaded.get(),
        }
    }

    async fn load(&self) -> Result<Arc<Compiled>, Error> {
        match self {
            Self::Loaded(compiled) => Ok(Arc::clone(compiled)),
            Self::Kept { cache, order, loaded } => {
                loaded.get_or_try_init(|| cache.load(order)).await.cloned()
            }
        }
    }
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

    /// Where its machine code came from, or would come from.
    pub fn origin(&self) -> Origin {
        self.0.code.at_hand().map_or(Origin::Cache, |compiled| compiled.origin)
    }

    /// The engine its machine code is made for.
    pub(crate) fn identity(&self) -> CompilerIdentity {
        self.0.identity
    }

    /// Its machine code, from the cache when nobody asked for it before.
    ///
    /// Fails with `host.storage` when what the cache held at registration is gone or
    /// spoiled: it is compiled again meanwhile, which no run has the time to wait for.
    pub(crate) async fn compiled(&self) -> Result<Arc<Compiled>, Error> {
        if let Some(compiled) = self.0.code.at_hand() {
            return Ok(Arc::clone(compiled));
        }
        let module = Arc::clone(&self.0);
        // It goes on when the run ends that needed it.
        let loading = tokio::spawn(async move { module.code.load().await });
        match tokio::time::timeout(LOADING_PATIENCE, loading).await {
            Ok(loaded) => loaded.map_err(|_| Error::Internal("loading machine code failed"))?,
            Err(_) => {
                let source = std::io::Error::other("it is compiled again; try again in a minute");
                Err(Error::Storage { what: "reading kept machine code", source })
            }
        }
    }
}

/// Reading machine code takes a few hundredths of a second; compiling it takes longer
/// than this.
const LOADING_PATIENCE: Duration = Duration::from_secs(4);

/// A module of the installation that is admitted, checked and compiled when a run first asks for
/// it, because most runs never do. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LateModule(Arc<Late>);

#[derive(Debug)]
struct Late {
    cache: Arc<CompiledCache>,
    digest: Digest,
    path: PathBuf,
    world: World,
    policy: Policy,
    module: OnceCell<Module>,
    is_asked_for: AtomicBool,
}

impl LateModule {
    pub(crate) fn new(cache: &Arc<CompiledCache>, wanted: InstalledModule<'_>) -> Result<Self, Error> {
        Ok(Self(Arc::new(Late {
            cache: Arc::clone(cache),
            digest: digest_of(cache, wanted.path)?,
            path: wanted.path.to_owned(),
            world: wanted.world,
            policy: wanted.policy.clone(),
            module: OnceCell::new(),
            is_asked_for: AtomicBool::new(false),
        })))
    }

    /// Of the WebAssembly bytes.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// Whether it is there, so that no run waits for it.
    pub fn is_ready(&self) -> bool {
        self.0.module.initialized()
    }

    /// Whether a run asked for it, in this process.
    pub fn is_asked_for(&self) -> bool {
        self.0.is_asked_for.load(Ordering::Relaxed)
    }

    /// Waits until it is there.
    ///
    /// # Errors
    /// As for any module that is registered.
    pub async fn ready(&self) -> Result<(), Error> {
        self.module().await.map(drop)
    }

    /// The module, registered now if it was not. A refusal is asked again the next time.
    pub(crate) async fn module(&self) -> Result<Module, Error> {
        self.0.is_asked_for.store(true, Ordering::Relaxed);
        let late = Arc::clone(&self.0);
        // It goes on when the run ends that needed it.
        let registering = tokio::spawn(async move {
            let wanted = InstalledModule { path: &late.path, world: late.world, policy: &late.policy };
            late.module.get_or_try_init(|| register_installed(&late.cache, wanted)).await.cloned()
        });
        registering.await.map_err(|_| Error::Internal("registering a module failed"))?
    }
}

/// The words of the two crates for a world.
pub(crate) const fn world_of(world: World) -> hivesync_protocol::World {
    match world {
        World::PreviewBundler => hivesync_protocol::World::PreviewBundler,
        World::PluginHost => hivesync_protocol::World::PluginHost,
        World::InfluenceMap => hivesync_protocol::World::InfluenceMap,
        World::PipelineStep => hivesync_protocol::World::PipelineStep,
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
    let source = Source::Bytes(Bytes::copy_from_slice(wanted.bytes));
    let order = order(digest, source, wanted.world, wanted.policy);
    let compiled = cache.load(&order).await?;
    let effective = judge(&compiled.asks, wanted.policy, wanted.world)?;
    let identity = cache.identity().await?;
    Ok(Module(Arc::new(Registered { digest, identity, code: MachineCode::Loaded(compiled), effective })))
}

/// As [`register`], for a module whose digest is remembered by the stamp of its file,
/// and whose machine code is loaded when a run needs it.
pub(crate) async fn register_installed(
    cache: &Arc<CompiledCache>,
    wanted: InstalledModule<'_>,
) -> Result<Module, Error> {
    wanted.policy.check_ceiling(&Ceiling::of_this_host()).map_err(denied)?;
    let digest = digest_of(cache, wanted.path)?;
    let candidate = Candidate { digest, signatures: &[], built_here: &[digest] };
    wanted.policy.module.admit(&candidate).map_err(denied)?;
    let order = order(digest, Source::File(wanted.path.to_owned()), wanted.world, wanted.policy);
    let (asks, code) = match cache.asks(&order).await? {
        Some(asks) => {
            let cache = Arc::clone(cache);
            (asks, MachineCode::Kept { cache, order, loaded: OnceCell::new() })
        }
        None => {
            let compiled = cache.load(&order).await?;
            (compiled.asks.clone(), MachineCode::Loaded(compiled))
        }
    };
    let effective = judge(&asks, wanted.policy, wanted.world)?;
    let identity = cache.identity().await?;
    Ok(Module(Arc::new(Registered { digest, identity, code, effective })))
}

/// Of the file's bytes, by its stamp where that is known.
pub(crate) fn digest_of(cache: &CompiledCache, path: &Path) -> Result<Digest, Error> {
    if let Some(digest) = cache.installed.recall(path, "digest") {
        return Ok(digest);
    }
    let bytes = std::fs::read(path)
        .map_err(|source| Error::Storage { what: "reading an installed module", source })?;
    let digest = Digest::of(&bytes);
    cache.installed.note(path, "digest", &digest);
    Ok(digest)
}

fn order(digest: Digest, source: Source, world: World, policy: &Policy) -> Order {
    let grants = policy.grants.keys().map(ToString::to_string).collect();
    Order { digest, source, world: world_of(world), grants, limits: policy.compile }
}

/// The policy's word on what the module asks for.
fn judge(names: &[String], policy: &Policy, world: World) -> Result<EffectivePolicy, Error> {
    let asked = match world {
        // It imports more than it uses; what the policy gives is what it asks for.
        World::WasiCommand => policy.grants.keys().copied().collect(),
        World::PreviewBundler
        | World::Transform
        | World::PluginHost
        | World::InfluenceMap
        | World::PipelineStep => interfaces(names)?,
    };
    effective(&Ceiling::of_this_host(), policy, &Asks::new(world, asked)).map_err(denied)
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
