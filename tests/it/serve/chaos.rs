//! A fleet under load while everything it stands on is killed, emptied or stopped, and then what
//! must still be true: no job lost, no effect doubled, no orphan, no untracked object.
//!
//! `cargo xtask chaos --rounds N` runs it for longer; the seed decides the order of the faults.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::thread;
use std::time::Instant;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::client::Answer;
use super::previews::Bench;
use super::scaled::Fleet;
use super::server::{Person, Server, text};
use super::workers::LoneWorker;
use crate::cli::project::SMALL;
use crate::patience::{PATIENCE, until};

/// People, and previews that each of them asks for.
const PEOPLE: usize = 4;
const EACH: usize = 3;

/// What is done to the fleet, one after the other.
#[derive(Debug, Clone, Copy)]
enum Fault {
    KillWorker,
    KillNode,
    EmptyRedis,
    KillRedis,
    RestartPostgres,
    StopObjects,
}

const FAULTS: [Fault; 6] = [
    Fault::KillWorker,
    Fault::EmptyRedis,
    Fault::RestartPostgres,
    Fault::KillNode,
    Fault::StopObjects,
    Fault::KillRedis,
];

struct Chaos {
    fleet: Fleet,
    port: String,
    node: Option<Server>,
    workers: Vec<LoneWorker>,
}

impl Chaos {
    fn new() -> Self {
        let fleet = Fleet::start();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let port = free.to_string();
        let node = Some(fleet.answering_at(tempfile::tempdir().unwrap(), &port));
        let report_to = format!("http://127.0.0.1:{port}/api/v1/workers/callback");
        let workers = (0..2).map(|_| LoneWorker::start(&fleet, &report_to)).collect();
        Self { fleet, port, node, workers }
    }

    fn node(&self) -> &Server {
        self.node.as_ref().unwrap()
    }

    fn suffer(&mut self, fault: Fault) {
        match fault {
            Fault::KillWorker => {
                let report_to = format!("http://127.0.0.1:{}/api/v1/workers/callback", self.port);
                drop(self.workers.remove(0));
                self.workers.push(LoneWorker::start(&self.fleet, &report_to));
            }
            Fault::KillNode => {
                let node = self.node.take().unwrap();
                node.signal(Signal::KILL);
                let (_, folder) = node.ended();
                self.node = Some(self.fleet.answering_at(folder, &self.port));
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
            Fault::StopObjects => {
                self.fleet.s3.kill().unwrap();
                self.fleet.s3.start_again().unwrap();
            }
        }
    }
}

/// Asks until somebody answers well; the key makes all tries one request.
fn insist(chaos: &Chaos, (person, project): (&Person, &str), key: &str) -> String {
    let begun = Instant::now();
    loop {
        let target = format!("/api/v1/projects/{project}/previews/jobs");
        let ask = chaos.node().post(&target, &person.token, &json!({ "platform": "web" }));
        match ask.header("idempotency-key", key).try_send() {
            Ok(Answer { status: 200 | 202, body, .. }) => {
                let answer: Value = serde_json::from_slice(&body).unwrap();
                return text(&answer["job_id"]);
            }
            Ok(answer) => assert!(answer.status >= 500, "{}", String::from_utf8_lossy(&answer.body)),
            Err(_) => {}
        }
        assert!(begun.elapsed() < PATIENCE, "nobody takes {key}");
    }
}

#[test]
fn a_fleet_whose_parts_are_killed_one_by_one_loses_and_doubles_nothing() {
    let rounds = std::env::var("HIVESYNC_CHAOS_ROUNDS").map_or(1, |rounds| rounds.parse().unwrap());
    let mut chaos = Chaos::new();
    let people: Vec<_> = (0..PEOPLE * rounds)
        .map(|number| {
            let person = chaos.node().login(&format!("person-{number}"));
            let project = chaos.node().project(&person, "notes");
            let files: Vec<_> =
                SMALL.iter().map(|(path, content)| json!({ "path": path, "content": content })).collect();
            let target = format!("/api/v1/projects/{project}/files");
            chaos.node().post(&target, &person.token, &json!({ "files": files })).send().expect(201);
            (person, project)
        })
        .collect();
    let mut jobs = Vec::new();
    for (number, (person, project)) in people.iter().enumerate() {
        for preview in 0..EACH {
            jobs.push(insist(&chaos, (person, project), &format!("key-{preview}")));
        }
        // Again, as a client that heard no answer.
        jobs.push(insist(&chaos, (person, project), "key-0"));
        for fault in FAULTS.iter().skip(number % 2).step_by(2) {
            chaos.suffer(*fault);
        }
    }
    let distinct: BTreeSet<&String> = jobs.iter().collect();
    assert_eq!(distinct.len(), people.len() * EACH, "a key is one job");
    wait_until_over(&chaos.fleet, distinct.len());
    check(&chaos.fleet, distinct.len());
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
fn check(fleet: &Fleet, count: usize) {
    let say = |sql: &str| fleet.postgres.say(sql).unwrap();
    assert_eq!(number(fleet, "SELECT COUNT(*) FROM preview_jobs"), count);
    let failed = "SELECT COUNT(*) FROM preview_jobs WHERE state <> 'success'";
    let dead = "SELECT COUNT(*) FROM jobs WHERE state = 'dead' AND tries = tries_max";
    assert!(number(fleet, failed) <= number(fleet, dead), "what failed was tried as often as it may be");
    assert!(number(fleet, failed) * 4 < count, "{}", say("SELECT id, error_code FROM preview_jobs"));
    let doubled = "SELECT job_id FROM preview_events WHERE kind = 'state'
        AND (data LIKE '%success%' OR data LIKE '%failed%') GROUP BY job_id HAVING COUNT(*) <> 1";
    assert_eq!(say(doubled), "", "a preview has one end");
    let without = "SELECT j.id FROM preview_jobs j LEFT JOIN preview_artifacts a ON a.job_id = j.id
        WHERE j.state = 'success' GROUP BY j.id HAVING COUNT(a.job_id) <> 1";
    assert_eq!(say(without), "", "a preview has its artifact");
    assert_eq!(say("SELECT id, tries FROM jobs WHERE tries > tries_max"), "");
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
