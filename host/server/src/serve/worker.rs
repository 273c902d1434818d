//! The worker of this process.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hivesync_http::Api;
use hivesync_jobs::WorkerId;
use hivesync_pipeline::{Keys, Preview, PreviewOptions, RestoreOptions, system_clock};
use hivesync_worker::{Settings, Worker};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::ServeError;
use crate::config::Config;
use crate::paths::{self, DataFolders, Home};
use crate::random::random;

/// How long npm may take.
const RESTORE_DEADLINE: Duration = Duration::from_secs(300);
/// The way to the API, behind its address.
const CALLBACK: &str = "/api/v1/workers/callback";

/// Starts what builds, and the worker that uses it. What builds is given back to be shut down
/// when the worker has ended.
pub(super) async fn start(
    config: &Config,
    folders: &DataFolders,
    api: &Arc<Api>,
    own_url: &str,
    (tasks, stopped): (&mut JoinSet<()>, watch::Receiver<bool>),
) -> Result<Arc<Preview>, ServeError> {
    let home = Home::find()?;
    let options = PreviewOptions {
        libexec: home.libexec(),
        guests: home.guests(),
        policies: home.policies(),
        cache: folders.cache.clone(),
        data: folders.data.clone(),
        keys: Keys::load_or_create(&folders.keys(), random)?,
        clock: system_clock(),
        threads: std::thread::available_parallelism().map_or(2, usize::from),
        keeps_images: false,
    };
    let preview = Arc::new(Preview::start(options).await.map_err(ServeError::Preview)?);
    let callback_url = config.callback_url.clone().unwrap_or_else(|| format!("{own_url}{CALLBACK}"));
    let settings = Settings {
        concurrency: config.worker_concurrency,
        previews: folders.data.join("previews"),
        callback_url,
        callback_secret: api.secrets.workers_sign.clone(),
        step_deadline: config.step_deadline,
        restore: RestoreOptions {
            allowed: true,
            deadline: RESTORE_DEADLINE,
            npm: PathBuf::from("npm"),
            environment: paths::environment(),
        },
        grace: config.grace,
    };
    let news = Arc::clone(&api.news);
    let worker = Worker {
        id: worker_id()?,
        jobs: Arc::clone(&api.jobs),
        db: api.db.clone(),
        objects: api.objects.clone(),
        preview: Arc::clone(&preview),
        settings,
        clock: Arc::clone(&api.clock),
        entropy: Arc::clone(&api.entropy),
        news: Arc::new(move |job| news.ring(job)),
    };
    tasks.spawn(hivesync_worker::run(Arc::new(worker), Arc::clone(&api.bell), stopped));
    Ok(preview)
}

/// A process that starts again is another worker.
fn worker_id() -> Result<WorkerId, ServeError> {
    let bytes = random().map_err(|error| ServeError::Random(error.kind()))?;
    Ok(WorkerId(u128::from_be_bytes(bytes.first_chunk().copied().unwrap_or_default())))
}
