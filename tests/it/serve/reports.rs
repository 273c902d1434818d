//! What workers say: signed, once, and believed only as far as it can be checked.

use hivesync_access::{Party, Secret, SignedRequest, sign};
use serde_json::{Value, json};

use super::client::Answer;
use super::previews::Bench;
use super::server::text;
use crate::cli::project::SMALL;

const WORKER: &str = "01JDJ0000000000000000000AA";

/// A request as a worker would sign it.
struct Words<'a> {
    path: &'a str,
    body: String,
    nonce: &'a str,
    age_seconds: i64,
    worker: &'a str,
}

impl Words<'_> {
    fn send(&self, bench: &Bench, touch: impl Fn(&mut Vec<(&str, String)>)) -> Answer {
        let key = std::fs::read(bench.server.data().join("keys/worker-callback.secret")).unwrap();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let at = i64::try_from(now.as_secs()).unwrap() - self.age_seconds;
        let timestamp = jiff::Timestamp::from_second(at).unwrap().to_string();
        let signed = SignedRequest {
            method: "POST",
            path: self.path,
            body: self.body.as_bytes(),
            timestamp: Some(&timestamp),
            nonce: Some(self.nonce),
            worker_id: Some(self.worker),
            ..SignedRequest::default()
        };
        let mut headers = vec![
            ("x-signature", sign(&signed, Party::Worker, &Secret::new(&key))),
            ("x-timestamp", timestamp.clone()),
            ("x-nonce", self.nonce.to_owned()),
            ("x-worker-id", self.worker.to_owned()),
        ];
        touch(&mut headers);
        let mut ask = bench.server.ask("POST", self.path).body("application/json", self.body.as_bytes());
        for (name, value) in headers {
            ask = ask.header(name, &value);
        }
        ask.send()
    }
}

fn report(job: &str) -> Value {
    json!({ "job_id": job, "fence": 0, "platform": "web", "status": "CANCELED", "devices": [] })
}

#[test]
fn a_report_that_is_not_signed_just_so_changes_nothing() {
    let bench = Bench::idle(SMALL);
    let id = text(&bench.ask(&json!({ "platform": "web" })).expect(202)["job_id"]);
    let body = report(&id).to_string();
    let words = |nonce, age_seconds| Words {
        path: "/api/v1/workers/callback",
        body: body.clone(),
        nonce,
        age_seconds,
        worker: WORKER,
    };
    let drop = |name: &'static str| {
        move |headers: &mut Vec<(&str, String)>| headers.retain(|(known, _)| *known != name)
    };
    for name in ["x-signature", "x-timestamp", "x-nonce", "x-worker-id"] {
        words("nonce-0001", 0).send(&bench, drop(name)).refused(400, "SIGNATURE_MISSING");
    }
    let other = words("nonce-0001", 0).send(&bench, |headers| headers[3].1 = "somebody-else".to_owned());
    other.refused(401, "SIGNATURE_INVALID");
    let late = words("nonce-0001", 301).send(&bench, |_| ()).refused(401, "CLOCK_SKEW");
    let server_time: jiff::Timestamp = text(&late["details"]["server_time"]).parse().unwrap();
    assert!(jiff::Timestamp::now().duration_since(server_time).as_secs().abs() < 60, "{late}");
    words("nonce-0001", -302).send(&bench, |_| ()).refused(401, "CLOCK_SKEW");
    // The control: with a good signature it is read, and then refused for what it says.
    words("nonce-0001", 0).send(&bench, |_| ()).refused(409, "LEASE_LOST");
    words("nonce-0001", 0).send(&bench, |_| ()).refused(401, "NONCE_USED");
    let alias = Words { path: "/api/v1/worker/callback", ..words("nonce-0002", 0) };
    alias.send(&bench, |_| ()).refused(409, "LEASE_LOST");
    let unknown = Words { body: report(WORKER).to_string(), ..words("nonce-0003", 0) };
    unknown.send(&bench, |_| ()).refused(404, "NOT_FOUND");
    let broken = Words { body: "{}".to_owned(), ..words("nonce-0004", 0) };
    broken.send(&bench, |_| ()).refused(400, "REQUEST_INVALID");
    let job = bench.get(&format!("previews/jobs/{id}")).expect(200);
    assert_eq!(job["state"], "queued");
}

#[test]
fn a_nonce_is_remembered_across_a_restart() {
    let bench = Bench::idle(SMALL);
    let body = report(WORKER).to_string();
    let words =
        Words { path: "/api/v1/workers/callback", body, nonce: "nonce-0001", age_seconds: 0, worker: WORKER };
    words.send(&bench, |_| ()).refused(404, "NOT_FOUND");
    let Bench { server, person, project } = bench;
    server.signal(rustix::process::Signal::KILL);
    let server = super::server::Server::start_in(server.ended().1, &[("WORKER_CONCURRENCY", "0")]);
    let bench = Bench { server, person, project };
    words.send(&bench, |_| ()).refused(401, "NONCE_USED");
}
