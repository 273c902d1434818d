//! Questions to models, the tokens of a day and files that are documented, in both databases.

use hivesync_jobs::{Fence, Moment};
use hivesync_storage::Database;
use hivesync_storage::sql::accounts::{User, register};
use hivesync_storage::sql::ai_docs::{self, AiDocKind, AiDocQuota, AiDocState, Asked, NewAiDoc, Outcome};
use hivesync_storage::sql::model_asks::{Known, NewAsk, Payer, begin, forget_before, settle, spent};
use hivesync_storage::sql::pipeline_inputs;
use hivesync_storage::sql::slice::{Place, Slice};
use hivesync_testkit::{Durability, Postgres};
use hivesync_types::{Code, Tier};

const DAY: u64 = 24 * 3_600_000;

fn payer(name: &str) -> Payer {
    Payer { name: name.to_owned(), tier: "free".to_owned(), tokens_a_day: 100, tokens_of_all: 150 }
}

fn ask(question: &str, tokens: u64) -> NewAsk<'_> {
    NewAsk { run: "run", question, job_id: "job", tokens }
}

async fn tokens_are_set_aside_and_replaced_by_what_was_taken(db: &Database) {
    let (ada, eve, now) = (payer("ada"), payer("eve"), Moment(5));
    assert_eq!(begin(db, ask("1", 60), &ada, now).await.unwrap(), Known::New);
    assert_eq!(begin(db, ask("1", 60), &ada, now).await.unwrap(), Known::Unanswered);
    assert_eq!(spent(db, "ada", now).await.unwrap(), 60);
    assert_eq!(begin(db, ask("2", 41), &ada, now).await.unwrap(), Known::Spent);
    assert_eq!(spent(db, "ada", now).await.unwrap(), 60, "what is refused sets nothing aside");
    assert_eq!(begin(db, ask("2", 40), &ada, now).await.unwrap(), Known::New);
    // Eve has enough, and all of them together have not.
    assert_eq!(begin(db, ask("3", 51), &eve, now).await.unwrap(), Known::Spent);
    assert_eq!(spent(db, "eve", now).await.unwrap(), 0);
    assert_eq!(begin(db, ask("3", 50), &eve, now).await.unwrap(), Known::New);

    settle(db, ("run", "1"), ("\"said\"", 10), now).await.unwrap();
    settle(db, ("run", "1"), ("\"other\"", 99), now).await.unwrap();
    let answered = Known::Answered("\"said\"".to_owned());
    assert_eq!(begin(db, ask("1", 60), &ada, now).await.unwrap(), answered, "the first answer counts");
    assert_eq!((spent(db, "ada", now).await.unwrap(), spent(db, "", now).await.unwrap()), (50, 100));
    assert_eq!(spent(db, "ada", Moment(DAY)).await.unwrap(), 0, "another day");

    assert_eq!(forget_before(db, Moment(5), 10).await.unwrap(), 0);
    assert_eq!(forget_before(db, Moment(DAY), 10).await.unwrap(), 3);
    assert_eq!(begin(db, ask("1", 60), &ada, Moment(DAY)).await.unwrap(), Known::New);
}

async fn a_run_keeps_what_it_began_with(db: &Database) {
    assert_eq!(pipeline_inputs::keep(db, "job", "1", Moment(1)).await.unwrap(), "1");
    assert_eq!(pipeline_inputs::keep(db, "job", "2", Moment(2)).await.unwrap(), "1");
    pipeline_inputs::forget(db, "job").await.unwrap();
    assert_eq!(pipeline_inputs::of(db, "job").await.unwrap(), None);
}

fn file(id: &str, created_at: u64) -> NewAiDoc {
    NewAiDoc {
        id: format!("{id:0>26}"),
        user_id: "ada".to_owned(),
        project_id: "project".to_owned(),
        tier: Tier::Free,
        kind: AiDocKind::Summary,
        path: "a.js".to_owned(),
        request: "the file".to_owned(),
        created_at: Moment(created_at),
    }
}

async fn a_file_is_documented_once_by_its_newest_claim_and_forgotten(db: &Database) {
    let (id, email) = ("ada".to_owned(), "ada@example.com".to_owned());
    let ada = User { id, email, tier: Tier::Free, display_name: "Ada".to_owned(), created_at: Moment(1) };
    assert!(register(db, &ada, "hash").await.unwrap());
    let quota = |since| AiDocQuota { open: 2, recent: 1, since: Moment(since) };
    assert_eq!(ai_docs::ask(db, &file("1", 10), quota(0)).await.unwrap(), Asked::Kept);
    assert_eq!(ai_docs::ask(db, &file("2", 20), quota(0)).await.unwrap(), Asked::TooMany(Moment(10)));
    assert_eq!(ai_docs::ask(db, &file("2", 20), quota(10)).await.unwrap(), Asked::Kept);
    assert_eq!(ai_docs::ask(db, &file("3", 30), quota(20)).await.unwrap(), Asked::TooManyOpen);
    let (first, second) = (file("1", 0).id, file("2", 0).id);
    assert!(ai_docs::begin(db, &first, Fence(1), "worker", Moment(40)).await.unwrap());
    assert!(ai_docs::begin(db, &first, Fence(2), "worker", Moment(41)).await.unwrap());
    assert!(!ai_docs::begin(db, &first, Fence(1), "worker", Moment(42)).await.unwrap());
    assert!(
        ai_docs::has(db, &first, Fence(2)).await.unwrap()
            && !ai_docs::has(db, &first, Fence(1)).await.unwrap()
    );

    let job = ai_docs::by_id(db, &first).await.unwrap().unwrap();
    assert_eq!(job.asked.request, "the file");
    let outcome = Outcome::Success { digest: "00", bytes: 7 };
    assert!(!ai_docs::end(db, &job, Some(Fence(1)), outcome, Moment(50)).await.unwrap());
    assert!(ai_docs::end(db, &job, Some(Fence(2)), outcome, Moment(50)).await.unwrap());
    assert!(!ai_docs::end(db, &job, None, outcome, Moment(51)).await.unwrap(), "it is over");
    let over = ai_docs::by_id(db, &first).await.unwrap().unwrap();
    assert_eq!((over.state, over.asked.request.as_str()), (AiDocState::Success, ""));

    let job = ai_docs::by_id(db, &second).await.unwrap().unwrap();
    let failed = Outcome::Failed { code: Code::AiNoReply, error: "{}" };
    assert!(ai_docs::end(db, &job, None, failed, Moment(60)).await.unwrap());
    assert_eq!(ai_docs::by_id(db, &second).await.unwrap().unwrap().error.as_deref(), Some("{}"));
    assert!(ai_docs::open(db).await.unwrap().is_empty());
    let slice = Slice { place: Place::First, count: 10 };
    let written = ai_docs::history(db, "project", None, &slice).await.unwrap();
    assert_eq!(
        written.iter().map(|doc| (doc.id.as_str(), doc.bytes)).collect::<Vec<_>>(),
        [(first.as_str(), 7)]
    );
    assert_eq!(ai_docs::of_project(db, "project", Some(1), &slice).await.unwrap().len(), 1);
    assert_eq!(ai_docs::of_project(db, "project", None, &slice).await.unwrap().len(), 2);
}

async fn all(db: &Database) {
    tokens_are_set_aside_and_replaced_by_what_was_taken(db).await;
    a_run_keeps_what_it_began_with(db).await;
    a_file_is_documented_once_by_its_newest_claim_and_forgotten(db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_and_tokens_are_kept_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open_file(&folder.path().join("db")).await.unwrap();
    all(&db).await;
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_and_tokens_are_kept_in_postgres() {
    let postgres = Postgres::start(Durability::None).unwrap();
    let db = Database::open_postgres(&postgres.url("postgres")).await.unwrap();
    all(&db).await;
    db.close().await;
}
