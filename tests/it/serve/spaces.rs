//! Runs of spaces over HTTP: pictures come in, are described, compared and judged by a model that
//! says what a test wants, and what follows is written down.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::client::{Answer, Ask};
use super::previews::Bench;
use super::server::{Server, text};
use crate::cli::models::Models;
use crate::cli::project::copy_warm_data;
use crate::cli::spaces::{FINDS_NOTHING, SOUND, home, picture};
use crate::patience::until;

/// A server that works, with one person, one project and one run.
pub(super) struct Spaces {
    pub(super) bench: Bench,
    run: String,
}

impl Spaces {
    pub(super) fn with(environment: &[(&str, &str)]) -> Self {
        Self::allowing("", environment)
    }

    /// The same with limits of its own.
    pub(super) fn allowing(limits: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_warm_data(&folder.path().join("data"));
        Self::on(Server::allowing(folder, limits, &working(environment)))
    }

    pub(super) fn on(server: Server) -> Self {
        let bench = Bench::on(server, &[("index.html", "<p>")]);
        let run = bench.post("space-runs", &json!({ "request": "A flat with a bath.", "ratio": "16:9" }));
        let run = text(&run.expect(201)["run_id"]);
        Self { bench, run }
    }

    /// The same run on a server that comes after this one was killed.
    pub(super) fn after_kill(self, environment: &[(&str, &str)]) -> Self {
        let Self { bench: Bench { server, person, project }, run } = self;
        server.signal(Signal::KILL);
        let server = Server::start_in(server.ended().1, &working(environment));
        Self { bench: Bench { server, person, project }, run }
    }

    pub(super) fn upload(&self, bytes: &[u8]) -> String {
        text(&self.bring(bytes).expect(201)["upload_id"])
    }

    pub(super) fn bring(&self, bytes: &[u8]) -> Answer {
        let target = self.bench.path(&format!("space-runs/{}/uploads", self.run));
        let ask = self.bench.server.ask("POST", &target).bearer(&self.bench.person.token);
        ask.body("application/octet-stream", bytes).send()
    }

    pub(super) fn post(&self, rest: &str, body: &Value) -> Answer {
        self.bench.post(&format!("space-runs/{}/{rest}", self.run), body)
    }

    pub(super) fn start(&self, step: u32, uploads: &[&str]) -> Answer {
        self.post(&format!("steps/{step}/start"), &json!({ "upload_ids": uploads }))
    }

    pub(super) fn get(&self, rest: &str) -> Value {
        self.bench.get(&format!("space-runs/{}{rest}", self.run)).expect(200)
    }

    /// Where the services stand, once none of them is open.
    pub(super) fn over(&self) -> Vec<String> {
        let mut seen = Vec::new();
        until("the step is over", || {
            let run = self.get("");
            let services = run["services"].as_array().unwrap().iter();
            seen = services.map(|service| text(&service["status"])).collect();
            !seen.iter().any(|status| status == "pending" || status == "running")
        });
        seen
    }

    pub(super) fn decisions(&self) -> Vec<String> {
        let decisions = self.get("/decisions");
        decisions.as_array().unwrap().iter().map(|decision| text(&decision["decision"])).collect()
    }
}

fn working<'a>(environment: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[("WORKER_CONCURRENCY", "1")], environment].concat()
}

#[test]
fn a_step_measures_describes_compares_and_decides_and_the_next_one_begins() {
    let good = home(["a", "b", "c"]).to_string();
    let mut no_bath = home(["a", "b", "c"]);
    no_bath["spaces"].as_array_mut().unwrap().remove(0);
    let no_bath = no_bath.to_string();
    let models = Models::saying(&[&no_bath, &good, FINDS_NOTHING, SOUND]);
    let spaces = Spaces::with(&models.environment());
    let bytes = picture();
    let upload = spaces.upload(&bytes);
    let begun = spaces.start(0, &[&upload]).expect(202);
    assert_eq!(begun["services"].as_array().unwrap().len(), 4);
    assert_eq!(spaces.over(), ["completed"; 4]);
    assert_eq!(spaces.decisions(), ["retry", "proceed"]);
    let run = spaces.get("");
    assert_eq!(
        (&run["current_step"], &run["retries_left"], &run["status"]),
        (&json!(1), &json!(9), &json!("open"))
    );
    assert_eq!(run["payload_size_estimate"], json!(bytes.len()));
    let p95 = run["p95_ms"].as_object().unwrap();
    assert!(
        p95.len() == 4 && p95.values().all(|took| took.as_u64().is_some_and(|took| took < 60_000)),
        "{p95:?}"
    );

    let decisions = spaces.get("/decisions");
    assert_eq!(decisions[0]["rule_checks"]["failures"][0]["type"], "missing_room");
    assert_eq!(
        (&decisions[0]["llm_audit"], &decisions[0]["retry_budget_remaining"]),
        (&Value::Null, &json!(9))
    );
    assert_eq!(decisions[1]["llm_audit"]["consistency"], 0.9);
    let artifacts = spaces.get("/artifacts");
    let of = |kind: &str| {
        let artifacts = artifacts.as_array().unwrap();
        artifacts.iter().find(|artifact| artifact["kind"] == kind).unwrap_or_else(|| panic!("{kind}")).clone()
    };
    let fetch = |artifact: &Value| Ask::behind(&artifact["url"]).send();
    assert_eq!(fetch(&of("original")).body, bytes);
    let preview = fetch(&of("preview"));
    assert_eq!(preview.header("content-type"), Some("image/jpeg"));
    assert!(preview.body.starts_with(&[0xff, 0xd8, 0xff]));
    let measured = &of("metadata")["metadata"]["picture"];
    assert_eq!((&measured["type"], &measured["width"]), (&json!("png"), &json!(84)));
    let result: Value = serde_json::from_slice(&fetch(&of("json")).body).unwrap();
    assert_eq!(result["info"]["spaces"].as_array().unwrap().len(), 3);

    // What each took is told to whoever watches the installation.
    let numbers = spaces.bench.server.ask("GET", "/metrics").send();
    let numbers = String::from_utf8(numbers.body).unwrap();
    for (pipeline, step) in [
        ("space-image", "image"),
        ("space-analysis", "info"),
        ("space-analysis", "compare"),
        ("space-analysis", "supervise"),
    ] {
        for name in ["pipeline_step_p95_seconds", "pipeline_step_sandbox_p95_seconds"] {
            let line = format!("{name}{{pipeline=\"{pipeline}\",step=\"{step}\"}} ");
            assert!(numbers.contains(&line), "{line}\n{numbers}");
        }
    }
    assert!(numbers.contains("space_service_p95_seconds{service=\"supervisor\"} "), "{numbers}");

    // The same once more is known; another input of a step that is over is not.
    spaces.start(0, &[&upload]).expect(200);
    let other = spaces.upload(&bytes[..bytes.len() - 1]);
    spaces.start(0, &[&other]).refused(409, "CONFLICT");
    spaces.start(2, &[&upload]).refused(409, "CONFLICT");
    assert_eq!(models.heard().len(), 4, "nobody was asked twice");
}

#[test]
fn what_does_not_hold_stops_the_run_and_what_is_no_picture_fails_the_step() {
    let garbage = ["A lovely flat.", "Ignore the schema."];
    let models = Models::saying(&garbage);
    let spaces = Spaces::with(&models.environment());
    let pdf = spaces.upload(b"%PDF-1.7 called plan.png");
    spaces.start(0, &[&pdf]).expect(202);
    assert_eq!(spaces.over(), ["failed"; 4]);
    let run = spaces.get("");
    let error = text(&run["last_error"]);
    assert!(error.starts_with("IMAGE_REFUSED: ") && error.contains("no JPEG, PNG or WebP"), "{error}");
    assert_eq!((&run["current_step"], spaces.decisions().len()), (&json!(0), 0));

    // Another picture is another try of the step.
    let upload = spaces.upload(&picture());
    spaces.start(0, &[&upload]).expect(202);
    // The four of the first try stand before them.
    assert_eq!(spaces.over()[4..], ["completed", "completed", "blocked", "blocked"], "nothing was compared");
    assert_eq!(spaces.decisions(), ["block"]);
    let decision = &spaces.get("/decisions")[0];
    assert_eq!(decision["block_reason"], "The description is not of its schema.");
    assert!(!decision["schema_validations"].as_array().unwrap().is_empty());
    assert_eq!(spaces.get("")["status"], "blocked");
    spaces.start(0, &[&upload]).refused(409, "CONFLICT");
    models.heard();
}

#[test]
fn without_a_model_a_step_fails_and_may_be_begun_three_times() {
    let spaces = Spaces::with(&[]);
    let upload = spaces.upload(&picture());
    for _ in 0..3 {
        spaces.start(0, &[&upload]).expect(202);
        assert!(spaces.over().contains(&"failed".to_owned()));
        assert!(text(&spaces.get("")["last_error"]).starts_with("AI_NO_REPLY: "));
    }
    spaces.start(0, &[&upload]).refused(409, "CONFLICT");
    assert_eq!(spaces.get("")["current_step"], 0);
}

#[test]
fn what_is_asked_of_a_run_carries_ids_and_two_rapid_starts_run_once() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::on(Server::start_in(folder, &[("WORKER_CONCURRENCY", "0")]), &[("a.html", "<p>")]);
    let made = |body: &Value| bench.post("space-runs", body);
    let request = |text: String| json!({ "request": text });
    made(&request("data:image/png;base64,AAAA".to_owned())).refused(422, "PAYLOAD_INLINE");
    made(&request("A".repeat(1001))).refused(422, "PAYLOAD_INLINE");
    made(&request("A ".repeat(30_000))).refused(413, "BODY_TOO_LARGE");
    made(&request("A ".repeat(3000))).refused(400, "REQUEST_INVALID");
    made(&json!({ "request": "A", "ratio": "0:1" })).refused(400, "REQUEST_INVALID");
    made(&json!({ "request": "A", "quality_post_step4": "8K" })).refused(400, "REQUEST_INVALID");
    assert_eq!(bench.get("space-runs").expect(200)["items"], json!([]), "what is refused leaves nothing");
    let run = text(&made(&json!({ "request": "A".repeat(1000) })).expect(201)["run_id"]);
    let spaces = Spaces { bench, run };

    let upload = spaces.upload(b"anything");
    let uploads: Vec<String> = (0..13).map(|n| spaces.upload(format!("picture {n}").as_bytes())).collect();
    let many: Vec<&str> = uploads.iter().map(String::as_str).collect();
    let refused = spaces.start(0, &many).refused(400, "REQUEST_INVALID");
    assert_eq!(refused["details"]["field"], "upload_ids");
    spaces.start(0, &[]).refused(400, "REQUEST_INVALID");
    spaces.start(0, &[&upload, &upload]).refused(400, "REQUEST_INVALID");
    spaces.start(0, &[&"0".repeat(26)]).refused(400, "REQUEST_INVALID");
    spaces.start(0, &[&"A".repeat(1001)]).refused(422, "PAYLOAD_INLINE");
    let statuses = std::thread::scope(|scope| {
        let ask = || spaces.start(0, &[&upload]).status;
        let starts = [(); 4].map(|()| scope.spawn(ask));
        starts.map(|start| start.join().unwrap())
    });
    assert_eq!(statuses.iter().filter(|status| **status == 202).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 3, "{statuses:?}");
    let run = spaces.get("");
    assert_eq!(run["services"].as_array().unwrap().len(), 4);

    // Nobody else sees any of it.
    let other = spaces.bench.server.login("eve");
    let target = spaces.bench.path(&format!("space-runs/{}", spaces.run));
    spaces.bench.server.get(&target, &other.token).send().refused(404, "NOT_FOUND");
}
