//! The queue in PostgreSQL, shared by several processes, whose connections die.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hivesync_jobs::{
    Claimed, Ending, Enqueued, Event, JobId, LEASE, LaneKey, LaneTerms, Moment, NewJob, Order, Rejected,
    State, Verdict, WorkerId,
};
use hivesync_storage::{Clock, JobStore};
use hivesync_testkit::{Durability, Postgres};
use hivesync_types::Code;
use sqlx::{Connection as _, PgConnection};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::reference::lives_as_the_reference;
use super::{heeds_what_another_process_did, new, one_was_new, order, refuses_two_of_five};

/// However slow the machine is.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long to wait between two looks.
const GLANCE: Duration = Duration::from_millis(50);

struct Server(Postgres);

impl Server {
    fn start() -> Self {
        Self(Postgres::start(Durability::None).unwrap())
    }

    async fn admin(&self) -> PgConnection {
        PgConnection::connect(&self.0.url("postgres")).await.unwrap()
    }

    async fn open(&self, clock: Clock) -> JobStore {
        JobStore::postgres(&self.0.url("postgres"), clock).await.unwrap()
    }
}

#[tokio::test]
async fn every_answer_is_that_of_the_reference() {
    let server = Server::start();
    let mut admin = server.admin().await;
    for seed in 0..12 {
        sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE d{seed}")))
            .execute(&mut admin)
            .await
            .unwrap();
        let url = server.0.url(&format!("d{seed}"));
        lives_as_the_reference(seed, async || JobStore::postgres(&url, Clock::Callers).await.unwrap()).await;
    }
}

#[tokio::test]
async fn processes_that_start_together_make_the_tables_once() {
    let server = Server::start();
    let mut starting = JoinSet::new();
    for _ in 0..8 {
        let url = server.0.url("postgres");
        starting.spawn(async move { JobStore::postgres(&url, Clock::Database).await.unwrap() });
    }
    let stores = starting.join_all().await;
    assert_eq!(stores[0].enqueue(new(1, 1), Moment(0)).await.unwrap(), Enqueued::New(JobId(1)));
    assert!(stores[7].job(JobId(1)).await.unwrap().is_some());
}

#[tokio::test]
async fn a_thousand_equal_requests_to_four_processes_are_one_job() {
    let server = Server::start();
    let mut asking = JoinSet::new();
    for part in 0..4_u128 {
        let store = Arc::new(server.open(Clock::Database).await);
        for id in part * 250..(part + 1) * 250 {
            let store = Arc::clone(&store);
            let job = NewJob { key: Some(("k".to_owned(), [1; 32])), ..new(id, 1) };
            asking.spawn(async move { store.enqueue(job, Moment(0)).await.unwrap() });
        }
    }
    one_was_new(&asking.join_all().await);
}

#[tokio::test]
async fn a_command_that_fails_harms_nobody_beside_it() {
    let server = Server::start();
    let store = Arc::new(server.open(Clock::Callers).await);
    refuses_two_of_five(&store).await;
}

#[tokio::test]
async fn what_another_process_did_counts_whatever_this_one_remembers() {
    let server = Server::start();
    let (here, there) = (server.open(Clock::Callers).await, server.open(Clock::Callers).await);
    heeds_what_another_process_did(&here, &there).await;
}

#[tokio::test]
async fn leases_are_counted_by_the_databases_clock() {
    let server = Server::start();
    let store = server.open(Clock::Database).await;
    // A caller whose clock stands still, in another century.
    store.enqueue(new(1, 1), Moment(0)).await.unwrap();
    let claim = store.claim(order(1), Moment(0)).await.unwrap().jobs[0];
    let mut admin = server.admin().await;
    let now: i64 = sqlx::query_scalar("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
        .fetch_one(&mut admin)
        .await
        .unwrap();
    let now = Moment(u64::try_from(now).unwrap());
    let State::Leased { until, .. } = store.job(claim.job).await.unwrap().unwrap().state else {
        panic!("it is leased")
    };
    assert!(until > now && until <= now.after(LEASE), "{until} {now}");
    assert!(store.sweep(Moment(u64::MAX)).await.unwrap().is_empty(), "nor does a hasty sweeper count");
}

#[tokio::test]
async fn a_queue_at_rest_is_looked_at_without_its_lock_and_a_lease_that_ends_is_seen() {
    let server = Server::start();
    let (store, mut admin) = (server.open(Clock::Database).await, server.admin().await);
    // Whoever begins a transaction of the queue waits for this one.
    sqlx::query("SELECT pg_advisory_lock(5217463350)").execute(&mut admin).await.unwrap();
    assert!(timeout(PATIENCE, store.rests()).await.unwrap().unwrap());
    assert_eq!(store.sweep(Moment(0)).await.unwrap(), []);
    sqlx::query("SELECT pg_advisory_unlock(5217463350)").execute(&mut admin).await.unwrap();

    // Another process, which has heard nothing of what this one saw.
    let other = server.open(Clock::Database).await;
    other.enqueue(new(1, 1), Moment(0)).await.unwrap();
    assert!(!store.rests().await.unwrap());
    let (begun, mut rings) = (Instant::now(), store.bell().rings());
    let claim = other.claim(order(1), Moment(0)).await.unwrap().jobs[0];
    assert!(store.rests().await.unwrap(), "what runs does not wait");
    while store.sweep(Moment(0)).await.unwrap() != [Event::Expired(claim.job)] {
        assert!(begun.elapsed() < PATIENCE, "a lease that ended was not seen");
        // Whoever sweeps rings, and so does whoever puts something in: nobody does here.
        drop(timeout(GLANCE, rings.next()).await);
    }
    assert!(begun.elapsed() + GLANCE >= LEASE, "it ended before its time");
    assert!(!store.rests().await.unwrap(), "it waits again");
}

#[tokio::test]
async fn a_job_that_one_process_takes_in_rings_in_another() {
    let server = Server::start();
    let (here, there) = (server.open(Clock::Database).await, server.open(Clock::Database).await);
    let mut rings = there.bell().rings();
    // The first ring says that the listener listens.
    assert!(timeout(PATIENCE, rings.next()).await.unwrap());
    here.enqueue(new(1, 1), Moment(0)).await.unwrap();
    assert!(timeout(PATIENCE, rings.next()).await.unwrap());
}

/// What four workers did with the jobs of a queue.
#[derive(Default)]
struct Record {
    /// Jobs that run now, by tenant.
    running: Mutex<BTreeMap<u64, u32>>,
    accepted: Mutex<Vec<JobId>>,
    /// The clock of all: it moves when somebody has nothing to do.
    now: AtomicU64,
}

impl Record {
    fn now(&self) -> Moment {
        Moment(self.now.load(Ordering::SeqCst))
    }
}

const TENANTS: u64 = 5;
const JOBS: u128 = 600;
const CAP: u32 = 3;

fn tenant_of(job: JobId) -> u64 {
    u64::try_from(job.0 % u128::from(TENANTS)).unwrap()
}

async fn fill(store: &Arc<JobStore>, now: Moment) {
    let mut filling = JoinSet::new();
    for id in 0..JOBS {
        let store = Arc::clone(store);
        let job = NewJob {
            lane: LaneKey { queue: "q".to_owned(), tenant: tenant_of(JobId(id)) },
            terms: LaneTerms { weight: 1, cap: CAP },
            tries_max: 1000,
            key: Some((id.to_string(), [7; 32])),
            ..new(id, 0)
        };
        filling.spawn(async move {
            // Whoever gets no answer asks again.
            loop {
                match store.enqueue(job.clone(), now).await {
                    Ok(Enqueued::New(known) | Enqueued::Known(known)) => break assert_eq!(known, JobId(id)),
                    Ok(Enqueued::KeyReused) => panic!("nobody used that key"),
                    Err(error) => assert_eq!(error.code(), Code::HostStorage, "{error}"),
                }
            }
        });
    }
    filling.join_all().await;
}

/// Works until every job is over. Answers that are lost are asked for again; what was given to
/// nobody is swept.
async fn work(store: Arc<JobStore>, number: u128, record: Arc<Record>, caps_are_exact: bool) {
    let mut begun = 0_u32;
    while record.accepted.lock().unwrap().iter().collect::<BTreeSet<_>>().len()
        < usize::try_from(JOBS).unwrap()
    {
        let order = Order { worker: WorkerId(number), ..order(4) };
        let Ok(taken) = store.claim(order, record.now()).await else { continue };
        if taken.jobs.is_empty() {
            // A claim whose answer was lost comes back when its lease is over.
            record.now.fetch_add(1_000, Ordering::SeqCst);
            let _ = store.sweep(record.now()).await;
            tokio::task::yield_now().await;
        }
        for claim in &taken.jobs {
            let mut running = record.running.lock().unwrap();
            let count = running.entry(tenant_of(claim.job)).or_default();
            *count += 1;
            assert!(!caps_are_exact || *count <= CAP, "{claim:?} is one too many");
        }
        for claim in taken.jobs {
            begun += 1;
            run(&store, claim, &record).await;
        }
    }
    assert!(begun > 0 || JOBS == 0);
}

async fn run(store: &JobStore, claim: Claimed, record: &Record) {
    tokio::task::yield_now().await;
    *record.running.lock().unwrap().get_mut(&tenant_of(claim.job)).unwrap() -= 1;
    loop {
        match store.settle(claim, Verdict::Succeeded, record.now()).await {
            Ok(Ok(())) => break record.accepted.lock().unwrap().push(claim.job),
            // Accepted before, without an answer; or taken away meanwhile.
            Ok(Err(Rejected::LeaseLost)) => {
                let job = store.job(claim.job).await;
                match job.map(|job| job.unwrap().state) {
                    Ok(State::Ended(Ending::Succeeded)) => {
                        let mut accepted = record.accepted.lock().unwrap();
                        if !accepted.contains(&claim.job) {
                            accepted.push(claim.job);
                        }
                        break;
                    }
                    Ok(_) => break,
                    Err(_) => {}
                }
            }
            Ok(Err(Rejected::Unknown)) => panic!("a job is lost"),
            Err(error) => assert_eq!(error.code(), Code::HostStorage, "{error}"),
        }
    }
}

async fn check(store: &JobStore, record: &Record) {
    for id in 0..JOBS {
        let job = store.job(JobId(id)).await.unwrap().unwrap();
        assert_eq!(job.state, State::Ended(Ending::Succeeded), "{id}");
    }
    let accepted = record.accepted.lock().unwrap().clone();
    assert_eq!(accepted.iter().collect::<BTreeSet<_>>().len(), accepted.len(), "an end was accepted twice");
    for tenant in 0..TENANTS {
        let lane = LaneKey { queue: "q".to_owned(), tenant };
        assert_eq!(store.running(lane).await.unwrap(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_workers_run_every_job_once_and_never_more_than_a_cap() {
    let server = Server::start();
    let record = Arc::new(Record { now: AtomicU64::new(1_000_000), ..Record::default() });
    let first = Arc::new(server.open(Clock::Callers).await);
    fill(&first, record.now()).await;
    let mut working = JoinSet::new();
    for number in 0..4 {
        let store = Arc::new(server.open(Clock::Callers).await);
        working.spawn(work(store, number, Arc::clone(&record), true));
    }
    timeout(PATIENCE, working.join_all()).await.unwrap();
    check(&first, &record).await;
    assert_eq!(record.accepted.lock().unwrap().len(), usize::try_from(JOBS).unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_die_lose_no_job_and_double_none() {
    let server = Server::start();
    let record = Arc::new(Record { now: AtomicU64::new(1_000_000), ..Record::default() });
    let first = Arc::new(server.open(Clock::Callers).await);
    let mut working = JoinSet::new();
    let filler = Arc::clone(&first);
    let start = record.now();
    working.spawn(async move { fill(&filler, start).await });
    for number in 0..4 {
        let store = Arc::new(server.open(Clock::Callers).await);
        working.spawn(work(store, number, Arc::clone(&record), false));
    }
    let mut admin = server.admin().await;
    let mut killed = 0_i64;
    // As the end of a machine looks to the others: whatever was under way is gone.
    let killing = async {
        loop {
            killed += sqlx::query_scalar::<_, i64>(
                "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE application_name = 'hivesync' AND random() < 0.3) AS killed",
            )
            .fetch_one(&mut admin)
            .await
            .unwrap();
            let _: Vec<u8> = sqlx::query_scalar("SELECT ''::bytea FROM pg_sleep(0.02)")
                .fetch_one(&mut admin)
                .await
                .unwrap();
        }
    };
    let working = async { while working.join_next().await.transpose().unwrap().is_some() {} };
    timeout(PATIENCE, async {
        tokio::select! { () = working => {}, () = killing => {} }
    })
    .await
    .unwrap();
    assert!(killed > 10, "{killed}");
    check(&first, &record).await;
}

#[tokio::test]
async fn a_database_that_was_away_is_used_again() {
    let mut server = Server::start();
    let store = server.open(Clock::Database).await;
    store.enqueue(new(1, 1), Moment(0)).await.unwrap();
    let claim = store.claim(order(1), Moment(0)).await.unwrap().jobs[0];
    server.0.stop().unwrap();
    let away = store.settle(claim, Verdict::Succeeded, Moment(0)).await.unwrap_err();
    assert_eq!(away.code(), Code::HostStorage);
    server.0.start_again().unwrap();
    assert_eq!(store.settle(claim, Verdict::Succeeded, Moment(0)).await.unwrap(), Ok(()));
    let job = store.job(claim.job).await.unwrap().unwrap();
    assert_eq!(job.state, State::Ended(Ending::Succeeded));
}
