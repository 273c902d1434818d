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
    16 "map why" "0016_map_why.sql";
    17 "counts" "0017_counts.sql";
    18 "webhooks" "0018_webhooks.sql";
    19 "item objects" "0019_item_objects.sql";
    20 "ended jobs" "0020_ended_jobs.sql";
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
    16 "map why" "0016_map_why.sql";
    17 "counts" "0017_counts.sql";
    18 "webhooks" "0018_webhooks.sql";
    19 "item objects" "0019_item_objects.sql";
    20 "ended jobs" "0020_ended_jobs.sql";
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

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::{ConnectOptions as _, Row as _};

    #[tokio::test]
    async fn maps_that_are_kept_outlive_the_change_of_what_may_be_asked_about_them() {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(":memory:");
        let mut db = options.connect().await.unwrap();
        let older = sqlite().into_iter().filter(|migration| migration.version < 16).collect();
        run(older, &mut db).await.unwrap();
        for row in [
            "INSERT INTO users VALUES ('u', 'u@hive.example', '', 'free', 1)",
            "INSERT INTO projects (id, name, created_at, updated_at) VALUES ('p', 'p', 1, 1)",
            "INSERT INTO map_jobs (id, project_id, user_id, tier, kind, question, versions_max, state, fence,
               is_kept, created_at) VALUES ('a', 'p', 'u', 'free', 'map', '{}', 1, 'success', 0, 1, 1)",
            "INSERT INTO map_versions VALUES ('a', 'p', 'i', 'off', 'd', 1, 2, 3, 0, 1)",
        ] {
            sqlx::query(row).execute(&mut db).await.unwrap();
        }
        let why = "UPDATE map_jobs SET kind = 'why'";
        assert!(sqlx::query(why).execute(&mut db).await.is_err(), "nobody could ask before");
        run(sqlite(), &mut db).await.unwrap();
        let joined = "SELECT nodes, edges FROM map_versions JOIN map_jobs USING (id) WHERE is_kept = 1";
        let row = sqlx::query(joined).fetch_one(&mut db).await.unwrap();
        assert_eq!((row.get::<i64, _>("nodes"), row.get::<i64, _>("edges")), (2, 3));
        sqlx::query(why).execute(&mut db).await.unwrap();
        // Still, a version is one of a job.
        assert!(sqlx::query("DELETE FROM map_jobs").execute(&mut db).await.is_err());
    }
}
