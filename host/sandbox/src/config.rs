//! What a backend decides when it starts a sandbox.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ed25519_dalek::SigningKey;

use crate::mac::MacKey;

/// Tells the time of day. Passed in, so that a test decides what time it is.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// How a sandbox is set up. [`SandboxConfig::new`] gives every figure a default.
#[derive(Clone)]
pub struct SandboxConfig {
    /// The folder with `hivesync-runner` and `hivesync-compiler`.
    pub executables: PathBuf,
    /// The folder for compiled modules and kept transforms. Losing it costs time only.
    pub cache: PathBuf,
    /// The folder for the audit record. Losing it loses history.
    pub data: PathBuf,
    /// Under which compiled modules and kept transforms are known again.
    pub cache_key: MacKey,
    /// Signs the audit record.
    pub audit_key: SigningKey,
    /// Tells the time of day.
    pub clock: Clock,
    /// Cores that pure runs may keep busy at one time.
    pub parallel: usize,
    /// Runners that wait behind their walls at any time.
    pub pool: usize,
    /// Runs at one time.
    pub runs_max: usize,
    /// Runs that may wait for their turn; one more is refused with `host.overloaded`.
    pub queue_max: usize,
    /// Bytes of kept transforms on disk; beyond them the oldest are removed.
    pub memo_disk_bytes: u64,
    /// Bytes of kept transforms in memory.
    pub memo_memory_bytes: usize,
    /// Runners may stand behind fewer walls than there are; each run's policy still
    /// decides whether it bears that.
    pub allow_degraded: bool,
}

impl SandboxConfig {
    /// The defaults: two cores for pure runs, four waiting runners, two runs at a
    /// time and 64 waiting, 4 GiB of kept transforms on disk and 256 MiB in
    /// memory, no wall missing.
    pub fn new(
        executables: PathBuf,
        cache: PathBuf,
        data: PathBuf,
        cache_key: MacKey,
        audit_key: SigningKey,
        clock: Clock,
    ) -> Self {
        Self {
            executables,
            cache,
            data,
            cache_key,
            audit_key,
            clock,
            parallel: 2,
            pool: 4,
            runs_max: 2,
            queue_max: 64,
            memo_disk_bytes: 4 << 30,
            memo_memory_bytes: 256 << 20,
            allow_degraded: false,
        }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        let since = (self.clock)().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

impl fmt::Debug for SandboxConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxConfig")
            .field("executables", &self.executables)
            .field("cache", &self.cache)
            .field("data", &self.data)
            .field("parallel", &self.parallel)
            .field("pool", &self.pool)
            .field("runs_max", &self.runs_max)
            .field("queue_max", &self.queue_max)
            .field("allow_degraded", &self.allow_degraded)
            .finish_non_exhaustive()
    }
}
