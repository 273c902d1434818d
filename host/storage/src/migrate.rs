//! The tables, brought to the newest shape when a database is opened.

use std::borrow::Cow;

use sqlx::migrate::{Migrate, Migration, MigrationType, Migrator};
use sqlx::{PgConnection, SqliteConnection};

use crate::error::StorageError;

macro_rules! migrations {
    ($name:ident $folder:literal: $($version:literal $description:literal $file:literal;)*) => {
        fn $name() -> Vec<Migration> {
            vec![$(Migration::new(
                $version,
                Cow::Borrowed($description),
                MigrationType::Simple,
                sqlx::SqlStr::from_static(include_str!(concat!("../../../migrations/", $folder, "/", $file))),
                false,
            )),*]
        }
    };
}

migrations! { sqlite "sqlite":
    1 "jobs" "0001_jobs.sql";
    2 "accounts" "0002_accounts.sql";
    3 "projects" "0003_projects.sql";
    4 "previews" "0004_previews.sql";
    5 "eventflow" "0005_eventflow.sql";
    6 "workers" "0006_workers.sql";
    7 "idempotent calls" "0007_idempotent_calls.sql";
    8 "teams" "0008_teams.sql";
    9 "billing" "0009_billing.sql";
    10 "pipelines" "0010_pipelines.sql";
    11 "content" "0011_content.sql";
    12 "spaces" "0012_spaces.sql";
    13 "maps" "0013_maps.sql";
    14 "step runs" "0014_step_runs.sql";
    15 "run ends" "0015_run_ends.sql";
}

migrations! { postgres "postgres":
    1 "jobs" "0001_jobs.sql";
    2 "accounts" "0002_accounts.sql";
    3 "projects" "0003_projects.sql";
    4 "previews" "0004_previews.sql";
    5 "eventflow" "0005_eventflow.sql";
    6 "workers" "0006_workers.sql";
    7 "idempotent calls" "0007_idempotent_calls.sql";
    8 "teams" "0008_teams.sql";
    9 "billing" "0009_billing.sql";
    10 "pipelines" "0010_pipelines.sql";
    11 "content" "0011_content.sql";
    12 "spaces" "0012_spaces.sql";
    13 "maps" "0013_maps.sql";
    14 "step runs" "0014_step_runs.sql";
    15 "run ends" "0015_run_ends.sql";
}

/// Runs what has not run yet. A database that a newer program has changed is refused.
pub(crate) async fn migrate(connection: &mut SqliteConnection) -> Result<(), StorageError> {
    run(sqlite(), connection).await
}

/// The same in PostgreSQL, by one process at a time.
pub(crate) async fn migrate_postgres(connection: &mut PgConnection) -> Result<(), StorageError> {
    run(postgres(), connection).await
}

async fn run<C: Migrate>(migrations: Vec<Migration>, connection: &mut C) -> Result<(), StorageError> {
    let migrator = Migrator::with_migrations(migrations);
    let migrated = migrator.run_direct(None, connection, false).await;
    migrated.map_err(|error| StorageError::Database { what: "migrating", detail: error.to_string() })
}
