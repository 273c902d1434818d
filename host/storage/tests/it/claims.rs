//! What a worker may still say whose job another has meanwhile: nothing. In both databases.

use hivesync_jobs::{Fence, Moment};
use hivesync_storage::Database;
use hivesync_storage::sql::accounts::{User, register};
use hivesync_storage::sql::maps::{self, MapKind, MapOutcome, MapState, NewMap};
use hivesync_storage::sql::notifications::{Happened, Notification};
use hivesync_storage::sql::previews::{self, NewPreview, Outcome, PreviewArtifact, PreviewState, Word};
use hivesync_storage::sql::projects;
use hivesync_testkit::{Durability, Postgres};
use hivesync_types::{Code, Platform, Tier};

const OLD: Fence = Fence(1);
const NEW: Fence = Fence(2);

async fn a_project(db: &Database) {
    let (id, email) = ("ada".to_owned(), "ada@example.com".to_owned());
    let ada = User { id, email, tier: Tier::Free, display_name: "Ada".to_owned(), created_at: Moment(1) };
    assert!(register(db, &ada, "hash").await.unwrap());
    projects::create(db, "project", "notes", "ada", Moment(1)).await.unwrap();
}

fn preview() -> NewPreview {
    NewPreview {
        id: "preview".to_owned(),
        project_id: "project".to_owned(),
        user_id: "ada".to_owned(),
        tier: Tier::Free,
        platform: Platform::Web,
        image: "00".to_owned(),
        options: "{}".to_owned(),
        devices: "[]".to_owned(),
        eventflow_enabled: false,
        token_version: 2,
        idempotency_key: None,
        body_digest: "00".to_owned(),
        created_at: Moment(1),
    }
}

async fn a_preview_is_its_newest_claims_alone(db: &Database) {
    let told = Notification {
        id: "told".to_owned(),
        user_id: "ada".to_owned(),
        kind: Happened::PreviewFinished,
        data: "{}".to_owned(),
        created_at: Moment(9),
        read_at: None,
    };
    let artifact = PreviewArtifact {
        device_id: "default".to_owned(),
        bundle_key: "bundle".to_owned(),
        metadata_key: "metadata".to_owned(),
        digest: "00".to_owned(),
        bytes: 7,
    };
    let built = Outcome::Success { artifacts: vec![artifact], expires_at: Moment(99) };
    let failed = Outcome::Failed { code: Code::PreviewBuildFailed, error: "{}".to_owned() };
    let end = async |fence, outcome: &Outcome| {
        let word = Word { event: "{}", notification: &told };
        previews::end(db, "preview", fence, outcome, word, Moment(9)).await.unwrap()
    };
    let begin = async |fence| previews::begin(db, "preview", fence, "worker", Moment(2)).await.unwrap();
    let says = async |fence| {
        let far = (PreviewState::Bundling, "link");
        previews::report(db, "preview", fence, far, 500).await.unwrap()
    };
    previews::ask(db, &preview(), None).await.unwrap();
    assert!(begin(OLD).await && says(OLD).await);
    assert!(begin(NEW).await);
    assert!(!begin(OLD).await && !begin(NEW).await, "a claim begins once");
    assert!(!says(OLD).await);
    assert!(!end(OLD, &built).await && !end(OLD, &failed).await);
    let job = previews::by_id(db, "preview").await.unwrap().unwrap();
    assert_eq!((job.state, job.stage.as_str(), job.fence), (PreviewState::Building, "checkout", NEW));
    assert!(previews::artifacts(db, "preview").await.unwrap().is_empty());
    assert!(end(NEW, &built).await);
    assert!(!end(NEW, &failed).await && !says(NEW).await, "it is over");
    assert_eq!(previews::by_id(db, "preview").await.unwrap().unwrap().state, PreviewState::Success);
    assert_eq!(previews::artifacts(db, "preview").await.unwrap().len(), 1);
}

async fn a_map_is_its_newest_claims_alone(db: &Database) {
    let new = NewMap {
        id: "map".to_owned(),
        project_id: "project".to_owned(),
        user_id: "ada".to_owned(),
        tier: Tier::Free,
        kind: MapKind::Diff,
        question: "{}".to_owned(),
        versions_max: 1,
        created_at: Moment(1),
    };
    assert!(maps::ask(db, &new, None).await.unwrap());
    let begin = async |fence| maps::begin(db, "map", fence, "worker", Moment(2)).await.unwrap();
    assert!(begin(OLD).await && begin(NEW).await);
    assert!(!begin(OLD).await && !begin(NEW).await, "a claim begins once");
    let job = maps::by_id(db, "map").await.unwrap().unwrap();
    let end = async |fence, outcome: &MapOutcome| {
        maps::end(db, &job, fence, outcome, Moment(9)).await.unwrap().is_some()
    };
    let failed = MapOutcome::Failed { code: Code::NotInMap, error: "{}".to_owned() };
    assert!(!end(OLD, &MapOutcome::Success(None)).await && !end(OLD, &failed).await);
    assert_eq!(maps::by_id(db, "map").await.unwrap().unwrap().state, MapState::Running);
    assert!(end(NEW, &MapOutcome::Success(None)).await);
    assert!(!end(NEW, &failed).await, "it is over");
    assert_eq!(maps::by_id(db, "map").await.unwrap().unwrap().state, MapState::Success);
}

async fn all(db: &Database) {
    a_project(db).await;
    a_preview_is_its_newest_claims_alone(db).await;
    a_map_is_its_newest_claims_alone(db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_claim_says_nothing_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open_file(&folder.path().join("db")).await.unwrap();
    all(&db).await;
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_claim_says_nothing_in_postgres() {
    let postgres = Postgres::start(Durability::None).unwrap();
    let db = Database::open_postgres(&postgres.url("postgres")).await.unwrap();
    all(&db).await;
    db.close().await;
}
