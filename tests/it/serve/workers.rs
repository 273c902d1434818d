//! `hivesync worker`: processes that build for a fleet and do nothing else.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::previews::Bench;
use super::scaled::{Fleet, SECRETS};
use super::server::text;
use crate::cli::project::{SMALL, copy_warm_data, hivesync, home};
use crate::patience::until;

/// One of them.
pub(super) struct LoneWorker {
    child: Child,
    /// As it names itself.
    pub(super) id: String,
    _folder: TempDir,
}

impl LoneWorker {
    pub(super) fn start(fleet: &Fleet, report_to: &str) -> Self {
        Self::start_with(fleet, report_to, Vec::new())
    }

    /// The same with more in its environment.
    pub(super) fn start_with(fleet: &Fleet, report_to: &str, more: Vec<(&str, String)>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_warm_data(&folder.path().join("data"));
        let config = folder.path().join("worker.toml");
        std::fs::write(&config, "[server]\ngrace_seconds = 1\n").unwrap();
        let mut command = Self::command(&folder);
        command.args(["--queues", "preview_build", "--config"]).arg(&config);
        command.envs(fleet.places()).env(SECRETS[2].0, SECRETS[2].1).env("WORKER_CALLBACK_URL", report_to);
        command.envs(more);
        Self::started(command, folder, "preview_build")
    }

    /// One of this kind that documents files for these queues.
    pub(super) fn documenting(fleet: &Fleet, (kind, queues): (&str, &str), more: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_warm_data(&folder.path().join("data"));
        let mut command = Self::command(&folder);
        command.args(["--kind", kind, "--queues", queues]).envs(fleet.places()).envs(more.iter().copied());
        command.env(SECRETS[2].0, SECRETS[2].1).env("WORKER_CALLBACK_URL", "http://127.0.0.1:9/reports");
        Self::started(command, folder, queues)
    }

    /// One that cleans up.
    pub(super) fn cleaning(fleet: &Fleet, more: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Self::command(&folder);
        command.args(["--kind", "cleanup"]).envs(fleet.places()).envs(more.iter().copied());
        Self::started(command, folder, "cleanup")
    }

    fn started(mut command: Command, folder: TempDir, queues: &str) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said = line.trim().strip_prefix("worker ").and_then(|words| words.split_once(" serves "));
        let (id, served) = said.unwrap_or_else(|| panic!("it said {line:?}"));
        assert_eq!(served.replace(", ", ","), queues);
        Self { id: id.to_owned(), child, _folder: folder }
    }

    fn command(folder: &TempDir) -> Command {
        let mut command = Command::new(hivesync());
        let data = folder.path().join("data");
        command.arg("worker").env("HIVESYNC_HOME", home()).env("DATA_DIR", data).env_remove("LOG_LEVEL");
        command
    }

    pub(super) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap(), signal).unwrap();
    }
}

impl Drop for LoneWorker {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A fleet of one node and one worker whose report of a finished build is never answered: it
/// holds the job for as long as it lives.
struct Stuck {
    fleet: Fleet,
    bench: Bench,
    first: LoneWorker,
    job: String,
    _silent: TcpListener,
}

impl Stuck {
    fn new() -> Self {
        let fleet = Fleet::start();
        let bench = Bench::on(fleet.answering(), SMALL);
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let first = LoneWorker::start(&fleet, &format!("http://{}/reports", silent.local_addr().unwrap()));
        let job = text(&bench.ask(&json!({ "platform": "web" })).expect(202)["job_id"]);
        // The report begins: the job is built and stored, and nobody has said so.
        let _connection = silent.accept().unwrap();
        Self { fleet, bench, first, job, _silent: silent }
    }

    fn report_to(&self) -> String {
        format!("http://{}/api/v1/workers/callback", self.bench.server.address)
    }

    fn ends_with(&self, second: &LoneWorker) -> Vec<Value> {
        let job = self.bench.over(&self.job);
        assert_eq!(job["state"], "success", "{job:#}");
        let events = self.bench.get(&format!("previews/jobs/{}/events", self.job)).expect(200);
        let events = events["events"].as_array().unwrap();
        let begun: Vec<Value> =
            events.iter().filter(|event| event["data"]["state"] == "building").cloned().collect();
        let by: Vec<&Value> =
            begun.iter().map(|event| &event["data"]["worker"]).filter(|worker| !worker.is_null()).collect();
        assert_eq!(by, [&self.first.id, &second.id], "{events:#?}");
        begun
    }

    /// A number that the queue keeps.
    fn kept(&self, sql: &str) -> u64 {
        self.fleet.postgres.say(sql).unwrap().parse().unwrap()
    }
}

#[test]
fn a_killed_worker_is_followed_by_another_within_a_lease_and_a_second() {
    let stuck = Stuck::new();
    let second = LoneWorker::start(&stuck.fleet, &stuck.report_to());
    stuck.first.signal(Signal::KILL);
    let killed_at = stuck.kept("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)");
    stuck.ends_with(&second);
    let begun_at = stuck.kept(
        "SELECT at FROM preview_events WHERE kind = 'state' AND data LIKE '%building%' ORDER BY seq DESC LIMIT 1",
    );
    let waited = begun_at.saturating_sub(killed_at);
    assert!(waited <= 11_500, "taken over after {waited} ms");
    assert_eq!(stuck.kept("SELECT tries FROM ended_jobs"), 2, "a crash is a try");
    let died =
        format!("SELECT COUNT(*) FROM worker_nodes WHERE id = '{}' AND stopped_at IS NULL", stuck.first.id);
    assert_eq!(stuck.kept(&died), 1);
}

#[test]
fn a_worker_that_is_told_to_stop_gives_its_job_back_without_a_try() {
    let mut stuck = Stuck::new();
    let second = LoneWorker::start(&stuck.fleet, &stuck.report_to());
    let beat = format!("EXISTS worker:{}:heartbeat", second.id);
    until("Redis has heard of the second worker", || stuck.fleet.redis.say(&beat).unwrap() == ":1");
    stuck.first.signal(Signal::TERM);
    assert_eq!(stuck.first.child.wait().unwrap().code(), Some(0));
    stuck.ends_with(&second);
    assert_eq!(stuck.kept("SELECT tries FROM ended_jobs"), 1);
    assert_eq!(stuck.kept("SELECT fence FROM ended_jobs"), 2);
    let left = format!(
        "SELECT COUNT(*) FROM worker_nodes WHERE id = '{}' AND stopped_at IS NOT NULL",
        stuck.first.id
    );
    assert_eq!(stuck.kept(&left), 1);
    assert_eq!(stuck.kept("SELECT COUNT(DISTINCT worker_id) FROM worker_heartbeats"), 2);
}

#[test]
fn a_worker_that_does_not_know_its_fleet_or_its_queue_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str], environment: &[(&str, &str)], says: &str| {
        let mut command = LoneWorker::command(&folder);
        let output = command.args(arguments).envs(environment.iter().copied()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(says), "{stderr}");
        assert!(!folder.path().join("data").exists());
    };
    refused(&[], &[], "database.url is missing");
    refused(&["--queues", "preview_build,fly"], &[], "invalid value 'fly'");
    refused(&["--kind", "quantum"], &[], "invalid value 'quantum'");
    refused(&[], &[("DATABASE_URL", "postgres://db/a")], "objects.endpoint is missing");
}
