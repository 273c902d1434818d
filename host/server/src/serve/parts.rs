//! What the processes of a fleet share, as one of them holds it: tables, queue, objects, Redis.

use std::sync::Arc;
use std::time::Instant;

use hivesync_storage::sql::moment_of;
use hivesync_storage::{Clock, Database, Doorbell, Fleet, JobStore, Links, Objects, Steady};
use hivesync_worker::Cleanup;

use super::ServeError;
use crate::config::{Config, SecretText};
use crate::paths::DataFolders;

/// The tables and the queue of a machine alone.
pub(super) const DATABASE: &str = "hivesync.db";

/// All of it.
pub(super) struct Parts {
    pub(super) jobs: Arc<JobStore>,
    pub(super) db: Database,
    pub(super) objects: Objects,
    pub(super) fleet: Option<Fleet>,
    /// Rings for the other processes, as long as it is held.
    pub(super) doorbell: Option<Doorbell>,
}

impl Parts {
    /// Opens what the configuration names, and folders of this machine for the rest.
    pub(super) async fn open(
        config: &Config,
        folders: &DataFolders,
        links: Links,
    ) -> Result<Self, ServeError> {
        let (jobs, db) = tables(config, folders).await?;
        let objects = match config.objects.bucket()? {
            Some(bucket) => Objects::bucket(&bucket),
            None => Objects::directory(&folders.data.join("objects"), links).await?,
        };
        let fleet = fleet(config)?;
        let doorbell = fleet.as_ref().map(|fleet| Doorbell::tie(fleet, jobs.bell()));
        Ok(Self { jobs: Arc::new(jobs), db, objects, fleet, doorbell })
    }
}

/// Redis, where there is one.
pub(super) fn fleet(config: &Config) -> Result<Option<Fleet>, ServeError> {
    let address = config.redis.address()?;
    let Some(url) = address.as_ref().and_then(SecretText::text) else { return Ok(None) };
    Ok(Some(match config.redis.ca()? {
        Some(ca) => Fleet::trusting(url, ca)?,
        None => Fleet::new(url)?,
    }))
}

/// What cleans up: this machine's folders, and in its turn what all share.
pub(super) fn cleanup(config: &Config, folders: &DataFolders, (db, objects): (Database, Objects)) -> Cleanup {
    Cleanup {
        db,
        objects,
        data: folders.data.clone(),
        settings: config.cleanup.clone(),
        clock: Arc::new(jiff::Timestamp::now),
    }
}

/// The queue and the tables: in the PostgreSQL of a fleet, or in a file of this machine.
async fn tables(config: &Config, folders: &DataFolders) -> Result<(JobStore, Database), ServeError> {
    let address = config.database.address()?;
    Ok(match address.as_ref().and_then(SecretText::text) {
        Some(url) => (JobStore::postgres(url, Clock::Database).await?, Database::open_postgres(url).await?),
        None => {
            let file = folders.data.join(DATABASE);
            let db = Database::open_file(&file).await?;
            (JobStore::beside(&file, &db, steady()).await?, db)
        }
    })
}

/// The time of a machine alone, whose clock may be set.
fn steady() -> Steady {
    let begun = Instant::now();
    Steady::new(moment_of(jiff::Timestamp::now()), move || begun.elapsed())
}

/// Closes the tables and the queue, once nobody uses them any more.
pub(super) async fn close(jobs: Option<Arc<JobStore>>, db: &Database) {
    db.close().await;
    // A connection that was cut off may still hold the queue; its writer ends with the runtime.
    if let Some(jobs) = jobs.and_then(Arc::into_inner) {
        jobs.close().await;
    }
}
