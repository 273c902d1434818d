//! The sandbox that a backend holds.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use hivesync_policy::World;
use hivesync_types::Digest;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::audit::{AuditLog, Event as AuditEvent, Failure, Refused};
use crate::compile::Compiler;
use crate::compiled::CompiledCache;
use crate::config::SandboxConfig;
use crate::conversation::Event;
use crate::error::Error;
use crate::installed::Installed;
use crate::map::Fresh;
use crate::memo::Memo;
use crate::module::{
    InstalledModule, LateModule, Module, Registration, digest_of, register, register_installed,
};
use crate::pool::{Pool, PoolConfig};
use crate::run::{BundleRun, Outcome, run};
use crate::totals::{Counter, Totals};

/// Runs guests. One a backend; cheap to clone.
///
/// Dropping the last clone kills every process at once; [`Sandbox::shutdown`] waits
/// for runs and for what is still to be kept.
#[derive(Debug, Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

/// Runs that keep something between two looks at the size of what is kept.
const RUNS_PER_SWEEP: usize = 64;

/// What every run of a sandbox shares.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) config: SandboxConfig,
    pub(crate) pool: Arc<Pool>,
    /// Cores for pure runs.
    pub(crate) slots: Arc<Semaphore>,
    pub(crate) compiled: Arc<CompiledCache>,
    pub(crate) memo: Arc<Memo>,
    audit: AuditLog,
    pub(crate) counter: Counter,
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// Runs that left something to keep.
    kept: AtomicUsize,
    /// Runs and writers that somebody must wait for.
    tasks: Mutex<JoinSet<()>>,
}

impl Sandbox {
    /// Opens the folders, starts the zygote, and waits until one runner stands behind
    /// its walls.
    ///
    /// Fails with `host.storage` when a folder or an executable cannot be used, with
    /// `policy.degraded-layer2` when this machine lacks a wall and the configuration
    /// does not allow that, and with `host.runner-lost` when runners die at once.
    pub async fn start(config: SandboxConfig) -> Result<Self, Error> {
        let sandbox = Self::open(config)?;
        sandbox.ready().await?;
        Ok(sandbox)
    }

    /// As [`Sandbox::start`], but does not wait for the runner: there is something else
    /// to do until [`Sandbox::ready`] is asked.
    pub fn open(config: SandboxConfig) -> Result<Self, Error> {
        let cache = open_dir(&config.cache)?;
        let data = open_dir(&config.data)?;
        let arguments: Vec<String> =
            if config.allow_degraded { vec!["--allow-degraded".to_owned()] } else { Vec::new() };
        let runner = executable(&config.executables, "hivesync-runner")?;
        let program = executable(&config.executables, "hivesync-compiler")?;
        let compiler = Compiler { program, arguments: arguments.clone() };
        let pool = Pool::start(PoolConfig { program: runner, arguments, size: config.pool.max(1) })?;
        let key = &config.cache_key;
        let installed = Installed::open(&cache, key.clone(), Arc::clone(&config.clock))?;
        let inner = Inner {
            pool: Arc::new(pool),
            slots: Arc::new(Semaphore::new(config.parallel.max(1))),
            compiled: Arc::new(CompiledCache::open(&cache, key.clone(), compiler, installed)?),
            memo: Arc::new(Memo::open(&cache, key.clone(), config.memo_memory_bytes)?),
            audit: AuditLog::open(&data, config.audit_key.clone())?,
            counter: Counter::default(),
            turns: Arc::new(Semaphore::new(config.runs_max.max(1))),
            waiting: AtomicUsize::new(0),
            kept: AtomicUsize::new(0),
            tasks: Mutex::default(),
            config,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Waits until one runner stands behind its walls; fails as [`Sandbox::start`] does.
    pub async fn ready(&self) -> Result<(), Error> {
        self.inner.pool.probe().await
    }

    /// Admits, checks and compiles a module; a module that is in the cache takes a
    /// millisecond or two. A refusal is written to the audit record.
    ///
    /// Fails with the codes `module.`, `wit.`, `compile.` and `policy.`.
    pub async fn register(&self, wanted: Registration<'_>) -> Result<Module, Error> {
        let registered = register(&self.inner.compiled, wanted).await;
        let digest = || Digest::of(wanted.bytes);
        self.registered(registered, digest, wanted.world, &wanted.policy.name)
    }

    /// As [`Sandbox::register`], for a module of this host's own installation: its
    /// digest is remembered by the stamp of its file, and its machine code is read when
    /// the first run needs it.
    pub async fn register_installed(&self, wanted: InstalledModule<'_>) -> Result<Module, Error> {
        let registered = register_installed(&self.inner.compiled, wanted).await;
        let digest = || digest_of(&self.inner.compiled, wanted.path).unwrap_or_else(|_| Digest::of(b""));
        self.registered(registered, digest, wanted.world, &wanted.policy.name)
    }

    /// As [`Sandbox::register_installed`], put off until a run needs the module: only its
    /// digest is looked for now. A refusal is then the run's.
    pub fn register_late(&self, wanted: InstalledModule<'_>) -> Result<LateModule, Error> {
        LateModule::new(&self.inner.compiled, wanted)
    }

    fn registered(
        &self,
        registered: Result<Module, Error>,
        digest: impl FnOnce() -> Digest,
        world: World,
        policy: &str,
    ) -> Result<Module, Error> {
        if let Err(error) = &registered {
            let refused = Refused {
                at_ms: self.inner.config.now_ms(),
                module: digest(),
                world: world.to_string(),
                policy: policy.to_owned(),
                error: Failure::from(error),
            };
            self.inner.record(AuditEvent::Refused(refused))?;
        }
        registered
    }

    /// Bundles one project. `observer` hears log lines and progress as they come, and
    /// must not block.
    ///
    /// Dropping the future withdraws the run: its processes are killed, and its audit
    /// record says `host.canceled`.
    pub async fn bundle(
        &self,
        wanted: BundleRun,
        observer: impl FnMut(Event<'_>) + Send + 'static,
    ) -> Result<Outcome, Error> {
        let (withdraw, canceled) = watch::channel(false);
        let (answer, outcome) = tokio::sync::oneshot::channel();
        let inner = Arc::clone(&self.inner);
        self.inner.spawn(async move {
            let outcome = run(inner, wanted, Box::new(observer), canceled).await;
            // Nobody listens when the run was withdrawn.
            let _ = answer.send(outcome);
        });
        let outcome = outcome.await.map_err(|_| Error::Internal("a run ended without an outcome"));
        drop(withdraw);
        outcome
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }

    /// What was done since the start.
    pub fn totals(&self) -> Totals {
        self.inner.counter.totals()
    }

    /// How many runners wait behind their walls.
    pub fn waiting_runners(&self) -> usize {
        self.inner.pool.waiting()
    }

    /// Waits for the runs that go on and for everything that is still to be kept.
    pub async fn shutdown(self) {
        loop {
            let mut tasks = std::mem::take(&mut *self.inner.tasks());
            if tasks.is_empty() {
                return;
            }
            while tasks.join_next().await.is_some() {}
        }
    }
}

impl Inner {
    /// A place among the runs that go on.
    pub(crate) async fn turn(&self) -> Result<OwnedSemaphorePermit, Error> {
        if let Ok(permit) = Arc::clone(&self.turns).try_acquire_owned() {
            return Ok(permit);
        }
        let _place = Place::take(&self.waiting, self.config.queue_max)?;
        Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Error::Internal("the queue is closed"))
    }

    /// Counts what happened and writes it to the audit record.
    pub(crate) fn record(&self, event: AuditEvent) -> Result<Digest, Error> {
        self.counter.happened(&event);
        self.audit.append(event)
    }

    /// Stores answers on disk when there is time for it.
    pub(crate) fn keep(&self, fresh: Fresh) {
        if fresh.modules.is_empty() && fresh.links.is_empty() && fresh.left.is_empty() {
            return;
        }
        let memo = Arc::clone(&self.memo);
        let due = self.kept.fetch_add(1, Ordering::Relaxed).is_multiple_of(RUNS_PER_SWEEP);
        let sweep = due.then_some(self.config.memo_disk_bytes);
        let writer: JoinHandle<()> = tokio::task::spawn_blocking(move || {
            for (key, made) in fresh.modules {
                memo.store(&key, &made);
            }
            for (key, linked) in fresh.links {
                memo.store_link(&key, &linked);
            }
            for (key, left) in fresh.left {
                memo.store_left(&key, left);
            }
            if let Some(bytes_max) = sweep {
                memo.sweep(bytes_max);
            }
        });
        self.spawn(async move {
            // A panic in there costs a later run time, and nothing else.
            let _ = writer.await;
        });
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks();
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One of those who wait; it leaves when it is dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, max: usize) -> Result<Self, Error> {
        let before = waiting.fetch_add(1, Ordering::Relaxed);
        let place = Self(waiting);
        if before >= max { Err(Error::Overloaded { waiting: before }) } else { Ok(place) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn open_dir(path: &Path) -> Result<Dir, Error> {
    let storage = |source| Error::Storage { what: "opening a folder", source };
    Dir::create_ambient_dir_all(path, ambient_authority()).map_err(storage)?;
    Dir::open_ambient_dir(path, ambient_authority()).map_err(storage)
}

pub(crate) fn executable(folder: &Path, name: &str) -> Result<std::path::PathBuf, Error> {
    let path = folder.join(name);
    if path.is_file() {
        // Absolute, because processes start in the root folder.
        return path
            .canonicalize()
            .map_err(|source| Error::Storage { what: "looking for an executable", source });
    }
    let source = io::Error::new(io::ErrorKind::NotFound, format!("{} is missing", path.display()));
    Err(Error::Storage { what: "looking for an executable", source })
}
