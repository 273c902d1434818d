//! Whether anything is open, in both databases.

use hivesync_storage::Database;
use hivesync_storage::sql::open;
use hivesync_testkit::{Durability, Postgres};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

/// A row of each table of jobs as it is when it was asked for, and the same when it is over. What it
/// points to is not there.
const JOBS: [(&str, &str); 5] = [
    (
        "INSERT INTO preview_jobs (id, project_id, user_id, tier, platform, image, options, devices,
           eventflow_enabled, token_version, body_digest, state, stage, progress, fence, timeout, created_at)
         VALUES ('a', 'p', 'u', 'free', 'web', '', '{}', '[]', 0, 0, '', 'queued', 'queued', 0, 0, 0, 1)",
        "UPDATE preview_jobs SET state = 'canceled'",
    ),
    (
        "INSERT INTO map_jobs (id, project_id, user_id, tier, kind, question, versions_max, state, fence,
           is_kept, created_at)
         VALUES ('a', 'p', 'u', 'free', 'map', '{}', 1, 'running', 0, 0, 1)",
        "UPDATE map_jobs SET state = 'success'",
    ),
    (
        "INSERT INTO ai_doc_jobs (id, user_id, project_id, tier, kind, path, request, state, fence, created_at)
         VALUES ('a', 'u', '', 'free', 'summary', 'a.js', '{}', 'queued', 0, 1)",
        "UPDATE ai_doc_jobs SET state = 'failed'",
    ),
    (
        "INSERT INTO content_jobs (id, key_id, request_digest, status, request, step, step_current,
           step_total, fence, created_at, expires_at)
         VALUES ('a', 'k', '', 'processing', '{}', 'begun', 0, 5, 0, 1, 2)",
        "UPDATE content_jobs SET status = 'completed'",
    ),
    (
        "INSERT INTO pipeline_jobs (id, run_id, step_id, service, status, attempts, max_attempts,
           payload_ref, idempotency_key, queue_job, fence, created_at, updated_at)
         VALUES ('a', 'r', 0, 'image_io', 'pending', 0, 3, '', 'k', 'a', 0, 1, 1)",
        "UPDATE pipeline_jobs SET status = 'blocked'",
    ),
];

async fn every_kind_of_job_is_open_until_it_is_over<DB>(db: &Database, beside: &mut DB::Connection)
where
    DB: sqlx::Database,
    for<'c> &'c mut DB::Connection: sqlx::Executor<'c, Database = DB>,
    DB::Arguments: sqlx::IntoArguments<DB>,
{
    assert!(!open::is_any(db).await.unwrap());
    for (asked, ended) in JOBS {
        sqlx::query(asked).execute(&mut *beside).await.unwrap();
        assert!(open::is_any(db).await.unwrap(), "{asked}");
        sqlx::query(ended).execute(&mut *beside).await.unwrap();
        assert!(!open::is_any(db).await.unwrap(), "{ended}");
    }
}

#[tokio::test]
async fn a_file_knows_whether_anything_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hivesync.db");
    let db = Database::open_file(&file).await.unwrap();
    let options = SqliteConnectOptions::new().filename(&file).foreign_keys(false);
    let mut beside = options.connect().await.unwrap();
    every_kind_of_job_is_open_until_it_is_over::<sqlx::Sqlite>(&db, &mut beside).await;
}

#[tokio::test]
async fn a_server_knows_whether_anything_is_open() {
    let postgres = Postgres::start(Durability::None).unwrap();
    let db = Database::open_postgres(&postgres.url("postgres")).await.unwrap();
    let mut beside = PgConnection::connect(&postgres.url("postgres")).await.unwrap();
    // Nobody looks whether the rows that a row points to are there.
    sqlx::query("SET session_replication_role = replica").execute(&mut beside).await.unwrap();
    every_kind_of_job_is_open_until_it_is_over::<sqlx::Postgres>(&db, &mut beside).await;
}
