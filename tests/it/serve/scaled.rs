//! The same program with its tables in PostgreSQL and its objects in a bucket.

use hivesync_testkit::{Clock, Durability, Postgres, Redis, S3};
use serde_json::json;
use tempfile::TempDir;

use super::client::Ask;
use super::previews::Bench;
use super::server::{Server, text};
use crate::cli::project::{SMALL, copy_warm_data};

pub(super) const SECRETS: [(&str, &str); 3] = [
    ("JWT_SECRET", "one secret of a fleet, 32 bytes long"),
    ("PREVIEW_TOKEN_SECRET", "another secret of it, 32 bytes long"),
    ("WORKER_CALLBACK_SECRET", "a third secret of it, 32 bytes long"),
];

/// What several programs share.
pub(super) struct Fleet {
    pub(super) postgres: Postgres,
    pub(super) s3: S3,
    pub(super) redis: Redis,
}

impl Fleet {
    pub(super) fn start() -> Self {
        Self {
            postgres: Postgres::start(Durability::None).unwrap(),
            s3: S3::start("id", "secret").unwrap(),
            redis: Redis::start().unwrap(),
        }
    }

    /// A program that answers and builds nothing.
    pub(super) fn answering(&self) -> Server {
        self.node(tempfile::tempdir().unwrap(), ("WORKER_CONCURRENCY", "0"))
    }

    /// The same in a folder, at a port and with a clock that outlive it.
    pub(super) fn answering_at(&self, folder: TempDir, port: &str, clock: &Clock) -> Server {
        let places = [self.places(), clock.environment()].concat();
        let places: Vec<_> = places.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Server::start_in(
            folder,
            &[&places[..], &SECRETS, &[("WORKER_CONCURRENCY", "0"), ("PORT", port)]].concat(),
        )
    }

    /// One that also builds, and reports to another.
    fn building(&self, report_to: &str) -> Server {
        let folder = tempfile::tempdir().unwrap();
        copy_warm_data(&folder.path().join("data"));
        self.node(folder, ("WORKER_CALLBACK_URL", report_to))
    }

    /// A program on a machine of its own: it shares no folder with the others.
    fn node(&self, folder: TempDir, more: (&str, &str)) -> Server {
        let places = self.places();
        let places: Vec<_> = places.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Server::start_in(folder, &[&places[..], &SECRETS, &[more]].concat())
    }

    /// Where everything is that they share.
    pub(super) fn places(&self) -> Vec<(&'static str, String)> {
        vec![
            ("DATABASE_URL", self.postgres.url("postgres")),
            ("REDIS_URL", self.redis.url()),
            ("R2_ENDPOINT", self.s3.url()),
            ("R2_ACCESS_KEY_ID", "id".to_owned()),
            ("R2_SECRET_ACCESS_KEY", "secret".to_owned()),
        ]
    }
}

#[test]
fn what_one_node_takes_in_another_builds_and_a_third_hands_out() {
    let fleet = Fleet::start();
    let bench = Bench::on(fleet.answering(), SMALL);
    let report_to = format!("http://{}/api/v1/workers/callback", bench.server.address);
    let _worker = fleet.building(&report_to);
    let job = bench.built(&json!({ "platform": "web" }));
    assert_eq!(job["state"], "success", "{job:#}");
    let id = text(&job["job_id"]);

    let third = fleet.answering();
    let linked = third.ask("GET", &bench.artifact_url(&id, "&mode=json")).send().expect(200);
    assert_eq!(linked["digest"], job["devices"][0]["artifact"]["digest"]);
    let url = text(&linked["url"]);
    let (address, target) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    assert_eq!(format!("http://{address}"), fleet.s3.url(), "a link leads to the bucket itself");
    let fetched = Ask::new(address, "GET", &format!("/{target}")).send();
    assert_eq!((fetched.status, json!(fetched.body.len())), (200, linked["bytes"].clone()));
    let unsigned = target.split_once('?').unwrap().0;
    assert_eq!(Ask::new(address, "GET", &format!("/{unsigned}")).send().status, 403);
    assert!(!bench.server.data().join("objects").exists());
    assert!(!bench.server.data().join("hivesync.db").exists());
}

#[test]
fn a_node_that_lost_its_database_or_its_bucket_says_so() {
    let mut fleet = Fleet::start();
    let node = fleet.answering();
    let health = |status: u16| node.ask("GET", "/health/deep").send().expect(status)["checks"].clone();
    assert_eq!(health(200), json!({ "database": "ok", "queue": "ok", "objects": "ok", "redis": "ok" }));
    fleet.s3.kill().unwrap();
    assert_eq!(health(503)["objects"], "failed");
    fleet.s3.start_again().unwrap();
    fleet.postgres.stop().unwrap();
    assert_eq!(health(503)["database"], "failed");
    fleet.postgres.start_again().unwrap();
    assert_eq!(health(200)["database"], "ok");
}

#[test]
fn a_redis_that_is_empty_gone_or_silent_delays_a_preview_and_loses_none() {
    let mut fleet = Fleet::start();
    let bench = Bench::on(fleet.answering(), SMALL);
    let report_to = format!("http://{}/api/v1/workers/callback", bench.server.address);
    let _worker = fleet.building(&report_to);
    let build = || {
        let job = bench.built(&json!({ "platform": "web" }));
        assert_eq!(job["state"], "success", "{job:#}");
    };
    build();
    // The control: the programs do ring each other there.
    assert!(fleet.redis.say("XLEN hivesync:bell").unwrap().trim_start_matches(':') > "0");
    assert_eq!(fleet.redis.say("FLUSHALL").unwrap(), "+OK");
    build();
    assert!(fleet.redis.say("XLEN hivesync:bell").unwrap().trim_start_matches(':') > "0");
    fleet.redis.freeze().unwrap();
    build();
    fleet.redis.thaw().unwrap();
    fleet.redis.kill().unwrap();
    build();
    fleet.redis.start_again().unwrap();
    build();
}

#[test]
fn the_previews_of_an_hour_are_counted_exactly_whichever_nodes_are_asked_at_one_time() {
    let fleet = Fleet::start();
    let bench = Bench::on(fleet.answering(), SMALL);
    let other = fleet.answering();
    let asks: Vec<_> = (0..40)
        .map(|n| {
            let node = if n % 2 == 0 { &bench.server } else { &other };
            node.post(&bench.path("previews/jobs"), &bench.person.token, &json!({ "platform": "web" }))
        })
        .collect();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let asking: Vec<_> = asks.into_iter().map(|ask| scope.spawn(|| ask.send())).collect();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let accepted = answers.iter().filter(|answer| answer.status == 202).count();
    assert_eq!(accepted, 5);
    for refused in answers.iter().filter(|answer| answer.status != 202) {
        assert_eq!(refused.refused(429, "LIMIT_REACHED")["details"]["limit_type"], "previews_an_hour");
    }
    let listed = bench.get("previews/jobs?limit=100").expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 3, "a free user sees the last three");
}
