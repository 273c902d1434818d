//! The queue in a file, which loses nothing.

use std::path::PathBuf;
use std::sync::Arc;

use hivesync_jobs::{Ending, Event, JobId, LEASE, Moment, NewJob, State, Verdict};
use hivesync_storage::JobStore;
use hivesync_types::Code;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, SqliteConnection};

use super::reference::lives_as_the_reference;
use super::{heeds_what_another_process_did, new, one_was_new, order, refuses_two_of_five};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn database(&self) -> PathBuf {
        self.0.path().join("queue.db")
    }

    async fn open(&self) -> JobStore {
        JobStore::open(&self.database()).await.unwrap()
    }

    /// Beside the store.
    async fn connect(&self) -> SqliteConnection {
        SqliteConnectOptions::new().filename(self.database()).connect().await.unwrap()
    }
}

#[tokio::test]
async fn every_answer_is_that_of_the_reference() {
    for seed in 0..60 {
        let folder = Folder::new();
        lives_as_the_reference(seed, async || folder.open().await).await;
    }
}

#[tokio::test]
async fn a_thousand_equal_requests_at_one_time_are_one_job() {
    let folder = Folder::new();
    let store = Arc::new(folder.open().await);
    let mut asking = tokio::task::JoinSet::new();
    for id in 0..1000 {
        let store = Arc::clone(&store);
        let job = NewJob { key: Some(("k".to_owned(), [1; 32])), ..new(id, 1) };
        asking.spawn(async move { store.enqueue(job, Moment(1)).await.unwrap() });
    }
    one_was_new(&asking.join_all().await);
}

#[tokio::test]
async fn what_another_process_did_counts_whatever_this_one_remembers() {
    let folder = Folder::new();
    let (here, there) = (folder.open().await, folder.open().await);
    heeds_what_another_process_did(&here, &there).await;
}

#[tokio::test]
async fn a_command_that_fails_harms_nobody_beside_it() {
    let folder = Folder::new();
    let store = Arc::new(folder.open().await);
    refuses_two_of_five(&store).await;
    let waiting = [1, 2, 4, 5];
    for id in waiting {
        assert!(matches!(store.job(JobId(id)).await.unwrap().unwrap().state, State::Waiting { .. }));
    }
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_crash() {
    let folder = Folder::new();
    let store = folder.open().await;
    store.enqueue(new(1, 1), Moment(1)).await.unwrap();
    let claim = store.claim(order(1), Moment(2)).await.unwrap().jobs[0];
    store.settle(claim, Verdict::Succeeded, Moment(3)).await.unwrap().unwrap();
    // As a crash leaves them: the files as they are now, with the log that nobody merged.
    let copy = Folder::new();
    for entry in std::fs::read_dir(folder.0.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.0.path().join(entry.file_name())).unwrap();
    }
    let after = copy.open().await;
    let job = after.job(JobId(1)).await.unwrap().unwrap();
    assert_eq!(job.state, State::Ended(Ending::Succeeded));
}

#[tokio::test]
async fn a_queue_at_rest_is_looked_at_without_a_transaction_and_wakes_for_whatever_comes() {
    let folder = Folder::new();
    let store = folder.open().await;
    let mut other = folder.connect().await;
    // Whoever wants to write now waits in vain.
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    assert!(store.rests().await.unwrap());
    assert_eq!(store.sweep(Moment(1)).await.unwrap(), []);
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();

    store.enqueue(new(1, 1), Moment(1)).await.unwrap();
    assert!(!store.rests().await.unwrap());
    store.claim(order(1), Moment(2)).await.unwrap();
    assert!(store.rests().await.unwrap(), "what runs does not wait");
    let end = Moment(2).after(LEASE);
    assert_eq!(store.sweep(end).await.unwrap(), []);
    assert_eq!(store.sweep(Moment(end.0 + 1)).await.unwrap(), [Event::Expired(JobId(1))]);
    assert!(!store.rests().await.unwrap(), "it waits again");
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    let folder = Folder::new();
    folder.open().await.close().await;
    let mut connection = folder.connect().await;
    sqlx::query("UPDATE _sqlx_migrations SET version = 999 WHERE version = 1")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let refused = JobStore::open(&folder.database()).await.unwrap_err();
    assert_eq!(refused.code(), Code::HostStorage);
    assert!(refused.to_string().contains("migrat"), "{refused}");
}
