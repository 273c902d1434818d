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
use std::sync::Arc;

use bytes::Bytes;
use cap_std::fs::Dir;
use hivesync_component::ModuleInfo;
use hivesync_protocol::{CompilerIdentity, RunFault, World};
use hivesync_types::{CompileLimits, Digest, Fault};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, OnceCell};

use crate::compile::Compiler;
use crate::error::Error;
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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order<'a> {
    pub(crate) digest: Digest,
    pub(crate) bytes: &'a [u8],
    pub(crate) world: World,
    pub(crate) grants: &'a [String],
    pub(crate) limits: CompileLimits,
}

/// What stands in front of the machine code in a file.
#[derive(Serialize, Deserialize)]
enum Header {
    Compiled { asks: Vec<String> },
    Refused(RunFault),
}

/// The largest file of machine code that is read back.
const FILE_BYTES_MAX: u64 = 512 << 20;

/// The cache of machine code.
#[derive(Debug)]
pub(crate) struct CompiledCache {
    shelf: Arc<Shelf>,
    compiler: Compiler,
    identity: OnceCell<CompilerIdentity>,
    /// What this process loaded already. The lock is held while compiling: two cores
    /// gain nothing from two compilers, and the second asker finds the first's result.
    loaded: Mutex<HashMap<Digest, Arc<Compiled>>>,
}

impl CompiledCache {
    pub(crate) fn open(cache: &Dir, key: MacKey, compiler: Compiler) -> Result<Self, Error> {
        let shelf = Shelf::open(cache, "compiled", key, Purpose::Compiled, FILE_BYTES_MAX)?;
        Ok(Self { shelf: Arc::new(shelf), compiler, identity: OnceCell::new(), loaded: Mutex::default() })
    }

    /// The engine that machine code is made for. Asked of the compiler once.
    pub(crate) async fn identity(&self) -> Result<CompilerIdentity, Error> {
        self.identity.get_or_try_init(|| self.compiler.identify()).await.copied()
    }

    /// The machine code of a module, from memory, from disk, or made now.
    pub(crate) async fn load(&self, order: Order<'_>) -> Result<Arc<Compiled>, Error> {
        let identity = self.identity().await?;
        let name = name_of(&order, identity.engine)?;
        let mut loaded = self.loaded.lock().await;
        if let Some(compiled) = loaded.get(&name) {
            return Ok(Arc::clone(compiled));
        }
        let shelf = Arc::clone(&self.shelf);
        let found = tokio::task::spawn_blocking(move || shelf.find(&name)).await;
        let compiled = match found.unwrap_or(Found::Nothing) {
            Found::Body(body) => open(body)?,
            Found::Nothing => self.compile(&order, &name, identity.engine, Origin::Compiled).await?,
            Found::Spoiled => {
                tracing::warn!(module.digest = %order.digest, "kept machine code was spoiled and is compiled again");
                self.compile(&order, &name, identity.engine, Origin::CacheSpoiled).await?
            }
        };
        let compiled = Arc::new(compiled);
        loaded.insert(name, Arc::clone(&compiled));
        Ok(compiled)
    }

    async fn compile(
        &self,
        order: &Order<'_>,
        name: &Digest,
        engine: Digest,
        origin: Origin,
    ) -> Result<Compiled, Error> {
        let info = check(order)?;
        let asks: Vec<String> = info.asks().map(str::to_owned).collect();
        let made = match self.compiler.compile(order.digest, order.bytes, order.limits).await {
            Ok(made) if made.engine == engine => made,
            Ok(_) => return Err(Error::Internal("the compiler writes for another engine than it said")),
            Err(error) => {
                self.keep_refusal(name, &error);
                return Err(error);
            }
        };
        let header = Header::Compiled { asks: asks.clone() };
        self.keep(name, &header, &made.bytes);
        Ok(Compiled { code: memfd::sealed(&made.bytes)?, asks, origin })
    }

    /// Keeps what the module brought upon itself; what happened to the host may not happen again.
    fn keep_refusal(&self, name: &Digest, error: &Error) {
        if error.fault() == Fault::Guest && !error.is_retryable() {
            let fault = RunFault { code: error.code(), detail: error.evidence(), backtrace: Vec::new() };
            self.keep(name, &Header::Refused(fault), &[]);
        }
    }

    fn keep(&self, name: &Digest, header: &Header, code: &[u8]) {
        let kept = postcard::to_extend(header, Vec::with_capacity(code.len() + 256))
            .map_err(|_| Error::Internal("a header that does not encode"))
            .and_then(|mut body| {
                body.extend_from_slice(code);
                self.shelf.put(name, &body)
            });
        if let Err(error) = kept {
            tracing::warn!(error = %error.evidence(), "machine code could not be kept");
        }
    }
}

/// Everything that decides what the compiler makes of a module, and whether it does.
fn name_of(order: &Order<'_>, engine: Digest) -> Result<Digest, Error> {
    let rules = postcard::to_stdvec(&(order.world, order.limits))
        .map_err(|_| Error::Internal("limits that do not encode"))?;
    Ok(Digest::of_fields(&[b"hivesync-module/1", order.digest.as_bytes(), engine.as_bytes(), &rules]))
}

fn open(body: Bytes) -> Result<Compiled, Error> {
    const UNREADABLE: Error = Error::Internal("a kept module of ours does not decode");
    match postcard::take_from_bytes::<Header>(&body).map_err(|_| UNREADABLE)? {
        (Header::Compiled { asks }, code) => {
            Ok(Compiled { code: memfd::sealed(code)?, asks, origin: Origin::Cache })
        }
        // It was escaped when it was kept, and escaping again changes nothing.
        (Header::Refused(fault), _) => Err(Error::from_fault(fault)),
    }
}

fn check(order: &Order<'_>) -> Result<ModuleInfo, Error> {
    hivesync_component::check(order.bytes, order.world, order.grants, &order.limits).map_err(|refusal| {
        let fault = RunFault { code: refusal.code(), detail: refusal.to_string(), backtrace: Vec::new() };
        Error::from_fault(fault)
    })
}
