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
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Weak};

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

/// What stands behind the machine code in a file, followed by its own length in four
/// bytes; so the code begins where the file does, as a runner needs it.
#[derive(Serialize, Deserialize)]
enum Header {
    Compiled { asks: Vec<String> },
    Refused(RunFault),
}

/// The largest file of machine code that is read back.
const FILE_BYTES_MAX: u64 = 512 << 20;

/// What is known of a module before it is compiled.
enum Known {
    /// This process has it.
    Loaded(Arc<Compiled>),
    /// A file of ours, with its header.
    Body(File),
    /// Nothing, or nothing of ours.
    Absent(Origin),
}

/// The cache of machine code.
#[derive(Debug)]
pub(crate) struct CompiledCache {
    shelf: Arc<Shelf>,
    compiler: Compiler,
    identity: OnceCell<CompilerIdentity>,
    /// What somebody in this process still holds; a module that nobody holds is closed.
    loaded: Mutex<HashMap<Digest, Weak<Compiled>>>,
    /// Held while compiling: two cores gain nothing from two compilers, and the second
    /// asker finds what the first had made.
    compiling: Mutex<()>,
}

impl CompiledCache {
    pub(crate) fn open(cache: &Dir, key: MacKey, compiler: Compiler) -> Result<Self, Error> {
        let shelf = Shelf::open(cache, "compiled", key, Purpose::Compiled, FILE_BYTES_MAX)?;
        Ok(Self {
            shelf: Arc::new(shelf),
            compiler,
            identity: OnceCell::new(),
            loaded: Mutex::default(),
            compiling: Mutex::default(),
        })
    }

    /// The engine that machine code is made for. Asked of the compiler once.
    pub(crate) async fn identity(&self) -> Result<CompilerIdentity, Error> {
        self.identity.get_or_try_init(|| self.compiler.identify()).await.copied()
    }

    /// The machine code of a module, from memory, from disk, or made now.
    pub(crate) async fn load(&self, order: Order<'_>) -> Result<Arc<Compiled>, Error> {
        let identity = self.identity().await?;
        let name = name_of(&order, identity.engine)?;
        let (found, _compiling) = match self.find(&name).await? {
            Known::Loaded(compiled) => return Ok(compiled),
            Known::Body(file) => (Known::Body(file), None),
            // Somebody may have compiled it while this one waited for the turn.
            Known::Absent(_) => {
                let turn = self.compiling.lock().await;
                (self.find(&name).await?, Some(turn))
            }
        };
        let compiled = match found {
            Known::Loaded(compiled) => return Ok(compiled),
            Known::Body(file) => open(file)?,
            Known::Absent(origin) => self.compile(&order, &name, identity.engine, origin).await?,
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
        let (shelf, name) = (Arc::clone(&self.shelf), *name);
        let found = tokio::task::spawn_blocking(move || shelf.find_file(&name)).await;
        Ok(match found.map_err(|_| Error::Internal("looking for machine code failed"))? {
            Found::Body(file) => Known::Body(file),
            Found::Nothing => Known::Absent(Origin::Compiled),
            Found::Spoiled => {
                tracing::warn!(module.name = %name, "kept machine code was spoiled and is compiled again");
                Known::Absent(Origin::CacheSpoiled)
            }
        })
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
        let kept = with_header(code, header).and_then(|body| self.shelf.put(name, &body));
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

fn with_header(code: &[u8], header: &Header) -> Result<Vec<u8>, Error> {
    const FAILED: Error = Error::Internal("a header that does not encode");
    let mut body = Vec::with_capacity(code.len() + 1024);
    body.extend_from_slice(code);
    let mut body = postcard::to_extend(header, body).map_err(|_| FAILED)?;
    let length = u32::try_from(body.len().saturating_sub(code.len())).map_err(|_| FAILED)?;
    body.extend_from_slice(&length.to_le_bytes());
    Ok(body)
}

/// Takes the header off a file of ours and seals what is left.
fn open(file: File) -> Result<Compiled, Error> {
    let (header, code_bytes) =
        read_header(&file).ok_or(Error::Internal("a kept module of ours does not decode"))?;
    match header {
        Header::Compiled { asks } => {
            let sealing = |source| Error::Storage { what: "cutting a memory file", source };
            file.set_len(code_bytes).map_err(sealing)?;
            memfd::seal(&file)?;
            Ok(Compiled { code: file, asks, origin: Origin::Cache })
        }
        // It was escaped when it was kept, and escaping again changes nothing.
        Header::Refused(fault) => Err(Error::from_fault(fault)),
    }
}

fn read_header(file: &File) -> Option<(Header, u64)> {
    let end = file.metadata().ok()?.len().checked_sub(4)?;
    let mut length = [0; 4];
    file.read_exact_at(&mut length, end).ok()?;
    let length = u32::from_le_bytes(length);
    let start = end.checked_sub(u64::from(length))?;
    let mut header = vec![0; usize::try_from(length).ok()?];
    file.read_exact_at(&mut header, start).ok()?;
    Some((postcard::from_bytes(&header).ok()?, start))
}

fn check(order: &Order<'_>) -> Result<ModuleInfo, Error> {
    hivesync_component::check(order.bytes, order.world, order.grants, &order.limits).map_err(|refusal| {
        let fault = RunFault { code: refusal.code(), detail: refusal.to_string(), backtrace: Vec::new() };
        Error::from_fault(fault)
    })
}
