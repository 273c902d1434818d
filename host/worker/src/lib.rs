//! What a worker does: it claims previews from the queue, builds them in the sandbox, puts
//! their artifacts into the object store, and reports what came of them over HTTP. Questions
//! about maps it answers in the same way, and so it runs pipelines; their end it writes itself,
//! under its claim.
//!
//! When to claim, to give a sign of life and to stop is decided by
//! [`hivesync_jobs::WorkerCore`]; here it is done. What the user's code did wrong is reported
//! and ends the job; what this host did wrong lets it be tried again.
//!
//! What this crate does not do: decide who may ask for a preview, or end one in the tables by
//! itself. The API believes a report only after it has looked for the artifacts.
//!
//! **Invariant:** a job ends by a word of the worker that has its newest claim, and everything of it on this
//! machine is gone when its work is over or given up.

mod build;
mod callback;
mod cleanup;
mod counts;
mod docs;
mod driver;
mod forge;
mod heartbeat;
mod map;
mod patience;
mod posts;
mod progress;
mod report;
mod runs;
mod spaces;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hivesync_access::Secret;
use hivesync_jobs::{WorkerClass, WorkerId};
use hivesync_pipeline::{Maps, Preview, RestoreOptions};
use hivesync_storage::{Database, Fleet, JobStore, Objects};
use hivesync_types::Tiers;
use jiff::Timestamp;

pub use callback::{Callback, CallbackError};
pub use cleanup::{Cleanup, CleanupSettings, Removed, Scope, clean};
pub use driver::run;
pub use forge::{Forge, ForgeError, ForgeToken};
pub use heartbeat::{Presence, Tally};
pub use runs::Runs;

/// The queues whose jobs this program knows how to do.
pub const QUEUES: [&str; 5] = ["preview_build", "map_jobs", "pipeline_jobs", "ai_jobs", "gpu_ai_jobs"];

/// What a worker has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Processors.
    Cpu,
    /// A GPU too.
    Gpu,
}

impl Kind {
    /// As tables and metrics name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
        }
    }

    const fn class(self) -> WorkerClass {
        match self {
            Self::Cpu => WorkerClass::Cpu,
            Self::Gpu => WorkerClass::Gpu,
        }
    }
}

/// Everything a worker works with.
pub struct Worker {
    /// This process: another one at every start.
    pub id: WorkerId,
    /// The queue.
    pub jobs: Arc<JobStore>,
    /// The tables.
    pub db: Database,
    /// The object store.
    pub objects: Objects,
    /// What processes share through Redis, where there is one.
    pub fleet: Option<Fleet>,
    /// What it did lately.
    pub tally: Arc<Tally>,
    /// What builds.
    pub preview: Arc<Preview>,
    /// What makes maps, in the same sandbox.
    pub maps: Maps,
    /// What runs pipelines, there too.
    pub runs: Runs,
    /// What an operator set.
    pub settings: Settings,
    /// The time.
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Random bytes.
    pub entropy: Arc<dyn Fn() -> std::io::Result<[u8; 32]> + Send + Sync>,
    /// Rings for those of this process who wait for news of a job.
    pub news: Arc<dyn Fn(&str) + Send + Sync>,
}

/// What an operator set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The machine's name: a label.
    pub name: String,
    /// What this worker has.
    pub kind: Kind,
    /// The queues it serves, each of [`QUEUES`].
    pub queues: Vec<String>,
    /// Jobs at one time.
    pub concurrency: usize,
    /// Where jobs have their folders.
    pub previews: PathBuf,
    /// Where reports go.
    pub callback: Callback,
    /// Signs them.
    pub callback_secret: Secret,
    /// A deadline of the sandboxed step below the policy's.
    pub step_deadline: Duration,
    /// What each tier allows.
    pub tiers: Tiers,
    /// How missing packages are restored.
    pub restore: RestoreOptions,
    /// How long jobs that run may take after the word to stop.
    pub grace: Duration,
}
