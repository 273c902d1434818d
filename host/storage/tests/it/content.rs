//! Clips and jobs of posts, in both databases.

use hivesync_jobs::{Fence, Moment};
use hivesync_storage::sql::audit::{self, AuditEvent};
use hivesync_storage::sql::content_items::{
    Intake, ItemFields, ItemFilter, ItemObjects, ItemPage, Part, SortBy, SortOrder, how_many, keeps, list,
};
use hivesync_storage::sql::content_jobs::{self, Asked, JobStatus, NewContentJob, Outcome};
use hivesync_storage::sql::nonces::Arrival;
use hivesync_storage::{Database, StorageError};
use hivesync_testkit::{Durability, Postgres};
use hivesync_types::Code;

fn fields(content_score: Option<f64>) -> ItemFields {
    ItemFields {
        clip_created_at: Moment(1000),
        clip_view_count: 7,
        clip_duration: 1.5,
        content_score,
        platform: "twitch".to_owned(),
        processing_status: "pending".to_owned(),
        content_category: "other".to_owned(),
        document: "{}".to_owned(),
    }
}

fn filter(min_confidence: f64) -> ItemFilter {
    ItemFilter {
        from: Moment(0),
        until: Moment(2000),
        min_views: 0,
        min_duration: 0.0,
        max_duration: 10.0,
        min_confidence,
        categories: vec!["gaming".to_owned(), "other".to_owned()],
        platform: Some("twitch".to_owned()),
        processing_status: None,
    }
}

/// Items with and without a score one after the other: what is not said has a type of its own in
/// none of the databases.
async fn items_are_kept_with_and_without_a_score(db: &Database) {
    for (name, score) in [("a", None), ("b", Some(0.5)), ("c", None), ("d", Some(0.25)), ("b", Some(0.75))] {
        let mut intake = Intake::begin(db).await.unwrap();
        let taken = intake.take(&format!("{name:0>26}"), name, Moment(5)).await.unwrap();
        let objects = ItemObjects { name: "O".to_owned(), transcript: Some((9, 2)), github_context: None };
        intake.fill(&taken, &fields(score), &objects).await.unwrap();
        intake.commit().await.unwrap();
    }
    // Dropped, it leaves nothing.
    let mut intake = Intake::begin(db).await.unwrap();
    for name in ["e", "f"] {
        let taken = intake.take(&format!("{name:0>26}"), name, Moment(5)).await.unwrap();
        intake.fill(&taken, &fields(None), &ItemObjects::default()).await.unwrap();
    }
    drop(intake);
    assert_eq!(how_many(db, &filter(0.0)).await.unwrap(), 4);
    let page = ItemPage { sort_by: SortBy::ContentScore, order: SortOrder::Descending, offset: 0, count: 3 };
    let listed = list(db, &filter(0.0), page).await.unwrap();
    let scores: Vec<_> = listed.iter().map(|item| item.fields.content_score).collect();
    assert_eq!(scores, [Some(0.75), Some(0.25), None]);
    assert_eq!((listed[0].transcript_size_bytes, listed[0].transcript_words), (Some(9), 2));
    // Its transcript has a name of its own; what nobody said has the clip's.
    let names = (listed[0].transcript_object.as_str(), listed[0].github_context_object.clone());
    assert_eq!(names, ("O", listed[0].id.clone()));
    assert!(keeps(db, Part::Transcript, "O").await.unwrap());
    assert!(!keeps(db, Part::GithubContext, "O").await.unwrap());
    assert!(keeps(db, Part::GithubContext, &listed[0].id).await.unwrap());
    assert!(!keeps(db, Part::Transcript, "another").await.unwrap());
    assert_eq!(how_many(db, &filter(0.5)).await.unwrap(), 1);
}

fn job(id: &str, key: Option<&str>, digest: &str) -> NewContentJob {
    NewContentJob {
        id: format!("{id:0>26}"),
        key_id: "content".to_owned(),
        idempotency_key: key.map(str::to_owned),
        request_digest: digest.to_owned(),
        request: "{}".to_owned(),
        step_total: 5,
        created_at: Moment(10),
        expires_at: Moment(100),
    }
}

/// In a request of its own.
async fn ask(db: &Database, new: &NewContentJob) -> Result<Asked, StorageError> {
    content_jobs::ask(db, arrival(&new.id, &new.id), new).await
}

fn arrival<'a>(nonce: &'a str, id: &'a str) -> Arrival<'a> {
    let (at, action) = (Moment(10), "test");
    let event = AuditEvent { id, at, actor: None, action, subject: None, code: None, request_id: "" };
    Arrival { nonce, forget_at: Moment(100), event, replayed: Code::NonceUsed }
}

async fn a_request_that_comes_again_asks_for_nothing(db: &Database) {
    let first = content_jobs::ask(db, arrival("again", "71"), &job("71", None, "x")).await.unwrap();
    assert!(matches!(first, Asked::New(_)));
    let again = content_jobs::ask(db, arrival("again", "72"), &job("72", None, "x")).await.unwrap();
    assert_eq!(again, Asked::Replay);
    assert_eq!(content_jobs::by_id(db, &job("72", None, "x").id).await.unwrap(), None);
    let codes: Vec<_> = audit::newest(db, 2).await.unwrap().into_iter().map(|kept| kept.code).collect();
    assert_eq!(codes, [Some("NONCE_USED".to_owned()), None]);
    assert!(content_jobs::forget(db, &job("71", None, "x").id, Moment(101)).await.unwrap());
}

async fn a_job_is_asked_for_once_a_key_and_ends_once_by_its_newest_claim(db: &Database) {
    assert!(matches!(ask(db, &job("1", None, "x")).await.unwrap(), Asked::New(_)));
    assert!(matches!(ask(db, &job("2", Some("k"), "x")).await.unwrap(), Asked::New(_)));
    assert!(matches!(ask(db, &job("3", Some("k"), "x")).await.unwrap(), Asked::Known(_)));
    assert_eq!(ask(db, &job("4", Some("k"), "y")).await.unwrap(), Asked::KeyReused);
    let id = job("2", None, "").id;
    let (first, second) = (Fence(1), Fence(2));
    assert!(content_jobs::begin(db, &id, first, "w", Moment(11)).await.unwrap());
    assert!(content_jobs::begin(db, &id, second, "v", Moment(12)).await.unwrap());
    assert!(!content_jobs::begin(db, &id, first, "w", Moment(13)).await.unwrap());
    assert!(!content_jobs::report(db, &id, first, ("write", 2)).await.unwrap());
    assert!(content_jobs::report(db, &id, second, ("write", 2)).await.unwrap());
    let done = Outcome::Completed("{}");
    assert!(!content_jobs::end(db, &id, Some(first), done, Moment(20)).await.unwrap());
    assert!(content_jobs::end(db, &id, Some(second), done, Moment(20)).await.unwrap());
    let late = Outcome::Failed { code: "c", message: "m", result: None };
    assert!(!content_jobs::end(db, &id, None, late, Moment(21)).await.unwrap());
    let kept = content_jobs::by_id(db, &id).await.unwrap().unwrap();
    assert_eq!((kept.status, kept.step_current, kept.error), (JobStatus::Completed, 5, None));
    assert_eq!(content_jobs::expired(db, Moment(100), 9).await.unwrap(), Vec::<String>::new());
    assert_eq!(content_jobs::expired(db, Moment(101), 9).await.unwrap().len(), 2);
    assert!(content_jobs::forget(db, &id, Moment(101)).await.unwrap());
    assert_eq!(content_jobs::by_id(db, &id).await.unwrap(), None);
}

async fn of_rapid_requests_under_one_key_one_is_a_job(db: &Database) {
    let asks = [("61", "x"), ("62", "x"), ("63", "x"), ("64", "x")]
        .map(|(id, digest)| async move { ask(db, &job(id, Some("raced"), digest)).await.unwrap() });
    let [one, two, three, four] = asks;
    let (one, two, three, four) = tokio::join!(one, two, three, four);
    let asked = [one, two, three, four];
    assert_eq!(asked.iter().filter(|asked| matches!(asked, Asked::New(_))).count(), 1, "{asked:?}");
    let ids: Vec<String> = asked.iter().map(asked_id).collect();
    assert!(ids.iter().all(|id| *id == ids[0] && !id.is_empty()), "{ids:?}");
    assert!(content_jobs::forget(db, &ids[0], Moment(101)).await.unwrap());
}

fn asked_id(asked: &Asked) -> String {
    match asked {
        Asked::New(job) | Asked::Known(job) => job.asked.id.clone(),
        Asked::KeyReused | Asked::Replay => String::new(),
    }
}

#[tokio::test]
async fn content_is_kept_alike_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open_file(&folder.path().join("hivesync.db")).await.unwrap();
    of_rapid_requests_under_one_key_one_is_a_job(&db).await;
    a_request_that_comes_again_asks_for_nothing(&db).await;
    items_are_kept_with_and_without_a_score(&db).await;
    a_job_is_asked_for_once_a_key_and_ends_once_by_its_newest_claim(&db).await;
}

#[tokio::test]
async fn content_is_kept_alike_in_postgresql() {
    let postgres = Postgres::start(Durability::None).unwrap();
    let db = Database::open_postgres(&postgres.url("postgres")).await.unwrap();
    of_rapid_requests_under_one_key_one_is_a_job(&db).await;
    a_request_that_comes_again_asks_for_nothing(&db).await;
    items_are_kept_with_and_without_a_score(&db).await;
    a_job_is_asked_for_once_a_key_and_ends_once_by_its_newest_claim(&db).await;
}
