//! `worker`: what builds for a fleet, without an API, on any machine.
//!
//! It needs the fleet's database, its bucket and the address at which it reports, and knows no
//! secret but the one that signs its reports.

use std::sync::Arc;

use hivesync_storage::{Links, ServerId};
use hivesync_worker::{Kind, Scope, clean};
use tokio::sync::watch;

use super::{Parts, ServeError, make_folders, parts, secrets, worker};
use crate::config::Config;
use crate::interrupt::Interrupt;
use crate::paths::DataFolders;
use crate::progress::print_quietly;

/// Works until it is told to stop.
pub(crate) async fn work(
    config: &Config,
    folders: &DataFolders,
    (kind, queues): (Kind, Vec<String>),
) -> Result<(), ServeError> {
    let mut interrupt = Interrupt::listen().map_err(|error| ServeError::Signals(error.kind()))?;
    config.check_worker()?;
    let secret = secrets::of_reports(config)?;
    make_folders(folders)?;
    // A bucket makes its own links.
    let links = Links { base_url: String::new(), secrets: Vec::new() };
    let mut parts = Parts::open(config, folders, links).await?;
    let served = queues.join(", ");
    let (worker, preview) = worker::by_itself(config, folders, &parts, (secret, kind, queues)).await?;
    let (id, (stop, stopped)) = (ServerId(worker.id.0), watch::channel(false));
    print_quietly(&format!("worker {id} serves {served}\n"));
    let folders_of_jobs = parts::cleanup(config, folders, (parts.db.clone(), parts.objects.clone()));
    let cleaning = tokio::spawn(clean(folders_of_jobs, Scope::Machine, stopped.clone()));
    let running = tokio::spawn(hivesync_worker::run(Arc::new(worker), stopped));
    interrupt.heard().await;
    tracing::info!("stopping");
    // Nobody listens any more when it has ended.
    let _ = stop.send(true);
    for task in [running, cleaning] {
        if let Err(error) = task.await {
            tracing::error!(%error, "a part of the worker ended early");
        }
    }
    if let Some(preview) = Arc::into_inner(preview) {
        preview.shutdown().await;
    }
    drop(parts.doorbell.take());
    parts::close(Some(parts.jobs), &parts.db).await;
    Ok(())
}

/// Cleans up until it is told to stop; another process of the fleet may have the turn meanwhile.
pub(crate) async fn clean_up(config: &Config, folders: &DataFolders) -> Result<(), ServeError> {
    let mut interrupt = Interrupt::listen().map_err(|error| ServeError::Signals(error.kind()))?;
    config.check_cleaner()?;
    make_folders(folders)?;
    let links = Links { base_url: String::new(), secrets: Vec::new() };
    let mut parts = Parts::open(config, folders, links).await?;
    let presence = worker::cleaner(&parts)?;
    let (stop, stopped) = watch::channel(false);
    print_quietly(&format!("worker {} serves cleanup\n", ServerId(presence.id.0)));
    let cleanup = parts::cleanup(config, folders, (parts.db.clone(), parts.objects.clone()));
    let tasks =
        [tokio::spawn(clean(cleanup, Scope::Fleet, stopped.clone())), tokio::spawn(presence.keep(stopped))];
    interrupt.heard().await;
    // Nobody listens any more when all have ended.
    let _ = stop.send(true);
    for task in tasks {
        if let Err(error) = task.await {
            tracing::error!(%error, "a part of the cleanup ended early");
        }
    }
    drop(parts.doorbell.take());
    parts::close(Some(parts.jobs), &parts.db).await;
    Ok(())
}
