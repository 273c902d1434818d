//! The tables, brought to the newest shape when a database is opened.

use std::borrow::Cow;

use sqlx::SqliteConnection;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::error::StorageError;

macro_rules! migrations {
    ($($version:literal $description:literal $file:literal;)*) => {
        fn migrations() -> Vec<Migration> {
            vec![$(Migration::new(
                $version,
                Cow::Borrowed($description),
                MigrationType::Simple,
                sqlx::SqlStr::from_static(include_str!(concat!("../../../migrations/sqlite/", $file))),
                false,
            )),*]
        }
    };
}

migrations! {
    1 "jobs" "0001_jobs.sql";
    2 "accounts" "0002_accounts.sql";
    3 "projects" "0003_projects.sql";
    4 "previews" "0004_previews.sql";
}

/// Runs what has not run yet. A database that a newer program has changed is refused.
pub(crate) async fn migrate(connection: &mut SqliteConnection) -> Result<(), StorageError> {
    let migrator = Migrator::with_migrations(migrations());
    let migrated = migrator.run_direct(None, connection, false).await;
    migrated.map_err(|error| StorageError::Database { what: "migrating", detail: error.to_string() })
}
