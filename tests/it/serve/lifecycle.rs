//! Start, health, and the end.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use hivesync_testkit::Clock;
use rustix::process::Signal;
use serde_json::json;

use super::previews::Bench;
use super::server::{Server, text};
use crate::cli::project::{SMALL, copy_warm_data};

/// In seconds.
const HOUR: i64 = 3600;

#[test]
fn a_server_with_no_services_is_healthy_and_names_each_request() {
    let server = Server::start();
    let live = server.ask("GET", "/health").send();
    assert_eq!(live.expect(200)["status"], "ok");
    assert_eq!(live.header("x-request-id").unwrap().len(), 26);
    let named = server.ask("GET", "/health/deep").header("x-request-id", "my-request.1").send();
    assert_eq!(named.expect(200)["checks"]["database"], "ok");
    assert_eq!(named.header("x-request-id"), Some("my-request.1"));
    let odd = server.ask("GET", "/health").header("x-request-id", "<script>").send();
    assert_ne!(odd.header("x-request-id"), Some("<script>"));
}

#[test]
fn sigterm_ends_the_server_and_what_was_kept_is_there_at_the_next_start() {
    let server = Server::start();
    let person = server.login("ada");
    server.signal(Signal::TERM);
    let (code, folder) = server.ended();
    assert_eq!(code, Some(0));
    let keys = folder.path().join("data/keys");
    for name in ["session.secret", "preview-token.secret", "worker-callback.secret"] {
        let mode = std::fs::metadata(keys.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let again = Server::start_in(folder, &[("WORKER_CONCURRENCY", "0")]);
    // The secret is the same, so the session is still good.
    again.get("/api/v1/me", &person.token).send().expect(200);
}

#[test]
fn a_connection_that_says_nothing_does_not_keep_the_server_from_ending() {
    let server = Server::start();
    let mut silent = TcpStream::connect(&server.address).unwrap();
    silent.write_all(b"GET /health HTTP/1.1\r\n").unwrap();
    server.ask("GET", "/health").send().expect(200);
    server.signal(Signal::TERM);
    assert_eq!(server.ended().0, Some(0));
}

#[test]
fn a_stream_of_events_ends_when_the_server_stops_and_not_before() {
    let bench = Bench::idle(SMALL);
    let id = text(&bench.ask(&json!({ "platform": "web" })).expect(202)["job_id"]);
    let events = bench.path(&format!("previews/jobs/{id}/events"));
    let stream = bench.server.get(&events, &bench.person.token).header("accept", "text/event-stream").open();
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while !line.contains("queued") {
        line.clear();
        assert_ne!(stream.read_line(&mut line).unwrap(), 0, "it ended before its job did");
    }
    let begun = Instant::now();
    bench.server.signal(Signal::TERM);
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    assert!(rest.ends_with("0\r\n\r\n"), "an end, not a cut: {rest:?}");
    assert_eq!(bench.server.ended().0, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(20), "the grace was not needed");
}

#[test]
fn a_clock_that_was_set_back_between_two_starts_keeps_no_preview_waiting() {
    let (clock, folder) = (Clock::start(2 * HOUR).unwrap(), tempfile::tempdir().unwrap());
    copy_warm_data(&folder.path().join("data"));
    let places = clock.environment();
    let places: Vec<_> = places.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let begin =
        |folder, jobs| Server::start_in(folder, &[&places[..], &[("WORKER_CONCURRENCY", jobs)]].concat());
    let bench = Bench::on(begin(folder, "0"), SMALL);
    let ask = |bench: &Bench| text(&bench.ask(&json!({ "platform": "web" })).expect(202)["job_id"]);
    let first = ask(&bench);
    let Bench { server, person, project } = bench;
    server.signal(Signal::TERM);
    clock.turn(HOUR).unwrap();
    let bench = Bench { server: begin(server.ended().1, "1"), person, project };
    assert_eq!(bench.over(&first)["state"], "success");
}

#[test]
fn two_servers_do_not_share_a_folder() {
    let server = Server::start();
    let second = Server::command(&server.folder).output().unwrap();
    assert_eq!(second.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&second.stderr).contains("another hivesync serve has"));
}

#[test]
fn a_weak_secret_and_a_setting_that_nobody_reads_are_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, value: &str, status: i32, says: &str| {
        let output = Server::command(&folder).env(name, value).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{stderr}");
        assert!(stderr.contains(says), "{stderr}");
        assert!(!folder.path().join("data/hivesync.db").exists());
    };
    refused("JWT_SECRET", "short", 4, "JWT_SECRET is shorter than 32 bytes");
    refused("JWT_SECRET", "changeme-changeme-changeme-changeme", 4, "stands in a manual");
    refused("PORT", "many", 2, "PORT is not a whole number");
    let file = folder.path().join("hivesync.toml");
    std::fs::write(&file, "[server]\nprot = 1\n").unwrap();
    let output = Server::command(&folder).arg("--config").arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("prot"));
}
