//! Workers: the one of a node, and one by itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hivesync_access::Secret;
use hivesync_http::Api;
use hivesync_jobs::WorkerId;
use hivesync_pipeline::{Keys, Maps, Preview, PreviewOptions, RestoreOptions, Shelf, system_clock};
use hivesync_worker::{Callback, Kind, Presence, QUEUES, Runs, Settings, Worker};

use super::{Parts, ServeError};
use crate::config::Config;
use crate::paths::{self, DataFolders, Home};
use crate::random::random;

/// How long npm may take.
const RESTORE_DEADLINE: Duration = Duration::from_secs(300);
/// The way to the API, behind its address.
const CALLBACK: &str = "/api/v1/workers/callback";

/// The worker of a process that answers too, and what it builds with, which is to be shut down
/// when the worker has ended.
pub(super) async fn of_node(
    config: &Config,
    folders: &DataFolders,
    api: &Arc<Api>,
    own_url: &str,
) -> Result<(Worker, Arc<Preview>), ServeError> {
    let callback_url = config.callback_url.clone().unwrap_or_else(|| format!("{own_url}{CALLBACK}"));
    let queues = QUEUES.map(str::to_owned).to_vec();
    let secret = api.secrets.workers_sign.clone();
    let settings = settings(config, folders, (&callback_url, secret), (Kind::Cpu, queues))?;
    let (preview, news) = (preview(folders).await?, Arc::clone(&api.news));
    let worker = Worker {
        id: worker_id()?,
        jobs: Arc::clone(&api.jobs),
        db: api.db.clone(),
        objects: api.objects.clone(),
        fleet: api.fleet.clone(),
        tally: Arc::default(),
        maps: Maps::beside(&preview, config.step_deadline),
        runs: runs(config, &preview)?,
        preview: Arc::clone(&preview),
        settings,
        clock: Arc::clone(&api.clock),
        entropy: Arc::clone(&api.entropy),
        news: Arc::new(move |job| news.ring(job)),
    };
    Ok((worker, preview))
}

/// A worker of a process that does nothing else.
pub(super) async fn by_itself(
    config: &Config,
    folders: &DataFolders,
    parts: &Parts,
    (secret, kind, queues): (Secret, Kind, Vec<String>),
) -> Result<(Worker, Arc<Preview>), ServeError> {
    let callback_url = config.callback_url.clone().unwrap_or_default();
    let settings = settings(config, folders, (&callback_url, secret), (kind, queues))?;
    let preview = preview(folders).await?;
    let worker = Worker {
        id: worker_id()?,
        jobs: Arc::clone(&parts.jobs),
        db: parts.db.clone(),
        objects: parts.objects.clone(),
        fleet: parts.fleet.clone(),
        tally: Arc::default(),
        maps: Maps::beside(&preview, config.step_deadline),
        runs: runs(config, &preview)?,
        preview: Arc::clone(&preview),
        settings,
        clock: Arc::new(jiff::Timestamp::now),
        entropy: Arc::new(random),
        // Those who wait for news are elsewhere, and look into the tables.
        news: Arc::new(|_| ()),
    };
    Ok((worker, preview))
}

fn runs(config: &Config, preview: &Preview) -> Result<Runs, ServeError> {
    Ok(Runs {
        shelf: Shelf::beside(preview, config.models.pipelines().map(PathBuf::from)),
        models: config.models.models()?,
        tokens_of_all: config.models.tokens_a_day(),
        tokens_of_service: config.content.tokens_a_day.into(),
        forge: config.content.forge()?,
    })
}

async fn preview(folders: &DataFolders) -> Result<Arc<Preview>, ServeError> {
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
    Ok(Arc::new(Preview::start(options).await.map_err(ServeError::Preview)?))
}

fn settings(
    config: &Config,
    folders: &DataFolders,
    (callback_url, callback_secret): (&str, Secret),
    (kind, queues): (Kind, Vec<String>),
) -> Result<Settings, ServeError> {
    Ok(Settings {
        name: name(),
        kind,
        queues,
        concurrency: config.worker_concurrency,
        previews: folders.data.join("previews"),
        callback: Callback::new(callback_url)?,
        callback_secret,
        step_deadline: config.step_deadline,
        tiers: config.tiers,
        restore: RestoreOptions {
            allowed: true,
            deadline: RESTORE_DEADLINE,
            npm: PathBuf::from("npm"),
            environment: paths::environment(),
        },
        grace: config.grace,
    })
}

/// A worker of the fleet that does no jobs, as the fleet sees it.
pub(super) fn cleaner(parts: &Parts) -> Result<Presence, ServeError> {
    Ok(Presence {
        id: worker_id()?,
        name: name(),
        kind: "cleanup",
        queues: vec!["cleanup".to_owned()],
        concurrency: 1,
        db: parts.db.clone(),
        fleet: parts.fleet.clone(),
        clock: Arc::new(jiff::Timestamp::now),
        tally: Arc::default(),
        preview: None,
    })
}

/// The machine's name.
fn name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// A process that starts again is another worker.
fn worker_id() -> Result<WorkerId, ServeError> {
    let bytes = random().map_err(|error| ServeError::Random(error.kind()))?;
    Ok(WorkerId(u128::from_be_bytes(bytes.first_chunk().copied().unwrap_or_default())))
}
