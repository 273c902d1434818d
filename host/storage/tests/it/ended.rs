//! Jobs that have left the queue: known for late words, and forgotten with the names of their requests.

use hivesync_jobs::{Claimed, Ending, Enqueued, JobId, Moment, NewJob, Rejected, State, Verdict};
use hivesync_storage::sql::ended_jobs;
use hivesync_storage::{Clock, Database, JobStore, Steady};
use hivesync_testkit::{Durability, Postgres};
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tempfile::TempDir;

use crate::queue::{new, order};

const DAY: u64 = 24 * 3_600_000;

fn named(id: u128) -> NewJob {
    NewJob { key: Some((format!("request {id}"), [7; 32])), ..new(id, 1) }
}

/// Takes one in, and has it done.
async fn done(store: &JobStore, id: u128, now: Moment) -> Claimed {
    store.enqueue(named(id), now).await.unwrap();
    let claim = store.claim(order(1), now).await.unwrap().jobs[0];
    assert_eq!(store.settle(claim, Verdict::Succeeded, now).await.unwrap(), Ok(()));
    claim
}

/// What is said of a job that is over, whoever asks.
async fn is_known(store: &JobStore, claim: Claimed, now: Moment) {
    let job = store.job(claim.job).await.unwrap().unwrap();
    assert_eq!(job.state, State::Ended(Ending::Succeeded));
    let late = store.settle(claim, Verdict::Succeeded, now).await.unwrap();
    assert_eq!(late, Err(Rejected::LeaseLost));
    assert_eq!(store.extend(vec![claim], now).await.unwrap(), [(claim.job, Err(Rejected::LeaseLost))]);
    assert_eq!(store.withdraw(claim.job).await.unwrap(), Ok(false));
    let number = claim.job.0;
    assert_eq!(store.enqueue(named(number), now).await.unwrap(), Enqueued::Known(claim.job));
}

/// Nothing of it is left, not even its name.
async fn is_forgotten(store: &JobStore, id: u128, now: Moment) {
    assert_eq!(store.job(JobId(id)).await.unwrap(), None);
    assert_eq!(store.withdraw(JobId(id)).await.unwrap(), Err(Rejected::Unknown));
    assert_eq!(store.enqueue(named(id), now).await.unwrap(), Enqueued::New(JobId(id)));
}

#[tokio::test]
async fn in_a_file_what_is_over_leaves_the_queue_and_is_forgotten_in_its_time() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hivesync.db");
    let db = Database::open_file(&path).await.unwrap();
    let (first, second) = (Moment(10 * DAY), Moment(12 * DAY));
    let mut claims = Vec::new();
    for (days, now) in [(0, first), (1, second)] {
        let store =
            JobStore::beside(&path, &db, Steady::new(now, std::time::Duration::default)).await.unwrap();
        for number in 0..3 {
            claims.push(done(&store, days * 3 + number, now).await);
        }
        is_known(&store, claims[0], now).await;
        store.close().await;
    }
    let url = format!("sqlite://{}", path.display());
    let mut looking = SqliteConnection::connect(&url).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM jobs").fetch_one(&mut looking).await.unwrap();
    assert_eq!(left, 0);

    // Two at a time: the last round finds one.
    assert_eq!(ended_jobs::forget(&db, second, 2).await.unwrap(), 3);
    assert_eq!(ended_jobs::forget(&db, second, 2).await.unwrap(), 0);
    let store =
        JobStore::beside(&path, &db, Steady::new(second, std::time::Duration::default)).await.unwrap();
    for number in 0..3 {
        is_forgotten(&store, number, second).await;
    }
    is_known(&store, claims[3], second).await;
}

#[tokio::test]
async fn in_postgresql_a_day_is_dropped_whole_and_what_missed_its_day_is_not_kept_for_ever() {
    let server = Postgres::start(Durability::None).unwrap();
    let url = server.url("postgres");
    let db = Database::open_postgres(&url).await.unwrap();
    let mut looking = PgConnection::connect(&url).await.unwrap();
    let today: i64 =
        sqlx::query_scalar("SELECT floor(extract(epoch FROM clock_timestamp()) / 86400)::bigint")
            .fetch_one(&mut looking)
            .await
            .unwrap();

    let store = JobStore::postgres(&url, Clock::Database).await.unwrap();
    let claim = done(&store, 1, Moment(0)).await;
    is_known(&store, claim, Moment(0)).await;
    let place: String = sqlx::query_scalar("SELECT tableoid::regclass::text FROM ended_jobs")
        .fetch_one(&mut looking)
        .await
        .unwrap();
    assert!(place.starts_with("ended_jobs_d"), "a day was made before anything ended: {place}");
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM jobs").fetch_one(&mut looking).await.unwrap();
    assert_eq!(left, 0);

    // A day that nobody made in time; made now, it is refused, and its rows stay where they are.
    let callers = JobStore::postgres(&url, Clock::Callers).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("DROP TABLE ended_jobs_d{}", today + 1)))
        .execute(&mut looking)
        .await
        .unwrap();
    let tomorrow = Moment(u64::try_from(today + 1).unwrap() * DAY + 1);
    let missed = done(&callers, 2, tomorrow).await;
    ended_jobs::prepare(&db).await.unwrap();
    ended_jobs::prepare(&db).await.unwrap();
    is_known(&callers, missed, tomorrow).await;

    let day = Moment(u64::try_from(today + 1).unwrap() * DAY);
    assert_eq!(ended_jobs::forget(&db, Moment(day.0 - 1), 10).await.unwrap(), 0, "its day is not over");
    assert_eq!(ended_jobs::forget(&db, day, 10).await.unwrap(), 1);
    let dropped = format!("SELECT to_regclass('ended_jobs_d{today}') IS NULL");
    let dropped: bool =
        sqlx::query_scalar(sqlx::AssertSqlSafe(dropped)).fetch_one(&mut looking).await.unwrap();
    assert!(dropped);
    is_forgotten(&store, 1, Moment(0)).await;
    is_known(&callers, missed, tomorrow).await;
    assert_eq!(ended_jobs::forget(&db, Moment(tomorrow.0 + 1), 10).await.unwrap(), 1);
    is_forgotten(&callers, 2, tomorrow).await;
}

/// The low mark of a lane follows what waits, up and down.
#[tokio::test]
async fn a_job_that_is_due_before_those_that_were_claimed_is_found() {
    let server = Postgres::start(Durability::None).unwrap();
    let store = JobStore::postgres(&server.url("postgres"), Clock::Callers).await.unwrap();
    let claim = async |now: Moment| {
        let taken = store.claim(order(1), now).await.unwrap();
        taken.jobs.first().map(|claim| claim.job.0)
    };
    for (id, at) in [(1, 100), (2, 200), (3, 300)] {
        store.enqueue(new(id, 1), Moment(at)).await.unwrap();
    }
    assert_eq!(claim(Moment(300)).await, Some(1));
    // The clock was set back, and the third still waits.
    store.enqueue(new(4, 1), Moment(50)).await.unwrap();
    assert_eq!(claim(Moment(300)).await, Some(4));
    let low = "SELECT low FROM lanes";
    assert_eq!(server.say(low).unwrap(), "50", "what was first when it was looked for");
}

#[tokio::test]
async fn a_claim_without_a_graphics_processor_leaves_what_waits_for_one_to_be_found() {
    let server = Postgres::start(Durability::None).unwrap();
    let store = JobStore::postgres(&server.url("postgres"), Clock::Callers).await.unwrap();
    let waits = NewJob { gpu_patience: Some(std::time::Duration::from_millis(500)), ..new(1, 1) };
    store.enqueue(waits, Moment(100)).await.unwrap();
    for id in [2, 3] {
        store.enqueue(new(id, 1), Moment(200)).await.unwrap();
    }
    let claim = async |now: Moment| {
        let taken = store.claim(order(1), now).await.unwrap().jobs;
        if let Some(claim) = taken.first() {
            assert_eq!(store.settle(*claim, Verdict::Succeeded, now).await.unwrap(), Ok(()));
        }
        taken.first().map(|claim| claim.job.0)
    };
    assert_eq!(claim(Moment(300)).await, Some(2));
    assert_eq!(claim(Moment(300)).await, Some(3));
    assert_eq!(claim(Moment(300)).await, None);
    assert_eq!(claim(Moment(600)).await, Some(1), "its patience is over");
}
