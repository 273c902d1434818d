//! A look at a fleet, or at this machine's server, from outside.
//!
//! **Invariant:** nothing is made, brought up to date or changed by looking.

use hivesync_http::Vitals;
use hivesync_storage::sql::moment_of;
use hivesync_storage::{Database, Links, Objects, StorageError};

use super::ServeError;
use super::parts::{self, DATABASE};
use crate::config::{Config, SecretText};
use crate::paths::DataFolders;

/// How everything is now.
pub(crate) async fn look(config: &Config, folders: &DataFolders) -> Result<Vitals, ServeError> {
    let fleet = parts::fleet(config)?;
    let address = config.database.address()?;
    let db = match address.as_ref().and_then(SecretText::text) {
        Some(url) => Database::look_at_postgres(url).await,
        None => Database::look_at_file(&folders.data.join(DATABASE)).await,
    };
    let at = moment_of(jiff::Timestamp::now());
    let objects = objects(config, folders).await?;
    let vitals = match (db, objects) {
        (Ok(db), Ok(objects)) => {
            let vitals = Vitals::look(&db, fleet.as_ref(), &objects, at).await;
            db.close().await;
            vitals
        }
        (db, objects) => {
            let redis = match &fleet {
                Some(fleet) => Some(fleet.check().await),
                None => None,
            };
            let database = match &db {
                Ok(db) => db.ping().await,
                Err(error) => Err(error.clone()),
            };
            let objects = match objects {
                Ok(objects) => objects.check().await,
                Err(error) => Err(error),
            };
            Vitals { database, redis, objects, queues: Vec::new(), workers: Vec::new(), at }
        }
    };
    Ok(vitals)
}

/// The object store; a folder that is not there is one that does not answer.
async fn objects(
    config: &Config,
    folders: &DataFolders,
) -> Result<Result<Objects, StorageError>, ServeError> {
    if let Some(bucket) = config.objects.bucket()? {
        return Ok(Ok(Objects::bucket(&bucket)));
    }
    let folder = folders.data.join("objects");
    if !folder.is_dir() {
        let (what, detail) = ("looking for its folder", "there is none".to_owned());
        return Ok(Err(StorageError::Objects { what, detail }));
    }
    Ok(Objects::directory(&folder, Links { base_url: String::new(), secrets: Vec::new() }).await)
}
