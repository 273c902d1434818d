//! `serve`: everything is brought together, runs until SIGTERM or Ctrl-C, and is taken apart
//! in the opposite order.

mod alone;
mod listen;
mod look;
mod parts;
mod secrets;
mod worker;

use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use hivesync_http::{Api, Postman, Secrets, Settings, deliver, report_advice, router, upkeep};
use hivesync_pipeline::{BuildError, KeyError};
use hivesync_reachability::{Courier, Probe, TlsError};
use hivesync_storage::{Limiter, Links, StorageError};
use hivesync_worker::{CallbackError, Scope, clean};
use rustix::fs::{FlockOperation, flock};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;

use crate::config::{Config, ConfigError};
use crate::interrupt::Interrupt;
use crate::paths::{DataFolders, PathsError};
use crate::progress::print_quietly;
use crate::random::random;
pub(crate) use alone::{clean_up, work};
pub(crate) use look::look;
use parts::Parts;

/// Held by the one program that has the folder.
const LOCK: &str = "serve.lock";

/// What keeps `serve` from running.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error("{path} cannot be made: {reason}")]
    Folder { path: PathBuf, reason: io::ErrorKind },
    #[error("another hivesync serve has {0}")]
    Taken(PathBuf),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Secret(#[from] secrets::SecretError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("{address} cannot be listened on: {reason}")]
    Listen { address: SocketAddr, reason: io::ErrorKind },
    #[error(transparent)]
    Paths(#[from] PathsError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("there are no random bytes: {0}")]
    Random(io::ErrorKind),
    #[error("what builds cannot be started: {0}")]
    Preview(BuildError),
    #[error("signals cannot be heard: {0}")]
    Signals(io::ErrorKind),
    #[error(transparent)]
    Callback(#[from] CallbackError),
}

/// Serves until it is told to stop.
pub(crate) async fn run(config: &Config, folders: &DataFolders) -> Result<(), ServeError> {
    let mut interrupt = Interrupt::listen().map_err(|error| ServeError::Signals(error.kind()))?;
    config.check_node()?;
    make_folders(folders)?;
    let _lock = lock(folders)?;
    let secrets = secrets::load(config, &folders.keys(), random)?;
    let address = SocketAddr::new(config.listen, config.port);
    let cannot = |error: io::Error| ServeError::Listen { address, reason: error.kind() };
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let own_url = format!("http://{}", listener.local_addr().map_err(cannot)?);
    let base_url = config.base_url.clone().unwrap_or_else(|| own_url.clone());
    let links =
        Links { base_url: format!("{base_url}/objects"), secrets: vec![secrets.tokens.current.clone()] };
    let mut parts = Parts::open(config, folders, links).await?;
    let doorbell = parts.doorbell.take();
    let api = Arc::new(api(config, folders, (secrets, parts), base_url)?);
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    tasks.spawn(upkeep(Arc::clone(&api), stopped.clone()));
    tasks.spawn(report_advice(Arc::clone(&api), stopped.clone()));
    tasks.spawn(call_webhooks(Arc::clone(&api), stopped.clone()));
    let cleanup = parts::cleanup(config, folders, (api.db.clone(), api.objects.clone()));
    tasks.spawn(clean(cleanup, Scope::Fleet, stopped.clone()));
    let preview = match config.worker_concurrency {
        0 => None,
        _ => {
            let (worker, preview) = worker::of_node(config, folders, &api, &own_url).await?;
            tasks.spawn(hivesync_worker::run(Arc::new(worker), stopped));
            Some(preview)
        }
    };
    print_quietly(&format!("listening on {own_url}\n"));
    let limits = (config.connections, config.grace);
    // Workers report over HTTP: while they end what they do, requests are answered.
    let (answered, quiet) = oneshot::channel::<()>();
    let news = Arc::clone(&api.news);
    let stopping = async {
        interrupt.heard().await;
        tracing::info!("stopping");
        // Nobody listens any more when all tasks have ended.
        let _ = stop.send(true);
        tasks.join_all().await;
        news.end();
        drop(answered);
    };
    tokio::join!(
        stopping,
        listen::listen(listener, router(Arc::clone(&api)), limits, async {
            // Dropped, never sent.
            let _ = quiet.await;
        })
    );
    api.begun.close();
    if tokio::time::timeout(config.grace, api.begun.wait()).await.is_err() {
        tracing::warn!("requests that nobody waits for any more were cut off after the grace");
    }
    if let Some(preview) = preview.and_then(Arc::into_inner) {
        preview.shutdown().await;
    }
    drop(doorbell);
    let db = api.db.clone();
    parts::close(Arc::into_inner(api).map(|api| api.jobs), &db).await;
    Ok(())
}

/// Tells those who want to be told, as long as this machine trusts anybody.
async fn call_webhooks(api: Arc<Api>, stopped: watch::Receiver<bool>) {
    // Reading certificates takes a while, and nobody waits for it.
    let courier = match tokio::task::spawn_blocking(Courier::new).await {
        Ok(Ok(courier)) => courier,
        Ok(Err(error)) => return tracing::warn!(%error, "no webhook is called"),
        Err(error) => return tracing::error!(%error, "no webhook is called"),
    };
    let postman = Postman {
        db: api.db.clone(),
        courier,
        secret: api.secrets.session.clone(),
        clock: Arc::clone(&api.clock),
        news: Arc::clone(&api.news),
    };
    // What is shared is let go first: the parts are taken apart when nobody has them.
    drop(api);
    deliver(Arc::new(postman), stopped).await;
}

/// What the API is made of.
fn api(
    config: &Config,
    folders: &DataFolders,
    (secrets, parts): (Secrets, Parts),
    base_url: String,
) -> Result<Api, ServeError> {
    let limiter = Limiter::new(parts.fleet.clone(), config.redis.processes());
    let settings = Settings {
        base_url,
        token_ttl: config.token_ttl,
        refresh_ttl: config.refresh_ttl,
        artifact_ttl: config.bundle_ttl,
        tiers: config.tiers,
        billing: config.billing.sold(),
        trusted_proxies: config.trusted_proxies.clone(),
        scaling: config.scaling.clone(),
        repositories: folders.data.join("repos"),
        scratch: folders.data.join("tmp"),
    };
    let clock = Arc::new(jiff::Timestamp::now);
    let mut api = Api::new(
        (parts.db, parts.jobs, parts.objects),
        (parts.fleet, limiter),
        (secrets, settings),
        (clock, Arc::new(random)),
    );
    api.probe = config.reachability.map(Probe::new).transpose()?;
    api.map_page = hivesync_pipeline::map_page;
    Ok(api)
}

fn make_folders(folders: &DataFolders) -> Result<(), ServeError> {
    let names = ["repos", "previews", "tmp", "logs", "keys"];
    let all = names.iter().map(|name| folders.data.join(name)).chain([folders.cache.clone()]);
    for path in all {
        fs::create_dir_all(&path).map_err(|error| ServeError::Folder { path, reason: error.kind() })?;
    }
    Ok(())
}

/// One program has the folder at a time: so migrations run under a lock, and no queue is
/// swept twice.
fn lock(folders: &DataFolders) -> Result<File, ServeError> {
    let path = folders.data.join(LOCK);
    let file = File::create(&path)
        .map_err(|error| ServeError::Folder { path: path.clone(), reason: error.kind() })?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)
        .map_err(|_| ServeError::Taken(folders.data.clone()))?;
    Ok(file)
}
