//! The queue in a file, which loses nothing.

use std::path::PathBuf;
use std::sync::Arc;

use hivesync_jobs::{Ending, Enqueued, JobId, Moment, NewJob, State, Verdict};
use hivesync_storage::JobStore;
use hivesync_types::Code;

use super::reference::lives_as_the_reference;
use super::{new, order};

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
    let answers = asking.join_all().await;
    let made: Vec<JobId> = answers
        .iter()
        .filter_map(|answer| match answer {
            Enqueued::New(id) => Some(*id),
            _ => None,
        })
        .collect();
    assert_eq!(made.len(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Enqueued::Known(made[0])).count(), 999);
}

#[tokio::test]
async fn a_command_that_fails_harms_nobody_beside_it() {
    let folder = Folder::new();
    let store = Arc::new(folder.open().await);
    store.enqueue(new(5, 1), Moment(1)).await.unwrap();
    let mut asking = tokio::task::JoinSet::new();
    // Number 5 is taken already, and a tenant that large does not fit.
    for (id, tenant) in [(1, 1), (5, 1), (2, 1), (3, u64::MAX), (4, 1)] {
        let store = Arc::clone(&store);
        asking.spawn(async move { (id, store.enqueue(new(id, tenant), Moment(1)).await) });
    }
    for (id, answer) in asking.join_all().await {
        match id {
            5 => assert_eq!(answer.unwrap_err().code(), Code::HostStorage),
            3 => assert_eq!(answer.unwrap_err().code(), Code::HostInternal),
            _ => assert_eq!(answer.unwrap(), Enqueued::New(JobId(id))),
        }
    }
    assert!(store.job(JobId(3)).await.unwrap().is_none());
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
async fn a_database_of_a_newer_program_is_refused() {
    let folder = Folder::new();
    folder.open().await.close().await;
    let mut connection = {
        use sqlx::ConnectOptions as _;
        sqlx::sqlite::SqliteConnectOptions::new().filename(folder.database()).connect().await.unwrap()
    };
    sqlx::query("UPDATE _sqlx_migrations SET version = 999 WHERE version = 1")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let refused = JobStore::open(&folder.database()).await.unwrap_err();
    assert_eq!(refused.code(), Code::HostStorage);
    assert!(refused.to_string().contains("migrat"), "{refused}");
}
