//! Previews and claims that are asked for at one time, in a file.

use std::sync::Arc;

use hivesync_jobs::Moment;
use hivesync_storage::Database;
use hivesync_storage::sql::accounts::{User, register};
use hivesync_storage::sql::idempotency::{self, Claim, Named, NewClaim};
use hivesync_storage::sql::previews::{self, Asked, NewPreview, Quota};
use hivesync_storage::sql::projects;
use hivesync_types::{Platform, Tier};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::tables::at_one_time;

async fn open() -> (TempDir, Arc<Database>) {
    let folder = tempfile::tempdir().unwrap();
    let db = Database::open_file(&folder.path().join("db")).await.unwrap();
    for name in ["ada", "eve"] {
        let (id, email) = (name.to_owned(), format!("{name}@example.com"));
        let user = User { id, email, tier: Tier::Free, display_name: name.to_owned(), created_at: Moment(1) };
        assert!(register(&db, &user, "hash").await.unwrap());
    }
    projects::create(&db, "project", "notes", "ada", Moment(1)).await.unwrap();
    (folder, Arc::new(db))
}

fn preview(number: usize, user: &str, project: &str) -> NewPreview {
    NewPreview {
        id: format!("{number:026}"),
        project_id: project.to_owned(),
        user_id: user.to_owned(),
        tier: Tier::Pro,
        platform: Platform::Web,
        image: "00".to_owned(),
        options: r#"{"entry":"ä\n"}"#.to_owned(),
        devices: "[]".to_owned(),
        eventflow_enabled: true,
        token_version: 2,
        idempotency_key: None,
        body_digest: "11".to_owned(),
        created_at: Moment(10),
    }
}

async fn ask_all(db: &Arc<Database>, asked: Vec<(NewPreview, Option<Quota>)>) -> Vec<Option<Asked>> {
    let mut asking = JoinSet::new();
    for (new, quota) in asked {
        let db = Arc::clone(db);
        asking.spawn(async move { previews::ask(&db, &new, quota).await.ok() });
    }
    asking.join_all().await
}

fn count(asked: &[Option<Asked>], which: fn(&Asked) -> bool) -> usize {
    asked.iter().flatten().filter(|asked| which(asked)).count()
}

#[tokio::test]
async fn previews_that_are_asked_for_at_one_time_are_counted_one_after_the_other() {
    let (_folder, db) = open().await;
    let quota = |previews| Some(Quota { previews, since: Moment(5) });
    let asks = |number: usize| match number % 3 {
        0 => (preview(number, "ada", "project"), quota(7)),
        1 => (preview(number, "eve", "project"), quota(9)),
        _ => (preview(number, "eve", "project"), None),
    };
    // Those without a quota come last: they count for those with one.
    let (free, counted): (Vec<_>, Vec<_>) = (0..90).map(asks).partition(|(_, quota)| quota.is_none());
    let asked = ask_all(&db, counted).await;
    assert_eq!(count(&asked, |asked| matches!(asked, Asked::New)), 16);
    assert_eq!(count(&asked, |asked| matches!(asked, Asked::Full)), 44);
    assert_eq!(count(&ask_all(&db, free).await, |asked| matches!(asked, Asked::New)), 30);
    for (user, kept) in [("ada", 7), ("eve", 39)] {
        assert_eq!(previews::asked_since(&db, user, Moment(5)).await.unwrap().len(), kept, "{user}");
    }
}

#[tokio::test]
async fn a_preview_is_kept_as_it_was_asked_for_with_its_first_event() {
    let (_folder, db) = open().await;
    let new = preview(1, "ada", "project");
    assert!(matches!(previews::ask(&db, &new, None).await.unwrap(), Asked::New));
    let kept = previews::by_id(&db, &new.id).await.unwrap().unwrap();
    assert_eq!(format!("{kept:?}"), format!("{:?}", previews::PreviewJob::queued(new.clone())));
    let events = previews::events_after(&db, &new.id, 0, 9).await.unwrap();
    let events: Vec<_> = events.iter().map(|event| (event.seq, event.kind.as_str(), &*event.data)).collect();
    assert_eq!(events, [(1, "state", r#"{"state":"queued"}"#)]);
}

#[tokio::test]
async fn a_preview_that_cannot_be_kept_harms_nobody_beside_it() {
    let (_folder, db) = open().await;
    let project = |number: usize| if number.is_multiple_of(2) { "project" } else { "none" };
    let asks = (0..40).map(|number| (preview(number, "ada", project(number)), None)).collect();
    let asked = ask_all(&db, asks).await;
    assert_eq!(count(&asked, |asked| matches!(asked, Asked::New)), 20);
    assert_eq!(asked.iter().filter(|asked| asked.is_none()).count(), 20);
    assert_eq!(previews::open(&db).await.unwrap().len(), 20);
}

#[tokio::test]
async fn of_previews_under_one_key_at_one_time_one_is_kept() {
    let (_folder, db) = open().await;
    let asks = (0..40).map(|number| {
        let idempotency_key = Some(format!("k{}", number / 4));
        (NewPreview { idempotency_key, ..preview(number, "ada", "project") }, None)
    });
    let asked = ask_all(&db, asks.collect()).await;
    assert_eq!(count(&asked, |asked| matches!(asked, Asked::New)), 10);
    assert_eq!(count(&asked, |asked| matches!(asked, Asked::Known(_))), 30);
}

async fn claim(db: &Database, key: &str, claim: &str, now: u64) -> Claim {
    let (named, stale_before) = (Named { asker: "user:ada", key }, Moment(now.saturating_sub(100)));
    let (now, forget_at) = (Moment(now), Moment(now + 1000));
    let new = NewClaim { request: "r", claim, now, stale_before, forget_at };
    idempotency::claim(db, named, new).await.unwrap()
}

#[tokio::test]
async fn of_claims_of_one_key_at_one_time_one_is_granted_and_again_when_it_is_stale() {
    let (_folder, db) = open().await;
    for (round, now) in [(0, 10), (1, 111), (2, 500)] {
        let claims = at_one_time(&db, 200, |db, number| async move {
            claim(&db, &format!("k{}", number / 4), &format!("{round}-{number}"), now).await
        });
        let claims = claims.await;
        let count = |which: Claim| claims.iter().filter(|claim| **claim == which).count();
        assert_eq!((count(Claim::Mine), count(Claim::Running)), (50, 150), "round {round}");
    }
    // Nobody takes over before it is stale.
    assert_eq!(claim(&db, "k0", "late", 600).await, Claim::Running);
    assert_eq!(claim(&db, "k0", "later", 601).await, Claim::Mine);
}
