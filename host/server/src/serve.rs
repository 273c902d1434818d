//! `serve`: everything is brought together, runs until SIGTERM or Ctrl-C, and is taken apart
//! in the opposite order.

mod listen;
mod secrets;

use std::fs::{self, File};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use hivesync_http::{Api, Settings, router};
use hivesync_storage::{Database, JobStore, StorageError};
use rustix::fs::{FlockOperation, flock};
use tokio::net::TcpListener;

use crate::config::Config;
use crate::interrupt::Interrupt;
use crate::paths::DataFolders;
use crate::progress::print_quietly;

/// The tables and the queue.
const DATABASE: &str = "hivesync.db";
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
    Secret(#[from] secrets::SecretError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("{address} cannot be listened on: {reason}")]
    Listen { address: SocketAddr, reason: io::ErrorKind },
    #[error("signals cannot be heard: {0}")]
    Signals(io::ErrorKind),
}

/// Serves until it is told to stop.
pub(crate) async fn run(config: &Config, folders: &DataFolders) -> Result<(), ServeError> {
    let mut interrupt = Interrupt::listen().map_err(|error| ServeError::Signals(error.kind()))?;
    make_folders(folders)?;
    let _lock = lock(folders)?;
    let secrets = secrets::load(config, &folders.keys(), random)?;
    let file = folders.data.join(DATABASE);
    let jobs = Arc::new(JobStore::open(&file).await?);
    let db = Database::open_file(&file).await?;
    let address = SocketAddr::new(config.listen, config.port);
    let cannot = |error: io::Error| ServeError::Listen { address, reason: error.kind() };
    let listener = TcpListener::bind(address).await.map_err(cannot)?;
    let own_url = format!("http://{}", listener.local_addr().map_err(cannot)?);
    let settings = Settings {
        base_url: config.base_url.clone().unwrap_or_else(|| own_url.clone()),
        token_ttl: config.token_ttl,
        refresh_ttl: config.refresh_ttl,
        artifact_ttl: config.bundle_ttl,
        tmp: folders.data.join("tmp"),
    };
    let clock = Arc::new(jiff::Timestamp::now);
    let api =
        Arc::new(Api::new(db.clone(), Arc::clone(&jobs), (secrets, settings), (clock, Arc::new(random))));
    print_quietly(&format!("listening on {own_url}\n"));
    listen::listen(listener, router(api), (config.connections, config.grace), interrupt.heard()).await;
    tracing::info!("the last request was answered");
    db.close().await;
    // A connection that was cut off may still hold the queue; its writer ends with the runtime.
    if let Some(jobs) = Arc::into_inner(jobs) {
        jobs.close().await;
    }
    Ok(())
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

/// Random bytes of the kernel.
fn random() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    // Up to 256 bytes come whole.
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())?;
    Ok(bytes)
}
