//! What every handler has at hand.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hivesync_access::{KeyRing, Secret, TokenSecrets};
use hivesync_jobs::Moment;
use hivesync_reachability::{Answers, Probe};
use hivesync_storage::sql::moment_of;
use hivesync_storage::{Database, Fleet, JobStore, Limiter, Objects};
use hivesync_types::Tiers;
use ipnet::IpNet;
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::autoscale::Scaling;
use crate::handlers::billing::Billing;
use crate::metrics::Metrics;
use crate::news::News;

/// Tells the time of day.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;
/// Gives random bytes; it fails when the system has none.
pub type Entropy = Arc<dyn Fn() -> std::io::Result<[u8; 32]> + Send + Sync>;

/// Password hashes that are computed at one time: each takes 19 MiB and a core.
pub(crate) const HASHES_AT_ONCE: usize = 2;

/// Uploads that are held in memory at one time.
const UPLOADS_AT_ONCE: usize = 2;

/// The secrets of the API. None of them is shown by `Debug`.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// Signs the access tokens of people.
    pub session: Secret,
    /// Sign preview tokens.
    pub tokens: TokenSecrets,
    /// Sign what workers say.
    pub workers: KeyRing,
    /// The one of them with which the workers of this process sign.
    pub workers_sign: Secret,
    /// SHA-256 of the operator's token, in hex; none where nobody is one.
    pub operator: Option<String>,
    /// Signs what the payment provider says; none where nothing is sold.
    pub billing: Option<Secret>,
    /// Sign what services say of clips and posts; none where nobody makes posts.
    pub content: Option<KeyRing>,
    /// Signs what the forge says of repositories; none where it says nothing.
    pub forge: Option<Secret>,
}

/// What an operator may set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where clients reach the API, without a slash at the end.
    pub base_url: String,
    /// How long a preview token is good.
    pub token_ttl: Duration,
    /// How long a refresh token is good.
    pub refresh_ttl: Duration,
    /// How long artifacts are kept.
    pub artifact_ttl: Duration,
    /// What each tier allows.
    pub tiers: Tiers,
    /// What is sold.
    pub billing: Billing,
    /// Proxies whose word on where a request comes from counts.
    pub trusted_proxies: Vec<IpNet>,
    /// How many workers there should be.
    pub scaling: Scaling,
    /// Where repositories are, each in a folder with its project's id. Nothing in it is written.
    pub repositories: PathBuf,
    /// Where a folder may be made for a moment.
    pub scratch: PathBuf,
}

/// Everything a handler works with.
pub struct Api {
    /// The tables.
    pub db: Database,
    /// The queue.
    pub jobs: Arc<JobStore>,
    /// The object store.
    pub objects: Objects,
    /// What the processes of a fleet share through Redis, where there is one.
    pub fleet: Option<Fleet>,
    /// What this process counts.
    pub metrics: Metrics,
    /// The secrets.
    pub secrets: Secrets,
    /// What an operator set.
    pub settings: Settings,
    /// Asks addresses of projects; none where nobody switched it on.
    pub probe: Option<Probe>,
    /// What addresses of projects answered lately.
    pub answers: Mutex<Answers>,
    /// Writes a map as a page to look at, with what people did in previews as a list in JSON, and with
    /// an older map to compare it with.
    pub map_page: fn(&[u8], &str, Option<&[u8]>) -> String,
    /// Counts requests: for this process alone, or for a fleet.
    pub limiter: Limiter,
    /// The time.
    pub clock: Clock,
    /// Random bytes.
    pub entropy: Entropy,
    /// A place for each password hash that is computed.
    pub hashing: Arc<Semaphore>,
    /// A place for each upload that is held in memory.
    pub uploading: Semaphore,
    /// Requests that are done to their end, whether or not somebody waits for the answer.
    pub begun: TaskTracker,
    /// Rings for those who wait for news of a job.
    pub news: Arc<News>,
}

impl Api {
    /// Brings the parts together.
    pub fn new(
        (db, jobs, objects): (Database, Arc<JobStore>, Objects),
        (fleet, limiter): (Option<Fleet>, Limiter),
        (secrets, settings): (Secrets, Settings),
        (clock, entropy): (Clock, Entropy),
    ) -> Self {
        let hashing = Arc::new(Semaphore::new(HASHES_AT_ONCE));
        Self {
            db,
            jobs,
            objects,
            fleet,
            metrics: Metrics::default(),
            limiter,
            secrets,
            settings,
            probe: None,
            map_page: |_, _, _| String::new(),
            answers: Mutex::default(),
            clock,
            entropy,
            hashing,
            uploading: Semaphore::new(UPLOADS_AT_ONCE),
            begun: TaskTracker::new(),
            news: Arc::default(),
        }
    }

    /// There is news of a job.
    pub(crate) fn ring(&self, job_id: &str) {
        self.news.ring(job_id);
    }

    /// The time as tokens and signatures count it.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The time as the tables count it.
    pub(crate) fn moment(&self) -> Moment {
        moment_of(self.now())
    }
}
