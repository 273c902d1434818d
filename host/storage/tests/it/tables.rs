//! The tables in a file, which many write to at one time.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hivesync_jobs::{Enqueued, JobId, Moment};
use hivesync_storage::sql::audit::{self, AuditEvent};
use hivesync_storage::sql::content_items;
use hivesync_storage::sql::content_jobs::{self, Asked, NewContentJob};
use hivesync_storage::sql::nonces::{self, Arrival};
use hivesync_storage::{Database, JobStore, Steady, StorageError};
use hivesync_types::Code;
use tokio::task::JoinSet;

use crate::queue::new;

/// Bytes before the first frame of SQLite's log, and before each page in it.
const LOG_HEAD: usize = 32;
const FRAME_HEAD: usize = 24;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("hivesync.db")
    }

    async fn open(&self) -> Arc<Database> {
        Arc::new(Database::open_file(&self.file()).await.unwrap())
    }

    /// How often something was committed since the log was begun: the last frame of each commit says
    /// how large the file is then.
    fn commits(&self) -> usize {
        let database = std::fs::read(self.file()).unwrap();
        let page = usize::from(u16::from_be_bytes([database[16], database[17]]));
        // There is none before the first.
        let log = std::fs::read(self.0.path().join("hivesync.db-wal")).unwrap_or_default();
        log.get(LOG_HEAD..)
            .unwrap_or_default()
            .chunks_exact(FRAME_HEAD + page)
            .filter(|frame| frame[4..8] != [0; 4])
            .count()
    }
}

/// A clock that stands.
fn stopped() -> Steady {
    Steady::new(Moment(1), || Duration::ZERO)
}

fn event(id: &str) -> AuditEvent<'_> {
    AuditEvent { id, at: Moment(1), actor: None, action: "test", subject: None, code: None, request_id: "" }
}

fn arrival<'a>(nonce: &'a str, forget_at: Moment, id: &'a str) -> Arrival<'a> {
    Arrival { nonce, forget_at, event: event(id), replayed: Code::NonceUsed }
}

async fn keep(db: Arc<Database>, id: String) -> Result<(), StorageError> {
    audit::keep(&db, event(&id)).await
}

/// Does it so many times at one time, each with its number; the answers in no order.
pub(crate) async fn at_one_time<F>(
    db: &Arc<Database>,
    times: usize,
    ask: impl Fn(Arc<Database>, usize) -> F,
) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let asking: JoinSet<F::Output> = (0..times).map(|number| ask(Arc::clone(db), number)).collect();
    asking.join_all().await
}

async fn kept(db: &Database) -> usize {
    audit::newest(db, 10_000).await.unwrap().len()
}

#[tokio::test]
async fn those_who_write_at_one_time_share_commits() {
    let folder = Folder::new();
    let db = folder.open().await;
    let before = folder.commits();
    for written in at_one_time(&db, 400, |db, id| keep(db, format!("{id:026}"))).await {
        written.unwrap();
    }
    assert_eq!(kept(&db).await, 400);
    let commits = folder.commits() - before;
    assert!((1..=100).contains(&commits), "{commits} commits of 400 rows");
}

#[tokio::test]
async fn what_was_answered_is_in_the_tables_after_a_crash() {
    let folder = Folder::new();
    let db = folder.open().await;
    keep(Arc::clone(&db), "1".to_owned()).await.unwrap();
    let copy = Folder::new();
    for entry in std::fs::read_dir(folder.0.path()).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.0.path().join(entry.file_name())).unwrap();
    }
    assert_eq!(kept(&*copy.open().await).await, 1);
}

#[tokio::test]
async fn a_write_that_fails_harms_nobody_beside_it() {
    let folder = Folder::new();
    let db = folder.open().await;
    // Of each two the second has the id of the first.
    let written = at_one_time(&db, 100, |db, id| keep(db, format!("{:026}", id / 2))).await;
    assert_eq!(written.iter().filter(|written| written.is_ok()).count(), 50);
    assert_eq!(kept(&db).await, 50);
}

#[tokio::test]
async fn writers_that_go_away_leave_nothing_half_done_and_hold_nobody_up() {
    let folder = Folder::new();
    let db = folder.open().await;
    let jobs = JobStore::beside(&folder.file(), &db, stopped()).await.unwrap();
    // One after the other, each gone at another point of its way.
    for polls in 0..60 {
        let id = format!("{polls:026}");
        let mut taking = Box::pin(async {
            let mut intake = content_items::Intake::begin(&db).await?;
            intake.take(&id, &id, Moment(1)).await.map(|taken| (intake, taken))
        });
        for _ in 0..polls {
            let polled = std::future::poll_fn(|context| {
                std::task::Poll::Ready(taking.as_mut().poll(context).is_ready())
            });
            if polled.await {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(taking);
    }
    // And one that had everything but its end.
    let mut held = content_items::Intake::begin(&db).await.unwrap();
    held.take("held", "held", Moment(1)).await.unwrap();
    drop(held);
    assert_eq!(jobs.enqueue(new(1, 1), Moment(1)).await.unwrap(), Enqueued::New(JobId(1)));
    assert!(nonces::admit(&db, arrival("n", Moment(2), "n")).await.unwrap());
    let all = content_items::ItemFilter {
        from: Moment(0),
        until: Moment(2),
        min_views: 0,
        min_duration: 0.0,
        max_duration: 1.0,
        min_confidence: 0.0,
        categories: vec!["other".to_owned()],
        platform: None,
        processing_status: None,
    };
    assert_eq!(content_items::how_many(&db, &all).await.unwrap(), 0);
    jobs.close().await;
}

#[tokio::test]
async fn a_statement_whose_writer_goes_away_is_done_or_not_and_holds_nobody_up() {
    let folder = Folder::new();
    let db = folder.open().await;
    let jobs = JobStore::beside(&folder.file(), &db, stopped()).await.unwrap();
    for polls in 0..40 {
        let id = format!("{polls:026}");
        let mut keeping = Box::pin(audit::keep(&db, event(&id)));
        for _ in 0..polls {
            let polled = std::future::poll_fn(|context| {
                std::task::Poll::Ready(keeping.as_mut().poll(context).is_ready())
            });
            if polled.await {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(keeping);
        // The queue has to have its turn, whatever was left behind.
        jobs.enqueue(new(polls, 1), Moment(1)).await.unwrap();
    }
    assert!(kept(&db).await <= 40);
    keep(Arc::clone(&db), "last".to_owned()).await.unwrap();
    assert_eq!(audit::newest(&db, 1).await.unwrap()[0].id, "last");
    jobs.close().await;
}

#[tokio::test]
async fn a_request_that_comes_again_is_put_on_record_with_its_refusal() {
    let folder = Folder::new();
    let db = folder.open().await;
    let before = folder.commits();
    for (id, is_new) in [("1", true), ("2", false)] {
        let admitted = nonces::admit(&db, arrival("n", Moment(9), id)).await.unwrap();
        assert_eq!(admitted, is_new);
    }
    assert_eq!(folder.commits() - before, 2, "each with its record");
    let codes: Vec<_> =
        audit::newest(&db, 10).await.unwrap().into_iter().map(|event| (event.id, event.code)).collect();
    assert_eq!(codes, [("2".to_owned(), Some("NONCE_USED".to_owned())), ("1".to_owned(), None)]);
}

#[tokio::test]
async fn requests_that_come_at_one_time_share_statements_and_each_is_admitted_once() {
    let folder = Folder::new();
    let db = folder.open().await;
    let before = folder.commits();
    let asking = at_one_time(&db, 400, |db, id| async move {
        // Of each four requests one is new.
        let (nonce, id) = (format!("n{}", id / 4), format!("{id:026}"));
        nonces::admit(&db, arrival(&nonce, Moment(9), &id)).await.unwrap()
    });
    let admitted = asking.await.into_iter().filter(|is_new| *is_new).count();
    assert_eq!(admitted, 100);
    let record = audit::newest(&db, 10_000).await.unwrap();
    let refused = record.iter().filter(|event| event.code.as_deref() == Some("NONCE_USED")).count();
    assert_eq!((record.len(), refused), (400, 300), "each is on record");
    let commits = folder.commits() - before;
    assert!((1..=40).contains(&commits), "{commits} commits of 400 requests");
}

#[tokio::test]
async fn a_request_that_cannot_be_kept_harms_nobody_beside_it() {
    let folder = Folder::new();
    let db = folder.open().await;
    let asking = at_one_time(&db, 100, |db, number| async move {
        // Of each two the second has a record with the id of the first, which there cannot be.
        let (nonce, id) = (format!("n{number}"), format!("{:026}", number / 2));
        nonces::admit(&db, arrival(&nonce, Moment(9), &id)).await
    });
    let answers = asking.await;
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(true))).count(), 50);
    assert_eq!(kept(&db).await, 50);
    // Who was not admitted may come again.
    let mut again = 0;
    for number in 0..100 {
        let (nonce, id) = (format!("n{number}"), format!("again-{number}"));
        let is_new = nonces::admit(&db, arrival(&nonce, Moment(9), &id)).await.unwrap();
        again += usize::from(is_new);
    }
    assert_eq!(again, 50);
}

fn post(id: &str, key: Option<&str>) -> NewContentJob {
    NewContentJob {
        id: id.to_owned(),
        key_id: "content".to_owned(),
        idempotency_key: key.map(str::to_owned),
        request_digest: "x".to_owned(),
        request: "{}".to_owned(),
        step_total: 5,
        created_at: Moment(1),
        expires_at: Moment(9),
    }
}

#[tokio::test]
async fn a_post_and_the_record_of_its_request_are_one_commit() {
    let folder = Folder::new();
    let db = folder.open().await;
    let before = folder.commits();
    let asked = content_jobs::ask(&db, arrival("n", Moment(9), "1"), &post("1", Some("k"))).await.unwrap();
    assert!(matches!(asked, Asked::New(_)));
    assert_eq!(folder.commits() - before, 1);
    let asked = content_jobs::ask(&db, arrival("n", Moment(9), "2"), &post("2", Some("k"))).await.unwrap();
    assert_eq!(asked, Asked::Replay, "and not what is known of its key");
    assert_eq!(kept(&db).await, 2, "a replay is on record");
}

#[tokio::test]
async fn of_requests_for_posts_that_come_at_one_time_a_replay_keeps_none() {
    let folder = Folder::new();
    let db = folder.open().await;
    let before = folder.commits();
    let asking = at_one_time(&db, 400, |db, number| async move {
        // Of each four requests one is new, and of each two of those one has a key of its own.
        let (nonce, id) = (format!("n{}", number / 4), format!("{number:026}"));
        let key = format!("k{}", number / 8);
        let asked = content_jobs::ask(&db, arrival(&nonce, Moment(9), &id), &post(&id, Some(&key))).await;
        asked.unwrap()
    });
    let asked = asking.await;
    let count = |which: fn(&Asked) -> bool| asked.iter().filter(|asked| which(asked)).count();
    assert_eq!(count(|asked| *asked == Asked::Replay), 300);
    assert_eq!(count(|asked| matches!(asked, Asked::New(_))), 50);
    assert_eq!(count(|asked| matches!(asked, Asked::Known(_))), 50);
    assert_eq!(content_jobs::open(&db).await.unwrap().len(), 50);
    assert_eq!(kept(&db).await, 400, "each is on record");
    let commits = folder.commits() - before;
    assert!((1..=40).contains(&commits), "{commits} commits of 400 requests");
}

#[tokio::test]
async fn a_post_whose_request_cannot_be_kept_is_not_kept() {
    let folder = Folder::new();
    let db = folder.open().await;
    let asking = at_one_time(&db, 100, |db, number| async move {
        // Of each two the second has a record with the id of the first, which there cannot be.
        let (nonce, record) = (format!("n{number}"), format!("{:026}", number / 2));
        content_jobs::ask(&db, arrival(&nonce, Moment(9), &record), &post(&format!("{number:026}"), None))
            .await
    });
    let answers = asking.await;
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Ok(Asked::New(_)))).count(), 50);
    assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 50);
    assert_eq!((kept(&db).await, content_jobs::open(&db).await.unwrap().len()), (50, 50));
}

#[tokio::test]
async fn a_caller_who_goes_away_holds_no_crowd_up() {
    let folder = Folder::new();
    let db = folder.open().await;
    for polls in 0..20 {
        let (nonce, id) = (format!("gone-{polls}"), format!("{polls:026}"));
        let mut asking = Box::pin(nonces::admit(&db, arrival(&nonce, Moment(9), &id)));
        for _ in 0..polls {
            let polled = std::future::poll_fn(|context| {
                std::task::Poll::Ready(asking.as_mut().poll(context).is_ready())
            });
            if polled.await {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(asking);
        let id = format!("after-{polls}");
        assert!(nonces::admit(&db, arrival(&id, Moment(9), &id)).await.unwrap());
    }
}

#[tokio::test]
async fn the_queue_and_the_tables_take_turns_in_one_file() {
    let folder = Folder::new();
    let db = folder.open().await;
    let jobs = Arc::new(JobStore::beside(&folder.file(), &db, stopped()).await.unwrap());
    let mut writing = JoinSet::new();
    for id in 0..200_u128 {
        let (db, jobs) = (Arc::clone(&db), Arc::clone(&jobs));
        writing.spawn(async move {
            keep(db, format!("{id:026}")).await.unwrap();
            jobs.enqueue(new(id, 1), Moment(1)).await.unwrap();
        });
    }
    writing.join_all().await;
    assert_eq!(kept(&db).await, 200);
}

#[tokio::test]
async fn nothing_is_written_after_the_close() {
    let folder = Folder::new();
    let db = folder.open().await;
    keep(Arc::clone(&db), "1".to_owned()).await.unwrap();
    db.close().await;
    let refused = keep(Arc::clone(&db), "2".to_owned()).await.unwrap_err();
    assert!(matches!(refused, StorageError::Closed), "{refused}");
}
