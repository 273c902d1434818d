//! What processes share through Redis, and do without when it is away.

use std::time::Duration;

use hivesync_jobs::{Moment, WorkerId};
use hivesync_storage::{Clock, Doorbell, Fleet, Heartbeat, JobStore, Limiter, Rate};
use hivesync_testkit::{Durability, Postgres, Redis};
use tokio::time::timeout;

use crate::queue::new;

const PATIENCE: Duration = Duration::from_secs(60);
const FOUR_AN_HOUR: Rate = Rate { count: 4, per: Duration::from_secs(3600) };

async fn empty(redis: &Redis) {
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let () = redis::cmd("FLUSHALL").query_async(&mut connection).await.unwrap();
}

#[tokio::test]
async fn processes_share_one_limit() {
    let redis = Redis::start().unwrap();
    let two = [0, 1].map(|_| Limiter::new(Some(Fleet::new(&redis.url()).unwrap()), 2));
    let mut remaining = Vec::new();
    for number in 0..4 {
        let allowance = two[number % 2].admit("a", FOUR_AN_HOUR, Moment(0)).await;
        assert!(allowance.is_allowed);
        remaining.push(allowance.remaining);
    }
    assert_eq!(remaining, [3, 2, 1, 0]);
    for limiter in &two {
        let refused = limiter.admit("a", FOUR_AN_HOUR, Moment(0)).await;
        assert!(!refused.is_allowed && refused.retry_after > Duration::from_secs(800), "{refused:?}");
        assert!(limiter.admit("b", FOUR_AN_HOUR, Moment(0)).await.is_allowed);
    }
}

#[tokio::test]
async fn without_redis_each_process_counts_its_share_and_with_it_again_all_do() {
    let mut redis = Redis::start().unwrap();
    let limiter = Limiter::new(Some(Fleet::new(&redis.url()).unwrap()), 2);
    assert!(limiter.admit("a", FOUR_AN_HOUR, Moment(0)).await.is_allowed);
    redis.kill().unwrap();
    let mut allowed = 0;
    for _ in 0..10 {
        allowed += u32::from(limiter.admit("a", FOUR_AN_HOUR, Moment(0)).await.is_allowed);
    }
    assert_eq!(allowed, 2, "half of four");
    redis.start_again().unwrap();
    // It is asked again after a second of the caller's clock, as soon as the connection is there.
    let back = async {
        for second in 2.. {
            let allowance = limiter.admit("a", FOUR_AN_HOUR, Moment(second * 1_000)).await;
            if allowance.remaining == 3 {
                break;
            }
        }
    };
    timeout(PATIENCE, back).await.unwrap();
}

#[tokio::test]
async fn a_redis_that_does_not_answer_holds_nobody_up() {
    let redis = Redis::start().unwrap();
    let limiter = Limiter::new(Some(Fleet::new(&redis.url()).unwrap()), 1);
    assert!(limiter.admit("a", FOUR_AN_HOUR, Moment(0)).await.is_allowed);
    redis.freeze().unwrap();
    let start = std::time::Instant::now();
    for _ in 0..1000 {
        limiter.admit("a", FOUR_AN_HOUR, Moment(0)).await;
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    redis.thaw().unwrap();
}

#[tokio::test]
async fn a_ring_reaches_the_other_process_and_none_is_needed_after_a_flush() {
    let redis = Redis::start().unwrap();
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let here = JobStore::open(&here.path().join("jobs.db")).await.unwrap();
    let there = JobStore::open(&there.path().join("jobs.db")).await.unwrap();
    let fleet = Fleet::new(&redis.url()).unwrap();
    let mut rings = there.bell().rings();
    let _bells = [Doorbell::tie(&fleet, here.bell()), Doorbell::tie(&fleet, there.bell())];
    // The first ring says that somebody listens; then there may be a moment before the stream is read.
    assert!(timeout(PATIENCE, rings.next()).await.unwrap());
    for (id, is_flushed) in [(1, false), (1_000_000, true)] {
        if is_flushed {
            empty(&redis).await;
        }
        let rung = async {
            tokio::select! {
                rung = rings.next() => assert!(rung),
                () = async {
                    for id in id.. {
                        here.enqueue(new(id, 1), Moment(0)).await.unwrap();
                        tokio::task::yield_now().await;
                    }
                } => {}
            }
        };
        timeout(PATIENCE, rung).await.unwrap();
    }
}

#[tokio::test]
async fn a_queue_that_others_share_knows_whether_anybody_would_ring_for_it() {
    let mut postgres = Postgres::start(Durability::None).unwrap();
    let store = JobStore::postgres(&postgres.url("postgres"), Clock::Database).await.unwrap();
    let hears = async |expected: bool| {
        let heard = async {
            while store.bell().hears_all() != expected {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, heard).await.unwrap();
    };
    hears(true).await;
    postgres.stop().unwrap();
    hears(false).await;
    let mut redis = Redis::start().unwrap();
    let _doorbell = Doorbell::tie(&Fleet::new(&redis.url()).unwrap(), store.bell());
    hears(true).await;
    redis.kill().unwrap();
    hears(false).await;
    let alone = tempfile::tempdir().unwrap();
    let alone = JobStore::open(&alone.path().join("jobs.db")).await.unwrap();
    assert!(alone.bell().hears_all());
}

#[tokio::test]
async fn a_worker_is_heard_of_until_it_is_silent_for_too_long() {
    let redis = Redis::start().unwrap();
    let fleet = Fleet::new(&redis.url()).unwrap();
    fleet.check().await.unwrap();
    let beat = Heartbeat { kind: "gpu".to_owned(), at: Moment(1_763_741_000_123) };
    assert_eq!(fleet.last_beat(WorkerId(7)).await.unwrap(), None);
    fleet.beat(WorkerId(7), &beat).await.unwrap();
    assert_eq!(fleet.last_beat(WorkerId(7)).await.unwrap(), Some(beat));
    assert_eq!(fleet.last_beat(WorkerId(8)).await.unwrap(), None);
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let key = "worker:00000000000000000000000007:heartbeat";
    let left: i64 = redis::cmd("TTL").arg(key).query_async(&mut connection).await.unwrap();
    assert!((1..=120).contains(&left), "{left}");
}

#[tokio::test]
async fn no_address_is_shown_with_its_password() {
    let fleet = Fleet::new("redis://:a-password@127.0.0.1:1").unwrap();
    let error = fleet.check().await.unwrap_err();
    assert!(!format!("{fleet:?} {error:?}").contains("a-password"));
}
