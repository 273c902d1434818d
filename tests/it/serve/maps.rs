//! Maps over the API: asked for, made by a worker, kept as versions, compared and simulated.

use std::time::Instant;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::billing::{SELLING, make_premium};
use super::previews::Bench;
use super::server::{Server, text};
use crate::cli::project::copy_warm_data;
use crate::patience::{PATIENCE, until};

const PAGE: &str = "<!doctype html><link rel=stylesheet href=a.css>\
                    <script src=https://cdn.example/a.js></script><p id=x class=b>1</p>";
const SITE: &[(&str, &str)] = &[("index.html", PAGE), ("a.css", "p{color:red}.b{color:blue;top:1px}")];

fn warm() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_warm_data(&folder.path().join("data"));
    folder
}

impl Bench {
    /// Asks, and waits until it is answered or refused.
    fn mapped(&self, path: &str, body: &Value) -> Value {
        let job = self.post(path, body).expect(202);
        assert_eq!(job["state"], "queued");
        self.map_over(&text(&job["job_id"]))
    }

    fn map_over(&self, id: &str) -> Value {
        let begun = Instant::now();
        loop {
            // The answer comes with the end, or in twenty seconds.
            let job = self.get(&format!("maps/jobs/{id}?wait=20")).expect(200);
            if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
                return job;
            }
            assert!(begun.elapsed() < PATIENCE, "{job:#}");
        }
    }

    /// Makes a version, and says its id.
    fn version(&self, cia: &str) -> String {
        let job = self.mapped("maps", &json!({ "cia": cia }));
        assert_eq!(job["state"], "success", "{job:#}");
        text(&job["version_id"])
    }

    fn answer(&self, job: &Value) -> Value {
        assert_eq!(job["state"], "success", "{job:#}");
        assert!(text(&job["answer_url"]).ends_with("/answer"));
        self.get(&format!("maps/jobs/{}/answer", text(&job["job_id"]))).expect(200)
    }

    fn map_file(&self, version: &str) -> std::path::PathBuf {
        self.server.objects().join(format!("maps/{}/{version}.json", self.project))
    }
}

#[test]
fn a_map_is_made_kept_compared_and_simulated_by_tier() {
    let bench = Bench::on(Server::start_in(warm(), &SELLING), SITE);
    bench.get("maps/latest").refused(404, "NOT_FOUND");
    let upgrade = |path: &str, body: Value, tier: &str| {
        let refused = bench.post(path, &body).refused(403, "TIER_UPGRADE_REQUIRED");
        assert_eq!(refused["details"]["required_tier"], tier);
    };
    upgrade("maps", json!({ "cia": "deep" }), "premium");
    upgrade("maps/diff", json!({ "before": "a", "after": "b" }), "pro");
    upgrade("maps/simulate", json!({ "muted": [".b"] }), "premium");
    upgrade("maps/why", json!({ "element": "#x", "property": "color" }), "premium");
    let first = bench.version("basic");
    let latest = bench.get("maps/latest").expect(200);
    assert_eq!((&latest["version"]["version_id"], &latest["map"]["cia"]), (&json!(first), &json!("basic")));
    assert_eq!(latest["reachability"], json!({ "https://cdn.example/a.js": "unknown" }));
    let stored = std::fs::read(bench.map_file(&first)).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&stored).unwrap(), latest["map"]);
    // One a day, which those that were refused do not count against.
    let over = bench.post("maps", &json!({}));
    assert!(over.header("retry-after").unwrap().parse::<u64>().unwrap() > 86_000);
    assert_eq!(over.refused(429, "LIMIT_REACHED")["details"]["limit_type"], "maps_a_day");

    make_premium(&bench.server, &bench.person);
    bench.upload(&[("index.html", PAGE), ("a.css", "p{color:red}.b{color:navy;top:1px}")]);
    let second = bench.version("deep");
    let listed = bench.get("maps?limit=1").expect(200);
    assert_eq!((&listed["items"][0]["version_id"], &listed["has_next"]), (&json!(second), &json!(true)));
    let other = bench.get(&format!("maps/{first}")).expect(200);
    assert_eq!(other["version"]["digest"], latest["version"]["digest"]);
    let third = bench.version("deep");
    let diff = |before: &str, after: &str| {
        bench.answer(&bench.mapped("maps/diff", &json!({ "before": before, "after": after })))
    };
    assert_eq!(diff(&second, &third)["winner_changes"], json!([]), "the same files");
    let changes = diff(&first, &third)["winner_changes"].clone();
    assert_eq!((changes[0]["property"].clone(), changes.as_array().unwrap().len()), (json!("color"), 1));
    let muted = json!({ "muted": [".b"], "version": first });
    let simulated = bench.answer(&bench.mapped("maps/simulate", &muted));
    assert_eq!(simulated["restored"][0]["value"], "red");
    assert_eq!(simulated["changed"][0]["before"][0]["value"], "blue", "of the version that was named");
    let why = |question: Value| bench.mapped("maps/why", &question);
    let asked = json!({ "version": first, "element": "#x", "property": "color" });
    let told = bench.answer(&why(asked))["sentences"].clone();
    assert_eq!(
        told,
        json!([
            "`p.b#x` (index.html:1): `color` is decided by what follows, the strongest first.",
            "wins: `blue` by `.b` at a.css:1.",
            "lost: `red` by `p` at a.css:1; more specific is `blue` by `.b` at a.css:1."
        ]),
        "of the version that was named, which is a basic one"
    );
    let told = bench.answer(&why(json!({ "element": "#x", "property": "color" })));
    assert_eq!(told["sentences"][1], "wins: `navy` by `.b` at a.css:1.", "of the newest version");
    let nobody = why(json!({ "element": "#nobody", "property": "color" }));
    assert_eq!((&nobody["state"], &nobody["error"]["code"]), (&json!("failed"), &json!("NOT_IN_MAP")));
    let page = bench.get(&format!("maps/{third}/page"));
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.header("content-security-policy").unwrap().contains("sandbox"));
    assert_eq!(String::from_utf8(page.body).unwrap().matches("archmap/1").count(), 1);
    let page = bench.get(&format!("maps/{third}/page?before={first}"));
    assert_eq!(String::from_utf8(page.body).unwrap().matches("archmap/1").count(), 2);
    bench.get(&format!("maps/{third}/page?before=../x")).refused(404, "NOT_FOUND");
}

#[test]
fn what_people_did_in_previews_stands_beside_the_map() {
    let bench = Bench::on(Server::allowing(warm(), "map_diff = false", &[]), SITE);
    let preview = json!({ "platform": "web", "eventflow_enabled": true });
    let preview = text(&bench.ask(&preview).expect(202)["job_id"]);
    let events = json!([
        { "kind": "tap", "payload": { "x": 0.1, "y": 0.5 } },
        { "kind": "tap", "payload": { "x": 0.2, "y": 0.5 } },
        { "kind": "nav", "payload": { "route": "/bees" } },
        { "kind": "shake", "payload": {} },
    ]);
    bench.post(&format!("previews/jobs/{preview}/events"), &json!({ "events": events })).expect(202);
    let version = bench.version("off");
    let happened =
        |kind: &str, route: Value, times: u64| json!({ "kind": kind, "route": route, "times": times });
    assert_eq!(
        bench.get("maps/latest").expect(200)["eventflow"],
        json!([
            happened("tap", Value::Null, 2),
            happened("nav", json!("/bees"), 1),
            happened("shake", Value::Null, 1)
        ])
    );
    let page = bench.get(&format!("maps/{version}/page"));
    assert!(String::from_utf8(page.body).unwrap().contains("{\"kind\":\"nav\",\"route\":\"/bees\""));
    let refused = bench.get(&format!("maps/{version}/page?before={version}"));
    assert_eq!(refused.refused(403, "TIER_UPGRADE_REQUIRED")["details"]["required_tier"], "pro");
}

#[test]
fn what_is_asked_about_maps_of_others_or_wrongly_is_refused_and_leaves_nothing() {
    let allowed = "map_diff = true\ndeep_analysis = true";
    let bench = Bench::on(
        Server::allowing(tempfile::tempdir().unwrap(), allowed, &[("WORKER_CONCURRENCY", "0")]),
        SITE,
    );
    let job = text(&bench.post("maps", &json!({})).expect(202)["job_id"]);
    bench.get(&format!("maps/jobs/{job}/answer")).refused(409, "ARTIFACT_NOT_READY");
    bench.get(&format!("maps/{job}")).refused(404, "NOT_FOUND");
    let wrong = |path: &str, body: Value, field: &str| {
        let refused = bench.post(path, &body).refused(400, "REQUEST_INVALID");
        assert_eq!(refused["details"]["field"], field, "{body}");
    };
    wrong("maps/diff", json!({ "before": job, "after": job }), "before");
    wrong("maps/diff", json!({ "before": "../../x", "after": job }), "before");
    wrong("maps/simulate", json!({ "muted": [] }), "muted");
    wrong("maps/simulate", json!({ "muted": vec![".b"; 101] }), "muted");
    wrong("maps/simulate", json!({ "muted": ["x".repeat(4097)] }), "muted");
    wrong("maps/simulate", json!({ "muted": [".b"], "version": job }), "version");
    let why = |element: &str, property: &str| json!({ "element": element, "property": property });
    wrong("maps/why", why("", "color"), "element");
    wrong("maps/why", why(&"x".repeat(4097), "color"), "element");
    wrong("maps/why", why("p", ""), "property");
    wrong("maps/why", why("p", &"x".repeat(257)), "property");
    wrong("maps/why", json!({ "element": "p", "property": "color", "version": job }), "version");
    bench.post("maps/why", &json!({ "element": "p" })).refused(400, "REQUEST_INVALID");
    bench.post("maps", &json!({ "cia": "deeper" })).refused(400, "REQUEST_INVALID");
    bench.post("maps", &json!({ "depth": "deep" })).refused(400, "REQUEST_INVALID");
    bench.get(&format!("maps/jobs/{job}?wait=21")).refused(400, "REQUEST_INVALID");
    let stranger = bench.server.login("eve");
    for path in ["maps", "maps/latest", &format!("maps/jobs/{job}"), &format!("maps/jobs/{job}/answer")] {
        bench.server.get(&bench.path(path), &stranger.token).send().refused(404, "NOT_FOUND");
    }
    for (path, body) in [
        ("maps", json!({})),
        ("maps/diff", json!({ "before": job, "after": job })),
        ("maps/simulate", json!({ "muted": ["p"] })),
        ("maps/why", why("p", "color")),
        (&format!("maps/jobs/{job}/cancel"), json!({})),
    ] {
        bench.server.post(&bench.path(path), &stranger.token, &body).send().refused(404, "NOT_FOUND");
    }
    assert_eq!(bench.get("maps").expect(200)["items"], json!([]));
    assert_eq!(bench.get(&format!("maps/jobs/{job}")).expect(200)["state"], "queued");
    // A job of one project is none of another.
    let other = bench.server.project(&bench.person, "other");
    let path = format!("/api/v1/projects/{other}/maps/jobs/{job}");
    bench.server.get(&path, &bench.person.token).send().refused(404, "NOT_FOUND");
}

#[test]
fn a_worker_looks_at_the_tier_again_and_the_oldest_version_makes_room() {
    let idle = [("WORKER_CONCURRENCY", "0")];
    let allowed = "deep_analysis = true\nmaps_a_day = \"unlimited\"";
    let bench = Bench::on(Server::allowing(warm(), allowed, &idle), SITE);
    let ask = |path: &str, body: Value| text(&bench.post(path, &body).expect(202)["job_id"]);
    let asked = [
        ask("maps", json!({ "cia": "deep" })),
        ask("maps/simulate", json!({ "muted": ["p"] })),
        ask("maps/why", json!({ "element": "p", "property": "color" })),
    ];
    let Bench { server, person, project } = bench;
    server.signal(Signal::TERM);
    let (code, folder) = server.ended();
    assert_eq!(code, Some(0));
    // The same folder, where the tier does not have it, and with a worker.
    let server = Server::allowing(folder, "maps_a_day = \"unlimited\"", &[]);
    let bench = Bench { server, person, project };
    for id in asked {
        let job = bench.map_over(&id);
        let end = (&job["state"], &job["error"]["code"]);
        assert_eq!(end, (&json!("failed"), &json!("TIER_UPGRADE_REQUIRED")), "{job:#}");
        assert!(!bench.map_file(&id).exists());
    }
    let first = bench.version("basic");
    assert!(bench.map_file(&first).exists());
    let second = bench.version("off");
    let listed = bench.get("maps").expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["version_id"], json!(second));
    bench.get(&format!("maps/{first}")).refused(404, "NOT_FOUND");
    bench.get(&format!("maps/jobs/{first}/answer")).refused(410, "ARTIFACT_EXPIRED");
    // The object goes after the row, and whoever sees the job over may be faster.
    until("the object of the first version is gone", || !bench.map_file(&first).exists());
    assert!(bench.map_file(&second).exists());
}

#[test]
fn a_map_that_is_withdrawn_is_never_made_and_counts_against_no_limit() {
    let idle = [("WORKER_CONCURRENCY", "0")];
    let bench = Bench::on(Server::allowing(warm(), "maps_a_day = 1", &idle), SITE);
    let first = text(&bench.post("maps", &json!({})).expect(202)["job_id"]);
    bench.post("maps", &json!({})).refused(429, "LIMIT_REACHED");
    let path = format!("maps/jobs/{first}/cancel");
    let stranger = bench.server.login("eve");
    bench.server.post(&bench.path(&path), &stranger.token, &json!({})).send().refused(404, "NOT_FOUND");
    assert_eq!(bench.post(&path, &json!({})).expect(202)["state"], "canceled");
    bench.post(&path, &json!({})).refused(409, "CONFLICT");
    let second = text(&bench.post("maps", &json!({})).expect(202)["job_id"]);
    let Bench { server, person, project } = bench;
    server.signal(Signal::TERM);
    let (code, folder) = server.ended();
    assert_eq!(code, Some(0));
    // The same folder, with a worker.
    let bench = Bench { server: Server::allowing(folder, "maps_a_day = 1", &[]), person, project };
    assert_eq!(bench.map_over(&second)["state"], "success");
    assert_eq!(bench.map_over(&first)["state"], "canceled");
    assert!(bench.map_file(&second).exists() && !bench.map_file(&first).exists());
    bench.get(&format!("maps/jobs/{first}/answer")).refused(410, "ARTIFACT_EXPIRED");
}
