//! A fleet under load while everything it stands on is killed, emptied, stopped or turned, and then
//! what must still be true: no job lost, no effect doubled, no orphan, no untracked object.
//!
//! `cargo xtask chaos --rounds N` runs it for longer.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::thread;
use std::time::Instant;

use hivesync_testkit::Clock;
use rustix::process::Signal;
use serde_json::{Value, json};

use super::client::{Answer, Ask};
use super::previews::Bench;
use super::scaled::Fleet;
use super::server::{PASSWORD, Server, text};
use super::workers::LoneWorker;
use crate::cli::project::SMALL;
use crate::patience::{PATIENCE, until};

/// People, and previews that each of them asks for.
const PEOPLE: usize = 4;
const EACH: usize = 3;
/// Seconds by which the workers' clock is off, one way or the other: more than the API takes of a
/// report without a word, and less than a store of objects ever does.
const WORKERS_OFF: i64 = 800;
/// Seconds by which the node's is: a session lasts a quarter of an hour.
const NODES_OFF: i64 = 200;

/// What is done to the fleet, one after the other, while somebody asks.
#[derive(Debug, Clone, Copy)]
enum Fault {
    KillWorker,
    KillNode,
    EmptyRedis,
    KillRedis,
    RestartPostgres,
    StopObjects,
    StartObjects,
    TurnWorkers,
    TurnNode,
}

/// Objects are away while something else happens too.
const FAULTS: [&[Fault]; 2] = [
    &[Fault::KillWorker, Fault::StopObjects, Fault::RestartPostgres, Fault::StartObjects, Fault::TurnWorkers],
    &[
        Fault::EmptyRedis,
        Fault::TurnNode,
        Fault::StopObjects,
        Fault::KillNode,
        Fault::KillRedis,
        Fault::StartObjects,
    ],
];

/// A clock, and how far it is off.
struct Turned {
    clock: Clock,
    ahead: i64,
}

impl Turned {
    fn by(ahead: i64) -> Self {
        Self { clock: Clock::start(ahead).unwrap(), ahead }
    }

    /// As far to the other side.
    fn turn(&mut self) {
        self.ahead = -self.ahead;
        self.clock.turn(self.ahead).unwrap();
    }
}

struct Chaos {
    fleet: Fleet,
    port: String,
    node: Option<Server>,
    workers: Vec<LoneWorker>,
    nodes_clock: Turned,
    workers_clock: Turned,
}

impl Chaos {
    fn new() -> Self {
        let fleet = Fleet::start();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (nodes_clock, workers_clock) = (Turned::by(NODES_OFF), Turned::by(WORKERS_OFF));
        let mut chaos = Self {
            fleet,
            port: free.to_string(),
            node: None,
            workers: Vec::new(),
            nodes_clock,
            workers_clock,
        };
        chaos.start_node(tempfile::tempdir().unwrap());
        chaos.start_worker();
        chaos.start_worker();
        chaos
    }

    fn start_node(&mut self, folder: tempfile::TempDir) {
        self.node = Some(self.fleet.answering_at(folder, &self.port, &self.nodes_clock.clock));
    }

    fn start_worker(&mut self) {
        let report_to = format!("http://127.0.0.1:{}/api/v1/workers/callback", self.port);
        let clock = self.workers_clock.clock.environment();
        self.workers.push(LoneWorker::start_with(&self.fleet, &report_to, clock));
    }

    fn node(&self) -> &Server {
        self.node.as_ref().unwrap()
    }

    fn suffer(&mut self, fault: Fault) {
        match fault {
            Fault::KillWorker => {
                drop(self.workers.remove(0));
                self.start_worker();
            }
            Fault::KillNode => {
                let node = self.node.take().unwrap();
                node.signal(Signal::KILL);
                let (_, folder) = node.ended();
                self.start_node(folder);
            }
            Fault::EmptyRedis => assert_eq!(self.fleet.redis.say("FLUSHALL").unwrap(), "+OK"),
            Fault::KillRedis => {
                self.fleet.redis.kill().unwrap();
                self.fleet.redis.start_again().unwrap();
            }
            Fault::RestartPostgres => {
                self.fleet.postgres.stop().unwrap();
                self.fleet.postgres.start_again().unwrap();
            }
            Fault::StopObjects => self.fleet.s3.kill().unwrap(),
            Fault::StartObjects => self.fleet.s3.start_again().unwrap(),
            Fault::TurnWorkers => self.workers_clock.turn(),
            Fault::TurnNode => {
                self.nodes_clock.turn();
                let off = self.nodes_clock.ahead;
                until("the node has another time", || (self.node_ahead() - off).abs() < NODES_OFF / 2);
            }
        }
    }

    /// Seconds by which the node's clock is ahead, as it says to whoever has quite another time.
    fn node_ahead(&self) -> i64 {
        let mut ask = self.node().ask("POST", "/api/v1/workers/callback").json(&json!({}));
        for (name, value) in [
            ("x-signature", "0".repeat(64).as_str()),
            ("x-timestamp", "2000-01-01T00:00:00Z"),
            ("x-nonce", "nonce-of-a-stranger"),
            ("x-worker-id", "a-stranger"),
        ] {
            ask = ask.header(name, value);
        }
        let refused = ask.send().refused(401, "CLOCK_SKEW");
        let said: jiff::Timestamp = text(&refused["details"]["server_time"]).parse().unwrap();
        said.duration_since(jiff::Timestamp::now()).as_secs()
    }
}

/// Asks until somebody answers well; with a key, all tries are one request. Where the process or the database
/// went away between what was done and its answer, a key is held for two minutes, and whoever comes with it is
/// told to come again.
fn insist(ask: &Ask) -> Value {
    let begun = Instant::now();
    loop {
        match ask.clone().try_send() {
            Ok(Answer { status: 200 | 202, body, .. }) => return serde_json::from_slice(&body).unwrap(),
            Ok(answer) => {
                let comes_again = answer.status >= 500 || answer.header("retry-after").is_some();
                assert!(comes_again, "{}", String::from_utf8_lossy(&answer.body));
            }
            Err(_) => {}
        }
        assert!(begun.elapsed() < PATIENCE, "nobody takes {ask:?}");
        thread::yield_now();
    }
}

/// Somebody with a project that has files.
struct Asker {
    name: String,
    project: String,
}

impl Asker {
    fn new(chaos: &Chaos, name: String) -> Self {
        let person = chaos.node().login(&name);
        let project = chaos.node().project(&person, "notes");
        let files: Vec<_> =
            SMALL.iter().map(|(path, content)| json!({ "path": path, "content": content })).collect();
        let target = format!("/api/v1/projects/{project}/files");
        chaos.node().post(&target, &person.token, &json!({ "files": files })).send().expect(201);
        Self { name, project }
    }

    /// Asks for all previews, whatever happens meanwhile; the ids of their jobs.
    fn asks(&self, address: &str) -> Vec<String> {
        let credentials = json!({ "email": format!("{}@example.com", self.name), "password": PASSWORD });
        let session = insist(&Ask::new(address, "POST", "/api/v1/auth/login").json(&credentials));
        let token = text(&session["access_token"]);
        let target = format!("/api/v1/projects/{}/previews/jobs", self.project);
        // The first one again, as a client that heard no answer.
        let keys = (0..EACH).chain([0]).map(|preview| format!("key-{preview}"));
        let ask = Ask::new(address, "POST", &target).bearer(&token).json(&json!({ "platform": "web" }));
        keys.map(|key| text(&insist(&ask.clone().header("idempotency-key", &key))["job_id"])).collect()
    }
}

#[test]
fn a_fleet_whose_parts_are_killed_one_by_one_loses_and_doubles_nothing() {
    let rounds = std::env::var("HIVESYNC_CHAOS_ROUNDS").map_or(1, |rounds| rounds.parse().unwrap());
    let mut chaos = Chaos::new();
    let people: Vec<_> =
        (0..PEOPLE * rounds).map(|number| Asker::new(&chaos, format!("person-{number}"))).collect();
    let address = chaos.node().address.clone();
    let mut jobs = BTreeSet::new();
    for (person, faults) in people.iter().zip(FAULTS.iter().cycle()) {
        let asked = thread::scope(|scope| {
            let asking = scope.spawn(|| person.asks(&address));
            for fault in *faults {
                chaos.suffer(*fault);
            }
            asking.join().unwrap()
        });
        jobs.extend(asked);
    }
    assert_eq!(jobs.len(), people.len() * EACH, "a key is one job");
    wait_until_over(&chaos.fleet, jobs.len());
    check(&chaos.fleet, &jobs);
    // The node had the turn to clean up.
    chaos.node = None;
    sweep_and_check_objects(&chaos.fleet);
}

fn number(fleet: &Fleet, sql: &str) -> usize {
    fleet.postgres.say(sql).unwrap().parse().unwrap()
}

fn wait_until_over(fleet: &Fleet, count: usize) {
    let sql = "SELECT COUNT(*) FROM preview_jobs WHERE state IN ('success', 'failed', 'canceled')";
    until("all previews are over", || number(fleet, sql) >= count);
}

/// What the tables must say when nothing is under way any more.
fn check(fleet: &Fleet, jobs: &BTreeSet<String>) {
    let say = |sql: &str| fleet.postgres.say(sql).unwrap();
    let kept: BTreeSet<String> = say("SELECT id FROM preview_jobs").lines().map(str::to_owned).collect();
    assert_eq!(kept, *jobs, "what was accepted is there, and nothing else");
    let failed = "SELECT COUNT(*) FROM preview_jobs WHERE state <> 'success'";
    let dead = "SELECT COUNT(*) FROM ended_jobs WHERE state = 'dead' AND tries = tries_max";
    assert!(number(fleet, failed) <= number(fleet, dead), "what failed was tried as often as it may be");
    assert!(number(fleet, failed) * 4 < jobs.len(), "{}", say("SELECT id, error_code FROM preview_jobs"));
    let doubled = "SELECT job_id FROM preview_events WHERE kind = 'state'
        AND (data LIKE '%success%' OR data LIKE '%failed%') GROUP BY job_id HAVING COUNT(*) <> 1";
    assert_eq!(say(doubled), "", "a preview has one end");
    let told = "SELECT j.id FROM preview_jobs j LEFT JOIN notifications n ON n.kind = 'preview_finished'
        AND n.data LIKE '%' || j.id || '%' GROUP BY j.id HAVING COUNT(n.id) <> 1";
    assert_eq!(say(told), "", "somebody is told of it once");
    let without = "SELECT j.id FROM preview_jobs j LEFT JOIN preview_artifacts a ON a.job_id = j.id
        WHERE j.state = 'success' GROUP BY j.id HAVING COUNT(a.job_id) <> 1";
    assert_eq!(say(without), "", "a preview has its artifact");
    assert_eq!(say("SELECT id, tries FROM jobs WHERE tries > tries_max"), "");
    // The control: the clocks did say other times than each other.
    let off = "SELECT COUNT(*) FROM preview_jobs j JOIN preview_events e ON e.job_id = j.id
        WHERE e.data LIKE '%building%' AND ABS(e.at - j.created_at) > 300000";
    assert!(number(fleet, off) > 0, "no worker's clock was off");
    // The queue's own words come a moment after the report.
    let open = "SELECT id FROM jobs WHERE state IN ('waiting', 'leased')";
    until("the queue has ended all jobs", || say(open).is_empty());
    assert_eq!(say("SELECT tenant FROM lanes WHERE waiting <> 0 OR running <> 0"), "", "no place is lost");
}

/// What the cleanup leaves is what the tables point to, and all of it.
fn sweep_and_check_objects(fleet: &Fleet) {
    let cleaner = LoneWorker::cleaning(fleet, &[("CLEANUP_GRACE_MINUTES", "0")]);
    let kept = "SELECT bundle_key FROM preview_artifacts UNION SELECT metadata_key FROM preview_artifacts";
    let kept: BTreeSet<String> = fleet.postgres.say(kept).unwrap().lines().map(str::to_owned).collect();
    let begun = Instant::now();
    loop {
        let stored: BTreeSet<String> =
            fleet.s3.names().unwrap().into_iter().filter(|name| name.starts_with("previews/")).collect();
        assert!(stored.is_superset(&kept), "{:?} are gone", kept.difference(&stored));
        if stored == kept {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{:?} are nobody's", stored.difference(&kept));
        thread::yield_now();
    }
    drop(cleaner);
}

#[test]
fn the_check_of_objects_sees_one_that_nobody_points_to() {
    let fleet = Fleet::start();
    let bench = Bench::on(fleet.answering(), SMALL);
    let name = "previews/01JDJ0000000000000000000AA/default/metadata.json";
    fleet.s3.plant(name, b"{}").unwrap();
    assert!(fleet.s3.names().unwrap().contains(&name.to_owned()));
    drop(bench);
    sweep_and_check_objects(&fleet);
    assert!(!fleet.s3.names().unwrap().contains(&name.to_owned()));
}
