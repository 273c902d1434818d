//! Machine code, kept for the next time.
//!
//! Machine code is the one thing in this house that must be believed, so it is kept
//! under a tag whose key only the broker has. A file that does not bear our tag is
//! compiled again, and the audit record of the next run says so. Refusals are kept
//! too: a module that took a minute to be refused is refused again in a millisecond.
//!
//! **Invariant:** a runner gets only machine code that our compiler made from exactly
//! this module, for exactly this engine.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use cap_std::fs::Dir;
use hivesync_component::ModuleInfo;
use hivesync_protocol::{CompilerIdentity, RunFault, World};
use hivesync_types::{CompileLimits, Digest, Fault};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, OnceCell};

use crate::compile::Compiler;
use crate::error::Error;
use crate::installed::Installed;
use crate::mac::{MacKey, Purpose};
use crate::memfd;
use crate::shelf::{Found, Shelf};

/// A module that a runner can load.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// The sealed machine code.
    pub(crate) code: File,
    /// The interfaces it asks for.
    pub(crate) asks: Vec<String>,
    /// Where the machine code came from.
    pub(crate) origin: Origin,
}

/// Where machine code came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Compiled just now.
    Compiled,
    /// From the cache.
    Cache,
    /// Compiled again, because the file in the cache did not bear our tag.
    CacheSpoiled,
}

/// What is compiled, and under which rules.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) digest: Digest,
    pub(crate) source: Source,
    pub(crate) world: World,
    pub(crate) grants: Vec<String>,
    pub(crate) limits: CompileLimits,
}

/// Where the WebAssembly is when it is needed, which is only to compile it.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Bytes(Bytes),
    File(PathBuf),
}

impl Order {
    fn bytes(&self) -> Result<Bytes, Error> {
        match &self.source {
            Source::Bytes(bytes) => Ok(bytes.clone()),
            Source::File(path) => {
                let bytes = std::fs::read(path)
                    .map_err(|source| Error::Storage { what: "reading an installed module", source })?;
                if Digest::of(&bytes) == self.digest {
                    return Ok(bytes.into());
                }
                let source = std::io::Error::other("it is another one than when it was registered");
                Err(Error::Storage { what: "reading an installed module", source })
            }
        }
    }
}

/// What is known of a module beside its machine code, in a file of its own: a module
/// that is not run costs no look at its code.
#[derive(Serialize, Deserialize)]
enum Header {
    Compiled { asks: Vec<String> },
    Refused(RunFault),
}

/// Machine code on disk, in bytes; beyond, what was used longest ago is removed. Every version of
/// every module leaves some.
const DISK_BYTES_MAX: u64 = 2 << 30;

/// The largest file of machine code that is read back.
const FILE_BYTES_MAX: u64 = 512 << 20;

/// What is known of a module before it is compiled.
enum Known {
    /// This process has it.
    Loaded(Arc<Compiled>),
    /// A file of ours, and what it asks for.
    Kept(File, Vec<String>),
    /// Nothing, or nothing of ours.
    Absent(Origin),
}

/// The cache of machine code.
#[derive(Debug)]
pub(crate) struct CompiledCache {
    shelf: Arc<Shelf>,
    compiler: Compiler,
    pub(crate) installed: Installed,
    identity: OnceCell<CompilerIdentity>,
    /// What somebody in this process still holds; a module that nobody holds is closed.
    loaded: Mutex<HashMap<Digest, Weak<Compiled>>>,
    /// Held while compiling: two cores gain nothing from two compilers, and the second
    /// asker finds what the first had made.
    compiling: Mutex<()>,
}

impl CompiledCache {
    pub(crate) fn open(
        cache: &Dir,
        key: MacKey,
        compiler: Compiler,
        installed: Installed,
    ) -> Result<Self, Error> {
        let shelf = Shelf::open(cache, "compiled", key, Purpose::Compiled, FILE_BYTES_MAX)?;
        Ok(Self {
            shelf: Arc::new(shelf),
            compiler,
            installed,
            identity: OnceCell::new(),
            loaded: Mutex::default(),
            compiling: Mutex::default(),
        })
    }

    /// The engine that machine code is made for. Asked of the compiler once.
    pub(crate) async fn identity(&self) -> Result<CompilerIdentity, Error> {
        let ask = || async {
            let program = self.compiler.program.as_path();
            if let Some(identity) = self.installed.recall(program, "identity") {
                return Ok(identity);
            }
            let identity = self.compiler.identify().await?;
            self.installed.note(program, "identity", &identity);
            Ok(identity)
        };
        self.identity.get_or_try_init(ask).await.copied()
    }

    /// What a module asks for, if its machine code is kept, too; none when it has to be
    /// compiled. A kept refusal is the error it was.
    pub(crate) async fn asks(&self, order: &Order) -> Result<Option<Vec<String>>, Error> {
        let name = name_of(order, self.identity().await?.engine)?;
        match self.header(&name) {
            Found::Body(Header::Compiled { asks }) if self.shelf.holds(&name) => Ok(Some(asks)),
            Found::Body(Header::Refused(fault)) => Err(Error::from_fault(fault)),
            _ => Ok(None),
        }
    }

    /// The machine code of a module, from memory, from disk, or made now.
    pub(crate) async fn load(&self, order: &Order) -> Result<Arc<Compiled>, Error> {
        let identity = self.identity().await?;
        let name = name_of(order, identity.engine)?;
        let (found, _compiling) = match self.find(&name).await? {
            // Somebody may have compiled it while this one waited for the turn.
            Known::Absent(_) => {
                let turn = self.compiling.lock().await;
                (self.find(&name).await?, Some(turn))
            }
            known => (known, None),
        };
        let compiled = match found {
            Known::Loaded(compiled) => return Ok(compiled),
            Known::Kept(code, asks) => {
                memfd::seal(&code)?;
                Compiled { code, asks, origin: Origin::Cache }
            }
            Known::Absent(origin) => self.compile(order, &name, identity.engine, origin).await?,
        };
        let compiled = Arc::new(compiled);
        let mut loaded = self.loaded.lock().await;
        loaded.retain(|_, compiled| compiled.strong_count() > 0);
        loaded.insert(name, Arc::downgrade(&compiled));
        drop(loaded);
        Ok(compiled)
    }

    async fn find(&self, name: &Digest) -> Result<Known, Error> {
        if let Some(compiled) = self.loaded.lock().await.get(name).and_then(Weak::upgrade) {
            return Ok(Known::Loaded(compiled));
        }
        let asks = match self.header(name) {
            Found::Body(Header::Compiled { asks }) => asks,
            // It was escaped when it was kept, and escaping again changes nothing.
            Found::Body(Header::Refused(fault)) => return Err(Error::from_fault(fault)),
            Found::Nothing => return Ok(Known::Absent(Origin::Compiled)),
            Found::Spoiled => return Ok(spoiled(name)),
        };
        let (shelf, name) = (Arc::clone(&self.shelf), *name);
        let found = tokio::task::spawn_blocking(move || (shelf.find_file(&name), name)).await;
        Ok(match found.map_err(|_| Error::Internal("looking for machine code failed"))? {
            (Found::Body(file), _) => Known::Kept(file, asks),
            (Found::Nothing, _) => Known::Absent(Origin::Compiled),
            (Found::Spoiled, name) => spoiled(&name),
        })
    }

    fn header(&self, name: &Digest) -> Found<Header> {
        match self.shelf.find(&header_name(name)) {
            Found::Body(body) => postcard::from_bytes(&body).map_or(Found::Spoiled, Found::Body),
            Found::Nothing => Found::Nothing,
            Found::Spoiled => Found::Spoiled,
        }
    }

    async fn compile(
        &self,
        order: &Order,
        name: &Digest,
        engine: Digest,
        origin: Origin,
    ) -> Result<Compiled, Error> {
        let module = order.bytes()?;
        let info = check(order, &module)?;
        let asks: Vec<String> = info.asks().map(str::to_owned).collect();
        let made = match self.compiler.compile(order.digest, &module, order.limits).await {
            Ok(made) if made.engine == engine => made,
            Ok(_) => return Err(Error::Internal("the compiler writes for another engine than it said")),
            Err(error) => {
                self.keep_refusal(name, &error);
                return Err(error);
            }
        };
        let header = Header::Compiled { asks: asks.clone() };
        self.keep(name, &header, Some(&made.bytes));
        Ok(Compiled { code: memfd::sealed(&made.bytes)?, asks, origin })
    }

    /// Keeps what the module brought upon itself; what happened to the host may not happen again.
    fn keep_refusal(&self, name: &Digest, error: &Error) {
        if error.fault() == Fault::Guest && !error.is_retryable() {
            let fault = RunFault { code: error.code(), detail: error.evidence(), backtrace: Vec::new() };
            self.keep(name, &Header::Refused(fault), None);
        }
    }

    /// The header comes last: one that is there says that the code was written whole.
    fn keep(&self, name: &Digest, header: &Header, code: Option<&[u8]>) {
        let kept = postcard::to_stdvec(header)
            .map_err(|_| Error::Internal("a header that does not encode"))
            .and_then(|header| {
                code.map_or(Ok(()), |code| self.shelf.put(name, code))?;
                self.shelf.put(&header_name(name), &header)?;
                self.shelf
                    .sweep(DISK_BYTES_MAX)
                    .map_err(|source| Error::Storage { what: "sweeping a cache", source })
            });
        if let Err(error) = kept {
            tracing::warn!(error = %error.evidence(), "machine code could not be kept");
        }
    }
}

fn spoiled(name: &Digest) -> Known {
    tracing::warn!(module.name = %name, "kept machine code was spoiled and is compiled again");
    Known::Absent(Origin::CacheSpoiled)
}

/// Everything that decides what the compiler makes of a module, and whether it does.
fn name_of(order: &Order, engine: Digest) -> Result<Digest, Error> {
    let rules = postcard::to_stdvec(&(order.world, order.limits))
        .map_err(|_| Error::Internal("limits that do not encode"))?;
    Ok(Digest::of_fields(&[b"hivesync-module/2", order.digest.as_bytes(), engine.as_bytes(), &rules]))
}

fn header_name(name: &Digest) -> Digest {
    Digest::of_fields(&[b"hivesync-module-header/1", name.as_bytes()])
}

fn check(order: &Order, module: &[u8]) -> Result<ModuleInfo, Error> {
    hivesync_component::check(module, order.world, &order.grants, &order.limits).map_err(|refusal| {
        let fault = RunFault { code: refusal.code(), detail: refusal.to_string(), backtrace: Vec::new() };
        Error::from_fault(fault)
    })
}
